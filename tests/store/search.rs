//! Full-text search.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstem_model::record::TaskRecord;
use mainstem_model::{SourceId, TaskId, Visibility};
use mainstem_store::{Store, StoreError};
use proptest::prelude::*;

use crate::support::database::{TestDatabase, TestSource, both_databases};
use crate::support::property::property;
use crate::support::records::{at, batch_of, task_external_id, task_record, updated};

/// The numbers of the tasks found, best first.
async fn found(store: &Store, source: &TestSource, text: &str) -> Vec<u32> {
    let ids = store.search(text, &Visibility::Everything, 100).await.unwrap();
    let number =
        |id: TaskId| (0..100).find(|n| source.id.task(&task_external_id(*n)) == id).unwrap();
    ids.into_iter().map(number).collect()
}

/// A task in which nothing but the number is said.
fn silent(n: u32) -> TaskRecord {
    TaskRecord { key: format!("K-{n}"), title: "-".to_owned(), body: None, ..task_record(n) }
}

both_databases! {
    async fn every_word_must_stand_somewhere_and_the_last_may_go_on(db) {
        let source = db.source("acme").await;
        let tasks = vec![
            TaskRecord { key: "acme/api#7".to_owned(), ..silent(1) },
            TaskRecord { title: "Login fails on Safari".to_owned(), body: Some("Stack overflow".to_owned()), ..silent(2) },
            TaskRecord { labels: vec!["area: login".to_owned()], ..silent(3) },
            TaskRecord { title: "ŁÓDŹ straße 東京".to_owned(), ..silent(4) },
        ];
        source.apply(&db.store, &batch_of(tasks)).await;
        let cases: &[(&str, &[u32])] = &[
            ("login", &[3, 2]),
            ("LOGIN", &[3, 2]),
            ("logi", &[3, 2]),
            ("logi fails", &[]),
            ("fails logi", &[2]),
            ("login overflow", &[2]),
            ("login nothing", &[]),
            ("acme/api#7", &[1]),
            ("api", &[1]),
            ("łódź", &[4]),
            ("lodz", &[]),
            ("STRAß", &[4]),
            ("東", &[4]),
            ("gin", &[]),
            ("", &[]),
            (" -- ", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&db.store, &source, text).await, *expected, "{text:?}");
        }
    }
}

both_databases! {
    async fn what_stands_in_the_head_comes_first_and_then_the_newest(db) {
        let source = db.source("acme").await;
        let body = |n| TaskRecord { body: Some("the cache".to_owned()), ..silent(n) };
        let title = |n| TaskRecord { title: "the cache".to_owned(), ..silent(n) };
        source.apply(&db.store, &batch_of(vec![body(1), title(2), body(3), title(4)])).await;
        assert_eq!(found(&db.store, &source, "cache").await, [4, 2, 3, 1]);
        // A change of no word moves it all the same.
        source.apply(&db.store, &batch_of(vec![updated(title(2), at(60))])).await;
        assert_eq!(found(&db.store, &source, "cache").await, [2, 4, 3, 1]);
        let best = db.store.search("cache", &Visibility::Everything, 1).await.unwrap();
        assert_eq!(best, [source.id.task(&task_external_id(2))]);
    }
}

both_databases! {
    async fn the_index_follows_every_commit(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &batch_of(vec![TaskRecord { title: "before".to_owned(), ..silent(1) }])).await;
        assert_eq!(db.store.index_search().await.unwrap(), 1);
        assert_eq!(db.store.index_search().await.unwrap(), 0);

        let changes: Vec<(&str, TaskRecord)> = vec![
            ("after", TaskRecord { title: "after".to_owned(), ..silent(1) }),
            ("labelled", TaskRecord { labels: vec!["labelled".to_owned()], ..silent(1) }),
            ("bodily", TaskRecord { body: Some("bodily".to_owned()), ..silent(1) }),
            ("rekeyed", TaskRecord { key: "rekeyed-1".to_owned(), ..silent(1) }),
        ];
        for (seconds, (word, task)) in (60..).zip(changes) {
            assert_eq!(found(&db.store, &source, word).await, [0; 0], "{word}");
            source.apply(&db.store, &batch_of(vec![updated(task, at(seconds))])).await;
            assert_eq!(found(&db.store, &source, word).await, [1], "{word}");
        }
        assert_eq!(found(&db.store, &source, "before").await, [0; 0]);
    }
}

both_databases! {
    async fn nothing_is_found_in_a_source_that_may_not_be_seen(db) {
        let (one, two) = (db.source("one").await, db.source("two").await);
        for source in [&one, &two] {
            source.apply(&db.store, &batch_of(vec![task_record(1)])).await;
        }
        let sees = async |visible: &[SourceId]| {
            let visibility = Visibility::Sources(Arc::new(BTreeSet::from_iter(visible.iter().copied())));
            db.store.search("task", &visibility, 10).await.unwrap().len()
        };
        assert_eq!((sees(&[]).await, sees(&[one.id]).await, sees(&[one.id, two.id]).await), (0, 1, 2));

        assert!(db.store.remove_source(one.id).await.unwrap());
        let left = db.store.search("task", &Visibility::Everything, 10).await.unwrap();
        assert_eq!(left, [two.id.task(&task_external_id(1))]);
    }
}

