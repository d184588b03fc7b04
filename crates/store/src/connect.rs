//! Opening the store: which database the URL means, its pools, its versions, its settings.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mainstem_model::{Clock, Position, Random, Timestamp};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::watch;

use crate::dialect::{Database, Dialect, Open, Transaction, execute, read};
use crate::{StoreError, migrate};

/// Readers of one SQLite file beside its one writer.
const SQLITE_READERS: u32 = 4;

/// Connections to PostgreSQL from one process.
const POSTGRES_CONNECTIONS: u32 = 10;

/// A connection to PostgreSQL that was idle for longer is asked whether it still stands.
const TRUSTED_IDLE: Duration = Duration::from_secs(10);

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
pub struct Store {
    shared: Arc<Shared>,
    instance_id: Arc<str>,
}

struct Shared {
    database: Database,
    options: StoreOptions,
    statements: AtomicU64,
    doorbell: watch::Sender<Position>,
}

impl fmt::Debug for Store {
    /// Names the kind of database only: its URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.dialect()).finish()
    }
}

impl Store {
    /// Opens the store at `sqlite://PATH` or `postgres://…`, creates or migrates its schema.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::Newer`] where a newer program has migrated it, [`StoreError::Database`].
    pub async fn open(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let database = if let Some(path) = url.strip_prefix("sqlite://") {
            open_sqlite(path).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await?
        } else {
            return Err(StoreError::Url(
                "the database URL starts with neither sqlite:// nor postgres://; give \
                 sqlite://mainstem.db or postgres://USER:PASSWORD@HOST/DATABASE"
                    .to_owned(),
            ));
        };
        let shared = Shared {
            database,
            options,
            statements: AtomicU64::new(0),
            doorbell: watch::Sender::new(Position::default()),
        };
        let mut store = Self { shared: Arc::new(shared), instance_id: Arc::from("") };
        migrate::migrate(&store).await?;
        store.instance_id = store.settle_instance_id().await?.into();
        Ok(store)
    }

    /// Closes every connection; on SQLite also folds the write-ahead log into the file.
    pub async fn close(&self) {
        match self.database() {
            // The writer goes last: the last connection to close folds the log.
            Database::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }

    /// A random id of this installation, made once.
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// SQL statements sent since the start, for tests and metrics.
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// Whether the database answers and can be written to.
    ///
    /// # Errors
    /// [`StoreError::Database`] where it does not.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        execute!(transaction, sqlx::query("UPDATE installation SET id = id"))?;
        Ok(())
    }

    pub(crate) fn database(&self) -> &Database {
        &self.shared.database
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.shared.database {
            Database::Sqlite { .. } => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.options.clock.now()
    }

    /// Sixteen random bytes.
    pub(crate) fn random_bytes(&self) -> Result<[u8; 16], StoreError> {
        let mut bytes = [0; 16];
        let filled = self.shared.options.random.fill(&mut bytes);
        filled.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        Ok(bytes)
    }

    pub(crate) fn count_statement(&self) {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells the waiting followers of this process how far the log has grown.
    pub(crate) fn ring(&self, position: Position) {
        self.shared.doorbell.send_if_modified(|known| {
            let grown = position > *known;
            *known = position.max(*known);
            grown
        });
    }

    /// What [`Store::ring`] last said, to wait on.
    pub(crate) fn doorbell(&self) -> watch::Receiver<Position> {
        self.shared.doorbell.subscribe()
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        self.count_statement();
        let open = match self.database() {
            // A deferred transaction that reads and then writes fails at once when another process
            // has written in between, whatever the busy timeout.
            Database::Sqlite { writer, .. } => {
                Open::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Database::Postgres(pool) => Open::Postgres(pool.begin().await?),
        };
        Ok(Transaction { store: self, open })
    }

    async fn settle_instance_id(&self) -> Result<String, StoreError> {
        let proposed = uuid::Uuid::from_bytes(self.random_bytes()?).as_simple().to_string();
        let mut transaction = self.begin().await?;
        let insert =
            "INSERT INTO installation (singleton, id) VALUES (1, $1) ON CONFLICT DO NOTHING";
        execute!(transaction, sqlx::query(insert).bind(proposed))?;
        transaction.commit().await?;
        Ok(read!(self, pool =>
            sqlx::query_scalar("SELECT id FROM installation").fetch_one(pool).await)?)
    }
}

async fn open_sqlite(path: &str) -> Result<Database, StoreError> {
    if path.is_empty() || path.contains('?') || path.starts_with(":memory:") {
        return Err(StoreError::Url(
            "the database URL names no file; give sqlite://mainstem.db for a file here, or \
             sqlite:///var/lib/mainstem/mainstem.db for an absolute path, without parameters"
                .to_owned(),
        ));
    }
    create_private(Path::new(path))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        // A task with its payload fills most of the usual 4 KiB, and what does not fit spills over
        // into pages of its own.
        .page_size(8192)
        .pragma("temp_store", "MEMORY")
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged commit survives a loss of power; NORMAL would not promise that.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Rows come from a thread of SQLite's own; handing over many at a time is most of reading fast.
        .row_buffer_size(1024)
        .busy_timeout(Duration::from_secs(5));
    // Ids are scattered, so a batch of a thousand tasks touches thousands of pages. A cache that holds
    // them (in KiB) and a log that is folded in less often (in pages) keep each from being written
    // several times.
    let writer_options = options
        .clone()
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "4000")
        .optimize_on_close(true, 400);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writer_options)
        .await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writer).await?;
    require_sound_sqlite(&version)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options.pragma("query_only", "ON").pragma("mmap_size", "268435456"));
    Ok(Database::Sqlite { writer, readers })
}

