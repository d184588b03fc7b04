//! Mail about a task: evidence on it, and a comment where a person answers.

use mainstem_model::SourceId;
use serde_json::{Value, json};

use crate::world::{World, admin, reader_of};

const TASK: &str = "task(key: \"acme/api#1\", source: \"acme\")";

#[tokio::test]
async fn notices_are_shown_with_their_evidence() {
    let world = World::with_mail().await;
    let query = format!(
        "{{ {TASK} {{ notices(first: 1) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{
            id task {{ key }} source {{ name }} event actor {{ name }} actorName sentAt
            evidence {{ quote url seenAt }} }} }} }} }}"
    );
    let first = world.data(&admin(), &query).await["task"]["notices"].clone();
    assert_eq!(first["totalCount"], 2);
    let shown = json!({
        "id": SourceId::of("mail").notice("m1").to_string(),
        "task": { "key": "acme/api#1" },
        "source": { "name": "mail" },
        "event": "mention",
        "actor": { "name": "Bob Kahn" },
        "actorName": "bob",
        "sentAt": "2026-01-01T00:00:01Z",
        "evidence": {
            "quote": "Mail 1", "url": "https://tool.example/acme/api/1#1",
            "seenAt": "2026-01-01T00:00:00Z",
        },
    });
    assert_eq!(first["nodes"], json!([shown]));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let end = first["pageInfo"]["endCursor"].as_str().unwrap();
    let rest = format!(
        "{{ {TASK} {{ notices(after: \"{end}\") {{ nodes {{ event actor {{ name }} actorName }} }} }} }}"
    );
    let rest = world.data(&admin(), &rest).await["task"]["notices"].clone();
    assert_eq!(rest["nodes"], json!([{ "event": null, "actor": null, "actorName": "zoe" }]));
    let foreign = format!("{{ {TASK} {{ comments(after: \"{end}\") {{ totalCount }} }} }}");
    assert_eq!(world.code(&admin(), &foreign).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn who_does_not_see_the_mailbox_sees_nothing_of_it() {
    let world = World::with_mail().await;
    let query = format!(
        "{{ {TASK} {{ notices {{ totalCount nodes {{ id }} }} changes {{ nodes {{ field }} }}
            comments {{ totalCount nodes {{ body author {{ name }} }} }} }}
           changes(filter: {{fields: [\"notices\"]}}) {{ nodes {{ field }} }} }}"
    );
    let seen = |data: &Value| {
        let fields = |list: &Value| {
            let nodes = list["nodes"].as_array().unwrap();
            nodes.iter().filter(|change| change["field"] == "notices").count()
        };
        let task = &data["task"];
        assert_eq!(fields(&task["changes"]), fields(&data["changes"]));
        let comments = &task["comments"];
        assert_eq!(comments["totalCount"], comments["nodes"].as_array().unwrap().len());
        let bodies: Vec<String> = comments["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|comment| comment["body"].as_str().unwrap().to_owned())
            .collect();
        (task["notices"]["totalCount"].clone(), fields(&data["changes"]), bodies.join(", "))
    };
    // An answer that was kept for the one is not given to the other.
    let whole = world.data(&reader_of(&["acme", "mail"]), &query).await;
    assert_eq!(seen(&whole), (json!(2), 2, "Comment 1, Comment 2, Comment 3, Mail 4".to_owned()));
    assert_eq!(whole["task"]["comments"]["nodes"][3]["author"]["name"], "Cy Mailer");
    let part = world.data(&reader_of(&["acme"]), &query).await;
    assert_eq!(seen(&part), (json!(0), 0, "Comment 1, Comment 2, Comment 3".to_owned()));

    let mail = SourceId::of("mail");
    let ids = [mail.notice("m1").to_string(), mail.comment("m4").to_string()];
    let by_id = format!("{{ nodes(ids: {}) {{ __typename id }} }}", json!(ids));
    let found = world.data(&admin(), &by_id).await;
    let node = |name: &str, id: &str| json!({ "__typename": name, "id": id });
    assert_eq!(found["nodes"], json!([node("Notice", &ids[0]), node("Comment", &ids[1])]));
    for sources in [&["acme"], &["mail"]] {
        let hidden = world.data(&reader_of(sources), &by_id).await;
        assert_eq!(hidden["nodes"], json!([null, null]), "{sources:?}");
    }
}

#[tokio::test]
async fn what_arrives_shows_in_the_next_answer() {
    let world = World::new().await;
    world.store.put_site(SourceId::of("acme"), &"tool.example".into()).await.unwrap();
    world.model.catch_up(&world.store).await.unwrap();
    let query = format!("{{ {TASK} {{ notices {{ totalCount }} comments {{ totalCount }} }} }}");
    let counts = async || {
        let data = world.data(&admin(), &query).await;
        (
            data["task"]["notices"]["totalCount"].clone(),
            data["task"]["comments"]["totalCount"].clone(),
        )
    };
    assert_eq!(counts().await, (json!(0), json!(3)));
    world.apply("mail", &crate::world::mail()).await;
    world.model.catch_up(&world.store).await.unwrap();
    assert_eq!(counts().await, (json!(2), json!(4)));
}
