//! Links that texts state, those that are declared here, and what people say of both.

use mainstem_model::person::UNVERIFIED;
use mainstem_model::record::{Batch, PersonRecord, TaskRecord};
use mainstem_model::{
    Evidence, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, LinkReview, Timestamp, TokenId,
};
use mainstem_store::{NewAuditRecord, ReviewedLink, Store};

use crate::support::database::{TestSource, both_databases};
use crate::support::records::{
    at, batch_of, comment_record, person_record, task_external_id, task_record, updated,
};

/// What a reader of texts makes of them: every key after "after:" blocks the task.
fn stated(source: &TestSource, n: u32, text: &str, said_at: Timestamp) -> Vec<Link> {
    let task = source.id.task(&task_external_id(n));
    let keys = text.split_once("after: ").map_or("", |(_, keys)| keys).split(", ");
    let link = |key: &str| Link {
        id: LinkId(uuid::Uuid::nil()),
        kind: LinkKind::Blocks,
        from: LinkEnd { task: None, key: key.to_owned(), site: Some("tool.example".to_owned()) },
        to: LinkEnd::new(Some(task), format!("acme/api#{n}")),
        origin: LinkOrigin::Inferred,
        confidence: 0.9,
        stated_by: task,
        source: source.id,
        evidence: vec![Evidence {
            quote: text.to_owned(),
            url: None,
            comment: None,
            seen_at: said_at,
        }],
        since: said_at,
        until: None,
    };
    let links = keys.filter(|key| !key.is_empty()).map(link);
    links.map(|link| Link { id: link.derived_id(), ..link }).collect()
}

/// Reads all that there is to read; answers how many links changed.
async fn read(store: &Store, source: &TestSource, reader: i64) -> u64 {
    let mut changed = 0;
    while let Some(step) = store.texts_to_read(reader).await.unwrap() {
        let links = step.tasks.iter().flat_map(|task| {
            let n: u32 = task.key.rsplit_once('#').unwrap().1.parse().unwrap();
            stated(source, n, task.body.as_deref().unwrap_or_default(), task.said_at)
        });
        let links = links.collect();
        changed += store.put_inferences(&step, links).await.unwrap().expect("nobody else reads");
    }
    changed
}

fn saying(text: &str, moment: i64) -> TaskRecord {
    let task = TaskRecord { body: Some(text.to_owned()), ..task_record(1) };
    updated(task, at(moment))
}

async fn links(store: &Store, source: &TestSource) -> Vec<Link> {
    store.links_stated_by(&[source.id.task(&task_external_id(1))]).await.unwrap()
}

/// Since and until when links hold, by the key of what holds the task up.
async fn intervals(
    store: &Store,
    source: &TestSource,
) -> Vec<(String, Timestamp, Option<Timestamp>)> {
    let links = links(store, source).await.into_iter();
    let mut all: Vec<_> = links.map(|link| (link.from.key, link.since, link.until)).collect();
    all.sort();
    all
}

fn record(action: &'static str) -> NewAuditRecord {
    NewAuditRecord {
        token: TokenId(uuid::Uuid::nil()),
        token_name: "tests".to_owned(),
        action,
        before: serde_json::json!(null),
        after: serde_json::json!({ "of": action }),
    }
}

async fn review(store: &Store, link: &Link, review: LinkReview) {
    let reviewed =
        ReviewedLink { stated_by: link.stated_by, source: link.source, ids: vec![link.id], review };
    store.review_link(&reviewed, &record("reviewLink")).await.unwrap();
}

both_databases! {
    async fn what_texts_state_holds_while_they_do(db) {
        let source = db.source("acme").await;
        let now = || mainstem_model::Clock::now(&*db.clock);
        source.apply(&db.store, &batch_of(vec![saying("after: A-1, A-2", 5)])).await;
        assert_eq!(read(&db.store, &source, 1).await, 2);
        // What stands in a first reading was said when the task was made, as far as anybody knows.
        let open = |key: &str, since| (key.to_owned(), since, None);
        assert_eq!(intervals(&db.store, &source).await, [open("A-1", at(1)), open("A-2", at(1))]);
        assert_eq!(read(&db.store, &source, 1).await, 0);

        // Other words: the link goes on, with those.
        db.clock.advance_seconds(100);
        source.apply(&db.store, &batch_of(vec![saying("yes, after: A-1, A-3", 60)])).await;
        let ended = now();
        assert_eq!(read(&db.store, &source, 1).await, 3);
        let expected = [
            open("A-1", at(1)),
            ("A-2".to_owned(), at(1), Some(ended)),
            open("A-3", at(60)),
        ];
        assert_eq!(intervals(&db.store, &source).await, expected);
        let all = links(&db.store, &source).await;
        let first = all.iter().find(|link| link.from.key == "A-1").unwrap();
        assert_eq!(first.evidence[0].quote, "yes, after: A-1, A-3");
        assert_eq!(first.from.site.as_deref(), Some("tool.example"));

        // What comes back begins anew, also for another reader; what is known keeps its beginning.
        db.clock.advance_seconds(100);
        source.apply(&db.store, &batch_of(vec![saying("after: A-1, A-2", 70)])).await;
        assert_eq!(read(&db.store, &source, 1).await, 3);
        let before = intervals(&db.store, &source).await;
        assert_eq!(before.iter().filter(|(key, ..)| key == "A-2").count(), 2);
        assert!(before.iter().all(|(key, since, until)| key != "A-2" || until.is_some() || *since > ended));
        assert_eq!(read(&db.store, &source, 2).await, 0);
        assert_eq!(intervals(&db.store, &source).await, before);

        // An old version of the text that comes late states nothing.
        source.apply(&db.store, &batch_of(vec![saying("after: A-9", 6)])).await;
        assert_eq!(read(&db.store, &source, 2).await, 0);
        assert_eq!(intervals(&db.store, &source).await, before);
    }
}

