//! The settings of a GitHub source, checked.

use mainstem_connector::Settings;
use mainstem_model::record::{ScopeKey, Site};
use serde::Deserialize;
use url::{Host, Url};

use crate::repository::RepositoryName;

const GITHUB_COM: &str = "https://api.github.com";
/// GitHub's lists lag by seconds, and an item may be stored with the second in which its change
/// began; a minute covers both, and costs nothing where nothing has changed.
const OVERLAP_SECONDS: u32 = 60;
/// Well below the 100 that GitHub allows, and enough to hide 100 ms of latency.
const CONCURRENT_REQUESTS: usize = 8;

/// What a source reads and how.
#[derive(Debug, Clone)]
pub struct GitHubSettings {
    /// The root of the REST API, ending in a slash.
    pub base: Url,
    /// Which repositories.
    pub selection: Selection,
    /// How far before the last change seen an incremental pass begins.
    pub overlap_seconds: u32,
    /// How many requests may be under way at the same time.
    pub concurrent_requests: usize,
}

/// Which repositories a source reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Just these.
    Repositories(Vec<RepositoryName>),
    /// All that this organisation or user has.
    Owner(String),
}

impl Selection {
    /// Whether a repository is among those that the source reads.
    pub fn contains(&self, name: &RepositoryName) -> bool {
        match self {
            Self::Repositories(names) => names.contains(name),
            Self::Owner(owner) => name.owner().eq_ignore_ascii_case(owner),
        }
    }

    /// The scope that lists a repository, by the name that it was configured with.
    pub fn scope_of(&self, name: &RepositoryName) -> ScopeKey {
        let configured = match self {
            Self::Repositories(names) => names.iter().find(|known| *known == name),
            Self::Owner(_) => None,
        };
        configured.unwrap_or(name).as_str().into()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    base_url: Option<String>,
    repositories: Option<Vec<String>>,
    owner: Option<String>,
    overlap_seconds: Option<u32>,
    concurrent_requests: Option<usize>,
}

impl GitHubSettings {
    /// Reads and checks the settings.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn read(settings: &Settings) -> Result<Self, Vec<String>> {
        let given: Given = settings.read().map_err(|sentence| vec![sentence])?;
        let mut wrong = Vec::new();
        let base = base_url(given.base_url.as_deref().unwrap_or(GITHUB_COM), &mut wrong);
        let selection = selection(given.repositories, given.owner, &mut wrong);
        let concurrent_requests = given.concurrent_requests.unwrap_or(CONCURRENT_REQUESTS);
        if !(1..=100).contains(&concurrent_requests) {
            wrong.push(
                "concurrent_requests: give a number from 1 to 100, GitHub's own limit".into(),
            );
        }
        let overlap_seconds = given.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
        if overlap_seconds > 86_400 {
            wrong.push("overlap_seconds: give at most 86400, one day".into());
        }
        match (base, selection) {
            (Some(base), Some(selection)) if wrong.is_empty() => {
                Ok(Self { base, selection, overlap_seconds, concurrent_requests })
            }
            _ => Err(wrong),
        }
    }

    /// Where people read it: an Enterprise Server has its API below its own address, GitHub's own sites
    /// have it at one that begins with `api.`.
    pub fn site(&self) -> Option<Site> {
        let host = self.base.host_str()?;
        let hosted = host == "api.github.com" || host.ends_with(".ghe.com");
        Some(host.strip_prefix("api.").filter(|_| hosted).unwrap_or(host).into())
    }

    /// Where GraphQL is asked: beside the REST API of github.com and of an Enterprise Server, below
    /// the base of anything else.
    pub fn graphql(&self) -> Url {
        let mut url = self.base.clone();
        let path = match url.path().strip_suffix("/api/v3/") {
            Some(prefix) => format!("{prefix}/api/graphql"),
            None => format!("{}graphql", url.path()),
        };
        url.set_path(&path);
        url
    }
}

