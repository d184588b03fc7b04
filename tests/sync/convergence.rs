//! Whatever happens while a site is read — edits between two pages, equal times, the death of the
//! process — in the end the store holds what the site shows, and its log tells the whole past of it:
//! nothing skipped, nothing doubled.

use std::collections::BTreeMap;

use mainstem_engine::SyncOptions;
use mainstem_model::random::SeededRandom;
use mainstem_model::{Comment, Presence, Random as _, Task};
use mainstem_sandbox::world::{NewIssue, StateReason};
use mainstem_sandbox::{SiteOptions, World};
use mainstem_store::Store;

use crate::support::database::{TestDatabase, both_databases};
use crate::support::hub::{Contents, Hub};

/// A site of several pages of issues and of comments.
fn options(seed: u64) -> SiteOptions {
    SiteOptions {
        seed,
        repositories: 2,
        issues: 260,
        pull_requests: 60,
        comments_per_hundred: 80,
        ..SiteOptions::default()
    }
}

/// What people do while the hub reads.
fn work(world: &mut World, chance: &SeededRandom, acts: u32) {
    for _ in 0..acts {
        let issues: Vec<_> = world.visible_issues().collect();
        let issue = issues[pick(chance, issues.len())];
        match pick(chance, 14) {
            0 => world.edit_title(issue, &format!("Renamed {}", pick(chance, 1_000))),
            1 => world.add_label(issue, "needs review"),
            // Another reason for what is closed already leaves no trace that a later reader could find.
            2 if world[issue].is_open() => world.close(issue, StateReason::NotPlanned),
            2 => {}
            3 => world.reopen(issue),
            4 => {
                let author = world.people().next().unwrap();
                world.comment(issue, author, "Any news?");
            }
            5 => world.edit_body(issue, "Rewritten while the hub was reading."),
            6 => {
                world.add_dependency(issue, issues[pick(chance, issues.len())]).ok();
            }
            7 => {
                let repository = world.repositories().next().unwrap();
                world.create_issue(
                    repository,
                    NewIssue { title: "Found in the meantime".to_owned(), ..NewIssue::default() },
                );
            }
            8 => {
                world.connect(issue, issues[pick(chance, issues.len())]).ok();
            }
            9 => {
                world.disconnect(issue, issues[pick(chance, issues.len())]).ok();
            }
            10 => world.set_draft(issue, pick(chance, 2) == 0),
            11 => {
                world.remove_label(issue, "needs review");
            }
            12 => {
                let login = world[world.people().next().unwrap()].login.clone();
                if !world.unassign(issue, &login) {
                    world.assign(issue, &login);
                }
            }
            _ => {
                world.bulk_edit(3);
            }
        }
    }
}

fn pick(chance: &SeededRandom, below: usize) -> usize {
    let mut bytes = [0; 4];
    chance.fill(&mut bytes).unwrap();
    u32::from_le_bytes(bytes) as usize % below
}

/// Reads the site until it says nothing new, then compares with a store that reads it for the first
/// time now, when nobody works any more.
async fn expect_convergence(hub: &Hub) {
    hub.site.clear_hook();
    hub.site.edit(World::thaw_time);
    // A hint whose answer died with a process is put off for up to half an hour.
    hub.pass_time(4_000);
    let census = SyncOptions { census: true, history: true, ..SyncOptions::default() };
    // What five deaths kept from being answered is parked; the next census gives it another chance.
    for options in [&census, &census, &SyncOptions { census: false, ..census.clone() }] {
        assert!(hub.sync_into(&hub.database.store, options).await.ok);
        hub.pass_time(120);
    }
    let fresh = TestDatabase::sqlite().await;
    hub.declare(&fresh.store).await;
    assert!(hub.sync_into(&fresh.store, &census).await.ok);
    let (read, expected) =
        (Contents::of(&hub.database.store).await, Contents::of(&fresh.store).await);
    assert_eq!(read.tasks.len(), hub.site.world().visible_issues().count());
    for (place, task) in expected.tasks.iter().enumerate() {
        assert_eq!(&read.tasks[place], task);
        assert_eq!(read.bodies[place], expected.bodies[place], "the body of {}", task.key);
        assert_eq!(read.comments[place], expected.comments[place], "the comments of {}", task.key);
        // Who watches sees values that the tool's own history no longer tells.
        let untold: Vec<_> = expected.histories[place]
            .iter()
            .filter(|change| !read.histories[place].contains(change))
            .collect();
        assert!(untold.is_empty(), "the past of {} lacks {untold:?}", task.key);
    }
    let only = |one: &Contents, other: &Contents| {
        let mut links = one.links.clone();
        links.retain(|link| !other.links.contains(link));
        links
    };
    assert_eq!(only(&read, &expected), [], "links too many");
    assert_eq!(only(&expected, &read), [], "links missing");
}

