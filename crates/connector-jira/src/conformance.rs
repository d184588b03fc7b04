//! The suite that every connector runs, against the sandbox, in process and without waiting; on Cloud
//! and on Data Center.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use mainstem_connector::conformance::{self, Trouble};
use mainstem_connector::dial::NoDial;
use mainstem_connector::http::{Http, HttpError, MAX_BODY_BYTES, Request, Response};
use mainstem_connector::{
    Connector, ConnectorError, CountingHttp, Credential, Host, Session, Settings,
};
use mainstem_model::clock::ManualClock;
use mainstem_model::random::SeededRandom;
use mainstem_model::record::ScopeKey;
use mainstem_sandbox::faults::{Fault, FaultKind};
use mainstem_sandbox::jira::{self, IssueKey, Refused};
use mainstem_sandbox::world::Malformation;
use mainstem_sandbox::{Deployment, JiraOptions, JiraSite};
use reqwest::header::HOST;
use serde_json::json;
use tower::ServiceExt;

use crate::Jira;

pub const SCOPE: &str = "ENG";
const TOKEN: &str = "sandbox-token";

/// The sandbox's site, asked without a socket.
struct InProcess(JiraSite);

#[async_trait]
impl Http for InProcess {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let interrupted =
            |reason: String| HttpError::Interrupted { host: "sandbox".into(), reason };
        let mut asked = axum::http::Request::builder()
            .method(request.method)
            .uri(request.url.as_str())
            .body(Body::from(request.body))
            .map_err(|error| interrupted(error.to_string()))?;
        asked.headers_mut().extend(request.headers);
        let host = request.url.authority().parse();
        asked.headers_mut().extend(host.map(|host| (HOST, host)));
        let answer = match self.0.router().oneshot(asked).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, MAX_BODY_BYTES).await;
        let body = body.map_err(|error| interrupted(error.to_string()))?;
        Ok(Response { status: head.status, headers: head.headers, body })
    }
}

pub struct Sandbox {
    pub site: JiraSite,
    pub clock: Arc<ManualClock>,
    http: CountingHttp,
    deployment: Deployment,
    pub base_url: String,
    pub credential: Option<Credential>,
}

/// The credential that the tests show, as each kind of site takes it.
pub fn credential(deployment: Deployment) -> jira::Credential {
    match deployment {
        Deployment::Cloud => {
            jira::Credential::Basic { username: "me@acme.example".into(), token: TOKEN.into() }
        }
        Deployment::DataCenter => jira::Credential::Personal { token: TOKEN.into() },
    }
}

impl Sandbox {
    pub fn new(options: JiraOptions) -> Self {
        let clock = Arc::new(ManualClock::at("2026-06-01T09:00:00Z".parse().unwrap()));
        let deployment = options.deployment;
        let site = JiraSite::new(options, clock.clone());
        site.require(credential(deployment));
        let http = CountingHttp::new(Arc::new(InProcess(site.clone())));
        let (kind, public) = match deployment {
            Deployment::Cloud => ("basic", json!({"username": "me@acme.example"})),
            Deployment::DataCenter => ("token", json!({})),
        };
        let credential =
            Some(Credential { kind: kind.into(), public, secret: TOKEN.to_owned().into() });
        Self { site, clock, http, deployment, base_url: "http://127.0.0.1:1".into(), credential }
    }

    fn of(deployment: Deployment) -> Self {
        Self::new(JiraOptions { deployment, issues: 700, projects: 2, ..JiraOptions::default() })
    }

    pub async fn open(&self, more: serde_json::Value) -> Box<dyn Session> {
        self.try_open(more).await.unwrap()
    }

    async fn try_open(&self, more: serde_json::Value) -> Result<Box<dyn Session>, ConnectorError> {
        let mut settings = json!({"base_url": self.base_url, "projects": [SCOPE]});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let host = Host {
            http: Arc::new(self.http.clone()),
            dial: Arc::new(NoDial),
            clock: self.clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        Jira.connect("jira", &Settings(settings), self.credential.as_ref(), &host).await
    }

    /// Does something to the issue of this number, and answers its key.
    fn change(&self, number: u32, change: impl FnOnce(&mut jira::World, IssueKey)) -> String {
        let key = format!("{SCOPE}-{number}");
        self.site.edit(|world| {
            let issue = world.issue(&key).unwrap();
            change(world, issue);
        });
        key
    }
}

#[async_trait]
impl conformance::Site for Sandbox {
    async fn connect(&self) -> Result<Box<dyn Session>, ConnectorError> {
        self.try_open(json!({})).await
    }

    fn scope(&self) -> ScopeKey {
        SCOPE.into()
    }

    fn requests(&self) -> u64 {
        self.http.requests()
    }

    fn pass_time(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    fn retitle(&self, title: &str) -> String {
        self.change(7, |world, issue| world.edit_summary(issue, title))
    }

    fn delete(&self) -> String {
        self.change(8, jira::World::delete)
    }

    fn hide(&self) -> String {
        self.change(9, jira::World::hide)
    }

    fn malform(&self) -> String {
        let how = Malformation::Replace { field: "fields.summary".into(), value: json!(7) };
        self.change(10, |world, issue| world.malform(issue, Some(how)))
    }

    fn trouble(&self, trouble: Option<Trouble>) {
        self.site.heal();
        self.site.require(credential(self.deployment));
        let project = self.site.world().project(SCOPE).unwrap();
        self.site.edit(|world| world.hide_project(project, false));
        let fail = |kind| self.site.fail(Fault::next(kind).times(1_000));
        match trouble {
            None => {}
            Some(Trouble::CredentialRefused) => self.site.revoke_token(TOKEN),
            Some(Trouble::RateLimited) => self.site.refuse_for(60, Refused::Burst),
            Some(Trouble::ScopeHidden) => {
                self.site.edit(|world| world.hide_project(project, true));
            }
            Some(Trouble::Failing) => fail(FaultKind::Status { status: 500 }),
            Some(Trouble::Cut) => fail(FaultKind::Cut),
            Some(Trouble::WebPage) => fail(FaultKind::Html),
        }
    }
}

macro_rules! checks {
    ($($check:ident),* $(,)?) => {
        $(
            // Time stands still, so the pauses between retries take none.
            #[tokio::test(start_paused = true)]
            async fn $check() {
                for deployment in [Deployment::Cloud, Deployment::DataCenter] {
                    conformance::$check(&Sandbox::of(deployment)).await;
                }
            }
        )*
    };
}

checks! {
    a_pull_ends_and_replays,
    an_unchanged_site_costs_little,
    an_edit_arrives,
    a_census_lists_what_was_pulled,
    a_fetch_gives_what_the_pull_gave,
    the_past_is_what_a_whole_reading_tells,
    what_is_gone_comes_back_as_an_absence,
    a_malformed_record_does_not_sink_its_page,
    trouble_has_its_reaction,
    a_dropped_step_is_harmless,
}
