//! The limits that Mainstem is held against: a bare program that parses and upserts and does nothing
//! else (no change log, no raw payload, no history, no retry), and a bare HTTP server.

mod github;
mod jira;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::sync::Tool;

/// What a bare program keeps of tasks.
#[derive(Default)]
struct Page {
    tasks: Vec<Task>,
    /// Id and name.
    people: BTreeMap<String, String>,
    /// Task and label.
    labels: Vec<(i64, String)>,
    /// Task and person.
    assignees: Vec<(i64, String)>,
    comments: Vec<Comment>,
    worklogs: Vec<Worklog>,
    links: Vec<Link>,
}

struct Task {
    id: i64,
    key: String,
    title: String,
    body: Option<String>,
    state: String,
    reason: Option<String>,
    url: String,
    author: Option<String>,
    milestone: Option<String>,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
}

struct Comment {
    id: i64,
    task: String,
    body: String,
    author: Option<String>,
    created_at: String,
    updated_at: String,
}

struct Worklog {
    id: i64,
    task: i64,
    author: Option<String>,
    started: String,
    seconds: i64,
    note: Option<String>,
}

struct Link {
    id: i64,
    task: i64,
    kind: String,
    other: String,
}

const TABLES: &str = "
    CREATE TABLE limit_task (id BIGINT PRIMARY KEY, key TEXT, title TEXT, body TEXT, state TEXT, reason TEXT,
        url TEXT, author TEXT, milestone TEXT, created_at TEXT, updated_at TEXT, closed_at TEXT);
    CREATE TABLE limit_person (id TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE limit_label (task BIGINT, name TEXT, PRIMARY KEY (task, name));
    CREATE TABLE limit_comment (id BIGINT PRIMARY KEY, task TEXT, body TEXT, author TEXT, created_at TEXT, updated_at TEXT);
    CREATE TABLE limit_assignee (task BIGINT, person TEXT, PRIMARY KEY (task, person));
    CREATE TABLE limit_worklog (id BIGINT PRIMARY KEY, task BIGINT, author TEXT, started TEXT, seconds BIGINT, note TEXT);
    CREATE TABLE limit_link (id BIGINT, task BIGINT, kind TEXT, other TEXT, PRIMARY KEY (id, task));";

/// Tasks or comments to a transaction.
const TRANSACTION: usize = 1_000;

/// Pulls every issue and comment of one project over one connection at a time and upserts them.
pub async fn sync(tool: Tool, site: SocketAddr, database: &str) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut target = Target::open(database).await?;
    match tool {
        Tool::GitHub => github::pull(site, &mut target).await?,
        Tool::Jira => jira::pull(site, &mut target).await?,
    }
    Ok(started.elapsed())
}

/// A table: its name, its columns with their types on PostgreSQL, and what a row that is there becomes.
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    conflict: &'static str,
}

const TASK: Table = Table {
    name: "limit_task",
    columns: &[
        "bigint", "text", "text", "text", "text", "text", "text", "text", "text", "text", "text",
        "text",
    ],
    conflict: "ON CONFLICT (id) DO UPDATE SET
        key=excluded.key, title=excluded.title, body=excluded.body, state=excluded.state, reason=excluded.reason,
        url=excluded.url, author=excluded.author, milestone=excluded.milestone, updated_at=excluded.updated_at,
        closed_at=excluded.closed_at",
};
const PERSON: Table = Table {
    name: "limit_person",
    columns: &["text", "text"],
    conflict: "ON CONFLICT (id) DO UPDATE SET name=excluded.name",
};
const LABEL: Table =
    Table { name: "limit_label", columns: &["bigint", "text"], conflict: "ON CONFLICT DO NOTHING" };
const COMMENT: Table = Table {
    name: "limit_comment",
    columns: &["bigint", "text", "text", "text", "text", "text"],
    conflict: "ON CONFLICT (id) DO UPDATE SET body=excluded.body, updated_at=excluded.updated_at",
};
const ASSIGNEE: Table = Table {
    name: "limit_assignee",
    columns: &["bigint", "text"],
    conflict: "ON CONFLICT DO NOTHING",
};
const WORKLOG: Table = Table {
    name: "limit_worklog",
    columns: &["bigint", "bigint", "text", "text", "bigint", "text"],
    conflict: "ON CONFLICT (id) DO UPDATE SET note=excluded.note, seconds=excluded.seconds",
};
const LINK: Table = Table {
    name: "limit_link",
    columns: &["bigint", "bigint", "text", "text"],
    conflict: "ON CONFLICT DO NOTHING",
};

