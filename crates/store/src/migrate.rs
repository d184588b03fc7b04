//! Brings the schema up to date: every migration that is missing, in one transaction, under a lock,
//! so that programs that start together do it once.

use sqlx::AssertSqlSafe;

use crate::dialect::{Dialect, Open, Transaction, execute, run};
use crate::{Store, StoreError};

/// A step of the schema, the same step on both databases.
struct Migration {
    version: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal $file:literal),* $(,)?) => {
        &[$(Migration {
            version: $version,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../../../migrations/postgres/", $file)),
        }),*]
    };
}

/// In order. A migration that has been released is never edited.
const MIGRATIONS: &[Migration] = migrations![
    1 "0001_core.sql",
    2 "0002_search.sql",
    3 "0003_history.sql",
    4 "0004_accepted_loss.sql",
    5 "0005_worklogs.sql",
    6 "0006_webhooks.sql",
    7 "0007_credential_expiry.sql",
    8 "0008_notices.sql",
    9 "0009_people.sql",
    10 "0010_payloads_apart.sql",
    11 "0011_links.sql",
    12 "0012_reopened.sql",
    13 "0013_commits.sql",
];

/// Any constant will do, as long as every version of the program takes the same.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7018127359)";

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY)";

pub(crate) async fn migrate(store: &Store) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    if transaction.dialect() == Dialect::Postgres {
        script(&mut transaction, LOCK).await?;
    }
    script(&mut transaction, LEDGER).await?;
    let found: Option<i64> = run!(transaction, connection =>
        sqlx::query_scalar("SELECT MAX(version) FROM schema_migration").fetch_one(connection).await)?;
    let found = found.unwrap_or(0);
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > found) {
        let text = match transaction.dialect() {
            Dialect::Sqlite => migration.sqlite,
            Dialect::Postgres => migration.postgres,
        };
        script(&mut transaction, text).await?;
        let note = "INSERT INTO schema_migration (version) VALUES ($1)";
        execute!(transaction, sqlx::query(note).bind(migration.version))?;
    }
    transaction.commit().await
}

/// Runs several statements without parameters.
async fn script(transaction: &mut Transaction<'_>, text: &'static str) -> Result<(), StoreError> {
    transaction.store.count_statement();
    match &mut transaction.open {
        Open::Sqlite(open) => {
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **open).await?;
        }
        Open::Postgres(open) => {
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **open).await?;
        }
    }
    Ok(())
}
