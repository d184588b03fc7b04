//! A store of a test's own, on either database, with a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use mainstem_model::clock::ManualClock;
use mainstem_model::random::SeededRandom;
use mainstem_model::record::Batch;
use mainstem_model::{ChangeCause, SourceId, Timestamp};
use mainstem_store::{
    Applied, BatchContext, Lease, PreparedBatch, SourceSpec, Store, StoreError, StoreOptions,
};

use super::postgres;

/// The scope that [`TestDatabase::source`] gives each source.
pub const SCOPE: &str = "acme/api";

/// Runs one test body on both databases, as `NAME::sqlite` and `NAME::postgres`.
macro_rules! both_databases {
    ($(#[$attribute:meta])* async fn $name:ident($db:ident) $body:block) => {
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "a body may need nothing from its module")]
            use super::*;

            #[allow(unused_mut, reason = "a body that never reopens its store needs no mutability")]
            async fn body(mut $db: crate::support::database::TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(crate::support::database::TestDatabase::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body(crate::support::database::TestDatabase::postgres().await).await;
            }
        }
    };
}
pub(crate) use both_databases;

/// A store in a fresh database; both are gone when this value is.
pub struct TestDatabase {
    /// The store.
    pub store: Store,
    /// The store's clock: stands at [`start`] until it is moved.
    pub clock: Arc<ManualClock>,
    /// Where the database is, for a second program on it.
    pub url: String,
    options: StoreOptions,
    _files: Files,
}

/// What is removed at the end.
enum Files {
    Sqlite { _directory: tempfile::TempDir },
    Postgres { _database: postgres::Database },
}

/// When the clock of every test starts.
pub const fn start() -> Timestamp {
    Timestamp::from_seconds(1_767_225_600) // 2026-01-01T00:00:00Z
}

/// A standing clock and what a store is opened with.
pub fn options() -> (Arc<ManualClock>, StoreOptions) {
    let clock = Arc::new(ManualClock::at(start()));
    let options = StoreOptions { clock: clock.clone(), random: Arc::new(SeededRandom::new(1)) };
    (clock, options)
}

impl TestDatabase {
    /// A file of its own.
    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", directory.path().join("mainstem.db").display());
        Self::open(url, Files::Sqlite { _directory: directory }).await
    }

    /// A database of its own on the tests' server.
    pub async fn postgres() -> Self {
        let database = postgres::Database::create().await;
        Self::open(database.url(), Files::Postgres { _database: database }).await
    }

    async fn open(url: String, files: Files) -> Self {
        let (clock, options) = options();
        let store = Store::open(&url, options.clone()).await.expect("the store opens");
        Self { store, clock, url, options, _files: files }
    }

    /// What a restart of the program does: everything that was not committed is gone.
    pub async fn reopen(&mut self) {
        self.store.close().await;
        self.store = self.another_store().await;
    }

    /// A second program on the same database, under the same clock.
    pub async fn another_store(&self) -> Store {
        Store::open(&self.url, self.options.clone()).await.expect("the store opens again")
    }

    /// A source of this name with one scope, and the right to write to it.
    pub async fn source(&self, name: &str) -> TestSource {
        TestSource::create(&self.store, name).await
    }
}

/// A source with the lease of its one scope.
#[derive(Clone)]
pub struct TestSource {
    /// Its id.
    pub id: SourceId,
    /// The right to write.
    pub lease: Lease,
}

impl TestSource {
    async fn create(store: &Store, name: &str) -> Self {
        let spec = SourceSpec {
            name: name.to_owned(),
            connector: "github".to_owned(),
            settings: serde_json::json!({}),
            credential_kind: String::new(),
            credential_public: serde_json::json!({}),
            credential: None,
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: false,
            paused: false,
        };
        let id = store.put_source(&spec, true).await.expect("the source is kept").id;
        let scope = mainstem_model::record::Scope { key: SCOPE.into(), name: SCOPE.to_owned() };
        store.put_scopes(id, &[scope], |_| false).await.expect("its scope is kept");
        let lease = store
            .acquire_lease(name, "tests", Duration::from_secs(3600))
            .await
            .expect("the lease is asked for");
        Self { id, lease: lease.expect("the lease is free") }
    }

    /// Stores a batch as a pull does.
    pub async fn try_apply(&self, store: &Store, batch: &Batch) -> Result<Applied, StoreError> {
        let context = BatchContext {
            lease: &self.lease,
            source: self.id,
            scope: SCOPE,
            cause: ChangeCause::Sync,
            answered: &[],
        };
        store.apply_batch(&context, &PreparedBatch::of(batch.clone()).await?).await
    }

    /// Stores a batch that must be accepted.
    pub async fn apply(&self, store: &Store, batch: &Batch) -> Applied {
        self.try_apply(store, batch).await.expect("the batch is stored")
    }
}
