//! Loading whole tables for the read model, page by page, or particular rows by id.

use std::collections::HashMap;

use mainstem_model::{
    Away, Evidence, Identity, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, LinkReview, PersonId,
    Presence, Priority, PriorityLevel, Project, ProjectId, SourceId, Status, StatusCategory, Task,
    TaskId, TaskKind, Timestamp,
};
use serde::Deserialize;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::conditions::{Conditions, Parameter, bind_all};
use crate::decode::{date, list, word};
use crate::dialect::{read, row};
use crate::packed::Packed;
use crate::{Store, StoreError};

impl Store {
    /// Tasks with an id above `after`, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn load_tasks(
        &self,
        after: Option<TaskId>,
        limit: u32,
    ) -> Result<Vec<Task>, StoreError> {
        let after = after.map_or(Uuid::nil(), |task| task.0);
        let parameters = vec![Parameter::Id(after), Parameter::Number(limit.into())];
        let rows: Vec<TaskRow> =
            self.select_packed("FROM task WHERE id > $1 ORDER BY id LIMIT $2", parameters).await?;
        rows.into_iter().map(TaskRow::read).collect()
    }

    /// These tasks, in no order; those that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn tasks_by_id(&self, ids: &[TaskId]) -> Result<Vec<Task>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("id", ids.iter().map(|id| id.0).collect());
        let (condition, parameters) = conditions.finish();
        let from = format!("FROM task WHERE {condition}");
        let rows: Vec<TaskRow> = self.select_packed(&from, parameters).await?;
        rows.into_iter().map(TaskRow::read).collect()
    }

    /// Links of tools and texts, also those that have ended, page by page in the order of
    /// (`stated_by`, `id`, `since`).
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn load_links(
        &self,
        after: Option<(TaskId, LinkId, Timestamp)>,
        limit: u32,
    ) -> Result<Vec<Link>, StoreError> {
        let (task, link, since) = after.map_or((Uuid::nil(), Uuid::nil(), 0), |after| {
            let (task, link, since) = after;
            (task.0, link.0, since.0)
        });
        let from = "FROM link WHERE (stated_by, id, since_at) > ($1, $2, $3)
            ORDER BY stated_by, id, since_at LIMIT $4";
        let parameters = vec![
            Parameter::Id(task),
            Parameter::Id(link),
            Parameter::Number(since),
            Parameter::Number(limit.into()),
        ];
        let rows: Vec<LinkRow> = self.select_packed(from, parameters).await?;
        rows.into_iter().map(LinkRow::read).collect()
    }

    /// Every link that was made here, also those that have ended.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn load_declared_links(&self) -> Result<Vec<Link>, StoreError> {
        let columns = LinkRow::COLUMNS;
        let text = format!("SELECT {columns} FROM declared_link ORDER BY stated_by, id, since_at");
        let rows: Vec<LinkRow> =
            read!(self, pool => sqlx::query_as(AssertSqlSafe(text)).fetch_all(pool).await)?;
        rows.into_iter().map(LinkRow::read).collect()
    }

    /// Links that these tasks state, also those that have ended, wherever they come from.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn links_stated_by(&self, tasks: &[TaskId]) -> Result<Vec<Link>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("stated_by", tasks.iter().map(|task| task.0).collect());
        let (condition, parameters) = conditions.finish();
        let columns = LinkRow::COLUMNS;
        let text = format!(
            "SELECT {columns} FROM link WHERE {condition}
             UNION ALL SELECT {columns} FROM declared_link WHERE {condition}
             ORDER BY stated_by, id, since_at"
        );
        let rows: Vec<LinkRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        rows.into_iter().map(LinkRow::read).collect()
    }

    /// What people said of links that texts state, by the id of the link.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn link_reviews(&self) -> Result<HashMap<LinkId, LinkReview>, StoreError> {
        let text = "SELECT link, review FROM link_review";
        let rows: Vec<(Uuid, String)> =
            read!(self, pool => sqlx::query_as(text).fetch_all(pool).await)?;
        let read = |(link, review): (Uuid, String)| {
            let link = LinkId(link);
            let place = || format!("link_review.review of {link}");
            Ok((link, word(&review, LinkReview::from_word, place)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Every identity, with its absence and what an admin decided of it, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn load_identities(&self) -> Result<Vec<Identity>, StoreError> {
        self.select_identities(Conditions::new(self.dialect(), "TRUE")).await
    }

    /// These identities, by id; those that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn identities_by_id(&self, ids: &[PersonId]) -> Result<Vec<Identity>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("identity.id", ids.iter().map(|id| id.0).collect());
        self.select_identities(conditions).await
    }

    /// Every project, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn load_projects(&self) -> Result<Vec<Project>, StoreError> {
        self.select_projects(Conditions::new(self.dialect(), "TRUE")).await
    }

    /// These projects, by id; those that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn projects_by_id(&self, ids: &[ProjectId]) -> Result<Vec<Project>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_ids("id", ids.iter().map(|id| id.0).collect());
        self.select_projects(conditions).await
    }

    /// Ids under which a task was once known, and the task that it is now. A `movedTo` entry in the
    /// log says that this list has grown.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn redirects(&self) -> Result<Vec<(TaskId, TaskId)>, StoreError> {
        let text = "SELECT from_id, to_id FROM task_redirect ORDER BY from_id";
        let rows: Vec<(Uuid, Uuid)> =
            read!(self, pool => sqlx::query_as(text).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|(from, to)| (TaskId(from), TaskId(to))).collect())
    }

    async fn select_identities(&self, conditions: Conditions) -> Result<Vec<Identity>, StoreError> {
        let (condition, parameters) = conditions.finish();
        let columns = IdentityRow::COLUMNS;
        let text = format!(
            "SELECT {columns} FROM identity
             LEFT JOIN availability USING (source, external_id)
             LEFT JOIN person_decision USING (source, external_id)
             WHERE {condition} ORDER BY id"
        );
        let rows: Vec<IdentityRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(IdentityRow::read).collect())
    }

    async fn select_projects(&self, conditions: Conditions) -> Result<Vec<Project>, StoreError> {
        let (condition, parameters) = conditions.finish();
        let columns = ProjectRow::COLUMNS;
        let text = format!("SELECT {columns} FROM project WHERE {condition} ORDER BY id");
        let rows: Vec<ProjectRow> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(ProjectRow::read).collect())
    }
}

