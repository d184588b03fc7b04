//! What an admin decided of who is one person.

use std::collections::{BTreeMap, HashMap};

use mainstem_model::{ChangeCause, PersonId, Position, SourceId, Subject};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::apply::changes::{self, NewChange};
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Dialect, Ids, Transaction, execute, run};
use crate::{DecidedPerson, NewAuditRecord, Store, StoreError};

const DECISION: Table = Table {
    name: "person_decision",
    key: "source, external_id",
    columns: &[("source", Kind::Id), ("external_id", Kind::Text), ("person", Kind::Id)],
    on_conflict: OnConflict::Replace,
};

/// An identity that a decision names, and whose it is from now on.
struct Decided<'d> {
    source: SourceId,
    external_id: &'d str,
    person: PersonId,
}

impl<'d> Decided<'d> {
    fn all_of(person: &'d DecidedPerson) -> impl Iterator<Item = Self> {
        let decided = |(source, external_id): &'d (SourceId, String)| Self {
            source: *source,
            external_id,
            person: person.id,
        };
        person.identities.iter().map(decided)
    }
}

impl Store {
    /// Keeps what an admin decided, with a record of who it was, in one transaction; answers the
    /// position from which on a read model shows it. What is so already changes nothing but the record.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing was written.
    pub async fn decide_people(
        &self,
        people: &[DecidedPerson],
        record: &NewAuditRecord,
    ) -> Result<Position, StoreError> {
        let mut transaction = self.begin().await?;
        // One decision after the other, so that none is made of what another is about to change.
        transaction.hold_decisions().await?;
        let decided: Vec<Decided<'_>> = people.iter().flat_map(Decided::all_of).collect();
        let new = transaction.without_known(&decided).await?;
        for person in people {
            transaction.take_over(person).await?;
        }
        let rows: Vec<_> = decided
            .iter()
            .map(|decided| {
                [
                    Value::Id(Some(decided.source.0)),
                    Value::Text(Some(decided.external_id)),
                    Value::Id(Some(decided.person.0)),
                ]
            })
            .collect();
        DECISION.write(&mut transaction, &rows).await?;
        transaction.record(record, self.now()).await?;
        let position = transaction.log_decided(&new).await?;
        transaction.commit().await?;
        self.ring(position);
        Ok(position)
    }
}

impl Transaction<'_> {
    async fn hold_decisions(&mut self) -> Result<(), StoreError> {
        if self.dialect() == Dialect::Postgres {
            let text = "LOCK TABLE person_decision IN SHARE ROW EXCLUSIVE MODE";
            execute!(self, sqlx::query(text))?;
        }
        Ok(())
    }

    /// Whoever was decided to be one of these people is this one now, also where their source is
    /// not here at the moment.
    async fn take_over(&mut self, person: &DecidedPerson) -> Result<(), StoreError> {
        let text = format!(
            "UPDATE person_decision SET person = $1 WHERE {}",
            self.dialect().among_ids("person", 2)
        );
        let former = Ids(person.takes_over.iter().map(|person| person.0).collect());
        execute!(self, sqlx::query(AssertSqlSafe(text)).bind(person.id.0).bind(former))?;
        Ok(())
    }

    /// Leaves out what is decided so already.
    async fn without_known<'d>(
        &mut self,
        decided: &'d [Decided<'d>],
    ) -> Result<Vec<&'d Decided<'d>>, StoreError> {
        let text = format!(
            "SELECT source, external_id, person FROM person_decision WHERE {}",
            self.dialect().among_ids("source", 1)
        );
        let sources = Ids(decided.iter().map(|decided| decided.source.0).collect());
        let rows: Vec<(Uuid, String, Uuid)> = run!(self, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(sources).fetch_all(connection).await)?;
        let known: HashMap<(Uuid, String), Uuid> =
            rows.into_iter().map(|(source, id, person)| ((source, id), person)).collect();
        let is_new = |decided: &&Decided<'_>| {
            let key = (decided.source.0, decided.external_id.to_owned());
            known.get(&key) != Some(&decided.person.0)
        };
        Ok(decided.iter().filter(is_new).collect())
    }

    /// Tells the read models whom to look at again.
    async fn log_decided(&mut self, decided: &[&Decided<'_>]) -> Result<Position, StoreError> {
        let now = self.store.now();
        let mut by_source: BTreeMap<SourceId, Vec<NewChange>> = BTreeMap::new();
        for decided in decided {
            by_source.entry(decided.source).or_default().push(NewChange {
                subject: Subject::Person(decided.source.person(decided.external_id)),
                field: "person".into(),
                before: None,
                after: None,
                actor: None,
                occurred_at: now,
                history_key: None,
            });
        }
        let mut position = changes::head(self).await?;
        for (source, changes) in by_source {
            position = changes::append(self, source, ChangeCause::Api, now, &changes).await?;
        }
        Ok(position)
    }
}
