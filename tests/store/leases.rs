//! Leases, the fence, the queue of hints, sources and their scopes.

use std::time::Duration;

use mainstem_model::record::{Batch, Cursor, Depth, Hint, Scope};
use mainstem_model::{ChangeCause, SourceError, SourceState, Subject, Visibility};
use mainstem_store::{PassOutcome, PreparedBatch, SourceSpec, StoreError};

use crate::support::database::{SCOPE, both_databases};
use crate::support::records::{
    at, batch_of, comment_record, person_record, task_record, worklog_record,
};

const MINUTE: Duration = Duration::from_secs(60);

both_databases! {
    async fn one_holder_at_a_time(db) {
        let store = &db.store;
        let first = store.acquire_lease("pull", "one", MINUTE).await.unwrap().unwrap();
        assert_eq!(store.acquire_lease("pull", "two", MINUTE).await.unwrap(), None);
        assert!(store.acquire_lease("other", "two", MINUTE).await.unwrap().is_some());

        db.clock.advance_seconds(59);
        let first = store.renew_lease(&first, MINUTE).await.unwrap();
        db.clock.advance_seconds(59);
        assert_eq!(store.acquire_lease("pull", "two", MINUTE).await.unwrap(), None);

        db.clock.advance_seconds(1);
        let second = store.acquire_lease("pull", "two", MINUTE).await.unwrap().unwrap();
        assert_eq!(second.fence, first.fence + 1);
        assert!(matches!(store.renew_lease(&first, MINUTE).await, Err(StoreError::Fenced(_))));
        // Giving back what is no longer ours takes nothing from the new holder.
        store.release_lease(&first).await.unwrap();
        store.renew_lease(&second, MINUTE).await.unwrap();

        store.release_lease(&second).await.unwrap();
        let third = store.acquire_lease("pull", "one", MINUTE).await.unwrap().unwrap();
        assert_eq!(third.fence, second.fence + 1);
    }
}

both_databases! {
    async fn a_stale_holder_writes_nothing(db) {
        let source = db.source("acme").await;
        db.clock.advance_seconds(3600);
        db.store.acquire_lease("acme", "another", MINUTE).await.unwrap().unwrap();
        let head = db.store.head().await.unwrap();
        let batch = Batch { cursor: Some(Cursor("far".to_owned())), ..batch_of(vec![task_record(1)]) };
        let (store, lease) = (&db.store, &source.lease);
        let outcome = PassOutcome { synced_at: Some(at(0)), next_run_at: at(9), error: None, restart: false };
        let refusals = [
            source.try_apply(store, &batch).await.err(),
            store.finish_pass(lease, source.id, SCOPE, &outcome).await.err(),
            store.take_hints(lease, source.id, ChangeCause::Sync, 1).await.err(),
            store.begin_census(lease, source.id, SCOPE).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(StoreError::Fenced(_))), "{refusal:?}");
        }
        assert_eq!(store.head().await.unwrap(), head);
        let scope = store.scopes(source.id).await.unwrap().remove(0);
        assert_eq!((scope.cursor, scope.synced_at), (None, None));
    }
}

fn hint(n: u32, depth: Depth) -> Hint {
    Hint { external_id: None, locator: format!("acme/api/{n}"), depth }
}

both_databases! {
    async fn hints_are_taken_by_depth_and_oldest_first(db) {
        let source = db.source("acme").await;
        let (store, lease) = (&db.store, &source.lease);
        let hints = [hint(1, Depth::Whole), hint(2, Depth::Whole), hint(2, Depth::Relations)];
        for hint in &hints {
            for _ in 0..2 {
                store.push_hints(source.id, SCOPE, std::slice::from_ref(hint)).await.unwrap();
            }
        }
        let taken: Vec<_> = store.take_hints(lease, source.id, ChangeCause::Sync, 10).await.unwrap();
        assert_eq!(taken.iter().map(|taken| &taken.hint).collect::<Vec<_>>(), [&hints[0], &hints[1]]);
        let taken = store.take_hints(lease, source.id, ChangeCause::Sync, 10).await.unwrap();
        assert_eq!(taken.iter().map(|taken| &taken.hint).collect::<Vec<_>>(), [&hints[2]]);
        assert_eq!(store.take_hints(lease, source.id, ChangeCause::Sync, 10).await.unwrap(), []);
    }
}

