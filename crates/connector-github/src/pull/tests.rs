//! Pulls against a small site that changes while it is read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use mainstem_connector::Session;
use mainstem_model::random::{Random, SeededRandom};
use mainstem_model::record::{Batch, Cursor, Depth, HistoryChange};
use serde_json::{Value, json};

use crate::fake_site::{FakeSite, State};

/// What a store would hold.
#[derive(Default)]
struct Store {
    cursor: Option<Cursor>,
    tasks: BTreeMap<String, (i64, String)>,
    comments: BTreeMap<String, String>,
}

impl Store {
    fn apply(&mut self, batch: &Batch) {
        for task in &batch.tasks {
            let entry = self.tasks.entry(task.external_id.to_string()).or_default();
            if task.version >= entry.0 {
                *entry = (task.version, task.title.clone());
            }
        }
        for comment in &batch.comments {
            self.comments.insert(comment.external_id.to_string(), comment.body.clone());
        }
        self.cursor.clone_from(&batch.cursor);
    }

    /// Pulls until the pass is complete, and answers its batches.
    async fn pass(&mut self, session: &dyn Session) -> Vec<Batch> {
        let mut batches = Vec::new();
        loop {
            let batch = session.pull(&"acme/api".into(), self.cursor.as_ref()).await.unwrap();
            self.apply(&batch);
            let more = batch.more;
            batches.push(batch);
            assert!(batches.len() < 1000, "the pass does not end");
            if !more {
                return batches;
            }
        }
    }

    fn assert_equals(&self, site: &FakeSite) {
        site.change(|state| {
            let titles: BTreeMap<_, _> = state
                .issues
                .iter()
                .map(|issue| (issue["id"].to_string(), issue["title"].as_str().unwrap().to_owned()))
                .collect();
            let stored: BTreeMap<_, _> =
                self.tasks.iter().map(|(id, (_, title))| (id.clone(), title.clone())).collect();
            assert_eq!(stored, titles);
            assert_eq!(self.comments.len(), state.comments.len());
        });
    }
}

fn site(issues: u64, comments: u64) -> FakeSite {
    let site = FakeSite::new();
    site.change(|state| {
        for _ in 0..issues {
            state.add_issue(json!({}));
        }
        for comment in 0..comments {
            state.add_comment(comment % issues + 1);
        }
        state.now = 600;
    });
    site
}

#[tokio::test]
async fn a_first_pass_costs_its_pages_and_an_unchanged_one_next_to_nothing() {
    for (issues, comments) in [(0, 0), (1, 0), (100, 100), (2_345, 1_501)] {
        let site = site(issues, comments);
        let session = site.connect(None).await;
        let mut store = Store::default();
        store.pass(&*session).await;
        store.assert_equals(&site);
        let pages = issues.div_ceil(100).max(1) + comments.div_ceil(100).max(1);
        let asked = site.asked().len() as u64;
        assert!(asked <= pages + 5, "{asked} requests for {pages} pages");

        // The first incremental pass reads what shares its time with the first pass.
        store.pass(&*session).await;
        site.asked();
        let batches = store.pass(&*session).await;
        let asked = site.asked();
        assert!(asked.len() <= 4, "{asked:#?}");
        assert_eq!(batches.iter().map(|batch| batch.tasks.len()).sum::<usize>(), 0);
    }
}

/// What happens between two pages: whether the pass says that it may have missed something, and what
/// it then holds beside what is there.
#[tokio::test]
async fn a_list_that_shifts_while_it_is_read_asks_for_a_census() {
    type Happening = fn(&mut State);
    let table: [(&str, Happening, bool, bool); 5] = [
        ("nothing", |_| {}, false, true),
        ("a deletion before the place", |state| drop(state.issues.remove(5)), true, false),
        ("a deletion behind the place", |state| drop(state.issues.remove(140)), true, true),
        ("a new issue", |state| assert_eq!(state.add_issue(json!({})), 251), false, true),
        (
            "a deletion and a new issue",
            |state| {
                state.add_issue(json!({}));
                state.issues.remove(5);
            },
            true,
            false,
        ),
    ];
    for (what, happening, wants_census, whole) in table {
        let site = site(250, 0);
        site.change(|state| {
            state.deepest_page = 1_000;
            let mut happened = false;
            state.between = Some(Box::new(move |state| {
                if !happened && state.log.last().is_some_and(|asked| asked.ends_with("&page=1")) {
                    happened = true;
                    state.now += 5;
                    happening(state);
                }
            }));
        });
        let session = site.connect(None).await;
        let mut store = Store::default();
        let batches = store.pass(&*session).await;
        assert_eq!(batches.iter().any(|batch| batch.wants_census), wants_census, "{what}");
        let missing = site.change(|state| {
            let stored = |issue: &&Value| store.tasks.contains_key(&issue["id"].to_string());
            state.issues.iter().filter(|issue| !stored(issue)).count()
        });
        assert_eq!(missing == 0, whole, "{what}: {missing} are missing");
    }
}

