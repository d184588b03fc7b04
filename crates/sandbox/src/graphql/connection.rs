//! Connections: a page of things, with cursors that keep their place while things move.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use serde_json_bytes::json;

use crate::graphql::Context;
use crate::graphql::object::{Object, Record, Resolved, Thing, leaf};
use crate::rest::{Rank, read_cursor, write_cursor};

const LARGEST_PAGE: i64 = 100;

/// One page of a list.
pub(super) struct Connection<'w> {
    context: &'w Context<'w>,
    type_name: &'static str,
    total: usize,
    page: Vec<(Rank, Thing)>,
    has_next: bool,
    has_previous: bool,
}

impl<'w> Connection<'w> {
    /// A page of a list whose order does not change but at its end.
    pub fn of_list(
        context: &'w Context<'w>,
        type_name: &'static str,
        things: Vec<Thing>,
        info: &ResolveInfo<'_>,
    ) -> Result<Self, FieldError> {
        let ranked = things
            .into_iter()
            .enumerate()
            .map(|(place, thing)| ((place as i64, 0), thing))
            .collect();
        Self::of_ranked(context, type_name, ranked, true, info)
    }

    /// A page of a list ordered by rank.
    pub fn of_ranked(
        context: &'w Context<'w>,
        type_name: &'static str,
        things: Vec<(Rank, Thing)>,
        ascending: bool,
        info: &ResolveInfo<'_>,
    ) -> Result<Self, FieldError> {
        let argument = |name: &str| info.arguments().get(name).filter(|value| !value.is_null());
        let size = |name: &str| argument(name).and_then(JsonValue::as_i64);
        let cursor = |name: &str| -> Result<Option<Rank>, FieldError> {
            let Some(text) = argument(name).and_then(JsonValue::as_str) else { return Ok(None) };
            let message = format!("`{text}` does not appear to be a valid cursor.");
            read_cursor(text).map(Some).ok_or(FieldError { message })
        };
        let before = |one: Rank, other: Rank| if ascending { one < other } else { one > other };
        let total = things.len();
        let (after, until) = (cursor("after")?, cursor("before")?);
        let within: Vec<_> = things
            .iter()
            .copied()
            .filter(|(rank, _)| after.is_none_or(|after| before(after, *rank)))
            .filter(|(rank, _)| until.is_none_or(|until| before(*rank, until)))
            .collect();
        let field = info.field_name();
        let (start, end) = match (size("first"), size("last")) {
            (None, None) => {
                let message = format!(
                    "You must provide a `first` or `last` value to properly paginate the `{field}` connection."
                );
                return Err(FieldError { message });
            }
            (Some(size), _) => (0, bounded(size, "first", field)?.min(within.len())),
            (None, Some(size)) => {
                (within.len().saturating_sub(bounded(size, "last", field)?), within.len())
            }
        };
        Ok(Self {
            context,
            type_name,
            total,
            has_next: end < within.len() || until.is_some(),
            has_previous: start > 0
                || after.is_some_and(|after| things.iter().any(|(rank, _)| !before(after, *rank))),
            page: within[start..end].to_vec(),
        })
    }

    fn object(&self, thing: Thing) -> Object<'w> {
        Object { context: self.context, thing }
    }

    fn page_info(&self) -> Record {
        let cursor = |item: Option<&(Rank, Thing)>| item.map(|(rank, _)| write_cursor(*rank));
        Record {
            type_name: "PageInfo",
            fields: json!({
                "endCursor": cursor(self.page.last()),
                "hasNextPage": self.has_next,
                "hasPreviousPage": self.has_previous,
                "startCursor": cursor(self.page.first()),
            }),
        }
    }
}

impl ObjectValue for Connection<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        Ok(match info.field_name() {
            "totalCount" | "filteredCount" => leaf(self.total as i64),
            "pageCount" => leaf(self.page.len() as i64),
            "pageInfo" => ResolvedValue::object(self.page_info()),
            "nodes" => ResolvedValue::list(
                self.page.iter().map(|&(_, thing)| ResolvedValue::object(self.object(thing))),
            ),
            "edges" => ResolvedValue::list(self.page.iter().map(|&(rank, thing)| {
                ResolvedValue::object(Edge {
                    connection: self.type_name,
                    rank,
                    node: self.object(thing),
                })
            })),
            "updatedAt" => leaf(self.context.world.now().to_string()),
            _ => return Err(self.unknown_field_error(info)),
        })
    }
}

struct Edge<'w> {
    connection: &'static str,
    rank: Rank,
    node: Object<'w>,
}

impl ObjectValue for Edge<'_> {
    fn type_name(&self) -> &str {
        match self.connection {
            "IssueConnection" => "IssueEdge",
            "PullRequestConnection" => "PullRequestEdge",
            "IssueCommentConnection" => "IssueCommentEdge",
            "PullRequestCommitConnection" => "PullRequestCommitEdge",
            "LabelConnection" => "LabelEdge",
            "MilestoneConnection" => "MilestoneEdge",
            "IssueTypeConnection" => "IssueTypeEdge",
            "UserConnection" => "UserEdge",
            "AssigneeConnection" => "AssigneeEdge",
            "RepositoryConnection" => "RepositoryEdge",
            "IssueTimelineItemsConnection" => "IssueTimelineItemsEdge",
            _ => "PullRequestTimelineItemsEdge",
        }
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "cursor" => Ok(leaf(write_cursor(self.rank))),
            "node" => Ok(ResolvedValue::object(self.node)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

fn bounded(size: i64, argument: &str, field: &str) -> Result<usize, FieldError> {
    if size > LARGEST_PAGE {
        let message = format!(
            "Requesting {size} records on the `{field}` connection exceeds the `{argument}` limit of {LARGEST_PAGE} records."
        );
        return Err(FieldError { message });
    }
    usize::try_from(size).map_err(|_| FieldError {
        message: format!("`{argument}` on the `{field}` connection cannot be less than zero."),
    })
}