both_databases! {
    async fn a_hint_that_nothing_answers_is_parked(db) {
        let source = db.source("acme").await;
        let (store, lease) = (&db.store, &source.lease);
        store.push_hints(source.id, SCOPE, &[hint(1, Depth::Whole)]).await.unwrap();
        for attempt in 1..=5 {
            let taken = store.take_hints(lease, source.id, ChangeCause::Sync, 10).await.unwrap();
            assert_eq!(taken.iter().map(|taken| taken.attempts).collect::<Vec<_>>(), [attempt]);
            db.clock.advance_seconds(3600);
        }
        assert_eq!(store.take_hints(lease, source.id, ChangeCause::Sync, 10).await.unwrap(), []);
        let parked = store.quarantined(source.id, 10).await.unwrap();
        assert_eq!((parked[0].kind.as_str(), parked[0].external_id.as_str()), ("hint", "acme/api/1"));
    }
}

both_databases! {
    async fn a_hint_that_comes_while_it_is_being_answered_is_not_lost(db) {
        let source = db.source("acme").await;
        let (store, lease) = (&db.store, &source.lease);
        let asked = [hint(1, Depth::Whole)];
        store.push_hints(source.id, SCOPE, &asked).await.unwrap();
        let taken = store.take_hints(lease, source.id, ChangeCause::Sync, 10).await.unwrap().remove(0);
        store.push_hints(source.id, SCOPE, &asked).await.unwrap();
        let context = mainstem_store::BatchContext {
            lease,
            source: source.id,
            scope: SCOPE,
            cause: mainstem_model::ChangeCause::Webhook,
            answered: &[taken.id],
        };
        let nothing = PreparedBatch::of(Batch::default()).await.unwrap();
        store.apply_batch(&context, &nothing).await.unwrap();
        let again = store.take_hints(lease, source.id, ChangeCause::Sync, 10).await.unwrap();
        assert_eq!(again.iter().map(|taken| &taken.hint).collect::<Vec<_>>(), [&asked[0]]);
    }
}

fn spec(name: &str) -> SourceSpec {
    SourceSpec {
        name: name.to_owned(),
        connector: "github".to_owned(),
        settings: serde_json::json!({ "owner": "acme" }),
        credential_kind: "token".to_owned(),
        credential_public: serde_json::json!({}),
        credential: Some(mainstem_model::CredentialRef::Env { name: "TOKEN".to_owned() }),
        webhook: None,
        poll_interval_seconds: 60,
        provisioned: true,
        paused: false,
    }
}

both_databases! {
    async fn a_source_is_written_only_where_it_differs(db) {
        let store = &db.store;
        let first = store.put_source(&spec("acme"), false).await.unwrap();
        let head = store.head().await.unwrap();
        assert!(matches!(store.put_source(&spec("acme"), false).await, Err(StoreError::Conflict(_))));
        db.clock.advance_seconds(10);
        assert_eq!(store.put_source(&spec("acme"), true).await.unwrap(), first);
        assert_eq!(store.head().await.unwrap(), head);

        let failure = SourceError { code: "RATE_LIMITED".to_owned(), message: "wait".to_owned(), at: at(0) };
        for _ in 0..2 {
            store.set_source_state(first.id, SourceState::RateLimited, Some(failure.clone())).await.unwrap();
        }
        let slower = SourceSpec { poll_interval_seconds: 300, ..spec("acme") };
        let changed = store.put_source(&slower, true).await.unwrap();
        assert_eq!((changed.state, changed.last_error.as_ref()), (SourceState::RateLimited, Some(&failure)));
        assert_eq!(changed.credential_set_at, at(0), "the credential is as it was");
        let log = store.read_log(head, 10).await.unwrap();
        assert_eq!(log.len(), 2);
        assert!(log.iter().all(|change| change.subject == Subject::Source(first.id)));
        assert_eq!(store.sources().await.unwrap(), [changed]);
    }
}

