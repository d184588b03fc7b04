//! The suite that every connector runs: what the engine relies on, whatever the tool.
//!
//! A connector's tests implement [`Site`] for a stand-in of their tool and call each check with a
//! site of its own. A check that fails panics, as a test does.

#![allow(clippy::panic, reason = "a check that fails panics, as a test does")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use mainstem_model::Presence;
use mainstem_model::record::{
    Batch, CensusEntry, Cursor, Depth, ExternalId, Hint, ParentRecord, ScopeKey, TaskRecord,
};

use crate::{ConnectorError, Disposition, Session};

/// More steps than any check's site can need.
const MOST_STEPS: usize = 10_000;

/// A stand-in of a tool that a test can change. It holds at least 250 tasks, some with comments and
/// links, in one scope.
#[async_trait]
pub trait Site: Send + Sync {
    /// Opens a session, as a process does that has just started.
    async fn connect(&self) -> Result<Box<dyn Session>, ConnectorError>;
    /// The scope that the checks read.
    fn scope(&self) -> ScopeKey;
    /// Requests that the site has got so far.
    fn requests(&self) -> u64;
    /// Makes time pass, for the site and for sessions.
    fn pass_time(&self, seconds: i64);
    /// Gives a task another title. Answers its key.
    fn retitle(&self, title: &str) -> String;
    /// Removes a task for good. Answers its key.
    fn delete(&self) -> String;
    /// Hides a task from the account. Answers its key.
    fn hide(&self) -> String;
    /// Makes a task's payload one that cannot be read as a task. Answers its key.
    fn malform(&self) -> String;
    /// Every request runs into this from now on, or into nothing any more.
    fn trouble(&self, trouble: Option<Trouble>);
}

/// What may go wrong at a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The credential is refused.
    CredentialRefused,
    /// Nothing is answered for the next 60 seconds, and the tool says so.
    RateLimited,
    /// The scope is not to be seen.
    ScopeHidden,
    /// The tool answers with an error of its own.
    Failing,
    /// Answers end in the middle.
    Cut,
    /// Answers are web pages.
    WebPage,
}

/// A pull ends, and each of its steps brings the same again when it is repeated.
pub async fn a_pull_ends_and_replays(site: &dyn Site) {
    let session = connect(site).await;
    let steps = pass(&*session, site, None).await;
    for (cursor, batch) in &steps {
        let again = pull(&*session, site, cursor.as_ref()).await;
        assert_eq!(versions(&again.tasks), versions(&batch.tasks), "at {cursor:?}");
        assert_eq!(again.more, batch.more, "at {cursor:?}");
    }
    let ids: BTreeSet<_> = tasks(&steps).into_keys().collect();
    assert!(ids.len() >= 250, "the site shows {} tasks only", ids.len());
    for (_, batch) in &steps {
        let mut seen = BTreeSet::new();
        for task in &batch.tasks {
            assert!(seen.insert(&task.external_id), "{} is twice in a batch", task.key);
            assert!(
                batch.projects.iter().any(|project| project.external_id == task.project),
                "the project of {} is not in the batch",
                task.key
            );
        }
    }
}

/// Where nothing has changed, nothing differs and little is asked.
pub async fn an_unchanged_site_costs_little(site: &dyn Site) {
    let session = connect(site).await;
    let first = pass(&*session, site, None).await;
    site.pass_time(3600);
    let second = pass(&*session, site, last_cursor(&first)).await;
    let before = site.requests();
    let third = pass(&*session, site, last_cursor(&second)).await;
    let asked = site.requests() - before;
    assert!(asked <= 5, "an unchanged site was asked {asked} times");
    let known = versions(tasks(&first).values());
    for task in tasks(&third).values() {
        assert_eq!(known.get(&task.external_id), Some(&task.version), "{} differs", task.key);
    }
}

/// What changes arrives with the next pass, and not all the rest with it.
pub async fn an_edit_arrives(site: &dyn Site) {
    let session = connect(site).await;
    let first = pass(&*session, site, None).await;
    site.pass_time(3600);
    let key = site.retitle("Called otherwise");
    site.pass_time(60);
    let second = tasks(&pass(&*session, site, last_cursor(&first)).await);
    assert_eq!(by_key(&second, &key).map(|task| &*task.title), Some("Called otherwise"));
    assert!(second.len() < 50, "{} tasks were read for one edit", second.len());
}

/// A census lists exactly what a pull gives, with the same tokens.
pub async fn a_census_lists_what_was_pulled(site: &dyn Site) {
    let session = connect(site).await;
    let pulled = tasks(&pass(&*session, site, None).await);
    let listed = census(&*session, site).await;
    let tokens: BTreeMap<_, _> =
        listed.iter().map(|entry| (entry.external_id.clone(), entry.token.clone())).collect();
    assert_eq!(tokens.len(), listed.len(), "the census lists a task twice");
    let expected: BTreeMap<_, _> =
        pulled.into_iter().map(|(id, task)| (id, task.census_token)).collect();
    assert_eq!(tokens, expected);
}

