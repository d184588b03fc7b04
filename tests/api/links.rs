//! Links across tools, from the texts that state them to what follows from them: a story in one tool,
//! an issue in another and a promise in a mailbox.

use std::sync::Arc;
use std::time::Duration;

use mainstem_graphql::{Api, ApiSettings, Caller, Question};
use mainstem_model::record::{
    Batch, BranchRecord, CommentRecord, CommitSet, HistoryChange, HistoryEntry, HistoryRecord,
    PersonRecord, ProjectRecord, RemoteLinkSet, Scope, TaskRecord, TaskReference,
};
use mainstem_model::{
    ChangeCause, Commit, RemoteLink, SourceId, Status, StatusCategory, TaskId, TaskKind, TokenId,
    TokenScope, Visibility,
};
use mainstem_read_model::ReadModel;
use mainstem_store::{BatchContext, PreparedBatch, SourceSpec};
use serde_json::{Value, json};

use crate::support::database::{TestDatabase, both_databases};
use crate::support::records::{at, comment_record, task_record};

/// A tool by its source: the connector, where people read it, and the key of its project.
const TOOLS: [(&str, &str, &str, &str); 3] = [
    ("plans", "jira", "plans.example", "ENG"),
    ("code", "github", "code.example", "acme/api"),
    ("support", "email", "", "INBOX"),
];

struct Tools {
    api: Api,
    database: TestDatabase,
}

/// A task of a tool, with what its text says.
fn task(key: &str, body: &str) -> TaskRecord {
    TaskRecord {
        external_id: key.into(),
        project: "project".into(),
        key: key.to_owned(),
        title: format!("Title of {key}"),
        url: Some(format!("https://tools.example/{}", key.replace('#', "/"))),
        assignees: vec!["ada".into()],
        body: Some(body.to_owned()),
        ..task_record(1)
    }
}

fn later(record: TaskRecord, seconds: i64) -> TaskRecord {
    TaskRecord { updated_at: at(seconds), version: at(seconds).0, ..record }
}

fn comment(task: &str, number: u32, body: &str) -> CommentRecord {
    CommentRecord {
        task: TaskReference { key: task.to_owned(), external_id: Some(task.into()) },
        body: body.to_owned(),
        url: Some(format!("https://tools.example/comment/{number}")),
        ..comment_record(number, 1)
    }
}

fn of(tasks: Vec<TaskRecord>) -> Batch {
    Batch { tasks, ..Batch::default() }
}

fn caller(scope: TokenScope, visibility: Visibility) -> Caller {
    Caller { token: TokenId(uuid::Uuid::nil()), token_name: "tests".into(), scope, visibility }
}

fn everybody() -> Caller {
    caller(TokenScope::Write, Visibility::Everything)
}

/// Somebody who sees these tools only.
fn seeing(sources: &[&str]) -> Caller {
    let sources = sources.iter().map(|name| SourceId::of(name)).collect();
    caller(TokenScope::Write, Visibility::Sources(Arc::new(sources)))
}

fn id(source: &str, key: &str) -> TaskId {
    SourceId::of(source).task(key)
}

impl Tools {
    async fn new(database: TestDatabase) -> Self {
        let (store, clock) = (database.store.clone(), database.clock.clone());
        let model = ReadModel::load(&store, clock.clone()).await.unwrap();
        let api = Api::new(store, Arc::new(model), clock, ApiSettings::default()).unwrap();
        let tools = Self { api, database };
        for (source, ..) in TOOLS {
            tools.tell(source, Batch::default()).await;
        }
        tools
    }

    /// What a tool tells, and all that follows from it.
    async fn tell(&self, source: &str, batch: Batch) {
        let store = &self.database.store;
        let (_, connector, site, key) =
            TOOLS.into_iter().find(|(name, ..)| *name == source).unwrap();
        let spec = SourceSpec {
            name: source.to_owned(),
            connector: connector.to_owned(),
            settings: json!({}),
            credential_kind: String::new(),
            credential_public: json!({}),
            credential: None,
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: true,
            paused: false,
        };
        let id = store.put_source(&spec, true).await.unwrap().id;
        if !site.is_empty() {
            store.put_site(id, &site.into()).await.unwrap();
        }
        let scope = Scope { key: "all".into(), name: "all".to_owned() };
        store.put_scopes(id, &[scope], |_| false).await.unwrap();
        let lease = store.acquire_lease(source, "tests", Duration::from_secs(60)).await.unwrap();
        let lease = lease.unwrap();
        let cause = ChangeCause::Sync;
        let context =
            BatchContext { lease: &lease, source: id, scope: "all", cause, answered: &[] };
        let project = ProjectRecord {
            external_id: "project".into(),
            key: key.to_owned(),
            name: key.to_owned(),
            url: None,
        };
        let ada = PersonRecord {
            external_id: "ada".into(),
            handle: None,
            name: Some(format!("Ada of {source}")),
            email: Some("ada@acme.example".to_owned()),
            self_asserted: false,
        };
        let batch = Batch { projects: vec![project], people: vec![ada], ..batch };
        let batch = PreparedBatch::of(batch).await.unwrap();
        store.apply_batch(&context, &batch).await.unwrap();
        store.release_lease(&lease).await.unwrap();
        mainstem_engine::read_texts(store, &*self.database.clock).await.unwrap();
    }

