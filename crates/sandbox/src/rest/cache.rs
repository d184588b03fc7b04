//! Lists that were asked for lately.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use mainstem_model::Timestamp;

use crate::rest::query::IssueQuery;
use crate::world::{CommentKey, EventKey, IssueKey, RepositoryKey, World};

/// A list of comments that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CommentQuery {
    pub repository: RepositoryKey,
    pub since: Option<Timestamp>,
    pub by_update: bool,
    pub descending: bool,
}

/// The lists, kept so that the pages of one pass cost one sort.
#[derive(Default)]
pub(crate) struct ListCache {
    issues: Kept<IssueQuery, IssueKey>,
    comments: Kept<CommentQuery, CommentKey>,
    events: Kept<RepositoryKey, EventKey>,
}

impl ListCache {
    /// The issues of a query, as the repository is now.
    pub fn issues(&self, world: &World, query: IssueQuery) -> Arc<[IssueKey]> {
        let version = world[query.repository].version;
        self.issues.get(query, version, |query| query.run(world))
    }

    /// The comments of a query, as the repository is now.
    pub(super) fn comments(&self, world: &World, query: CommentQuery) -> Arc<[CommentKey]> {
        let version = world[query.repository].version;
        self.comments.get(query, version, |query| {
            let mut comments: Vec<CommentKey> = world[query.repository]
                .comments
                .iter()
                .copied()
                .filter(|&key| world.is_visible(world[key].issue))
                .filter(|&key| query.since.is_none_or(|since| world[key].updated_at >= since))
                .collect();
            comments.sort_by_key(|&key| {
                let comment = &world[key];
                (if query.by_update { comment.updated_at } else { comment.created_at }, key)
            });
            if query.descending {
                comments.reverse();
            }
            comments
        })
    }

    /// The events of a repository as they are now, newest first; cross-references stand only in the
    /// timeline.
    pub(super) fn events(&self, world: &World, repository: RepositoryKey) -> Arc<[EventKey]> {
        self.events.get(repository, world[repository].version, |&repository| {
            let events = world[repository].events.iter().rev().copied();
            events
                .filter(|&key| {
                    world.is_visible(world[key].issue) && !world[key].kind.is_cross_reference()
                })
                .collect()
        })
    }
}

/// Lists of one kind with the version of the repository that they show.
struct Kept<Q, K>(Mutex<HashMap<Q, Versioned<K>>>);

type Versioned<K> = (u64, Arc<[K]>);

impl<Q, K> Default for Kept<Q, K> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<Q: Hash + Eq, K> Kept<Q, K> {
    fn get(&self, query: Q, version: u64, run: impl FnOnce(&Q) -> Vec<K>) -> Arc<[K]> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, list)) = kept.get(&query).filter(|(known, _)| *known == version) {
            return Arc::clone(list);
        }
        let list: Arc<[K]> = run(&query).into();
        if kept.len() >= KEPT_LISTS {
            kept.clear();
        }
        kept.insert(query, (version, Arc::clone(&list)));
        list
    }
}

const KEPT_LISTS: usize = 64;
