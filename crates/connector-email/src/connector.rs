//! What a mailbox needs and can do, and the opening of one.

use std::sync::Arc;

use async_trait::async_trait;
use mainstem_connector::{
    Connector, ConnectorError, Credential, CredentialKind, Descriptor, Disposition, Host, Session,
    Settings,
};
use mainstem_model::record::ScopeKey;
use tokio::runtime::Handle;
use url::Url;

use crate::mailbox::imap::{Account, Address, Imap, Login};
use crate::mailbox::{Local, MailStore};
use crate::outbox::Outbox;
use crate::session::EmailSession;
use crate::settings::{EmailSettings, Location};

/// The connector for mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Email;

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "email",
    name: "Email",
    // A mailbox on this machine is read with the rights of the program.
    credentials: &[
        CredentialKind {
            kind: "password",
            public: &["username"],
            secret: "the password of the mailbox, or one made for this program",
        },
        CredentialKind {
            kind: "oauth2",
            public: &["username"],
            secret: "an OAuth access token that may read the mailbox over IMAP",
        },
    ],
    fetch_limit: 100,
    tells_history: false,
    hears_webhooks: false,
    census_interval_seconds: 24 * 60 * 60,
    // Threads lie in several folders, so all of them are looked at together.
    concurrent_scopes: 1,
};

#[async_trait]
impl Connector for Email {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, settings: &Settings) -> Result<Url, Vec<String>> {
        let settings = EmailSettings::read(settings)?;
        let (key, path) = match &settings.location {
            Location::Local(Local::Maildir(path)) => ("maildir", path),
            Location::Local(Local::Mbox(path)) => ("mbox", path),
            Location::Server(address) => {
                return address.origin().ok_or_else(|| vec!["imap: it names no host".to_owned()]);
            }
        };
        let address =
            std::path::absolute(path).ok().and_then(|path| Url::from_file_path(path).ok());
        address.ok_or_else(|| {
            vec![format!("{key}: {path:?} is not a path; give one such as \"mail\"")]
        })
    }

    fn further_origins(&self, settings: &Settings) -> Vec<Url> {
        let smtp = EmailSettings::read(settings).ok().and_then(|settings| settings.smtp);
        smtp.and_then(|server| server.origin()).into_iter().collect()
    }

    fn selects(&self, settings: &Settings, scope: &ScopeKey) -> bool {
        EmailSettings::read(settings).is_ok_and(|settings| settings.reads(scope))
    }

    async fn connect(
        &self,
        source: &str,
        settings: &Settings,
        credential: Option<&Credential>,
        host: &Host,
    ) -> Result<Box<dyn Session>, ConnectorError> {
        let settings = EmailSettings::read(settings).map_err(|sentences| {
            ConnectorError::new(Disposition::GiveUp, "SETTINGS_INVALID", sentences.join("; "))
        })?;
        let mut outbox = None;
        let store = match &settings.location {
            Location::Local(local) => MailStore::Local(local.clone()),
            Location::Server(address) => {
                let imap = server(address, credential, host)?;
                outbox = outbox_of(&settings, imap.account())?;
                MailStore::Server(imap)
            }
        };
        let clock = Arc::clone(&host.clock);
        Ok(Box::new(EmailSession::new(source, settings, store, outbox, clock)))
    }
}

fn server(
    address: &Address,
    credential: Option<&Credential>,
    host: &Host,
) -> Result<Imap, ConnectorError> {
    let login = credential.map(|credential| {
        let username = credential.public.get("username").and_then(|name| name.as_str());
        let is_token = credential.kind == "oauth2";
        Login::new(username.unwrap_or_default(), credential.secret.clone(), is_token)
    });
    let login = login.transpose().map_err(|message| {
        ConnectorError::new(Disposition::PauseSource, "CREDENTIAL_UNUSABLE", message)
    })?;
    let account = Account { address: address.clone(), dial: Arc::clone(&host.dial), login };
    Ok(Imap::new(account, Handle::current()))
}

/// Where answers go, where the settings say so.
fn outbox_of(
    settings: &EmailSettings,
    account: &Account,
) -> Result<Option<Outbox>, ConnectorError> {
    let Some(server) = settings.smtp.clone() else { return Ok(None) };
    let username = account.login.as_ref().map(|login| login.username.as_str());
    let from = settings.from.clone().or_else(|| username?.parse().ok());
    let from = from.ok_or_else(|| {
        ConnectorError::new(
            Disposition::GiveUp,
            "SETTINGS_INVALID",
            "from: the user name is no address; give `from = \"support@acme.example\"`",
        )
    })?;
    Ok(Some(Outbox { server, from, account: account.clone() }))
}