#[tokio::test]
async fn beyond_the_numbered_pages_the_links_are_followed() {
    let site = site(2_345, 10);
    site.change(|state| state.deepest_page = 7);
    let session = site.connect(None).await;
    let mut store = Store::default();
    store.pass(&*session).await;
    store.assert_equals(&site);
    assert!(site.asked().len() <= 24 + 1 + 8);
}

#[tokio::test]
async fn a_hundred_changes_cost_a_hundred_changes() {
    let site = site(3_000, 0);
    let session = site.connect(None).await;
    let mut store = Store::default();
    store.pass(&*session).await;
    site.change(|state| {
        for number in 1..=100 {
            state.now += 1;
            state.edit(number * 30, json!({"title": "changed"}));
        }
        state.now += 600;
    });
    site.asked();
    let batches = store.pass(&*session).await;
    store.assert_equals(&site);
    assert_eq!(batches.len(), 1);
    assert!(site.asked().len() <= 6);
}

/// Edits between any two requests, many at the same second, batches replayed, sessions opened anew:
/// once the site is quiet, the next pass makes the store equal to it.
#[tokio::test]
async fn nothing_is_skipped_while_the_site_changes() {
    for seed in 0..10 {
        let random = SeededRandom::new(seed);
        let below = move |limit: u64| {
            let mut bytes = [0; 8];
            random.fill(&mut bytes).unwrap();
            u64::from_le_bytes(bytes) % limit
        };
        let site = site(150 + below(150), below(150));
        let mut store = Store::default();
        let (edits, standing) = (below(40), below(4));
        let mut edited = 0;
        let (decide, replay) = (SeededRandom::new(seed + 1000), SeededRandom::new(seed + 2000));
        site.change(|state| {
            state.between = Some(Box::new(move |state| {
                let mut bytes = [0; 8];
                for _ in 0..edits {
                    decide.fill(&mut bytes).unwrap();
                    let dice = u64::from_le_bytes(bytes);
                    // Standing time makes whole pages share one second.
                    state.now += i64::from(dice % 50 < standing);
                    edited += 1;
                    let number = dice / 64 % state.issues.len() as u64 + 1;
                    match dice % 10 {
                        0 => drop(state.add_issue(json!({}))),
                        1 => state.add_comment(number),
                        _ => state.edit(number, json!({"title": format!("edit {edited}")})),
                    }
                }
            }));
        });
        let mut session = site.connect(None).await;
        for _ in 0..15 {
            let batch = session.pull(&"acme/api".into(), store.cursor.as_ref()).await.unwrap();
            let mut bytes = [0; 1];
            replay.fill(&mut bytes).unwrap();
            match bytes[0] % 4 {
                // A crash before the batch was stored.
                0 => session = site.connect(None).await,
                _ => store.apply(&batch),
            }
        }
        site.change(|state| {
            state.between = None;
            state.now += 1;
        });
        store.pass(&*session).await;
        store.pass(&*session).await;
        store.assert_equals(&site);
    }
}

#[tokio::test]
async fn a_time_in_the_future_hides_nothing() {
    let site = site(10, 0);
    let session = site.connect(None).await;
    let mut store = Store::default();
    store.pass(&*session).await;
    site.change(|state| {
        state.issues[0]["updated_at"] = json!("2999-01-01T00:00:00Z");
        state.edit(2, json!({"title": "seen"}));
    });
    store.pass(&*session).await;
    site.change(|state| {
        state.now += 600;
        state.edit(3, json!({"title": "seen too"}));
    });
    store.pass(&*session).await;
    store.assert_equals(&site);
}