/// Fetching a task gives what the pull gave.
pub async fn a_fetch_gives_what_the_pull_gave(site: &dyn Site) {
    let session = connect(site).await;
    let pulled = tasks(&pass(&*session, site, None).await);
    let hints: Vec<_> = pulled.values().take(20).map(hint).collect();
    let batch = fetch(&*session, &hints).await;
    assert_eq!(batch.tasks.len(), hints.len());
    for fetched in batch.tasks {
        let known = pulled.get(&fetched.external_id).cloned();
        // A fetch may tell more of the past and of the parent, and its bytes may be laid out otherwise.
        let comparable = |task: TaskRecord| TaskRecord {
            history: Vec::new(),
            parent: ParentRecord::Unsaid,
            raw: bytes::Bytes::new(),
            ..task
        };
        assert_eq!(known.map(comparable), Some(comparable(fetched)));
    }
    let complete: BTreeSet<_> = batch.comment_sets.iter().map(|set| &set.task).collect();
    assert_eq!(complete.len(), hints.len(), "a fetch knows all comments of each task");
}

/// The past that is read behind everything else is, change for change and key for key, the one that a
/// whole reading tells.
pub async fn the_past_is_what_a_whole_reading_tells(site: &dyn Site) {
    let session = connect(site).await;
    let pulled = tasks(&pass(&*session, site, None).await);
    let hints: Vec<_> = pulled.values().take(60).map(hint).collect();
    let whole: BTreeMap<_, _> = fetch(&*session, &hints)
        .await
        .tasks
        .into_iter()
        .map(|task| (task.external_id, task.history))
        .collect();
    assert!(whole.values().map(Vec::len).sum::<usize>() > 100, "the site has hardly a past");
    let of_history = |hint: Hint| Hint { depth: Depth::History, ..hint };
    let batch = fetch(&*session, &hints.into_iter().map(of_history).collect::<Vec<_>>()).await;
    assert!(batch.tasks.is_empty() && batch.comments.is_empty() && batch.comment_sets.is_empty());
    let told: BTreeMap<_, _> =
        batch.histories.into_iter().map(|history| (history.task, history.entries)).collect();
    assert_eq!(told, whole);
}

/// What is gone is told apart from what is out of sight.
pub async fn what_is_gone_comes_back_as_an_absence(site: &dyn Site) {
    let session = connect(site).await;
    let pulled = tasks(&pass(&*session, site, None).await);
    for presence in [Presence::Deleted, Presence::AccessLost] {
        let key = if presence == Presence::Deleted { site.delete() } else { site.hide() };
        let task = by_key(&pulled, &key);
        assert!(task.is_some(), "{key} was not pulled");
        let Some(task) = task else { return };
        let id = task.external_id.clone();
        let batch = fetch(&*session, &[hint(task)]).await;
        let told: Vec<_> =
            batch.absences.iter().map(|absence| (&absence.task, absence.presence)).collect();
        assert_eq!(told, [(&id, presence)]);
        assert!(batch.tasks.is_empty());
        let listed = census(&*session, site).await;
        assert!(listed.iter().all(|entry| entry.external_id != id), "{id} is still listed");
    }
}

/// One record that cannot be read is put aside with its payload, and the others arrive.
pub async fn a_malformed_record_does_not_sink_its_page(site: &dyn Site) {
    let whole = tasks(&pass(&*connect(site).await, site, None).await);
    let key = site.malform();
    let id = by_key(&whole, &key).map(|task| task.external_id.to_string());
    let steps = pass(&*connect(site).await, site, None).await;
    assert_eq!(tasks(&steps).len(), whole.len() - 1);
    let put_aside: Vec<_> = steps.iter().flat_map(|(_, batch)| &batch.quarantine).collect();
    assert_eq!(put_aside.len(), 1);
    assert_eq!(Some(&put_aside[0].external_id), id.as_ref());
    assert!(!put_aside[0].reason.is_empty() && !put_aside[0].raw.is_empty());
}

