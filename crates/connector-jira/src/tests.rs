//! What Jira is known to do to those who read it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use mainstem_connector::conformance::Site;
use mainstem_connector::{ConnectorError, Disposition, Session};
use mainstem_model::record::{Batch, Cursor, Depth, Hint, HistoryChange, ParentRecord, TaskRecord};
use mainstem_model::{LinkKind, Presence, StatusCategory};
use mainstem_sandbox::jira::{
    Credential, Edit, IssueKey, LinkType, NewIssue, ProjectStatus, Resolution, Status, World,
};
use mainstem_sandbox::{Deployment, JiraOptions};
use serde_json::json;

use crate::conformance::{SCOPE, Sandbox};
use crate::locator::locator;

mod parts;

const BOTH: [Deployment; 2] = [Deployment::Cloud, Deployment::DataCenter];

fn small(deployment: Deployment) -> JiraOptions {
    JiraOptions { deployment, issues: 120, projects: 2, ..JiraOptions::default() }
}

/// Pulls until the pass is complete: the tasks by id, all batches, and where the next pass begins.
async fn pass(
    session: &dyn Session,
    mut cursor: Option<Cursor>,
) -> (BTreeMap<String, TaskRecord>, Vec<Batch>, Option<Cursor>) {
    let mut tasks = BTreeMap::new();
    let mut batches = Vec::new();
    for _ in 0..500 {
        let batch = session.pull(&SCOPE.into(), cursor.as_ref()).await.unwrap();
        cursor.clone_from(&batch.cursor);
        let more = batch.more;
        tasks.extend(batch.tasks.iter().map(|task| (task.external_id.to_string(), task.clone())));
        batches.push(batch);
        if !more {
            return (tasks, batches, cursor);
        }
    }
    panic!("the pass does not end");
}

/// The titles of the issues of the project that search may show, by id.
fn titles(world: &World) -> BTreeMap<String, String> {
    let project = world.project(SCOPE).unwrap();
    world
        .issues()
        .filter(|&issue| world[issue].name.project == project)
        .filter(|&issue| world[issue].presence == mainstem_sandbox::jira::Presence::Present)
        .map(|issue| (world.issue_id(issue).to_string(), world[issue].summary.to_string()))
        .collect()
}

fn told(tasks: &BTreeMap<String, TaskRecord>) -> BTreeMap<String, String> {
    tasks.iter().map(|(id, task)| (id.clone(), task.title.clone())).collect()
}

/// Shows the differences only.
fn assert_same(told: &BTreeMap<String, String>, true_ones: &BTreeMap<String, String>, what: &str) {
    let differs = |id: &&String| told.get(*id) != true_ones.get(*id);
    let wrong: Vec<_> = told.keys().chain(true_ones.keys()).filter(differs).collect();
    assert!(!true_ones.is_empty() && wrong.is_empty(), "{what}: {wrong:?}");
}

fn issue(sandbox: &Sandbox, number: u32) -> IssueKey {
    sandbox.site.world().issue(&format!("{SCOPE}-{number}")).unwrap()
}

fn hint(sandbox: &Sandbox, issue: IssueKey, depth: Depth) -> Hint {
    let id = sandbox.site.world().issue_id(issue).to_string();
    Hint { external_id: Some(id.as_str().into()), locator: locator(&id, SCOPE), depth }
}

