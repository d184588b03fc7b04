//! NUL in what a tool says: PostgreSQL holds it in no text, so neither database does.

use mainstem_model::record::{
    Batch, BranchRecord, CensusEntry, CommentRecord, CommitSet, Depth, ExternalId, Hint,
    HistoryChange, HistoryEntry, LinkRecord, NoticeKind, NoticeRecord, NoticeSet, ParentRecord,
    PartSet, PersonRecord, ProjectRecord, QuarantineRecord, RelationRecord, RemoteLinkSet, Scope,
    TaskRecord, TaskReference, WorklogRecord,
};
use mainstem_model::{
    ChangeCause, Commit, Criterion, CustomField, LinkKind, Position, Priority, PriorityLevel,
    RemoteLink, SourceError, SourceState, Status, StatusCategory, Visibility,
};
use mainstem_store::{Applied, PassOutcome, Store};
use serde_json::json;

use crate::support::database::{SCOPE, TestDatabase, TestSource, both_databases, start};
use crate::support::hub::Contents;
use crate::support::records::{at, comment_record, notice_record, task_record, worklog_record};

/// Every text that a batch can carry, each with `nul` in it.
fn batch(nul: &str) -> Batch {
    let text = |said: &str| said.replace('_', nul);
    let id = |said: &str| ExternalId::from(text(said));
    let reference = |key: &str, external_id: Option<&str>| TaskReference {
        key: text(key),
        external_id: external_id.map(id),
    };
    let history = |key: &str, change| HistoryEntry {
        key: text(key),
        change,
        actor: Some(id("per_son")),
        occurred_at: at(1),
    };
    let task = TaskRecord {
        external_id: id("ta_sk"),
        locator: text("acme/api_/1"),
        project: id("proj_ect"),
        key: text("acme/api_#1"),
        title: text("_A title_ cut_"),
        url: Some(text("https://tool.example/_1")),
        status: Status { name: text("op_en"), category: StatusCategory::Todo },
        priority: Priority { name: Some(text("hi_gh")), level: PriorityLevel::High },
        assignees: vec![id("per_son")],
        author: Some(id("per_son")),
        labels: vec![text("lab_el"), text("__")],
        milestone: Some(text("mile_stone")),
        sprint: Some(text("spr_int")),
        parent: ParentRecord::Is(reference("acme/api_#2", Some("par_ent"))),
        body: Some(text("A b_ody.")),
        criteria: vec![Criterion { text: text("It ho_lds"), met: true }],
        fields: vec![CustomField {
            name: text("Si_ze"),
            value: json!([text("l_arge"), {text("ke_y"): text("val_ue")}]),
        }],
        census_token: Some(text("tok_en")),
        history: vec![
            history(
                "ren_amed",
                HistoryChange::Value {
                    field: "title",
                    before: json!(text("Be_fore")),
                    after: json!(text("_A title_ cut_")),
                },
            ),
            history(
                "pa_rent",
                HistoryChange::Parent {
                    before: None,
                    after: Some(TaskReference {
                        key: text("EP_IC-1"),
                        external_id: Some(id("par_ent")),
                    }),
                },
            ),
            history(
                "assi_gned",
                HistoryChange::People {
                    field: "assignees",
                    before: vec![],
                    after: vec![id("per_son")],
                },
            ),
        ],
        ..task_record(1)
    };
    Batch {
        people: vec![PersonRecord {
            external_id: id("per_son"),
            handle: Some(text("ad_a")),
            name: Some(text("Ada_ L")),
            email: Some(text("ada_@tool.example")),
            self_asserted: false,
        }],
        projects: vec![ProjectRecord {
            external_id: id("proj_ect"),
            key: text("acme/api_"),
            name: text("A_PI"),
            url: Some(text("https://tool.example/_")),
        }],
        comments: vec![CommentRecord {
            external_id: id("com_ment"),
            task: reference("acme/api_#1", Some("ta_sk")),
            author: Some(id("per_son")),
            body: text("Any _news?"),
            url: Some(text("https://tool.example/_c")),
            ..comment_record(1, 1)
        }],
        worklogs: vec![WorklogRecord {
            external_id: id("work_log"),
            task: reference("acme/api_#1", Some("ta_sk")),
            author: Some(id("per_son")),
            note: Some(text("Pai_red")),
            ..worklog_record(1, 1)
        }],
        worklog_sets: vec![PartSet { task: id("ta_sk"), parts: vec![id("work_log")] }],
        notices: vec![NoticeSet {
            group: text("gr_oup"),
            notices: [
                NoticeKind::Told { event: Some(text("men_tion")), actor: Some(text("ad_a")) },
                NoticeKind::Reply { author: Some(id("per_son")) },
                NoticeKind::ReplyToTool,
            ]
            .into_iter()
            .enumerate()
            .map(|(number, kind)| NoticeRecord {
                external_id: id(&format!("ma_il-{number}")),
                site: text("tool_.example").into(),
                key: text("acme/api_#1"),
                kind,
                body: text("N_ews"),
                url: Some(text("https://tool.example/_m")),
                ..notice_record(1, 1)
            })
            .collect(),
        }],
        remote_links: vec![RemoteLinkSet {
            task: id("ta_sk"),
            links: vec![RemoteLink {
                title: text("A pa_ge"),
                url: text("https://wiki.example/_"),
                relationship: Some(text("mentioned_ in")),
            }],
        }],
        branches: vec![BranchRecord { task: id("ta_sk"), name: text("mend_-it") }],
        commits: vec![CommitSet {
            task: id("ta_sk"),
            commits: vec![Commit {
                message: text("Mend_ it"),
                committed_at: Some(at(1)),
                url: text("https://tool.example/_commit"),
            }],
        }],
        relations: vec![RelationRecord {
            task: id("ta_sk"),
            links: vec![LinkRecord {
                kind: LinkKind::Blocks,
                from: reference("acme/web_#9", Some("block_er")),
                to: reference("acme/api_#1", Some("ta_sk")),
                since: Some(at(1)),
            }],
            kinds: LinkKind::ALL,
            parent: task.parent.clone(),
            version: 1,
            census_token: Some(text("tok_en")),
        }],
        quarantine: vec![QuarantineRecord {
            external_id: text("od_d"),
            kind: text("iss_ue"),
            reason: text("title: not a te_xt"),
            raw: b"{\"id\": \"\0\"}"[..].into(),
        }],
        hints: vec![hint(nul)],
        tasks: vec![task],
        ..Batch::default()
    }
}

