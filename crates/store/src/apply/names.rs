//! What the tool's ids stand for here.

use std::collections::HashMap;

use mainstem_model::record::{
    Batch, ExternalId, HistoryChange, HistoryEntry, ParentRecord, TaskReference,
};
use mainstem_model::{LinkEnd, PersonId, SourceId, TaskId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::StoreError;
use crate::dialect::{Ids, Transaction, run};

/// Turns the tool's ids into ours. An id derives from the tool's id, except where a task has moved;
/// those exceptions are looked up, for the ids that a batch names.
pub(super) struct Names {
    source: SourceId,
    redirects: HashMap<Uuid, Uuid>,
}

impl Names {
    pub(super) async fn load(
        transaction: &mut Transaction<'_>,
        source: SourceId,
        batch: &Batch,
    ) -> Result<Self, StoreError> {
        let mut ids: Vec<Uuid> = named_tasks(batch).map(|id| source.task(id).0).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut names = Self { source, redirects: HashMap::new() };
        if !ids.is_empty() {
            let text = format!(
                "SELECT from_id, to_id FROM task_redirect WHERE {}",
                transaction.dialect().among_ids("from_id", 1)
            );
            let redirects: Vec<(Uuid, Uuid)> = run!(transaction, connection =>
                sqlx::query_as(AssertSqlSafe(text)).bind(Ids(ids)).fetch_all(connection).await)?;
            names.redirects.extend(redirects);
        }
        Ok(names)
    }

    /// The task that the tool calls this.
    pub(super) fn task(&self, external_id: &str) -> TaskId {
        let id = self.source.task(external_id);
        self.redirects.get(&id.0).map_or(id, |to| TaskId(*to))
    }

    /// From now on `from` means `to`.
    pub(super) fn redirect(&mut self, from: TaskId, to: TaskId) {
        for target in self.redirects.values_mut().filter(|target| **target == from.0) {
            *target = to.0;
        }
        self.redirects.insert(from.0, to.0);
    }

    /// The person whom the tool calls this, by their identity: merging changes nothing of it.
    pub(super) fn person(&self, external_id: &str) -> PersonId {
        self.source.person(external_id)
    }

    /// One end of a link.
    pub(super) fn link_end(&self, reference: &TaskReference) -> LinkEnd {
        let task = reference.external_id.as_ref().map(|id| self.task(id));
        LinkEnd::new(task, reference.key.clone())
    }

    /// The parent of a task after a record, which may not say, or may name it by its key alone where
    /// the store knows more.
    pub(super) fn parent(&self, parent: &ParentRecord, stored: Option<LinkEnd>) -> Option<LinkEnd> {
        let reference = match parent {
            ParentRecord::Unsaid => return stored,
            ParentRecord::None => return None,
            ParentRecord::Is(reference) => reference,
        };
        stored
            .filter(|stored| {
                reference.external_id.is_none() && stored.key.eq_ignore_ascii_case(&reference.key)
            })
            .or_else(|| Some(self.link_end(reference)))
    }
}

/// The tool's id of every task that a batch names.
fn named_tasks(batch: &Batch) -> impl Iterator<Item = &ExternalId> {
    let tasks = batch.tasks.iter().map(|task| &task.external_id);
    let parents = batch.tasks.iter().map(|task| &task.parent);
    let parents = parents.chain(batch.relations.iter().map(|relation| &relation.parent));
    let links = batch.relations.iter().flat_map(|relation| &relation.links);
    let ends = links.flat_map(|link| [&link.from, &link.to]);
    let references = ends
        .chain(batch.comments.iter().map(|comment| &comment.task))
        .chain(batch.worklogs.iter().map(|worklog| &worklog.task));
    let pasts = batch.tasks.iter().map(|task| &task.history);
    let pasts = pasts.chain(batch.histories.iter().map(|history| &history.entries)).flatten();
    tasks
        .chain(pasts.flat_map(ids_of_past_parents))
        .chain(parents.filter_map(id_of_parent))
        .chain(references.filter_map(|reference| reference.external_id.as_ref()))
        .chain(batch.relations.iter().map(|relation| &relation.task))
        .chain(batch.comment_sets.iter().chain(&batch.worklog_sets).map(|set| &set.task))
        .chain(batch.remote_links.iter().map(|set| &set.task))
        .chain(batch.branches.iter().map(|branch| &branch.task))
        .chain(batch.commits.iter().map(|set| &set.task))
        .chain(batch.histories.iter().map(|history| &history.task))
        .chain(batch.moves.iter().flat_map(|moved| [&moved.from, &moved.to]))
        .chain(batch.absences.iter().map(|absence| &absence.task))
        .chain(batch.hints.iter().filter_map(|hint| hint.external_id.as_ref()))
}

fn ids_of_past_parents(entry: &HistoryEntry) -> impl Iterator<Item = &ExternalId> {
    let ends = match &entry.change {
        HistoryChange::Parent { before, after } => [before.as_ref(), after.as_ref()],
        HistoryChange::Value { .. } | HistoryChange::People { .. } => [None, None],
    };
    ends.into_iter().flatten().filter_map(|reference| reference.external_id.as_ref())
}

fn id_of_parent(parent: &ParentRecord) -> Option<&ExternalId> {
    match parent {
        ParentRecord::Is(reference) => reference.external_id.as_ref(),
        ParentRecord::Unsaid | ParentRecord::None => None,
    }
}