    /// A story that waits for an issue that waits for a promise.
    async fn chain(&self) {
        self.tell("plans", of(vec![task("ENG-1", "Blocked by acme/api#2 until it is merged.")]))
            .await;
        self.tell("code", of(vec![task("acme/api#2", "Adds the endpoint.")])).await;
        let promise = task("support:0123456789", "Blocks: https://code.example/acme/api/issues/2");
        self.tell("support", of(vec![promise])).await;
    }

    async fn ask(&self, caller: &Caller, document: &str) -> Value {
        // A new model is told of nothing by this process's doorbell in between.
        let question = Question {
            body: json!({ "query": document }).to_string().into(),
            caller,
            accept: None,
            if_none_match: None,
            min_position: None,
            request_id: "test",
        };
        serde_json::from_slice(&self.api.answer(question).await.body).unwrap()
    }

    async fn data(&self, caller: &Caller, document: &str) -> Value {
        // Mutations bring the model up to date, questions take it as it is.
        let caught_up = self.ask(&everybody(), "mutation { __typename }").await;
        assert!(caught_up.get("errors").is_none(), "{caught_up}");
        let mut answer = self.ask(caller, document).await;
        assert!(answer.get("errors").is_none(), "{document}: {answer}");
        answer["data"].take()
    }

    /// The code of the error that a document ends in.
    async fn refused(&self, caller: &Caller, document: &str) -> String {
        let answer = self.ask(caller, document).await;
        answer["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    /// The keys of what holds a task up, directly or not.
    async fn blockers(&self, caller: &Caller, key: &str) -> Vec<String> {
        let document = format!(
            "{{ task(key: \"{key}\") {{ blockedBy(transitive: true) {{ nodes {{ key }} }} }} }}"
        );
        let data = self.data(caller, &document).await;
        let nodes = data["task"]["blockedBy"]["nodes"].as_array().unwrap();
        let mut keys: Vec<_> =
            nodes.iter().map(|node| node["key"].as_str().unwrap().to_owned()).collect();
        keys.sort();
        keys
    }
}

both_databases! {
    async fn a_story_waits_through_an_issue_for_a_mail(db) {
        let tools = Tools::new(db).await;
        tools.chain().await;
        let everybody = everybody();
        assert_eq!(tools.blockers(&everybody, "ENG-1").await, ["acme/api#2", "support:0123456789"]);
        let data = tools.data(&everybody, "{ task(key: \"ENG-1\") { isReady
            blockage { since reason by { key } }
            links { nodes { kind origin state crossTool fromKey evidence { quote url in { ... on Task { key } } } } } } }").await;
        assert_eq!(data["task"], json!({
            "isReady": false,
            "blockage": {
                "since": "2026-01-01T00:00:01Z",
                "reason": "Blocked by acme/api#2 until it is merged.",
                "by": [{ "key": "acme/api#2" }],
            },
            "links": { "nodes": [{
                "kind": "BLOCKS", "origin": "INFERRED", "state": "ACTIVE", "crossTool": true, "fromKey": "acme/api#2",
                "evidence": [{
                    "quote": "Blocked by acme/api#2 until it is merged.",
                    "url": "https://tools.example/ENG-1",
                    "in": { "key": "ENG-1" },
                }],
            }] },
        }));
        // Who does not see the mailbox sees the chain end; who does not see the code sees none of it.
        assert_eq!(tools.blockers(&seeing(&["plans", "code"]), "ENG-1").await, ["acme/api#2"]);
        assert_eq!(tools.blockers(&seeing(&["plans", "support"]), "ENG-1").await, [""; 0]);
        // What is done holds nobody up.
        let done = Status { name: "closed".to_owned(), category: StatusCategory::Done };
        let done = TaskRecord { status: done, ..task("acme/api#2", "Adds the endpoint.") };
        tools.tell("code", of(vec![later(done, 60)])).await;
        let data = tools.data(&everybody, "{ task(key: \"ENG-1\") { isReady blockage { reason } links { nodes { state } } } }").await;
        assert_eq!(data["task"], json!({ "isReady": true, "blockage": null, "links": { "nodes": [{ "state": "SETTLED" }] } }));
    }
}

both_databases! {
    async fn what_is_named_before_it_is_there_is_bound_when_it_comes(db) {
        let tools = Tools::new(db).await;
        let body = "Written in UTF-8, after RFC-2119. Depends on ENG-7. See http://other.example/browse/ENG-8.";
        tools.tell("code", of(vec![task("acme/api#2", body)])).await;
        let everybody = everybody();
        let document = "{ links { nodes { kind toKey fromKey state from { title } } } }";
        let data = tools.data(&everybody, document).await;
        let mut links: Vec<_> = data["links"]["nodes"].as_array().unwrap().iter()
            .map(|link| (link["fromKey"].as_str().unwrap(), link["toKey"].as_str().unwrap(), link["state"].as_str().unwrap()))
            .collect();
        links.sort();
        assert_eq!(links, [("ENG-7", "acme/api#2", "UNBOUND"), ("acme/api#2", "ENG-8", "UNBOUND")]);
        // Who does not see the tool in which the project is does not see that it is one.
        let data = tools.data(&seeing(&["code"]), document).await;
        assert_eq!(data["links"]["nodes"].as_array().unwrap().len(), 1, "{data}");

        tools.tell("plans", of(vec![task("ENG-7", ""), task("ENG-8", "")])).await;
        assert_eq!(tools.blockers(&everybody, "acme/api#2").await, ["ENG-7"]);
        let document = "{ tasks(filter: {key: {in: [\"ENG-7\", \"ENG-8\"]}}) { nodes { key links { totalCount } } } }";
        let data = tools.data(&everybody, document).await;
        let counts: Vec<_> = data["tasks"]["nodes"].as_array().unwrap().iter()
            .map(|node| (node["key"].as_str().unwrap(), node["links"]["totalCount"].as_u64().unwrap()))
            .collect();
        // ENG-8 was named at another site.
        assert!(counts.contains(&("ENG-7", 1)) && counts.contains(&("ENG-8", 0)), "{counts:?}");
    }
}

both_databases! {
    async fn what_people_say_of_a_text_holds(db) {
        let tools = Tools::new(db).await;
        tools.chain().await;
        let everybody = everybody();
        let document = "{ task(key: \"ENG-1\") { links { nodes { id review state } } } }";
        let link = tools.data(&everybody, document).await["task"]["links"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let review = |said: &str| format!("mutation {{ reviewLink(input: {{link: \"{link}\", review: {said}}}) {{ link {{ review state }} }} }}");
        let reader = caller(TokenScope::Read, Visibility::Everything);
        assert_eq!(tools.refused(&reader, &review("REJECTED")).await, "FORBIDDEN");
        assert_eq!(tools.refused(&seeing(&["plans"]), &review("REJECTED")).await, "NOT_FOUND");
        let data = tools.data(&everybody, &review("REJECTED")).await;
        assert_eq!(data["reviewLink"]["link"], json!({ "review": "REJECTED", "state": "REJECTED" }));
        assert_eq!(tools.blockers(&everybody, "ENG-1").await, [""; 0]);

        // Another way to say the same, and a full resync, bring it back as what it was called: wrong.
        let again = task("ENG-1", "Now really blocked by https://code.example/acme/api/issues/2.");
        tools.tell("plans", of(vec![later(again, 60)])).await;
        assert_eq!(tools.blockers(&everybody, "ENG-1").await, [""; 0]);
        // What is taken back counts again.
        let data = tools.data(&everybody, document).await;
        let stated = data["task"]["links"]["nodes"][0]["id"].as_str().unwrap();
        assert_ne!(stated, link);
        let back = format!("mutation {{ reviewLink(input: {{link: \"{stated}\", review: UNREVIEWED}}) {{ link {{ review }} }} }}");
        tools.data(&everybody, &back).await;
        assert_eq!(tools.blockers(&everybody, "ENG-1").await, ["acme/api#2", "support:0123456789"]);

        // What a person confirmed stays when its words go.
        let confirm = back.replace("UNREVIEWED", "CONFIRMED");
        tools.data(&everybody, &confirm).await;
        tools.tell("plans", of(vec![later(task("ENG-1", "Nothing."), 120)])).await;
        assert_eq!(tools.blockers(&everybody, "ENG-1").await, ["acme/api#2", "support:0123456789"]);
        let audited = tools.database.store.audit(None, 10).await.unwrap();
        assert_eq!(audited.iter().filter(|record| record.action == "reviewLink").count(), 3);
    }
}

both_databases! {
    async fn a_dead_edge_stays_dead_and_times_survive(db) {
        let mut tools = Tools::new(db).await;
        tools.chain().await;
        tools.database.clock.advance_seconds(3_600);
        tools.tell("plans", of(vec![later(task("ENG-1", "Nothing any more."), 60)])).await;
        let ended = "{ links(filter: {until: {isNull: false}}) { nodes { fromKey state since until } } }";
        let everybody = everybody();
        let before = tools.data(&everybody, ended).await;
        assert_eq!(before["links"]["nodes"], json!([{
            "fromKey": "acme/api#2", "state": "ENDED", "since": "2026-01-01T00:00:01Z", "until": "2026-01-01T01:00:00Z",
        }]));
        // An old version of the text comes late, all is told once more, the program starts anew.
        tools.tell("plans", of(vec![task("ENG-1", "Blocked by acme/api#2 until it is merged.")])).await;
        tools.chain().await;
        tools.database.reopen().await;
        let tools = Tools::new(tools.database).await;
        assert_eq!(tools.data(&everybody, ended).await, before);
        assert_eq!(tools.blockers(&everybody, "ENG-1").await, [""; 0]);
        let held = tools.data(&everybody, "{ links(filter: {kind: {eq: BLOCKS}}) { nodes { toKey since } } }").await;
        assert_eq!(held["links"]["nodes"], json!([{ "toKey": "acme/api#2", "since": "2026-01-01T00:00:01Z" }]));
    }
}

both_databases! {
    async fn people_link_tasks_of_any_tools(db) {
        let tools = Tools::new(db).await;
        tools.chain().await;
        let everybody = everybody();
        let link = |from: TaskId, to: TaskId, kind: &str| format!(
            "mutation {{ linkTasks(input: {{from: \"{from}\", to: \"{to}\", kind: {kind}, note: \"agreed\"}}) {{
                link {{ id origin state evidence {{ quote }} }} closesCycle {{ key }} }} }}"
        );
        let (story, promise) = (id("plans", "ENG-1"), id("support", "support:0123456789"));
        for (document, code) in [
            (link(story, story, "BLOCKS"), "BAD_USER_INPUT"),
            (link(story, promise, "MENTIONS"), "BAD_USER_INPUT"),
            (link(story, id("plans", "ENG-404"), "BLOCKS"), "NOT_FOUND"),
        ] {
            assert_eq!(tools.refused(&everybody, &document).await, code, "{document}");
        }
        let closing = link(story, promise, "BLOCKS");
        assert_eq!(tools.refused(&seeing(&["plans", "code"]), &closing).await, "NOT_FOUND");
        tools.database.clock.advance_seconds(60);
        let data = tools.data(&everybody, &closing).await;
        let made = &data["linkTasks"]["link"];
        assert_eq!((&made["origin"], &made["state"], &made["evidence"][0]["quote"]), (&json!("DECLARED"), &json!("ACTIVE"), &json!("agreed")));
        let circle: Vec<_> = data["linkTasks"]["closesCycle"].as_array().unwrap().iter().map(|task| task["key"].as_str().unwrap()).collect();
        assert_eq!(circle, ["ENG-1", "support:0123456789", "acme/api#2"]);
        let again = tools.data(&everybody, &closing).await;
        assert_eq!(again["linkTasks"]["link"]["id"], made["id"]);

        let document = "{ dependencyCycles { tasks { key } closedBy { id } } cycles { key } }";
        let cycles = tools.data(&everybody, document).await;
        assert_eq!(cycles["dependencyCycles"][0]["closedBy"]["id"], made["id"]);
        assert_eq!(cycles["cycles"][0].as_array().unwrap().len(), 3);
        let half = tools.data(&seeing(&["plans", "code"]), document).await;
        assert_eq!(half, json!({ "dependencyCycles": [], "cycles": [] }));

        let unlink = |link: &str| format!("mutation {{ unlinkTasks(input: {{link: \"{link}\"}}) {{ link {{ state }} }} }}");
        let stated = tools.data(&everybody, "{ task(key: \"ENG-1\") { links(origins: [INFERRED]) { nodes { id } } } }").await;
        let stated = stated["task"]["links"]["nodes"][0]["id"].as_str().unwrap();
        assert_eq!(tools.refused(&everybody, &unlink(stated)).await, "CONFLICT");
        let ended = tools.data(&everybody, &unlink(made["id"].as_str().unwrap())).await;
        assert_eq!(ended["unlinkTasks"]["link"]["state"], "ENDED");
        assert_eq!(tools.data(&everybody, "{ cycles { key } }").await["cycles"], json!([]));
    }
}