both_databases! {
    async fn a_removed_source_leaves_nothing_behind(db) {
        let source = db.source("acme").await;
        let other = db.source("other").await;
        let batch = Batch {
            people: vec![person_record(1)],
            comments: vec![comment_record(1, 1), comment_record(2, 99)],
            worklogs: vec![worklog_record(1, 1), worklog_record(2, 99)],
            ..batch_of(vec![task_record(1), task_record(2)])
        };
        source.apply(&db.store, &batch).await;
        other.apply(&db.store, &batch).await;
        db.store.set_secret(source.id, b"sealed").await.unwrap();

        assert!(db.store.remove_source(source.id).await.unwrap());
        assert!(!db.store.remove_source(source.id).await.unwrap());
        assert!(matches!(source.try_apply(&db.store, &batch).await, Err(StoreError::Fenced(_))));
        assert_eq!(db.store.secret(source.id).await.unwrap(), None);
        let left = |owner: mainstem_model::SourceId| owner == other.id;
        assert!(db.store.sources().await.unwrap().iter().all(|source| left(source.id)));
        assert_eq!(db.store.load_tasks(None, 10).await.unwrap().len(), 2);
        assert!(db.store.load_tasks(None, 10).await.unwrap().iter().all(|task| left(task.source)));
        assert!(db.store.load_projects().await.unwrap().iter().all(|project| left(project.source)));
        assert_eq!(db.store.load_identities().await.unwrap().len(), 1);
        let comments = ["comment-1", "comment-2"].map(|id| source.id.comment(id));
        assert!(db.store.comments_by_id(&comments, &Visibility::Everything).await.unwrap().is_empty());
        let worklogs = [source.id.worklog("worklog-1")];
        assert!(db.store.worklogs_by_id(&worklogs, &Visibility::Everything).await.unwrap().is_empty());
        let log = db.store.read_log(mainstem_model::Position::default(), 100).await.unwrap();
        let of_the_removed = log.iter().filter(|change| change.source == source.id);
        assert!(of_the_removed.clone().all(|change| change.subject == Subject::Source(source.id)));
        assert!(of_the_removed.count() > 0, "read models learn that it is gone");
        // What comes back under the same name starts anew.
        let again = db.source("acme again").await;
        assert_eq!(again.apply(&db.store, &batch).await.tasks_added, 2);
    }
}

both_databases! {
    async fn scopes_keep_their_cursor_and_tell_when_the_source_is_complete(db) {
        let source = db.source("acme").await;
        let store = &db.store;
        let scope = |key: &str| Scope { key: key.into(), name: key.to_owned() };
        store.put_scopes(source.id, &[scope(SCOPE), scope("acme/web")], |_| false).await.unwrap();
        let cursor = Cursor("page 2".to_owned());
        let batch = Batch { cursor: Some(cursor.clone()), ..Batch::default() };
        source.apply(store, &batch).await;

        let done = |at| PassOutcome { synced_at: Some(at), next_run_at: at.plus_seconds(60), error: None, restart: false };
        let synced = async || store.sources().await.unwrap().remove(0).last_synced_at;
        store.finish_pass(&source.lease, source.id, SCOPE, &done(at(5))).await.unwrap();
        assert_eq!(synced().await, None, "one scope was never complete");
        store.finish_pass(&source.lease, source.id, "acme/web", &done(at(3))).await.unwrap();
        assert_eq!(synced().await, Some(at(3)));

        let error = SourceError { code: "FAILED".to_owned(), message: "no".to_owned(), at: at(6) };
        let failed = PassOutcome { synced_at: None, next_run_at: at(100), error: Some(error.clone()), restart: false };
        for _ in 0..2 {
            store.finish_pass(&source.lease, source.id, SCOPE, &failed).await.unwrap();
        }
        let state = store.scopes(source.id).await.unwrap().remove(0);
        assert_eq!((state.failures, state.last_error, state.synced_at), (2, Some(error), Some(at(5))));
        assert_eq!(state.cursor, Some(cursor.clone()));

        // Gone and back: the cursor was kept, and it is due at once.
        store.put_scopes(source.id, &[scope("acme/web")], |_| false).await.unwrap();
        assert_eq!(store.scopes(source.id).await.unwrap().len(), 1);
        store.put_scopes(source.id, &[scope(SCOPE), scope("acme/web")], |_| false).await.unwrap();
        let state = store.scopes(source.id).await.unwrap().remove(0);
        assert_eq!((state.cursor, state.next_run_at), (Some(cursor), at(0)));

        let restart = PassOutcome { synced_at: None, next_run_at: at(100), error: None, restart: true };
        store.finish_pass(&source.lease, source.id, SCOPE, &restart).await.unwrap();
        assert_eq!(store.scopes(source.id).await.unwrap()[0].cursor, None);
        store.request_sync(source.id).await.unwrap();
        assert!(store.scopes(source.id).await.unwrap().iter().all(|scope| scope.next_run_at == at(0)));
    }
}
