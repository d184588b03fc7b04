//! What a caller may not see shows nowhere: not in a field, a list, a count, a filter, a search, an
//! order, the feed, an error, and not by the difference between hidden and unknown.

use std::collections::BTreeSet;

use mainstem_graphql::Caller;
use mainstem_model::SourceId;
use serde_json::{Value, json};

use super::schema::Schema;
use super::world::{CANARY, HIDDEN, OPEN, World, admin, reader_of};
use crate::support::database::both_databases;

/// The lists at the top, and the type of what stands in them.
const LISTS: [(&str, &str); 7] = [
    ("tasks(first: 10)", "Task"),
    (
        "tasks(first: 10, filter: {presence: {in: [PRESENT, DELETED, ARCHIVED, ACCESS_LOST]}})",
        "Task",
    ),
    ("tasks(first: 10, asOf: \"2026-01-01T00:00:30Z\")", "Task"),
    ("people(first: 10)", "Person"),
    ("projects(first: 10)", "Project"),
    ("changes(first: 100)", "Change"),
    ("sources(first: 10)", "Source"),
];

/// The fields that tasks are counted by.
const GROUPS: [&str; 12] = [
    "STATUS",
    "STATUS_CATEGORY",
    "ASSIGNEE",
    "AUTHOR",
    "PROJECT",
    "SOURCE",
    "KIND",
    "LABEL",
    "PRIORITY",
    "MILESTONE",
    "SPRINT",
    "PRESENCE",
];

/// Global ids of everything in the hidden source, each with its type.
async fn hidden_ids(world: &World) -> Vec<(&'static str, String)> {
    let hidden = SourceId::of(HIDDEN);
    let mut ids = vec![("Source", hidden.to_string())];
    for task in ["hush-1", "hush-2", "hush-3", "hush-4", "hush-moved", "hush-twin", "hush-gone"] {
        ids.push(("Task", hidden.task(task).to_string()));
    }
    ids.push(("Project", hidden.project("hush/project").to_string()));
    for person in ["hush-ada", "hush-bob", "hush-carl"] {
        ids.push(("Person", hidden.person(person).to_string()));
    }
    for comment in ["hush-comment-1", "hush-comment-2"] {
        ids.push(("Comment", hidden.comment(comment).to_string()));
    }
    for worklog in ["hush-worklog-1", "hush-worklog-2"] {
        ids.push(("Worklog", hidden.worklog(worklog).to_string()));
    }
    for notice in ["hush-mail-1", "hush-mail-2"] {
        ids.push(("Notice", hidden.notice(notice).to_string()));
    }
    ids.push(("Comment", hidden.comment("hush-mail-3").to_string()));
    let query = format!(
        "{{ tasks(filter: {{source: {{name: {{eq: {}}}}}, presence: {{in: [PRESENT, DELETED, ARCHIVED, ACCESS_LOST]}}}}) {{ nodes {{ id
            links {{ nodes {{ id }} }} changes {{ nodes {{ id }} }} }} }} }}",
        json!(HIDDEN)
    );
    let data = world.data(&admin(), &query).await;
    for task in data["tasks"]["nodes"].as_array().unwrap() {
        for (list, ty) in [("links", "Link"), ("changes", "Change")] {
            let nodes = task[list]["nodes"].as_array().unwrap();
            ids.extend(nodes.iter().map(|node| (ty, node["id"].as_str().unwrap().to_owned())));
        }
    }
    for ty in ["Link", "Change"] {
        assert!(ids.iter().any(|(found, _)| *found == ty), "the hidden source has a {ty}");
    }
    ids
}

