//! What a mailbox needs and can do, and the opening of one.

use async_trait::async_trait;
use mainstem_connector::{
    Connector, ConnectorError, Credential, Descriptor, Disposition, Host, Session, Settings,
};
use mainstem_model::record::ScopeKey;
use url::Url;

use crate::mailbox::Local;
use crate::session::EmailSession;
use crate::settings::EmailSettings;

/// The connector for mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Email;

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "email",
    name: "Email",
    // A mailbox on this machine is read with the rights of the program.
    credentials: &[],
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
        let (key, path) = match &settings.mailbox {
            Local::Maildir(path) => ("maildir", path),
            Local::Mbox(path) => ("mbox", path),
        };
        let address =
            std::path::absolute(path).ok().and_then(|path| Url::from_file_path(path).ok());
        address.ok_or_else(|| {
            vec![format!("{key}: {path:?} is not a path; give one such as \"mail\"")]
        })
    }

    fn selects(&self, settings: &Settings, scope: &ScopeKey) -> bool {
        EmailSettings::read(settings).is_ok_and(|settings| settings.reads(scope))
    }

    async fn connect(
        &self,
        source: &str,
        settings: &Settings,
        _credential: Option<&Credential>,
        _host: &Host,
    ) -> Result<Box<dyn Session>, ConnectorError> {
        let settings = EmailSettings::read(settings).map_err(|sentences| {
            ConnectorError::new(Disposition::GiveUp, "SETTINGS_INVALID", sentences.join("; "))
        })?;
        Ok(Box::new(EmailSession::new(source, settings)))
    }
}
