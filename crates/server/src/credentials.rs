//! Where the secrets of sources come from: the environment, a file, or sealed in the store.

use std::path::PathBuf;

use async_trait::async_trait;
use mainstem_connector::{Credential, Registry, Settings};
use mainstem_engine::{CredentialError, CredentialProvider};
use mainstem_model::{CredentialRef, Random, Source};
use mainstem_store::Store;
use mainstem_vault::{KeyRing, SealedFor};
use secrecy::{ExposeSecret as _, SecretString};

use crate::exit::Failure;

/// The largest secret that is read from a file, in bytes; a private key has a few thousand.
const LARGEST: u64 = 64 * 1024;

/// Resolves what sources authenticate with.
pub struct Credentials {
    /// Holds the sealed ones.
    pub store: Store,
    /// Names the site that a sealed one belongs to.
    pub registry: Registry,
    /// The file of the keys that open them.
    pub key_file: PathBuf,
}

#[async_trait]
impl CredentialProvider for Credentials {
    async fn credential(&self, source: &Source) -> Result<Option<Credential>, CredentialError> {
        let Some(reference) = &source.credential else { return Ok(None) };
        let secret = match reference {
            CredentialRef::Sealed => self.open(source).await?,
            CredentialRef::Env { .. } | CredentialRef::File { .. } => read_reference(reference)
                .map_err(|message| CredentialError { code: "CREDENTIAL_MISSING", message })?,
        };
        Ok(Some(Credential {
            kind: source.credential_kind.clone(),
            public: source.credential_public.clone(),
            secret,
        }))
    }
}

impl Credentials {
    /// Seals the secret of a source and keeps it. The first one makes the key file.
    ///
    /// # Errors
    /// Where the key file cannot be used, or the store cannot be written.
    pub async fn seal(
        &self,
        source: &Source,
        secret: &SecretString,
        random: &dyn Random,
    ) -> Result<(), Failure> {
        let keys = KeyRing::from_file_or_new(&self.key_file, random)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        let origin = self.origin(source).map_err(Failure::Failed)?;
        let id = source.id.to_string();
        let sealed = keys
            .seal(random, &self.place(source, &id, &origin), secret.expose_secret())
            .map_err(|error| Failure::because("the secret could not be sealed", error))?;
        Ok(self.store.set_secret(source.id, &sealed).await?)
    }

    async fn open(&self, source: &Source) -> Result<SecretString, CredentialError> {
        let missing = |message| CredentialError { code: "CREDENTIAL_MISSING", message };
        let sealed = self
            .store
            .secret(source.id)
            .await
            .map_err(|error| missing(format!("the sealed secret cannot be read: {error}")))?
            .ok_or_else(|| missing("no secret has been set; set one".into()))?;
        let elsewhere = |message| CredentialError { code: "CREDENTIAL_SEALED_ELSEWHERE", message };
        let keys =
            KeyRing::from_file(&self.key_file).map_err(|error| elsewhere(error.to_string()))?;
        let origin = self.origin(source).map_err(elsewhere)?;
        let id = source.id.to_string();
        keys.open(&self.place(source, &id, &origin), &sealed)
            .map_err(|error| elsewhere(error.to_string()))
    }

    /// What a sealed secret belongs to. The store keeps one secret for each source and no count of
    /// earlier ones, so the generation stays 0.
    fn place<'a>(&'a self, source: &'a Source, id: &'a str, origin: &'a str) -> SealedFor<'a> {
        SealedFor {
            instance: self.store.instance_id(),
            source: id,
            connector: &source.connector,
            origin,
            credential_kind: &source.credential_kind,
            field: "secret",
            generation: 0,
        }
    }

    fn origin(&self, source: &Source) -> Result<String, String> {
        let connector = self
            .registry
            .get(&source.connector)
            .ok_or_else(|| format!("the connector {:?} is not known", source.connector))?;
        let settings = Settings(source.settings.clone());
        let site = connector.check(&settings).map_err(|faults| faults.join("; "))?;
        let all = std::iter::once(site).chain(connector.further_origins(&settings));
        let all: Vec<String> = all.map(|site| site.origin().ascii_serialization()).collect();
        Ok(all.join(" "))
    }
}

/// Reads the secret that a reference names; white space around it does not count.
///
/// # Errors
/// One sentence that names the variable or the file, never what stands in it.
pub fn read_reference(reference: &CredentialRef) -> Result<SecretString, String> {
    let (place, text) = match reference {
        CredentialRef::Env { name } => (
            format!("the environment variable {name}"),
            std::env::var(name).map_err(|_| {
                format!("the environment variable {name} is not set, or is not text")
            })?,
        ),
        CredentialRef::File { path } => (format!("the file {path}"), read_file(path)?),
        CredentialRef::Sealed => return Err("the secret is sealed in the store".into()),
    };
    match text.trim() {
        "" => Err(format!("{place} is empty")),
        secret => Ok(secret.into()),
    }
}

fn read_file(path: &str) -> Result<String, String> {
    let unreadable = |error| format!("cannot read the file {path}: {error}");
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(format!("the file {path} is larger than {LARGEST} bytes"));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}