/// What of the hidden source shows in a text.
fn shown<'a>(text: &str, ids: &'a [(&'static str, String)]) -> Option<&'a str> {
    let text = text.to_lowercase();
    let id = ids.iter().map(|(_, id)| id.as_str()).find(|id| text.contains(id));
    text.contains(CANARY).then_some(CANARY).or(id)
}

/// Documents that ask for every field of the schema wherever a caller gets to it without naming
/// something hidden.
fn everything(schema: &Schema) -> Vec<String> {
    let mut documents = Vec::new();
    for (list, ty) in LISTS {
        for selection in schema.each(ty, 2).iter().filter(|selection| !selection.is_empty()) {
            documents.push(format!(
                "{{ {list} {{ nodes {{ id {selection} }} pageInfo {{ startCursor endCursor }} }} }}"
            ));
        }
        if ty != "Change" {
            documents
                .push(format!("{{ {list} {{ totalCount edges {{ cursor node {{ id }} }} }} }}"));
        }
    }
    for (group, when) in
        GROUPS.iter().flat_map(|group| [(group, ""), (group, ", asOf: \"2026-01-01T00:00:30Z\"")])
    {
        documents.push(format!(
            "{{ taskCounts(by: [{group}]{when}) {{ count groups {{ value label node {{ __typename id }} }} }} }}"
        ));
    }
    documents.extend(
        schema.each("Viewer", 3).iter().map(|selection| format!("{{ viewer {{ {selection} }} }}")),
    );
    for field in ["TITLE", "KEY", "STATUS", "PRIORITY", "UPDATED_AT", "DUE_ON"] {
        documents.push(format!(
            "{{ tasks(orderBy: [{{field: {field}}}]) {{ nodes {{ key }} edges {{ cursor }} }} }}"
        ));
    }
    // The key and the URL are those of a hidden task too.
    for by in ["key: \"open/project#2\"", "url: \"https://tool.example/open/project/2\""] {
        documents.push(format!("{{ task({by}) {{ id title source {{ name }} }} }}"));
    }
    documents.push("{ tasks(search: \"title\") { totalCount nodes { title } } }".to_owned());
    let all = "{in: [ACTIVE, SETTLED, UNBOUND, REJECTED, ENDED]}";
    documents.push(format!(
        "{{ links(first: 100, filter: {{state: {all}}}) {{ totalCount nodes {{ id fromKey toKey state crossTool
            evidence {{ quote url in {{ __typename id }} }} from {{ title }} to {{ title }} }} }} }}"
    ));
    for (way, asked) in [
        ("cycles", "key"),
        ("dependencyCycles", "tasks { key } closedBy { id evidence { quote } }"),
        ("scheduleConflicts", "totalCount nodes { workingDays blocker { key } blocked { key } }"),
        (
            "drifts",
            "totalCount nodes { value mirrorValue newer { key } task { key } mirror { key } }",
        ),
        (
            "criticalPath(milestone: {name: \"open milestone 3\"})",
            "finishAt schedule { task { key } }",
        ),
        ("tasks(filter: {crossTool: {eq: true}})", "totalCount nodes { key }"),
        ("tasks(filter: {blockedFor: {gte: \"P0D\"}})", "totalCount nodes { key }"),
        ("tasks(filter: {blockedBy: {some: {}}})", "totalCount nodes { key }"),
        ("tasks(filter: {blocks: {some: {}}})", "totalCount nodes { key }"),
    ] {
        documents.push(format!("{{ {way} {{ {asked} }} }}"));
    }
    documents
}

