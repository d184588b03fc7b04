//! People and projects.

use std::collections::{BTreeMap, HashMap};

use mainstem_model::Subject;
use mainstem_model::record::{PersonRecord, ProjectRecord};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Ids, Texts, row, run};

const IDENTITY: Table = Table {
    name: "identity",
    key: "source, external_id",
    columns: &[
        ("source", Kind::Id),
        ("external_id", Kind::Text),
        ("id", Kind::Id),
        ("handle", Kind::Text),
        ("name", Kind::Text),
        ("email", Kind::Text),
        ("self_asserted", Kind::Flag),
    ],
    on_conflict: OnConflict::Replace,
};

const PROJECT: Table = Table {
    name: "project",
    key: "id",
    columns: &[
        ("id", Kind::Id),
        ("source", Kind::Id),
        ("external_id", Kind::Text),
        ("key", Kind::Text),
        ("name", Kind::Text),
        ("url", Kind::Text),
    ],
    on_conflict: OnConflict::Replace,
};

row! {
    /// How the tool knows a person.
    #[derive(Clone, PartialEq)]
    IdentityRow {
        external_id: String,
        handle: Option<String>,
        name: Option<String>,
        email: Option<String>,
        self_asserted: bool,
    }
}

row! {
    /// A project, without its source, which is the batch's.
    #[derive(PartialEq)]
    ProjectRow {
        id: Uuid,
        external_id: String,
        key: String,
        name: String,
        url: Option<String>,
    }
}

impl Apply<'_> {
    pub(super) async fn people(&mut self, records: &[PersonRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        // Ordered, so that two writers never wait for each other's rows crosswise.
        let records: BTreeMap<&str, &PersonRecord> =
            records.iter().map(|record| (&*record.external_id, record)).collect();
        let stored = self.identities(records.keys().copied()).await?;
        let mut written: Vec<IdentityRow> = Vec::new();
        for (external_id, record) in records {
            let stored = stored.get(external_id);
            // A payload that shows less of a person takes nothing away.
            let known = |new: &Option<String>, old: fn(&IdentityRow) -> &Option<String>| {
                new.clone().or_else(|| stored.and_then(|row| old(row).clone()))
            };
            let row = IdentityRow {
                external_id: external_id.to_owned(),
                handle: known(&record.handle, |row| &row.handle),
                name: known(&record.name, |row| &row.name),
                email: known(&record.email, |row| &row.email),
                self_asserted: record.self_asserted,
            };
            if stored != Some(&row) {
                self.log(Subject::Person(self.source.person(external_id)), "person");
                written.push(row);
            }
        }
        self.applied.others_written += written.len() as u64;
        self.write_identities(&written).await
    }

    async fn identities<'r>(
        &mut self,
        external_ids: impl Iterator<Item = &'r str>,
    ) -> Result<HashMap<String, IdentityRow>, StoreError> {
        let text = format!(
            "SELECT {} FROM identity WHERE source = $1 AND {}",
            IdentityRow::COLUMNS,
            self.transaction.dialect().among("external_id", 2)
        );
        let external_ids = Texts(external_ids.map(str::to_owned).collect());
        let rows: Vec<IdentityRow> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(self.source.0)
                .bind(external_ids)
                .fetch_all(connection)
                .await)?;
        Ok(rows.into_iter().map(|row| (row.external_id.clone(), row)).collect())
    }

    async fn write_identities(&mut self, rows: &[IdentityRow]) -> Result<(), StoreError> {
        let identities: Vec<_> = rows
            .iter()
            .map(|row| {
                [
                    Value::Id(Some(self.source.0)),
                    Value::Text(Some(&row.external_id)),
                    Value::Id(Some(self.source.person(&row.external_id).0)),
                    Value::Text(row.handle.as_deref()),
                    Value::Text(row.name.as_deref()),
                    Value::Text(row.email.as_deref()),
                    Value::Flag(row.self_asserted),
                ]
            })
            .collect();
        IDENTITY.write(&mut self.transaction, &identities).await
    }

    pub(super) async fn projects(&mut self, records: &[ProjectRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let rows: BTreeMap<Uuid, ProjectRow> = records
            .iter()
            .map(|record| {
                let id = self.source.project(&record.external_id).0;
                let row = ProjectRow {
                    id,
                    external_id: record.external_id.to_string(),
                    key: record.key.clone(),
                    name: record.name.clone(),
                    url: record.url.clone(),
                };
                (id, row)
            })
            .collect();
        let text = format!(
            "SELECT {} FROM project WHERE {}",
            ProjectRow::COLUMNS,
            self.transaction.dialect().among_ids("id", 1)
        );
        let ids = Ids(rows.keys().copied().collect());
        let stored: Vec<ProjectRow> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(ids).fetch_all(connection).await)?;
        let changed: Vec<_> = rows.into_values().filter(|row| !stored.contains(row)).collect();
        for row in &changed {
            self.log(Subject::Project(mainstem_model::ProjectId(row.id)), "project");
        }
        self.applied.others_written += changed.len() as u64;
        let values: Vec<_> = changed
            .iter()
            .map(|row| {
                [
                    Value::Id(Some(row.id)),
                    Value::Id(Some(self.source.0)),
                    Value::Text(Some(&row.external_id)),
                    Value::Text(Some(&row.key)),
                    Value::Text(Some(&row.name)),
                    Value::Text(row.url.as_deref()),
                ]
            })
            .collect();
        PROJECT.write(&mut self.transaction, &values).await
    }

    /// An entry that only tells read models to look again.
    pub(super) fn log(&mut self, subject: Subject, field: &'static str) {
        self.changes.push(NewChange {
            subject,
            field: field.into(),
            before: None,
            after: None,
            actor: None,
            occurred_at: self.now,
            history_key: None,
        });
    }
}