/// Each kind of trouble has its reaction, and once it has passed the pull goes on as if nothing had
/// happened.
pub async fn trouble_has_its_reaction(site: &dyn Site) {
    let whole = tasks(&pass(&*connect(site).await, site, None).await).len();
    for (trouble, reaction) in [
        (Trouble::CredentialRefused, Disposition::PauseSource),
        (Trouble::RateLimited, Disposition::RetryAfter(Duration::from_secs(60))),
        (Trouble::ScopeHidden, Disposition::GiveUp),
        (Trouble::Failing, Disposition::BackOff),
        (Trouble::Cut, Disposition::BackOff),
        (Trouble::WebPage, Disposition::BackOff),
    ] {
        let session = connect(site).await;
        let first = pull(&*session, site, None).await;
        site.trouble(Some(trouble));
        // A session that has nothing remembered, and one in the middle of a pull.
        for (session, cursor) in [(&connect(site).await, None), (&session, first.cursor.as_ref())] {
            let mut outcome = session.pull(&site.scope(), cursor).await;
            if let Ok(batch) = outcome {
                // What was read before the trouble is not thrown away; the next step shows it.
                outcome = session.pull(&site.scope(), batch.cursor.as_ref()).await;
            }
            let error = outcome.err();
            let told = error.as_ref().map(|error| std::mem::discriminant(&error.disposition));
            let expected = std::mem::discriminant(&reaction);
            assert_eq!(told, Some(expected), "{trouble:?} gives {error:?}");
        }
        site.trouble(None);
        site.pass_time(61);
        let rest = pass(&*session, site, first.cursor.as_ref()).await;
        let mut ids: BTreeSet<_> = tasks(&rest).into_keys().collect();
        ids.extend(first.tasks.into_iter().map(|task| task.external_id));
        assert_eq!(ids.len(), whole, "after {trouble:?}");
    }
}

/// A step that is dropped in the middle loses nothing.
pub async fn a_dropped_step_is_harmless(site: &dyn Site) {
    let whole = tasks(&pass(&*connect(site).await, site, None).await).len();
    let session = connect(site).await;
    for micros in [0, 200, 1_000, 3_000, 10_000] {
        let scope = site.scope();
        let step = session.pull(&scope, None);
        // Whether it was done by then does not matter.
        let _ = tokio::time::timeout(Duration::from_micros(micros), step).await;
    }
    assert_eq!(tasks(&pass(&*session, site, None).await).len(), whole);
}

async fn connect(site: &dyn Site) -> Box<dyn Session> {
    match site.connect().await {
        Ok(session) => session,
        Err(error) => panic!("no session: {error:?}"),
    }
}

async fn pull(session: &dyn Session, site: &dyn Site, cursor: Option<&Cursor>) -> Batch {
    match session.pull(&site.scope(), cursor).await {
        Ok(batch) => batch,
        Err(error) => panic!("a pull fails: {error:?}"),
    }
}

async fn fetch(session: &dyn Session, hints: &[Hint]) -> Batch {
    match session.fetch(hints).await {
        Ok(batch) => batch,
        Err(error) => panic!("a fetch fails: {error:?}"),
    }
}

/// Pulls until the pass is complete: each step with the cursor that it began at.
async fn pass(
    session: &dyn Session,
    site: &dyn Site,
    cursor: Option<&Cursor>,
) -> Vec<(Option<Cursor>, Batch)> {
    let mut steps = Vec::new();
    let mut cursor = cursor.cloned();
    loop {
        let batch = pull(session, site, cursor.as_ref()).await;
        assert!(batch.cursor.is_some(), "a step of a pull answers no cursor");
        let more = batch.more;
        let next = batch.cursor.clone();
        steps.push((std::mem::replace(&mut cursor, next), batch));
        assert!(steps.len() < MOST_STEPS, "the pull does not end");
        if !more {
            return steps;
        }
    }
}

async fn census(session: &dyn Session, site: &dyn Site) -> Vec<CensusEntry> {
    let mut entries = Vec::new();
    let mut page = None;
    for _ in 0..MOST_STEPS {
        match session.census(&site.scope(), page).await {
            Ok(answer) => {
                entries.extend(answer.items);
                page = answer.next;
            }
            Err(error) => panic!("a census fails: {error:?}"),
        }
        if page.is_none() {
            return entries;
        }
    }
    panic!("the census does not end")
}

fn last_cursor(steps: &[(Option<Cursor>, Batch)]) -> Option<&Cursor> {
    steps.last().and_then(|(_, batch)| batch.cursor.as_ref())
}

fn tasks(steps: &[(Option<Cursor>, Batch)]) -> BTreeMap<ExternalId, TaskRecord> {
    let tasks = steps.iter().flat_map(|(_, batch)| &batch.tasks);
    tasks.map(|task| (task.external_id.clone(), task.clone())).collect()
}

fn by_key<'a>(tasks: &'a BTreeMap<ExternalId, TaskRecord>, key: &str) -> Option<&'a TaskRecord> {
    tasks.values().find(|task| task.key == key)
}

fn versions<'a>(tasks: impl IntoIterator<Item = &'a TaskRecord>) -> BTreeMap<ExternalId, i64> {
    tasks.into_iter().map(|task| (task.external_id.clone(), task.version)).collect()
}

fn hint(task: &TaskRecord) -> Hint {
    Hint {
        external_id: Some(task.external_id.clone()),
        locator: task.locator.clone(),
        depth: Depth::Whole,
    }
}
