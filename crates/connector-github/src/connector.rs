//! What GitHub needs and can do, and the opening of an account.

use async_trait::async_trait;
use mainstem_connector::{
    Connector, ConnectorError, Credential, CredentialKind, Descriptor, Disposition, Host, Session,
    Settings,
};
use mainstem_model::record::ScopeKey;
use url::Url;

use crate::auth::authorization;
use crate::client::Client;
use crate::repository::RepositoryName;
use crate::session::GitHubSession;
use crate::settings::GitHubSettings;

/// The connector for github.com and for GitHub Enterprise Server.
#[derive(Debug, Clone, Copy, Default)]
pub struct GitHub;

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "github",
    name: "GitHub",
    credentials: &[
        CredentialKind { kind: "token", public: &[], secret: "a personal access token" },
        CredentialKind {
            kind: "app",
            public: &["app_id"],
            secret: "the private key of a GitHub App, in PEM form",
        },
    ],
    // What one GraphQL request may name.
    fetch_limit: 100,
    tells_history: true,
    census_interval_seconds: 24 * 60 * 60,
    concurrent_scopes: 4,
    hears_webhooks: false,
};

#[async_trait]
impl Connector for GitHub {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, settings: &Settings) -> Result<Url, Vec<String>> {
        GitHubSettings::read(settings).map(|settings| settings.base)
    }

    fn selects(&self, settings: &Settings, scope: &ScopeKey) -> bool {
        let asks = |settings: GitHubSettings| {
            scope.parse().is_ok_and(|name: RepositoryName| settings.selection.contains(&name))
        };
        GitHubSettings::read(settings).is_ok_and(asks)
    }

    async fn connect(
        &self,
        settings: &Settings,
        credential: Option<&Credential>,
        host: &Host,
    ) -> Result<Box<dyn Session>, ConnectorError> {
        let settings = GitHubSettings::read(settings).map_err(|sentences| {
            ConnectorError::new(Disposition::GiveUp, "SETTINGS_INVALID", sentences.join("; "))
        })?;
        let authorization = authorization(credential, &settings, host)?;
        let client = Client::new(&settings, host, authorization, credential.is_none());
        let app = credential.is_some_and(|credential| credential.kind == "app");
        Ok(Box::new(GitHubSession::new(client, settings, app)))
    }
}
