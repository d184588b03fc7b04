//! `sync`: brings sources up to date, here or by asking the workers.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use mainstem_engine::{LogObserver, Observer, SyncOptions, SyncReport};
use mainstem_model::{Source, SourceState};

use crate::exit::{self, Failure};
use crate::installation::Installation;
use crate::output::{remark, say, say_json};
use crate::progress::ProgressObserver;
use crate::shutdown;

/// What `sync` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --once, the processes that run `mainstem serve` or `mainstem work` on the same\n\
    database are asked to do it as soon as they can.\n\n\
    Exit codes with --once: 0 all is up to date, 1 nothing could be read, 3 some sources could not be read."
)]
pub struct Arguments {
    /// Does it here, once, and ends
    #[arg(long)]
    once: bool,
    /// This source only; may be given several times
    #[arg(long = "source", value_name = "NAME")]
    sources: Vec<String>,
    /// Also compares every id at the source with the store, to find what was deleted silently
    #[arg(long, requires = "once")]
    census: bool,
    /// Also reads what happened to each task before it was known here, as far as that is left; `serve`
    /// and `work` do it in the background
    #[arg(long, requires = "once")]
    history: bool,
    /// The longest wait for each source where its tool asks to wait, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, requires = "once")]
    max_wait: u64,
    /// Prints the report as JSON
    #[arg(long, requires = "once")]
    json: bool,
}

impl Arguments {
    /// Whether a progress bar tells of the work, instead of log lines.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        self.once && std::io::stderr().is_terminal()
    }
}

/// Carries it out.
///
/// # Errors
/// Where there is no such source, or the database cannot be used.
pub async fn run(installation: &Installation, arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.once {
        once(installation, arguments).await
    } else {
        ask(installation, arguments).await
    }
}

async fn once(installation: &Installation, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let store = installation.open_for_work().await?;
    let named = named(store.sources().await?, &arguments.sources)?;
    if named.is_empty() {
        remark(
            "There is no source to read; declare one in the configuration, or run `mainstem source add`.",
        );
    }
    let observer: Arc<dyn Observer> = if arguments.shows_progress() {
        Arc::new(ProgressObserver::new())
    } else {
        Arc::new(LogObserver)
    };
    let engine = installation.engine(&store, observer)?;
    let options = SyncOptions {
        sources: (!arguments.sources.is_empty()).then(|| arguments.sources.clone()),
        max_wait: Duration::from_secs(arguments.max_wait),
        census: arguments.census,
        history: arguments.history,
    };
    let report = engine.sync_once(&options, shutdown::on_signal()).await?;
    // The progress bar goes before the report comes.
    drop(engine);
    store.close().await;
    if arguments.json {
        say_json(&report)?;
    } else {
        tell(&report);
    }
    Ok(code(&report))
}

fn code(report: &SyncReport) -> ExitCode {
    let some =
        report.sources.iter().any(|source| source.ok || source.scopes.iter().any(|scope| scope.ok));
    match (report.ok, some) {
        (true, _) => exit::DONE,
        (false, true) => exit::partial(),
        (false, false) => exit::failed(),
    }
}

async fn ask(installation: &Installation, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let store = installation.open_for_sources().await?;
    let asked = named(store.sources().await?, &arguments.sources)?;
    let asked: Vec<_> =
        asked.into_iter().filter(|source| source.state != SourceState::Paused).collect();
    for source in &asked {
        store.request_sync(source.id).await?;
    }
    store.close().await;
    let names: Vec<_> = asked.iter().map(|source| source.name.as_str()).collect();
    if names.is_empty() {
        remark("There is no source to ask for that is not paused.");
    } else {
        remark(format!(
            "Asked for {}. A running `mainstem serve` or `mainstem work` does it as soon as it can; \
             `mainstem sync --once` does it here.",
            names.join(", ")
        ));
    }
    Ok(exit::DONE)
}

/// The sources of these names; all where none is named.
fn named(sources: Vec<Source>, names: &[String]) -> Result<Vec<Source>, Failure> {
    let unknown = names.iter().find(|name| sources.iter().all(|source| source.name != **name));
    match unknown {
        Some(name) => Err(Failure::Usage(format!(
            "--source {name}: there is no such source; see `mainstem source list`"
        ))),
        None if names.is_empty() => Ok(sources),
        None => Ok(sources.into_iter().filter(|source| names.contains(&source.name)).collect()),
    }
}

/// The report for people.
fn tell(report: &SyncReport) {
    for source in &report.sources {
        say(format!("{}: {}", source.name, if source.ok { "up to date" } else { "not complete" }));
        if let Some(error) = &source.error {
            say(format!("  {}: {}", error.code, error.message));
        }
        if source.histories > 0 {
            say(format!("  the past of {} tasks was read", source.histories));
        }
        for scope in &source.scopes {
            let totals = &scope.totals;
            say(format!(
                "  {}: {} tasks added, {} changed, {} as they were, in {:.1} s",
                scope.name,
                totals.tasks_added,
                totals.tasks_changed,
                totals.tasks_unchanged,
                scope.duration_seconds
            ));
            if let Some(error) = &scope.error {
                say(format!("    {}: {}", error.code, error.message));
            }
            if totals.quarantined > 0 {
                say(format!(
                    "    {} records could not be read; see `mainstem source show {}`",
                    totals.quarantined, source.name
                ));
            }
        }
    }
    let requests = report.requests.map_or(String::new(), |requests| {
        format!("{} requests ({} answered \"nothing new\"), ", requests.sent, requests.not_modified)
    });
    say(format!(
        "{} rows written, {requests}{:.1} s",
        report.totals.rows_written, report.duration_seconds
    ));
}