enum Target {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Target {
    async fn open(url: &str) -> anyhow::Result<Self> {
        let mut target = if url.starts_with("sqlite") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full);
            Self::Sqlite(SqliteConnection::connect_with(&options).await?)
        } else {
            Self::Postgres(PgConnection::connect(url).await?)
        };
        match &mut target {
            Self::Sqlite(connection) => {
                sqlx::raw_sql(TABLES).execute(connection).await.map(drop)?
            }
            Self::Postgres(connection) => {
                sqlx::raw_sql(TABLES).execute(connection).await.map(drop)?
            }
        }
        Ok(target)
    }

    /// One transaction.
    async fn upsert(&mut self, page: Page) -> anyhow::Result<()> {
        self.run("BEGIN").await?;
        let tasks = page.tasks.iter().map(|task| {
            json!([
                task.id,
                task.key,
                task.title,
                task.body,
                task.state,
                task.reason,
                task.url,
                task.author,
                task.milestone,
                task.created_at,
                task.updated_at,
                task.closed_at,
            ])
        });
        self.insert(&TASK, tasks).await?;
        self.insert(&PERSON, page.people.iter().map(|person| json!(person))).await?;
        self.insert(&LABEL, page.labels.iter().map(|label| json!(label))).await?;
        self.insert(&ASSIGNEE, page.assignees.iter().map(|assignee| json!(assignee))).await?;
        let comments = page.comments.iter().map(|comment| {
            json!([
                comment.id,
                comment.task,
                comment.body,
                comment.author,
                comment.created_at,
                comment.updated_at
            ])
        });
        self.insert(&COMMENT, comments).await?;
        let worklogs = page.worklogs.iter().map(|worklog| {
            json!([
                worklog.id,
                worklog.task,
                worklog.author,
                worklog.started,
                worklog.seconds,
                worklog.note
            ])
        });
        self.insert(&WORKLOG, worklogs).await?;
        let links =
            page.links.iter().map(|link| json!([link.id, link.task, link.kind, link.other]));
        self.insert(&LINK, links).await?;
        self.run("COMMIT").await
    }

    async fn run(&mut self, text: &'static str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlx::query(text).execute(connection).await.map(drop)?,
            Self::Postgres(connection) => sqlx::query(text).execute(connection).await.map(drop)?,
        }
        Ok(())
    }

    /// Writes rows, each a JSON array, in one statement: row by row, the driver's hand-over would be
    /// most of it.
    async fn insert(
        &mut self,
        table: &Table,
        rows: impl Iterator<Item = Value>,
    ) -> anyhow::Result<()> {
        let Table { name, columns, conflict } = table;
        let rows: Vec<Value> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        match self {
            Self::Sqlite(connection) => {
                let values: Vec<_> =
                    (0..columns.len()).map(|column| format!("value->>{column}")).collect();
                let values = values.join(", ");
                let text = format!(
                    "INSERT INTO {name} SELECT {values} FROM json_each($1) WHERE true {conflict}"
                );
                let rows = Value::Array(rows).to_string();
                sqlx::query(AssertSqlSafe(text)).bind(rows).execute(connection).await?;
            }
            Self::Postgres(connection) => {
                let arrays = (1..).zip(*columns).map(|(n, kind)| format!("${n}::{kind}[]"));
                let arrays = arrays.collect::<Vec<_>>().join(",");
                let text = format!("INSERT INTO {name} SELECT * FROM UNNEST({arrays}) {conflict}");
                let mut query = sqlx::query(AssertSqlSafe(text));
                for (place, kind) in columns.iter().enumerate() {
                    let column = rows.iter().map(|row| &row[place]);
                    query = if *kind == "bigint" {
                        query.bind(column.map(Value::as_i64).collect::<Vec<_>>())
                    } else {
                        let texts = column.map(|value| value.as_str().map(str::to_owned));
                        query.bind(texts.collect::<Vec<_>>())
                    };
                }
                query.execute(connection).await?;
            }
        }
        Ok(())
    }
}

/// A bare server that answers every POST with the same bytes, after reading its body.
pub async fn serve(listener: tokio::net::TcpListener, bytes: Vec<u8>) -> anyhow::Result<()> {
    let bytes = bytes::Bytes::from(bytes);
    let handler = move |_: bytes::Bytes| {
        let bytes = bytes.clone();
        async move { ([("content-type", "application/json")], bytes) }
    };
    axum::serve(listener, axum::Router::new().route("/graphql", axum::routing::post(handler)))
        .await?;
    Ok(())
}
