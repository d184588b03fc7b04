//! What an admin decides of people is kept, told to whoever follows, and outlives what it is about;
//! of an absence what was said last is kept.

use std::collections::BTreeSet;

use mainstem_model::record::{AvailabilityRecord, Batch};
use mainstem_model::{Away, ChangeCause, Evidence, PersonId, Position, SourceId, Subject, TokenId};
use mainstem_store::{DecidedPerson, NewAuditRecord, Store};
use serde_json::json;

use crate::support::database::{both_databases, start};
use crate::support::records::{at, person_record};

fn decided(id: PersonId, identities: &[(SourceId, &str)]) -> DecidedPerson {
    DecidedPerson {
        id,
        identities: identities.iter().map(|(source, id)| (*source, (*id).to_owned())).collect(),
        takes_over: BTreeSet::new(),
    }
}

fn record(action: &'static str) -> NewAuditRecord {
    NewAuditRecord {
        token: TokenId(uuid::Uuid::from_u128(7)),
        token_name: "desk".to_owned(),
        action,
        before: json!([{ "id": 1 }, { "id": 2 }]),
        after: json!([{ "id": 1 }]),
    }
}

/// Whose each identity is by decision, in the order of ids.
async fn whose(store: &Store) -> Vec<Option<PersonId>> {
    let identities = store.load_identities().await.unwrap();
    identities.into_iter().map(|identity| identity.decided).collect()
}

/// What the log tells after a position: the subject and why.
async fn told_of(store: &Store, after: Position) -> BTreeSet<(String, ChangeCause)> {
    let log = store.read_log(after, 100).await.unwrap().into_iter();
    log.map(|change| (format!("{:?}", change.subject), change.cause)).collect()
}

both_databases! {
    async fn a_decision_is_told_once_and_survives_a_restart(db) {
        let (one, other) = (db.source("one").await, db.source("other").await);
        let people = Batch { people: vec![person_record(1), person_record(2)], ..Batch::default() };
        one.apply(&db.store, &people).await;
        other.apply(&db.store, &Batch { people: vec![person_record(1)], ..Batch::default() }).await;
        let before = db.store.head().await.unwrap();

        let ada = one.id.person("1");
        let person = decided(ada, &[(one.id, "1"), (other.id, "1")]);
        let position = db.store.decide_people(std::slice::from_ref(&person), &record("mergePeople")).await.unwrap();
        assert_eq!(position, db.store.head().await.unwrap());
        let subject = |id: PersonId| (format!("{:?}", Subject::Person(id)), ChangeCause::Api);
        let both = BTreeSet::from([subject(ada), subject(other.id.person("1"))]);
        assert_eq!(told_of(&db.store, before).await, both);
        db.reopen().await;
        let mut expected: Vec<_> = [
            (ada, Some(ada)), (one.id.person("2"), None), (other.id.person("1"), Some(ada)),
        ].into();
        expected.sort();
        assert_eq!(whose(&db.store).await, expected.iter().map(|(_, whose)| *whose).collect::<Vec<_>>());

        // The same again is no news, and neither is a full resync.
        assert_eq!(db.store.decide_people(&[person], &record("mergePeople")).await.unwrap(), position);
        assert_eq!(one.apply(&db.store, &people).await.rows(), 0);
        assert_eq!(db.store.head().await.unwrap(), position);
    }
}

both_databases! {
    async fn a_decision_outlives_its_source_and_follows_the_person(db) {
        let (one, other) = (db.source("one").await, db.source("other").await);
        let person = || Batch { people: vec![person_record(1)], ..Batch::default() };
        one.apply(&db.store, &person()).await;
        other.apply(&db.store, &person()).await;
        let (ada, eve) = (one.id.person("1"), one.id.person("9"));
        let both = decided(ada, &[(one.id, "1"), (other.id, "1")]);
        db.store.decide_people(&[both], &record("mergePeople")).await.unwrap();

        db.store.remove_source(other.id).await.unwrap();
        db.store.release_lease(&other.lease).await.unwrap();
        assert_eq!(whose(&db.store).await, [Some(ada)]);
        // Who is left is another by now; whoever was one with them still is, when they come back.
        let later = DecidedPerson { takes_over: BTreeSet::from([ada]), ..decided(eve, &[(one.id, "1")]) };
        db.store.decide_people(&[later], &record("mergePeople")).await.unwrap();
        let other = db.source("other").await;
        other.apply(&db.store, &person()).await;
        assert_eq!(whose(&db.store).await, [Some(eve), Some(eve)]);
    }
}