both_databases! {
    async fn plans_follow_from_links(db) {
        let tools = Tools::new(db).await;
        let dated = |key: &str, body: &str, start: &str, due: &str, hours: i64| TaskRecord {
            start_on: start.parse().ok(),
            due_on: due.parse().ok(),
            estimate_seconds: Some(hours * 3_600),
            milestone: Some("v1".to_owned()),
            ..task(key, body)
        };
        // 2026-01-01 is a Thursday; people work from Monday to Friday, eight hours a day.
        tools.tell("code", of(vec![dated("acme/api#2", "", "2026-01-05", "2026-01-07", 24)])).await;
        tools.tell("plans", of(vec![
            dated("ENG-1", "Blocked by acme/api#2", "2026-01-06", "2026-01-08", 8),
            dated("ENG-3", "depends on ENG-1", "2026-01-12", "2026-01-13", 8),
        ])).await;
        let everybody = everybody();
        let path = tools.data(&everybody, &format!(
            "{{ criticalPath(to: \"{}\") {{ finishAt tasks {{ task {{ key }} earliestStart slack overrun workIsUnknown }} }} }}",
            id("plans", "ENG-3")
        )).await;
        let steps: Vec<_> = path["criticalPath"]["tasks"].as_array().unwrap().iter()
            .map(|step| (step["task"]["key"].as_str().unwrap(), step["earliestStart"].as_str().unwrap(), step["slack"].as_str().unwrap()))
            .collect();
        // The last one starts by its own date, not by what it waits for.
        assert_eq!(steps, [("ENG-3", "2026-01-12T09:00:00Z", "PT0S")]);
        assert_eq!(path["criticalPath"]["finishAt"], "2026-01-12T17:00:00Z");
        let path = tools.data(&everybody, "{ criticalPath(milestone: {name: \"v1\"}) { schedule { task { key } earliestFinish overrun } } }").await;
        let finishes: Vec<_> = path["criticalPath"]["schedule"].as_array().unwrap().iter()
            .map(|step| (step["task"]["key"].as_str().unwrap(), step["earliestFinish"].as_str().unwrap(), step["overrun"].as_str().unwrap()))
            .collect();
        assert!(finishes.contains(&("acme/api#2", "2026-01-07T17:00:00Z", "PT0S")), "{finishes:?}");
        assert!(finishes.contains(&("ENG-1", "2026-01-08T17:00:00Z", "PT0S")), "{finishes:?}");
        assert_eq!(tools.refused(&everybody, "{ criticalPath { finishAt } }").await, "BAD_USER_INPUT");

        let conflicts = tools.data(&everybody, "{ scheduleConflicts { totalCount nodes { kind workingDays blocked { key } blocker { key } } } }").await;
        assert_eq!(conflicts["scheduleConflicts"]["nodes"], json!([{
            "kind": "STARTS_BEFORE_BLOCKER_IS_DUE", "workingDays": 1,
            "blocked": { "key": "ENG-1" }, "blocker": { "key": "acme/api#2" },
        }]));

        let shift = |by: &str| format!(
            "mutation {{ shiftSchedule(input: {{task: \"{}\", {by}}}) {{ shifts {{ task {{ key }} newStartOn newDueOn workingDays pushedBy {{ key }} }} cycles {{ key }} }} }}",
            id("code", "acme/api#2")
        );
        let reader = caller(TokenScope::Read, Visibility::Everything);
        let moved = tools.data(&reader, &shift("workingDays: 3")).await;
        assert_eq!(moved["shiftSchedule"]["shifts"], json!([
            { "task": { "key": "acme/api#2" }, "newStartOn": "2026-01-08", "newDueOn": "2026-01-12", "workingDays": 3, "pushedBy": null },
            { "task": { "key": "ENG-1" }, "newStartOn": "2026-01-12", "newDueOn": "2026-01-14", "workingDays": 4, "pushedBy": { "key": "acme/api#2" } },
            { "task": { "key": "ENG-3" }, "newStartOn": "2026-01-14", "newDueOn": "2026-01-15", "workingDays": 2, "pushedBy": { "key": "ENG-1" } },
        ]));
        for by in ["workingDays: 3, dryRun: false", "", "workingDays: 3, dueOn: \"2026-01-09\"", "workingDays: 1000000"] {
            assert_eq!(tools.refused(&reader, &shift(by)).await, "BAD_USER_INPUT", "{by}");
        }
        assert_eq!(tools.database.store.audit(None, 10).await.unwrap(), []);

        let impact = tools.data(&everybody, "{ task(key: \"acme/api#2\") { impact { taskCount lastDueOn tasks { nodes { key } } people { name } } } }").await;
        let impact = &impact["task"]["impact"];
        assert_eq!((&impact["taskCount"], &impact["lastDueOn"]), (&json!(2), &json!("2026-01-13")));
        assert_eq!(impact["people"].as_array().unwrap().len(), 1);

        // Blocked since Thursday at midnight; two working days later it is more than one.
        let blocked = "{ tasks(filter: {blockedFor: {gt: \"P1D\"}}) { nodes { key blockage { lasted } } } }";
        assert_eq!(tools.data(&everybody, blocked).await["tasks"]["nodes"], json!([]));
        tools.database.clock.advance_seconds(5 * 86_400);
        let data = tools.data(&everybody, blocked).await;
        let mut lasted: Vec<_> = data["tasks"]["nodes"].as_array().unwrap().iter()
            .map(|node| (node["key"].as_str().unwrap(), node["blockage"]["lasted"].as_str().unwrap()))
            .collect();
        lasted.sort();
        // Thursday, Friday and Monday.
        assert_eq!(lasted, [("ENG-1", "PT24H"), ("ENG-3", "PT24H")]);
        for (filter, keys) in [
            ("blockedBy: {some: {source: {connector: {eq: \"github\"}}}}", vec!["ENG-1"]),
            ("blocks: {some: {key: {eq: \"ENG-3\"}}}", vec!["ENG-1"]),
            ("crossTool: {eq: true}", vec!["ENG-1", "acme/api#2"]),
            ("isReady: {eq: true}", vec!["acme/api#2"]),
        ] {
            let data = tools.data(&everybody, &format!("{{ tasks(filter: {{{filter}}}) {{ nodes {{ key }} }} }}")).await;
            let mut found: Vec<_> = data["tasks"]["nodes"].as_array().unwrap().iter().map(|node| node["key"].as_str().unwrap()).collect();
            found.sort();
            assert_eq!(found, keys, "{filter}");
        }
        assert_eq!(tools.refused(&everybody, "{ tasks(filter: {blockedFor: {gt: \"P1M\"}}) { totalCount } }").await, "BAD_USER_INPUT");
    }
}