both_databases! {
    async fn nothing_hidden_shows_in_any_field(db) {
        let world = World::new(db).await;
        let (schema, ids) = (Schema::of(&world).await, hidden_ids(&world).await);
        let mut told_to_admin = String::new();
        let documents = everything(&schema);
        for document in &documents {
            // Whoever may see it all asks first, so that an answer kept for them would be noticed.
            let answer = world.text(&admin(), document).await;
            assert!(document.contains("task(") || !answer.contains("\"errors\""), "{document}: {answer}");
            told_to_admin.push_str(&answer);
            let answer = world.text(&reader_of(&[OPEN]), document).await;
            assert!(!answer.contains("\"errors\""), "{document}: {answer}");
            assert_eq!(shown(&answer, &ids), None, "{document}: {answer}");
            let answer = world.text(&reader_of(&[]), document).await;
            assert_eq!(shown(&answer, &ids), None, "{document}: {answer}");
            assert!(!answer.contains("open-") && !answer.contains("open title"), "{document}: {answer}");
        }
        // The words are there to be found: every text that was planted shows to who may see it.
        for planted in [
            "title 1", "title anew", "former title 1", "status 2", "priority 2", "label 2", "milestone 2",
            "sprint 2", "body 2", "criterion 2", "field 2", "value 2", "comment 1", "note 1", "page 1", "relationship 1", "-ada name",
            "-ada-handle", "-ada@example.com", "/project name", "/project#4", "-source", "-source-variable",
            " failed", "event", "actor", "Answer 3",
        ] {
            assert!(told_to_admin.contains(&format!("{CANARY}{}", prefixed(planted))), "{planted}");
        }
        let missing: Vec<_> =
            ids.iter().filter(|(ty, id)| !["Comment", "Worklog", "Notice"].contains(ty) && !told_to_admin.contains(id.as_str())).collect();
        assert!(missing.len() <= 2, "admins see what there is: {missing:?}");
    }
}

/// Words stand after a space, the rest of names directly behind the canary.
fn prefixed(planted: &str) -> String {
    match planted.chars().next() {
        Some('-' | '/' | ' ') => planted.to_owned(),
        _ => format!(" {planted}"),
    }
}

