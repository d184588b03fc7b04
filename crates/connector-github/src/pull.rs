//! The pull of a repository: everything once, then what has changed.

mod changes;
pub mod count;
mod draft;
mod events;
mod first;
pub mod pages;
#[cfg(test)]
mod tests;

use mainstem_connector::ConnectorError;
use mainstem_model::record::{self, Batch};

use crate::cursor::{Cursor, Stage};
use crate::repository::RepositoryName;
use crate::session::GitHubSession;
use crate::settings::Selection;

pub use draft::Draft;

/// How many pages one batch may hold: a thousand items, of which a crash may cost three times as many.
const PAGES_PER_BATCH: u32 = 10;

/// One step of a pull.
pub async fn pull(
    session: &GitHubSession,
    name: &RepositoryName,
    cursor: Option<&record::Cursor>,
) -> Result<Batch, ConnectorError> {
    let Some(cursor) = cursor.map(Cursor::read).transpose()? else {
        return first::begin(session, name, false).await;
    };
    match cursor.stage {
        Stage::First(first) => {
            let repository = session.repository(name).await?;
            if cursor.repository != repository.name.as_str() {
                return first::begin(session, name, true).await;
            }
            first::go_on(session, &repository, first).await
        }
        Stage::Changes(changes) => {
            let repository = session.repository(name).await?;
            if cursor.repository != repository.name.as_str() {
                return first::begin(session, name, true).await;
            }
            changes::go_on(session, &repository, changes).await
        }
        Stage::Idle(marks) => {
            let (repository, signpost) = session.look_up(name).await?;
            let is_renamed = repository.name != *name;
            if is_renamed && matches!(session.settings.selection, Selection::Owner(_)) {
                // It is listed under its new name, and read there.
                return Ok(Batch::default());
            }
            if cursor.repository != repository.name.as_str() {
                return first::begin(session, name, true).await;
            }
            changes::begin(session, &repository, marks, signpost).await
        }
    }
}