both_databases! {
    async fn hostile_texts_are_only_words(db) {
        let source = db.source("acme").await;
        source.apply(&db.store, &batch_of(vec![TaskRecord { title: "near or not title".to_owned(), ..silent(1) }])).await;
        for text in [
            "\" OR 1=1 --", "'; DROP TABLE task; --", "title:*", "NEAR(a, b)", "a AND", "NOT", "^title", "head : title",
            "{head body} : x", "(", ")", "*", "\"", "'", "\\", "a:*B & !c", "<->", "\0", "or\0not", "%", "_", "\u{202e}", "😀", "a\u{301}",
        ] {
            db.store.search(text, &Visibility::Everything, 10).await.unwrap_or_else(|error| panic!("{text:?}: {error}"));
        }
        assert_eq!(found(&db.store, &source, "NOT").await, [1]);
        assert_eq!(found(&db.store, &source, "or\0not").await, [1]);

        let many = |words: usize| "near ".repeat(words);
        assert_eq!(found(&db.store, &source, &many(32)).await, [1]);
        for text in [many(33), "x".repeat(1025), "x".repeat(1 << 20), "ß ".repeat(1 << 19)] {
            let refused = db.store.search(&text, &Visibility::Everything, 10).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{} bytes: {refused:?}", text.len());
        }
    }
}

both_databases! {
    async fn a_huge_text_is_indexed_by_its_beginning(db) {
        let source = db.source("acme").await;
        let body = format!("first {} last", "ab cd ".repeat(100_000));
        let one_word = "w".repeat(1 << 20);
        source.apply(&db.store, &batch_of(vec![
            TaskRecord { body: Some(body), ..silent(1) },
            TaskRecord { body: Some(one_word), ..silent(2) },
        ])).await;
        assert_eq!(found(&db.store, &source, "first").await, [1]);
        assert_eq!(found(&db.store, &source, "last").await, [0; 0]);
        assert_eq!(found(&db.store, &source, "www").await, [2]);
    }
}

both_databases! {
    async fn two_programs_may_index_at_once(db) {
        let source = db.source("acme").await;
        let other = db.another_store().await;
        for round in 0..5 {
            source.apply(&db.store, &batch_of((0..20).map(|n| task_record(round * 20 + n)).collect())).await;
            let (here, there) = tokio::join!(db.store.index_search(), other.index_search());
            assert_eq!(here.unwrap() + there.unwrap(), 20, "round {round}");
        }
        assert_eq!(found(&db.store, &source, "number").await.len(), 100);
        other.close().await;
    }
}

/// The words of a text: what the index has to agree with, said once more in the plainest way.
fn words(text: &str) -> Vec<String> {
    let lower: String = text.chars().flat_map(char::to_lowercase).collect();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn matches(text: &str, question: &[String]) -> bool {
    let there = words(text);
    let (last, whole) = question.split_last().unwrap();
    whole.iter().all(|word| there.contains(word))
        && there.iter().any(|word| word.starts_with(last.as_str()))
}

/// Every task that answers the question, best first.
fn naive(tasks: &[TaskRecord], source: SourceId, question: &str) -> Vec<TaskId> {
    let question = words(question);
    if question.is_empty() {
        return Vec::new();
    }
    let mut answers: Vec<_> = tasks
        .iter()
        .filter_map(|task| {
            let head = format!("{} {} {}", task.key, task.title, task.labels.join(" "));
            let whole = format!("{head} {}", task.body.as_deref().unwrap_or_default());
            matches(&whole, &question).then(|| {
                (
                    !matches(&head, &question),
                    std::cmp::Reverse(task.updated_at),
                    source.task(&task.external_id),
                )
            })
        })
        .collect();
    answers.sort();
    answers.into_iter().map(|(_, _, id)| id).collect()
}

/// Texts of few words, so that questions meet them.
fn text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "fix",
        "fixes",
        "Fixed",
        "login",
        "LOG",
        "łódź",
        "Łódź-2",
        "straße",
        "ẞ",
        "İstanbul",
        "日本",
        "日本語",
        "42",
        "4",
        "a_b",
        "x.y",
        "ΣΑΣ",
        "don't",
        "é",
        "e\u{301}",
        "नमस्ते",
        "\u{200d}",
        "٣",
        "ﬁx",
    ]);
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.join(" "))
}

/// Tasks with new texts, as (number, title, label, body).
fn edits() -> impl Strategy<Value = Vec<(u32, String, String, Option<String>)>> {
    prop::collection::vec((0..6u32, text(), text(), prop::option::of(text())), 1..12)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_answer_as_a_naive_search_does() {
    let databases = [TestDatabase::sqlite().await, TestDatabase::postgres().await];
    let case = std::sync::atomic::AtomicU32::new(0);
    property(50, &(edits(), prop::collection::vec(text(), 1..6)), async |(edits, questions)| {
        let name = format!("case-{}", case.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let mut tasks: Vec<TaskRecord> = Vec::new();
        for (seconds, (n, title, label, body)) in (1..).zip(edits) {
            let task = TaskRecord { title, labels: vec![label], body, ..task_record(n) };
            tasks.retain(|known| known.external_id != task.external_id);
            tasks.push(updated(task, at(seconds / 2)));
        }
        for db in &databases {
            let source = db.source(&name).await;
            source.apply(&db.store, &batch_of(tasks.clone())).await;
            let only_this = Visibility::Sources(Arc::new(BTreeSet::from([source.id])));
            for question in &questions {
                let found = db.store.search(question, &only_this, 100).await.unwrap();
                assert_eq!(found, naive(&tasks, source.id, question), "{question:?} in {}", db.url);
            }
        }
    });
}
