//! NUL, which any JSON can carry and which PostgreSQL holds in no text. What a tool says is stored
//! without it, on both databases, so that no record can sink its batch and both hold the same.

use std::borrow::Cow;
use std::sync::Arc;

use mainstem_model::record::{
    AbsenceRecord, AvailabilityRecord, Batch, BranchRecord, CensusEntry, CommentRecord, CommitSet,
    Heard, Hint, HistoryChange, HistoryEntry, HistoryRecord, LinkRecord, MoveRecord, NoticeKind,
    NoticeRecord, NoticeSet, ParentRecord, PartSet, PersonRecord, ProjectRecord, QuarantineRecord,
    RelationRecord, RemoteLinkSet, Scope, TaskRecord, TaskReference, WorklogRecord,
};
use mainstem_model::{Commit, Criterion, CustomField, Priority, RemoteLink, SourceError, Status};
use serde_json::Value as Json;

/// What a tool said, without NUL. Copied only where there is one, which is next to never.
pub(crate) fn without_nul<T>(said: &T) -> Cow<'_, T>
where
    T: Texts + ToOwned + ?Sized,
    T::Owned: Texts,
{
    if !said.has_nul() {
        return Cow::Borrowed(said);
    }
    let mut cleaned = said.to_owned();
    cleaned.drop_nul();
    Cow::Owned(cleaned)
}

/// Something that holds texts of a tool.
pub(crate) trait Texts {
    fn has_nul(&self) -> bool;
    fn drop_nul(&mut self);
}

impl Texts for String {
    fn has_nul(&self) -> bool {
        self.as_bytes().contains(&0)
    }

    fn drop_nul(&mut self) {
        self.retain(|c| c != '\0');
    }
}

impl Texts for Arc<str> {
    fn has_nul(&self) -> bool {
        self.as_bytes().contains(&0)
    }

    fn drop_nul(&mut self) {
        if self.has_nul() {
            *self = self.replace('\0', "").into();
        }
    }
}

impl<T: Texts> Texts for Option<T> {
    fn has_nul(&self) -> bool {
        self.as_ref().is_some_and(Texts::has_nul)
    }

    fn drop_nul(&mut self) {
        self.iter_mut().for_each(Texts::drop_nul);
    }
}

impl<T: Texts> Texts for [T] {
    fn has_nul(&self) -> bool {
        self.iter().any(Texts::has_nul)
    }

    fn drop_nul(&mut self) {
        self.iter_mut().for_each(Texts::drop_nul);
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn has_nul(&self) -> bool {
        self.as_slice().has_nul()
    }

    fn drop_nul(&mut self) {
        self.as_mut_slice().drop_nul();
    }
}

impl Texts for Json {
    fn has_nul(&self) -> bool {
        match self {
            Self::String(text) => text.has_nul(),
            Self::Array(items) => items.has_nul(),
            Self::Object(fields) => {
                fields.iter().any(|(name, value)| name.has_nul() || value.has_nul())
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => false,
        }
    }

    fn drop_nul(&mut self) {
        match self {
            Self::String(text) => text.drop_nul(),
            Self::Array(items) => items.drop_nul(),
            Self::Object(fields) => {
                let cleaned = std::mem::take(fields).into_iter().map(|(mut name, mut value)| {
                    name.drop_nul();
                    value.drop_nul();
                    (name, value)
                });
                *fields = cleaned.collect();
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }
}

impl Texts for ParentRecord {
    fn has_nul(&self) -> bool {
        matches!(self, Self::Is(parent) if parent.has_nul())
    }

    fn drop_nul(&mut self) {
        if let Self::Is(parent) = self {
            parent.drop_nul();
        }
    }
}

impl Texts for NoticeKind {
    fn has_nul(&self) -> bool {
        match self {
            Self::Told { event, actor } => event.has_nul() || actor.has_nul(),
            Self::Reply { author } => author.has_nul(),
            Self::ReplyToTool => false,
        }
    }

    fn drop_nul(&mut self) {
        match self {
            Self::Told { event, actor } => {
                event.drop_nul();
                actor.drop_nul();
            }
            Self::Reply { author } => author.drop_nul(),
            Self::ReplyToTool => {}
        }
    }
}

impl Texts for HistoryChange {
    fn has_nul(&self) -> bool {
        match self {
            Self::Value { field: _, before, after } => before.has_nul() || after.has_nul(),
            Self::Parent { before, after } => before.has_nul() || after.has_nul(),
            Self::People { field: _, before, after } => before.has_nul() || after.has_nul(),
        }
    }

    fn drop_nul(&mut self) {
        match self {
            Self::Value { field: _, before, after } => {
                before.drop_nul();
                after.drop_nul();
            }
            Self::Parent { before, after } => {
                before.drop_nul();
                after.drop_nul();
            }
            Self::People { field: _, before, after } => {
                before.drop_nul();
                after.drop_nul();
            }
        }
    }
}

/// Names the fields of each record that hold texts, and after the semicolon all others, so that a
/// new field does not compile before it is named.
macro_rules! texts {
    ($($record:ident { $($text:ident),*; $($other:ident),* })*) => { $(
        impl Texts for $record {
            fn has_nul(&self) -> bool {
                let Self { $($text,)* $($other: _,)* } = self;
                $($text.has_nul())||*
            }

            fn drop_nul(&mut self) {
                let Self { $($text,)* $($other: _,)* } = self;
                $($text.drop_nul();)*
            }
        }
    )* };
}

texts! {
    Batch {
        people, availabilities, projects, tasks, histories, comments, comment_sets, worklogs,
        worklog_sets, notices, relations, remote_links, branches, commits, moves, absences, quarantine, hints;
        // A cursor is the connector's own, and would lead elsewhere if it were changed.
        scope_absence, cursor, more, wants_census, progress
    }
    PersonRecord { external_id, handle, name, email; self_asserted }
    AvailabilityRecord { person, quote, url; until, said_at }
    ProjectRecord { external_id, key, name, url; }
    TaskRecord {
        external_id, locator, project, key, title, url, status, priority, assignees, author, labels,
        milestone, sprint, parent, body, criteria, fields, census_token, history;
        kind, start_on, due_on, created_at, updated_at, started_at, closed_at, estimate_seconds,
        time_spent_seconds, version, raw
    }
    Status { name; category }
    Priority { name; level }
    Criterion { text; met }
    CustomField { name, value; }
    HistoryRecord { task, entries; }
    HistoryEntry { key, change, actor; occurred_at }
    TaskReference { key, external_id; }
    CommentRecord {
        external_id, task, author, body, url;
        created_at, updated_at, version, raw
    }
    WorklogRecord {
        external_id, task, author, note;
        started_at, time_spent_seconds, updated_at, version, raw
    }
    PartSet { task, parts; }
    NoticeSet { group, notices; }
    NoticeRecord { external_id, site, key, kind, body, url; sent_at, version }
    RemoteLinkSet { task, links; }
    BranchRecord { task, name; }
    CommitSet { task, commits; }
    Commit { message, url; committed_at }
    RemoteLink { title, url, relationship; }
    RelationRecord { task, links, parent, census_token; kinds, version }
    LinkRecord { from, to; kind, since }
    MoveRecord { from, to, scope; }
    AbsenceRecord { task; presence }
    QuarantineRecord { external_id, kind, reason; raw }
    Hint { external_id, locator; depth }
    Heard { hint, scope; }
    CensusEntry { external_id, locator, token; }
    Scope { key, name; }
    SourceError { code, message; at }
}