both_databases! {
    async fn one_of_two_readers_takes_a_step(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &batch_of(vec![saying("after: A-1", 5)])).await;
        let [one, other] = [
            db.store.texts_to_read(1).await.unwrap().unwrap(),
            db.store.texts_to_read(1).await.unwrap().unwrap(),
        ];
        let said = stated(&source, 1, "after: A-1", at(1));
        assert_eq!(db.store.put_inferences(&one, said.clone()).await.unwrap(), Some(1));
        assert_eq!(db.store.put_inferences(&other, said).await.unwrap(), None);
        assert_eq!(intervals(&db.store, &source).await.len(), 1);
    }
}

both_databases! {
    async fn a_confirmed_link_survives_its_words(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &batch_of(vec![saying("after: A-1, A-2", 5)])).await;
        read(&db.store, &source, 1).await;
        let all = links(&db.store, &source).await;
        let confirmed = all.iter().find(|link| link.from.key == "A-1").unwrap();
        review(&db.store, confirmed, LinkReview::Confirmed).await;
        db.clock.advance_seconds(100);
        source.apply(&db.store, &batch_of(vec![saying("nothing", 60)])).await;
        assert_eq!(read(&db.store, &source, 1).await, 1);
        let open = async || {
            let all = intervals(&db.store, &source).await.into_iter();
            all.filter(|(.., until)| until.is_none()).map(|(key, ..)| key).collect::<Vec<_>>()
        };
        assert_eq!(open().await, ["A-1"]);
        // Taken back, it is what the texts make of it.
        review(&db.store, confirmed, LinkReview::Unreviewed).await;
        assert_eq!(db.store.link_reviews().await.unwrap().len(), 0);
        assert_eq!(read(&db.store, &source, 1).await, 1);
        assert_eq!(open().await, [""; 0]);
    }
}

both_databases! {
    async fn what_people_said_and_declared_outlives_the_source(db) {
        let source = db.source("acme").await;
        let batch = batch_of(vec![saying("after: A-1", 5)]);
        source.apply(&db.store, &batch).await;
        read(&db.store, &source, 1).await;
        let inferred = links(&db.store, &source).await.remove(0);
        review(&db.store, &inferred, LinkReview::Rejected).await;
        let declared = Link { evidence: Vec::new(), confidence: 1.0, ..inferred.clone() };
        let (id, position) =
            db.store.declare_link(declared.clone(), &record("linkTasks")).await.unwrap();
        // Who says it twice says it once.
        let again = db.store.declare_link(declared, &record("linkTasks")).await.unwrap();
        assert_eq!(again, (id, position));
        assert_eq!(links(&db.store, &source).await.len(), 2);

        db.store.remove_source(source.id).await.unwrap();
        db.store.release_lease(&source.lease).await.unwrap();
        assert_eq!(db.store.load_links(None, 10).await.unwrap(), []);
        let source = db.source("acme").await;
        source.apply(&db.store, &batch).await;
        read(&db.store, &source, 1).await;
        let back = links(&db.store, &source).await;
        assert_eq!(back.iter().filter(|link| link.id == id && link.until.is_none()).count(), 1);
        assert!(back.iter().any(|link| link.id == inferred.id));
        let reviews = db.store.link_reviews().await.unwrap();
        assert_eq!(reviews.get(&inferred.id), Some(&LinkReview::Rejected));

        let stated_by = inferred.stated_by;
        let told = record("unlinkTasks");
        db.store.withdraw_link(stated_by, source.id, id, &told).await.unwrap();
        let open = links(&db.store, &source).await;
        assert!(open.iter().all(|link| link.id != id || link.until.is_some()));
        let actions = db.store.audit(None, 10).await.unwrap();
        let actions: Vec<_> = actions.iter().map(|record| record.action.as_str()).collect();
        assert_eq!(actions, ["unlinkTasks", "linkTasks", "linkTasks", "reviewLink"]);
    }
}

both_databases! {
    async fn strangers_state_nothing(db) {
        let source = db.source("acme").await;
        let stranger = format!("{UNVERIFIED}mallory@evil.example");
        let stranger = PersonRecord { external_id: stranger.as_str().into(), ..person_record(1) };
        let known = person_record(2);
        let comments = [(1, &stranger), (2, &known)].map(|(n, author)| {
            let mut comment = comment_record(n, 2);
            comment.author = Some(author.external_id.clone());
            comment
        });
        let task = |n, author: &PersonRecord| TaskRecord {
            author: Some(author.external_id.clone()),
            ..task_record(n)
        };
        let batch = Batch {
            people: vec![stranger.clone(), known.clone()],
            comments: comments.to_vec(),
            ..batch_of(vec![task(1, &stranger), task(2, &known)])
        };
        source.apply(&db.store, &batch).await;
        let step = db.store.texts_to_read(1).await.unwrap().unwrap();
        let mut read: Vec<_> = step.tasks.iter()
            .map(|task| (task.key.as_str(), task.body.is_some(), task.comments.len()))
            .collect();
        read.sort();
        assert_eq!(read, [("acme/api#1", false, 0), ("acme/api#2", true, 1)]);
        assert_eq!(step.tasks[0].project_key, "acme/api");
    }
}
