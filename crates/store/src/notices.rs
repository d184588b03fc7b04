//! Mail about items of other sources, and the tasks that it stands on.

use std::collections::{BTreeMap, BTreeSet};

use mainstem_model::record::Site;
use mainstem_model::{Source, SourceId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::conditions::{Conditions, bind_all};
use crate::dialect::{Ids, Transaction, execute, read, run};
use crate::nul::without_nul;
use crate::{Store, StoreError};

/// What the tool tells.
pub(crate) const TOLD: &str = "TOLD";
/// What a person answers, which is a comment.
pub(crate) const REPLY: &str = "REPLY";
/// What a person answers to the tool, which is not shown: its comment is.
pub(crate) const REPLY_TO_TOOL: &str = "REPLY_TO_TOOL";

/// Rows of notices of a kind, one for each task that a notice stands on: a task of a source that reads
/// the site, of this key now, or before where none has it now. `of_task` is the condition on the column
/// that names the task; the columns may name `notice`, `source` (that of the task) and `{task}`.
pub(crate) fn standing(columns: &str, kind: &str, of_task: impl Fn(&str) -> String) -> String {
    let rows = |table: &str, task: &str, further: &str| {
        format!(
            "SELECT {columns} FROM notice
             JOIN source ON source.site = notice.site
             JOIN {table} ON {table}.source = source.id AND {table}.key = notice.item_key
             WHERE notice.kind = '{kind}' AND {condition}{further}",
            columns = columns.replace("{task}", task),
            condition = of_task(task),
        )
    };
    let present = rows("task", "task.id", "");
    let previous = rows(
        "previous_key",
        "previous_key.task",
        " AND NOT EXISTS (SELECT 1 FROM task
             WHERE task.source = previous_key.source AND task.key = previous_key.key)",
    );
    format!("{present} UNION ALL {previous}")
}

impl Store {
    /// Keeps where people read what a source reads.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_site(&self, source: SourceId, site: &Site) -> Result<(), StoreError> {
        const PUT: &str = "UPDATE source SET site = $2 WHERE id = $1 AND site IS DISTINCT FROM $2";
        let site = without_nul(site);
        let mut transaction = self.begin().await?;
        let site = &**site;
        if execute!(transaction, sqlx::query(PUT).bind(source.0).bind(site))? > 0 {
            // What stands on its tasks may be other mail now.
            self.commit_source(transaction, source).await?;
        }
        Ok(())
    }

    /// The sources that read these sites, by site.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Inconsistent`].
    pub async fn sources_at(
        &self,
        sites: &BTreeSet<Site>,
    ) -> Result<Vec<(Site, Source)>, StoreError> {
        let mut conditions = Conditions::new(self.dialect(), "TRUE");
        conditions.among_texts("site", sites.iter().map(ToString::to_string).collect());
        let (condition, parameters) = conditions.finish();
        let text = format!("SELECT id, site FROM source WHERE {condition}");
        let found: Vec<(Uuid, String)> = read!(self, pool =>
            bind_all!(sqlx::query_as(AssertSqlSafe(text)), parameters).fetch_all(pool).await)?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let sites: BTreeMap<Uuid, String> = found.into_iter().collect();
        let sources = self.sources().await?.into_iter();
        let at = |source: Source| Some((sites.get(&source.id.0)?.as_str().into(), source));
        Ok(sources.filter_map(at).collect())
    }
}

impl Transaction<'_> {
    /// The tasks that notices of a kind stand on.
    pub(crate) async fn tasks_of_notices(
        &mut self,
        kind: &str,
        notices: Vec<Uuid>,
    ) -> Result<BTreeMap<Uuid, BTreeSet<Uuid>>, StoreError> {
        let mut tasks: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        if notices.is_empty() {
            return Ok(tasks);
        }
        let among = self.dialect().among_ids("notice.id", 1);
        let text = standing("notice.id, {task}", kind, |_| among.clone());
        let rows: Vec<(Uuid, Uuid)> = run!(self, connection =>
            sqlx::query_as(AssertSqlSafe(text)).bind(Ids(notices)).fetch_all(connection).await)?;
        for (notice, task) in rows {
            tasks.entry(notice).or_default().insert(task);
        }
        Ok(tasks)
    }
}
