//! What the model costs: fills a SQLite store with 100,000 tasks and 200,000 links, then measures
//! start, memory, questions, and what it takes to follow an edge, and 1,000 changes while a reader
//! holds on to an older snapshot.
//!
//! `cargo run --release -p mainstem-read-model --example read_model_cost [TASKS]`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for people who measure"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use mainstem_model::record::{
    Batch, LinkRecord, ParentRecord, PersonRecord, ProjectRecord, RelationRecord, Scope,
    TaskRecord, TaskReference,
};
use mainstem_model::{
    ChangeCause, Clock as _, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, Priority, SourceId,
    Status, StatusCategory, SystemClock, TaskKind, Timestamp, TokenId, Visibility,
};
use mainstem_read_model::{
    Comparison, Direction, Filter, GroupField, OrderField, PageRequest, PersonPredicate,
    Quantifier, ReadModel, TaskFilter, TaskOrder, TaskPredicate, TaskQuery, TextPredicate, View,
};
use mainstem_store::{
    BatchContext, Lease, NewAuditRecord, PreparedBatch, SourceSpec, Store, StoreOptions,
};

const PEOPLE: u64 = 500;
const BATCH: u64 = 1_000;

#[tokio::main]
async fn main() {
    let count =
        std::env::args().nth(1).map_or(100_000, |text| text.parse().expect("a number of tasks"));
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/measure.db", directory.path().display());
    let random = Arc::new(mainstem_model::random::SeededRandom::new(1));
    let options = StoreOptions { clock: Arc::new(SystemClock), random };
    let store = Store::open(&url, options).await.unwrap();
    let filled = Filled::new(&store, count).await;

    let (began, busy) = (Instant::now(), processor_seconds());
    read_alone(&store).await;
    println!(
        "reading the rows alone {:.0} ms, {:.0} ms of them on a processor",
        began.elapsed().as_secs_f64() * 1e3,
        (processor_seconds() - busy) * 1e3
    );
    let (began, busy) = (Instant::now(), processor_seconds());
    let model = ReadModel::load(&store, Arc::new(SystemClock)).await.unwrap();
    println!(
        "start {:.0} ms, {:.0} ms of them on a processor",
        began.elapsed().as_secs_f64() * 1e3,
        (processor_seconds() - busy) * 1e3
    );
    // Another one of the same: what the first one took includes the store's own caches.
    let before = resident_bytes();
    let second = ReadModel::load(&store, Arc::new(SystemClock)).await.unwrap();
    println!("memory {} bytes a task", (resident_bytes() - before) / count);
    drop(second);

    let view = model.view(&Visibility::Everything);
    questions(&view, "");
    let named = Visibility::Sources(Arc::new([SourceId::of("acme")].into()));
    questions(&model.view(&named), " (named sources)");

    follow_edges(&store, &model, filled.source).await;
    for changed in [1, 1_000] {
        let held = model.view(&Visibility::Everything);
        filled.change(&store, changed).await;
        let began = Instant::now();
        model.catch_up(&store).await.unwrap();
        let label = format!("follow {changed} changed tasks, one snapshot held");
        println!(
            "{label:<44} {:>9.2} ms, reading them included",
            began.elapsed().as_secs_f64() * 1e3
        );
        drop(held);
    }
}

