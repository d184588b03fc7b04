//! `demo`: everything at once, without configuration and without network.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use mainstem_engine::{LogObserver, SyncOptions, read_texts};
use mainstem_model::{Clock, SystemClock, TokenScope};
use mainstem_sandbox::mail::{self, MailOptions};
use mainstem_sandbox::{JiraOptions, Sandbox};
use serde_json::json;
use tokio::net::TcpListener;

use super::serve::{Serving, bind};
use super::{query, sandbox};
use crate::cli::DemoArguments;
use crate::config::{Config, CredentialConfig, Database, SourceConfig, default_listen};
use crate::exit::{self, Failure};
use crate::installation::Installation;
use crate::output::{indented, remark, say};
use crate::progress::ProgressObserver;
use crate::shutdown;
use crate::token::TokenText;

/// The seed of the made-up sites: one where several tasks hold each other up.
const SEED: u64 = 7;
/// Lines of the example's answer that are shown.
const SHOWN_LINES: usize = 90;
/// What a planning meeting would ask first. It stands in single quotes on a command line; `KEY` is the key
/// of a story that waits for an issue on GitHub, which waits for mail.
const QUESTION: &str = "{ story: task(key: \"KEY\") { key title blockage { lasted reason } blockedBy(transitive: true) { nodes { key title dueOn assignees { name } } } ...why } links(first: 3, filter: {kind: {eq: BLOCKS}, crossTool: {eq: true}}) { totalCount } held: tasks(first: 2, filter: {isBlocked: {eq: true}}) { totalCount nodes { key title status { name } assignees { name } blockedBy { nodes { key ...why } } } } } fragment why on Task { links(kinds: [BLOCKS], origins: [INFERRED]) { nodes { fromKey toKey evidence { quote } } } }";

/// Shows it until it is told to stop; nothing is kept.
///
/// # Errors
/// Where the address cannot be had or the temporary folder cannot be used.
pub async fn run(arguments: &DemoArguments) -> Result<ExitCode, Failure> {
    let stop = shutdown::on_signal();
    let listener = listen(arguments.listen).await?;
    let address = listener.local_addr()?;
    let folder = tempfile::Builder::new().prefix("mainstem-demo-").tempdir()?;
    let clock = Arc::new(SystemClock);
    let github = sandbox::github_options(arguments.issues, SEED);
    let github = Sandbox::start(github, clock.clone()).await?;
    // Whom Jira and the mailbox know by one address is one person.
    let jira = JiraOptions { shows_emails: true, ..sandbox::jira_options(arguments.issues, SEED) };
    let jira = Sandbox::start_jira(jira, clock.clone()).await?;
    let empty = || Failure::Failed("the made-up sites are empty; give more --issues".into());
    let waiting = jira.site.open_issue().ok_or_else(empty)?;
    let told_of = github.site.open_issue().ok_or_else(empty)?;
    let address_of_issue = format!("{}/{}", github.base_url, told_of.replace('#', "/issues/"));
    let said = format!("The terminals need it: blocked by {address_of_issue}");
    // What carries the story out is said by a commit alone.
    let message = format!("{waiting}: print what the terminals show");
    if !jira.site.comment(&waiting, &said) || !github.site.push(&message) {
        return Err(empty());
    }
    let question = QUESTION.replace("KEY", &waiting);
    let mail = folder.path().join("mail");
    let host = "127.0.0.1".to_owned();
    let options = MailOptions { seed: SEED, now: clock.now(), told_of, host };
    mail::write_maildir(&mail, &options)?;
    let installation = Installation::new(Config {
        database: Database { url: format!("sqlite://{}", folder.path().join("demo.db").display()) },
        sources: sources(&github.base_url, &jira.base_url, &mail, folder.path())?,
        ..Config::default()
    });
    let store = installation.open_for_sources().await?;
    remark("Reading a made-up GitHub organisation, a made-up Jira site and a made-up mailbox …");
    let report = installation
        .engine(&store, Arc::new(ProgressObserver::new()))?
        .sync_once(&SyncOptions { history: true, ..SyncOptions::default() }, stop.clone())
        .await?;
    if stop.is_cancelled() {
        store.close().await;
        return Ok(exit::DONE);
    }
    if !report.ok {
        let reasons = serde_json::to_string(&report.sources).unwrap_or_default();
        return Err(Failure::Failed(format!("what is made up could not be read: {reasons}")));
    }
    read_texts(&store, &*installation.clock).await?;
    let token = TokenText::random(&*installation.random)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    store.create_token(&token.keep("demo", TokenScope::Admin)).await?;

    let engine = installation.engine(&store, Arc::new(LogObserver))?;
    let serving = Serving::start(&installation, store, listener, stop).await?;
    say(welcome(address, &token, report.totals.tasks_added, &question));
    if let Some(api) = serving.api() {
        let answer = query::answer(api, json!({"query": question})).await;
        say(first_lines(&indented(&String::from_utf8_lossy(&answer.body))));
    }
    say("\nCtrl-C ends the demo; nothing is kept.");
    serving.until_stopped(Some(engine)).await;
    Ok(exit::DONE)
}

