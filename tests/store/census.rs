//! The census: ids at the source beside ids in the store.

use mainstem_model::record::{AbsenceRecord, Batch, CensusEntry, TaskRecord};
use mainstem_model::{ChangeCause, Presence};
use mainstem_store::{AcceptedLoss, CensusOutcome};

use crate::support::database::{SCOPE, TestDatabase, TestSource, both_databases};
use crate::support::records::{batch_of, task_external_id, task_record};

fn entry(n: u32, token: &str) -> CensusEntry {
    CensusEntry {
        external_id: task_external_id(n).into(),
        locator: format!("acme/api/{n}"),
        token: Some(token.to_owned()),
    }
}

/// Tasks 1 to `count`, each with the token "a".
async fn with_tasks(db: &TestDatabase, count: u32) -> TestSource {
    let source = db.source("acme").await;
    let task = |n| TaskRecord { census_token: Some("a".to_owned()), ..task_record(n) };
    source.apply(&db.store, &batch_of((1..=count).map(task).collect())).await;
    db.clock.advance_seconds(10);
    source
}

async fn census(db: &TestDatabase, source: &TestSource, entries: &[CensusEntry]) -> CensusOutcome {
    let (store, lease) = (&db.store, &source.lease);
    let run = store.begin_census(lease, source.id, SCOPE).await.unwrap();
    for page in entries.chunks(7) {
        store.record_census(lease, &run, page).await.unwrap();
    }
    store.finish_census(lease, &run).await.unwrap()
}

/// The locators of what is queued, in order.
async fn queued(db: &TestDatabase, source: &TestSource) -> Vec<String> {
    let hints =
        db.store.take_hints(&source.lease, source.id, ChangeCause::Sync, 1000).await.unwrap();
    let mut locators: Vec<_> = hints.into_iter().map(|hint| hint.hint.locator).collect();
    locators.sort();
    locators
}

both_databases! {
    async fn what_agrees_is_left_alone(db) {
        let source = with_tasks(&db, 20).await;
        let entries: Vec<_> = (1..=20).map(|n| entry(n, "a")).collect();
        let outcome = census(&db, &source, &entries).await;
        let expected = CensusOutcome { at_source: 20, in_store: 20, missing: 0, unknown: 0, changed: 0, mass_loss: false };
        assert_eq!(outcome, expected);
        assert_eq!(queued(&db, &source).await, [""; 0]);
        let scope = db.store.scopes(source.id).await.unwrap().remove(0);
        assert_eq!((scope.at_source, scope.in_store), (Some(20), Some(20)));
        assert!(scope.census_at.is_some());
    }
}

both_databases! {
    async fn what_does_not_agree_is_fetched(db) {
        let source = with_tasks(&db, 20).await;
        let absence = AbsenceRecord { task: task_external_id(5).into(), presence: Presence::AccessLost };
        source.apply(&db.store, &Batch { absences: vec![absence], ..Batch::default() }).await;
        // 2 is gone, 3 has another token, 5 is back, 21 is new.
        let mut entries: Vec<_> = (3..=21).map(|n| entry(n, if n == 3 { "b" } else { "a" })).collect();
        entries.push(entry(1, "a"));
        entries.push(entry(1, "a"));
        let outcome = census(&db, &source, &entries).await;
        let expected = CensusOutcome { at_source: 20, in_store: 19, missing: 1, unknown: 1, changed: 2, mass_loss: false };
        assert_eq!(outcome, expected);
        assert_eq!(queued(&db, &source).await, ["acme/api/2", "acme/api/21", "acme/api/3", "acme/api/5"]);
    }
}

both_databases! {
    async fn a_mass_loss_is_no_deletion(db) {
        let source = with_tasks(&db, 50).await;
        for (left, missing, mass_loss) in [(40, 10, false), (39, 11, true), (0, 50, true)] {
            let entries: Vec<_> = (1..=left).map(|n| entry(n, "a")).collect();
            let outcome = census(&db, &source, &entries).await;
            assert_eq!((outcome.missing, outcome.mass_loss), (missing, mass_loss));
            let expected = if mass_loss { 0 } else { 10 };
            assert_eq!(queued(&db, &source).await.len(), expected, "{left} left");
            db.clock.advance_seconds(1);
        }
    }
}

