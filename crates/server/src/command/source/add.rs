//! `source add`.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use mainstem_store::{SourceSpec, Store};
use secrecy::SecretString;

use crate::cli::SetValue;
use crate::config::{CredentialConfig, SourceConfig};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::output::remark;

/// What `source add` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mainstem source add --name acme --connector github --set owner=acme --credential-env GITHUB_TOKEN\n  \
    mainstem source add --name work --connector github --set base_url=https://github.example.com/api/v3 \\\n    \
    --set 'repositories=[\"acme/api\", \"acme/web\"]' --credential-stdin < token.txt")]
pub struct Arguments {
    /// Unique, never changes: letters, digits, "-", "_" and "."
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The kind of tool
    #[arg(long, value_name = "KIND", default_value = "github")]
    connector: String,
    /// One of the connector's settings, as text or JSON; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<SetValue>,
    /// What the secret is: token, app, …
    #[arg(long, value_name = "KIND", default_value = "token")]
    credential_kind: String,
    /// The environment variable that holds the secret, wherever the work is done
    #[arg(long, value_name = "VARIABLE", group = "secret")]
    credential_env: Option<String>,
    /// The file that holds the secret, wherever the work is done
    #[arg(long, value_name = "FILE", group = "secret")]
    credential_file: Option<PathBuf>,
    /// Reads the secret from the standard input and seals it in the database
    #[arg(long, group = "secret")]
    credential_stdin: bool,
    /// The public part of the credential, such as app_id=42; may be given several times
    #[arg(long = "credential-set", value_name = "KEY=VALUE", requires = "secret")]
    credential_public: Vec<SetValue>,
    /// Seconds between two passes, 5 to 86400
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    poll_interval: u32,
}

/// Adds it.
pub(super) async fn run(
    installation: &Installation,
    store: &Store,
    arguments: Arguments,
) -> Result<(), Failure> {
    let secret = arguments.credential_stdin.then(read_secret).transpose()?;
    let declared = arguments.declared();
    let spec = declared.spec(&installation.registry, None)?;
    for reason in declared.missing_secrets().into_iter().filter(|_| secret.is_none()) {
        remark(format!("warning: {reason} here; it has to be where the work is done"));
    }
    let Some(secret) = secret else {
        store.put_source(&spec, false).await?;
        return done(&spec.name);
    };
    // Nobody works on it before its secret is there.
    let source = store.put_source(&SourceSpec { paused: true, ..spec.clone() }, false).await?;
    if let Err(failure) =
        installation.credentials(store).seal(&source, &secret, &*installation.random).await
    {
        store.remove_source(source.id).await?;
        return Err(failure);
    }
    store.put_source(&spec, true).await?;
    done(&spec.name)
}

fn done(name: &str) -> Result<(), Failure> {
    remark(format!("{name} is added; `mainstem source test {name}` shows what it would read"));
    Ok(())
}

impl Arguments {
    fn declared(self) -> SourceConfig {
        let table =
            |values: Vec<SetValue>| values.into_iter().map(|set| (set.key, set.value)).collect();
        let with_secret = self.credential_stdin
            || self.credential_env.is_some()
            || self.credential_file.is_some();
        SourceConfig {
            name: self.name,
            connector: self.connector,
            poll_interval_seconds: self.poll_interval,
            paused: false,
            credential: with_secret.then(|| CredentialConfig {
                kind: self.credential_kind,
                env: self.credential_env,
                file: self.credential_file,
                sealed: self.credential_stdin,
                public: table(self.credential_public),
            }),
            webhook: None,
            settings: table(self.settings),
        }
    }
}

fn read_secret() -> Result<SecretString, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().take(64 * 1024).read_to_string(&mut text).map_err(|error| {
        Failure::because("the secret cannot be read from the standard input", error)
    })?;
    match text.trim() {
        "" => Err(Failure::Usage("--credential-stdin: the standard input is empty".into())),
        secret => Ok(secret.into()),
    }
}
