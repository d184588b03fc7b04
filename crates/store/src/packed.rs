//! Rows by the thousand. SQLite's driver hands over each value of each row by itself, which costs more
//! than finding it; whole pages therefore come as one JSON text, which costs a third. PostgreSQL's
//! rows arrive as they are read from the wire and need none of this.

use serde::de::DeserializeOwned;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgRow;

use crate::conditions::{Parameter, bind_all};
use crate::decode::unreadable;
use crate::dialect::Database;
use crate::{Store, StoreError};

/// A row type that can come either way; declare it with [`crate::dialect::row!`] and derive
/// `Deserialize`.
pub(crate) trait Packed:
    DeserializeOwned + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin
{
    /// The columns to select, in the order of the fields.
    const COLUMNS: &'static str;
    /// Those that hold ids, which JSON has no form for.
    const IDS: &'static [&'static str];
}

impl Store {
    /// Reads the rows of `from`, everything from that word on, with the values that it names.
    pub(crate) async fn select_packed<R: Packed>(
        &self,
        from: &str,
        parameters: Vec<Parameter>,
    ) -> Result<Vec<R>, StoreError> {
        self.count_statement();
        let columns = R::COLUMNS;
        match self.database() {
            Database::Sqlite { readers, .. } => {
                let packed: Vec<_> = columns.split(", ").map(in_json::<R>).collect();
                let text = format!(
                    "SELECT json_group_array(json_array({})) FROM (SELECT {columns} {from})",
                    packed.join(", ")
                );
                let query = bind_all!(sqlx::query_scalar(AssertSqlSafe(text)), parameters);
                let rows: String = query.fetch_one(readers).await?;
                serde_json::from_str(&rows).map_err(|error| unreadable(from.to_owned(), error))
            }
            Database::Postgres(pool) => {
                let text = AssertSqlSafe(format!("SELECT {columns} {from}"));
                Ok(bind_all!(sqlx::query_as(text), parameters).fetch_all(pool).await?)
            }
        }
    }
}

/// A column as JSON can hold it.
fn in_json<R: Packed>(column: &str) -> String {
    if R::IDS.contains(&column) {
        // The hexadecimal form of NULL is an empty text.
        format!("nullif(hex({column}), '')")
    } else {
        column.to_owned()
    }
}
