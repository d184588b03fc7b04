//! `Query`: the root fields.

use mainstem_model::{Position, Timestamp};
use mainstem_read_model::{Page, PageRequest, TaskFilter, TaskQuery, View};
use mainstem_store::ChangeQuery;

use super::audit::audit;
use super::change::{ChangeNode, feed};
use super::drift::drifts;
use super::node::Node;
use super::person::PersonNode;
use super::project::ProjectNode;
use super::source::SourceNode;
use super::task::{TaskNode, one_more};
use super::viewer::Viewer;
use super::{connection, counts, dependencies, refused};
use crate::arguments::{Arguments, FeedArguments, TaskName, TasksArguments};
use crate::cursor;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// The root.
#[derive(Clone, Copy)]
pub struct Query;

impl<'a> Object<'a> for Query {
    const TYPE: &'static str = "Query";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let view = writer.from.view;
        match (field.name.as_str(), &field.arguments) {
            ("__schema" | "__type", _) => {
                let answer = writer.from.introspection.get(field.response_key.as_str());
                writer.optional(answer, |writer, answer| writer.json(answer));
                Ok(())
            }
            ("node", Arguments::Ids(ids)) => match ids.first() {
                Some(id) => node(id, field, writer),
                None => Err(unplanned(field)),
            },
            ("nodes", Arguments::Ids(ids)) => {
                writer.list_of_nullable(ids, |writer, id| node(id, field, writer), field)
            }
            ("task", Arguments::Task(name)) => {
                let task = find(name, view)?;
                writer.optional_object(task, field)
            }
            ("tasks", Arguments::Tasks(arguments)) => {
                tasks(writer, field, arguments, arguments.filter.clone())
            }
            ("taskCounts", Arguments::TaskCounts(arguments)) => {
                let Some(view) = at(arguments.as_of, writer) else {
                    writer.null();
                    return Ok(());
                };
                let (words, by): (Vec<&str>, Vec<_>) =
                    arguments.by.iter().map(|(word, field)| (word.as_str(), *field)).unzip();
                let counted = view.task_counts(arguments.filter.as_ref(), &by).map_err(refused)?;
                let Some(selection) = field.selections.first() else {
                    return Err(unplanned(field));
                };
                writer.list(&counted, |writer, count| {
                    writer.fields(selection, |part, writer| {
                        counts::write(writer, part, count, &words)
                    })
                })
            }
            ("people", Arguments::People(filter, page)) => {
                let page = view.people(filter.as_ref(), page).map_err(refused)?;
                let page = connection::map(page, PersonNode);
                connection::write(writer, field, &page, |node| view.person_cursor(node.0))
            }
            ("projects", Arguments::Projects(filter, page)) => {
                let page = view.projects(filter.as_ref(), page).map_err(refused)?;
                let page = connection::map(page, ProjectNode);
                connection::write(writer, field, &page, |node| view.project_cursor(node.0))
            }
            ("links", _) => dependencies::links(view, field, writer),
            ("drifts", _) => drifts(view, field, writer),
            ("cycles", _) => {
                let cycles = view.cycles().into_iter().map(|cycle| cycle.tasks);
                dependencies::circles(cycles, view, field, writer)
            }
            ("dependencyCycles", _) => dependencies::cycles(&view.cycles(), view, field, writer),
            ("criticalPath", Arguments::CriticalPath(target)) => {
                dependencies::critical_path(target, view, field, writer)
            }
            ("scheduleConflicts", _) => dependencies::conflicts(view, field, writer),
            ("changes", Arguments::Feed(arguments)) => changes(arguments, field, writer),
            ("sources", _) => sources(writer, field),
            ("audit", _) => audit(writer, field),
            ("viewer", _) => writer.object(Viewer, field),
            _ => Err(unplanned(field)),
        }
    }
}

fn node<'a>(id: &str, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
    match Node::find(id, writer) {
        Some(node) => node.write(writer, field),
        None => {
            writer.null();
            Ok(())
        }
    }
}

