//! One account at Jira: what each part of the contract leads to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use mainstem_connector::{ConnectorError, Disposition, Session, site_at};
use mainstem_model::record::{
    Batch, CensusEntry, Cursor, Hint, Page, PageToken, Scope, ScopeKey, Site,
};
use mainstem_model::{SourceError, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use url::Url;

use crate::ahead::Ahead;
use crate::catalogue::{Fields, Statuses};
use crate::client::{Client, refused};
use crate::normalize::{Context, decode, is_id};
use crate::settings::JiraSettings;
use crate::wire::{self, Glance, SearchPage};
use crate::{census, fetch, pull, registration};

/// One account at Jira. What it remembers saves requests and decides nothing.
pub struct JiraSession {
    pub client: Client,
    /// The same client for what nobody waits for.
    pub background: Client,
    pub settings: JiraSettings,
    pub ahead: Ahead,
    fields: OnceCell<Fields>,
    statuses: OnceCell<Statuses>,
    projects: Mutex<HashMap<String, wire::Project>>,
}

impl JiraSession {
    pub fn new(client: Client, settings: JiraSettings) -> Self {
        let background = client.in_background();
        Self {
            client,
            background,
            settings,
            ahead: Ahead::default(),
            fields: OnceCell::new(),
            statuses: OnceCell::new(),
            projects: Mutex::default(),
        }
    }

    /// What it takes to understand an issue; asked once.
    pub async fn context(&self) -> Result<Context<'_>, ConnectorError> {
        let ask = || async { Ok::<_, ConnectorError>(Fields::new(self.list("field").await?)) };
        Ok(Context {
            site: self.client.site().await?,
            fields: self.fields.get_or_try_init(ask).await?,
        })
    }

    /// The categories of the site's statuses; asked once.
    pub async fn statuses(&self) -> Result<&Statuses, ConnectorError> {
        let ask = || async { Ok(Statuses::new(self.list("status").await?)) };
        self.statuses.get_or_try_init(ask).await
    }

    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, ConnectorError> {
        let answer = self.client.get(path, &[]).await?;
        if answer.status.is_success() { answer.json() } else { Err(refused(&answer)) }
    }

    /// What is known of a project, asked for where it is not known yet.
    pub async fn project(&self, scope: &str) -> Result<wire::Project, ConnectorError> {
        let known = self.lock().get(scope).cloned();
        match known {
            Some(project) => Ok(project),
            None => self.look_up(scope).await,
        }
    }

    /// Asks what a project is called now, and whether it is to be seen.
    pub async fn look_up(&self, scope: &str) -> Result<wire::Project, ConnectorError> {
        let is_scope = |project: &wire::Project| !project.deleted && is_id(&project.id);
        let Some(project) = self.find_project(scope).await?.filter(is_scope) else {
            return Err(ConnectorError::new(
                Disposition::GiveUp,
                SourceError::SCOPE_NOT_VISIBLE,
                format!(
                    "Jira shows no project {scope}; check that it exists and that the account may browse it"
                ),
            ));
        };
        self.lock().insert(scope.to_owned(), project.clone());
        Ok(project)
    }

    /// The project of this key or former key, also one that is archived or in the bin, if Jira shows it.
    pub async fn find_project(&self, key: &str) -> Result<Option<wire::Project>, ConnectorError> {
        if self.client.site().await?.cloud {
            let states = ["live", "archived", "deleted"].map(|status| ("status", status));
            let query: Vec<_> = std::iter::once(("keys", key)).chain(states).collect();
            let answer = self.client.get("project/search", &query).await?;
            if answer.status.is_success() {
                let listed = answer.json::<wire::ProjectPage>()?.values;
                let found = listed.into_iter().find(|found| found.key.eq_ignore_ascii_case(key));
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        let answer = self.client.get(&format!("project/{key}"), &[]).await?;
        match answer.status.as_u16() {
            200 => Ok(Some(answer.json()?)),
            401 | 403 | 404 => Ok(None),
            _ => Err(refused(&answer)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, wire::Project>> {
        self.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The condition that every query of a project has. The project stands there by its id, which
    /// stays when the key changes.
    pub fn condition(&self, project: &wire::Project) -> String {
        match &self.settings.jql {
            Some(jql) => format!("project = {} AND ({jql})", project.id),
            None => format!("project = {}", project.id),
        }
    }

    /// The latest change in a project that search knows of; 1970 where there is no issue.
    pub async fn latest_change(
        &self,
        project: &wire::Project,
    ) -> Result<Timestamp, ConnectorError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Newest<'a> {
            jql: &'a str,
            fields: [&'a str; 1],
            max_results: u32,
        }
        let jql = format!("{} ORDER BY updated DESC", self.condition(project));
        let path = if self.client.site().await?.cloud { "search/jql" } else { "search" };
        let question = Newest { jql: &jql, fields: ["updated"], max_results: 1 };
        let answer = self.client.ask(path, &question).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        let page: SearchPage =
            serde_json::from_slice(&answer.body).map_err(|error| answer.unreadable(&error))?;
        let newest =
            page.issues.first().and_then(|raw| decode::<Glance>(raw.get().as_bytes()).ok());
        Ok(newest.map_or_else(Timestamp::default, |issue| issue.fields.updated.0.min(answer.at)))
    }

    /// A page of the projects that the account sees. Archived ones stand still, and are not searched.
    async fn visible(&self, start_at: u64) -> Result<Page<Scope>, ConnectorError> {
        let scope = |project: wire::Project| Scope {
            key: project.key.as_str().into(),
            name: if project.name.is_empty() { project.key } else { project.name },
        };
        if !self.client.site().await?.cloud {
            let all: Vec<wire::Project> = self.list("project").await?;
            return Ok(Page { items: all.into_iter().map(scope).collect(), next: None });
        }
        let start = start_at.to_string();
        let answer = self.client.get("project/search", &[("startAt", &start)]).await?;
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        let page: wire::ProjectPage = answer.json()?;
        let count = page.values.len() as u64;
        let goes_on = !page.is_last && count > 0;
        Ok(Page {
            items: page.values.into_iter().map(scope).collect(),
            next: goes_on.then(|| PageToken((start_at + count).to_string())),
        })
    }
}

/// A scope is the key of a project: nothing else may stand in a path.
fn key(scope: &ScopeKey) -> Result<&str, ConnectorError> {
    let is_key =
        !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_key {
        Ok(scope)
    } else {
        let message = format!("{scope:?} is not the key of a project");
        Err(ConnectorError::new(Disposition::GiveUp, "SCOPE_UNKNOWN", message))
    }
}

#[async_trait]
impl Session for JiraSession {
    async fn discover(&self, page: Option<PageToken>) -> Result<Page<Scope>, ConnectorError> {
        match (&self.settings.projects, page) {
            (Some(keys), _) => {
                let scope = |key: &String| Scope { key: key.as_str().into(), name: key.clone() };
                Ok(Page { items: keys.iter().map(scope).collect(), next: None })
            }
            (None, None) => self.visible(0).await,
            (None, Some(PageToken(start))) => {
                let start = start.parse().map_err(|_| {
                    ConnectorError::new(Disposition::BackOff, "PAGE_UNKNOWN", "this is not a page")
                })?;
                self.visible(start).await
            }
        }
    }

    async fn site(&self) -> Result<Option<Site>, ConnectorError> {
        let address = &self.client.site().await?.address;
        Ok(Url::parse(address).ok().and_then(|address| site_at(&address)))
    }

    async fn pull(
        &self,
        scope: &ScopeKey,
        cursor: Option<&Cursor>,
    ) -> Result<Batch, ConnectorError> {
        pull::pull(self, key(scope)?, cursor).await
    }

    async fn fetch(&self, hints: &[Hint]) -> Result<Batch, ConnectorError> {
        fetch::fetch(self, hints).await
    }

    async fn census(
        &self,
        scope: &ScopeKey,
        page: Option<PageToken>,
    ) -> Result<Page<CensusEntry>, ConnectorError> {
        census::census(self, key(scope)?, page).await
    }

    async fn keep_webhook(&self, address: &str, scopes: &[ScopeKey]) -> Result<(), ConnectorError> {
        registration::keep(&self.client, address, scopes).await
    }
}
