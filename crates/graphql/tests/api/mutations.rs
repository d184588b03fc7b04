//! Merging and splitting people, as an admin does it over the API.

use mainstem_graphql::Caller;
use mainstem_model::{SourceId, TokenScope, Visibility};
use serde_json::{Value, json};

use crate::world::{World, admin, reader_of};

fn id(source: &str, person: &str) -> String {
    SourceId::of(source).person(person).to_string()
}

fn merge(ids: &[String]) -> String {
    format!(
        "mutation {{ mergePeople(input: {{people: {ids:?}}}) {{ person {{ id name identities {{ externalId }} tasks {{ totalCount }} }} }} }}"
    )
}

fn split(person: &str, source: &str, external_id: &str) -> String {
    format!(
        "mutation {{ splitPerson(input: {{person: {person:?}, identities: [{{source: {source:?}, externalId: {external_id:?}}}]}}) {{ person {{ id name identities {{ externalId }} }} }} }}"
    )
}

/// Who is to do how many tasks, in the order of names.
async fn counts(world: &World) -> Vec<(String, u64)> {
    let data = world
        .data(&admin(), "{ taskCounts(by: [ASSIGNEE]) { count groups { label value } } }")
        .await;
    let counts = data["taskCounts"].as_array().unwrap().iter();
    let counts = counts.map(|count| {
        let name = count["groups"][0]["label"].as_str().unwrap();
        (name.to_owned(), count["count"].as_u64().unwrap())
    });
    let mut counts: Vec<_> = counts.collect();
    counts.sort();
    counts
}

#[tokio::test]
async fn merged_people_are_one_everywhere_until_they_are_split() {
    let world = World::new().await;
    let before = counts(&world).await;
    let named = |name: &str, count: u64| (name.to_owned(), count);
    let all = [named("Ada Lovelace", 5), named("Bob Kahn", 1), named("Eve Hidden", 1)];
    assert_eq!(before, all);
    let (ada, bob, eve) = (id("acme", "ada"), id("acme", "bob"), id("secret", "eve"));
    let smallest = [&ada, &eve].into_iter().min().unwrap().clone();

    let merged = world.data(&admin(), &merge(&[eve.clone(), ada.clone()])).await;
    let person = &merged["mergePeople"]["person"];
    assert_eq!(person["id"], *smallest);
    assert_eq!(person["identities"].as_array().unwrap().len(), 2);
    assert_eq!(person["tasks"]["totalCount"], 6);
    // The same again is answered the same.
    assert_eq!(world.data(&admin(), &merge(&[eve.clone(), ada.clone()])).await, merged);
    assert_eq!(world.data(&admin(), &merge(std::slice::from_ref(&ada))).await, merged);

    let name = person["name"].as_str().unwrap();
    let mut both = [named(name, 6), named("Bob Kahn", 1)];
    both.sort();
    assert_eq!(counts(&world).await, both);
    for known in [&ada, &eve] {
        let query = format!(
            "{{ node(id: {known:?}) {{ id ... on Person {{ name }} }}
                tasks(filter: {{assignees: {{some: {{id: {{eq: {known:?}}}}}}}}}) {{ totalCount }}
                then: tasks(asOf: \"2027-01-01T00:00:00Z\", filter: {{assignees: {{some: {{id: {{eq: {known:?}}}}}}}}}) {{ totalCount }}
                people(filter: {{id: {{eq: {known:?}}}}}) {{ nodes {{ id }} }} }}"
        );
        let data = world.data(&admin(), &query).await;
        assert_eq!(data["node"], json!({"id": smallest, "name": name}));
        assert_eq!((&data["tasks"], &data["then"]), (&data["then"], &json!({"totalCount": 6})));
        assert_eq!(data["people"]["nodes"], json!([{ "id": smallest }]));
    }
    // The log names identities; the feed names people.
    let created =
        "{ changes(first: 100, filter: {fields: [\"created\"]}) { nodes { actor { id } } } }";
    let actors = world.data(&admin(), created).await["changes"]["nodes"].to_string();
    let absorbed = if smallest == ada { &eve } else { &ada };
    assert!(!actors.contains(absorbed.as_str()), "{actors}");

    let apart = world.data(&admin(), &split(&smallest, "secret", "eve")).await;
    let eve_alone = json!({"id": eve, "name": "Eve Hidden", "identities": [{"externalId": "eve"}]});
    assert_eq!(apart["splitPerson"]["person"], eve_alone);
    assert_eq!(world.data(&admin(), &split(&smallest, "secret", "eve")).await, apart);
    assert_eq!(world.data(&admin(), &split(&ada, "secret", "eve")).await, apart);
    assert_eq!(counts(&world).await, before);
    assert_ne!(bob, ada);
}