both_databases! {
    async fn what_is_opened_again_holds_up_since_then(db) {
        let tools = Tools::new(db).await;
        tools.chain().await;
        let everybody = everybody();
        let status = |name: &str, category| Status { name: name.to_owned(), category };
        let pull_request = |status, seconds| {
            later(TaskRecord { status, ..task("acme/api#2", "Adds the endpoint.") }, seconds)
        };
        let (open, done) = (status("open", StatusCategory::Todo), status("closed", StatusCategory::Done));
        let since = async || {
            let data = tools.data(&everybody, "{ task(key: \"ENG-1\") { blockage { since } } }").await;
            data["task"]["blockage"]["since"].clone()
        };
        tools.tell("code", of(vec![pull_request(done.clone(), 60)])).await;
        assert_eq!(since().await, json!(null));
        tools.tell("code", of(vec![pull_request(open.clone(), 3_600)])).await;
        assert_eq!(since().await, "2026-01-01T01:00:00Z");
        // Its tool tells of an earlier time, late: that is not the last.
        let value = |status: &Status| json!({ "name": status.name, "category": status.category });
        let reopened = |key: &str, at: &str| HistoryEntry {
            key: key.to_owned(),
            occurred_at: at.parse().unwrap(),
            actor: None,
            change: HistoryChange::Value { field: "status", before: value(&done), after: value(&open) },
        };
        for (key, at, expected) in [
            ("early", "2025-12-31T10:00:00Z", "2026-01-01T01:00:00Z"),
            ("other", "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z"),
        ] {
            let history = HistoryRecord { task: "acme/api#2".into(), entries: vec![reopened(key, at)] };
            tools.tell("code", Batch { histories: vec![history], ..Batch::default() }).await;
            assert_eq!(since().await, expected, "{key}");
        }
        // Who waits may have been opened again, too.
        let story = |status, seconds| {
            later(TaskRecord { status, ..task("ENG-1", "Blocked by acme/api#2 until it is merged.") }, seconds)
        };
        tools.tell("plans", of(vec![story(done.clone(), 4_000)])).await;
        tools.tell("plans", of(vec![story(open.clone(), 7_200)])).await;
        assert_eq!(since().await, "2026-01-01T02:00:00Z");
    }
}