/// Creates the file where it is missing, readable by its owner only: it will hold what the tools
/// show one account. SQLite gives the files beside it the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::Url(format!(
            "the database file {} cannot be created: {error}; make its directory, or give another \
             path in the database URL",
            path.display()
        ))),
    }
}

/// Versions below 3.51.3 can corrupt a database in WAL mode, and 3.52.0 was withdrawn.
fn require_sound_sqlite(version: &str) -> Result<(), StoreError> {
    let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts < vec![3, 51, 3] || parts == [3, 52, 0] {
        return Err(StoreError::Url(format!(
            "SQLite {version} can lose data; link 3.51.3 or newer, but not 3.52.0"
        )));
    }
    Ok(())
}

async fn open_postgres(url: &str) -> Result<Database, StoreError> {
    // The parser's own words may quote the URL, and so the password.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        StoreError::Url(
            "the database URL cannot be read; give postgres://USER:PASSWORD@HOST/DATABASE, with \
             special characters in the password written as %XX"
                .to_owned(),
        )
    })?;
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    if authority.split_once('@').is_none_or(|(user, _)| user.is_empty()) {
        return Err(StoreError::Url(
            "the database URL names no user; give postgres://USER:PASSWORD@HOST/DATABASE"
                .to_owned(),
        ));
    }
    let options = options.application_name("mainstem");
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        // Nearly everything here is found by id. As the server reckons by itself, which is for disks
        // that turn, reading a whole table looks cheaper than some hundred ids: it is not.
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query("SET random_page_cost = 1.1").execute(connection).await.map(drop)
            })
        })
        // Asking before every use would double the round trips of every small read.
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(
                async move { Ok(idle.idle_for < TRUSTED_IDLE || connection.ping().await.is_ok()) },
            )
        })
        .connect_with(options.clone())
        .await;
    let pool = match pool {
        Ok(pool) => pool,
        // The pool has tried again until its patience ended, and does not say what it met.
        Err(sqlx::Error::PoolTimedOut) => {
            PgConnection::connect_with(&options).await?.close().await?;
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        Err(other) => return Err(other.into()),
    };
    let version: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&pool).await?;
    if version.parse::<u32>().is_ok_and(|version| version < 150_000) {
        return Err(StoreError::Url(format!(
            "PostgreSQL {} is too old; give the URL of version 15 or newer",
            version.get(..2).unwrap_or(&version)
        )));
    }
    Ok(Database::Postgres(pool))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn versions_of_sqlite_that_can_lose_data_are_refused() {
        for (version, sound) in [
            ("3.46.0", false),
            ("3.51.2", false),
            ("3.51.3", true),
            ("3.52.0", false),
            ("3.52.1", true),
            ("3.54.1", true),
        ] {
            assert_eq!(require_sound_sqlite(version).is_ok(), sound, "{version}");
        }
    }
}
