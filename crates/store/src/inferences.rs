//! Links that are read from texts. Whoever reads them follows the change log from a position of its
//! own: it takes the next step of the log with the texts of the tasks that it is about, and hands back
//! all links that these texts state. What they do not state any more has ended, unless a person has
//! confirmed it.

use std::collections::{BTreeMap, HashMap, HashSet};

use mainstem_model::person::UNVERIFIED;
use mainstem_model::{
    Change, ChangeCause, CommentId, Commit, Evidence, Link, LinkReview, Position, RemoteLink,
    SourceId, Subject, TaskId, TaskKind, Timestamp,
};
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::apply::changes;
use crate::conditions::{Conditions, bind_all};
use crate::decode::{json as read_json, list, word};
use crate::dialect::{Ids, Transaction, execute, read, row, run};
use crate::links::{Interval, Intervals, LINK, begins, entry, named};
use crate::{Store, StoreError};

/// Entries of the log that one step follows.
const STEP: u32 = 1_000;

/// The fields whose change may change what a task's texts state, or what becomes of it.
const READ: [&str; 9] = [
    "created",
    "key",
    "title",
    "body",
    "comments",
    "remoteLinks",
    "branch",
    "commits",
    LINK_REVIEW,
];

/// The field under which the log tells that a person reviewed a link.
pub(crate) const LINK_REVIEW: &str = "linkReview";

/// A step of the log, and the texts of the tasks that it is about.
#[derive(Debug)]
pub struct TextStep {
    from: Position,
    reached: Position,
    reader: i64,
    /// The tasks.
    pub tasks: Vec<TaskTexts>,
}

/// What is written about a task.
#[derive(Debug)]
pub struct TaskTexts {
    /// The task.
    pub task: TaskId,
    /// Its source.
    pub source: SourceId,
    /// The kind of connector.
    pub connector: String,
    /// Where people read the source.
    pub site: Option<String>,
    /// What it is.
    pub kind: TaskKind,
    /// What people call it.
    pub key: String,
    /// What people called it.
    pub previous_keys: Vec<String>,
    /// What its project is called.
    pub project_key: String,
    /// Where people read it.
    pub url: Option<String>,
    /// The title.
    pub title: String,
    /// The text; `None` also where nobody vouches for its author.
    pub body: Option<String>,
    /// Since when title and text say what they say now, as far as is known.
    pub said_at: Timestamp,
    /// Comments of people for whom somebody vouches, oldest first.
    pub comments: Vec<CommentText>,
    /// Links to what lies outside its tool.
    pub remote_links: Vec<RemoteLink>,
    /// The branch of a pull request.
    pub branch: Option<String>,
    /// The commits of a pull request.
    pub commits: Vec<Commit>,
}

/// What a comment says.
#[derive(Debug)]
pub struct CommentText {
    /// The comment.
    pub id: CommentId,
    /// Its text.
    pub body: String,
    /// Since when it says so.
    pub said_at: Timestamp,
    /// Where people read it.
    pub url: Option<String>,
}

