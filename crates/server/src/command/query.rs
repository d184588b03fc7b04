//! `query`: one GraphQL document, answered without a server. No token is needed, because whoever may
//! read the database has it all anyway.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use mainstem_graphql::{Answer, Api, ApiSettings, Caller, Question};
use mainstem_model::{TokenId, TokenScope, Visibility};
use mainstem_store::Store;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::exit::{self, Failure};
use crate::installation::Installation;
use crate::output::{indented, say};

/// What `query` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mainstem query '{ tasks(first: 5) { nodes { key title } } }'\n  \
    mainstem query --file board.graphql --variables '{\"category\": \"IN_PROGRESS\"}'\n  \
    mainstem query - < board.graphql\n\n\
    The answer is always JSON; the exit code is 1 where it holds errors.")]
pub struct Arguments {
    /// The document; "-" reads it from the standard input
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    document: Option<String>,
    /// The file that holds the document
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The variables, a JSON object
    #[arg(long, value_name = "JSON")]
    variables: Option<String>,
    /// Which operation of the document
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
}

/// Answers it.
///
/// # Errors
/// Where the document cannot be had or the database cannot be read.
pub async fn run(installation: &Installation, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let question = arguments.question()?;
    let store = installation.open_for_questions().await?;
    let api = api(installation, &store).await?;
    let answer = answer(&api, question).await;
    let text = String::from_utf8_lossy(&answer.body);
    if std::io::stdout().is_terminal() {
        say(indented(&text));
    } else {
        say(text);
    }
    store.close().await;
    Ok(if has_errors(&answer) { exit::failed() } else { exit::DONE })
}

impl Arguments {
    fn question(&self) -> Result<serde_json::Value, Failure> {
        let document = match (&self.document, &self.file) {
            (Some(dash), _) if dash == "-" => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(|error| {
                    Failure::because("the document cannot be read from the standard input", error)
                })?;
                text
            }
            (Some(text), _) => text.clone(),
            (None, Some(path)) => read(path)?,
            (None, None) => return Err(Failure::Usage("give a document, or --file".into())),
        };
        let variables = match &self.variables {
            None => serde_json::Map::new(),
            Some(text) => serde_json::from_str(text).map_err(|error| {
                Failure::Usage(format!("--variables: give a JSON object: {error}"))
            })?,
        };
        Ok(json!({"query": document, "variables": variables, "operationName": self.operation}))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("--file {}: {error}", path.display())))
}

/// The API over this store, as it stands now.
async fn api(installation: &Installation, store: &Store) -> Result<Api, Failure> {
    let model = installation.read_model(store).await?;
    let settings = ApiSettings { answer_cache_bytes: 0 };
    Api::new(store.clone(), Arc::new(model), installation.clock.clone(), settings)
        .map_err(|error| Failure::Failed(error.to_string()))
}

/// Asks as somebody who may see everything.
pub(super) async fn answer(api: &Api, question: serde_json::Value) -> Answer {
    let caller = Caller {
        token: TokenId(uuid::Uuid::nil()),
        token_name: "command line".into(),
        scope: TokenScope::Admin,
        visibility: Visibility::Everything,
    };
    api.answer(Question {
        body: question.to_string().into(),
        caller: &caller,
        accept: None,
        if_none_match: None,
        min_position: None,
        request_id: "command-line",
    })
    .await
}

fn has_errors(answer: &Answer) -> bool {
    #[derive(Deserialize)]
    struct Errors {
        errors: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Errors>(&answer.body).map_or(true, |answer| answer.errors.is_some())
}