/// The address asked for; or the usual one, or any that is free.
async fn listen(asked: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    if let Some(address) = asked {
        return bind(address).await;
    }
    match TcpListener::bind(default_listen()).await {
        Ok(listener) => Ok(listener),
        Err(_) => bind(SocketAddr::from(([127, 0, 0, 1], 0))).await,
    }
}

/// The made-up tools as sources. Any secret will do at the sites, but without one they are as stingy as
/// the real ones.
fn sources(
    github: &str,
    jira: &str,
    mail: &Path,
    folder: &Path,
) -> Result<Vec<SourceConfig>, Failure> {
    let secret = folder.join("made-up-secret");
    std::fs::write(&secret, "made-up")?;
    let source = |name: &str, connector: &str, kind: &str, public, settings| SourceConfig {
        name: name.into(),
        connector: connector.into(),
        poll_interval_seconds: 5,
        paused: false,
        credential: (!kind.is_empty()).then(|| CredentialConfig {
            kind: kind.into(),
            env: None,
            file: Some(secret.clone()),
            sealed: false,
            public,
        }),
        webhook: None,
        settings,
    };
    let table = |entries: &[(&str, &str)]| -> toml::Table {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()
    };
    let none = toml::Table::new();
    let maildir = mail.to_string_lossy();
    let maildir = table(&[("maildir", &maildir), ("trusted_server", mail::SERVER)]);
    let owner = table(&[("base_url", github), ("owner", "acme")]);
    let username = table(&[("username", "me@acme.example")]);
    Ok(vec![
        source("support", "email", "", none.clone(), maildir),
        source("acme", "github", "token", none, owner),
        source("acme-jira", "jira", "basic", username, table(&[("base_url", jira)])),
    ])
}

fn welcome(address: SocketAddr, token: &TokenText, tasks: u64, question: &str) -> String {
    let token = token.expose();
    format!(
        "Mainstem answers questions about {tasks} tasks of the made-up organisation \"acme\", \
         on GitHub, in Jira and in the mailbox of its support.\n\n  \
         API       http://{address}/graphql\n  \
         GraphiQL  http://{address}/graphiql\n  \
         Token     {token}\n\n\
         Which tasks are held up, and by what? Paste this into another terminal:\n\n\
         curl -s http://{address}/graphql \\\n  \
         -H 'Authorization: Bearer {token}' \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -d '{}'\n\n\
         The answer begins:\n",
        json!({"query": question})
    )
}

fn first_lines(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().take(SHOWN_LINES).collect();
    if text.lines().count() > SHOWN_LINES {
        lines.push("…");
    }
    lines.join("\n")
}
