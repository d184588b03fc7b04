//! The limits that Mainstem is held against: a bare program that parses and upserts and does nothing
//! else (no change log, no raw payload, no history, no retry), and a bare HTTP server.

use std::net::SocketAddr;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// What a bare program keeps of an issue.
#[derive(Deserialize)]
struct Issue {
    id: i64,
    number: i64,
    title: String,
    body: Option<String>,
    state: String,
    state_reason: Option<String>,
    html_url: String,
    user: Option<User>,
    #[serde(default)]
    assignees: Vec<User>,
    #[serde(default)]
    labels: Vec<Label>,
    milestone: Option<Milestone>,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
}

/// What a bare program keeps of a comment.
#[derive(Deserialize)]
struct Comment {
    id: i64,
    issue_url: String,
    body: String,
    user: Option<User>,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    login: String,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct Milestone {
    title: String,
}

const TABLES: &str = "
    CREATE TABLE limit_task (id BIGINT PRIMARY KEY, number BIGINT, title TEXT, body TEXT, state TEXT, reason TEXT,
        url TEXT, author BIGINT, milestone TEXT, created_at TEXT, updated_at TEXT, closed_at TEXT);
    CREATE TABLE limit_person (id BIGINT PRIMARY KEY, login TEXT);
    CREATE TABLE limit_label (task BIGINT, name TEXT, PRIMARY KEY (task, name));
    CREATE TABLE limit_comment (id BIGINT PRIMARY KEY, issue TEXT, body TEXT, author BIGINT, created_at TEXT, updated_at TEXT);
    CREATE TABLE limit_assignee (task BIGINT, person BIGINT, PRIMARY KEY (task, person));";

/// Issues to a transaction.
const TRANSACTION: usize = 1_000;

/// Pulls every issue and comment of `repository` over one connection at a time and upserts them.
pub async fn sync(site: SocketAddr, repository: &str, database: &str) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut target = Target::open(database).await?;
    let issues = format!("/repos/{repository}/issues?state=all&");
    pull(site, &issues, async |issues: &[Issue]| target.upsert(issues).await).await?;
    let comments = format!("/repos/{repository}/issues/comments?");
    pull(site, &comments, async |comments: &[Comment]| target.upsert_comments(comments).await)
        .await?;
    Ok(started.elapsed())
}

/// Reads a list to its end and hands it over a transaction at a time.
async fn pull<T: serde::de::DeserializeOwned>(
    site: SocketAddr,
    path: &str,
    mut upsert: impl AsyncFnMut(&[T]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut waiting = Vec::with_capacity(TRANSACTION);
    for page in 1.. {
        let request = format!(
            "GET {path}sort=created&direction=asc&per_page=100&page={page} HTTP/1.1\r\nhost: {site}\r\nauthorization: Bearer bench\r\n\r\n"
        );
        let body = crate::load::once(site, request.as_bytes()).await?;
        let items: Vec<T> = serde_json::from_slice(&body)?;
        let last = items.len() < 100;
        waiting.extend(items);
        if waiting.len() >= TRANSACTION || last {
            upsert(&waiting).await?;
            waiting.clear();
        }
        if last {
            break;
        }
    }
    Ok(())
}

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

    async fn upsert(&mut self, issues: &[Issue]) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(connection) => upsert_sqlite(connection, issues).await,
            Self::Postgres(connection) => upsert_postgres(connection, issues).await,
        }
    }
}

const TASK: &str = "ON CONFLICT (id) DO UPDATE SET
    number=excluded.number, title=excluded.title, body=excluded.body, state=excluded.state, reason=excluded.reason,
    url=excluded.url, author=excluded.author, milestone=excluded.milestone, updated_at=excluded.updated_at,
    closed_at=excluded.closed_at";

const COMMENT: &str =
    "ON CONFLICT (id) DO UPDATE SET body=excluded.body, updated_at=excluded.updated_at";

impl Target {
    async fn upsert_comments(&mut self, comments: &[Comment]) -> anyhow::Result<()> {
        let author = |comment: &Comment| comment.user.as_ref().map(|user| user.id);
        match self {
            Self::Sqlite(connection) => {
                let rows = comments.iter().map(|comment| {
                    json!([
                        comment.id,
                        comment.issue_url,
                        comment.body,
                        author(comment),
                        comment.created_at,
                        comment.updated_at
                    ])
                });
                insert_sqlite(connection, "limit_comment", 6, COMMENT, rows).await?;
            }
            Self::Postgres(connection) => {
                let text = format!(
                    "INSERT INTO limit_comment SELECT * FROM UNNEST($1::bigint[],$2::text[],$3::text[],$4::bigint[],$5::text[],$6::text[]) {COMMENT}"
                );
                sqlx::query(AssertSqlSafe(text))
                    .bind(comments.iter().map(|comment| comment.id).collect::<Vec<_>>())
                    .bind(
                        comments
                            .iter()
                            .map(|comment| comment.issue_url.clone())
                            .collect::<Vec<_>>(),
                    )
                    .bind(comments.iter().map(|comment| comment.body.clone()).collect::<Vec<_>>())
                    .bind(comments.iter().map(author).collect::<Vec<_>>())
                    .bind(
                        comments
                            .iter()
                            .map(|comment| comment.created_at.clone())
                            .collect::<Vec<_>>(),
                    )
                    .bind(
                        comments
                            .iter()
                            .map(|comment| comment.updated_at.clone())
                            .collect::<Vec<_>>(),
                    )
                    .execute(connection)
                    .await?;
            }
        }
        Ok(())
    }
}

