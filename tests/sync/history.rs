//! The past before the first sync: each change is logged once, whichever ways GitHub tells of it.

use std::collections::BTreeMap;

use mainstem_engine::SyncOptions;
use mainstem_model::{Change, LinkKind, Position, Subject};
use mainstem_sandbox::faults::{Fault, FaultKind};
use mainstem_sandbox::world::{EventKind, IssueKey, StateReason};
use mainstem_sandbox::{SiteOptions, World};
use mainstem_store::Store;

use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::{Contents, Hub};

fn history() -> SyncOptions {
    SyncOptions { history: true, ..SyncOptions::default() }
}

fn options() -> SiteOptions {
    SiteOptions { repositories: 2, issues: 140, pull_requests: 60, ..SiteOptions::default() }
}

/// What the log says of tasks.
async fn log(store: &Store) -> Vec<Change> {
    let log = store.read_log(Position(0), 100_000).await.unwrap();
    log.into_iter().filter(|change| matches!(change.subject, Subject::Task(_))).collect()
}

/// How often each field changed, by the events of the site.
fn happened(world: &World) -> BTreeMap<&'static str, usize> {
    let mut happened = BTreeMap::new();
    for event in world.visible_issues().flat_map(|issue| world.events(issue)) {
        let field = match event.kind {
            EventKind::Labeled(_) | EventKind::Unlabeled(_) => "labels",
            EventKind::Assigned(_) | EventKind::Unassigned(_) => "assignees",
            EventKind::Milestoned(_) | EventKind::Demilestoned(_) => "milestone",
            EventKind::Renamed(_) => "title",
            EventKind::Closed(..)
            | EventKind::Reopened
            | EventKind::ConvertedToDraft
            | EventKind::ReadyForReview => "status",
            EventKind::IssueTypeAdded(_)
            | EventKind::IssueTypeRemoved(_)
            | EventKind::IssueTypeChanged(..) => "kind",
            _ => continue,
        };
        *happened.entry(field).or_default() += 1;
    }
    happened
}

fn logged(log: &[Change]) -> BTreeMap<&str, usize> {
    let mut logged = BTreeMap::new();
    for change in log {
        let told = ["labels", "assignees", "milestone", "title", "status", "kind"];
        if let Some(field) = told.into_iter().find(|field| *field == change.field) {
            *logged.entry(field).or_default() += 1;
        }
    }
    logged
}

/// Changes of every kind, at an issue and at an open pull request.
fn work(world: &mut World) {
    let open_pull = world
        .visible_issues()
        .find(|&issue| world[issue].is_pull_request() && world[issue].is_open())
        .unwrap();
    let issue = world
        .visible_issues()
        .find(|&issue| !world[issue].is_pull_request() && world[issue].is_open())
        .unwrap();
    let login = world[world.people().next().unwrap()].login.clone();
    for target in [issue, open_pull] {
        world.edit_title(target, "Called otherwise");
        world.add_label(target, "needs review");
        world.remove_label(target, "needs review");
        if !world.unassign(target, &login) {
            world.assign(target, &login);
        }
    }
    world.set_milestone(issue, None);
    world.set_issue_type(issue, None);
    let bug = world.issue_type("Bug");
    world.set_issue_type(issue, bug);
    world.set_draft(open_pull, true);
    world.set_draft(open_pull, false);
    world.close(issue, StateReason::NotPlanned);
    world.reopen(issue);
    world.close(issue, StateReason::Completed);
}

/// The same site is read by its list of events, by the timeline of each issue, and by GraphQL.
async fn each_change_is_logged_once(database: TestDatabase, with_graphql: bool) {
    let hub = Hub::new(database, options()).await;
    if !with_graphql {
        let gone = FaultKind::Status { status: 404 };
        hub.site.fail(Fault::next(gone).times(u32::MAX).on("/graphql"));
    }
    hub.site.edit(work);
    assert!(hub.sync().await.ok);
    // From now on the list of events tells.
    hub.pass_time(300);
    hub.site.edit(work);
    assert!(hub.sync().await.ok);
    let seen = logged(&log(&hub.database.store).await).values().sum::<usize>();
    let expected = happened(&hub.site.world());
    assert!(seen < expected.values().sum::<usize>() / 2, "there is a past that nobody told yet");

    // Before: what is hidden and shown again is read whole, with its timeline.
    let census = SyncOptions { census: true, ..SyncOptions::default() };
    let issue = hub.site.world().visible_issues().next().unwrap();
    for shown in [false, true] {
        hub.site.edit(|world| if shown { world.show(issue) } else { world.hide(issue) });
        hub.pass_time(300);
        assert!(hub.sync_into(&hub.database.store, &census).await.ok);
    }
    for _ in 0..2 {
        hub.pass_time(300);
        assert!(hub.sync_into(&hub.database.store, &history()).await.ok);
        let log = log(&hub.database.store).await;
        assert_eq!(logged(&log), expected);
    }
}

both_databases! {
    async fn each_change_is_logged_once_with_graphql(db) {
        each_change_is_logged_once(db, true).await;
    }
}

both_databases! {
    async fn each_change_is_logged_once_without_graphql(db) {
        each_change_is_logged_once(db, false).await;
    }
}

both_databases! {
    async fn links_that_were_made_by_hand_are_found_at_closed_pull_requests_too(db) {
        let hub = Hub::new(db, options()).await;
        let (pull, issue) = {
            let world = hub.site.world();
            let closed = |pull_request: bool| {
                let wanted = |issue: &IssueKey| {
                    world[*issue].is_pull_request() == pull_request && !world[*issue].is_open()
                };
                world.visible_issues().find(wanted).unwrap()
            };
            (closed(true), closed(false))
        };
        hub.site.edit(|world| {
            // Nothing but the link itself says so: neither a text nor a time.
            world.edit_body(pull, "Tidies up.");
            world.connect(pull, issue).unwrap();
        });
        hub.sync().await;
        let implements = |contents: &Contents| {
            contents.links.iter().filter(|(kind, ..)| *kind == LinkKind::Implements).count()
        };
        let before = implements(&Contents::of(&hub.database.store).await);
        hub.sync_into(&hub.database.store, &history()).await;
        let after = implements(&Contents::of(&hub.database.store).await);
        let world = hub.site.world();
        let expected: usize = world.visible_issues().map(|issue| world.closes(issue).len()).sum();
        assert_eq!(after, expected);
        assert!(after > before, "{before} links before, {after} after");
    }
}

both_databases! {
    async fn a_death_at_any_answer_costs_no_part_of_the_past(db) {
        let mut hub = Hub::new(db, options()).await;
        assert!(hub.sync().await.ok);
        let mut deaths = 0;
        for after in 4..20 {
            deaths += u32::from(hub.sync_and_die(after, &history()).await);
        }
        assert!(deaths > 3, "the process died {deaths} times only");
        assert!(hub.sync_into(&hub.database.store, &history()).await.ok);
        assert_eq!(logged(&log(&hub.database.store).await), happened(&hub.site.world()));
    }
}