#[tokio::test(start_paused = true)]
async fn the_accounts_time_zone_does_not_matter() {
    for deployment in BOTH {
        for (zone, change) in [
            ("Pacific/Pago_Pago", 0),
            ("America/St_Johns", 0),
            ("Etc/UTC", 0),
            // These change their clocks in the nights of autumn and of spring.
            ("Europe/Berlin", 1),
            ("Australia/Lord_Howe", 1),
            ("Pacific/Kiritimati", 0),
        ] {
            let options = JiraOptions { time_zone: zone.into(), ..small(deployment) };
            let sandbox = Sandbox::new(options);
            if change == 1 {
                // To the hour that the local clock shows twice.
                let night = if zone == "Europe/Berlin" {
                    "2026-10-25T00:30:00Z"
                } else {
                    "2027-04-03T14:45:00Z"
                };
                let night: mainstem_model::Timestamp = night.parse().unwrap();
                let now: mainstem_model::Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
                sandbox.pass_time(night.since(now) / 1_000_000);
            }
            let session = sandbox.open(json!({})).await;
            let (mut known, _, mut cursor) = pass(&*session, None).await;
            for round in 0_u32..6 {
                sandbox.pass_time(1_200);
                let edited = issue(&sandbox, 5 + round);
                sandbox.site.edit(|world| world.edit_summary(edited, &format!("Round {round}")));
                let (changed, _, next) = pass(&*session, cursor).await;
                assert!(changed.len() <= 4, "{zone}: {} issues were read again", changed.len());
                known.extend(changed);
                cursor = next;
                assert_same(&told(&known), &titles(&sandbox.site.world()), zone);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_missed_where_many_bear_the_same_time() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(JiraOptions { issues: 400, ..small(deployment) });
        let session = sandbox.open(json!({})).await;
        let (mut known, _, cursor) = pass(&*session, None).await;
        sandbox.pass_time(3_600);
        sandbox.site.edit(|world| {
            world.freeze_time();
            world.bulk_edit(390);
            let project = world.project(SCOPE).unwrap();
            for number in 0..250 {
                let summary = format!("Made with others {number}");
                world.create_issue(project, NewIssue { summary, ..NewIssue::default() });
            }
            world.thaw_time();
        });
        let (changed, ..) = pass(&*session, cursor).await;
        known.extend(changed);
        assert_same(&told(&known), &titles(&sandbox.site.world()), "");
        // A first pass turns pages within the minute, too.
        let (first, ..) = pass(&*sandbox.open(json!({})).await, None).await;
        assert_same(&told(&first), &titles(&sandbox.site.world()), "");
    }
}

#[tokio::test(start_paused = true)]
async fn what_moves_while_pages_are_turned_is_not_missed() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(JiraOptions { issues: 700, ..small(deployment) });
        let session = sandbox.open(json!({})).await;
        sandbox.site.on_request(|_, world| {
            world.bulk_edit(5);
        });
        let (mut known, _, mut cursor) = pass(&*session, None).await;
        sandbox.pass_time(3_600);
        sandbox.site.edit(|world| world.bulk_edit(600));
        for _ in 0..2 {
            let (changed, _, next) = pass(&*session, cursor).await;
            known.extend(changed);
            cursor = next;
        }
        sandbox.site.clear_hook();
        let (changed, ..) = pass(&*session, cursor).await;
        known.extend(changed);
        assert_same(&told(&known), &titles(&sandbox.site.world()), "");
    }
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_in_several_lanes() {
    for deployment in BOTH {
        let options = JiraOptions { issues: 1_600, projects: 1, ..small(deployment) };
        let sandbox = Sandbox::new(options);
        let session = sandbox.open(json!({})).await;
        // Issues come and go while it is read.
        sandbox.site.on_request(|number, world| {
            let project = world.project(SCOPE).unwrap();
            let made = world.create_issue(project, NewIssue::default());
            if number % 3 == 0 {
                world.delete(made);
            }
            let edited = world.issue(&format!("{SCOPE}-{}", 1 + number * 37 % 1_600)).unwrap();
            world.edit_summary(edited, &format!("Edited by {number}"));
        });
        let (mut known, batches, cursor) = pass(&*session, None).await;
        sandbox.site.clear_hook();
        let turned = batches.len();
        assert!(turned <= 1_600 / 400 + 8, "{turned} steps for 16 pages on {deployment:?}");
        let asked = sandbox.requests();
        assert!(asked <= 16 + 16, "{asked} requests for 16 pages on {deployment:?}");
        let (changed, ..) = pass(&*session, cursor).await;
        known.extend(changed);
        let told: BTreeMap<_, _> = told(&known)
            .into_iter()
            .filter(|(id, _)| titles(&sandbox.site.world()).contains_key(id))
            .collect();
        assert_same(&told, &titles(&sandbox.site.world()), "");
    }
}

#[tokio::test(start_paused = true)]
async fn search_may_lag() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({})).await;
        let (mut known, _, mut cursor) = pass(&*session, None).await;
        for round in 0_u32..8 {
            let lag = if round % 2 == 0 { 300 } else { 0 };
            sandbox.site.edit(|world| world.set_index_lag(lag));
            let edited = issue(&sandbox, 5 + round);
            sandbox.site.edit(|world| world.edit_summary(edited, &format!("Round {round}")));
            sandbox.pass_time(100);
            let (changed, _, next) = pass(&*session, cursor).await;
            known.extend(changed);
            cursor = next;
        }
        sandbox.pass_time(301);
        let (changed, _, cursor) = pass(&*session, cursor).await;
        known.extend(changed);
        assert_same(&told(&known), &titles(&sandbox.site.world()), "");
        // On a quiet site little is read again.
        sandbox.pass_time(86_400);
        let edited = issue(&sandbox, 30);
        sandbox.site.edit(|world| world.edit_summary(edited, "The last for long"));
        let (_, _, cursor) = pass(&*session, cursor).await;
        let (again, ..) = pass(&*session, cursor).await;
        assert!(again.len() * 100 <= known.len() * 3, "{} are read again", again.len());
    }
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_never_rests_is_read_and_ends_no_pass() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({})).await;
        let hot = issue(&sandbox, 3);
        let id = sandbox.site.world().issue_id(hot).to_string();
        let (_, _, mut cursor) = pass(&*session, None).await;
        for round in 0..40 {
            for edit in 0..20 {
                sandbox.pass_time(3);
                sandbox.site.edit(|world| world.edit_summary(hot, &format!("Hot {round} {edit}")));
            }
            let (changed, _, next) = pass(&*session, cursor).await;
            assert_eq!(changed[&id].title, format!("Hot {round} 19"));
            cursor = next;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_loses_nothing() {
    let sandbox = Sandbox::new(JiraOptions {
        issues: 700,
        page_token_seconds: 60,
        ..small(Deployment::Cloud)
    });
    let session = sandbox.open(json!({})).await;
    let (_, _, mut cursor) = pass(&*session, None).await;
    sandbox.pass_time(3_600);
    sandbox.site.edit(|world| world.bulk_edit(690));
    let mut known = BTreeMap::new();
    for step in 0..40 {
        let batch = session.pull(&SCOPE.into(), cursor.as_ref()).await.unwrap();
        known.extend(batch.tasks.into_iter().map(|task| (task.external_id.to_string(), task)));
        cursor = batch.cursor;
        if !batch.more {
            break;
        }
        assert!(step < 39, "the pass does not end");
        if step == 2 {
            sandbox.pass_time(120);
        }
    }
    let edited = |mut titles: BTreeMap<String, String>| {
        titles.retain(|_, title| title.ends_with("(edited)"));
        titles
    };
    assert_same(&edited(told(&known)), &edited(titles(&sandbox.site.world())), "");
}

#[tokio::test(start_paused = true)]
async fn a_move_keeps_the_task_and_tells_its_keys() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({})).await;
        let (known, _, cursor) = pass(&*session, None).await;
        let moved = issue(&sandbox, 4);
        sandbox.pass_time(3_600);
        sandbox.site.edit(|world| {
            let web = world.project("WEB").unwrap();
            world.move_issue(moved, web);
        });
        let id = sandbox.site.world().issue_id(moved).to_string();
        let key = sandbox.site.world().issue_key(moved);
        assert_eq!(known[&id].key, "ENG-4");
        // The scope that it has left does not show it; the id leads to it.
        let (changed, ..) = pass(&*session, cursor).await;
        assert!(!changed.contains_key(&id));
        let batch = session.fetch(&[hint(&sandbox, moved, Depth::Whole)]).await.unwrap();
        let task = &batch.tasks[0];
        assert_eq!((&*task.external_id, &task.key), (id.as_str(), &key));
        assert_eq!(batch.projects[0].key, "WEB");
        assert!(batch.absences.is_empty() && batch.moves.is_empty());
        let change =
            HistoryChange::Value { field: "key", before: json!("ENG-4"), after: json!(key) };
        assert!(task.history.iter().any(|entry| entry.change == change));
    }
}