async fn upsert_sqlite(connection: &mut SqliteConnection, issues: &[Issue]) -> anyhow::Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let tasks = issues.iter().map(|issue| {
        json!([
            issue.id,
            issue.number,
            issue.title,
            issue.body,
            issue.state,
            issue.state_reason,
            issue.html_url,
            issue.user.as_ref().map(|user| user.id),
            issue.milestone.as_ref().map(|milestone| &milestone.title),
            issue.created_at,
            issue.updated_at,
            issue.closed_at,
        ])
    });
    insert_sqlite(&mut transaction, "limit_task", 12, TASK, tasks).await?;
    let people = issues.iter().flat_map(|issue| issue.user.iter().chain(&issue.assignees));
    let people = people.map(|user| json!([user.id, user.login]));
    insert_sqlite(&mut transaction, "limit_person", 2, "ON CONFLICT DO NOTHING", people).await?;
    let labels = issues
        .iter()
        .flat_map(|issue| issue.labels.iter().map(|label| json!([issue.id, label.name])));
    insert_sqlite(&mut transaction, "limit_label", 2, "ON CONFLICT DO NOTHING", labels).await?;
    let assignees = issues
        .iter()
        .flat_map(|issue| issue.assignees.iter().map(|user| json!([issue.id, user.id])));
    insert_sqlite(&mut transaction, "limit_assignee", 2, "ON CONFLICT DO NOTHING", assignees)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Writes rows, each a JSON array, in one statement: row by row, the driver's hand-over would be most of it.
async fn insert_sqlite(
    connection: &mut SqliteConnection,
    table: &str,
    columns: usize,
    conflict: &str,
    rows: impl Iterator<Item = Value>,
) -> anyhow::Result<()> {
    let columns: Vec<_> = (0..columns).map(|column| format!("value->>{column}")).collect();
    let text = format!(
        "INSERT INTO {table} SELECT {} FROM json_each($1) WHERE true {conflict}",
        columns.join(", ")
    );
    let rows = Value::Array(rows.collect()).to_string();
    sqlx::query(AssertSqlSafe(text)).bind(rows).execute(connection).await?;
    Ok(())
}

async fn upsert_postgres(connection: &mut PgConnection, issues: &[Issue]) -> anyhow::Result<()> {
    let mut transaction = connection.begin().await?;
    let column =
        |value: &dyn Fn(&Issue) -> Option<String>| issues.iter().map(value).collect::<Vec<_>>();
    let text = format!(
        "INSERT INTO limit_task SELECT * FROM UNNEST($1::bigint[],$2::bigint[],$3::text[],$4::text[],$5::text[],$6::text[],
         $7::text[],$8::bigint[],$9::text[],$10::text[],$11::text[],$12::text[]) {TASK}"
    );
    sqlx::query(AssertSqlSafe(text))
        .bind(issues.iter().map(|issue| issue.id).collect::<Vec<_>>())
        .bind(issues.iter().map(|issue| issue.number).collect::<Vec<_>>())
        .bind(column(&|issue| Some(issue.title.clone())))
        .bind(column(&|issue| issue.body.clone()))
        .bind(column(&|issue| Some(issue.state.clone())))
        .bind(column(&|issue| issue.state_reason.clone()))
        .bind(column(&|issue| Some(issue.html_url.clone())))
        .bind(
            issues.iter().map(|issue| issue.user.as_ref().map(|user| user.id)).collect::<Vec<_>>(),
        )
        .bind(column(&|issue| issue.milestone.as_ref().map(|milestone| milestone.title.clone())))
        .bind(column(&|issue| Some(issue.created_at.clone())))
        .bind(column(&|issue| Some(issue.updated_at.clone())))
        .bind(column(&|issue| issue.closed_at.clone()))
        .execute(&mut *transaction)
        .await?;
    let people: std::collections::BTreeMap<i64, &str> = issues
        .iter()
        .flat_map(|issue| issue.user.iter().chain(&issue.assignees))
        .map(|user| (user.id, user.login.as_str()))
        .collect();
    sqlx::query("INSERT INTO limit_person SELECT * FROM UNNEST($1::bigint[],$2::text[]) ON CONFLICT (id) DO UPDATE SET login=excluded.login")
        .bind(people.keys().copied().collect::<Vec<_>>())
        .bind(people.values().map(|login| (*login).to_owned()).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
    let labels: Vec<(i64, String)> = issues
        .iter()
        .flat_map(|issue| issue.labels.iter().map(|label| (issue.id, label.name.clone())))
        .collect();
    sqlx::query("INSERT INTO limit_label SELECT * FROM UNNEST($1::bigint[],$2::text[]) ON CONFLICT DO NOTHING")
        .bind(labels.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(labels.into_iter().map(|(_, name)| name).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
    let assignees: Vec<(i64, i64)> = issues
        .iter()
        .flat_map(|issue| issue.assignees.iter().map(|user| (issue.id, user.id)))
        .collect();
    sqlx::query("INSERT INTO limit_assignee SELECT * FROM UNNEST($1::bigint[],$2::bigint[]) ON CONFLICT DO NOTHING")
        .bind(assignees.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(assignees.iter().map(|(_, person)| *person).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
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