fn base_url(given: &str, wrong: &mut Vec<String>) -> Option<Url> {
    let complain = |what: &str| {
        format!(
            "base_url: {what}; give {GITHUB_COM} or, for an Enterprise Server, https://HOST/api/v3"
        )
    };
    let Ok(mut url) = Url::parse(given) else {
        wrong.push(complain("this is not a URL"));
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        wrong.push(complain("a URL must not hold a user name or a password"));
    } else if url.query().is_some() || url.fragment().is_some() {
        wrong.push(complain("a base URL has neither query nor fragment"));
    } else if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        wrong.push(complain("only https is allowed, and http to this machine itself"));
    } else if url.host_str().is_none_or(|host| host.is_empty() || host.ends_with('.')) {
        wrong.push(complain("the host is missing or ends in a dot"));
    } else {
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        return Some(url);
    }
    None
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn selection(
    repositories: Option<Vec<String>>,
    owner: Option<String>,
    wrong: &mut Vec<String>,
) -> Option<Selection> {
    match (repositories, owner) {
        (Some(_), Some(_)) => {
            wrong.push("repositories and owner: give one of them, not both".into());
            None
        }
        (Some(names), None) if !names.is_empty() => {
            let mut read: Vec<RepositoryName> = Vec::new();
            for name in &names {
                match name.parse() {
                    Ok(name) if read.contains(&name) => {
                        wrong.push(format!("repositories: {name} is listed twice"));
                    }
                    Ok(name) => read.push(name),
                    Err(_) => wrong.push(format!(
                        "repositories: {name:?} is not a repository; give it as \"owner/name\""
                    )),
                }
            }
            Some(Selection::Repositories(read))
        }
        (None, Some(owner)) if RepositoryName::is_name(&owner) => Some(Selection::Owner(owner)),
        (None, Some(owner)) => {
            wrong.push(format!("owner: {owner:?} is not the name of an organisation or a user"));
            None
        }
        _ => {
            wrong.push("repositories: give at least one \"owner/name\", or set owner".into());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    fn read(settings: serde_json::Value) -> Result<GitHubSettings, Vec<String>> {
        GitHubSettings::read(&Settings(settings))
    }

    #[test]
    fn graphql_stands_where_each_kind_of_site_has_it() {
        for (base, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://git.acme.test/api/v3", "https://git.acme.test/api/graphql"),
            ("https://git.acme.test/api/v3/", "https://git.acme.test/api/graphql"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081/graphql"),
            ("http://[::1]:8081/github", "http://[::1]:8081/github/graphql"),
        ] {
            let settings = read(json!({"base_url": base, "owner": "acme"})).unwrap();
            assert_eq!(settings.graphql().as_str(), graphql);
        }
    }

    #[test]
    fn mail_names_the_address_that_people_see() {
        for (base, site) in [
            ("https://api.github.com", "github.com"),
            ("https://api.acme.ghe.com", "acme.ghe.com"),
            ("https://git.acme.test/api/v3", "git.acme.test"),
            ("https://api.acme.test/api/v3", "api.acme.test"),
        ] {
            let settings = read(json!({"base_url": base, "owner": "acme"})).unwrap();
            assert_eq!(settings.site().as_deref(), Some(site));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (settings, setting) in [
            (json!({}), "repositories"),
            (json!({"repositories": []}), "repositories"),
            (json!({"repositories": ["acme"]}), "repositories"),
            (json!({"repositories": ["acme/api/x"]}), "repositories"),
            (json!({"repositories": ["acme/.."]}), "repositories"),
            (json!({"repositories": ["acme/api", "Acme/API"]}), "repositories"),
            (json!({"repositories": ["acme/api"], "owner": "acme"}), "repositories and owner"),
            (json!({"owner": "a b"}), "owner"),
            (json!({"owner": "acme", "repos": 1}), "repos"),
            (json!({"owner": "acme", "concurrent_requests": 0}), "concurrent_requests"),
            (json!({"owner": "acme", "overlap_seconds": 90_000}), "overlap_seconds"),
            (json!({"owner": "acme", "base_url": "github.com"}), "base_url"),
            (json!({"owner": "acme", "base_url": "file:///etc"}), "base_url"),
            (json!({"owner": "acme", "base_url": "http://github.test"}), "base_url"),
            (json!({"owner": "acme", "base_url": "https://me:secret@github.test"}), "base_url"),
            (json!({"owner": "acme", "base_url": "https://github.test./"}), "base_url"),
            (json!({"owner": "acme", "base_url": "https://github.test/?x"}), "base_url"),
        ] {
            let sentences = read(settings.clone()).unwrap_err();
            assert_eq!(sentences.len(), 1, "{settings}: {sentences:?}");
            assert!(sentences[0].contains(setting), "{settings}: {sentences:?}");
            assert!(!sentences[0].contains("secret"));
        }
    }
}
