//! `token`: the tokens that the API is used with.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use mainstem_model::{Source, SourceId, TokenId, TokenScope};
use mainstem_store::{NewToken, Store, Token};
use serde_json::{Value, json};

use crate::cli::expires_in;
use crate::exit::{self, Failure};
use crate::installation::Installation;
use crate::output::{remark, say, say_json};
use crate::token::TokenText;

/// Manages tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token and prints it, once: only its hash is kept
    Create(CreateArguments),
    /// Lists the tokens, newest first; the tokens themselves are not kept
    List {
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Ends a token; it may work for five seconds more
    Revoke {
        /// Its id, as `token list` shows it
        id: TokenId,
    },
}

/// What `token create` takes.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// What it is for, such as "wall display"
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it allows: read, write (and read), or admin (and everything)
    #[arg(long, value_name = "SCOPE", default_value = "read")]
    scope: TokenScope,
    /// Shows it this source only; may be given several times
    #[arg(long = "source", value_name = "NAME")]
    sources: Vec<String>,
    /// When it ends, from now: 30m, 12h, 90d, 4w; never where left out
    #[arg(long, value_name = "TIME", value_parser = expires_in)]
    expires_in: Option<Duration>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Carries it out.
///
/// # Errors
/// Where the database cannot be used, or there is no such source or token.
pub async fn run(installation: &Installation, command: TokenCommand) -> Result<ExitCode, Failure> {
    let store = match &command {
        TokenCommand::Create(_) => installation.open_for_sources().await?,
        _ => installation.open().await?,
    };
    match command {
        TokenCommand::Create(arguments) => create(installation, &store, arguments).await?,
        TokenCommand::List { json } => list(&store, json).await?,
        TokenCommand::Revoke { id } => {
            if !store.revoke_token(id).await? {
                return Err(Failure::Failed(format!("there is no token {id}")));
            }
            remark(format!("{id} is revoked"));
        }
    }
    store.close().await;
    Ok(exit::DONE)
}

async fn create(
    installation: &Installation,
    store: &Store,
    arguments: CreateArguments,
) -> Result<(), Failure> {
    if arguments.name.trim().is_empty() {
        return Err(Failure::Usage("--name: say what the token is for".into()));
    }
    let sources = store.sources().await?;
    let text = TokenText::random(&*installation.random)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let expires_at = arguments.expires_in.map(|span| {
        let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        installation.clock.now().plus_seconds(seconds)
    });
    let limited_to = limit(&sources, &arguments.sources)?;
    let new =
        NewToken { sources: limited_to, expires_at, ..text.keep(&arguments.name, arguments.scope) };
    let token = store.create_token(&new).await?;
    if arguments.json {
        let mut shown = show(&token, &sources);
        shown["token"] = text.expose().into();
        return say_json(&shown);
    }
    say(text.expose());
    remark(format!("{} is shown this once; keep it safe", token.id));
    Ok(())
}

/// The sources of these names; `None`, which is all of them, where none is named.
fn limit(known: &[Source], names: &[String]) -> Result<Option<BTreeSet<SourceId>>, Failure> {
    let mut ids = BTreeSet::new();
    for name in names {
        let source = known.iter().find(|source| source.name == *name).ok_or_else(|| {
            Failure::Usage(format!(
                "--source {name}: there is no such source; see `mainstem source list`"
            ))
        })?;
        ids.insert(source.id);
    }
    Ok((!ids.is_empty()).then_some(ids))
}

async fn list(store: &Store, json: bool) -> Result<(), Failure> {
    let (tokens, sources) = (store.tokens().await?, store.sources().await?);
    if json {
        return say_json(&tokens.iter().map(|token| show(token, &sources)).collect::<Vec<_>>());
    }
    for token in tokens {
        let end = match (token.revoked_at, token.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("ends {at}"),
            (None, None) => "has no end".into(),
        };
        let reach = names(&token, &sources).map_or("all sources".into(), |names| names.join(", "));
        let used = token.last_used_at.map_or("never used".into(), |at| format!("used {at}"));
        say(format!(
            "{}  {}  {}  {}  {reach}  {end}  {used}",
            token.id,
            token.hint,
            token.scope.as_str(),
            token.name
        ));
    }
    Ok(())
}

/// The names of the sources that a token is limited to; one that was removed is shown by its id.
fn names(token: &Token, sources: &[Source]) -> Option<Vec<String>> {
    let limited_to = token.sources.as_ref()?;
    let named = |id: &SourceId| {
        let source = sources.iter().find(|source| source.id == *id);
        source.map_or_else(|| id.to_string(), |source| source.name.clone())
    };
    Some(limited_to.iter().map(named).collect())
}

fn show(token: &Token, sources: &[Source]) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "hint": token.hint,
        "scope": token.scope.as_str(),
        "sources": names(token, sources),
        "createdAt": token.created_at,
        "expiresAt": token.expires_at,
        "lastUsedAt": token.last_used_at,
        "revokedAt": token.revoked_at,
    })
}