impl Store {
    /// The next step of the log with the texts to read; `None` where all is read. A `reader` of another
    /// version than the last one reads everything anew.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn texts_to_read(&self, reader: i64) -> Result<Option<TextStep>, StoreError> {
        let text = "SELECT inference_head.position, reader, change_head.position
                    FROM inference_head JOIN change_head ON TRUE";
        let (position, last_reader, head): (i64, i64, i64) =
            read!(self, pool => sqlx::query_as(text).fetch_one(pool).await)?;
        let from = Position(if last_reader == reader { position } else { 0 });
        if from.0 >= head {
            return Ok(None);
        }
        let log = self.read_log(from, STEP).await?;
        // Entries go with the source that they are about, so there may be none up to the head.
        let reached = log.last().map_or(Position(head), |change| change.position);
        let tasks = self.texts_of(&said(&log)).await?;
        Ok(Some(TextStep { from, reached, reader, tasks }))
    }

    /// Keeps the links that the texts of a step state, each task's completely. What was known already
    /// keeps its beginning; what is stated no more ends, but for what a person has confirmed. Answers
    /// how many links changed; `None` where another process has taken this step.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn put_inferences(
        &self,
        step: &TextStep,
        links: Vec<Link>,
    ) -> Result<Option<u64>, StoreError> {
        // Where another reader of the same version began anew at the same time, one of both goes on.
        const TAKE: &str = "UPDATE inference_head SET position = $1, reader = $3
            WHERE (reader = $3 AND position = $2) OR (reader <> $3 AND $2 = 0)";
        let mut transaction = self.begin().await?;
        let (reached, from, reader) = (step.reached.0, step.from.0, step.reader);
        let ours = execute!(transaction, sqlx::query(TAKE).bind(reached).bind(from).bind(reader))?;
        if ours == 0 {
            return Ok(None);
        }
        let mut stated: BTreeMap<TaskId, Vec<Link>> =
            step.tasks.iter().map(|task| (task.task, Vec::new())).collect();
        for link in links {
            if let Some(stated) = stated.get_mut(&link.stated_by) {
                stated.push(link);
            }
        }
        let now = self.now();
        let entries = transaction.state(stated, now).await?;
        let written = entries.values().map(|entries| entries.len() as u64).sum();
        let mut position = None;
        for (source, entries) in entries {
            let cause = ChangeCause::Sync;
            position = Some(changes::append(&mut transaction, source, cause, now, &entries).await?);
        }
        transaction.commit().await?;
        if let Some(position) = position {
            self.ring(position);
        }
        Ok(Some(written))
    }

    async fn texts_of(&self, said: &HashMap<Uuid, Said>) -> Result<Vec<TaskTexts>, StoreError> {
        if said.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = said.keys().copied().collect();
        let mut comments = self.comment_texts(ids.clone()).await?;
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("task.id", ids);
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT {} FROM (
                 SELECT task.id AS id, task.source AS source, connector, site, task.kind AS kind,
                     task.key AS key, previous_keys, project.key AS project_key, task.url AS url,
                     title, body, remote_links, branch, commits, identity.external_id AS author, created_at, updated_at
                 FROM task JOIN source ON source.id = task.source
                 LEFT JOIN project ON project.id = task.project
                 LEFT JOIN task_detail ON task_detail.task = task.id
                 LEFT JOIN identity ON identity.id = task.author
                 WHERE {condition}) AS text
             ORDER BY id",
            TextRow::COLUMNS
        );
        let rows: Vec<TextRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        rows.into_iter()
            .map(|row| {
                let comments = comments.remove(&row.id).unwrap_or_default();
                let said = said.get(&row.id).copied().unwrap_or_default();
                row.read(said, comments)
            })
            .collect()
    }

    async fn comment_texts(
        &self,
        tasks: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Vec<CommentText>>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("comment.task", tasks);
        let (condition, parameters) = conditions.finish();
        let text = format!(
            "SELECT {} FROM (
                 SELECT comment.id AS id, comment.task AS task, body, updated_at,
                     comment.created_at AS written_at, comment.url AS url, identity.external_id AS author
                 FROM comment LEFT JOIN identity ON identity.id = comment.author
                 WHERE {condition}) AS text
             ORDER BY written_at, id",
            CommentRow::COLUMNS
        );
        let rows: Vec<CommentRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        let mut comments: HashMap<Uuid, Vec<CommentText>> = HashMap::new();
        for row in rows.into_iter().filter(|row| !is_unverified(row.author.as_deref())) {
            comments.entry(row.task).or_default().push(CommentText {
                id: CommentId(row.id),
                body: row.body,
                said_at: Timestamp(row.updated_at),
                url: row.url,
            });
        }
        Ok(comments)
    }
}

/// What the log says of when a task's own texts were written.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    /// The step tells of the task's beginning, so that nothing is known of before.
    is_new: bool,
    /// When title or text were changed last.
    changed_at: Option<Timestamp>,
}

/// The tasks whose texts have to be read.
fn said(log: &[Change]) -> HashMap<Uuid, Said> {
    let mut tasks: HashMap<Uuid, Said> = HashMap::new();
    for change in log.iter().filter(|change| READ.contains(&change.field.as_str())) {
        let Subject::Task(task) = change.subject else { continue };
        let said = tasks.entry(task.0).or_default();
        said.is_new |= change.field == "created";
        if matches!(change.field.as_str(), "title" | "body") {
            said.changed_at = said.changed_at.max(Some(change.occurred_at));
        }
    }
    tasks
}

fn is_unverified(author: Option<&str>) -> bool {
    author.is_some_and(|author| author.starts_with(UNVERIFIED))
}

