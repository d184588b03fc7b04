//! What search knows. Jira's index follows the issues with a lag: a search matches and orders by what it
//! last saw of an issue, while what it then shows is fresh.

use std::collections::{BTreeMap, HashMap};

use mainstem_model::Timestamp;

use crate::jira::catalogue::{IssueType, Status};
use crate::jira::world::{IssueKey, IssueName, UserKey, World};

/// What a search looks at in an issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'w> {
    pub name: IssueName,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub status: Status,
    pub issue_type: IssueType,
    pub assignee: Option<UserKey>,
    pub labels: &'w [Box<str>],
}

/// The same, kept from before a change.
#[derive(Debug, Clone)]
struct Seen {
    row: Row<'static>,
    labels: Vec<Box<str>>,
}

/// What the index has not caught up with. An issue that does not stand here is indexed as it is.
#[derive(Debug, Default)]
pub(crate) struct Index {
    lag_seconds: i64,
    own_lag: HashMap<IssueKey, i64>,
    /// What search still sees of an issue; `None` where it does not know it yet.
    behind: HashMap<IssueKey, Option<Seen>>,
    /// What it will see, and when.
    coming: BTreeMap<(Timestamp, u64), (IssueKey, Seen)>,
    /// Counts what has come.
    version: u64,
}

impl World {
    /// How long, in seconds, search does not see what is written from now on.
    pub fn set_index_lag(&mut self, seconds: i64) {
        self.index.lag_seconds = seconds.max(0);
    }

    /// The same for one issue only.
    pub fn set_index_lag_of(&mut self, issue: IssueKey, seconds: i64) {
        self.index.own_lag.insert(issue, seconds.max(0));
    }

    fn lag_of(&self, issue: IssueKey) -> i64 {
        self.index.own_lag.get(&issue).copied().unwrap_or(self.index.lag_seconds)
    }

    /// Keeps what search sees of an issue that is about to change; `true` where it did not yet.
    pub(crate) fn hold_in_index(&mut self, issue: IssueKey) -> bool {
        let holds = self.lag_of(issue) > 0 && !self.index.behind.contains_key(&issue);
        if holds {
            let seen = self.seen(issue);
            self.index.behind.insert(issue, Some(seen));
        }
        holds
    }

    /// Forgets what was kept, as nothing changed.
    pub(crate) fn release_in_index(&mut self, issue: IssueKey) {
        self.index.behind.remove(&issue);
    }

    /// Lets search know, in due time, what became of an issue that changed or was made.
    pub(crate) fn announce_to_index(&mut self, issue: IssueKey, is_new: bool) {
        let lag = self.lag_of(issue);
        if is_new && lag > 0 {
            self.index.behind.insert(issue, None);
        }
        if self.index.behind.contains_key(&issue) {
            let due = self.moments.clock_now().plus_seconds(lag);
            let seen = self.seen(issue);
            self.index.coming.insert((due, self.version), (issue, seen));
        }
    }

    /// Whether there is anything that search should see by now and does not.
    pub(crate) fn index_is_due(&self) -> bool {
        let now = self.moments.clock_now();
        self.index.coming.first_key_value().is_some_and(|((due, _), _)| *due <= now)
    }

    /// Lets search see what it should see by now.
    pub(crate) fn settle_index(&mut self) {
        let now = self.moments.clock_now();
        while let Some(first) = self.index.coming.first_entry() {
            if first.key().0 > now {
                break;
            }
            let (issue, seen) = first.remove();
            self.index.version += 1;
            if self.index.coming.values().any(|(other, _)| *other == issue) {
                self.index.behind.insert(issue, Some(seen));
            } else {
                self.index.behind.remove(&issue);
            }
        }
    }

    /// What a result is computed from: it is good while this stays.
    pub(crate) const fn search_version(&self) -> (u64, u64) {
        (self.version, self.index.version)
    }

    /// What search knows of an issue; `None` where it does not know it yet.
    pub(crate) fn indexed(&self, issue: IssueKey) -> Option<Row<'_>> {
        match self.index.behind.get(&issue) {
            None => Some(self.row(issue)),
            Some(seen) => seen.as_ref().map(|seen| Row { labels: &seen.labels, ..seen.row }),
        }
    }

    /// The issue as it is.
    pub(crate) fn row(&self, key: IssueKey) -> Row<'_> {
        let issue = &self[key];
        Row {
            name: issue.name,
            created_at: issue.created_at,
            updated_at: issue.updated_at,
            status: issue.status,
            issue_type: issue.issue_type,
            assignee: issue.assignee,
            labels: &issue.labels,
        }
    }

    fn seen(&self, key: IssueKey) -> Seen {
        let row = self.row(key);
        Seen { labels: row.labels.to_vec(), row: Row { labels: &[], ..row } }
    }
}