row! {
    #[derive(Deserialize)]
    TaskRow {
        id: Uuid,
        source: Uuid,
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
        reopened_at: Option<i64>,
        estimate_seconds: Option<i64>,
        time_spent_seconds: Option<i64>,
        presence: String,
        scope: String,
    }
}

impl Packed for TaskRow {
    const COLUMNS: &'static str = Self::COLUMNS;
    const IDS: &'static [&'static str] = &["id", "source", "project", "author", "parent_task"];
}

impl TaskRow {
    fn read(self) -> Result<Task, StoreError> {
        let place = |column: &str| format!("task.{column} of {}", TaskId(self.id));
        Ok(Task {
            id: TaskId(self.id),
            source: SourceId(self.source),
            project: ProjectId(self.project),
            previous_keys: list(&self.previous_keys, || place("previous_keys"))?,
            kind: word(&self.kind, TaskKind::from_word, || place("kind"))?,
            status: Status {
                category: word(&self.status_category, StatusCategory::from_word, || {
                    place("status_category")
                })?,
                name: self.status_name,
            },
            priority: Priority {
                level: word(&self.priority_level, PriorityLevel::from_word, || {
                    place("priority_level")
                })?,
                name: self.priority_name,
            },
            assignees: list(&self.assignees, || place("assignees"))?,
            author: self.author.map(PersonId),
            labels: list(&self.labels, || place("labels"))?,
            parent: self.parent_key.map(|key| LinkEnd::new(self.parent_task.map(TaskId), key)),
            start_on: date(self.start_on.as_deref(), || place("start_on"))?,
            due_on: date(self.due_on.as_deref(), || place("due_on"))?,
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            started_at: self.started_at.map(Timestamp),
            closed_at: self.closed_at.map(Timestamp),
            reopened_at: self.reopened_at.map(Timestamp),
            estimate_seconds: self.estimate_seconds,
            time_spent_seconds: self.time_spent_seconds,
            presence: word(&self.presence, Presence::from_word, || place("presence"))?,
            key: self.key,
            title: self.title,
            url: self.url,
            milestone: self.milestone,
            sprint: self.sprint,
            scope: self.scope,
        })
    }
}