#[tokio::test]
async fn a_renamed_repository_is_read_again_under_its_new_name() {
    let site = site(150, 3);
    let session = site.connect(None).await;
    let mut store = Store::default();
    store.pass(&*session).await;
    let before: Vec<_> = store.tasks.keys().cloned().collect();
    site.change(|state| {
        state.name = "acme/core".into();
        // GitHub redirects to the repository's id, and answers for it there.
        state.answers.insert(
            "GET /repos/acme/api".into(),
            (200, json!({"id": 9, "full_name": "acme/core"})),
        );
    });
    let batches = store.pass(&*session).await;
    assert_eq!(batches[0].tasks.len(), 150);
    assert_eq!(batches[0].tasks[6].key, "acme/core#7");
    assert_eq!(&*batches[0].tasks[6].project, "9");
    assert_eq!(store.tasks.keys().cloned().collect::<Vec<_>>(), before);
}

#[tokio::test]
async fn events_give_history_and_tell_of_moved_relations() {
    let site = site(5, 0);
    let session = site.connect(None).await;
    let mut store = Store::default();
    store.pass(&*session).await;
    site.change(|state| {
        state.now += 100;
        state.edit(1, json!({"title": "New"}));
        state.add_event("renamed", 1, json!({"rename": {"from": "Issue 1", "to": "New"}}));
        state.add_event("blocked_by_added", 4, json!({}));
        state.add_event("comment_deleted", 5, json!({}));
        state.now += 100;
    });
    let batch = store.pass(&*session).await.remove(0);
    let renamed = &batch.tasks.iter().find(|task| task.key == "acme/api#1").unwrap().history[0];
    let HistoryChange::Value { field, before, after } = &renamed.change else { panic!() };
    assert_eq!((*field, before, after), ("title", &json!("Issue 1"), &json!("New")));
    let hints: Vec<_> = batch.hints.iter().map(|hint| (&*hint.locator, hint.depth)).collect();
    let expected = [("acme/api#5 I_5", Depth::Whole), ("acme/api#4 I_4", Depth::Relations)];
    assert_eq!(hints, expected);
    let again = store.pass(&*session).await.remove(0);
    assert_eq!(again.hints, []);
}

#[tokio::test]
async fn a_pull_request_that_changed_is_asked_for_its_commits_though_it_is_closed() {
    let site = FakeSite::new();
    let closed =
        json!({"state": "closed", "pull_request": {}, "closed_at": "2026-01-01T00:00:00Z"});
    site.change(|state| {
        state.add_issue(closed.clone());
        state.add_issue(json!({"pull_request": {}}));
        state.add_issue(json!({}));
        state.now = 600;
    });
    let session = site.connect(None).await;
    let mut store = Store::default();
    let hinted = |batches: &[Batch]| -> Vec<String> {
        let hints = batches.iter().flat_map(|batch| &batch.hints);
        hints.map(|hint| hint.locator.split(' ').next().unwrap().to_owned()).collect()
    };
    // Those of the closed one come with its past.
    assert_eq!(hinted(&store.pass(&*session).await), ["acme/api#2"]);
    site.change(|state| {
        for number in 1..=3 {
            state.edit(number, if number == 2 { closed.clone() } else { json!({}) });
        }
        state.now = 1_200;
    });
    assert_eq!(hinted(&store.pass(&*session).await), ["acme/api#1", "acme/api#2"]);
}

#[tokio::test]
async fn a_malformed_record_does_not_sink_its_page() {
    let site = site(120, 2);
    site.change(|state| {
        state.issues[3]["title"] = json!(7);
        state.comments[0]["created_at"] = json!(null);
    });
    let session = site.connect(None).await;
    let mut store = Store::default();
    let batches = store.pass(&*session).await;
    let quarantine: Vec<_> = batches
        .iter()
        .flat_map(|batch| &batch.quarantine)
        .map(|record| (&*record.kind, &*record.external_id, &record.reason[..5]))
        .collect();
    assert_eq!(quarantine, [("issue", "1004", "title"), ("comment", "1", "creat")]);
    assert_eq!((store.tasks.len(), store.comments.len()), (119, 1));
}
