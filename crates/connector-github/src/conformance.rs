//! The suite that every connector runs, against the sandbox, in process and without waiting.

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
use mainstem_model::record::{Depth, Hint, ScopeKey};
use mainstem_sandbox::SiteOptions;
use mainstem_sandbox::faults::{Fault, FaultKind};
use mainstem_sandbox::limits::Refused;
use mainstem_sandbox::site::Site;
use mainstem_sandbox::world::{IssueKey, Malformation, World};
use reqwest::header::HOST;
use serde_json::json;
use tower::ServiceExt;

use crate::GitHub;

const SCOPE: &str = "acme/api";

/// The sandbox's site, asked without a socket.
struct InProcess(Site);

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

struct Sandbox {
    site: Site,
    clock: Arc<ManualClock>,
    http: CountingHttp,
}

impl Sandbox {
    fn new(issue_cursors: bool) -> Self {
        let clock = Arc::new(ManualClock::at("2026-06-01T09:00:00Z".parse().unwrap()));
        let options = SiteOptions {
            issues: 600,
            pull_requests: 100,
            repositories: 2,
            issue_cursors,
            core_limit: 1_000_000,
            ..SiteOptions::default()
        };
        let site = Site::new(options, clock.clone());
        let http = CountingHttp::new(Arc::new(InProcess(site.clone())));
        Self { site, clock, http }
    }

    /// Does something to the issue of this number, and answers its key.
    fn change(&self, number: u32, change: impl FnOnce(&mut World, IssueKey)) -> String {
        self.site.edit(|world| {
            let issue = world.issue(SCOPE, number).unwrap();
            change(world, issue);
        });
        format!("{SCOPE}#{number}")
    }
}

#[async_trait]
impl conformance::Site for Sandbox {
    async fn connect(&self) -> Result<Box<dyn Session>, ConnectorError> {
        let settings = json!({"base_url": "http://127.0.0.1:1", "repositories": [SCOPE]});
        let credential = Credential {
            kind: "token".into(),
            public: json!({}),
            secret: "ghp_sandbox".to_owned().into(),
        };
        let host = Host {
            http: Arc::new(self.http.clone()),
            dial: Arc::new(NoDial),
            clock: self.clock.clone(),
            random: Arc::new(SeededRandom::new(1)),
        };
        GitHub.connect("acme", &Settings(settings), Some(&credential), &host).await
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
        self.change(7, |world, issue| world.edit_title(issue, title))
    }

    fn delete(&self) -> String {
        self.change(8, World::delete)
    }

    fn hide(&self) -> String {
        self.change(9, World::hide)
    }

    fn malform(&self) -> String {
        let how = Malformation::Replace { field: "title".into(), value: json!(7) };
        self.change(10, |world, issue| world.malform(issue, Some(how)))
    }

    fn trouble(&self, trouble: Option<Trouble>) {
        self.site.heal();
        let repository = self.site.world().repository(SCOPE).unwrap();
        self.site.edit(|world| world.hide_repository(repository, false));
        let fail = |kind| self.site.fail(Fault::next(kind).times(1_000));
        match trouble {
            None => {}
            Some(Trouble::CredentialRefused) => self.site.refuse_for(60, Refused::Unauthorized),
            Some(Trouble::RateLimited) => {
                self.site.refuse_for(60, Refused::Secondary { retry_after: Some(60) });
            }
            Some(Trouble::ScopeHidden) => {
                self.site.edit(|world| world.hide_repository(repository, true));
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
                for issue_cursors in [false, true] {
                    conformance::$check(&Sandbox::new(issue_cursors)).await;
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

#[tokio::test(start_paused = true)]
async fn without_graphql_the_past_comes_by_rest() {
    let sandbox = Sandbox::new(false);
    sandbox
        .site
        .fail(Fault::next(FaultKind::Status { status: 404 }).times(u32::MAX).on("/graphql"));
    conformance::the_past_is_what_a_whole_reading_tells(&sandbox).await;
}

/// A hint for everything about an issue, from its census entry.
async fn whole(session: &dyn Session, number: u32) -> Hint {
    let mut page = None;
    loop {
        let census = session.census(&SCOPE.into(), page).await.unwrap();
        let key = format!("{SCOPE}#{number} ");
        if let Some(entry) = census.items.into_iter().find(|entry| entry.locator.starts_with(&key))
        {
            return Hint {
                external_id: Some(entry.external_id),
                locator: entry.locator,
                depth: Depth::Whole,
            };
        }
        page = Some(census.next.unwrap());
    }
}

#[tokio::test]
async fn a_transferred_issue_is_followed_across_the_redirect() {
    let sandbox = Sandbox::new(true);
    let session = conformance::Site::connect(&sandbox).await.unwrap();
    // The first issues of a seeded site may be pull requests, which cannot be transferred.
    let number = (1..50)
        .find(|number| {
            let world = sandbox.site.world();
            !world[world.issue(SCOPE, *number).unwrap()].is_pull_request()
        })
        .unwrap();
    let hint = whole(&*session, number).await;
    sandbox.change(number, |world, issue| {
        let web = world.repository("acme/web").unwrap();
        world.transfer(issue, web);
    });
    let batch = session.fetch(std::slice::from_ref(&hint)).await.unwrap();
    assert_eq!(Some(&batch.moves[0].from), hint.external_id.as_ref());
    assert_eq!(batch.moves[0].to, batch.tasks[0].external_id);
    assert!(batch.tasks[0].key.starts_with("acme/web#"), "{}", batch.tasks[0].key);
    assert_eq!(batch.projects[0].key, "acme/web");
    assert!(batch.absences.is_empty());
}

#[tokio::test]
async fn a_rename_restarts_under_the_new_name_and_keeps_the_project() {
    let sandbox = Sandbox::new(false);
    let session = conformance::Site::connect(&sandbox).await.unwrap();
    let mut cursor = None;
    let mut project = None;
    loop {
        let batch = session.pull(&SCOPE.into(), cursor.as_ref()).await.unwrap();
        project = project.or(batch.projects.first().map(|project| project.external_id.clone()));
        cursor = batch.cursor;
        if !batch.more {
            break;
        }
    }
    sandbox.site.edit(|world| {
        let repository = world.repository(SCOPE).unwrap();
        world.rename_repository(repository, "core");
    });
    let batch = session.pull(&SCOPE.into(), cursor.as_ref()).await.unwrap();
    assert_eq!(batch.projects[0].key, "acme/core");
    assert_eq!(Some(&batch.projects[0].external_id), project.as_ref());
    assert!(batch.more && batch.tasks.iter().all(|task| task.key.starts_with("acme/core#")));
}

#[tokio::test]
async fn lists_end_even_where_their_links_go_on() {
    let sandbox = Sandbox::new(false);
    sandbox.site.fail(Fault::next(FaultKind::EndlessPages).times(u32::MAX).on("/issues"));
    let session = conformance::Site::connect(&sandbox).await.unwrap();
    let mut cursor = None;
    for _ in 0..20 {
        let batch = session.pull(&SCOPE.into(), cursor.as_ref()).await.unwrap();
        if !batch.more {
            return;
        }
        cursor = batch.cursor;
    }
    panic!("the pull does not end");
}
