//! Tasks: which of them differ, what they become, and what the log says of it.

use std::collections::HashMap;

use mainstem_model::record::TaskRecord;
use mainstem_model::{LinkEnd, PersonId, Presence, Subject, TaskId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::changes::NewChange;
use super::history::{self, Logged};
use super::prepared::Prepared;
use super::{Apply, diff};
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, row, run};

row! {
    /// Enough of a stored task to tell whether a record differs from it.
    Glance {
        id: Uuid,
        version: i64,
        content_hash: Vec<u8>,
        census_token: Option<String>,
        presence: String,
        parent_task: Option<Uuid>,
        parent_key: Option<String>,
    }
}

row! {
    /// A task as its table holds it.
    #[derive(Clone)]
    TaskRow {
        id: Uuid,
        source: Uuid,
        external_id: String,
        locator: String,
        scope: String,
        version: i64,
        content_hash: Vec<u8>,
        census_token: Option<String>,
        first_learned_at: i64,
        project: Uuid,
        key: String,
        previous_keys: String,
        kind: String,
        title: String,
        url: Option<String>,
        status_name: String,
        status_category: String,
        priority_name: Option<String>,
        priority_level: String,
        assignees: String,
        author: Option<Uuid>,
        labels: String,
        milestone: Option<String>,
        sprint: Option<String>,
        parent_task: Option<Uuid>,
        parent_key: Option<String>,
        start_on: Option<String>,
        due_on: Option<String>,
        created_at: i64,
        updated_at: i64,
        started_at: Option<i64>,
        closed_at: Option<i64>,
        estimate_seconds: Option<i64>,
        time_spent_seconds: Option<i64>,
        presence: String,
    }
}

row! {
    /// The bulky part of a task, without the payload.
    #[derive(Clone)]
    DetailRow {
        task: Uuid,
        body: Option<String>,
        criteria: Option<String>,
        fields: Option<String>,
    }
}

const TASK: Table = Table {
    name: "task",
    key: "id",
    columns: &[
        ("id", Kind::Id),
        ("source", Kind::Id),
        ("external_id", Kind::Text),
        ("locator", Kind::Text),
        ("scope", Kind::Text),
        ("version", Kind::Number),
        ("content_hash", Kind::Bytes),
        ("census_token", Kind::Text),
        ("first_learned_at", Kind::Number),
        ("project", Kind::Id),
        ("key", Kind::Text),
        ("previous_keys", Kind::Text),
        ("kind", Kind::Text),
        ("title", Kind::Text),
        ("url", Kind::Text),
        ("status_name", Kind::Text),
        ("status_category", Kind::Text),
        ("priority_name", Kind::Text),
        ("priority_level", Kind::Text),
        ("assignees", Kind::Text),
        ("author", Kind::Id),
        ("labels", Kind::Text),
        ("milestone", Kind::Text),
        ("sprint", Kind::Text),
        ("parent_task", Kind::Id),
        ("parent_key", Kind::Text),
        ("start_on", Kind::Text),
        ("due_on", Kind::Text),
        ("created_at", Kind::Number),
        ("updated_at", Kind::Number),
        ("started_at", Kind::Number),
        ("closed_at", Kind::Number),
        ("estimate_seconds", Kind::Number),
        ("time_spent_seconds", Kind::Number),
        ("presence", Kind::Text),
    ],
    on_conflict: OnConflict::Replace,
};

const CENSUS_TOKEN: Table = Table {
    name: "task",
    key: "id",
    columns: &[("id", Kind::Id), ("census_token", Kind::Text)],
    on_conflict: OnConflict::Update,
};

const DETAIL: Table = Table {
    name: "task_detail",
    key: "task",
    columns: &[
        ("task", Kind::Id),
        ("body", Kind::Text),
        ("criteria", Kind::Text),
        ("fields", Kind::Text),
        ("raw", Kind::Bytes),
    ],
    on_conflict: OnConflict::Replace,
};

