//! One account at GitHub: what each part of the contract leads to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mainstem_connector::{ConnectorError, Disposition, Session};
use mainstem_model::Timestamp;
use mainstem_model::record::{
    Batch, CensusEntry, Cursor, Hint, Page, PageToken, Scope, ScopeKey, Site,
};
use serde::Deserialize;

use crate::client::{Client, refused};
use crate::repository::{Repository, RepositoryName};
use crate::settings::{GitHubSettings, Selection};
use crate::{census, fetch, pull, wire};

/// One account at GitHub. What it remembers saves requests and decides nothing.
pub struct GitHubSession {
    pub client: Client,
    /// The same client for what nobody waits for.
    pub background: Client,
    pub settings: GitHubSettings,
    app: bool,
    repositories: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    repository: Arc<Repository>,
    etag: Option<String>,
}

impl GitHubSession {
    pub fn new(client: Client, settings: GitHubSettings, app: bool) -> Self {
        let background = client.in_background();
        Self { client, background, settings, app, repositories: Mutex::default() }
    }

    /// What is known of a repository, asked for where it is not known yet.
    pub async fn repository(
        &self,
        name: &RepositoryName,
    ) -> Result<Arc<Repository>, ConnectorError> {
        match self.known(name) {
            Some(known) => Ok(known.repository),
            None => Ok(self.look_up(name).await?.0),
        }
    }

    /// Asks what a repository is called now, and what GitHub's clock says. Costs nothing of the
    /// budget where it is as it was.
    pub async fn look_up(
        &self,
        name: &RepositoryName,
    ) -> Result<(Arc<Repository>, Timestamp), ConnectorError> {
        let known = self.known(name);
        let etag = known.as_ref().and_then(|known| known.etag.clone());
        let answer = self.client.get(self.client.url(&format!("repos/{name}"), &[]), etag).await?;
        let repository = match (answer.status.as_u16(), known) {
            (304, Some(known)) => known.repository,
            (200, _) => {
                let read: wire::Repository = answer.json()?;
                let repository = Arc::new(Repository::new(read).ok_or_else(|| refused(&answer))?);
                let known = Known { repository: repository.clone(), etag: answer.etag() };
                let mut repositories =
                    self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
                repositories.insert(name.as_str().to_ascii_lowercase(), known);
                repository
            }
            _ => return Err(refused(&answer)),
        };
        Ok((repository, answer.at))
    }

    fn known(&self, name: &RepositoryName) -> Option<Known> {
        let repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        repositories.get(&name.as_str().to_ascii_lowercase()).cloned()
    }

    /// The first page of the owner's repositories, whoever the owner is.
    async fn owned(&self, owner: &str) -> Result<Page<Scope>, ConnectorError> {
        #[derive(Deserialize)]
        struct Account {
            login: String,
        }
        if self.app {
            return self.repository_page("installation/repositories", owner).await;
        }
        let of_organisation = format!("orgs/{owner}/repos");
        let answer = self.client.get(self.url(&of_organisation), None).await?;
        if answer.status.as_u16() != 404 {
            return scopes(&answer, owner);
        }
        // Only the user themselves is shown their private repositories, and only at their own list.
        let me = self.client.get(self.client.url("user", &[]), None).await;
        let mine = match me {
            Ok(answer) if answer.status.is_success() => {
                answer.json::<Account>()?.login.eq_ignore_ascii_case(owner)
            }
            _ => false,
        };
        let path = if mine { "user/repos".to_owned() } else { format!("users/{owner}/repos") };
        self.repository_page(&path, owner).await
    }

    async fn repository_page(
        &self,
        path: &str,
        owner: &str,
    ) -> Result<Page<Scope>, ConnectorError> {
        scopes(&self.client.get(self.url(path), None).await?, owner)
    }

    fn url(&self, path: &str) -> url::Url {
        self.client.url(path, &[("per_page", "100")])
    }
}

/// The repositories of this owner on a page of some list of repositories.
fn scopes(
    answer: &mainstem_connector::caller::Answer,
    owner: &str,
) -> Result<Page<Scope>, ConnectorError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Repositories {
        List(Vec<wire::Repository>),
        Installation { repositories: Vec<wire::Repository> },
    }
    if !answer.status.is_success() {
        return Err(refused(answer));
    }
    let (Repositories::List(read) | Repositories::Installation { repositories: read }) =
        answer.json()?;
    let of_owner = |repository: &wire::Repository| {
        let name: Result<RepositoryName, ()> = repository.full_name.parse();
        name.is_ok_and(|name| name.owner().eq_ignore_ascii_case(owner))
    };
    let items = read
        .into_iter()
        .filter(of_owner)
        .map(|repository| Scope {
            key: repository.full_name.as_str().into(),
            name: repository.full_name,
        })
        .collect();
    Ok(Page { items, next: answer.link("next").map(|url| PageToken(url.into())) })
}

/// The repository that a scope stands for.
pub fn scope_name(scope: &ScopeKey) -> Result<RepositoryName, ConnectorError> {
    scope.parse().map_err(|()| {
        ConnectorError::new(
            Disposition::GiveUp,
            "SCOPE_UNKNOWN",
            format!("{scope:?} is not a repository"),
        )
    })
}

#[async_trait]
impl Session for GitHubSession {
    async fn discover(&self, page: Option<PageToken>) -> Result<Page<Scope>, ConnectorError> {
        match (&self.settings.selection, page) {
            (Selection::Repositories(names), _) => {
                let scope = |name: &RepositoryName| Scope {
                    key: name.as_str().into(),
                    name: name.to_string(),
                };
                Ok(Page { items: names.iter().map(scope).collect(), next: None })
            }
            (Selection::Owner(owner), None) => self.owned(owner).await,
            (Selection::Owner(owner), Some(PageToken(url))) => {
                let url = url.parse().map_err(|_| {
                    ConnectorError::new(Disposition::BackOff, "PAGE_UNKNOWN", "this is not a page")
                })?;
                scopes(&self.client.get(url, None).await?, owner)
            }
        }
    }

    async fn site(&self) -> Result<Option<Site>, ConnectorError> {
        Ok(self.settings.site())
    }

    async fn pull(
        &self,
        scope: &ScopeKey,
        cursor: Option<&Cursor>,
    ) -> Result<Batch, ConnectorError> {
        pull::pull(self, &scope_name(scope)?, cursor).await
    }

    async fn fetch(&self, hints: &[Hint]) -> Result<Batch, ConnectorError> {
        fetch::fetch(self, hints).await
    }

    async fn census(
        &self,
        scope: &ScopeKey,
        page: Option<PageToken>,
    ) -> Result<Page<CensusEntry>, ConnectorError> {
        census::census(self, &scope_name(scope)?, page).await
    }
}
