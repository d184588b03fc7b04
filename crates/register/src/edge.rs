//! The facts of one edge.

use mainstem_model::time::Date;
use mainstem_model::{
    LinkId, LinkKind, LinkOrigin, LinkReview, LinkState, StatusCategory, TaskId, Timestamp,
};
use mainstem_read_model::{LinkEndRef, LinkRef};
use serde::Serialize;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// An edge: `from` KIND `to`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge<'v> {
    /// Its id in the API.
    pub id: LinkId,
    /// What it says.
    pub kind: LinkKind,
    /// How it stands.
    pub state: LinkState,
    /// Whole days of 24 hours for which it has held, or did until it ended; never negative.
    pub age_days: i64,
    /// Since when it holds.
    pub since: Timestamp,
    /// When it ended.
    pub until: Option<Timestamp>,
    /// Where it comes from.
    pub origin: LinkOrigin,
    /// What a person said of it.
    pub review: LinkReview,
    /// 0 to 1.
    pub confidence: f64,
    /// Whether its ends are in two sources.
    pub cross_tool: bool,
    /// Where it starts.
    pub from: End<'v>,
    /// Where it leads.
    pub to: End<'v>,
    /// Why it is believed.
    pub evidence: Vec<Quote<'v>>,
}

/// One side of an edge. Where the task is not in the store, only the key is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct End<'v> {
    /// Its id in the API.
    pub id: Option<TaskId>,
    /// What people call it.
    pub key: &'v str,
    /// Its title.
    pub title: Option<&'v str>,
    /// The tool's own status word.
    pub status: Option<&'v str>,
    /// The common category.
    pub category: Option<StatusCategory>,
    /// Those who are to do it.
    pub owners: Vec<Owner<'v>>,
    /// When it is due.
    pub due_on: Option<Date>,
    /// The name of its source.
    pub source: Option<&'v str>,
    /// The key of its project.
    pub project: Option<&'v str>,
    /// Where people read it.
    pub url: Option<&'v str>,
}

/// Somebody who is to do a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner<'v> {
    /// Their name.
    pub name: &'v str,
    /// Their mail address, where a visible source shows one.
    pub email: Option<&'v str>,
}

/// Words that say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote<'v> {
    /// The words.
    pub quote: &'v str,
    /// Where a person can read them.
    pub url: Option<&'v str>,
    /// When they were read.
    pub seen_at: Timestamp,
}

impl<'v> Edge<'v> {
    pub(crate) fn of(link: LinkRef<'v>, now: Timestamp) -> Self {
        let evidence = link.evidence().iter().map(|evidence| Quote {
            quote: &evidence.quote,
            url: evidence.url.as_deref(),
            seen_at: evidence.seen_at,
        });
        Self {
            id: link.id(),
            kind: link.kind(),
            state: link.state(),
            age_days: (link.until().unwrap_or(now).since(link.since()) / DAY_MICROS).max(0),
            since: link.since(),
            until: link.until(),
            origin: link.origin(),
            review: link.review(),
            confidence: link.confidence(),
            cross_tool: link.cross_tool(),
            from: End::of(link.from()),
            to: End::of(link.to()),
            evidence: evidence.collect(),
        }
    }
}

impl<'v> End<'v> {
    fn of(end: LinkEndRef<'v>) -> Self {
        let Some(task) = end.task else { return Self::unknown(end.key) };
        let owners = task.assignees();
        Self {
            id: Some(task.id()),
            key: task.key(),
            title: Some(task.title()),
            status: Some(task.status_name()),
            category: Some(task.status_category()),
            owners: owners.map(|one| Owner { name: one.name(), email: one.email() }).collect(),
            due_on: task.due_on(),
            source: task.source().map(|source| source.get().name.as_str()),
            project: task.project().map(|project| project.key()),
            url: task.url(),
        }
    }

    /// An end that is not in the store.
    pub(crate) const fn unknown(key: &'v str) -> Self {
        Self {
            id: None,
            key,
            title: None,
            status: None,
            category: None,
            owners: Vec::new(),
            due_on: None,
            source: None,
            project: None,
            url: None,
        }
    }
}