/// The task of this name; a source that the caller does not see holds none.
fn find<'a>(name: &TaskName, view: &'a View) -> Result<Option<TaskNode<'a>>, Problem> {
    let within = |source: &Option<String>| match source {
        None => Some(None),
        Some(name) => view.source_by_name(name).map(|source| Some(source.get().id)),
    };
    let task = match name {
        TaskName::Id(id) => id.parse().ok().and_then(|id| view.task(id)),
        TaskName::Key(key, source) => match within(source) {
            Some(source) => view.task_by_key(key, source).map_err(refused)?,
            None => None,
        },
        TaskName::Url(url, source) => match within(source) {
            Some(source) => view.task_by_url(url, source).map_err(refused)?,
            None => None,
        },
    };
    Ok(task.map(|task| TaskNode { view, task }))
}

/// The store as it was at a moment, or as it is; `None` where it has to be loaded first.
fn at<'a>(moment: Option<Timestamp>, writer: &mut Writer<'a>) -> Option<&'a View> {
    let from = writer.from;
    let Some(moment) = moment else { return Some(from.view) };
    let view = from.loaded.moments.get(&moment);
    if view.is_none() {
        writer.needs.moments.insert(moment);
    }
    view
}

/// Writes a page of tasks that match a filter.
///
/// # Errors
/// The read model refuses the question, or an object inside has no value.
pub fn tasks<'a>(
    writer: &mut Writer<'a>,
    field: &Field,
    arguments: &TasksArguments,
    filter: Option<TaskFilter>,
) -> Result<(), Problem> {
    let from = writer.from;
    let view = at(arguments.as_of, writer);
    let among = arguments.search.as_ref().map(|text| {
        let found = from.loaded.searches.get(text);
        if found.is_none() {
            writer.needs.searches.insert(text.clone());
        }
        found.cloned()
    });
    let (Some(view), Some(among)) = (view, among.map_or(Some(None), |found| found.map(Some)))
    else {
        writer.null();
        return Ok(());
    };
    let query =
        TaskQuery { filter, among, order: arguments.order.clone(), page: arguments.page.clone() };
    let page = view.tasks(&query).map_err(refused)?;
    let page = connection::map(page, |task| TaskNode { view, task });
    connection::write(writer, field, &page, |node| view.cursor(&query, node.task))
}

/// Writes a page of the sources that the caller sees.
///
/// # Errors
/// The read model refuses the page, or an object inside has no value.
pub fn sources<'a>(writer: &mut Writer<'a>, field: &Field) -> Result<(), Problem> {
    let Arguments::Page(page) = &field.arguments else { return Err(unplanned(field)) };
    let view = writer.from.view;
    let page = connection::map(view.sources(None, page).map_err(refused)?, SourceNode);
    connection::write(writer, field, &page, |node| view.source_cursor(node.0))
}

/// A page of the feed, never past the snapshot, so that it agrees with the tasks beside it.
fn changes<'a>(
    arguments: &FeedArguments,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem> {
    let view = writer.from.view;
    let asked: &PageRequest = &arguments.page;
    let after = asked.after.as_deref().map(cursor::read_change).transpose()?;
    let query = ChangeQuery {
        visibility: view.visibility().clone(),
        after: after.unwrap_or(Position(0)),
        up_to: Some(view.position()),
        limit: one_more(asked),
        tasks: arguments.tasks.clone(),
        sources: arguments.sources.clone(),
        fields: arguments.fields.clone(),
        causes: arguments.causes.clone(),
        occurred_from: arguments.occurred_from,
        occurred_before: arguments.occurred_before,
    };
    let Some(changes) = feed(query, writer) else {
        writer.null();
        return Ok(());
    };
    let has_next = changes.len() > asked.limit;
    let shown = &changes[..changes.len().min(asked.limit)];
    let page = Page {
        items: shown.iter().filter_map(|change| ChangeNode::of(change, view)).collect(),
        has_previous: after.is_some_and(|after| after.0 > 0),
        has_next,
        total: None,
    };
    // The last page goes on from the snapshot: everything before it has been looked at.
    let last = shown.last().map(|change| change.position);
    let end = if has_next { last } else { Some(view.position().max(after.unwrap_or_default())) };
    let start = shown.first().map(|change| change.position);
    connection::write_with_ends(
        writer,
        field,
        &page,
        |node| cursor::change(node.change.position),
        || (start.map(cursor::change), end.map(cursor::change)),
    )
}