both_databases! {
    async fn mirrors_that_disagree_drift(db) {
        let tools = Tools::new(db).await;
        let due = |date: &str, record: TaskRecord| TaskRecord { due_on: date.parse().ok(), ..record };
        tools.tell("plans", of(vec![due("2026-02-01", task("ENG-1", ""))])).await;
        tools.tell("code", of(vec![due("2026-02-01", task("acme/api#2", "Mirror of https://plans.example/browse/ENG-1"))])).await;
        let everybody = everybody();
        let document = "{ task(key: \"ENG-1\") { mirrors { key } } drifts { nodes { field value mirrorValue changedAt newer { key } task { key } } } }";
        let agreed = tools.data(&everybody, document).await;
        assert_eq!(agreed["task"]["mirrors"], json!([{ "key": "acme/api#2" }]));
        assert_eq!(agreed["drifts"]["nodes"], json!([]));

        tools.tell("plans", of(vec![later(due("2026-03-01", task("ENG-1", "")), 3_600)])).await;
        let drifted = tools.data(&everybody, document).await;
        assert_eq!(drifted["drifts"]["nodes"], json!([{
            "field": "DUE_ON", "value": "2026-02-01", "mirrorValue": "2026-03-01",
            "changedAt": "2026-01-01T00:00:01Z", "newer": { "key": "ENG-1" }, "task": { "key": "acme/api#2" },
        }]));
        let half = tools.data(&seeing(&["plans"]), document).await;
        assert_eq!(half, json!({ "task": { "mirrors": [] }, "drifts": { "nodes": [] } }));
    }
}

