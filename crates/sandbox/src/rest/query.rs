//! Which issues a client asks for, and in which order.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mainstem_model::Timestamp;

use crate::answer::Refusal;
use crate::rest::call::Call;
use crate::world::{IssueKey, IssueTypeKey, LabelKey, MilestoneKey, RepositoryKey, UserKey, World};

/// By what a list of issues is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    Created,
    Updated,
    Comments,
}

/// Whether something must be there, must not, or must be one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wanted<T> {
    Anything,
    Nothing,
    Something,
    Only(T),
    /// A name that nobody has.
    Impossible,
}

/// A value and, among equals, the key. A cursor is a rank.
pub(crate) type Rank = (i64, u32);

/// A rank as clients pass it around.
pub(crate) fn write_cursor((value, key): Rank) -> String {
    STANDARD.encode(format!("cursor:v2:{value}:{key}"))
}

/// The rank of a cursor; nothing where the text is none.
pub(crate) fn read_cursor(cursor: &str) -> Option<Rank> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    let (value, key) = text.strip_prefix("cursor:v2:")?.split_once(':')?;
    Some((value.parse().ok()?, key.parse().ok()?))
}

/// A list of issues that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct IssueQuery {
    pub repository: RepositoryKey,
    pub open: Option<bool>,
    pub pull_requests: Option<bool>,
    pub since: Option<Timestamp>,
    pub labels: Option<Vec<LabelKey>>,
    pub assignee: Wanted<UserKey>,
    pub creator: Wanted<UserKey>,
    pub milestone: Wanted<MilestoneKey>,
    pub issue_type: Wanted<IssueTypeKey>,
    pub order: Order,
    pub ascending: bool,
}

impl IssueQuery {
    /// Everything in the repository, newest first.
    pub fn all(repository: RepositoryKey) -> Self {
        Self {
            repository,
            open: None,
            pull_requests: None,
            since: None,
            labels: Some(Vec::new()),
            assignee: Wanted::Anything,
            creator: Wanted::Anything,
            milestone: Wanted::Anything,
            issue_type: Wanted::Anything,
            order: Order::Created,
            ascending: false,
        }
    }

    /// The query of a REST call.
    pub fn read(
        call: &Call<'_>,
        world: &World,
        repository: RepositoryKey,
    ) -> Result<Self, Refusal> {
        let state = call.word("state", &["open", "closed", "all"], "Issue")?;
        let sort = call.word("sort", &["created", "updated", "comments"], "Issue")?;
        let direction = call.word("direction", &["desc", "asc"], "Issue")?;
        let user = |name| match call.parameter(name) {
            None => Wanted::Anything,
            Some("none") => Wanted::Nothing,
            Some("*") => Wanted::Something,
            Some(login) => world.user(login).map_or(Wanted::Impossible, Wanted::Only),
        };
        let milestone = match call.parameter("milestone") {
            None => Wanted::Anything,
            Some("none") => Wanted::Nothing,
            Some("*") => Wanted::Something,
            Some(number) => {
                let number = number
                    .parse()
                    .map_err(|_| Refusal::Invalid("Issue", "milestone", "invalid"))?;
                world.milestone_of(repository, number).map_or(Wanted::Impossible, Wanted::Only)
            }
        };
        Ok(Self {
            open: match state {
                "open" => Some(true),
                "closed" => Some(false),
                _ => None,
            },
            since: call.since()?,
            labels: call.parameter("labels").map_or(Some(Vec::new()), |names| {
                names.split(',').map(|name| world.label_of(repository, name)).collect()
            }),
            assignee: user("assignee"),
            creator: user("creator"),
            milestone,
            issue_type: match call.parameter("type") {
                None => Wanted::Anything,
                Some("none") => Wanted::Nothing,
                Some("*") => Wanted::Something,
                Some(name) => world.issue_type(name).map_or(Wanted::Impossible, Wanted::Only),
            },
            order: match sort {
                "updated" => Order::Updated,
                "comments" => Order::Comments,
                _ => Order::Created,
            },
            ascending: direction == "asc",
            ..Self::all(repository)
        })
    }

    /// Where an issue stands in the order.
    pub fn rank(&self, world: &World, key: IssueKey) -> Rank {
        let issue = &world[key];
        let value = match self.order {
            Order::Created => issue.created_at.0,
            Order::Updated => issue.updated_at.0,
            Order::Comments => issue.comments.len() as i64,
        };
        (value, key.0)
    }

    fn holds(&self, world: &World, key: IssueKey) -> bool {
        let issue = &world[key];
        let Some(labels) = &self.labels else { return false };
        issue.repository == self.repository
            && world.is_visible(key)
            && self.open.is_none_or(|open| issue.is_open() == open)
            && self.pull_requests.is_none_or(|pulls| issue.is_pull_request() == pulls)
            && self.since.is_none_or(|since| issue.updated_at >= since)
            && labels.iter().all(|label| issue.labels.contains(label))
            && is_wanted(self.assignee, &issue.assignees)
            && is_wanted(self.creator, &[issue.author])
            && is_wanted(self.milestone, issue.milestone.as_slice())
            && is_wanted(self.issue_type, issue.issue_type.as_slice())
    }

    pub fn run(&self, world: &World) -> Vec<IssueKey> {
        let mut found: Vec<IssueKey> = world[self.repository]
            .issues
            .iter()
            .copied()
            .filter(|&key| self.holds(world, key))
            .collect();
        found.sort_by_key(|&key| self.rank(world, key));
        if !self.ascending {
            found.reverse();
        }
        found
    }
}

fn is_wanted<T: PartialEq + Copy>(wanted: Wanted<T>, found: &[T]) -> bool {
    match wanted {
        Wanted::Anything => true,
        Wanted::Nothing => found.is_empty(),
        Wanted::Something => !found.is_empty(),
        Wanted::Only(item) => found.contains(&item),
        Wanted::Impossible => false,
    }
}
