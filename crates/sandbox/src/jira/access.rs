//! Who is asking, and by which of Jira's ways to say so.

use std::collections::HashSet;

use base64::Engine;
use serde::Deserialize;

use crate::jira::Deployment;

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Credential {
    /// A name (an e-mail address on Cloud) and an API token or password.
    Basic {
        /// The name.
        username: String,
        /// The token.
        token: String,
    },
    /// Data Center: a personal access token, as a bearer.
    Personal {
        /// The token.
        token: String,
    },
    /// Cloud: an access token of an OAuth app, as a bearer, below `/ex/jira/{cloudId}`.
    OAuth {
        /// The token.
        token: String,
    },
}

impl Credential {
    fn token(&self) -> &str {
        match self {
            Self::Basic { token, .. } | Self::Personal { token } | Self::OAuth { token } => token,
        }
    }
}

/// Whom a request comes from. There is one account; what differs is how it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody.
    Anonymous,
    /// Somebody whose name or token is wrong: Cloud treats them as nobody and says so in a header.
    Failed,
    /// The account, by name and token or by a personal access token.
    Account,
    /// The account, through an OAuth app.
    App,
}

impl Caller {
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Account | Self::App)
    }
}

/// Why nobody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The gateway before Cloud knows no such access token.
    Gateway,
    /// Data Center refuses a wrong credential at once, in HTML.
    Page,
}

pub(crate) struct Access {
    deployment: Deployment,
    known: Option<HashSet<Credential>>,
    revoked: HashSet<String>,
}

impl Access {
    pub fn new(deployment: Deployment, credentials: Option<Vec<Credential>>) -> Self {
        let known = credentials.map(|credentials| credentials.into_iter().collect());
        Self { deployment, known, revoked: HashSet::new() }
    }

    pub fn require(&mut self, credential: Credential) {
        self.revoked.remove(credential.token());
        self.known.get_or_insert_default().insert(credential);
    }

    pub fn revoke(&mut self, token: &str) {
        self.revoked.insert(token.to_owned());
    }

    /// `by_gateway` where the path began with `/ex/jira`.
    pub fn caller(&self, header: Option<&str>, by_gateway: bool) -> Result<Caller, Denied> {
        let Some(header) = header else {
            // The gateway lets nobody through who does not say who they are.
            return if by_gateway { Err(Denied::Gateway) } else { Ok(Caller::Anonymous) };
        };
        let credential = self.read(header, by_gateway);
        let known = credential.as_ref().is_some_and(|credential| {
            !self.revoked.contains(credential.token())
                && self.known.as_ref().is_none_or(|known| known.contains(credential))
        });
        match (known, credential, self.deployment) {
            (true, Some(Credential::OAuth { .. }), _) => Ok(Caller::App),
            (true, ..) => Ok(Caller::Account),
            (false, _, _) if by_gateway => Err(Denied::Gateway),
            (false, _, Deployment::Cloud) => Ok(Caller::Failed),
            (false, _, Deployment::DataCenter) => Err(Denied::Page),
        }
    }

    fn read(&self, header: &str, by_gateway: bool) -> Option<Credential> {
        let (scheme, value) = header.split_once(' ')?;
        let value = value.trim();
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
            let pair = String::from_utf8(decoded).ok()?;
            let (username, token) = pair.split_once(':')?;
            return Some(Credential::Basic { username: username.into(), token: token.into() });
        }
        if !scheme.eq_ignore_ascii_case("bearer") || value.is_empty() {
            return None;
        }
        match self.deployment {
            Deployment::DataCenter => Some(Credential::Personal { token: value.into() }),
            // An access token is good at the gateway only.
            Deployment::Cloud if by_gateway => Some(Credential::OAuth { token: value.into() }),
            Deployment::Cloud => None,
        }
    }
}