both_databases! {
    async fn a_comment_is_the_place_of_its_words(db) {
        let tools = Tools::new(db).await;
        tools.tell("code", of(vec![task("acme/api#2", "")])).await;
        let comments = vec![comment("ENG-1", 1, "> blocked by acme/api#9\n\nWe are waiting for acme/api#2.")];
        tools.tell("plans", Batch { comments, ..of(vec![task("ENG-1", "")]) }).await;
        let data = tools.data(&everybody(), "{ task(key: \"ENG-1\") { links { nodes { fromKey evidence { quote in { __typename ... on Comment { body task { key } } } } } } } }").await;
        let links = data["task"]["links"]["nodes"].as_array().unwrap();
        assert_eq!(links.len(), 1, "{data}");
        let place = &links[0]["evidence"][0]["in"];
        assert_eq!((&place["__typename"], &place["task"]["key"]), (&json!("Comment"), &json!("ENG-1")));
    }
}

both_databases! {
    async fn the_name_of_a_branch_says_what_it_carries_out(db) {
        let tools = Tools::new(db).await;
        tools.tell("plans", of(vec![task("ENG-1", "")])).await;
        let pull = TaskRecord { kind: TaskKind::PullRequest, ..task("acme/api#3", "Adds it.") };
        let branch = BranchRecord { task: "acme/api#3".into(), name: "feature/ENG-1-login".to_owned() };
        let told = Batch { branches: vec![branch], ..of(vec![pull]) };
        tools.tell("code", told.clone()).await;
        let document = "{ task(key: \"ENG-1\") { links { nodes { kind fromKey origin evidence { quote } } } } }";
        let data = tools.data(&everybody(), document).await;
        assert_eq!(data["task"]["links"]["nodes"], json!([{
            "kind": "IMPLEMENTS", "fromKey": "acme/api#3", "origin": "INFERRED",
            "evidence": [{ "quote": "feature/ENG-1-login" }],
        }]));
        let other = BranchRecord { name: "login".to_owned(), ..told.branches[0].clone() };
        tools.tell("code", Batch { branches: vec![other], ..Batch::default() }).await;
        let data = tools.data(&everybody(), document).await;
        assert_eq!(data["task"]["links"]["nodes"], json!([]));
    }
}