async fn edits_while_pages_are_turned(database: TestDatabase, seed: u64) {
    let hub = Hub::new(database, options(seed)).await;
    let chance = SeededRandom::new(seed);
    hub.site.on_request(move |_, world| work(world, &chance, 4));
    for _ in 0..3 {
        hub.sync().await;
        hub.pass_time(30);
    }
    expect_convergence(&hub).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_while_pages_are_turned_lose_nothing_on_sqlite() {
    for seed in 0..6 {
        edits_while_pages_are_turned(TestDatabase::sqlite().await, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_while_pages_are_turned_lose_nothing_on_postgres() {
    for seed in 6..10 {
        edits_while_pages_are_turned(TestDatabase::postgres().await, seed).await;
    }
}

/// What leaves a list while its pages are turned shifts what follows; what is edited behind the place
/// is not seen again in that list.
fn upheaval(world: &mut World, chance: &SeededRandom) {
    let issues: Vec<_> = world.visible_issues().collect();
    let early = issues[pick(chance, issues.len() / 4)];
    match pick(chance, 5) {
        0 => world.delete(early),
        1 => world.hide(early),
        2 => {
            let others: Vec<_> = world.repositories().collect();
            world.transfer(early, others[pick(chance, others.len())]);
        }
        _ => work(world, chance, 2),
    }
}

/// What a person sees of the tasks that the tool shows, by key. Which of two ids a moved issue keeps
/// depends on whether it was read before it moved.
async fn shown(store: &Store) -> BTreeMap<String, String> {
    let Contents { tasks, bodies, comments, .. } = Contents::of(store).await;
    let said = |comments: Vec<Comment>| -> Vec<String> {
        comments.into_iter().map(|comment| comment.body).collect()
    };
    let whole = tasks.into_iter().zip(bodies).zip(comments);
    whole
        .filter(|((task, _), _)| task.presence == Presence::Present)
        .map(|((task, body), comments)| {
            let Task { title, status, assignees, labels, milestone, updated_at, .. } = task;
            let people = (assignees, task.author);
            let said = (title, status, labels, milestone, people, updated_at, body, said(comments));
            (task.key, format!("{said:?}"))
        })
        .collect()
}

/// Far less than the requests of one repository: nothing happens after its last count.
const UPHEAVALS: u64 = 8;

async fn upheavals_while_pages_are_turned(database: TestDatabase, seed: u64) {
    let options = SiteOptions {
        issues: 520,
        pull_requests: 180,
        issue_cursors: seed.is_multiple_of(2),
        ..options(seed)
    };
    let hub = Hub::new(database, options).await;
    let chance = SeededRandom::new(seed);
    hub.site.on_request(move |number, world| {
        if (3..=UPHEAVALS).contains(&number) {
            upheaval(world, &chance);
        }
    });
    let report = hub.sync().await;
    assert!(report.ok, "seed {seed}: {report:?}");
    let fresh = TestDatabase::sqlite().await;
    hub.declare(&fresh.store).await;
    hub.site.clear_hook();
    hub.pass_time(60);
    assert!(hub.sync_into(&fresh.store, &SyncOptions::default()).await.ok);
    let (read, expected) = (shown(&hub.database.store).await, shown(&fresh.store).await);
    assert_eq!(expected.len(), hub.site.world().visible_issues().count());
    for (key, task) in &expected {
        assert_eq!(read.get(key), Some(task), "seed {seed}: {key}");
    }
    assert_eq!(read.len(), expected.len(), "seed {seed}: more than there is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sync_survives_upheavals_on_sqlite() {
    for seed in 0..4 {
        upheavals_while_pages_are_turned(TestDatabase::sqlite().await, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sync_survives_upheavals_on_postgres() {
    for seed in 4..7 {
        upheavals_while_pages_are_turned(TestDatabase::postgres().await, seed).await;
    }
}

both_databases! {
    async fn equal_times_lose_nothing(db) {
        let hub = Hub::new(db, options(7)).await;
        assert!(hub.sync().await.ok);
        // More than a page of edits in one second, then more in the same second while they are read.
        hub.site.edit(|world| {
            world.freeze_time();
            world.bulk_edit(230);
        });
        let chance = SeededRandom::new(7);
        hub.site.on_request(move |number, world| {
            if number < 12 {
                work(world, &chance, 2);
            }
        });
        hub.sync().await;
        expect_convergence(&hub).await;
    }
}

both_databases! {
    async fn a_death_at_any_request_loses_nothing(db) {
        let mut hub = Hub::new(db, options(11)).await;
        let chance = SeededRandom::new(11);
        hub.site.on_request(move |_, world| work(world, &chance, 1));
        let mut deaths = 0;
        for after in 1..40 {
            let options = SyncOptions { history: after % 2 == 0, ..SyncOptions::default() };
            deaths += u32::from(hub.sync_and_die(after, &options).await);
        }
        assert!(deaths > 10, "the process died {deaths} times only");
        expect_convergence(&hub).await;
    }
}
