//! A batch in the making.

use std::collections::HashMap;

use bytes::Bytes;
use mainstem_model::record::{
    Batch, CommentRecord, Depth, ExternalId, Hint, ProjectRecord, QuarantineRecord, RelationRecord,
    TaskRecord,
};
use mainstem_model::{LinkKind, TaskKind, Timestamp};

use crate::client::ListPage;
use crate::normalize::{self, Links, NormalizedIssue, People};
use crate::repository::Repository;

/// A batch in the making: each record once, the latest reading of it.
#[derive(Debug, Default)]
pub struct Draft {
    pub people: People,
    projects: Vec<ProjectRecord>,
    tasks: Vec<TaskRecord>,
    task_places: HashMap<ExternalId, usize>,
    comments: Vec<CommentRecord>,
    comment_places: HashMap<ExternalId, usize>,
    relations: Vec<RelationRecord>,
    hints: Vec<Hint>,
    quarantine: Vec<QuarantineRecord>,
}

/// What a page of issues counts, beside what it holds.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counted {
    pub issues: u64,
    pub comments: u64,
}

impl Draft {
    /// Takes a page of issues in. `ending` says that links may have to end where the payload says
    /// that there are none.
    pub fn issues(&mut self, repository: &Repository, page: ListPage, ending: bool) -> Counted {
        let mut counted = Counted { issues: page.records.len() as u64, comments: 0 };
        for issue in self.normalize(repository, page.records) {
            counted.comments += issue.comments;
            self.links(&issue, page.at, ending);
            self.add(repository, issue.task);
        }
        counted
    }

    /// Reads issues without taking them in; what is malformed goes to quarantine.
    pub fn normalize(
        &mut self,
        repository: &Repository,
        records: Vec<Bytes>,
    ) -> Vec<NormalizedIssue> {
        let mut read = Vec::with_capacity(records.len());
        for raw in records {
            match normalize::issue(raw.clone(), repository, &mut self.people) {
                Ok(issue) => read.push(issue),
                Err(malformed) => self.quarantine(malformed.quarantine("issue", raw)),
            }
        }
        read
    }

    /// Takes a task of this repository in.
    pub fn add(&mut self, repository: &Repository, task: TaskRecord) {
        if !self.projects.contains(&repository.project) {
            self.projects.push(repository.project.clone());
        }
        replace(&mut self.tasks, &mut self.task_places, task.external_id.clone(), task);
    }

    fn links(&mut self, issue: &NormalizedIssue, at: Timestamp, ending: bool) {
        let asked = match issue.links {
            Links::Some => true,
            // No payload speaks of commits, and the last of them may have come just before the end.
            Links::Unknown => ending && issue.task.kind == TaskKind::PullRequest,
            Links::None => false,
        };
        if asked {
            self.hint(Hint {
                external_id: Some(issue.task.external_id.clone()),
                locator: issue.task.locator.clone(),
                depth: Depth::Relations,
            });
        } else if ending && issue.links == Links::None {
            // The payload counts dependencies; of duplicates it does not speak.
            self.relations.push(RelationRecord {
                task: issue.task.external_id.clone(),
                links: Vec::new(),
                kinds: &[LinkKind::Blocks],
                parent: issue.task.parent.clone(),
                version: at.0,
                census_token: issue.task.census_token.clone(),
            });
        }
    }

    /// Takes a page of comments in and answers their number.
    pub fn comments(&mut self, repository: &Repository, records: Vec<Bytes>) -> u64 {
        let count = records.len() as u64;
        for raw in records {
            match normalize::comment(raw.clone(), repository, &mut self.people) {
                Ok(comment) => {
                    let id = comment.external_id.clone();
                    replace(&mut self.comments, &mut self.comment_places, id, comment);
                }
                Err(malformed) => self.quarantine.push(malformed.quarantine("comment", raw)),
            }
        }
        count
    }

    /// Asks for something to be fetched, once.
    pub fn hint(&mut self, hint: Hint) {
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }

    /// Puts aside what could not be read.
    pub fn quarantine(&mut self, record: QuarantineRecord) {
        self.quarantine.push(record);
    }

    /// The task of this id, where it is in the batch, and the people.
    pub fn task(&mut self, id: &str) -> Option<(&mut TaskRecord, &mut People)> {
        let place = *self.task_places.get(id)?;
        self.tasks.get_mut(place).map(|task| (task, &mut self.people))
    }

    /// The batch; what else belongs in it is the caller's to add.
    pub fn finish(self) -> Batch {
        Batch {
            people: self.people.into_records(),
            projects: self.projects,
            tasks: self.tasks,
            comments: self.comments,
            relations: self.relations,
            hints: self.hints,
            quarantine: self.quarantine,
            ..Batch::default()
        }
    }
}

fn replace<T>(list: &mut Vec<T>, places: &mut HashMap<ExternalId, usize>, id: ExternalId, item: T) {
    match places.get(&id).and_then(|place| list.get_mut(*place)) {
        Some(known) => *known = item,
        None => {
            places.insert(id, list.len());
            list.push(item);
        }
    }
}