/// How long one more edge takes to be seen: reading it from the store, and the model's own work.
async fn follow_edges(store: &Store, model: &ReadModel, source: SourceId) {
    let (mut followed, mut read) = (Vec::new(), Vec::new());
    for number in 0..50_u64 {
        let end = |number: u64| {
            let id = source.task(&number.to_string());
            LinkEnd::new(Some(id), format!("acme/api#{number}"))
        };
        let (from, to) = (end(number * 13 + 50_001), end(number * 7));
        let stated_by = to.task.unwrap();
        let link = Link {
            id: LinkId(uuid::Uuid::nil()),
            kind: LinkKind::Blocks,
            from,
            to,
            origin: LinkOrigin::Declared,
            confidence: 1.0,
            stated_by,
            source,
            evidence: Vec::new(),
            since: Timestamp(0),
            until: None,
        };
        let record = NewAuditRecord {
            token: TokenId(uuid::Uuid::nil()),
            token_name: "measure".to_owned(),
            action: "linkTasks",
            before: serde_json::Value::Null,
            after: serde_json::Value::Null,
        };
        let position = model.position();
        store.declare_link(link, &record).await.unwrap();
        let began = Instant::now();
        store.read_log(position, 1_000).await.unwrap();
        store.links_stated_by(&[stated_by]).await.unwrap();
        store.tasks_by_id(&[stated_by]).await.unwrap();
        store.read_log(position, 1_000).await.unwrap();
        store.all_scopes().await.unwrap();
        store.unread_news().await.unwrap();
        store.sources().await.unwrap();
        read.push(began.elapsed());
        let began = Instant::now();
        model.catch_up(store).await.unwrap();
        followed.push(began.elapsed());
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    println!(
        "follow 1 new edge {:>9.2} ms, of which reading it from the store {:.2} ms",
        median(&mut followed),
        median(&mut read)
    );
}

/// What a start reads, read and dropped.
async fn read_alone(store: &Store) {
    let mut after = None;
    while let Some(task) = store.load_tasks(after, 2_000).await.unwrap().last() {
        after = Some(task.id);
    }
    let mut after = None;
    while let Some(link) = store.load_links(after, 2_000).await.unwrap().last() {
        after = Some((link.stated_by, link.id, link.since));
    }
}

fn questions(view: &View, eyes: &str) {
    let open =
        || Filter::Is(TaskPredicate::StatusCategory(Comparison::Eq(StatusCategory::InProgress)));
    let assigned = |number: usize| -> TaskFilter {
        let handle = TextPredicate::Is(Comparison::Eq(format!("dev{}", number as u64 % PEOPLE)));
        Filter::Is(TaskPredicate::Assignees(
            Quantifier::Some,
            Filter::Is(PersonPredicate::Handle(handle)),
        ))
    };
    let list = |filter: TaskFilter| TaskQuery {
        filter: Some(filter),
        page: PageRequest::first(50),
        ..TaskQuery::default()
    };
    let title = TextPredicate::Contains("needle".to_owned());
    let by = |field| TaskOrder { field, direction: Direction::Ascending };
    measure(&format!("page of 50, no filter{eyes}"), |_| {
        view.tasks(&TaskQuery { page: PageRequest::first(50), ..TaskQuery::default() })
            .unwrap()
            .items
            .len()
    });
    measure(&format!("page of 50 by status{eyes}"), |_| {
        view.tasks(&list(open())).unwrap().items.len()
    });
    measure(&format!("page of 50 by assignee{eyes}"), |n| {
        view.tasks(&list(assigned(n))).unwrap().items.len()
    });
    measure(&format!("page of 50 by status and assignee{eyes}"), |n| {
        view.tasks(&list(Filter::And(vec![open(), assigned(n)]))).unwrap().items.len()
    });
    measure(&format!("page of 50 by status, ordered by title{eyes}"), |_| {
        let query = TaskQuery { order: vec![by(OrderField::Title)], ..list(open()) };
        view.tasks(&query).unwrap().items.len()
    });
    measure(&format!("page of 50 of all, ordered by key{eyes}"), |_| {
        let page = PageRequest::first(50);
        view.tasks(&TaskQuery { order: vec![by(OrderField::Key)], page, ..TaskQuery::default() })
            .unwrap()
            .items
            .len()
    });
    measure(&format!("title holds a word, counted{eyes}"), |_| {
        view.tasks(&list(Filter::Is(TaskPredicate::Title(title.clone())))).unwrap().items.len()
    });
    measure(&format!("counts by category and assignee{eyes}"), |_| {
        view.task_counts(None, &[GroupField::StatusCategory, GroupField::Assignee]).unwrap().len()
    });
    measure(&format!("counts by label{eyes}"), |_| {
        view.task_counts(None, &[GroupField::Label]).unwrap().len()
    });
    measure(&format!("transitive blockers{eyes}"), |n| {
        let id = SourceId::of("acme").task(&((n as u64 * 7_919) % 50_000).to_string());
        view.task(id).map_or(0, |task| task.blocked_by(true, true).len())
    });
    measure(&format!("transitive blockers, the longest chain{eyes}"), |_| {
        let id = SourceId::of("acme").task("7");
        view.task(id).map_or(0, |task| task.blocked_by(false, true).len())
    });
    measure(&format!("the 50 links that hold longest{eyes}"), |_| {
        view.links(None, &PageRequest::first(50)).unwrap().items.len()
    });
    measure(&format!("where mirrors disagree{eyes}"), |_| view.drifts(None).unwrap().len());
    measure(&format!("cycles of the whole{eyes}"), |_| view.cycles().len());
    measure(&format!("critical path to a task{eyes}"), |n| {
        let id = SourceId::of("acme").task(&((n as u64 * 7_919) % 50_000).to_string());
        let task = view.task(id).map(|task| task.ordinal());
        view.critical_path(&task.into_iter().collect::<Vec<_>>()).tasks.len()
    });
    measure(&format!("as of the beginning, one page{eyes}"), |_| {
        let past = view.as_of(Timestamp::from_seconds(1_700_050_000), Vec::new());
        past.tasks(&list(open())).unwrap().items.len()
    });
}

/// The median of 200 runs, or of as many as two seconds hold.
fn measure(label: &str, mut run: impl FnMut(usize) -> usize) {
    let mut times = Vec::new();
    let mut found = 0;
    let began = Instant::now();
    while times.len() < 200 && began.elapsed() < Duration::from_secs(2) {
        let start = Instant::now();
        found += run(times.len());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let median = times[times.len() / 2].as_secs_f64() * 1e6;
    println!("{label:<60} {median:>9.1} µs  ({} found)", found / times.len());
}

struct Filled {
    lease: Lease,
    source: SourceId,
}

impl Filled {
    async fn new(store: &Store, count: u64) -> Self {
        let spec = SourceSpec {
            name: "acme".to_owned(),
            connector: "github".to_owned(),
            settings: serde_json::json!({}),
            credential_kind: String::new(),
            credential_public: serde_json::json!({}),
            credential: None,
            webhook: None,
            poll_interval_seconds: 60,
            provisioned: false,
            paused: false,
        };
        let source = store.put_source(&spec, true).await.unwrap().id;
        store
            .put_scopes(source, &[Scope { key: "all".into(), name: "all".to_owned() }], |_| false)
            .await
            .unwrap();
        let lease = store
            .acquire_lease("measure", "measure", Duration::from_secs(3_600))
            .await
            .unwrap()
            .unwrap();
        let filled = Self { lease, source };
        let mut batch = Batch::default();
        batch.projects.push(ProjectRecord {
            external_id: "1".into(),
            key: "acme/api".to_owned(),
            name: "acme/api".to_owned(),
            url: None,
        });
        batch.people = (0..PEOPLE)
            .map(|number| PersonRecord {
                external_id: number.to_string().into(),
                handle: Some(format!("dev{number}")),
                name: Some(format!("Developer {number}")),
                email: Some(format!("dev{number}@example.org")),
                self_asserted: false,
            })
            .collect();
        filled.apply(store, batch).await;
        for first in (0..count).step_by(BATCH as usize) {
            let numbers = first..(first + BATCH).min(count);
            let batch = Batch {
                tasks: numbers.clone().map(|number| task(number, 1)).collect(),
                relations: numbers.filter_map(|number| relations(number, count)).collect(),
                ..Batch::default()
            };
            filled.apply(store, batch).await;
        }
        filled
    }

    async fn change(&self, store: &Store, count: u64) {
        let batch = Batch {
            tasks: (0..count).map(|number| task(number * 7, 2 + count as i64)).collect(),
            ..Batch::default()
        };
        self.apply(store, batch).await;
    }

    async fn apply(&self, store: &Store, batch: Batch) {
        let context = BatchContext {
            lease: &self.lease,
            source: self.source,
            scope: "all",
            cause: ChangeCause::Sync,
            answered: &[],
        };
        let batch = PreparedBatch::of(batch).await.unwrap();
        store.apply_batch(&context, &batch).await.unwrap();
    }
}

fn task(number: u64, version: i64) -> TaskRecord {
    let category = StatusCategory::ALL[(number % 5) as usize];
    let at = Timestamp::from_seconds(1_700_000_000 + number as i64);
    TaskRecord {
        external_id: number.to_string().into(),
        locator: String::new(),
        project: "1".into(),
        key: format!("acme/api#{number}"),
        kind: TaskKind::Issue,
        title: format!(
            "Task number {number} of version {version}, about as long as titles usually are"
        ),
        url: Some(format!("https://github.example/acme/api/issues/{number}")),
        status: Status { name: format!("{category:?}"), category },
        priority: Priority::NONE,
        assignees: vec![((number / 5) % PEOPLE).to_string().into()],
        author: Some((number % 97).to_string().into()),
        labels: vec![format!("label {}", number % 40), format!("area {}", number % 13)],
        milestone: number.is_multiple_of(3).then(|| format!("v{}", number % 20)),
        sprint: None,
        parent: ParentRecord::Unsaid,
        start_on: None,
        due_on: None,
        created_at: at,
        updated_at: Timestamp::from_seconds(at.seconds() + version * 10),
        started_at: None,
        closed_at: None,
        estimate_seconds: None,
        time_spent_seconds: None,
        body: None,
        criteria: Vec::new(),
        fields: Vec::new(),
        version,
        census_token: None,
        history: Vec::new(),
        raw: bytes::Bytes::from_static(b"{}"),
    }
}

/// Links to a few later tasks, so that there are no cycles: 2 a task on average.
fn relations(number: u64, count: u64) -> Option<RelationRecord> {
    let how_many = [0, 1, 1, 2, 2, 2, 2, 3, 3, 4][(number % 10) as usize];
    let links: Vec<_> = (1..=how_many)
        .map(|step| (number + step * step * 11, number))
        .filter(|(from, _)| *from < count)
        .map(|(from, to)| {
            let end = |number: u64| TaskReference {
                key: format!("acme/api#{number}"),
                external_id: Some(number.to_string().into()),
            };
            LinkRecord { kind: LinkKind::Blocks, from: end(from), to: end(to), since: None }
        })
        .collect();
    (!links.is_empty()).then(|| RelationRecord {
        task: number.to_string().into(),
        links,
        kinds: LinkKind::ALL,
        parent: ParentRecord::Unsaid,
        version: SystemClock.now().0,
        census_token: None,
    })
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a Linux machine");
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// What all threads together have used so far, to a hundredth of a second.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a Linux machine");
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks =
        after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}