row! {
    #[derive(Deserialize)]
    LinkRow {
        stated_by: Uuid,
        id: Uuid,
        since_at: i64,
        until_at: Option<i64>,
        source: Uuid,
        kind: String,
        from_task: Option<Uuid>,
        from_key: String,
        from_site: Option<String>,
        to_task: Option<Uuid>,
        to_key: String,
        to_site: Option<String>,
        origin: String,
        confidence: f64,
        evidence: String,
    }
}

impl Packed for LinkRow {
    const COLUMNS: &'static str = Self::COLUMNS;
    const IDS: &'static [&'static str] = &["stated_by", "id", "source", "from_task", "to_task"];
}

impl LinkRow {
    fn read(self) -> Result<Link, StoreError> {
        let place = |column: &str| {
            format!("link.{column} of {} stated by {}", LinkId(self.id), TaskId(self.stated_by))
        };
        Ok(Link {
            id: LinkId(self.id),
            kind: word(&self.kind, LinkKind::from_word, || place("kind"))?,
            from: LinkEnd {
                task: self.from_task.map(TaskId),
                key: self.from_key,
                site: self.from_site,
            },
            to: LinkEnd { task: self.to_task.map(TaskId), key: self.to_key, site: self.to_site },
            origin: word(&self.origin, LinkOrigin::from_word, || place("origin"))?,
            confidence: self.confidence,
            stated_by: TaskId(self.stated_by),
            source: SourceId(self.source),
            evidence: list(&self.evidence, || place("evidence"))?,
            since: Timestamp(self.since_at),
            until: self.until_at.map(Timestamp),
        })
    }
}

row! {
    /// An identity, with its absence and the person that an admin decided it to be.
    IdentityRow {
        id: Uuid,
        source: Uuid,
        external_id: String,
        handle: Option<String>,
        name: Option<String>,
        email: Option<String>,
        self_asserted: bool,
        until_at: Option<i64>,
        quote: Option<String>,
        url: Option<String>,
        said_at: Option<i64>,
        person: Option<Uuid>,
    }
}

impl IdentityRow {
    fn read(self) -> Identity {
        let away = match (self.until_at, self.quote, self.said_at) {
            (Some(until), Some(quote), Some(said_at)) => Some(Away {
                until: Timestamp(until),
                evidence: Evidence {
                    quote,
                    url: self.url,
                    comment: None,
                    seen_at: Timestamp(said_at),
                },
            }),
            _ => None,
        };
        Identity {
            away,
            id: PersonId(self.id),
            source: SourceId(self.source),
            external_id: self.external_id,
            handle: self.handle,
            name: self.name,
            email: self.email,
            self_asserted: self.self_asserted,
            decided: self.person.map(PersonId),
        }
    }
}

row! {
    ProjectRow {
        id: Uuid,
        source: Uuid,
        key: String,
        name: String,
        url: Option<String>,
    }
}

impl ProjectRow {
    fn read(self) -> Project {
        Project {
            id: ProjectId(self.id),
            source: SourceId(self.source),
            key: self.key,
            name: self.name,
            url: self.url,
        }
    }
}