both_databases! {
    async fn what_was_done_is_kept_with_who_did_it(db) {
        let one = db.source("one").await;
        one.apply(&db.store, &Batch { people: vec![person_record(1)], ..Batch::default() }).await;
        for (second, action) in [(0, "mergePeople"), (1, "splitPerson"), (2, "mergePeople")] {
            let person = decided(one.id.person("1"), &[(one.id, "1")]);
            db.store.decide_people(&[person], &record(action)).await.unwrap();
            assert_eq!(db.store.audit(None, 1).await.unwrap()[0].at, start().plus_seconds(second));
            db.clock.advance_seconds(1);
        }
        let newest = db.store.audit(None, 2).await.unwrap();
        let actions: Vec<_> = newest.iter().map(|record| record.action.as_str()).collect();
        assert_eq!(actions, ["mergePeople", "splitPerson"]);
        let first = db.store.audit(Some(newest[1].id), 2).await.unwrap();
        assert_eq!(first.len(), 1);
        let expected = record("mergePeople");
        assert_eq!((first[0].token, &first[0].token_name), (expected.token, &expected.token_name));
        assert_eq!((&first[0].before, &first[0].after), (&expected.before, &expected.after));
    }
}

fn away(said_at: i64, until: &str, quote: &str) -> AvailabilityRecord {
    AvailabilityRecord {
        person: "1".into(),
        until: until.parse().unwrap(),
        quote: quote.to_owned(),
        url: Some("mid:1@x".to_owned()),
        said_at: at(said_at),
    }
}

both_databases! {
    async fn what_was_said_last_of_an_absence_holds(db) {
        let source = db.source("one").await;
        let told = |records: &[AvailabilityRecord]| Batch {
            people: vec![person_record(1)],
            availabilities: records.to_vec(),
            ..Batch::default()
        };
        let (first, second, third) =
            (away(10, "2026-02-01", "long"), away(20, "2026-01-10", "short"), away(30, "2026-01-20", "a bit"));
        let kept = |record: &AvailabilityRecord, until: &str| Some(Away {
            until: until.parse().unwrap(),
            evidence: Evidence { quote: record.quote.clone(), url: record.url.clone(), comment: None, seen_at: record.said_at },
        });
        let stored = async || db.store.load_identities().await.unwrap()[0].away.clone();
        source.apply(&db.store, &told(&[second.clone(), first.clone()])).await;
        assert_eq!(stored().await, kept(&second, "2026-01-11T00:00:00Z"));
        // What arrives late, or again, is no news.
        for late in [&first, &second] {
            assert_eq!(source.apply(&db.store, &told(std::slice::from_ref(late))).await.rows(), 0);
        }
        let before = db.store.head().await.unwrap();
        source.apply(&db.store, &told(std::slice::from_ref(&third))).await;
        assert_eq!(stored().await, kept(&third, "2026-01-21T00:00:00Z"));
        let subject = format!("{:?}", Subject::Person(source.id.person("1")));
        assert_eq!(told_of(&db.store, before).await, BTreeSet::from([(subject, ChangeCause::Sync)]));
        // It goes with its source.
        db.store.remove_source(source.id).await.unwrap();
        db.store.release_lease(&source.lease).await.unwrap();
        let source = db.source("one").await;
        source.apply(&db.store, &told(&[])).await;
        assert_eq!(stored().await, None);
    }
}
