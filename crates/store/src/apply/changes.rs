//! Appending to the change log.
//!
//! A follower reads "everything after position N", so positions must become visible in order and
//! without gaps. A sequence hands out numbers in the order of the calls, but rows become visible in
//! the order of the commits: a follower that has seen 8 would never see a 7 that commits later. So
//! positions come from one row of `change_head`. Whoever updates it holds it until the end of the
//! transaction, and the next one takes its positions only after that commit. It is taken last, just
//! before the rows of the log, so that others wait as short a time as can be.

use std::borrow::Cow;

use mainstem_model::{ChangeCause, PersonId, Position, SourceId, Subject, Timestamp};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::StoreError;
use crate::bulk::{Kind, OnConflict, Table, Value};
use crate::dialect::{Transaction, run};

/// An entry of the log that has no position yet.
#[derive(Debug, Clone)]
pub(crate) struct NewChange {
    pub(crate) subject: Subject,
    pub(crate) field: Cow<'static, str>,
    pub(crate) before: Option<Json>,
    pub(crate) after: Option<Json>,
    pub(crate) actor: Option<PersonId>,
    pub(crate) occurred_at: Timestamp,
    /// Names it within its task where the tool's own history told it.
    pub(crate) history_key: Option<String>,
}

const CHANGE: Table = Table {
    name: "change",
    key: "position",
    columns: &[
        ("position", Kind::Number),
        ("source", Kind::Id),
        ("subject_kind", Kind::Text),
        ("subject", Kind::Id),
        ("field", Kind::Text),
        ("before_value", Kind::Text),
        ("after_value", Kind::Text),
        ("actor", Kind::Id),
        ("occurred_at", Kind::Number),
        ("learned_at", Kind::Number),
        ("cause", Kind::Text),
        ("history_key", Kind::Text),
    ],
    on_conflict: OnConflict::Fail,
};

/// Appends entries in this order and answers the newest position. The last thing to do before the
/// commit.
pub(crate) async fn append(
    transaction: &mut Transaction<'_>,
    source: SourceId,
    cause: ChangeCause,
    learned_at: Timestamp,
    changes: &[NewChange],
) -> Result<Position, StoreError> {
    const TAKE: &str = "UPDATE change_head SET position = position + $1 RETURNING position";
    if changes.is_empty() {
        return head(transaction).await;
    }
    let values: Vec<[Option<String>; 2]> = changes
        .iter()
        .map(|change| {
            [&change.before, &change.after].map(|value| value.as_ref().map(Json::to_string))
        })
        .collect();
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let head: i64 = run!(transaction, connection =>
        sqlx::query_scalar(TAKE).bind(count).fetch_one(connection).await)?;
    let first = head - count + 1;
    let rows: Vec<_> = changes
        .iter()
        .zip(&values)
        .zip(first..)
        .map(|((change, [before, after]), position)| {
            let (subject_kind, subject) = subject_columns(change.subject);
            [
                Value::Number(Some(position)),
                Value::Id(Some(source.0)),
                Value::Text(Some(subject_kind)),
                Value::Id(Some(subject)),
                Value::Text(Some(&change.field)),
                Value::Text(before.as_deref()),
                Value::Text(after.as_deref()),
                Value::Id(change.actor.map(|actor| actor.0)),
                Value::Number(Some(change.occurred_at.0)),
                Value::Number(Some(learned_at.0)),
                Value::Text(Some(cause.as_str())),
                Value::Text(change.history_key.as_deref()),
            ]
        })
        .collect();
    CHANGE.write(transaction, &rows).await?;
    Ok(Position(head))
}

/// The newest position.
pub(crate) async fn head(transaction: &mut Transaction<'_>) -> Result<Position, StoreError> {
    let text = "SELECT position FROM change_head";
    let head = run!(transaction, connection =>
        sqlx::query_scalar(text).fetch_one(connection).await)?;
    Ok(Position(head))
}

/// A subject as two columns.
const fn subject_columns(subject: Subject) -> (&'static str, Uuid) {
    match subject {
        Subject::Task(id) => ("task", id.0),
        Subject::Person(id) => ("person", id.0),
        Subject::Project(id) => ("project", id.0),
        Subject::Source(id) => ("source", id.0),
    }
}
