//! What GitHub needs and can do, and the opening of an account.

use async_trait::async_trait;
use mainstem_connector::{
    Connector, ConnectorError, Credential, CredentialKind, Descriptor, Disposition, Host, Session,
    Settings,
};
use mainstem_model::record::{Depth, Heard, Hint, ScopeKey};
use url::Url;

use crate::auth::authorization;
use crate::client::Client;
use crate::locator::Locator;
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

    fn locate(&self, settings: &Settings, key: &str) -> Option<Heard> {
        let Locator { repository, .. } = key.parse().ok()?;
        let selection = GitHubSettings::read(settings).ok()?.selection;
        let scope = selection.contains(&repository).then(|| selection.scope_of(&repository));
        let hint = Hint { external_id: None, locator: key.to_owned(), depth: Depth::Whole };
        Some(Heard { hint, scope })
    }

    async fn connect(
        &self,
        _source: &str,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_located_by_its_key() {
        let chosen = json!({"repositories": ["Acme/API"]});
        let owned = json!({"owner": "acme"});
        for (settings, key, expected) in [
            (&chosen, "acme/api#7", Some(Some("Acme/API"))),
            (&chosen, "acme/web#7", Some(None)),
            (&owned, "acme/web#7", Some(Some("acme/web"))),
            (&owned, "other/web#7", Some(None)),
            (&owned, "ENG-42", None),
            (&owned, "acme/web#x", None),
            (&owned, "acme/..#1", None),
        ] {
            let located = GitHub.locate(&Settings(settings.clone()), key);
            if let Some(Heard { hint, .. }) = &located {
                assert_eq!((&*hint.locator, hint.depth), (key, Depth::Whole));
            }
            let scope = located.map(|heard| heard.scope);
            assert_eq!(scope, expected.map(|scope| scope.map(Into::into)), "{key}");
        }
    }
}
