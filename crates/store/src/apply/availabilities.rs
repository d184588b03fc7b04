//! Who is away. Of what somebody said only the last is kept, whichever arrives last.

use std::collections::{BTreeMap, HashMap};

use mainstem_model::record::AvailabilityRecord;
use mainstem_model::{Subject, Timestamp};
use sqlx::AssertSqlSafe;

use super::Apply;
use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Texts, row, run};

const AVAILABILITY: Table = Table {
    name: "availability",
    key: "source, external_id",
    columns: &[
        ("source", Kind::Id),
        ("external_id", Kind::Text),
        ("until_at", Kind::Number),
        ("quote", Kind::Text),
        ("url", Kind::Text),
        ("said_at", Kind::Number),
    ],
    on_conflict: OnConflict::Replace,
};

row! {
    /// In the order in which what was said last is the greatest.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    AvailabilityRow {
        said_at: i64,
        until_at: i64,
        quote: String,
        url: Option<String>,
        external_id: String,
    }
}

impl Apply<'_> {
    pub(super) async fn availabilities(
        &mut self,
        records: &[AvailabilityRecord],
    ) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut said: BTreeMap<&str, AvailabilityRow> = BTreeMap::new();
        for record in records {
            let row = AvailabilityRow {
                said_at: record.said_at.0,
                until_at: Timestamp::end_of(record.until).0,
                quote: record.quote.clone(),
                url: record.url.clone(),
                external_id: record.person.to_string(),
            };
            let known = said.remove(&*record.person);
            said.insert(&record.person, known.into_iter().fold(row, Ord::max));
        }
        let stored = self.stored_availabilities(said.keys().copied()).await?;
        let is_new =
            |row: &AvailabilityRow| stored.get(&row.external_id).is_none_or(|stored| stored < row);
        let new: Vec<AvailabilityRow> = said.into_values().filter(is_new).collect();
        for row in &new {
            self.log(Subject::Person(self.source.person(&row.external_id)), "availability");
        }
        self.applied.others_written += new.len() as u64;
        let rows: Vec<_> = new
            .iter()
            .map(|row| {
                [
                    Value::Id(Some(self.source.0)),
                    Value::Text(Some(&row.external_id)),
                    Value::Number(Some(row.until_at)),
                    Value::Text(Some(&row.quote)),
                    Value::Text(row.url.as_deref()),
                    Value::Number(Some(row.said_at)),
                ]
            })
            .collect();
        AVAILABILITY.write(&mut self.transaction, &rows).await
    }

    async fn stored_availabilities<'r>(
        &mut self,
        people: impl Iterator<Item = &'r str>,
    ) -> Result<HashMap<String, AvailabilityRow>, StoreError> {
        let text = format!(
            "SELECT {} FROM availability WHERE source = $1 AND {}",
            AvailabilityRow::COLUMNS,
            self.transaction.dialect().among("external_id", 2)
        );
        let people = Texts(people.map(str::to_owned).collect());
        let rows: Vec<AvailabilityRow> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(self.source.0)
                .bind(people)
                .fetch_all(connection)
                .await)?;
        Ok(rows.into_iter().map(|row| (row.external_id.clone(), row)).collect())
    }
}
