//! `Task` and the small objects that belong to it.

use mainstem_model::{
    Comment, Criterion, CustomField, Notice, Position, RemoteLink, TaskDetail, TaskId, Worklog,
};
use mainstem_read_model::{
    Freshness, LinkRef, Page, PageRequest, TaskOrdinal, TaskQuery, TaskRef, View,
};
use mainstem_store::TaskChangeQuery;

use super::change::ChangeNode;
use super::link::LinkNode;
use super::person::PersonNode;
use super::project::ProjectNode;
use super::source::SourceNode;
use super::{connection, dependencies, part, refused};
use crate::arguments::{Arguments, BlockerArguments};
use crate::cursor;
use crate::error::{Code, Problem};
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// A task in one view of the store: as it is now, or as it was.
#[derive(Clone, Copy)]
pub struct TaskNode<'a> {
    /// The view.
    pub view: &'a View,
    /// The task in it.
    pub task: TaskRef<'a>,
}

impl<'a> Object<'a> for TaskNode<'a> {
    const TYPE: &'static str = "Task";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let task = self.task;
        match field.name.as_str() {
            "id" => writer.id(TaskId::PREFIX, task.id().0),
            "key" => writer.string(task.key()),
            "title" => writer.string(task.title()),
            "url" => writer.optional(task.url(), Writer::string),
            "status" => return writer.object(Status(task), field),
            "priority" => return writer.object(Priority(task), field),
            "assignees" => {
                return writer.list(task.assignees(), |writer, person| {
                    writer.object(PersonNode(person), field)
                });
            }
            "labels" => return writer.strings(task.labels()),
            "project" => {
                return writer.object(ProjectNode(task.project().ok_or_else(arriving)?), field);
            }
            "source" => {
                return writer.object(SourceNode(task.source().ok_or_else(arriving)?), field);
            }
            "blockedBy" => return self.blockers(field, writer, TaskRef::blocked_by),
            "blocks" => return self.blockers(field, writer, TaskRef::blocks),
            "kind" => writer.word(task.kind().as_str()),
            "previousKeys" => return writer.strings(task.previous_keys()),
            "author" => return writer.optional_object(task.author().map(PersonNode), field),
            "milestone" => writer.optional(task.milestone(), Writer::string),
            "sprint" => writer.optional(task.sprint(), Writer::string),
            "parent" => {
                let parent = task.parent().map(|task| TaskNode { task, ..self });
                return writer.optional_object(parent, field);
            }
            "children" => {
                let Arguments::Page(page) = &field.arguments else { return Err(unplanned(field)) };
                return self.listed(&task.children(), page, field, writer);
            }
            "startOn" => writer.optional(task.start_on(), Writer::date),
            "dueOn" => writer.optional(task.due_on(), Writer::date),
            "createdAt" => writer.instant(task.created_at()),
            "updatedAt" => writer.instant(task.updated_at()),
            "startedAt" => writer.optional(task.started_at(), Writer::instant),
            "closedAt" => writer.optional(task.closed_at(), Writer::instant),
            "estimate" => writer.optional(task.estimate_seconds(), Writer::duration),
            "timeSpent" => writer.optional(task.time_spent_seconds(), Writer::duration),
            "blockage" => {
                return dependencies::blockage(task.blockage(), self.view, field, writer);
            }
            "mirrors" => {
                let mirrors = task.mirrors().into_iter();
                let mirrors = mirrors.filter_map(|mirror| self.view.task_at(mirror));
                return writer
                    .list(mirrors, |writer, task| writer.object(TaskNode { task, ..self }, field));
            }
            "impact" => return dependencies::impact(&task.impact(), self, field, writer),
            "isReady" => writer.boolean(task.is_ready()),
            "presence" => writer.word(task.presence().as_str()),
            "freshness" => return writer.object(task.freshness(writer.from.now), field),
            "links" => return self.links(field, writer),
            "body" | "acceptanceCriteria" | "fields" | "remoteLinks" => {
                return self.detail(field, writer);
            }
            "comments" => return part::write::<Comment>(self, field, writer),
            "worklogs" => return part::write::<Worklog>(self, field, writer),
            "notices" => return part::write::<Notice>(self, field, writer),
            "changes" => return self.changes(field, writer),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

/// A task whose project or source is not known yet: they come a moment later.
pub fn arriving() -> Problem {
    Problem::new(Code::SourceUnavailable, "The task's source is only just arriving; ask again.")
}

impl<'a> TaskNode<'a> {
    fn blockers(
        self,
        field: &Field,
        writer: &mut Writer<'a>,
        list: impl Fn(TaskRef<'a>, bool, bool) -> Vec<TaskOrdinal>,
    ) -> Result<(), Problem> {
        let Arguments::Blockers(BlockerArguments { open, transitive, page }) = &field.arguments
        else {
            return Err(unplanned(field));
        };
        self.listed(&list(self.task, *open, *transitive), page, field, writer)
    }

    /// A page of tasks that are known already.
    ///
    /// # Errors
    /// The cursor is of another list, or as the objects inside.
    pub fn listed(
        self,
        tasks: &[TaskOrdinal],
        page: &PageRequest,
        field: &Field,
        writer: &mut Writer<'a>,
    ) -> Result<(), Problem> {
        let page = self.view.page_of(tasks, &[], page).map_err(refused)?;
        let page = connection::map(page, |task| TaskNode { task, ..self });
        let order = TaskQuery::default();
        connection::write(writer, field, &page, |node| self.view.cursor(&order, node.task))
    }

    fn links(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let Arguments::Links(arguments) = &field.arguments else { return Err(unplanned(field)) };
        let links: Vec<LinkRef<'a>> =
            self.task.links(arguments.kinds.as_deref(), arguments.origins.as_deref());
        let start = match &arguments.page.after {
            None => 0,
            Some(after) => {
                let after = cursor::read_link(after)?;
                let found = links.iter().position(|link| link.id() == after);
                found.ok_or_else(|| {
                    Problem::bad_input("The cursor's link is no longer in this list.")
                })? + 1
            }
        };
        let rows = links.iter().skip(start).take(arguments.page.limit);
        let page = Page {
            items: rows.map(|link| LinkNode { link: *link, view: self.view }).collect::<Vec<_>>(),
            has_previous: start > 0,
            has_next: links.len() > start + arguments.page.limit,
            total: Some(links.len() as u64),
        };
        connection::write(writer, field, &page, |node| cursor::link(node.link.id()))
    }

    /// Body, criteria, custom fields and remote links, which the snapshot does not hold.
    fn detail(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let from = writer.from;
        let Some(detail) = from.loaded.details.get(&self.task.id()) else {
            writer.needs.details.insert(self.task.id());
            writer.null();
            return Ok(());
        };
        let TaskDetail { body, criteria, fields, remote_links } = detail;
        match (field.name.as_str(), &field.arguments) {
            ("body", _) => {
                writer.optional(body.as_deref(), Writer::string);
                Ok(())
            }
            ("acceptanceCriteria", _) => {
                writer.list(criteria, |writer, one| writer.object(one, field))
            }
            ("remoteLinks", _) => {
                writer.list(remote_links, |writer, one| writer.object(one, field))
            }
            ("fields", Arguments::Names(names)) => {
                let asked = |one: &&CustomField| {
                    names.as_ref().is_none_or(|names| names.contains(&one.name))
                };
                writer.list(fields.iter().filter(asked), |writer, one| writer.object(one, field))
            }
            _ => Err(unplanned(field)),
        }
    }

    fn changes(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let Arguments::History(fields, asked) = &field.arguments else {
            return Err(unplanned(field));
        };
        let after: Option<Position> =
            asked.after.as_deref().map(cursor::read_change).transpose()?;
        let query = TaskChangeQuery { fields: fields.clone(), after, limit: one_more(asked) };
        let from = writer.from;
        let loaded =
            from.loaded.histories.get(&query).and_then(|loaded| loaded.get(&self.task.id()));
        let Some(changes) = loaded else {
            writer.needs.histories.entry(query).or_default().insert(self.task.id());
            writer.null();
            return Ok(());
        };
        let rows = changes.iter().take(asked.limit);
        let page = Page {
            items: rows.map(|change| ChangeNode { change, task: self }).collect::<Vec<_>>(),
            has_previous: after.is_some(),
            has_next: changes.len() > asked.limit,
            total: None,
        };
        connection::write(writer, field, &page, |node| cursor::change(node.change.position))
    }
}

/// Rows to load so that it is known whether more follow.
pub fn one_more(page: &PageRequest) -> u32 {
    u32::try_from(page.limit + 1).unwrap_or(u32::MAX)
}

#[derive(Clone, Copy)]
struct Status<'a>(TaskRef<'a>);

impl<'a> Object<'a> for Status<'a> {
    const TYPE: &'static str = "Status";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "name" => writer.string(self.0.status_name()),
            "category" => writer.word(self.0.status_category().as_str()),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Priority<'a>(TaskRef<'a>);

impl<'a> Object<'a> for Priority<'a> {
    const TYPE: &'static str = "Priority";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "name" => writer.optional(self.0.priority_name(), Writer::string),
            "level" => writer.word(self.0.priority_level().as_str()),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> Object<'a> for Freshness {
    const TYPE: &'static str = "Freshness";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "syncedAt" => writer.instant(self.synced_at),
            "sourceUpdatedAt" => writer.instant(self.source_updated_at),
            "lag" => writer.duration(self.lag_seconds),
            "stale" => writer.boolean(self.stale),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> Object<'a> for &'a Criterion {
    const TYPE: &'static str = "Criterion";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "text" => writer.string(&self.text),
            "met" => writer.boolean(self.met),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> Object<'a> for &'a CustomField {
    const TYPE: &'static str = "CustomField";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "name" => writer.string(&self.name),
            "value" => writer.json(&self.value),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> Object<'a> for &'a RemoteLink {
    const TYPE: &'static str = "RemoteLink";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "title" => writer.string(&self.title),
            "url" => writer.string(&self.url),
            "relationship" => writer.optional(self.relationship.as_deref(), Writer::string),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
