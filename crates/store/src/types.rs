//! What goes into the store and comes out of it beside the model's own types.

use std::collections::BTreeSet;

use mainstem_model::record::{Cursor, Heard, Hint, Site};
use mainstem_model::{
    ChangeCause, CredentialRef, LinkId, LinkReview, PersonId, Position, SourceError, SourceId,
    TaskId, Timestamp, TokenId, TokenScope, Visibility, Webhook,
};

/// Why the store could not do what was asked, cut by what happens next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database that we know.
    #[error("{0}")]
    Url(String),
    /// A newer program has migrated this database; start that one.
    #[error(
        "the database has been migrated by a newer version of this program (schema {found}, known {known})"
    )]
    Newer {
        /// The schema's version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Another holder has taken the lease: stop this work; nothing was written.
    #[error("the lease {0:?} is held by another worker")]
    Fenced(String),
    /// What was asked for breaks a limit, which the text names.
    #[error("{0}")]
    Invalid(String),
    /// It exists already.
    #[error("{0}")]
    Conflict(String),
    /// The database failed; what was asked may be tried again.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// What stands in the database cannot be read: names table, column and row.
    #[error("the database holds something unreadable in {place}: {reason}")]
    Inconsistent {
        /// Table, column and row.
        place: String,
        /// What is wrong.
        reason: String,
    },
}

/// A source as a person declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// Unique, never changes.
    pub name: String,
    /// The kind of connector.
    pub connector: String,
    /// The connector's own settings.
    pub settings: serde_json::Value,
    /// The kind of credential; empty where there is none.
    pub credential_kind: String,
    /// The public part of the credential.
    pub credential_public: serde_json::Value,
    /// Where the secret comes from.
    pub credential: Option<CredentialRef>,
    /// How it hears of changes from the tool.
    pub webhook: Option<Webhook>,
    /// Seconds between two passes.
    pub poll_interval_seconds: u32,
    /// Declared in the configuration file.
    pub provisioned: bool,
    /// Switched off.
    pub paused: bool,
}

/// A scope and how it is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeState {
    /// The source.
    pub source: SourceId,
    /// The key within the source.
    pub key: String,
    /// The name people see.
    pub name: String,
    /// Where its pull goes on.
    pub cursor: Option<Cursor>,
    /// When the next pass is due.
    pub next_run_at: Timestamp,
    /// Failed attempts in a row.
    pub failures: u32,
    /// What went wrong last; `None` once a pass has gone well since.
    pub last_error: Option<SourceError>,
    /// When the last complete pass began; `None` before the first has ended.
    pub synced_at: Option<Timestamp>,
    /// When the last complete census ended.
    pub census_at: Option<Timestamp>,
    /// When another census was asked for ahead of its time; `None` once one has begun since.
    pub census_asked_at: Option<Timestamp>,
    /// Tasks at the source by that census.
    pub at_source: Option<i64>,
    /// Tasks in the store at that moment.
    pub in_store: Option<i64>,
    /// The last task whose past was read, in the order of ids, while some are left.
    pub history_after: Option<TaskId>,
    /// When the past of all its tasks had been read; `None` before.
    pub history_read_at: Option<Timestamp>,
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PassOutcome {
    /// When it began, where it is complete.
    pub synced_at: Option<Timestamp>,
    /// When the next one is due.
    pub next_run_at: Timestamp,
    /// Why it failed, where it did.
    pub error: Option<SourceError>,
    /// Forget the cursor: the scope starts over.
    pub restart: bool,
}

/// The right to write, held by one worker at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it covers.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Grows with each holder; a write with an older one is refused.
    pub fence: i64,
    /// When it runs out.
    pub expires_at: Timestamp,
}

/// On whose behalf a batch is stored.
#[derive(Debug, Clone, Copy)]
pub struct BatchContext<'a> {
    /// The right to write.
    pub lease: &'a Lease,
    /// The source that it comes from.
    pub source: SourceId,
    /// The scope that it comes from.
    pub scope: &'a str,
    /// What made us ask.
    pub cause: ChangeCause,
    /// The hints that it answers.
    pub answered: &'a [i64],
}

/// What a batch changed, in rows of records. Bookkeeping (cursor, lease) does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Tasks that are new.
    pub tasks_added: u64,
    /// Tasks that differ from what was stored.
    pub tasks_changed: u64,
    /// Tasks that were read and are as they were.
    pub tasks_unchanged: u64,
    /// Comments added, changed or removed.
    pub comments_written: u64,
    /// Worklogs added, changed or removed.
    pub worklogs_written: u64,
    /// Mails about items of other sources added, changed or removed.
    pub notices_written: u64,
    /// Links added or ended; the remote links of a task count as one.
    pub links_written: u64,
    /// People and projects added or changed.
    pub others_written: u64,
    /// Records put in quarantine.
    pub quarantined: u64,
    /// Entries appended to the change log.
    pub changes: u64,
    /// The newest position of the log after this batch.
    pub position: Position,
}

impl Applied {
    /// Every record row written.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.tasks_added
            + self.tasks_changed
            + self.comments_written
            + self.worklogs_written
            + self.notices_written
            + self.links_written
            + self.others_written
            + self.quarantined
    }

    /// Adds what another batch changed.
    pub fn add(&mut self, other: &Self) {
        self.tasks_added += other.tasks_added;
        self.tasks_changed += other.tasks_changed;
        self.tasks_unchanged += other.tasks_unchanged;
        self.comments_written += other.comments_written;
        self.worklogs_written += other.worklogs_written;
        self.notices_written += other.notices_written;
        self.links_written += other.links_written;
        self.others_written += other.others_written;
        self.quarantined += other.quarantined;
        self.changes += other.changes;
        self.position = self.position.max(other.position);
    }
}

