//! What an answer needs beside the snapshot, and what was loaded for it: bulky parts by id, pages of
//! the change log, searches and past moments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mainstem_model::{Change, Comment, Notice, TaskId, Timestamp, Visibility, Worklog};
use mainstem_read_model::View;
use mainstem_store::{AuditRecord, ChangeQuery, PartPage, Store, StoreError, TaskChangeQuery};

use crate::objects::part::Part;

/// Tasks that one search finds at most.
pub const MAX_FOUND: u32 = 1_000;

/// A page of parts: after which, and how many.
type PartsQuery<P> = (Option<<P as Part>::Id>, u32);

/// A page of what was done over the API: before which record, and how many.
type AuditQuery = (Option<i64>, u32);

/// What is missing.
#[derive(Default)]
pub struct Needs {
    /// Bodies, criteria, custom fields and remote links of these tasks.
    pub details: BTreeSet<TaskId>,
    /// Comments.
    pub comments: PartNeeds<Comment>,
    /// Worklogs.
    pub worklogs: PartNeeds<Worklog>,
    /// Notices.
    pub notices: PartNeeds<Notice>,
    /// Pages of the feed.
    pub feeds: Vec<ChangeQuery>,
    /// Pages of the history of these tasks.
    pub histories: HashMap<TaskChangeQuery, BTreeSet<TaskId>>,
    /// Searches.
    pub searches: BTreeSet<String>,
    /// Past moments.
    pub moments: BTreeSet<Timestamp>,
    /// Pages of what was done over the API.
    pub audits: BTreeSet<AuditQuery>,
}

/// What is missing of one kind of part.
pub struct PartNeeds<P: Part> {
    /// Pages of the parts of these tasks.
    pub pages: BTreeMap<PartsQuery<P>, BTreeSet<TaskId>>,
    /// Single parts.
    pub single: BTreeSet<P::Id>,
}

impl<P: Part> Default for PartNeeds<P> {
    fn default() -> Self {
        Self { pages: BTreeMap::new(), single: BTreeSet::new() }
    }
}

impl<P: Part> PartNeeds<P> {
    fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.single.is_empty()
    }
}

/// What was loaded.
#[derive(Default)]
pub struct Loaded {
    /// Bodies, criteria, custom fields and remote links.
    pub details: HashMap<TaskId, mainstem_model::TaskDetail>,
    /// Comments.
    pub comments: LoadedParts<Comment>,
    /// Worklogs.
    pub worklogs: LoadedParts<Worklog>,
    /// Notices.
    pub notices: LoadedParts<Notice>,
    /// Pages of the feed.
    pub feeds: Vec<(ChangeQuery, Vec<Change>)>,
    /// Pages of histories.
    pub histories: HashMap<TaskChangeQuery, HashMap<TaskId, Vec<Change>>>,
    /// What searches found, best first.
    pub searches: HashMap<String, Vec<TaskId>>,
    /// The store as it was.
    pub moments: HashMap<Timestamp, View>,
    /// What was done over the API.
    pub audits: HashMap<AuditQuery, Vec<AuditRecord>>,
}

/// What was loaded of one kind of part.
pub struct LoadedParts<P: Part> {
    /// Pages.
    pub pages: HashMap<(PartsQuery<P>, TaskId), PartPage<P>>,
    /// Single parts; `None` where there is none.
    pub single: HashMap<P::Id, Option<P>>,
}

impl<P: Part> Default for LoadedParts<P> {
    fn default() -> Self {
        Self { pages: HashMap::new(), single: HashMap::new() }
    }
}

impl<P: Part> LoadedParts<P> {
    async fn load(
        &mut self,
        needs: PartNeeds<P>,
        store: &Store,
        visibility: &Visibility,
    ) -> Result<(), StoreError> {
        for ((after, limit), tasks) in needs.pages {
            let tasks: Vec<TaskId> = tasks.into_iter().collect();
            let mut pages = P::pages(store, &tasks, visibility, after, limit).await?;
            for task in tasks {
                let page = pages.remove(&task).unwrap_or_default();
                self.pages.insert(((after, limit), task), page);
            }
        }
        if !needs.single.is_empty() {
            let ids: Vec<P::Id> = needs.single.into_iter().collect();
            let mut parts = P::by_id(store, &ids, visibility).await?;
            self.single.extend(ids.into_iter().map(|id| (id, parts.remove(&id))));
        }
        Ok(())
    }
}

impl Needs {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.details.is_empty()
            && self.comments.is_empty()
            && self.worklogs.is_empty()
            && self.notices.is_empty()
            && self.feeds.is_empty()
            && self.histories.is_empty()
            && self.searches.is_empty()
            && self.moments.is_empty()
            && self.audits.is_empty()
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
        self.comments.load(needs.comments, store, visibility).await?;
        self.worklogs.load(needs.worklogs, store, visibility).await?;
        self.notices.load(needs.notices, store, visibility).await?;
        for query in needs.feeds {
            let changes = store.changes(&query).await?;
            self.feeds.push((query, changes));
        }
        for (query, tasks) in needs.histories {
            let tasks: Vec<TaskId> = tasks.into_iter().collect();
            let mut histories = store.task_changes(&tasks, visibility, &query).await?;
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
        for (before, limit) in needs.audits {
            let records = store.audit(before, limit).await?;
            self.audits.insert((before, limit), records);
        }
        Ok(())
    }
}