both_databases! {
    async fn the_messages_of_commits_say_what_they_carry_out(db) {
        let tools = Tools::new(db).await;
        tools.database.clock.advance_seconds(3_600);
        tools.tell("plans", of(vec![task("ENG-1", ""), task("ENG-2", "")])).await;
        let pull = TaskRecord { kind: TaskKind::PullRequest, ..task("acme/api#3", "Adds it.") };
        let commit = |number: u32, seconds: i64, message: &str| Commit {
            message: message.to_owned(),
            committed_at: Some(at(seconds)),
            url: format!("https://code.example/acme/api/commit/{number}"),
        };
        let told = |commits: &[Commit]| {
            let set = CommitSet { task: "acme/api#3".into(), commits: commits.to_vec() };
            Batch { commits: vec![set], ..Batch::default() }
        };
        let document = |until: &str| format!(
            "{{ links(filter: {{origin: {{eq: INFERRED}}, until: {{isNull: {until}}}}}) {{ nodes {{
                kind fromKey toKey since until evidence {{ quote url in {{ ... on Task {{ key }} }} }} }} }} }}"
        );
        let mend = commit(1, 2, "ENG-1: mend the export");
        let merge = commit(2, 3, "Merge branch 'main' into ENG-2-export");
        tools.tell("code", of(vec![pull])).await;
        tools.tell("code", told(&[mend, merge])).await;
        let data = tools.data(&everybody(), &document("true")).await;
        let link = |until: Value| json!({
            "kind": "IMPLEMENTS", "fromKey": "acme/api#3", "toKey": "ENG-1",
            "since": "2026-01-01T00:00:02Z", "until": until,
            "evidence": [{
                "quote": "ENG-1: mend the export",
                "url": "https://code.example/acme/api/commit/1",
                "in": { "key": "acme/api#3" },
            }],
        });
        assert_eq!(data["links"]["nodes"], json!([link(Value::Null)]));

        // A push that rewrites the branch takes the words away; a later commit says something else. What
        // a committer's clock says of the future begins now.
        let later = commit(3, 10_000_000, "Mend the import\n\nJira: ENG-2");
        tools.tell("code", told(&[later])).await;
        let now = "2026-01-01T01:00:00Z";
        let data = tools.data(&everybody(), &document("false")).await;
        assert_eq!(data["links"]["nodes"], json!([link(json!(now))]));
        let document = "{ task(key: \"ENG-2\") { links { nodes { kind fromKey since evidence { url } } } } }";
        assert_eq!(tools.data(&everybody(), document).await["task"]["links"]["nodes"], json!([{
            "kind": "IMPLEMENTS", "fromKey": "acme/api#3", "since": now,
            "evidence": [{ "url": "https://code.example/acme/api/commit/3" }],
        }]));
    }
}

