//! Writing many rows with few statements: arrays on PostgreSQL, rows of VALUES on SQLite.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::StoreError;
use crate::dialect::{Open, Transaction};

/// Rows in one statement on SQLite. Each statement has a fixed price, a hop to the driver's thread and
/// back; measured, that price no longer shows from 20 rows on, and more rows only cost memory.
const SQLITE_ROWS: usize = 50;

/// Parameters that SQLite takes in one statement.
const SQLITE_PARAMETERS: usize = 32_766;

/// A table that is written in bulk.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The columns of its key, separated by commas.
    pub(crate) key: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
    pub(crate) on_conflict: OnConflict,
}

/// What becomes of a row, by whether its key is taken.
pub(crate) enum OnConflict {
    /// It replaces the stored one.
    Replace,
    /// The stored one stays.
    Keep,
    /// The statement fails: there must be none.
    Fail,
    /// Its columns that are given are replaced; a row whose key is free is left out. The key is one
    /// column.
    Update,
}

/// What a column holds; the same on both databases.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Id,
    Text,
    Number,
    Bytes,
    Real,
    Flag,
}

/// One value of one row, of the kind of its column.
pub(crate) enum Value<'a> {
    Id(Option<Uuid>),
    Text(Option<&'a str>),
    Number(Option<i64>),
    Bytes(&'a [u8]),
    Real(f64),
    Flag(bool),
}

impl Table {
    /// Writes rows, each with a value for each column. No two of them may have the same key.
    pub(crate) async fn write<const N: usize>(
        &self,
        transaction: &mut Transaction<'_>,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), StoreError> {
        self.write_rows(transaction, &self.on_conflict, rows).await
    }

    /// Writes rows whose keys are free, which spares the database the look for them; the statement fails
    /// where one is not.
    pub(crate) async fn write_new<const N: usize>(
        &self,
        transaction: &mut Transaction<'_>,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), StoreError> {
        self.write_rows(transaction, &OnConflict::Fail, rows).await
    }

    async fn write_rows<const N: usize>(
        &self,
        transaction: &mut Transaction<'_>,
        on_conflict: &OnConflict,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        match transaction.open {
            Open::Sqlite(_) => self.write_values(transaction, on_conflict, rows).await,
            Open::Postgres(_) => self.write_arrays(transaction, on_conflict, rows).await,
        }
    }

    async fn write_values<const N: usize>(
        &self,
        transaction: &mut Transaction<'_>,
        on_conflict: &OnConflict,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), StoreError> {
        let full = SQLITE_ROWS.min(SQLITE_PARAMETERS / N);
        for chunk in rows.chunks(full) {
            let mut given = String::from("VALUES ");
            for row in 0..chunk.len() {
                given.push_str(if row == 0 { "(?" } else { ",(?" });
                given.extend(std::iter::repeat_n(",?", N - 1));
                given.push(')');
            }
            let text = self.statement(on_conflict, &given);
            // Only full chunks come again and again; keeping every odd length prepared would push
            // them out of the cache.
            let mut query =
                sqlx::query::<sqlx::Sqlite>(AssertSqlSafe(text)).persistent(chunk.len() == full);
            for value in chunk.iter().flatten() {
                query = match value {
                    Value::Id(value) => query.bind(*value),
                    Value::Text(value) => query.bind(*value),
                    Value::Number(value) => query.bind(*value),
                    Value::Bytes(value) => query.bind(*value),
                    Value::Real(value) => query.bind(*value),
                    Value::Flag(value) => query.bind(*value),
                };
            }
            transaction.store.count_statement();
            if let Open::Sqlite(open) = &mut transaction.open {
                query.execute(&mut **open).await?;
            }
        }
        Ok(())
    }

    async fn write_arrays<const N: usize>(
        &self,
        transaction: &mut Transaction<'_>,
        on_conflict: &OnConflict,
        rows: &[[Value<'_>; N]],
    ) -> Result<(), StoreError> {
        // Side by side in the list of what is selected, arrays are unfolded row by row. In FROM, each
        // would be put down as a whole first, which doubles the time of a wide table.
        let mut given = String::from("SELECT ");
        for (index, (_, kind)) in self.columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let array = match kind {
                Kind::Id => "uuid[]",
                Kind::Text => "text[]",
                Kind::Number => "bigint[]",
                Kind::Bytes => "bytea[]",
                Kind::Real => "double precision[]",
                Kind::Flag => "boolean[]",
            };
            // Writing into a String does not fail.
            let _ = write!(given, "{comma}unnest(${}::{array})", index + 1);
        }
        let mut query =
            sqlx::query::<sqlx::Postgres>(AssertSqlSafe(self.statement(on_conflict, &given)));
        for (index, (_, kind)) in self.columns.iter().enumerate() {
            let column = rows.iter().map(|row| &row[index]);
            query = match kind {
                Kind::Id => query.bind(column.map(Value::id).collect::<Vec<_>>()),
                Kind::Text => query.bind(column.map(Value::text).collect::<Vec<_>>()),
                Kind::Number => query.bind(column.map(Value::number).collect::<Vec<_>>()),
                Kind::Bytes => query.bind(column.map(Value::bytes).collect::<Vec<_>>()),
                Kind::Real => query.bind(column.map(Value::real).collect::<Vec<_>>()),
                Kind::Flag => query.bind(column.map(Value::flag).collect::<Vec<_>>()),
            };
        }
        transaction.store.count_statement();
        if let Open::Postgres(open) = &mut transaction.open {
            query.execute(&mut **open).await?;
        }
        Ok(())
    }

    /// The statement that does to the table what is to be done with the given rows.
    fn statement(&self, on_conflict: &OnConflict, given: &str) -> String {
        let Self { name, key, .. } = self;
        let columns = self.column_names();
        match on_conflict {
            OnConflict::Fail => format!("INSERT INTO {name} ({columns}) {given}"),
            OnConflict::Keep => {
                format!("INSERT INTO {name} ({columns}) {given} ON CONFLICT ({key}) DO NOTHING")
            }
            OnConflict::Replace => {
                let set = self.assignments("excluded");
                format!(
                    "INSERT INTO {name} ({columns}) {given} ON CONFLICT ({key}) DO UPDATE SET {set}"
                )
            }
            OnConflict::Update => {
                let set = self.assignments("given");
                format!(
                    "WITH given ({columns}) AS ({given}) \
                     UPDATE {name} SET {set} FROM given WHERE {name}.{key} = given.{key}"
                )
            }
        }
    }

    fn column_names(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        columns.join(", ")
    }

    /// Every column outside the key becomes that of `row`.
    fn assignments(&self, row: &str) -> String {
        let key: Vec<_> = self.key.split(", ").collect();
        let others = self.columns.iter().filter(|(name, _)| !key.contains(name));
        let others: Vec<_> = others.map(|(name, _)| format!("{name} = {row}.{name}")).collect();
        others.join(", ")
    }
}

impl<'a> Value<'a> {
    const fn id(&self) -> Option<Uuid> {
        if let Self::Id(value) = self { *value } else { None }
    }

    const fn text(&self) -> Option<&'a str> {
        if let Self::Text(value) = self { *value } else { None }
    }

    const fn number(&self) -> Option<i64> {
        if let Self::Number(value) = self { *value } else { None }
    }

    const fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(value) = self { Some(*value) } else { None }
    }

    const fn real(&self) -> Option<f64> {
        if let Self::Real(value) = self { Some(*value) } else { None }
    }

    const fn flag(&self) -> Option<bool> {
        if let Self::Flag(value) = self { Some(*value) } else { None }
    }
}