/// An item that mail names, and how a source that reads its site is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where the item is read.
    pub site: Site,
    /// What the tool calls it.
    pub key: String,
    /// The source.
    pub source: SourceId,
    /// How it is asked for it.
    pub heard: Heard,
}

/// A hint in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedHint {
    /// Names it when it is answered.
    pub id: i64,
    /// The scope it belongs to.
    pub scope: String,
    /// What to fetch.
    pub hint: Hint,
    /// Attempts so far, this one included.
    pub attempts: u32,
}

/// A census under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CensusRun {
    /// Names it.
    pub id: i64,
    /// The source.
    pub source: SourceId,
    /// The scope.
    pub scope: String,
    /// When it began.
    pub began_at: Timestamp,
}

/// What a census showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CensusOutcome {
    /// Tasks at the source.
    pub at_source: i64,
    /// Present tasks of the scope in the store.
    pub in_store: i64,
    /// Tasks in the store that the source no longer shows.
    pub missing: i64,
    /// Tasks that the source shows and the store lacks.
    pub unknown: i64,
    /// Tasks whose token differs.
    pub changed: i64,
    /// Too many are missing at once: none of them was queued but those whose loss was accepted.
    pub mass_loss: bool,
}

/// Tasks of one scope that are missing at the source, and whose loss a person has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedLoss {
    /// The key of the scope.
    pub scope: String,
    /// How many tasks.
    pub tasks: i64,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The source.
    pub source: SourceId,
    /// The scope.
    pub scope: String,
    /// The tool's id, or a hash.
    pub external_id: String,
    /// `issue`, `comment`, `worklog`, …
    pub kind: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Which part of the public feed to read.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeQuery {
    /// Who asks.
    pub visibility: Visibility,
    /// Go on after this position.
    pub after: Position,
    /// Never read past this position.
    pub up_to: Option<Position>,
    /// At most this many.
    pub limit: u32,
    /// Just these tasks.
    pub tasks: Option<Vec<TaskId>>,
    /// Just these sources.
    pub sources: Option<Vec<SourceId>>,
    /// Just these fields.
    pub fields: Option<Vec<String>>,
    /// Just these causes.
    pub causes: Option<Vec<ChangeCause>>,
    /// Occurred at or after.
    pub occurred_from: Option<Timestamp>,
    /// Occurred before.
    pub occurred_before: Option<Timestamp>,
}

/// Which part of a task's history to read, newest occurrence first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskChangeQuery {
    /// Just these fields.
    pub fields: Option<Vec<String>>,
    /// Go on after this entry of the listing.
    pub after: Option<Position>,
    /// At most this many for each task.
    pub limit: u32,
}

/// The value that a field had at some moment.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldAsOf {
    /// The task.
    pub task: TaskId,
    /// The field as the API names it.
    pub field: String,
    /// Its value then, in the form of the change log.
    pub value: Option<serde_json::Value>,
}

/// A page of a task's comments or worklogs.
#[derive(Debug, Clone, PartialEq)]
pub struct PartPage<P> {
    /// Oldest first.
    pub parts: Vec<P>,
    /// How many the task has in all.
    pub total: u64,
}

impl<P> Default for PartPage<P> {
    fn default() -> Self {
        Self { parts: Vec::new(), total: 0 }
    }
}

/// A token to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    /// Its first and last characters, for recognition.
    pub hint: String,
    /// What it allows.
    pub scope: TokenScope,
    /// The sources that it may see, by name; `None` for all.
    pub sources: Option<BTreeSet<SourceId>>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// A token as it is kept; the token's text is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Random.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// Its first and last characters.
    pub hint: String,
    /// What it allows.
    pub scope: TokenScope,
    /// The sources that it may see; `None` for all.
    pub sources: Option<BTreeSet<SourceId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Whom an admin decided to be one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedPerson {
    /// Names the person among all that were decided.
    pub id: PersonId,
    /// Their identities, by source and the tool's id.
    pub identities: Vec<(SourceId, String)>,
    /// People decided before of whom each identity that is not named anywhere is of this one now.
    pub takes_over: BTreeSet<PersonId>,
}

/// What a person says of a link that texts state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedLink {
    /// The task whose texts state it.
    pub stated_by: TaskId,
    /// The source of that task.
    pub source: SourceId,
    /// The ids by which it is known: as it is stated, and as it would be with both ends known by id.
    pub ids: Vec<LinkId>,
    /// What is said of it.
    pub review: LinkReview,
}

/// What somebody does over the API, to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAuditRecord {
    /// With which token.
    pub token: TokenId,
    /// What that was called.
    pub token_name: String,
    /// The mutation.
    pub action: &'static str,
    /// What it is done to, as it was.
    pub before: serde_json::Value,
    /// The same as it is from now on.
    pub after: serde_json::Value,
}

/// What somebody did over the API.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Grows with every record.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// With which token.
    pub token: TokenId,
    /// What that was called.
    pub token_name: String,
    /// The mutation.
    pub action: String,
    /// What it was done to, as it was.
    pub before: serde_json::Value,
    /// The same as it was afterwards.
    pub after: serde_json::Value,
}