impl Transaction<'_> {
    /// Replaces what the texts of these tasks state; answers the entries of the log, by source.
    async fn state(
        &mut self,
        stated: BTreeMap<TaskId, Vec<Link>>,
        now: Timestamp,
    ) -> Result<BTreeMap<SourceId, Vec<changes::NewChange>>, StoreError> {
        let mut entries: BTreeMap<SourceId, Vec<changes::NewChange>> = BTreeMap::new();
        let tasks = stated.keys().map(|task| task.0).collect();
        let intervals = self.intervals(&LINK, "origin = 'INFERRED'", tasks).await?;
        let open = intervals.values().flat_map(Intervals::values).flatten();
        let open = open.filter(|interval| interval.until_at.is_none());
        let confirmed = self.confirmed(open.map(|interval| interval.id).collect()).await?;
        let none = Intervals::new();
        let mut added = Vec::new();
        for (task, links) in stated {
            let known = intervals.get(&task.0).unwrap_or(&none);
            let mut seen = HashSet::new();
            for mut link in links {
                if !seen.insert(link.id.0) {
                    continue;
                }
                let intervals = known.get(&link.id.0);
                match begins(intervals, Some(link.since), now) {
                    Some(since) => {
                        link.since = since;
                        added.push(link);
                    }
                    None => {
                        let open = intervals.and_then(|intervals| intervals.last());
                        let changed = match open {
                            Some(open) => self.say_anew(open, link).await?,
                            None => None,
                        };
                        if let Some((source, change)) = changed {
                            entries.entry(source).or_default().push(change);
                        }
                    }
                }
            }
            let ended = known.values().flatten().filter(|interval| {
                interval.until_at.is_none()
                    && !seen.contains(&interval.id)
                    && !confirmed.contains(&interval.id)
            });
            for interval in ended {
                let source = SourceId(interval.source);
                let change = self.end_link(&LINK, interval, now).await?;
                entries.entry(source).or_default().push(change);
            }
        }
        let told = self.add_links(&LINK, &added).await?;
        for (link, change) in added.iter().zip(told) {
            entries.entry(link.source).or_default().push(change);
        }
        Ok(entries)
    }

    /// Of these links those that a person has confirmed.
    async fn confirmed(&mut self, links: Vec<Uuid>) -> Result<HashSet<Uuid>, StoreError> {
        let text = format!(
            "SELECT link FROM link_review WHERE review = '{}' AND {}",
            LinkReview::Confirmed.as_str(),
            self.dialect().among_ids("link", 1)
        );
        let links: Vec<Uuid> = run!(self, connection =>
            sqlx::query_scalar(AssertSqlSafe(text)).bind(Ids(links)).fetch_all(connection).await)?;
        Ok(links.into_iter().collect())
    }

    /// Takes over other words for what holds already. Words that are the same stay as they were seen.
    async fn say_anew(
        &mut self,
        known: &Interval,
        mut link: Link,
    ) -> Result<Option<(SourceId, changes::NewChange)>, StoreError> {
        const TEXT: &str = "UPDATE link SET confidence = $4, evidence = $5
            WHERE stated_by = $1 AND id = $2 AND since_at = $3";
        let place = || format!("link.evidence of {}", link.id);
        let before: Vec<Evidence> = list(&known.evidence, place)?;
        for evidence in &mut link.evidence {
            let same = |old: &&Evidence| {
                (&old.quote, &old.url, old.comment)
                    == (&evidence.quote, &evidence.url, evidence.comment)
            };
            if let Some(old) = before.iter().find(same) {
                evidence.seen_at = old.seen_at;
            }
        }
        if before == link.evidence && known.confidence.to_bits() == link.confidence.to_bits() {
            return Ok(None);
        }
        execute!(
            self,
            sqlx::query(TEXT)
                .bind(known.stated_by)
                .bind(known.id)
                .bind(known.since_at)
                .bind(link.confidence)
                .bind(json!(link.evidence).to_string())
        )?;
        let value = named(&known.kind, &known.from_key, &known.to_key);
        let change = entry(link.stated_by, Some(value.clone()), Some(value), self.store.now());
        Ok(Some((link.source, change)))
    }
}

row! {
    TextRow {
        id: Uuid,
        source: Uuid,
        connector: String,
        site: Option<String>,
        kind: String,
        key: String,
        previous_keys: String,
        project_key: Option<String>,
        url: Option<String>,
        title: String,
        body: Option<String>,
        remote_links: Option<String>,
        branch: Option<String>,
        commits: Option<String>,
        author: Option<String>,
        created_at: i64,
        updated_at: i64,
    }
}

impl TextRow {
    fn read(self, said: Said, comments: Vec<CommentText>) -> Result<TaskTexts, StoreError> {
        let task = TaskId(self.id);
        let place = |column: &str| format!("task.{column} of {task}");
        let changed_at = said.changed_at.unwrap_or(Timestamp(self.updated_at));
        let said_at = if said.is_new { Timestamp(self.created_at) } else { changed_at };
        Ok(TaskTexts {
            task,
            source: SourceId(self.source),
            connector: self.connector,
            site: self.site,
            kind: word(&self.kind, TaskKind::from_word, || place("kind"))?,
            previous_keys: list(&self.previous_keys, || place("previous_keys"))?,
            key: self.key,
            project_key: self.project_key.unwrap_or_default(),
            url: self.url,
            title: self.title,
            body: self.body.filter(|_| !is_unverified(self.author.as_deref())),
            said_at,
            comments,
            remote_links: read_json(self.remote_links.as_deref(), || place("remote_links"))?
                .unwrap_or_default(),
            branch: read_json(self.branch.as_deref(), || place("branch"))?,
            commits: read_json(self.commits.as_deref(), || place("commits"))?.unwrap_or_default(),
        })
    }
}

row! {
    CommentRow {
        id: Uuid,
        task: Uuid,
        body: String,
        updated_at: i64,
        url: Option<String>,
        author: Option<String>,
    }
}