fn hint(nul: &str) -> Hint {
    Hint {
        external_id: Some(format!("hin{nul}t").into()),
        locator: format!("acme/api/{nul}7"),
        depth: Depth::Whole,
    }
}

/// Everything that a batch left behind.
async fn left(store: &Store, source: &TestSource) -> impl PartialEq + std::fmt::Debug {
    let log = store.read_log(Position::default(), 1_000).await.unwrap();
    let told: Vec<_> = log
        .into_iter()
        .map(|change| (change.subject, change.field, change.before, change.after, change.actor))
        .collect();
    let contents = Contents::of(store).await;
    let task = [contents.tasks[0].id];
    let details = store.details(&task).await.unwrap();
    let notices = store.notices(&task, &Visibility::Everything, None, 10).await.unwrap();
    assert_eq!((notices[&task[0]].total, contents.comments[0].len()), (1, 2));
    let hints = store.take_hints(&source.lease, source.id, ChangeCause::Sync, 10).await.unwrap();
    (
        contents,
        format!("{details:?}{notices:?}"),
        told,
        store.quarantined(source.id, 10).await.unwrap(),
        hints,
    )
}

both_databases! {
    async fn a_record_is_stored_without_it(db) {
        let source = db.source("acme").await;
        db.store.put_site(source.id, &"tool.\0example".into()).await.unwrap();
        let applied = source.apply(&db.store, &batch("\0")).await;
        assert_eq!((applied.tasks_added, applied.quarantined), (1, 1));
        let again = source.apply(&db.store, &batch("\0")).await;
        assert_eq!(
            again,
            Applied { tasks_unchanged: 1, position: applied.position, ..Applied::default() }
        );
        let plain = TestDatabase::sqlite().await;
        let expected = plain.source("acme").await;
        plain.store.put_site(expected.id, &"tool.example".into()).await.unwrap();
        expected.apply(&plain.store, &batch("")).await;
        assert_eq!(left(&db.store, &source).await, left(&plain.store, &expected).await);
        let found = db.store.quarantined(source.id, 10).await.unwrap();
        assert_eq!(found[0].reason, "title: not a text");
    }
}

both_databases! {
    async fn nor_does_it_sink_what_is_said_beside_records(db) {
        let source = db.source("acme").await;
        db.store.push_hints(source.id, SCOPE, &[hint("\0")]).await.unwrap();
        let taken = db.store.take_hints(&source.lease, source.id, ChangeCause::Sync, 10).await.unwrap();
        assert_eq!(taken[0].hint, hint(""));

        let run = db.store.begin_census(&source.lease, source.id, SCOPE).await.unwrap();
        let entry = CensusEntry {
            external_id: "one\0".into(),
            locator: "acme/api/\x001".to_owned(),
            token: Some("\0".to_owned()),
        };
        db.store.record_census(&source.lease, &run, &[entry]).await.unwrap();
        assert_eq!(db.store.finish_census(&source.lease, &run).await.unwrap().unknown, 1);

        let said = SourceError { code: "REFUSED".to_owned(), message: "it said \0no".to_owned(), at: start() };
        let outcome = PassOutcome {
            synced_at: None,
            next_run_at: start(),
            error: Some(said.clone()),
            restart: false,
        };
        db.store.finish_pass(&source.lease, source.id, SCOPE, &outcome).await.unwrap();
        db.store.set_source_state(source.id, SourceState::Degraded, Some(said)).await.unwrap();
        let stored = db.store.sources().await.unwrap().remove(0);
        assert_eq!(stored.last_error.unwrap().message, "it said no");

        let scope = Scope { key: "acme/\0web".into(), name: "w\0eb".to_owned() };
        db.store.put_scopes(source.id, &[scope], |_| false).await.unwrap();
        let scope = db.store.scopes(source.id).await.unwrap().remove(0);
        assert_eq!((&*scope.key, &*scope.name), ("acme/web", "web"));
    }
}
