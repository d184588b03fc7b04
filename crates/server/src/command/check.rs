//! `check`: everything that can be found wrong before anything is started.

use std::process::ExitCode;

use mainstem_engine::CredentialProvider as _;
use mainstem_model::SourceState;
use mainstem_store::Store;

use crate::config::ConfigError;
use crate::exit::{self, Failure};
use crate::installation::Installation;
use crate::output::say;

/// Checks, and names every fault at once.
///
/// # Errors
/// Where something is wrong.
pub async fn run(installation: &Installation) -> Result<ExitCode, Failure> {
    let specs = installation.check();
    let database = if installation.config.database.check().is_ok() {
        database(installation).await
    } else {
        Ok(String::new()) // said already
    };
    match (specs, database) {
        (Ok(specs), Ok(database)) => {
            say(format!("configuration: good, {} sources declared", specs.len()));
            say(format!("calendar: {}", installation.config.calendar.describe()));
            say(format!("database: {database}"));
            Ok(exit::DONE)
        }
        (Ok(_), Err(fault)) => Err(Failure::Usage(fault)),
        (Err(faults), Ok(_)) => Err(faults.into()),
        (Err(ConfigError(mut faults)), Err(fault)) => {
            faults.push(fault);
            Err(ConfigError(faults).into())
        }
    }
}

/// Opens the database where there is one. A file that does not exist is left to the first start.
async fn database(installation: &Installation) -> Result<String, String> {
    if let Some(file) = installation.config.database.file()
        && !file.exists()
    {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        return match folder {
            Some(folder) if !folder.is_dir() => {
                Err(format!("database.url: there is no folder {}", folder.display()))
            }
            _ => Ok(format!("{} does not exist yet; the first start makes it", file.display())),
        };
    }
    let store = installation.open().await.map_err(|error| error.to_string())?;
    let answer = reach(installation, &store).await;
    store.close().await;
    answer
}

/// Asks the database, and reads the secrets of the sources that only it knows.
async fn reach(installation: &Installation, store: &Store) -> Result<String, String> {
    store.check().await.map_err(|error| error.to_string())?;
    let credentials = installation.credentials(store);
    let mut faults = Vec::new();
    for source in store.sources().await.map_err(|error| error.to_string())? {
        if source.provisioned || source.state == SourceState::Paused {
            continue;
        }
        if let Err(error) = credentials.credential(&source).await {
            faults.push(format!("source {:?}: credential: {}", source.name, error.message));
        }
    }
    if faults.is_empty() {
        Ok("reached, and can be written to".into())
    } else {
        Err(faults.join("\n"))
    }
}
