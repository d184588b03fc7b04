//! Parts of tasks: what a task has many of, which come from the store by page and by id. Comments,
//! worklogs and notices differ in what they show; how they are found is the same.

use std::collections::HashMap;
use std::hash::Hash;

use mainstem_model::{
    Comment, CommentId, Notice, NoticeId, TaskId, Visibility, Worklog, WorklogId,
};
use mainstem_read_model::Page;
use mainstem_store::{PartPage, Store, StoreError};

use super::connection;
use super::task::{TaskNode, one_more};
use crate::arguments::Arguments;
use crate::cursor;
use crate::error::Problem;
use crate::needs::{Loaded, LoadedParts, Needs, PartNeeds};
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// A kind of part.
pub trait Part: Sized + 'static {
    /// Its id.
    type Id: Copy + Ord + Hash;

    /// The part's id.
    fn id(&self) -> Self::Id;

    /// The task that it is a part of.
    fn task(&self) -> TaskId;

    /// The place of the part in a list.
    fn cursor(id: Self::Id) -> String;

    /// The part that a cursor stands at.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` where it was given out for another list.
    fn read_cursor(text: &str) -> Result<Self::Id, Problem>;

    /// What an answer lacks of this kind.
    fn needs(needs: &mut Needs) -> &mut PartNeeds<Self>;

    /// What was loaded of it.
    fn loaded(loaded: &Loaded) -> &LoadedParts<Self>;

    /// A page of each of these tasks, after a part, of what may be seen.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn pages(
        store: &Store,
        tasks: &[TaskId],
        visibility: &Visibility,
        after: Option<Self::Id>,
        limit: u32,
    ) -> Result<HashMap<TaskId, PartPage<Self>>, StoreError>;

    /// Parts by their ids, of what may be seen.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn by_id(
        store: &Store,
        ids: &[Self::Id],
        visibility: &Visibility,
    ) -> Result<HashMap<Self::Id, Self>, StoreError>;
}

/// What the functions of this kind's name do.
macro_rules! part {
    ($part:ident, $id:ident, $cursor:ident, $read_cursor:ident, $all:ident, $by_id:ident) => {
        impl Part for $part {
            type Id = $id;

            fn id(&self) -> $id {
                self.id
            }

            fn task(&self) -> TaskId {
                self.task
            }

            fn cursor(id: $id) -> String {
                cursor::$cursor(id)
            }

            fn read_cursor(text: &str) -> Result<$id, Problem> {
                cursor::$read_cursor(text)
            }

            fn needs(needs: &mut Needs) -> &mut PartNeeds<Self> {
                &mut needs.$all
            }

            fn loaded(loaded: &Loaded) -> &LoadedParts<Self> {
                &loaded.$all
            }

            async fn pages(
                store: &Store,
                tasks: &[TaskId],
                visibility: &Visibility,
                after: Option<$id>,
                limit: u32,
            ) -> Result<HashMap<TaskId, PartPage<Self>>, StoreError> {
                store.$all(tasks, visibility, after, limit).await
            }

            async fn by_id(
                store: &Store,
                ids: &[$id],
                visibility: &Visibility,
            ) -> Result<HashMap<$id, Self>, StoreError> {
                store.$by_id(ids, visibility).await
            }
        }
    };
}

part!(Comment, CommentId, comment, read_comment, comments, comments_by_id);
part!(Worklog, WorklogId, worklog, read_worklog, worklogs, worklogs_by_id);
part!(Notice, NoticeId, notice, read_notice, notices, notices_by_id);

/// A part and its task.
pub struct PartNode<'a, P> {
    /// The part.
    pub part: &'a P,
    /// The task.
    pub task: TaskNode<'a>,
}

impl<P> Clone for PartNode<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for PartNode<'_, P> {}

impl<'a, P: Part> PartNode<'a, P> {
    /// The part of this id; `None` where there is none, where the caller may not see its task, and
    /// where it has to be loaded first.
    pub fn find(id: P::Id, writer: &mut Writer<'a>) -> Option<Self> {
        let from = writer.from;
        let Some(loaded) = P::loaded(from.loaded).single.get(&id) else {
            P::needs(&mut writer.needs).single.insert(id);
            return None;
        };
        let part = loaded.as_ref()?;
        let task = from.view.task(part.task())?;
        Some(Self { part, task: TaskNode { view: from.view, task } })
    }
}

/// Writes a page of a task's parts.
///
/// # Errors
/// The cursor is of another list, or an object inside has no value.
pub fn write<'a, P: Part>(
    task: TaskNode<'a>,
    field: &Field,
    writer: &mut Writer<'a>,
) -> Result<(), Problem>
where
    PartNode<'a, P>: Object<'a>,
{
    let Arguments::Page(asked) = &field.arguments else { return Err(unplanned(field)) };
    let after = asked.after.as_deref().map(P::read_cursor).transpose()?;
    let query = (after, one_more(asked));
    let id = task.task.id();
    let Some(loaded) = P::loaded(writer.from.loaded).pages.get(&(query, id)) else {
        P::needs(&mut writer.needs).pages.entry(query).or_default().insert(id);
        writer.null();
        return Ok(());
    };
    let rows = loaded.parts.iter().take(asked.limit);
    let page = Page {
        items: rows.map(|part| PartNode { part, task }).collect::<Vec<_>>(),
        has_previous: after.is_some(),
        has_next: loaded.parts.len() > asked.limit,
        total: Some(loaded.total),
    };
    connection::write(writer, field, &page, |node| P::cursor(node.part.id()))
}
