//! A batch in the making.

use std::collections::HashSet;

use bytes::Bytes;
use mainstem_model::Timestamp;
use mainstem_model::record::{
    AbsenceRecord, Batch, CommentRecord, Depth, ExternalId, Hint, HistoryRecord, PartSet,
    ProjectRecord, QuarantineRecord, RelationRecord, RemoteLinkSet, TaskRecord, TaskReference,
    WorklogRecord,
};

use crate::normalize::{self, Context, Malformed, NormalizedIssue, People, identify};
use crate::parts::Parts;
use crate::wire;

/// A batch in the making: each record once.
#[derive(Debug)]
pub struct Draft<'a> {
    pub context: Context<'a>,
    pub people: People,
    projects: Vec<ProjectRecord>,
    known: HashSet<ExternalId>,
    tasks: Vec<TaskRecord>,
    comments: Vec<CommentRecord>,
    comment_sets: Vec<PartSet>,
    worklogs: Vec<WorklogRecord>,
    worklog_sets: Vec<PartSet>,
    relations: Vec<RelationRecord>,
    pub remote_links: Vec<RemoteLinkSet>,
    pub histories: Vec<HistoryRecord>,
    pub absences: Vec<AbsenceRecord>,
    quarantine: Vec<QuarantineRecord>,
    hints: Vec<Hint>,
}

impl<'a> Draft<'a> {
    pub fn new(context: Context<'a>) -> Self {
        Self {
            context,
            people: People::default(),
            projects: Vec::new(),
            known: HashSet::new(),
            tasks: Vec::new(),
            comments: Vec::new(),
            comment_sets: Vec::new(),
            worklogs: Vec::new(),
            worklog_sets: Vec::new(),
            relations: Vec::new(),
            remote_links: Vec::new(),
            histories: Vec::new(),
            absences: Vec::new(),
            quarantine: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Reads an issue without taking it in; what is malformed goes to quarantine.
    pub fn read(&mut self, raw: &Bytes, at: Timestamp) -> Option<NormalizedIssue> {
        match normalize::issue(raw, at, self.context, &mut self.people) {
            Ok(issue) => Some(issue),
            Err(malformed) => {
                self.quarantine.push(malformed.quarantine("issue", raw.clone()));
                None
            }
        }
    }

    /// The same for its links and what its past is told from.
    pub fn read_outline(
        &mut self,
        raw: &Bytes,
        at: Timestamp,
    ) -> Option<(RelationRecord, normalize::Present, Vec<wire::History>)> {
        match normalize::outline(raw, at, self.context) {
            Ok(read) => Some(read),
            Err(malformed) => {
                self.quarantine.push(malformed.quarantine("issue", raw.clone()));
                None
            }
        }
    }

    /// Takes an issue in, with all its comments and worklogs where they are known.
    pub fn add(&mut self, issue: NormalizedIssue, parts: Parts) {
        if !self.known.insert(issue.task.external_id.clone()) {
            return;
        }
        let project = self.project_record(issue.project);
        if !self.projects.contains(&project) {
            self.projects.push(project);
        }
        let Self { context, people, quarantine, .. } = self;
        if let Some(comments) = parts.comments {
            let read = |raw, task: &_| normalize::comment(raw, task, context.site, people);
            let id = |comment: &CommentRecord| comment.external_id.clone();
            let (set, mut comments) =
                read_parts("comment", &issue.task, comments, read, id, quarantine);
            for comment in &mut comments {
                keep_once(&issue.task.raw, &mut comment.raw);
            }
            self.comment_sets.push(set);
            self.comments.extend(comments);
        }
        if let Some(worklogs) = parts.worklogs {
            let read = |raw, task: &_| normalize::worklog(raw, task, people);
            let id = |worklog: &WorklogRecord| worklog.external_id.clone();
            let (set, mut worklogs) =
                read_parts("worklog", &issue.task, worklogs, read, id, quarantine);
            for worklog in &mut worklogs {
                keep_once(&issue.task.raw, &mut worklog.raw);
            }
            self.worklog_sets.push(set);
            self.worklogs.extend(worklogs);
        }
        self.relations.push(issue.relation);
        self.tasks.push(issue.task);
    }

    fn project_record(&self, project: wire::Project) -> ProjectRecord {
        ProjectRecord {
            external_id: project.id.into(),
            url: Some(format!("{}/browse/{}", self.context.site.address, project.key)),
            name: if project.name.is_empty() { project.key.clone() } else { project.name },
            key: project.key,
        }
    }

    /// Takes the links of a task in.
    pub fn relation(&mut self, relation: RelationRecord) {
        self.relations.push(relation);
    }

    /// Asks for the links of an issue of this key to be read, once, unless it is here itself.
    pub fn hint_relations(&mut self, key: String) {
        let hint = Hint { external_id: None, locator: key, depth: Depth::Relations };
        if self.tasks.iter().all(|task| task.key != hint.locator) {
            self.hint(hint);
        }
    }

    /// Asks for an issue to be read whole, once.
    pub fn hint_whole(&mut self, task: &TaskRecord) {
        let (external_id, locator) = (Some(task.external_id.clone()), task.locator.clone());
        self.hint(Hint { external_id, locator, depth: Depth::Whole });
    }

    /// Asks for something to be fetched, once.
    pub fn hint(&mut self, hint: Hint) {
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }

    /// The batch; what else belongs in it is the caller's to add.
    pub fn finish(self) -> Batch {
        Batch {
            people: self.people.into_records(),
            projects: self.projects,
            tasks: self.tasks,
            comments: self.comments,
            comment_sets: self.comment_sets,
            worklogs: self.worklogs,
            worklog_sets: self.worklog_sets,
            relations: self.relations,
            remote_links: self.remote_links,
            histories: self.histories,
            absences: self.absences,
            quarantine: self.quarantine,
            hints: self.hints,
            ..Batch::default()
        }
    }
}

/// Reads all parts of one kind that a task has.
fn read_parts<R>(
    kind: &str,
    task: &TaskRecord,
    parts: Vec<Bytes>,
    mut read: impl FnMut(Bytes, &TaskReference) -> Result<R, Malformed>,
    id: impl Fn(&R) -> ExternalId,
    quarantine: &mut Vec<QuarantineRecord>,
) -> (PartSet, Vec<R>) {
    let reference =
        TaskReference { key: task.key.clone(), external_id: Some(task.external_id.clone()) };
    let mut set = PartSet { task: task.external_id.clone(), parts: Vec::new() };
    let mut records = Vec::new();
    for raw in parts {
        match read(raw.clone(), &reference) {
            Ok(record) => {
                set.parts.push(id(&record));
                records.push(record);
            }
            Err(malformed) => {
                // It is there all the same: to leave it out would be to call it removed.
                set.parts.push(identify(&raw).into());
                quarantine.push(malformed.quarantine(kind, raw));
            }
        }
    }
    (set, records)
}

/// Lets the payload of a part go where it stands in the issue's own, which is kept.
fn keep_once(issue: &Bytes, part: &mut Bytes) {
    if issue.as_ptr_range().contains(&part.as_ptr()) {
        *part = Bytes::new();
    }
}
