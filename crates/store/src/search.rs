//! Full-text search: the index follows the change log from a position of its own, and a search
//! first brings it up to the newest change.
//!
//! Both databases answer alike, because neither decides anything: the words are told apart here
//! ([`words`]), and what ranks first does not depend on either's own scoring. Tasks that have every
//! word in key, title or labels come before those that need their body; within each, the one that
//! was updated last comes first.

mod words;

use std::collections::BTreeSet;

use mainstem_model::{Change, Position, Subject, TaskId, Visibility};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use self::words::{Question, TaskWords};
use crate::conditions::{Conditions, Parameter, bind_all};
use crate::decode::list;
use crate::dialect::{Dialect, Ids, Texts, Transaction, execute, read, row, run};
use crate::{Store, StoreError};

/// Entries of the log that one transaction follows.
const STEP: u32 = 1_000;

/// The fields whose words are indexed.
const INDEXED: [&str; 5] = ["created", "key", "title", "labels", "body"];

impl Store {
    /// Tasks whose key, title, labels or body hold every word of `text` (the last one as a prefix),
    /// best first, at most `limit`. Exact to the last committed change. A text without a word finds
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the text is too long, [`StoreError::Database`].
    pub async fn search(
        &self,
        text: &str,
        visibility: &Visibility,
        limit: u32,
    ) -> Result<Vec<TaskId>, StoreError> {
        let Some(question) = Question::read(text)? else { return Ok(Vec::new()) };
        self.index_search().await?;
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.visible("task.source", visibility);
        let (matches, first) = match self.dialect() {
            Dialect::Sqlite => {
                let all = conditions.parameter(Parameter::Text(question.fts5()));
                let head = conditions.parameter(Parameter::Text(question.fts5_head()));
                (
                    format!("search_task.id IN (SELECT rowid FROM search_words({all}))"),
                    format!("search_task.id IN (SELECT rowid FROM search_words({head}))"),
                )
            }
            Dialect::Postgres => {
                let all = conditions.parameter(Parameter::Text(question.tsquery()));
                (format!("words @@ {all}::tsquery"), format!("head @@ {all}::tsquery"))
            }
        };
        conditions.and(&matches);
        let limit = conditions.parameter(Parameter::Number(limit.into()));
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT task.id FROM search_task JOIN task ON task.id = search_task.task
             WHERE {condition} ORDER BY {first} DESC, task.updated_at DESC, task.id LIMIT {limit}"
        );
        let ids: Vec<Uuid> = read!(self, pool =>
            bind_all!(sqlx::query_scalar(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        Ok(ids.into_iter().map(TaskId).collect())
    }

    /// Brings the search index up to the newest change; answers how many tasks were indexed.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn index_search(&self) -> Result<u64, StoreError> {
        let mut indexed = 0;
        while let Some((position, head)) = self.search_is_behind().await? {
            indexed += self.index_step(position, head).await?;
        }
        Ok(indexed)
    }

    /// Where the index stands and the newest position, where these differ.
    async fn search_is_behind(&self) -> Result<Option<(Position, Position)>, StoreError> {
        let text = "SELECT search_head.position, change_head.position
                    FROM search_head JOIN change_head
                    ON search_head.position < change_head.position";
        let positions: Option<(i64, i64)> =
            read!(self, pool => sqlx::query_as(text).fetch_optional(pool).await)?;
        Ok(positions.map(|(position, head)| (Position(position), Position(head))))
    }

    /// Takes the index one step on from `position`. `head` is a newest position read before.
    async fn index_step(&self, position: Position, head: Position) -> Result<u64, StoreError> {
        let log = self.read_log(position, STEP).await?;
        // Entries go with the source that they are about, so there may be none up to the head.
        let reached = log.last().map_or(head, |change| change.position);
        let texts = self.texts(touched(&log)).await?;

        let mut transaction = self.begin().await?;
        let text = "UPDATE search_head SET position = $1 WHERE position = $2";
        let ours = execute!(transaction, sqlx::query(text).bind(reached.0).bind(position.0))?;
        if ours == 0 {
            // Another process has taken this step.
            return Ok(0);
        }
        let indexed = texts.len() as u64;
        write(&mut transaction, texts).await?;
        forget_removed(&mut transaction, &log).await?;
        transaction.commit().await?;
        Ok(indexed)
    }

    async fn texts(&self, tasks: BTreeSet<Uuid>) -> Result<Vec<TextRow>, StoreError> {
        if tasks.is_empty() {
            return Ok(Vec::new());
        }
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("id", tasks.into_iter().collect());
        let (condition, parameters) = conditions.finish();
        let columns = TextRow::COLUMNS;
        let text = format!(
            "SELECT {columns} FROM task LEFT JOIN task_detail ON task_detail.task = task.id
             WHERE {condition}"
        );
        Ok(read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?)
    }
}

/// The tasks whose words may have changed.
fn touched(log: &[Change]) -> BTreeSet<Uuid> {
    log.iter()
        .filter(|change| INDEXED.contains(&change.field.as_str()))
        .filter_map(|change| match change.subject {
            Subject::Task(task) => Some(task.0),
            _ => None,
        })
        .collect()
}

/// Puts the words of these tasks in the place of those that they had.
async fn write(transaction: &mut Transaction<'_>, texts: Vec<TextRow>) -> Result<(), StoreError> {
    if texts.is_empty() {
        return Ok(());
    }
    match transaction.dialect() {
        Dialect::Sqlite => {
            let ids = Ids(texts.iter().map(|text| text.id).collect());
            let number = "INSERT INTO search_task (task) SELECT unhex(value) FROM json_each($1)
                          WHERE TRUE ON CONFLICT DO NOTHING";
            execute!(transaction, sqlx::query(number).bind(ids))?;
            let mut entries = Vec::with_capacity(texts.len());
            for text in texts {
                let words = text.words()?;
                entries.push((text.id.as_simple().to_string(), words.head, words.body));
            }
            let fill = "INSERT OR REPLACE INTO search_words (rowid, head, body)
                        SELECT search_task.id, entry.value ->> 1, entry.value ->> 2
                        FROM json_each($1) AS entry
                        JOIN search_task ON search_task.task = unhex(entry.value ->> 0)";
            let entries = serde_json::json!(entries).to_string();
            execute!(transaction, sqlx::query(fill).bind(entries))?;
        }
        Dialect::Postgres => {
            let (mut ids, mut heads, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
            for text in texts {
                let words = text.words()?;
                ids.push(text.id);
                heads.push(words.head);
                bodies.push(words.body);
            }
            let fill = "INSERT INTO search_task (task, head, words)
                        SELECT task, array_to_tsvector(string_to_array(head, ' ')),
                            array_to_tsvector(string_to_array(btrim(head || ' ' || body), ' '))
                        FROM UNNEST($1, $2, $3) AS text (task, head, body)
                        ON CONFLICT (task) DO UPDATE
                        SET head = excluded.head, words = excluded.words";
            execute!(
                transaction,
                sqlx::query(fill).bind(Ids(ids)).bind(Texts(heads)).bind(Texts(bodies))
            )?;
        }
    }
    Ok(())
}

/// Drops the words of tasks that are gone, where this part of the log tells that a source is.
async fn forget_removed(
    transaction: &mut Transaction<'_>,
    log: &[Change],
) -> Result<(), StoreError> {
    const GONE: &str = "NOT EXISTS (SELECT 1 FROM task WHERE task.id = search_task.task)";
    let sources: BTreeSet<Uuid> = log
        .iter()
        .filter(|change| matches!(change.subject, Subject::Source(_)))
        .map(|change| change.source.0)
        .collect();
    if sources.is_empty() {
        return Ok(());
    }
    let mut conditions = Conditions::new(transaction.dialect(), "TRUE");
    conditions.among_ids("id", sources.iter().copied().collect());
    let (condition, parameters) = conditions.finish();
    let text = format!("SELECT COUNT(*) FROM source WHERE {condition}");
    let standing: i64 = run!(transaction, connection =>
        bind_all!(sqlx::query_scalar(AssertSqlSafe(text)), parameters)
            .fetch_one(connection).await)?;
    if standing.unsigned_abs() == sources.len() as u64 {
        return Ok(());
    }
    if transaction.dialect() == Dialect::Sqlite {
        let text = format!(
            "DELETE FROM search_words WHERE rowid IN (SELECT id FROM search_task WHERE {GONE})"
        );
        execute!(transaction, sqlx::query(AssertSqlSafe(text)))?;
    }
    let text = format!("DELETE FROM search_task WHERE {GONE}");
    execute!(transaction, sqlx::query(AssertSqlSafe(text)))?;
    Ok(())
}

row! {
    /// What a task is found by.
    TextRow {
        id: Uuid,
        key: String,
        title: String,
        labels: String,
        body: Option<String>,
    }
}

impl TextRow {
    fn words(&self) -> Result<TaskWords, StoreError> {
        let labels: Vec<String> =
            list(&self.labels, || format!("task.labels of {}", TaskId(self.id)))?;
        let head =
            [self.key.as_str(), &self.title].into_iter().chain(labels.iter().map(String::as_str));
        Ok(TaskWords::of(head, self.body.as_deref().unwrap_or_default()))
    }
}