both_databases! {
    async fn what_is_laid_by_hand_leads_to_a_task(db) {
        let tools = Tools::new(db).await;
        tools.tell("code", of((2..=7).map(|n| task(&format!("acme/api#{n}"), "")).collect())).await;
        let issue = |n: u32| format!("https://code.example/acme/api/issues/{n}");
        let told = [
            (issue(2), "is blocked by", "The endpoint"),
            (issue(3), "mirrors", "The same"),
            (issue(4), "relates to", "Another"),
            (issue(5), "", "acme/api#5: Title of ENG-1 with care"),
            ("https://code.example/acme/api/pull/6".to_owned(), "", "A change"),
            (issue(7), "mentioned in", "A remark"),
            ("https://wiki.example/pages/7".to_owned(), "is blocked by", "A page"),
        ];
        let links = told.map(|(url, relationship, title)| RemoteLink {
            title: title.to_owned(),
            url,
            relationship: (!relationship.is_empty()).then(|| relationship.to_owned()),
        });
        let remote_links = vec![RemoteLinkSet { task: "ENG-1".into(), links: links.to_vec() }];
        let story = TaskRecord { title: "Title of ENG-1 with care".to_owned(), ..task("ENG-1", "") };
        tools.tell("plans", Batch { remote_links, ..of(vec![story]) }).await;
        let document = "{ task(key: \"ENG-1\") { links { nodes { kind fromKey toKey } } } }";
        let data = tools.data(&everybody(), document).await;
        let mut links: Vec<_> = data["task"]["links"]["nodes"].as_array().unwrap().iter()
            .map(|link| (link["kind"].as_str().unwrap(), link["fromKey"].as_str().unwrap(), link["toKey"].as_str().unwrap()))
            .collect();
        links.sort();
        assert_eq!(links, [
            ("BLOCKS", "acme/api#2", "ENG-1"),
            ("IMPLEMENTS", "acme/api#6", "ENG-1"),
            ("MENTIONS", "ENG-1", "acme/api#7"),
            ("MIRRORS", "ENG-1", "acme/api#3"),
            ("MIRRORS", "ENG-1", "acme/api#5"),
            ("RELATES", "ENG-1", "acme/api#4"),
        ]);
    }
}
