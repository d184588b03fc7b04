//! Searching by JQL.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::jira::JiraSite;
use crate::jira::answer::Refusal;
use crate::jira::jql::{Compiled, SortValue, compare, compile};
use crate::jira::rest::token::{After, Token};
use crate::jira::rest::{Answered, Call, Shown};
use crate::jira::wire::{Selection, Unnamed, Wire, account_zone};
use crate::jira::world::{IssueKey, World};
use crate::keys::DatabaseId;

const MOST_RECONCILED: usize = 50;
const MOST_IDS: usize = 5_000;
/// `jira.search.views.default.max` of a fresh Data Center.
const MOST_BY_NUMBER: usize = 1_000;
const USUAL_PAGE: usize = 50;
/// The most histories and comments that Cloud embeds in an issue that a search shows.
const EMBEDDED_HISTORIES: usize = 40;
const EMBEDDED_COMMENTS: usize = 20;

/// What Cloud says about the search of old.
pub(super) fn gone() -> Refusal {
    Refusal::new(
        StatusCode::GONE,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )
}

/// The body of Cloud's search; what it does not know, it refuses.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ByToken {
    #[serde(default)]
    jql: String,
    next_page_token: Option<String>,
    max_results: Option<i64>,
    #[serde(default)]
    fields: Vec<String>,
    expand: Option<String>,
    #[serde(default)]
    reconcile_issues: Vec<u64>,
    #[serde(default, rename = "properties")]
    _properties: Vec<String>,
    #[serde(default, rename = "fieldsByKeys")]
    _fields_by_keys: bool,
    #[serde(default, rename = "failFast")]
    _fail_fast: bool,
}

impl ByToken {
    fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        if call.method == "POST" {
            return call.json();
        }
        let reconciled = call.parameters("reconcileIssues");
        let reconciled = reconciled.iter().flat_map(|list| list.split(','));
        Ok(Self {
            jql: call.parameter("jql").unwrap_or_default().to_owned(),
            next_page_token: call.parameter("nextPageToken").map(str::to_owned),
            max_results: call.parameter("maxResults").and_then(|number| number.parse().ok()),
            fields: call.parameters("fields"),
            expand: call.parameter("expand").map(str::to_owned),
            reconcile_issues: reconciled.filter_map(|id| id.trim().parse().ok()).collect(),
            ..Self::default()
        })
    }
}