/// A census that shows just these tasks, unchanged.
async fn showing(
    db: &TestDatabase,
    source: &TestSource,
    tasks: impl IntoIterator<Item = u32>,
) -> CensusOutcome {
    db.clock.advance_seconds(1);
    let entries: Vec<_> = tasks.into_iter().map(|n| entry(n, "a")).collect();
    census(db, source, &entries).await
}

both_databases! {
    async fn an_accepted_loss_is_concluded_for_just_what_was_missing(db) {
        let source = with_tasks(&db, 60).await;
        let accept = async |scope| db.store.accept_loss(source.id, scope).await.unwrap();
        assert_eq!(accept(None).await, [], "nothing is missing yet");
        assert!(showing(&db, &source, 21..=60).await.mass_loss);
        assert_eq!(accept(Some("acme/web")).await, []);

        let loss = AcceptedLoss { scope: SCOPE.to_owned(), tasks: 20 };
        assert_eq!(accept(Some(SCOPE)).await, std::slice::from_ref(&loss));
        assert_eq!(accept(None).await, [loss], "accepting twice is accepting");
        let scope = db.store.scopes(source.id).await.unwrap().remove(0);
        assert!(scope.census_asked_at.is_some(), "a census is asked for");

        // Task 1 is shown again, and twelve more are missing: those nobody has accepted.
        let outcome = showing(&db, &source, (33..=60).chain([1])).await;
        assert_eq!((outcome.missing, outcome.mass_loss), (31, true));
        let expected: Vec<_> = (2..=20).map(|n| format!("acme/api/{n}")).collect();
        let mut queued = queued(&db, &source).await;
        queued.sort_by_key(|locator| locator.rsplit('/').next().unwrap().parse::<u32>().unwrap());
        assert_eq!(queued, expected);
        let scope = db.store.scopes(source.id).await.unwrap().remove(0);
        assert_eq!(scope.census_asked_at, None, "it has been taken");
    }
}

both_databases! {
    async fn an_accepted_loss_lasts_until_it_is_concluded_and_no_longer(db) {
        let source = with_tasks(&db, 60).await;
        showing(&db, &source, 21..=60).await;
        db.store.accept_loss(source.id, None).await.unwrap();
        // Whatever keeps the tool from being asked, the next census need not be accepted again.
        for _ in 0..2 {
            let outcome = showing(&db, &source, 21..=60).await;
            assert_eq!((outcome.missing, outcome.mass_loss), (20, false));
        }
        assert_eq!(queued(&db, &source).await.len(), 20);
        let gone = |n| AbsenceRecord { task: task_external_id(n).into(), presence: Presence::Deleted };
        let absences = (1..=20).map(gone).collect();
        source.apply(&db.store, &Batch { absences, ..Batch::default() }).await;
        assert_eq!(db.store.accept_loss(source.id, None).await.unwrap(), []);

        // A loss that is over is forgotten: the same tasks missing again are news.
        showing(&db, &source, 21..=60).await;
        assert!(showing(&db, &source, 41..=60).await.mass_loss);
        db.store.accept_loss(source.id, None).await.unwrap();
        assert_eq!(showing(&db, &source, 21..=60).await.missing, 0);
        assert!(showing(&db, &source, 41..=60).await.mass_loss);
    }
}

both_databases! {
    async fn what_came_after_the_census_began_is_not_missing(db) {
        let source = with_tasks(&db, 3).await;
        let run = db.store.begin_census(&source.lease, source.id, SCOPE).await.unwrap();
        db.clock.advance_seconds(1);
        source.apply(&db.store, &batch_of(vec![task_record(4)])).await;
        let page: Vec<_> = (1..=3).map(|n| entry(n, "a")).collect();
        db.store.record_census(&source.lease, &run, &page).await.unwrap();
        let outcome = db.store.finish_census(&source.lease, &run).await.unwrap();
        assert_eq!((outcome.missing, outcome.in_store), (0, 4));
    }
}

both_databases! {
    async fn an_unfinished_census_is_forgotten(db) {
        let source = with_tasks(&db, 3).await;
        let abandoned = db.store.begin_census(&source.lease, source.id, SCOPE).await.unwrap();
        db.store.record_census(&source.lease, &abandoned, &[entry(9, "a")]).await.unwrap();
        let entries: Vec<_> = (1..=3).map(|n| entry(n, "a")).collect();
        assert_eq!(census(&db, &source, &entries).await.unknown, 0);
    }
}
