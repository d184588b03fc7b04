//! A made-up site is worked on, read, followed and restarted in random order; what a model that has
//! followed all along answers is what one answers that has just been loaded.

use std::sync::Arc;

use mainstem_graphql::{Api, ApiSettings, Caller, Question};
use mainstem_model::random::SeededRandom;
use mainstem_model::{Random as _, TokenId, TokenScope, Visibility};
use mainstem_read_model::ReadModel;
use mainstem_sandbox::world::StateReason;
use mainstem_sandbox::{SiteOptions, World};
use serde_json::{Value, json};

use crate::support::database::both_databases;
use crate::support::hub::Hub;

/// Everything about tasks, people and counts that a model answers from memory, page by page.
const QUESTIONS: [&str; 6] = [
    "query ($after: String) { tasks(first: 100, after: $after, orderBy: [{field: KEY}],
        filter: {presence: {in: [PRESENT, DELETED, ARCHIVED, ACCESS_LOST]}}) { totalCount
        pageInfo { hasNextPage endCursor }
        nodes { id key previousKeys kind title url status { name category } priority { name level }
            assignees { id name } author { name } labels milestone dueOn createdAt updatedAt closedAt
            presence isReady parent { key } } } }",
    "query ($after: String) { tasks(first: 40, after: $after, orderBy: [{field: UPDATED_AT, direction: DESC}]) {
        pageInfo { hasNextPage endCursor }
        nodes { key links(first: 40) { nodes { kind fromKey toKey } } blockedBy(first: 40, transitive: true) { nodes { key } }
            blocks(first: 40, open: false) { nodes { key } } children(first: 40) { nodes { key } } } } }",
    "{ taskCounts(by: [STATUS, ASSIGNEE]) { count groups { value label } } }",
    "{ taskCounts(by: [LABEL]) { count groups { value } } }",
    "query ($after: String) { people(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
        nodes { id name workload { openTasks inProgress overdue blocked } } } }",
    "{ tasks(filter: {isBlocked: {eq: true}}) { totalCount nodes { key } } projects { nodes { key } } }",
];

/// What a model answers to every question, whole.
async fn answers(hub: &Hub, model: Arc<ReadModel>) -> Vec<String> {
    let settings = ApiSettings { answer_cache_bytes: 0 };
    let clock = hub.database.clock.clone();
    let api = Api::new(hub.database.store.clone(), model, clock, settings).unwrap();
    let caller = Caller {
        token: TokenId(uuid::Uuid::nil()),
        token_name: "tests".into(),
        scope: TokenScope::Read,
        visibility: Visibility::Everything,
    };
    let mut answers = Vec::new();
    for query in QUESTIONS {
        let mut after = json!(null);
        loop {
            let question = Question {
                body: json!({ "query": query, "variables": { "after": after } }).to_string().into(),
                caller: &caller,
                accept: None,
                if_none_match: None,
                min_position: None,
                request_id: "test-1",
            };
            let answer = api.answer(question).await;
            let answer: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(answer.get("errors"), None, "{query}");
            answers.push(answer["data"].to_string());
            let list = answer["data"].as_object().unwrap().values().next().unwrap();
            if list["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = list["pageInfo"]["endCursor"].clone();
        }
    }
    answers
}

/// Something that people do at the tool.
fn work(world: &mut World, chance: &mut impl FnMut(usize) -> usize) {
    let issues: Vec<_> = world.visible_issues().collect();
    let issue = issues[chance(issues.len())];
    let other = issues[chance(issues.len())];
    match chance(9) {
        0 => world.edit_title(issue, "Another title"),
        1 => world.add_label(issue, "needs review"),
        2 => world.close(issue, StateReason::NotPlanned),
        3 => world.reopen(issue),
        // A task cannot block itself, nor be blocked twice by the same one.
        4 | 5 => drop(world.add_dependency(issue, other)),
        6 => {
            let repository = world.repository("acme/web").unwrap();
            world.transfer(issue, repository);
        }
        7 => world.delete(issue),
        _ => world.hide(issue),
    }
}

both_databases! {
    async fn a_model_that_followed_equals_one_that_starts(db) {
        let options =
            SiteOptions { repositories: 2, issues: 80, pull_requests: 20, ..SiteOptions::default() };
        let mut hub = Hub::new(db, options).await;
        let load = async |hub: &Hub| {
            let clock = hub.database.clock.clone();
            Arc::new(ReadModel::load(&hub.database.store, clock).await.unwrap())
        };
        let mut followed = load(&hub).await;
        let random = SeededRandom::new(5);
        let mut chance = |below: usize| {
            let mut bytes = [0; 4];
            random.fill(&mut bytes).unwrap();
            u32::from_le_bytes(bytes) as usize % below
        };
        let mut compared = 0;
        for _ in 0..60 {
            match chance(8) {
                0..=2 => hub.site.edit(|world| (0..4).for_each(|_| work(world, &mut chance))),
                3 | 4 => {
                    hub.pass_time(300);
                    hub.sync().await;
                }
                5 => followed.catch_up(&hub.database.store).await.map(drop).unwrap(),
                6 => {
                    // A process that dies amid its sync, and another that starts.
                    hub.pass_time(300);
                    let after = 1 + chance(12) as u64;
                    hub.sync_and_die(after, &mainstem_engine::SyncOptions::default()).await;
                    if chance(3) == 0 {
                        followed = load(&hub).await;
                    }
                }
                _ => {
                    followed.catch_up(&hub.database.store).await.map(drop).unwrap();
                    let fresh = load(&hub).await;
                    let answers = (answers(&hub, followed.clone()).await, answers(&hub, fresh).await);
                    for (followed, fresh) in answers.0.iter().zip(&answers.1) {
                        assert_eq!(followed, fresh);
                    }
                    assert_eq!(answers.0.len(), answers.1.len());
                    compared += 1;
                }
            }
        }
        assert!(compared > 4, "compared {compared} times only");
        assert!(answers(&hub, followed).await[0].len() > 1_000, "there is something to compare");
    }
}
