//! What Jira needs and can do, and the opening of an account.

use async_trait::async_trait;
use mainstem_connector::{
    Connector, ConnectorError, Credential, CredentialKind, Delivery, Descriptor, Disposition, Host,
    Session, Settings, WebhookRefusal,
};
use mainstem_model::Timestamp;
use mainstem_model::record::{Depth, Heard, Hint, ScopeKey};
use secrecy::SecretString;
use url::Url;

use crate::auth::{self, authorization};
use crate::client::Client;
use crate::locator::Locator;
use crate::session::JiraSession;
use crate::settings::JiraSettings;
use crate::webhook;

/// The connector for Jira Cloud and for Jira Data Center.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jira;

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "jira",
    name: "Jira",
    credentials: &[
        CredentialKind {
            kind: "basic",
            public: &["username"],
            secret: "an API token (Cloud, with your e-mail address as user name) or a password",
        },
        CredentialKind {
            kind: "token",
            public: &[],
            secret: "a personal access token (Data Center) or an OAuth access token (Cloud)",
        },
    ],
    // What one bulk fetch of Cloud may name.
    fetch_limit: 100,
    tells_history: true,
    census_interval_seconds: 24 * 60 * 60,
    concurrent_scopes: 2,
    hears_webhooks: true,
};

#[async_trait]
impl Connector for Jira {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn check(&self, settings: &Settings) -> Result<Url, Vec<String>> {
        JiraSettings::read(settings).map(|settings| settings.base)
    }

    fn selects(&self, settings: &Settings, scope: &ScopeKey) -> bool {
        let asks = |settings: JiraSettings| {
            settings.projects.is_none_or(|keys| keys.iter().any(|key| **key == **scope))
        };
        JiraSettings::read(settings).is_ok_and(asks)
    }

    fn locate(&self, settings: &Settings, key: &str) -> Option<Heard> {
        let settings = JiraSettings::read(settings).ok()?;
        let project = Locator::read(key).filter(|_| key.contains('-'))?.project?;
        // Only a search can tell whether a condition holds, so what is new is left to the passes.
        let scope = settings.jql.is_none().then(|| project.into());
        let hint = Hint { external_id: None, locator: key.to_owned(), depth: Depth::Whole };
        Some(Heard { hint, scope })
    }

    fn expires_at(&self, credential: &Credential) -> Option<Timestamp> {
        auth::expires_at(credential)
    }

    async fn connect(
        &self,
        _source: &str,
        settings: &Settings,
        credential: Option<&Credential>,
        host: &Host,
    ) -> Result<Box<dyn Session>, ConnectorError> {
        let settings = JiraSettings::read(settings).map_err(|sentences| {
            ConnectorError::new(Disposition::GiveUp, "SETTINGS_INVALID", sentences.join("; "))
        })?;
        let authorization = authorization(credential)?;
        let client = Client::new(&settings, host, authorization, credential.is_none());
        Ok(Box::new(JiraSession::new(client, settings)))
    }

    fn read_webhook(
        &self,
        settings: &Settings,
        delivery: &Delivery<'_>,
        secret: &SecretString,
        now: Timestamp,
    ) -> Result<Vec<Heard>, WebhookRefusal> {
        webhook::read(settings, delivery, secret, now)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_issue_is_located_by_its_key() {
        let site = "https://acme.atlassian.net";
        let (all, some) =
            (json!({"base_url": site}), json!({"base_url": site, "jql": "labels = x"}));
        for (settings, key, expected) in [
            (&all, "ENG-42", Some(Some("ENG"))),
            (&some, "ENG-42", Some(None)),
            (&all, "42", None),
            (&all, "42@ENG", None),
            (&all, "acme/api#7", None),
            (&all, "ENG-42) OR (project = OPS", None),
        ] {
            let located = Jira.locate(&Settings(settings.clone()), key);
            if let Some(Heard { hint, .. }) = &located {
                assert_eq!((&*hint.locator, hint.depth), (key, Depth::Whole));
            }
            let scope = located.map(|heard| heard.scope);
            assert_eq!(scope, expected.map(|scope| scope.map(Into::into)), "{key}");
        }
    }
}