/// Ways to name something; `$` stands for what is named. The second of each is a value that nothing
/// has.
fn ways_to_name(ids: &[(&'static str, String)]) -> Vec<(String, String, String)> {
    let mut ways = Vec::new();
    let mut name = |ways_of: &[&str], hidden: &str, unknown: &str| {
        for way in ways_of {
            ways.push(((*way).to_owned(), hidden.to_owned(), unknown.to_owned()));
        }
    };
    for (ty, id) in ids {
        let (prefix, digits) = id.split_once('_').unwrap();
        // Of a change only positions are ids; every other one is beyond the end of the log.
        let unknown = match prefix {
            "change" => mainstem_model::ChangeId::at(mainstem_model::Position(99_999)).to_string(),
            _ => format!("{prefix}_{:0>32}", digits.chars().rev().take(31).collect::<String>()),
        };
        name(&["{ node(id: $) { __typename id } }", "{ nodes(ids: [$]) { id } }"], id, &unknown);
        let ways_of: &[&str] = match *ty {
            "Task" => &[
                "{ task(id: $) { id title } }",
                "{ tasks(filter: {id: {eq: $}}) { totalCount nodes { id } } }",
                "{ tasks(filter: {parent: {id: {eq: $}}}) { totalCount } }",
                "{ tasks(filter: {not: {parent: {id: {eq: $}}}}) { totalCount } }",
                "{ changes(filter: {tasks: [$]}) { nodes { id } pageInfo { endCursor hasNextPage } } }",
            ],
            "Person" => &[
                "{ people(filter: {id: {eq: $}}) { totalCount nodes { id } } }",
                "{ tasks(filter: {assignees: {some: {id: {eq: $}}}}) { totalCount } }",
                "{ tasks(filter: {assignees: {none: {id: {eq: $}}}}) { totalCount } }",
                "{ tasks(filter: {author: {id: {eq: $}}}) { totalCount } }",
            ],
            "Project" => &[
                "{ projects(filter: {id: {eq: $}}) { totalCount nodes { id } } }",
                "{ tasks(filter: {project: {id: {eq: $}}}) { totalCount } }",
                "{ tasks(filter: {not: {project: {id: {eq: $}}}}) { totalCount } }",
            ],
            "Source" => &[
                "{ tasks(filter: {source: {id: {eq: $}}}) { totalCount } }",
                "{ projects(filter: {source: {id: {eq: $}}}) { totalCount } }",
                "{ changes(filter: {sources: [$]}) { nodes { id } pageInfo { endCursor hasNextPage } } }",
            ],
            _ => &[],
        };
        name(ways_of, id, &unknown);
    }
    for (field, hidden) in [
        ("key: {eq: $}", "hush/project#1"),
        ("key: {eq: $}", "hush/project#4"),
        ("title: {eq: $}", "hush title 2"),
        ("title: {contains: $}", "hush"),
        ("url: {eq: $}", "https://tool.example/hush/project/1"),
        ("status: {name: {eq: $}}", "hush status 2"),
        ("priority: {name: {eq: $}}", "hush priority 2"),
        ("labels: {some: {eq: $}}", "hush label 2"),
        ("milestone: {eq: $}", "hush milestone 2"),
        ("sprint: {eq: $}", "hush sprint 2"),
        ("assignees: {some: {name: {eq: $}}}", "hush-ada name"),
        ("assignees: {some: {handle: {eq: $}}}", "hush-ada-handle"),
        ("assignees: {some: {email: {eq: $}}}", "hush-ada@example.com"),
        ("author: {name: {eq: $}}", "hush-bob name"),
        ("author: {handle: {eq: $}}", "hush-bob-handle"),
        ("author: {email: {eq: $}}", "hush-bob@example.com"),
        ("parent: {key: {eq: $}}", "hush/project#1"),
        ("parent: {key: {eq: $}}", "hush/project#2"),
        ("project: {key: {eq: $}}", "hush/project"),
        ("project: {name: {eq: $}}", "hush/project name"),
        ("source: {name: {eq: $}}", HIDDEN),
    ] {
        let unknown = hidden.replace(CANARY, "none");
        let ways_of = [
            format!("{{ tasks(filter: {{{field}}}) {{ totalCount nodes {{ id }} }} }}"),
            format!("{{ tasks(filter: {{not: {{{field}}}}}) {{ totalCount }} }}"),
            format!("{{ taskCounts(filter: {{{field}}}, by: [STATUS_CATEGORY]) {{ count }} }}"),
        ];
        name(&ways_of.each_ref().map(String::as_str), hidden, &unknown);
    }
    for (way, hidden) in [
        ("{ task(key: $) { id } }", "hush/project#1"),
        ("{ task(key: $) { id } }", "hush/project#4"),
        ("{ task(url: $) { id } }", "https://tool.example/hush/project/1"),
        ("{ task(key: \"open/project#2\", source: $) { id } }", HIDDEN),
        ("{ tasks(search: $) { totalCount nodes { id } } }", "hush"),
        ("{ tasks(search: $) { totalCount nodes { id } } }", "hush body"),
        ("{ people(filter: {name: {contains: $}}) { totalCount } }", "hush"),
        ("{ people(filter: {handle: {eq: $}}) { totalCount } }", "hush-ada-handle"),
        ("{ people(filter: {email: {eq: $}}) { totalCount } }", "hush-ada@example.com"),
        ("{ projects(filter: {key: {eq: $}}) { totalCount } }", "hush/project"),
        ("{ projects(filter: {source: {name: {eq: $}}}) { totalCount } }", HIDDEN),
    ] {
        name(&[way], hidden, &hidden.replace(CANARY, "none"));
    }
    ways
}

/// Where even an admin sees no difference: not every task is a parent, nor every person an assignee
/// or author; what is gone is in no list unless one asks for it; a task that moved is listed under
/// its first id; and no link is found by its id.
fn is_alike_for_all(way: &str, value: &str) -> bool {
    let hidden = SourceId::of(HIDDEN);
    let absent = ["hush-moved", "hush-gone"].map(|task| hidden.task(task).to_string());
    ["parent: {id", "assignees: {", "author: {"].iter().any(|people| way.contains(people))
        || (way.contains("filter: {") && absent.iter().any(|id| id == value))
        || value.starts_with("link_")
}

both_databases! {
    async fn what_is_hidden_answers_like_what_is_unknown(db) {
        let world = World::new(db).await;
        let ids = hidden_ids(&world).await;
        let reader = reader_of(&[OPEN]);
        let ask = async |caller: &Caller, way: &str, value: &str| {
            let document = way.replace('$', &json!(value).to_string());
            world.text(caller, &document).await.replace(value, "…")
        };
        let mut alike_for_admins = BTreeSet::new();
        for (way, hidden, unknown) in ways_to_name(&ids) {
            let answer = ask(&reader, &way, &hidden).await;
            assert_eq!(answer, ask(&reader, &way, &unknown).await, "{way} {hidden}");
            assert_eq!(shown(&answer, &ids), None, "{way} {hidden}: {answer}");
            if ask(&admin(), &way, &hidden).await == ask(&admin(), &way, &unknown).await {
                alike_for_admins.insert((way, hidden));
            }
        }
        // Admins see a difference, or these questions would prove nothing.
        let unexpected: Vec<_> =
            alike_for_admins.iter().filter(|(way, value)| !is_alike_for_all(way, value)).collect();
        assert!(unexpected.is_empty(), "{unexpected:#?}");
    }
}

both_databases! {
    async fn a_hidden_node_is_no_node_whatever_is_asked_of_it(db) {
        let world = World::new(db).await;
        let (schema, ids) = (Schema::of(&world).await, hidden_ids(&world).await);
        let types: Vec<_> = schema.nodes().collect();
        for (ty, id) in &ids {
            assert!(types.contains(ty), "{ty}");
            for selection in schema.each(ty, 1).iter().filter(|selection| !selection.is_empty()) {
                let document = format!("{{ node(id: \"{id}\") {{ ... on {ty} {{ {selection} }} }} }}");
                let data = world.data(&reader_of(&[OPEN]), &document).await;
                assert_eq!(data, json!({ "node": null }), "{document}");
            }
        }
    }
}

both_databases! {
    async fn what_one_caller_was_given_helps_no_other(db) {
        let world = World::new(db).await;
        let (ids, reader) = (hidden_ids(&world).await, reader_of(&[OPEN]));
        // The validator of an answer that was given to somebody else.
        let body = json!({ "query": "{ tasks { totalCount } }" }).to_string().into_bytes();
        let etag = world.answer(&admin(), body.clone(), None).await.etag.unwrap();
        assert_eq!(world.answer(&admin(), body.clone(), Some(&etag)).await.status, 304);
        assert_eq!(world.answer(&reader, body, Some(&etag)).await.status, 200);
        // The cursors of a list that was given to somebody else.
        for (list, ty) in [("tasks", "Task"), ("people", "Person"), ("projects", "Project"), ("changes", "Change")] {
            let all = format!("{{ {list} {{ edges {{ cursor }} }} }}");
            let data = world.data(&admin(), &all).await;
            for edge in data[list]["edges"].as_array().unwrap() {
                let after = format!("{{ {list}(after: {}) {{ nodes {{ id }} }} }}", edge["cursor"]);
                let answer = world.text(&reader, &after).await;
                assert_eq!(shown(&answer, &ids), None, "{ty}: {answer}");
            }
        }
    }
}

both_databases! {
    async fn a_hidden_blocker_holds_nothing_up(db) {
        let world = World::new(db).await;
        let query = "{ task(key: \"open/project#3\") { isReady parent { key } blockedBy { totalCount }
            links { totalCount } } blocked: tasks(filter: {isBlocked: {eq: true}}) { nodes { key } }
            ready: tasks(filter: {isReady: {eq: true}}) { totalCount } }";
        let task = |data: &Value| data["task"].clone();
        let data = world.data(&admin(), query).await;
        let all = json!({"isReady": false, "parent": {"key": "hush/project#2"},
            "blockedBy": {"totalCount": 2}, "links": {"totalCount": 4}});
        assert_eq!(task(&data), all);
        let data = world.data(&reader_of(&[OPEN]), query).await;
        let seen = json!({"isReady": true, "parent": null, "blockedBy": {"totalCount": 0},
            "links": {"totalCount": 0}});
        assert_eq!(task(&data), seen);
        assert_eq!(data["blocked"]["nodes"], json!([{ "key": "open/project#2" }]));
        assert_eq!(data["ready"]["totalCount"], 3);
    }
}
