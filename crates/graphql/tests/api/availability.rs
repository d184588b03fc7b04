//! Somebody who is away is shown so until the absence ends, by the clock alone.

use mainstem_model::record::{AvailabilityRecord, Batch, PersonRecord};
use serde_json::{Value, json};

use crate::world::{START, World, admin, reader_of};

fn away(until: &str, said_at: i64) -> Batch {
    Batch {
        people: vec![PersonRecord {
            external_id: "ada@example.com".into(),
            handle: None,
            name: None,
            email: Some("ada@example.com".to_owned()),
            self_asserted: true,
        }],
        availabilities: vec![AvailabilityRecord {
            person: "ada@example.com".into(),
            until: until.parse().unwrap(),
            quote: format!("away until {until}"),
            url: Some("mid:1@x".to_owned()),
            said_at: START.plus_seconds(said_at),
        }],
        ..Batch::default()
    }
}

const QUERY: &str = "{ people(filter: {name: {eq: \"Ada Lovelace\"}}) { nodes { availability { available until reason evidence { quote url seenAt } } } } }";

#[tokio::test]
async fn an_absence_ends_by_itself_and_no_kept_answer_outlives_it() {
    let world = World::new().await;
    let shown =
        async || world.data(&admin(), QUERY).await["people"]["nodes"][0]["availability"].take();
    let there = json!({"available": true, "until": null, "reason": null, "evidence": null});
    assert_eq!(shown().await, there);

    world.apply("mail", &away("2026-01-02", 0)).await;
    world.model.catch_up(&world.store).await.unwrap();
    let evidence = json!({"quote": "away until 2026-01-02", "url": "mid:1@x", "seenAt": "2026-01-01T00:00:00Z"});
    let gone = json!({"available": false, "until": "2026-01-03T00:00:00Z", "reason": "out of office", "evidence": evidence});
    assert_eq!(shown().await, gone);
    // The mailbox is what says so: whoever does not see it is not told.
    assert_eq!(
        world.data(&reader_of(&["acme"]), QUERY).await["people"]["nodes"][0]["availability"],
        there
    );

    world.clock.advance_seconds(2 * 86_400 - 1);
    assert_eq!(shown().await, gone);
    world.clock.advance_seconds(1);
    assert_eq!(shown().await, there);
}

#[tokio::test]
async fn what_is_said_later_counts() {
    let world = World::new().await;
    for (until, said_at, expected) in [
        ("2026-01-02", 0, "2026-01-03T00:00:00Z"),
        ("2026-01-05", 60, "2026-01-06T00:00:00Z"),
        ("2026-01-09", 30, "2026-01-06T00:00:00Z"),
        ("2026-01-03", 90, "2026-01-04T00:00:00Z"),
    ] {
        world.apply("mail", &away(until, said_at)).await;
        world.model.catch_up(&world.store).await.unwrap();
        let data: Value = world.data(&admin(), QUERY).await;
        assert_eq!(data["people"]["nodes"][0]["availability"]["until"], expected);
    }
}
