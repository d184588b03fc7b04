//! The one store: SQLite (a file, embedded, the default) and PostgreSQL 15 or newer behind one type,
//! chosen by the scheme of the URL. Nobody but [`Store::apply_batch`] writes tasks.

#![allow(clippy::todo, unused_variables, reason = "being built")]

pub mod types;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{
    Change, ChangeCause, Clock, Comment, CommentId, Link, Person, PersonId, Position, Project,
    ProjectId, Random, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId,
    Timestamp, TokenId, Visibility,
};

pub use types::*;

/// What the store may use of the world.
#[derive(Clone)]
pub struct StoreOptions {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids of tokens and of this installation.
    pub random: Arc<dyn Random>,
}

/// The store. Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct Store {}

impl Store {
    /// Opens the store at `sqlite://PATH` or `postgres://…`, creates or migrates its schema.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::Newer`] where a newer program has migrated it, [`StoreError::Database`].
    pub async fn open(url: &str, options: StoreOptions) -> Result<Self, StoreError> { todo!() }
    /// Closes every connection; on SQLite also folds the write-ahead log into the file.
    pub async fn close(&self) { todo!() }
    /// A random id of this installation, made once.
    pub fn instance_id(&self) -> &str { todo!() }
    /// SQL statements sent since the start, for tests and metrics.
    pub fn statements(&self) -> u64 { todo!() }
    /// Whether the database answers and can be written to.
    pub async fn check(&self) -> Result<(), StoreError> { todo!() }

    // Sources and their scopes.

    /// Adds or changes a source. Where it changes nothing, nothing is written.
    /// With `replace` false an existing name is [`StoreError::Conflict`].
    pub async fn put_source(&self, spec: &SourceSpec, replace: bool) -> Result<Source, StoreError> { todo!() }
    /// Removes a source with everything that was read from it.
    pub async fn remove_source(&self, source: SourceId) -> Result<bool, StoreError> { todo!() }
    /// Every source, by name.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> { todo!() }
    /// Sets what the last attempt showed. Written, and logged for read models, only where it differs.
    pub async fn set_source_state(&self, source: SourceId, state: SourceState, error: Option<SourceError>) -> Result<(), StoreError> { todo!() }
    /// Asks for a pass of every scope as soon as possible.
    pub async fn request_sync(&self, source: SourceId) -> Result<(), StoreError> { todo!() }
    /// Keeps the sealed secret of a source.
    pub async fn set_secret(&self, source: SourceId, sealed: &[u8]) -> Result<(), StoreError> { todo!() }
    /// The sealed secret of a source.
    pub async fn secret(&self, source: SourceId) -> Result<Option<Vec<u8>>, StoreError> { todo!() }
    /// Makes the scopes of a source just these: new ones are due at once; those that are gone stop
    /// being pulled, and their tasks stay.
    pub async fn put_scopes(&self, source: SourceId, scopes: &[Scope]) -> Result<(), StoreError> { todo!() }
    /// The scopes of a source, by key.
    pub async fn scopes(&self, source: SourceId) -> Result<Vec<ScopeState>, StoreError> { todo!() }
    /// The scopes of every source, for freshness and completeness.
    pub async fn all_scopes(&self) -> Result<Vec<ScopeState>, StoreError> { todo!() }
    /// Writes down how a pass ended and when the next one is due.
    pub async fn finish_pass(&self, lease: &Lease, scope: &str, outcome: &PassOutcome) -> Result<(), StoreError> { todo!() }
    /// What could not be read, newest first.
    pub async fn quarantined(&self, source: SourceId, limit: u32) -> Result<Vec<Quarantined>, StoreError> { todo!() }

    // Leases.