#[tokio::test(start_paused = true)]
async fn a_renamed_project_is_read_again() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({})).await;
        let (known, _, cursor) = pass(&*session, None).await;
        sandbox.pass_time(3_600);
        sandbox.site.edit(|world| {
            let project = world.project(SCOPE).unwrap();
            world.rename_project(project, "CORE");
        });
        let (again, ..) = pass(&*session, cursor).await;
        assert_eq!(again.keys().collect::<Vec<_>>(), known.keys().collect::<Vec<_>>());
        assert!(again.values().all(|task| task.key.starts_with("CORE-")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_past_arrives_whole() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let long = issue(&sandbox, 6);
        sandbox.site.edit(|world| {
            for number in 0..1_500 {
                world.edit_summary(long, &format!("Title {number}"));
            }
        });
        let session = sandbox.open(json!({})).await;
        for depth in [Depth::Whole, Depth::History] {
            let batch = session.fetch(&[hint(&sandbox, long, depth)]).await.unwrap();
            let entries = match depth {
                Depth::Whole => &batch.tasks[0].history,
                _ => &batch.histories[0].entries,
            };
            let titles = entries.iter().filter(|entry| {
                matches!(&entry.change, HistoryChange::Value { field: "title", after, .. }
                    if after.as_str().is_some_and(|title| title.starts_with("Title ")))
            });
            assert_eq!(titles.count(), 1_500, "{deployment:?} {depth:?}");
            assert!(entries.windows(2).all(|two| two[0].occurred_at <= two[1].occurred_at));
            assert!(entries.iter().all(|entry| entry.actor.is_some()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_past_tells_what_was_given_up_and_what_was_done() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let made = sandbox.site.edit(|world| {
            let project = world.project(SCOPE).unwrap();
            let issue = world.create_issue(project, NewIssue::default());
            let done = Status::named("Done").unwrap();
            let duplicate = Resolution::named("Duplicate");
            let status = |name| Edit { status: Status::named(name), ..Edit::default() };
            world
                .edit(issue, Edit { status: Some(done), resolution: duplicate, ..Edit::default() });
            world.edit(issue, status("In Progress"));
            world.edit(issue, status("Done"));
            issue
        });
        let session = sandbox.open(json!({})).await;
        let batch = session.fetch(&[hint(&sandbox, made, Depth::Whole)]).await.unwrap();
        let told: Vec<_> = batch.tasks[0]
            .history
            .iter()
            .filter_map(|entry| match &entry.change {
                HistoryChange::Value { field: "status", before, after } => Some([
                    before["category"].as_str().unwrap().to_owned(),
                    after["category"].as_str().unwrap().to_owned(),
                ]),
                _ => None,
            })
            .collect();
        assert_eq!(
            told,
            [["TODO", "CANCELED"], ["CANCELED", "IN_PROGRESS"], ["IN_PROGRESS", "DONE"]]
        );
        assert_eq!(batch.tasks[0].status.category, StatusCategory::Done);
        assert!(batch.tasks[0].closed_at.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn links_are_learned_whether_or_not_they_move_an_issue() {
    for deployment in BOTH {
        for links_move_updated in [true, false] {
            let sandbox = Sandbox::new(JiraOptions { links_move_updated, ..small(deployment) });
            let session = sandbox.open(json!({})).await;
            let (known, _, cursor) = pass(&*session, None).await;
            sandbox.pass_time(3_600);
            let [blocker, blocked] = [11, 12].map(|number| issue(&sandbox, number));
            let [from, to] =
                [blocker, blocked].map(|key| sandbox.site.world().issue_id(key).to_string());
            sandbox.site.edit(|world| {
                world.link(LinkType::named("Blocks").unwrap(), blocker, blocked);
                // Somebody touches one end; its changelog tells of the other.
                world.edit_summary(blocked, "Touched");
            });
            let (_, batches, _) = pass(&*session, cursor).await;
            let states = |task: &str| {
                batches.iter().flat_map(|batch| &batch.relations).any(|relation| {
                    *relation.task == *task
                        && relation.links.iter().any(|link| {
                            link.kind == LinkKind::Blocks
                                && link.from.external_id.as_deref() == Some(&*from)
                                && link.to.external_id.as_deref() == Some(&*to)
                        })
                })
            };
            assert!(states(&to), "{deployment:?} {links_move_updated}");
            assert_eq!(states(&from), links_move_updated);
            let hints: Vec<_> = batches.iter().flat_map(|batch| batch.hints.clone()).collect();
            if !links_move_updated {
                assert_eq!(hints.len(), 1);
                let batch = session.fetch(&hints).await.unwrap();
                assert_eq!(*batch.relations[0].task, *from);
                // Had nobody touched it, the census would have told.
                let page = session.census(&SCOPE.into(), None).await.unwrap();
                let entry = page.items.iter().find(|entry| *entry.external_id == *from).unwrap();
                assert_ne!(entry.token, known[&from].census_token);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_archived_is_told_from_what_is_unseen() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({})).await;
        let [archived, fresh] = [15, 16].map(|number| issue(&sandbox, number));
        sandbox.site.edit(|world| world.archive(archived));
        let new = sandbox.site.edit(|world| {
            world.set_index_lag(300);
            let project = world.project(SCOPE).unwrap();
            world.create_issue(project, NewIssue::default())
        });
        let hints = [archived, fresh, new].map(|key| hint(&sandbox, key, Depth::Whole));
        let batch = session.fetch(&hints).await.unwrap();
        let read: Vec<_> = batch.tasks.iter().map(|task| task.external_id.to_string()).collect();
        let shown = [fresh, new].map(|key| sandbox.site.world().issue_id(key).to_string());
        assert_eq!(read, shown, "{deployment:?}");
        let gone: Vec<_> =
            batch.absences.iter().map(|gone| (gone.task.to_string(), gone.presence)).collect();
        let id = sandbox.site.world().issue_id(archived).to_string();
        assert_eq!(gone, [(id, Presence::Archived)], "{deployment:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_past_that_is_gone_is_asked_for_whole() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({})).await;
        let gone = issue(&sandbox, 8);
        let wanted = hint(&sandbox, gone, Depth::History);
        sandbox.site.edit(|world| world.delete(gone));
        let batch = session.fetch(std::slice::from_ref(&wanted)).await.unwrap();
        assert_eq!(batch.hints, [Hint { depth: Depth::Whole, ..wanted }]);
        assert!(batch.histories[0].entries.is_empty());
        let batch = session.fetch(&batch.hints).await.unwrap();
        assert_eq!(batch.absences[0].presence, Presence::Deleted);
    }
}

#[tokio::test(start_paused = true)]
async fn all_visible_projects_are_scopes() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(JiraOptions { projects: 4, ..small(deployment) });
        let session = sandbox.open(json!({"projects": null})).await;
        sandbox.site.edit(|world| {
            let project = world.project("OPS").unwrap();
            world.set_project_status(project, ProjectStatus::Archived);
        });
        let page = session.discover(None).await.unwrap();
        let keys: Vec<_> = page.items.iter().map(|scope| &*scope.key).collect();
        assert_eq!(keys, ["ENG", "MOB", "WEB"]);
        assert!(page.next.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_bounds_what_is_read() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({"jql": "status = Done OR status = Rejected"})).await;
        let (known, ..) = pass(&*session, None).await;
        assert!(!known.is_empty());
        assert!(known.values().all(|task| !task.status.category.is_open()));
        let listed = session.census(&SCOPE.into(), None).await.unwrap();
        assert_eq!(listed.items.len().min(100), known.len().min(100));
    }
}

/// A site that is asked with an OAuth access token.
fn behind_the_gateway(options: JiraOptions) -> Sandbox {
    let mut sandbox = Sandbox::new(options);
    sandbox.site.require(Credential::OAuth { token: "access".into() });
    sandbox.base_url = format!("http://127.0.0.1:1/ex/jira/{}", sandbox.site.cloud_id());
    sandbox.credential = Some(mainstem_connector::Credential {
        kind: "token".into(),
        public: json!({}),
        secret: "access".to_owned().into(),
    });
    sandbox
}

#[tokio::test(start_paused = true)]
async fn an_access_token_goes_by_the_gateway() {
    let sandbox = behind_the_gateway(small(Deployment::Cloud));
    let session = sandbox.open(json!({})).await;
    let (known, ..) = pass(&*session, None).await;
    assert_same(&told(&known), &titles(&sandbox.site.world()), "");
    sandbox.site.revoke_token("access");
    let error = session.pull(&SCOPE.into(), None).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::PauseSource);
}

#[tokio::test(start_paused = true)]
async fn a_first_pass_leaves_half_of_the_points_to_what_is_new() {
    let points_per_hour = 1_500;
    let options = JiraOptions { issues: 3_000, points_per_hour, ..small(Deployment::Cloud) };
    let sandbox = behind_the_gateway(options);
    let session = sandbox.open(json!({})).await;
    let (mut cursor, mut read, mut waits) = (None, 0, 0);
    loop {
        match session.pull(&SCOPE.into(), cursor.as_ref()).await {
            Ok(batch) => {
                read += batch.tasks.len();
                cursor = batch.cursor;
                if !batch.more {
                    break;
                }
            }
            Err(error) => {
                assert_eq!(error.code, ConnectorError::BUDGET_KEPT, "{error}");
                let issue = issue(&sandbox, 7);
                let fetched = session.fetch(&[hint(&sandbox, issue, Depth::Whole)]).await.unwrap();
                assert_eq!(fetched.tasks.len(), 1, "what is new is read meanwhile");
                sandbox.clock.advance_seconds(3_600);
                waits += 1;
            }
        }
    }
    assert!(read >= 700 && waits >= 1, "{read} issues, {waits} waits");
    assert_eq!(sandbox.site.stats().while_told_to_wait, 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_in_particular_sees_nothing_and_is_not_told_to_renew() {
    for deployment in BOTH {
        let mut sandbox = Sandbox::new(small(deployment));
        sandbox.credential = None;
        let session = sandbox.open(json!({})).await;
        let error = session.pull(&SCOPE.into(), None).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::GiveUp, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn parents_epics_and_parts_are_told() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(JiraOptions { issues: 400, ..small(deployment) });
        let (known, ..) = pass(&*sandbox.open(json!({})).await, None).await;
        let of_kind = |kind| known.values().filter(move |task| task.kind == kind);
        let has_parent = |task: &&TaskRecord| matches!(task.parent, ParentRecord::Is(_));
        let parts = of_kind(mainstem_model::TaskKind::Subtask);
        assert!(parts.clone().count() > 0 && parts.clone().all(|part| has_parent(&part)));
        let stories = of_kind(mainstem_model::TaskKind::Story);
        assert!(stories.filter(has_parent).count() > 0, "{deployment:?}");
        assert!(of_kind(mainstem_model::TaskKind::Epic).count() > 0);
        for (what, count) in [
            ("sprints", known.values().filter(|task| task.sprint.is_some()).count()),
            ("milestones", known.values().filter(|task| task.milestone.is_some()).count()),
            ("bodies", known.values().filter(|task| task.body.is_some()).count()),
            ("fields", known.values().filter(|task| task.fields.len() > 1).count()),
            ("spent", known.values().filter(|task| task.time_spent_seconds.is_some()).count()),
        ] {
            assert!(count > 0, "no {what} on {deployment:?}");
        }
    }
}
