//! Everything in which the two databases differ, so that the rest of the crate is written once.
//!
//! One text of SQL with `$N` runs on both wherever they agree; [`Dialect`] holds the fragments where
//! they do not. The macros run one body against whichever connection there is; each of them stands
//! for one statement, and counts it.

use std::fmt::Write as _;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo};
use sqlx::{Encode, PgPool, Postgres, Sqlite, SqlitePool, Type};
use uuid::Uuid;

use crate::StoreError;

/// The pools of the one database that this store is on.
pub(crate) enum Database {
    /// SQLite takes one writer at a time; readers see the last commit beside it.
    Sqlite {
        /// One connection, every transaction begun as IMMEDIATE.
        writer: SqlitePool,
        /// Read-only connections.
        readers: SqlitePool,
    },
    /// PostgreSQL orders writers itself.
    Postgres(PgPool),
}

/// Runs one reading statement: `read!(store, pool => sqlx::query(TEXT).fetch_all(pool).await)`.
macro_rules! read {
    ($store:expr, $pool:ident => $body:expr) => {{
        $store.count_statement();
        match $store.database() {
            $crate::dialect::Database::Sqlite { readers: $pool, .. } => $body,
            $crate::dialect::Database::Postgres($pool) => $body,
        }
    }};
}

/// Runs one statement inside a transaction:
/// `run!(transaction, connection => sqlx::query(TEXT).execute(connection).await)`.
macro_rules! run {
    ($transaction:expr, $connection:ident => $body:expr) => {{
        $transaction.store.count_statement();
        match &mut $transaction.open {
            $crate::dialect::Open::Sqlite(open) => {
                let $connection = &mut **open;
                $body
            }
            $crate::dialect::Open::Postgres(open) => {
                let $connection = &mut **open;
                $body
            }
        }
    }};
}

/// Runs one statement that answers no rows, and says how many it touched:
/// `execute!(transaction, sqlx::query(TEXT).bind(value))`.
macro_rules! execute {
    ($transaction:expr, $query:expr) => {
        $crate::dialect::run!($transaction, connection =>
            $query.execute(connection).await.map(|done| done.rows_affected()))
    };
}

/// Declares a row type and reads it from the rows of both databases. `COLUMNS` is the select list,
/// in the order of the fields, which have the names of the columns.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident { $first:ident: $first_type:ty, $($field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        pub(crate) struct $name { pub(crate) $first: $first_type, $(pub(crate) $field: $type,)* }

        impl $name {
            /// The columns to select, in the order in which they are read.
            pub(crate) const COLUMNS: &'static str =
                concat!(stringify!($first), $(", ", stringify!($field),)*);
        }

        $crate::dialect::row!(@from sqlx::sqlite::SqliteRow, $name { $first, $($field,)* });
        $crate::dialect::row!(@from sqlx::postgres::PgRow, $name { $first, $($field,)* });
    };
    (@from $row:ty, $name:ident { $($field:ident,)* }) => {
        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> Result<Self, sqlx::Error> {
                let mut columns = 0..;
                let mut next = || columns.next().unwrap_or_default();
                $(let $field = sqlx::Row::try_get(row, next())?;)*
                Ok(Self { $($field,)* })
            }
        }
    };
}

pub(crate) use {execute, read, row, run};

/// A transaction on whichever database there is. Dropping it undoes it.
pub(crate) struct Transaction<'s> {
    pub(crate) store: &'s crate::Store,
    pub(crate) open: Open,
}

/// The driver's own transaction.
pub(crate) enum Open {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction<'_> {
    /// Makes it durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.store.count_statement();
        match self.open {
            Open::Sqlite(open) => open.commit().await?,
            Open::Postgres(open) => open.commit().await?,
        }
        Ok(())
    }

    /// The fragments of this database.
    pub(crate) const fn dialect(&self) -> Dialect {
        match self.open {
            Open::Sqlite(_) => Dialect::Sqlite,
            Open::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// The fragments of SQL in which the databases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// The condition that `column` is one of the [`Ids`] bound as parameter `parameter`.
    pub(crate) fn among_ids(self, column: &str, parameter: u32) -> String {
        match self {
            Self::Sqlite => {
                format!("{column} IN (SELECT unhex(value) FROM json_each(${parameter}))")
            }
            Self::Postgres => format!("{column} = ANY(${parameter})"),
        }
    }

    /// The condition that `column` is one of the [`Texts`] or [`Numbers`] bound as parameter
    /// `parameter`.
    pub(crate) fn among(self, column: &str, parameter: u32) -> String {
        match self {
            Self::Sqlite => format!("{column} IN (SELECT value FROM json_each(${parameter}))"),
            Self::Postgres => format!("{column} = ANY(${parameter})"),
        }
    }

    /// What a SELECT ends in so that its rows stay as they are until the transaction ends. SQLite
    /// needs nothing: its one writer has the whole database.
    pub(crate) const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }
}

/// A list of ids as one parameter, for [`Dialect::among_ids`].
#[derive(Clone)]
pub(crate) struct Ids(pub(crate) Vec<Uuid>);

/// A list of texts as one parameter, for [`Dialect::among`].
#[derive(Clone)]
pub(crate) struct Texts(pub(crate) Vec<String>);

/// A list of whole numbers as one parameter, for [`Dialect::among`].
#[derive(Clone)]
pub(crate) struct Numbers(pub(crate) Vec<i64>);

impl Ids {
    fn json(&self) -> String {
        let mut json = String::with_capacity(self.0.len() * 35 + 2);
        json.push('[');
        for (index, id) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing into a String does not fail.
            let _ = write!(json, "{comma}\"{}\"", id.as_simple());
        }
        json.push(']');
        json
    }
}

impl Texts {
    fn json(&self) -> String {
        serde_json::Value::from(self.0.clone()).to_string()
    }
}

impl Numbers {
    fn json(&self) -> String {
        serde_json::Value::from(self.0.clone()).to_string()
    }
}

/// PostgreSQL takes a list as an array; SQLite takes it as a JSON text.
macro_rules! list {
    ($($name:ident of $item:ty),*) => { $(
        impl Type<Sqlite> for $name {
            fn type_info() -> SqliteTypeInfo {
                <String as Type<Sqlite>>::type_info()
            }
        }

        impl<'q> Encode<'q, Sqlite> for $name {
            fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
                <String as Encode<'q, Sqlite>>::encode(self.json(), buffer)
            }
        }

        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <Vec<$item> as Type<Postgres>>::type_info()
            }
        }

        impl<'q> Encode<'q, Postgres> for $name {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <Vec<$item> as Encode<'q, Postgres>>::encode_by_ref(&self.0, buffer)
            }
        }
    )* };
}

list!(Ids of Uuid, Texts of String, Numbers of i64);