#[tokio::test]
async fn a_decision_stands_whatever_addresses_say() {
    let world = World::new().await;
    let (ada, other) = (id("acme", "ada"), id("more", "7"));
    let mut person = mainstem_model::record::PersonRecord {
        external_id: "7".into(),
        handle: None,
        name: None,
        email: Some("ADA@example.com".to_owned()),
        self_asserted: false,
    };
    let batch = |person: &mainstem_model::record::PersonRecord| mainstem_model::record::Batch {
        people: vec![person.clone()],
        ..Default::default()
    };
    let is_one = async || {
        world.model.catch_up(&world.store).await.unwrap();
        let query =
            format!("{{ one: node(id: {ada:?}) {{ id }} other: node(id: {other:?}) {{ id }} }}");
        let data = world.data(&admin(), &query).await;
        data["one"] == data["other"]
    };
    world.apply("more", &batch(&person)).await;
    assert!(is_one().await, "by their address");

    world.data(&admin(), &split(&ada, "more", "7")).await;
    assert!(!is_one().await, "an admin told them apart");
    person.name = Some("Ada".to_owned());
    world.apply("more", &batch(&person)).await;
    assert!(!is_one().await, "the tool shows the same address again");

    world.data(&admin(), &merge(&[ada.clone(), other.clone()])).await;
    assert!(is_one().await, "an admin said so");
    person.email = Some("somebody@else.example".to_owned());
    world.apply("more", &batch(&person)).await;
    assert!(is_one().await, "the tool shows another address");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_changes_nothing() {
    let world = World::new().await;
    let (ada, bob) = (id("acme", "ada"), id("acme", "bob"));
    let nobody = id("acme", "nobody");
    let before = counts(&world).await;
    for (document, code) in [
        (merge(&[]), "BAD_USER_INPUT"),
        (merge(&["x".to_owned()]), "BAD_USER_INPUT"),
        (merge(&[SourceId::of("acme").task("1").to_string()]), "BAD_USER_INPUT"),
        (merge(&vec![ada.clone(); 101]), "BAD_USER_INPUT"),
        (merge(&[ada.clone(), nobody.clone()]), "NOT_FOUND"),
        (split(&nobody, "acme", "ada"), "NOT_FOUND"),
        (split(&ada, "acme", "nobody"), "NOT_FOUND"),
        (split(&ada, "nowhere", "ada"), "NOT_FOUND"),
        // Ada is nobody else, so nothing would be left.
        (split(&ada, "acme", "ada"), "BAD_USER_INPUT"),
        (
            format!(
                "mutation {{ splitPerson(input: {{person: {ada:?}, identities: []}}) {{ person {{ id }} }} }}"
            ),
            "BAD_USER_INPUT",
        ),
        (
            format!(
                "mutation {{ mergePeople(input: {{people: [{ada:?}], into: {bob:?}}}) {{ person {{ id }} }} }}"
            ),
            "BAD_USER_INPUT",
        ),
        (
            format!("{{ mergePeople(input: {{people: [{ada:?}]}}) {{ person {{ id }} }} }}"),
            "BAD_USER_INPUT",
        ),
        ("subscription { mergePeople }".to_owned(), "BAD_USER_INPUT"),
    ] {
        assert_eq!(world.code(&admin(), &document).await, code, "{document}");
    }
    // Whom it names are two people by now, of whom one has more than that.
    world.data(&admin(), &merge(&[bob.clone(), id("secret", "eve")])).await;
    assert_eq!(world.code(&admin(), &split(&ada, "acme", "bob")).await, "CONFLICT");
    world.data(&admin(), &split(&bob, "secret", "eve")).await;
    assert_eq!(counts(&world).await, before);
}

#[tokio::test]
async fn fields_run_in_order_up_to_the_first_that_fails() {
    let world = World::new().await;
    let (ada, bob, eve) = (id("acme", "ada"), id("acme", "bob"), id("secret", "eve"));
    let document = format!(
        "mutation {{ __typename
            one: mergePeople(input: {{people: [{ada:?}, {bob:?}]}}) {{ person {{ identities {{ externalId }} }} }}
            two: mergePeople(input: {{people: [{eve:?}, {bob:?}]}}) {{ person {{ identities {{ externalId }} }} }} }}"
    );
    let answer = world.answer(&admin(), &document, json!({})).await;
    assert_eq!(answer.etag, None);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let data: Value = serde_json::from_str(&text).unwrap();
    let known = |field: &str| data["data"][field]["person"]["identities"].as_array().unwrap().len();
    assert_eq!(
        (&data["data"]["__typename"], known("one"), known("two")),
        (&json!("Mutation"), 2, 3)
    );
    assert!(text.find("\"one\"").unwrap() < text.find("\"two\"").unwrap());

    let document = format!(
        "mutation {{ one: splitPerson(input: {{person: {ada:?}, identities: [{{source: \"acme\", externalId: \"ada\"}}]}}) {{ person {{ id }} }}
            two: mergePeople(input: {{people: [\"x\"]}}) {{ person {{ id }} }}
            three: mergePeople(input: {{people: [{ada:?}, {eve:?}]}}) {{ person {{ id }} }} }}"
    );
    let answer = world.ask(&admin(), &document).await;
    assert_eq!(answer["data"], Value::Null);
    assert_eq!(answer["errors"][0]["path"], json!(["two"]));
    let query =
        format!("{{ node(id: {ada:?}) {{ ... on Person {{ identities {{ externalId }} }} }} }}");
    let alone = json!({"node": {"identities": [{"externalId": "ada"}]}});
    assert_eq!(world.data(&admin(), &query).await, alone);
}

#[tokio::test]
async fn only_admins_of_everything_may_and_others_learn_nothing() {
    let world = World::new().await;
    let of = |scope: TokenScope, visibility: Visibility| Caller { scope, visibility, ..admin() };
    let acme = || reader_of(&["acme"]).visibility;
    let both = || reader_of(&["acme", "secret"]).visibility;
    let documents = [
        merge(&[id("acme", "ada"), id("secret", "eve")]),
        merge(&[id("acme", "ada")]),
        merge(&[id("acme", "nobody")]),
        split(&id("acme", "ada"), "secret", "eve"),
        split(&id("acme", "ada"), "secret", "nobody"),
        "{ audit { nodes { action } } }".to_owned(),
    ];
    for caller in [
        of(TokenScope::Read, Visibility::Everything),
        of(TokenScope::Write, Visibility::Everything),
        of(TokenScope::Admin, acme()),
        of(TokenScope::Admin, both()),
    ] {
        let mut told = std::collections::BTreeSet::new();
        for document in &documents {
            let answer = world.ask(&caller, document).await;
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{document}");
            told.insert(error["message"].to_string());
        }
        assert_eq!(told.len(), 1, "{told:?}");
    }
    assert_eq!(world.store.audit(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_done_is_there_to_be_read_at_once() {
    let world = World::new().await;
    let (ada, eve) = (id("acme", "ada"), id("secret", "eve"));
    let query = "{ audit(first: 2) { nodes { at token tokenName action before after } pageInfo { hasNextPage endCursor } } }";
    let none = world.data(&admin(), query).await;
    assert_eq!(none["audit"]["nodes"], json!([]));
    world.data(&admin(), &merge(&[ada.clone(), eve.clone()])).await;
    world.data(&admin(), &merge(&[ada.clone(), eve.clone()])).await;
    world.data(&admin(), &split(&ada, "secret", "eve")).await;

    let page = world.data(&admin(), query).await;
    let nodes = page["audit"]["nodes"].as_array().unwrap();
    let actions: Vec<_> = nodes.iter().map(|node| node["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["splitPerson", "mergePeople"]);
    assert_eq!(nodes[0]["tokenName"], "admin");
    let who = |people: &Value| -> Vec<usize> {
        let people = people.as_array().unwrap().iter();
        people.map(|person| person["identities"].as_array().unwrap().len()).collect()
    };
    assert_eq!((who(&nodes[0]["before"]), who(&nodes[0]["after"])), (vec![2], vec![1, 1]));
    let end = &page["audit"]["pageInfo"]["endCursor"];
    let rest = format!(
        "{{ audit(after: {end}) {{ nodes {{ action before }} pageInfo {{ hasNextPage }} }} }}"
    );
    let rest = world.data(&admin(), &rest).await;
    assert_eq!(rest["audit"]["nodes"][0]["action"], "mergePeople");
    assert_eq!(who(&rest["audit"]["nodes"][0]["before"]), [1, 1]);
    assert_eq!(rest["audit"]["pageInfo"]["hasNextPage"], false);
}

#[tokio::test]
async fn a_person_shows_each_caller_what_they_may_see() {
    let world = World::new().await;
    let (ada, eve) = (id("acme", "ada"), id("secret", "eve"));
    world.data(&admin(), &merge(&[ada.clone(), eve.clone()])).await;
    let query = format!(
        "{{ node(id: {ada:?}) {{ id ... on Person {{ name email identities {{ externalId source {{ name }} }} tasks {{ totalCount }} }} }}
            hidden: node(id: {eve:?}) {{ id }} people {{ nodes {{ id name }} }} }}"
    );
    let data = world.data(&reader_of(&["acme"]), &query).await;
    let expected = json!({
        "id": ada, "name": "Ada Lovelace", "email": "ada@example.com",
        "identities": [{"externalId": "ada", "source": {"name": "acme"}}], "tasks": {"totalCount": 5},
    });
    assert_eq!(data["node"], expected);
    assert_eq!(data["hidden"], Value::Null);
    assert!(!data.to_string().contains(&eve) && !data.to_string().contains("Eve"));
    let data = world.data(&reader_of(&["secret"]), &query).await;
    assert_eq!(data["people"]["nodes"], json!([{"id": eve, "name": "Eve Hidden"}]));
}
