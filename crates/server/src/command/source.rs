//! `source`: what is read.

mod add;
mod show;
mod test;

use std::process::ExitCode;

use clap::Subcommand;
use mainstem_model::Source;
use mainstem_store::{SourceSpec, Store};

use crate::exit::{self, Failure};
use crate::installation::{Installation, spec_of};
use crate::output::{remark, say};

/// Manages sources.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Lists the sources and how they are doing
    List {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Adds a source
    Add(add::Arguments),
    /// Shows one source: its settings, its scopes, and what could not be read
    Show {
        /// Its name
        name: String,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Connects to a source's tool and lists what it would read; changes nothing
    Test {
        /// Its name
        name: String,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Asks the workers to bring a source up to date as soon as they can
    Sync {
        /// Its name
        name: String,
    },
    /// Accepts that tasks which a tool no longer shows are gone, where so many are missing at once that
    /// nothing was concluded; the next census asks the tool about each of them
    AcceptLoss {
        /// The source's name
        name: String,
        /// This scope only, such as acme/api; all scopes of the source where left out
        #[arg(long, value_name = "KEY")]
        scope: Option<String>,
    },
    /// Switches a source off; what was read stays
    Pause {
        /// Its name
        name: String,
    },
    /// Switches a source on again
    Resume {
        /// Its name
        name: String,
    },
    /// Removes a source with everything that was read from it
    Remove {
        /// Its name
        name: String,
    },
}

/// Carries it out.
///
/// # Errors
/// Where there is no such source, the configuration declares it, or something fails.
pub async fn run(installation: &Installation, command: SourceCommand) -> Result<ExitCode, Failure> {
    let store = installation.open_for_sources().await?;
    let ended = carry_out(installation, &store, command).await;
    store.close().await;
    ended.map(|()| exit::DONE)
}

async fn carry_out(
    installation: &Installation,
    store: &Store,
    command: SourceCommand,
) -> Result<(), Failure> {
    match command {
        SourceCommand::List { json } => show::list(store, json).await,
        SourceCommand::Add(arguments) => add::run(installation, store, arguments).await,
        SourceCommand::Show { name, json } => {
            show::one(store, &find(store, &name).await?, json).await
        }
        SourceCommand::Test { name, json } => {
            test::run(installation, store, &find(store, &name).await?, json).await
        }
        SourceCommand::Sync { name } => {
            store.request_sync(find(store, &name).await?.id).await?;
            remark(format!(
                "Asked for {name}; a running `mainstem serve` or `mainstem work` does it."
            ));
            Ok(())
        }
        SourceCommand::AcceptLoss { name, scope } => {
            accept_loss(store, &find(store, &name).await?, scope.as_deref()).await
        }
        SourceCommand::Pause { name } => set_paused(store, &name, true).await,
        SourceCommand::Resume { name } => set_paused(store, &name, false).await,
        SourceCommand::Remove { name } => {
            let source = find_changeable(store, &name).await?;
            store.remove_source(source.id).await?;
            remark(format!("{name} is removed, with everything that was read from it"));
            Ok(())
        }
    }
}

async fn accept_loss(store: &Store, source: &Source, scope: Option<&str>) -> Result<(), Failure> {
    let name = &source.name;
    if let Some(scope) = scope {
        let known = store.scopes(source.id).await?;
        if known.iter().all(|known| known.key != scope) {
            let known: Vec<_> = known.into_iter().map(|known| known.key).collect();
            return Err(Failure::Usage(format!(
                "--scope {scope}: {name} has no such scope; it has: {}",
                known.join(", ")
            )));
        }
    }
    let accepted = store.accept_loss(source.id, scope).await?;
    if accepted.is_empty() {
        remark(format!("{name}: the last census left no loss to accept"));
        return Ok(());
    }
    for loss in accepted {
        say(format!("{}: the loss of {} tasks is accepted", loss.scope, loss.tasks));
    }
    remark(
        "The tool is asked about each of them by a running `mainstem serve` or `mainstem work` as \
         soon as it can, or here by `mainstem sync --once`.",
    );
    Ok(())
}

async fn set_paused(store: &Store, name: &str, paused: bool) -> Result<(), Failure> {
    let source = find_changeable(store, name).await?;
    store.put_source(&SourceSpec { paused, ..spec_of(&source) }, true).await?;
    remark(format!("{name} is {}", if paused { "paused" } else { "on again" }));
    Ok(())
}

async fn find(store: &Store, name: &str) -> Result<Source, Failure> {
    let found = store.sources().await?.into_iter().find(|source| source.name == name);
    found.ok_or_else(|| {
        Failure::Failed(format!("there is no source {name:?}; see `mainstem source list`"))
    })
}

/// A source that the configuration declares is changed there.
async fn find_changeable(store: &Store, name: &str) -> Result<Source, Failure> {
    let source = find(store, name).await?;
    if source.provisioned {
        return Err(Failure::Failed(format!(
            "the source {name:?} is declared in the configuration; change it there and start again"
        )));
    }
    Ok(source)
}