    /// Takes the lease `name` for `owner`, where it is free or has run out. Its fence is one higher
    /// than the last holder's.
    pub async fn acquire_lease(&self, name: &str, owner: &str, ttl: Duration) -> Result<Option<Lease>, StoreError> { todo!() }
    /// Extends a lease that is still ours; [`StoreError::Fenced`] where it is not.
    pub async fn renew_lease(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> { todo!() }
    /// Gives a lease back.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> { todo!() }

    // Writing.

    /// Stores a batch in one transaction: fence, upserts that an older version never wins, change
    /// log, quarantine, hints, cursor. Records that change nothing write nothing.
    ///
    /// `answered` are the hints that this batch answers; they leave the queue in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where the lease is no longer ours: nothing was written.
    pub async fn apply_batch(&self, context: &BatchContext<'_>, batch: &Batch) -> Result<Applied, StoreError> { todo!() }
    /// Adds hints to a source's queue; one that waits already is not doubled.
    pub async fn push_hints(&self, source: SourceId, scope: &str, hints: &[Hint]) -> Result<(), StoreError> { todo!() }
    /// The hints that are due, oldest first, all of one depth. Taking them counts an attempt and
    /// puts them off, in a commit of its own, so that one that kills the process is seen; after
    /// five attempts a hint is parked in quarantine.
    pub async fn take_hints(&self, lease: &Lease, source: SourceId, limit: usize) -> Result<Vec<QueuedHint>, StoreError> { todo!() }

    // Census.

    /// Starts a census of a scope; a previous unfinished one is forgotten.
    pub async fn begin_census(&self, lease: &Lease, source: SourceId, scope: &str) -> Result<CensusRun, StoreError> { todo!() }
    /// Notes one page of it.
    pub async fn record_census(&self, lease: &Lease, run: &CensusRun, entries: &[CensusEntry]) -> Result<(), StoreError> { todo!() }
    /// Compares it with the store: what is missing at the source and what has another token is
    /// queued to be fetched whole. Where more than a fifth (and more than ten) of the scope's tasks
    /// are missing, none of the missing is queued and the outcome says so: that is lost access, not
    /// deletion. Tasks that came after the census began do not count as missing.
    pub async fn finish_census(&self, lease: &Lease, run: &CensusRun) -> Result<CensusOutcome, StoreError> { todo!() }

    // The change log.

    /// The newest position.
    pub async fn head(&self) -> Result<Position, StoreError> { todo!() }
    /// Entries after a position, in order, without gaps.
    pub async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Change>, StoreError> { todo!() }
    /// Waits until the log may have grown past `position`: woken by a commit in this process at
    /// once, by others within `at_most`.
    pub async fn wait_past(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> { todo!() }
    /// The public feed: entries about tasks that match, in order.
    pub async fn changes(&self, query: &ChangeQuery) -> Result<Vec<Change>, StoreError> { todo!() }
    /// The newest-first history of each of several tasks.
    pub async fn task_changes(&self, tasks: &[TaskId], query: &TaskChangeQuery) -> Result<HashMap<TaskId, Vec<Change>>, StoreError> { todo!() }
    /// For every field of a visible task that changed after `at` (by `occurred_at`): the value that it had at `at`.
    pub async fn as_of(&self, at: Timestamp, visibility: &Visibility) -> Result<Vec<FieldAsOf>, StoreError> { todo!() }

    // Loading for the read model. Whole tables page by page, or particular rows by id.

    /// Tasks with an id above `after`, by id.
    pub async fn load_tasks(&self, after: Option<TaskId>, limit: u32) -> Result<Vec<Task>, StoreError> { todo!() }
    /// These tasks, in no order; those that do not exist are left out.
    pub async fn tasks_by_id(&self, ids: &[TaskId]) -> Result<Vec<Task>, StoreError> { todo!() }
    /// Current links (without an end), page by page in the order of (stated_by, id).
    pub async fn load_links(&self, after: Option<(TaskId, mainstem_model::LinkId)>, limit: u32) -> Result<Vec<Link>, StoreError> { todo!() }
    /// Current links that these tasks state.
    pub async fn links_stated_by(&self, tasks: &[TaskId]) -> Result<Vec<Link>, StoreError> { todo!() }
    /// Everyone.
    pub async fn load_people(&self) -> Result<Vec<Person>, StoreError> { todo!() }
    /// These people.
    pub async fn people_by_id(&self, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> { todo!() }
    /// Every project.
    pub async fn load_projects(&self) -> Result<Vec<Project>, StoreError> { todo!() }
    /// These projects.
    pub async fn projects_by_id(&self, ids: &[ProjectId]) -> Result<Vec<Project>, StoreError> { todo!() }
    /// Ids under which a task was once known, and the task that it is now. A `movedTo` entry in the
    /// log says that this list has grown.
    pub async fn redirects(&self) -> Result<Vec<(TaskId, TaskId)>, StoreError> { todo!() }

    // Bulky parts by id.

    /// Bodies, criteria and custom fields.
    pub async fn details(&self, tasks: &[TaskId]) -> Result<HashMap<TaskId, TaskDetail>, StoreError> { todo!() }
    /// A page of each task's comments, oldest first, and how many each has in all.
    pub async fn comments(&self, tasks: &[TaskId], after: Option<CommentId>, limit: u32) -> Result<HashMap<TaskId, CommentPage>, StoreError> { todo!() }
    /// One comment.
    pub async fn comment(&self, id: CommentId) -> Result<Option<Comment>, StoreError> { todo!() }
    /// The raw payload of the last version of a task.
    pub async fn raw_payload(&self, task: TaskId) -> Result<Option<Vec<u8>>, StoreError> { todo!() }
    /// Tasks whose key, title, labels or body hold every word of `text` (the last one as a prefix),
    /// best first, at most `limit`. Exact to the last committed change.
    pub async fn search(&self, text: &str, visibility: &Visibility, limit: u32) -> Result<Vec<TaskId>, StoreError> { todo!() }
    /// Brings the search index up to the newest change; answers how many tasks were indexed.
    pub async fn index_search(&self) -> Result<u64, StoreError> { todo!() }

    // Tokens.

    /// Keeps a token by its hash.
    pub async fn create_token(&self, token: &NewToken) -> Result<Token, StoreError> { todo!() }
    /// Every token, newest first, revoked ones included.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> { todo!() }
    /// The token of this hash, whatever its state.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Token>, StoreError> { todo!() }
    /// Revokes a token; false where there is none.
    pub async fn revoke_token(&self, id: TokenId) -> Result<bool, StoreError> { todo!() }
    /// Notes that a token was used; written at most once a minute for each.
    pub async fn touch_token(&self, id: TokenId) -> Result<(), StoreError> { todo!() }
}