pub(super) const PREVIOUS_KEY: Table = Table {
    name: "previous_key",
    key: "source, key, task",
    columns: &[("source", Kind::Id), ("key", Kind::Text), ("task", Kind::Id)],
    on_conflict: OnConflict::Keep,
};

/// A task together with its bulky part.
pub(super) struct Whole {
    pub(super) task: TaskRow,
    pub(super) detail: DetailRow,
}

/// A record of the batch and what it turned out to be.
struct Candidate<'r> {
    id: Uuid,
    record: &'r TaskRecord,
    prepared: &'r Prepared,
    verdict: Verdict,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    New,
    Changed,
    /// As it was, or older than what is stored.
    Unchanged,
}

impl Apply<'_> {
    pub(super) async fn tasks(
        &mut self,
        records: &[TaskRecord],
        prepared: &[Prepared],
    ) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut candidates = self.candidates(records, prepared);
        self.judge(&mut candidates).await?;
        let stored = self.stored_whole(&candidates).await?;
        let logged = self.logged(&candidates).await?;

        let mut written = Vec::new();
        for candidate in &candidates {
            let stored = stored.get(&candidate.id);
            let history = self.entries_of(TaskId(candidate.id), &candidate.record.history);
            let logged = logged.get(&candidate.id).map_or(&[][..], Vec::as_slice);
            if candidate.verdict == Verdict::Unchanged {
                self.changes.extend(history::untold(history, logged));
                continue;
            }
            let whole = self.becomes(candidate, stored);
            match stored {
                None => self.log_new(&whole, history),
                Some(stored) => self.log_changed(stored, &whole, history, logged),
            }
            written.push((candidate, whole));
        }
        self.write_tasks(&written).await?;
        self.forget_quarantine(
            written.iter().map(|(candidate, _)| &*candidate.record.external_id),
            None,
        )
        .await?;
        let keys = written.iter().map(|(_, whole)| (whole.task.key.as_str(), whole.task.id));
        self.bind_waiting_parts(keys.collect()).await
    }

    /// One candidate for each task: where the batch has several records of one, the newest.
    fn candidates<'r>(
        &self,
        records: &'r [TaskRecord],
        prepared: &'r [Prepared],
    ) -> Vec<Candidate<'r>> {
        let mut places: HashMap<Uuid, usize> = HashMap::with_capacity(records.len());
        let mut candidates: Vec<Candidate<'r>> = Vec::with_capacity(records.len());
        for (record, prepared) in records.iter().zip(prepared) {
            let id = self.names.task(&record.external_id).0;
            let candidate = Candidate { id, record, prepared, verdict: Verdict::New };
            match places.get(&id) {
                Some(place) if candidates[*place].record.version <= record.version => {
                    candidates[*place] = candidate;
                }
                Some(_) => {}
                None => {
                    places.insert(id, candidates.len());
                    candidates.push(candidate);
                }
            }
        }
        candidates
    }

    /// Finds out which candidates differ from what is stored.
    async fn judge(&mut self, candidates: &mut [Candidate<'_>]) -> Result<(), StoreError> {
        let text = format!(
            "SELECT {} FROM task WHERE {}",
            Glance::COLUMNS,
            self.transaction.dialect().among_ids("id", 1)
        );
        let ids = Ids(candidates.iter().map(|candidate| candidate.id).collect());
        let glances: Vec<Glance> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(ids).fetch_all(connection).await)?;
        let glances: HashMap<Uuid, Glance> =
            glances.into_iter().map(|glance| (glance.id, glance)).collect();
        let mut tokens = Vec::new();
        for candidate in candidates {
            let Some(stored) = glances.get(&candidate.id) else {
                self.applied.tasks_added += 1;
                continue;
            };
            let record = candidate.record;
            let parent = stored_parent(stored.parent_task, stored.parent_key.as_deref());
            let same = stored.content_hash == candidate.prepared.fingerprint
                && stored.presence == Presence::Present.as_str()
                && self.names.parent(&record.parent, parent.clone()) == parent;
            if !same && stored.version <= record.version {
                candidate.verdict = Verdict::Changed;
                self.applied.tasks_changed += 1;
                continue;
            }
            candidate.verdict = Verdict::Unchanged;
            self.applied.tasks_unchanged += 1;
            if record.census_token.is_some() && same {
                if record.census_token == stored.census_token {
                    self.unchanged.insert(candidate.id);
                } else {
                    tokens.push((candidate.id, record.census_token.clone()));
                }
            }
        }
        self.write_census_tokens(&tokens).await
    }

    /// Census tokens are bookkeeping: they count as no change of the task.
    pub(super) async fn write_census_tokens(
        &mut self,
        tokens: &[(Uuid, Option<String>)],
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = tokens
            .iter()
            .map(|(task, token)| [Value::Id(Some(*task)), Value::Text(token.as_deref())])
            .collect();
        CENSUS_TOKEN.write(&mut self.transaction, &rows).await
    }

    /// The tasks that are about to change, as they stand.
    async fn stored_whole(
        &mut self,
        candidates: &[Candidate<'_>],
    ) -> Result<HashMap<Uuid, Whole>, StoreError> {
        let ids = of_verdict(candidates, |candidate| candidate.verdict == Verdict::Changed);
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let dialect = self.transaction.dialect();
        let text =
            format!("SELECT {} FROM task WHERE {}", TaskRow::COLUMNS, dialect.among_ids("id", 1));
        let tasks: Vec<TaskRow> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(ids.clone())).fetch_all(connection).await)?;
        let text = format!(
            "SELECT {} FROM task_detail WHERE {}",
            DetailRow::COLUMNS,
            dialect.among_ids("task", 1)
        );
        let details: Vec<DetailRow> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(ids)).fetch_all(connection).await)?;
        let mut details: HashMap<Uuid, DetailRow> =
            details.into_iter().map(|detail| (detail.task, detail)).collect();
        let whole = tasks.into_iter().map(|task| {
            let id = task.id;
            let nothing = DetailRow { task: id, body: None, criteria: None, fields: None };
            (id, Whole { task, detail: details.remove(&id).unwrap_or(nothing) })
        });
        Ok(whole.collect())
    }

    /// What the log already says of tasks that are about to say something.
    async fn logged(
        &mut self,
        candidates: &[Candidate<'_>],
    ) -> Result<HashMap<Uuid, Vec<Logged>>, StoreError> {
        let ids = of_verdict(candidates, |candidate| match candidate.verdict {
            Verdict::New => false,
            Verdict::Changed => true,
            Verdict::Unchanged => !candidate.record.history.is_empty(),
        });
        self.logged_of(ids).await
    }

    /// The scope whose censuses a task belongs to. A task that is fetched by itself stays where it
    /// was: who asked for it may have known it from before it moved.
    fn scope_of(&self, task: Uuid, before: Option<&TaskRow>) -> String {
        let moved = self.moved.get(&task).map(|scope| scope.to_string());
        let stays = || before.filter(|_| !self.listed).map(|row| row.scope.clone());
        moved.or_else(stays).unwrap_or_else(|| self.context.scope.to_owned())
    }

    /// What a stored task, or none, becomes by a record.
    fn becomes(&self, candidate: &Candidate<'_>, stored: Option<&Whole>) -> Whole {
        let record = candidate.record;
        let before = stored.map(|whole| &whole.task);
        let parent =
            before.and_then(|row| stored_parent(row.parent_task, row.parent_key.as_deref()));
        let parent = self.names.parent(&record.parent, parent);
        let (parent_task, parent_key) =
            parent.map(|end| (end.task.map(|id| id.0), end.key)).unzip();
        let assignees: Vec<PersonId> =
            record.assignees.iter().map(|id| self.names.person(id)).collect();
        let task = TaskRow {
            id: candidate.id,
            source: self.source.0,
            external_id: record.external_id.to_string(),
            locator: record.locator.clone(),
            scope: self.scope_of(candidate.id, before),
            version: record.version,
            content_hash: candidate.prepared.fingerprint.to_vec(),
            census_token: record
                .census_token
                .clone()
                .or_else(|| before.and_then(|row| row.census_token.clone())),
            first_learned_at: before.map_or(self.now.0, |row| row.first_learned_at),
            project: self.source.project(&record.project).0,
            key: record.key.clone(),
            previous_keys: previous_keys(before, &record.key),
            kind: record.kind.as_str().to_owned(),
            title: record.title.clone(),
            url: record.url.clone(),
            status_name: record.status.name.clone(),
            status_category: record.status.category.as_str().to_owned(),
            priority_name: record.priority.name.clone(),
            priority_level: record.priority.level.as_str().to_owned(),
            assignees: json_list(&assignees),
            author: record.author.as_ref().map(|id| self.names.person(id).0),
            labels: json_list(&record.labels),
            milestone: record.milestone.clone(),
            sprint: record.sprint.clone(),
            parent_task: parent_task.flatten(),
            parent_key,
            start_on: record.start_on.map(|date| date.to_string()),
            due_on: record.due_on.map(|date| date.to_string()),
            created_at: record.created_at.0,
            updated_at: record.updated_at.0,
            started_at: record.started_at.map(|at| at.0),
            closed_at: record.closed_at.map(|at| at.0),
            estimate_seconds: record.estimate_seconds,
            time_spent_seconds: record.time_spent_seconds,
            presence: Presence::Present.as_str().to_owned(),
        };
        let listed = |empty: bool, json: String| (!empty).then_some(json);
        let detail = DetailRow {
            task: candidate.id,
            body: record.body.clone(),
            criteria: listed(record.criteria.is_empty(), json_list(&record.criteria)),
            fields: listed(record.fields.is_empty(), json_list(&record.fields)),
        };
        Whole { task, detail }
    }

    /// A task became known: that, and what the tool tells of its past, in the order of occurrence.
    fn log_new(&mut self, whole: &Whole, history: Vec<NewChange>) {
        let row = &whole.task;
        let created = NewChange {
            subject: Subject::Task(TaskId(row.id)),
            field: "created".into(),
            before: None,
            after: Some(serde_json::json!({ "key": row.key, "title": row.title })),
            actor: row.author.map(PersonId),
            occurred_at: mainstem_model::Timestamp(row.created_at),
            history_key: None,
        };
        let first = self.changes.len();
        self.changes.push(created);
        self.changes.extend(history);
        self.changes[first..].sort_by_key(|change| change.occurred_at);
    }

    fn log_changed(
        &mut self,
        stored: &Whole,
        whole: &Whole,
        history: Vec<NewChange>,
        logged: &[Logged],
    ) {
        let first = self.changes.len();
        let untold = history::untold(history, logged);
        let differences = diff::between(stored, whole, self.now)
            .into_iter()
            .filter(|change| !history::explains(change, &untold, logged, stored.task.updated_at))
            .collect::<Vec<_>>();
        self.changes.extend(untold);
        self.changes.extend(differences);
        if self.changes.len() == first && diff::shows(&stored.task, &whole.task) {
            // Whoever keeps a copy learns of every written task from the log, so none may go without
            // an entry.
            self.changes.push(diff::touch(&stored.task, &whole.task));
        }
        self.changes[first..].sort_by_key(|change| change.occurred_at);
    }

    async fn write_tasks(&mut self, written: &[(&Candidate<'_>, Whole)]) -> Result<(), StoreError> {
        let of = |verdict| written.iter().filter(move |(one, _)| one.verdict == verdict);
        let tasks = |verdict| of(verdict).map(|(_, whole)| task_values(&whole.task)).collect();
        let (new, changed): (Vec<_>, Vec<_>) = (tasks(Verdict::New), tasks(Verdict::Changed));
        TASK.write_new(&mut self.transaction, &new).await?;
        TASK.write(&mut self.transaction, &changed).await?;
        let details = |verdict| {
            let details =
                of(verdict).map(|(one, whole)| detail_values(&whole.detail, one.prepared));
            details.collect()
        };
        let (new, changed): (Vec<_>, Vec<_>) = (details(Verdict::New), details(Verdict::Changed));
        DETAIL.write_new(&mut self.transaction, &new).await?;
        DETAIL.write(&mut self.transaction, &changed).await?;
        let previous: Vec<(String, Uuid)> = written
            .iter()
            .flat_map(|(_, whole)| {
                let keys: Vec<String> = list_of_json(&whole.task.previous_keys);
                keys.into_iter().map(|key| (key, whole.task.id))
            })
            .collect();
        let previous: Vec<_> = previous
            .iter()
            .map(|(key, task)| {
                [Value::Id(Some(self.source.0)), Value::Text(Some(key)), Value::Id(Some(*task))]
            })
            .collect();
        PREVIOUS_KEY.write(&mut self.transaction, &previous).await
    }
}

fn of_verdict(candidates: &[Candidate<'_>], wanted: impl Fn(&Candidate<'_>) -> bool) -> Vec<Uuid> {
    candidates.iter().filter(|candidate| wanted(candidate)).map(|candidate| candidate.id).collect()
}

/// A parent as two columns hold it.
pub(super) fn stored_parent(task: Option<Uuid>, key: Option<&str>) -> Option<LinkEnd> {
    key.map(|key| LinkEnd::new(task.map(TaskId), key.to_owned()))
}

/// The keys that a task had before, oldest first, its present one not among them.
fn previous_keys(before: Option<&TaskRow>, key: &str) -> String {
    let Some(before) = before else { return "[]".to_owned() };
    if before.key == key {
        return before.previous_keys.clone();
    }
    let mut keys: Vec<String> = list_of_json(&before.previous_keys);
    keys.retain(|previous| previous != key && *previous != before.key);
    keys.push(before.key.clone());
    json_list(&keys)
}

pub(super) fn json_list<T: serde::Serialize>(items: &[T]) -> String {
    // Texts, ids and plain structs always serialise.
    serde_json::to_string(items).unwrap_or_else(|_| "[]".to_owned())
}

/// A list that [`json_list`] wrote.
pub(super) fn list_of_json(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

fn detail_values<'v>(row: &'v DetailRow, prepared: &'v Prepared) -> [Value<'v>; 5] {
    [
        Value::Id(Some(row.task)),
        Value::Text(row.body.as_deref()),
        Value::Text(row.criteria.as_deref()),
        Value::Text(row.fields.as_deref()),
        Value::Bytes(&prepared.raw),
    ]
}

fn task_values(row: &TaskRow) -> [Value<'_>; 35] {
    [
        Value::Id(Some(row.id)),
        Value::Id(Some(row.source)),
        Value::Text(Some(&row.external_id)),
        Value::Text(Some(&row.locator)),
        Value::Text(Some(&row.scope)),
        Value::Number(Some(row.version)),
        Value::Bytes(&row.content_hash),
        Value::Text(row.census_token.as_deref()),
        Value::Number(Some(row.first_learned_at)),
        Value::Id(Some(row.project)),
        Value::Text(Some(&row.key)),
        Value::Text(Some(&row.previous_keys)),
        Value::Text(Some(&row.kind)),
        Value::Text(Some(&row.title)),
        Value::Text(row.url.as_deref()),
        Value::Text(Some(&row.status_name)),
        Value::Text(Some(&row.status_category)),
        Value::Text(row.priority_name.as_deref()),
        Value::Text(Some(&row.priority_level)),
        Value::Text(Some(&row.assignees)),
        Value::Id(row.author),
        Value::Text(Some(&row.labels)),
        Value::Text(row.milestone.as_deref()),
        Value::Text(row.sprint.as_deref()),
        Value::Id(row.parent_task),
        Value::Text(row.parent_key.as_deref()),
        Value::Text(row.start_on.as_deref()),
        Value::Text(row.due_on.as_deref()),
        Value::Number(Some(row.created_at)),
        Value::Number(Some(row.updated_at)),
        Value::Number(row.started_at),
        Value::Number(row.closed_at),
        Value::Number(row.estimate_seconds),
        Value::Number(row.time_spent_seconds),
        Value::Text(Some(&row.presence)),
    ]
}