/// Cloud: `search/jql`.
pub(super) fn by_token(site: &JiraSite, call: &Call<'_>, world: &World) -> Answered {
    let request = ByToken::read(call)?;
    if request.reconcile_issues.len() > MOST_RECONCILED {
        return Err(Refusal::bad("The reconcileIssues parameter can contain a maximum of 50 ids."));
    }
    let wanted = match request.max_results {
        None => USUAL_PAGE,
        Some(number) => usize::try_from(number)
            .ok()
            .filter(|number| (1..=MOST_IDS).contains(number))
            .ok_or_else(|| {
                Refusal::bad("The max results parameter has to be between 1 and 5,000.")
            })?,
    };
    let compiled = strict(call, world, &request.jql)?;
    let fresh: Vec<IssueKey> = request
        .reconcile_issues
        .iter()
        .filter_map(|&id| IssueKey::from_database_id(id))
        .filter(|key| (key.0 as usize) < world.issues.len())
        .collect();
    let list = found(site, call, world, &request.jql, &compiled, &fresh);

    let now = site.0.clock.now();
    let start = match &request.next_page_token {
        None => 0,
        Some(text) => {
            let token = Token::read(text, &request.jql, now, site.0.page_token_seconds)?;
            let after: Vec<SortValue> = token.after.into_iter().map(SortValue::from).collect();
            list.partition_point(|&key| {
                let place = compiled.place(world, key, &fresh);
                !after.is_empty() && compare(&compiled.order, &place, &after).is_le()
            })
        }
    };
    let mut selection = Selection::read(&world.fields, &request.fields, Unnamed::Ids);
    selection.embedded_comments = EMBEDDED_COMMENTS;
    let most = if selection.is_empty() { MOST_IDS } else { site.page_limit() };
    let shown = &list[start..list.len().min(start + wanted.min(most))];
    let is_last = !call.endless && start + shown.len() >= list.len();
    let expand = call.expand(request.expand.as_deref(), EMBEDDED_HISTORIES);
    Ok(call.show(world, StatusCode::OK, shown.len(), |wire| {
        wire.object(|wire| {
            wire.array_field("issues", shown.iter().copied(), |wire, key| {
                wire.issue(key, &selection, expand);
            });
            if !is_last {
                // By script the next page may be this one again.
                let last =
                    if call.endless { start.checked_sub(1) } else { Some(start + shown.len() - 1) };
                let after = last.and_then(|place| list.get(place)).map_or_else(Vec::new, |&key| {
                    compiled.place(world, key, &fresh).into_iter().map(After::from).collect()
                });
                wire.plain("nextPageToken", Token::new(&request.jql, after, now).write());
            }
            wire.field("isLast", &is_last);
            wire.names_and_schema(&selection, expand.names, expand.schema);
        });
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    jql: String,
}

/// Cloud: how many a search would find.
pub(super) fn count(site: &JiraSite, call: &Call<'_>, world: &World) -> Answered {
    let Counted { jql } = call.json()?;
    let compiled = strict(call, world, &jql)?;
    let count = found(site, call, world, &jql, &compiled, &[]).len();
    Ok(call.show(world, StatusCode::OK, 0, |wire| {
        wire.object(|wire| wire.field("count", &count));
    }))
}

/// The body of Data Center's search.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ByNumber {
    jql: String,
    start_at: usize,
    max_results: Option<i64>,
    fields: Vec<String>,
    expand: Vec<String>,
    validate_query: Option<bool>,
}

impl ByNumber {
    fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        if call.method == "POST" {
            return call.json();
        }
        Ok(Self {
            jql: call.parameter("jql").unwrap_or_default().to_owned(),
            start_at: call.number("startAt").unwrap_or(0),
            max_results: call.parameter("maxResults").and_then(|number| number.parse().ok()),
            fields: call.parameters("fields"),
            expand: call.parameters("expand"),
            validate_query: call.parameter("validateQuery").map(|word| word != "false"),
        })
    }
}

/// Data Center: `search`.
pub(super) fn by_number(site: &JiraSite, call: &Call<'_>, world: &World) -> Answered {
    let request = ByNumber::read(call)?;
    let compiled = read(call, world, &request.jql)?;
    let is_lenient = request.validate_query == Some(false);
    if !is_lenient && !compiled.warnings.is_empty() {
        return Err(Refusal::all(compiled.warnings));
    }
    let list = found(site, call, world, &request.jql, &compiled, &[]);
    let size = match request.max_results {
        None => USUAL_PAGE,
        Some(number) => usize::try_from(number).unwrap_or(MOST_BY_NUMBER).min(MOST_BY_NUMBER),
    };
    let selection = Selection::read(&world.fields, &request.fields, Unnamed::Navigable);
    let start = request.start_at.min(list.len());
    let shown = &list[start..list.len().min(start + size)];
    let expand = call.expand(Some(&request.expand.join(",")), usize::MAX);
    Ok(call.show(world, StatusCode::OK, shown.len(), |wire| {
        wire.object(|wire| {
            wire.plain("expand", "schema,names");
            wire.field("startAt", &request.start_at);
            wire.field("maxResults", &size);
            let total = if call.endless { list.len() + size } else { list.len() };
            wire.field("total", &total);
            wire.array_field("issues", shown.iter().copied(), |wire, key| {
                wire.issue(key, &selection, expand);
            });
            if !compiled.warnings.is_empty() {
                wire.field("warningMessages", &compiled.warnings);
            }
            wire.names_and_schema(&selection, expand.names, expand.schema);
        });
    }))
}

fn read(call: &Call<'_>, world: &World, jql: &str) -> Result<Compiled, Refusal> {
    let zone: TimeZone = account_zone(world);
    compile(world, jql, &zone, call.caller.is_known()).map_err(Refusal::all)
}

/// A query that restricts something and names nothing that does not exist.
fn strict(call: &Call<'_>, world: &World, jql: &str) -> Result<Compiled, Refusal> {
    let compiled = read(call, world, jql)?;
    if !compiled.warnings.is_empty() {
        return Err(Refusal::all(compiled.warnings));
    }
    if !compiled.is_bounded() {
        return Err(Refusal::bad(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        ));
    }
    Ok(compiled)
}

fn found(
    site: &JiraSite,
    call: &Call<'_>,
    world: &World,
    jql: &str,
    compiled: &Compiled,
    fresh: &[IssueKey],
) -> Arc<Vec<IssueKey>> {
    if !call.caller.is_known() {
        return Arc::default();
    }
    let moment = if compiled.depends_on_now { world.now().0 } else { 0 };
    let name = format!("{moment} {fresh:?} {jql}");
    site.0.results.get(name, world.search_version(), || compiled.run(world, fresh))
}

impl Wire<'_> {
    /// `names` and `schema` of the fields that are shown, where they are asked for.
    pub fn names_and_schema(&mut self, selection: &Selection, names: bool, schema: bool) {
        let world = self.world;
        let fields = || selection.places.iter().map(|&place| world.fields.at(place));
        if names {
            self.object_field("names", |wire| {
                for field in fields() {
                    wire.field(&field.id, &field.name);
                }
            });
        }
        if schema {
            self.object_field("schema", |wire| {
                for field in fields() {
                    wire.key(&field.id);
                    wire.field_schema(field);
                }
            });
        }
    }
}

impl Call<'_> {
    /// Reads `expand`, a list with commas between.
    pub fn expand(&self, list: Option<&str>, most_histories: usize) -> crate::jira::wire::Expand {
        let has = |word: &str| list.unwrap_or_default().split(',').any(|part| part.trim() == word);
        crate::jira::wire::Expand {
            names: has("names"),
            schema: has("schema"),
            transitions: has("transitions"),
            rendered_fields: has("renderedFields"),
            histories: has("changelog").then_some(most_histories),
        }
    }
}

/// An answer to those who ask for a list and may see nothing.
pub(super) fn nothing(call: &Call<'_>, world: &World) -> Shown {
    call.show(world, StatusCode::OK, 0, |wire| {
        wire.array(std::iter::empty::<()>(), |_, ()| {});
    })
}
