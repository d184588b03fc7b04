//! What an answer needs beside the snapshot, and what was loaded for it: bulky parts by id, pages of
//! the change log, searches and past moments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mainstem_model::{Change, Comment, CommentId, TaskId, Timestamp, Visibility};
use mainstem_read_model::View;
use mainstem_store::{ChangeQuery, CommentPage, Store, StoreError, TaskChangeQuery};

/// Tasks that one search finds at most.
pub const MAX_FOUND: u32 = 1_000;

/// A page of comments: after which, and how many.
pub type CommentsQuery = (Option<CommentId>, u32);

/// What is missing.
#[derive(Default)]
pub struct Needs {
    /// Bodies, criteria and custom fields of these tasks.
    pub details: BTreeSet<TaskId>,
    /// Pages of comments of these tasks.
    pub comments: BTreeMap<CommentsQuery, BTreeSet<TaskId>>,
    /// Single comments.
    pub comment: BTreeSet<CommentId>,
    /// Pages of the feed.
    pub feeds: Vec<ChangeQuery>,
    /// Pages of the history of these tasks.
    pub histories: HashMap<TaskChangeQuery, BTreeSet<TaskId>>,
    /// Searches.
    pub searches: BTreeSet<String>,
    /// Past moments.
    pub moments: BTreeSet<Timestamp>,
}

/// What was loaded.
#[derive(Default)]
pub struct Loaded {
    /// Bodies, criteria and custom fields.
    pub details: HashMap<TaskId, mainstem_model::TaskDetail>,
    /// Pages of comments.
    pub comments: HashMap<(CommentsQuery, TaskId), CommentPage>,
    /// Single comments; `None` where there is none.
    pub comment: HashMap<CommentId, Option<Comment>>,
    /// Pages of the feed.
    pub feeds: Vec<(ChangeQuery, Vec<Change>)>,
    /// Pages of histories.
    pub histories: HashMap<TaskChangeQuery, HashMap<TaskId, Vec<Change>>>,
    /// What searches found, best first.
    pub searches: HashMap<String, Vec<TaskId>>,
    /// The store as it was.
    pub moments: HashMap<Timestamp, View>,
}

impl Needs {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.details.is_empty()
            && self.comments.is_empty()
            && self.comment.is_empty()
            && self.feeds.is_empty()
            && self.histories.is_empty()
            && self.searches.is_empty()
            && self.moments.is_empty()
    }
}

impl Loaded {
    /// Loads everything that is missing: one statement for each kind of need and each different
    /// page, however many rows it is for.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn load(
        &mut self,
        needs: Needs,
        store: &Store,
        view: &View,
    ) -> Result<(), StoreError> {
        let visibility: &Visibility = view.visibility();
        if !needs.details.is_empty() {
            let tasks: Vec<TaskId> = needs.details.into_iter().collect();
            let mut details = store.details(&tasks).await?;
            for task in tasks {
                self.details.insert(task, details.remove(&task).unwrap_or_default());
            }
        }
        for ((after, limit), tasks) in needs.comments {
            let tasks: Vec<TaskId> = tasks.into_iter().collect();
            let mut pages = store.comments(&tasks, after, limit).await?;
            for task in tasks {
                let page = pages.remove(&task).unwrap_or_default();
                self.comments.insert(((after, limit), task), page);
            }
        }
        for id in needs.comment {
            self.comment.insert(id, store.comment(id).await?);
        }
        for query in needs.feeds {
            let changes = store.changes(&query).await?;
            self.feeds.push((query, changes));
        }
        for (query, tasks) in needs.histories {
            let tasks: Vec<TaskId> = tasks.into_iter().collect();
            let mut histories = store.task_changes(&tasks, &query).await?;
            let loaded = self.histories.entry(query).or_default();
            for task in tasks {
                loaded.insert(task, histories.remove(&task).unwrap_or_default());
            }
        }
        for text in needs.searches {
            let found = store.search(&text, visibility, MAX_FOUND).await?;
            self.searches.insert(text, found);
        }
        for at in needs.moments {
            let undo = store.as_of(at, visibility).await?;
            self.moments.insert(at, view.as_of(at, undo));
        }
        Ok(())
    }
}
