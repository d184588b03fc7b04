//! A tool in memory. Each scope is a log of edits; a cursor is a place in it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use mainstem_connector::{
    Connector, ConnectorError, Credential, Descriptor, Disposition, Host, Session, Settings,
};
use mainstem_model::record::{
    AbsenceRecord, Batch, CensusEntry, Cursor, Depth, Hint, HistoryChange, HistoryEntry,
    HistoryRecord, Page, PageToken, ParentRecord, Progress, ProjectRecord, Scope, ScopeKey,
    TaskRecord,
};
use mainstem_model::{Presence, Priority, Status, StatusCategory, TaskKind, Timestamp};
use tokio::sync::Notify;

/// How many edits one step of a pull brings.
pub const PAGE: usize = 2;
/// How many items one fetch may name.
pub const FETCH_LIMIT: usize = 3;
pub const CENSUS_INTERVAL_SECONDS: u32 = 86_400;

const fn descriptor(tells_history: bool) -> Descriptor {
    Descriptor {
        kind: "fake",
        name: "Fake",
        credentials: &[],
        fetch_limit: FETCH_LIMIT,
        tells_history,
        census_interval_seconds: CENSUS_INTERVAL_SECONDS,
        concurrent_scopes: 2,
        hears_webhooks: true,
    }
}

static WITHOUT_HISTORY: Descriptor = descriptor(false);
static WITH_HISTORY: Descriptor = descriptor(true);

type Interference =
    Box<dyn FnMut(&str) -> Pin<Box<dyn Future<Output = Result<(), ConnectorError>> + Send>> + Send>;

/// The tool, and what a test makes of it.
#[derive(Default)]
pub struct Tool {
    scopes: Mutex<BTreeMap<String, Vec<Edit>>>,
    hidden: Mutex<BTreeSet<String>>,
    hints: Mutex<BTreeSet<String>>,
    calls: Mutex<Vec<String>>,
    interference: Mutex<Option<Interference>>,
    stands_still: AtomicBool,
    tells_history: AtomicBool,
    wants_census: AtomicBool,
    talks: AtomicBool,
    news: Notify,
    listeners: AtomicUsize,
}

#[derive(Clone)]
struct Edit {
    key: String,
    version: i64,
}

impl Tool {
    pub fn add_scope(&self, scope: &str) {
        self.scopes.lock().unwrap().entry(scope.to_owned()).or_default();
    }

    /// A task is written, or written again.
    pub fn edit(&self, scope: &str, task: u32) {
        let mut scopes = self.scopes.lock().unwrap();
        let log = scopes.get_mut(scope).unwrap();
        log.push(Edit { key: format!("{scope}-{task:04}"), version: log.len() as i64 + 1 });
    }

    /// The tool no longer shows a task, and says nothing about it in its listings.
    pub fn hide(&self, key: &str) {
        self.hidden.lock().unwrap().insert(key.to_owned());
    }

    pub fn show_again(&self) {
        self.hidden.lock().unwrap().clear();
    }

    /// From now on the listing answers with the place where it already was.
    pub fn stand_still(&self) {
        self.stands_still.store(true, Ordering::SeqCst);
    }

    /// From now on the past of tasks may be asked for.
    pub fn tell_history(&self) {
        self.tells_history.store(true, Ordering::SeqCst);
    }

    /// The next listing says that it may have missed something.
    pub fn want_census(&self) {
        self.wants_census.store(true, Ordering::SeqCst);
    }

    /// From now on it may be listened to.
    pub fn talk(&self) {
        self.talks.store(true, Ordering::SeqCst);
    }

    /// It says over a connection that something has changed.
    pub fn say_so(&self) {
        self.news.notify_one();
    }

    /// How many listen to it now.
    pub fn listeners(&self) -> usize {
        self.listeners.load(Ordering::SeqCst)
    }

    /// From now on the listing says of this task that there is more to read.
    pub fn hint_at(&self, key: &str) {
        self.hints.lock().unwrap().insert(key.to_owned());
    }

    /// What was asked of the tool so far: `pull board 4`, `fetch board-0001`, `census board`, …
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    pub fn forget_calls(&self) {
        self.calls.lock().unwrap().clear();
    }

    /// The calls that start so.
    pub fn calls_of(&self, kind: &str) -> Vec<String> {
        self.calls().into_iter().filter(|call| call.starts_with(kind)).collect()
    }

    /// Lets a test answer instead of the tool, or do something before it answers.
    pub fn interfere<F, R>(&self, mut interference: F)
    where
        F: FnMut(&str) -> R + Send + 'static,
        R: Future<Output = Result<(), ConnectorError>> + Send + 'static,
    {
        *self.interference.lock().unwrap() =
            Some(Box::new(move |call| Box::pin(interference(call))));
    }

    /// The calls that start so fail so many times.
    pub fn fail(
        &self,
        kind: &'static str,
        mut times: u32,
        disposition: Disposition,
        code: &'static str,
    ) {
        self.interfere(move |call| {
            let fails = call.starts_with(kind) && times > 0;
            times -= u32::from(fails);
            let answer = if fails {
                Err(ConnectorError::new(disposition, code, "as the test says"))
            } else {
                Ok(())
            };
            async { answer }
        });
    }

    pub fn recover(&self) {
        *self.interference.lock().unwrap() = None;
    }

    /// Key and title of each task that it shows, in order.
    pub fn shown(&self) -> Vec<(String, String)> {
        let hidden = self.hidden.lock().unwrap();
        let newest: BTreeMap<_, _> =
            self.edits().into_iter().map(|edit| (edit.key.clone(), title(&edit))).collect();
        newest.into_iter().filter(|(key, _)| !hidden.contains(key)).collect()
    }

    fn edits(&self) -> Vec<Edit> {
        self.scopes.lock().unwrap().values().flatten().cloned().collect()
    }

    async fn called(&self, call: String) -> Result<(), ConnectorError> {
        let interference = {
            self.calls.lock().unwrap().push(call.clone());
            self.interference.lock().unwrap().as_mut().map(|interfere| interfere(&call))
        };
        match interference {
            Some(interference) => interference.await,
            None => Ok(()),
        }
    }
}

/// Connects to the tool.
pub struct FakeConnector(pub Arc<Tool>);

#[async_trait]
impl Connector for FakeConnector {
    fn descriptor(&self) -> &'static Descriptor {
        if self.0.tells_history.load(Ordering::SeqCst) { &WITH_HISTORY } else { &WITHOUT_HISTORY }
    }

    fn check(&self, _settings: &Settings) -> Result<url::Url, Vec<String>> {
        Ok("https://fake.example".parse().unwrap())
    }

    fn selects(&self, _settings: &Settings, _scope: &ScopeKey) -> bool {
        true
    }

    async fn connect(
        &self,
        _source: &str,
        _settings: &Settings,
        _credential: Option<&Credential>,
        _host: &Host,
    ) -> Result<Box<dyn Session>, ConnectorError> {
        self.0.called("connect".to_owned()).await?;
        Ok(Box::new(FakeSession(Arc::clone(&self.0))))
    }
}

struct FakeSession(Arc<Tool>);

#[async_trait]
impl Session for FakeSession {
    async fn discover(&self, _page: Option<PageToken>) -> Result<Page<Scope>, ConnectorError> {
        self.0.called("discover".to_owned()).await?;
        let scopes = self.0.scopes.lock().unwrap();
        let items = scopes
            .keys()
            .map(|key| Scope { key: key.as_str().into(), name: key.clone() })
            .collect();
        Ok(Page { items, next: None })
    }

    async fn pull(
        &self,
        scope: &ScopeKey,
        cursor: Option<&Cursor>,
    ) -> Result<Batch, ConnectorError> {
        let from: usize = cursor.map_or(0, |cursor| cursor.0.parse().unwrap());
        self.0.called(format!("pull {scope} {from}")).await?;
        let log = self.0.scopes.lock().unwrap()[&**scope].clone();
        let page: Vec<_> = log.iter().skip(from).take(PAGE).cloned().collect();
        let to = if self.0.stands_still.load(Ordering::SeqCst) { from } else { from + page.len() };
        let hints = self.0.hints.lock().unwrap();
        Ok(Batch {
            hints: page
                .iter()
                .filter(|edit| hints.contains(&edit.key))
                .map(|edit| hint(&edit.key))
                .collect(),
            cursor: Some(Cursor(to.to_string())),
            more: to < log.len(),
            wants_census: self.0.wants_census.swap(false, Ordering::SeqCst),
            progress: Some(Progress { done: to as u64, total: Some(log.len() as u64) }),
            ..batch(page)
        })
    }

    async fn fetch(&self, hints: &[Hint]) -> Result<Batch, ConnectorError> {
        let keys: Vec<_> = hints.iter().map(|hint| hint.locator.clone()).collect();
        if hints.iter().all(|hint| hint.depth == Depth::History) {
            self.0.called(format!("past {}", keys.join(" "))).await?;
            let histories = keys.iter().map(|key| history(key)).collect();
            return Ok(Batch { histories, ..Batch::default() });
        }
        self.0.called(format!("fetch {}", keys.join(" "))).await?;
        let hidden = self.0.hidden.lock().unwrap().clone();
        let newest: BTreeMap<_, _> =
            self.0.edits().into_iter().map(|edit| (edit.key.clone(), edit)).collect();
        let mut batch = batch(
            keys.iter()
                .filter(|key| !hidden.contains(*key))
                .map(|key| newest[key].clone())
                .collect(),
        );
        batch.absences = keys
            .iter()
            .filter(|key| hidden.contains(*key))
            .map(|key| AbsenceRecord { task: key.as_str().into(), presence: Presence::Deleted })
            .collect();
        Ok(batch)
    }

    async fn census(
        &self,
        scope: &ScopeKey,
        page: Option<PageToken>,
    ) -> Result<Page<CensusEntry>, ConnectorError> {
        let from: usize = page.as_ref().map_or(0, |page| page.0.parse().unwrap());
        self.0.called(format!("census {scope} {from}")).await?;
        let shown: Vec<_> =
            self.0.shown().into_iter().filter(|(key, _)| key.starts_with(&**scope)).collect();
        let items: Vec<_> = shown
            .iter()
            .skip(from)
            .take(PAGE)
            .map(|(key, _)| CensusEntry {
                external_id: key.as_str().into(),
                locator: key.clone(),
                token: None,
            })
            .collect();
        let to = from + items.len();
        Ok(Page { items, next: (to < shown.len()).then(|| PageToken(to.to_string())) })
    }

    fn listens(&self) -> bool {
        self.0.talks.load(Ordering::SeqCst)
    }

    async fn listen(&self) -> Result<(), ConnectorError> {
        let _listening = Listening::to(&self.0);
        self.0.called("listen".to_owned()).await?;
        self.0.news.notified().await;
        Ok(())
    }
}

/// Somebody who listens.
struct Listening<'a>(&'a Tool);

impl<'a> Listening<'a> {
    fn to(tool: &'a Tool) -> Self {
        tool.listeners.fetch_add(1, Ordering::SeqCst);
        Self(tool)
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The newest of the edits of each task, as records.
fn batch(edits: Vec<Edit>) -> Batch {
    let newest: BTreeMap<_, _> = edits.into_iter().map(|edit| (edit.key.clone(), edit)).collect();
    Batch {
        projects: vec![ProjectRecord {
            external_id: "project".into(),
            key: "FAKE".to_owned(),
            name: "Fake".to_owned(),
            url: None,
        }],
        tasks: newest.values().map(task).collect(),
        ..Batch::default()
    }
}

/// The past of each task is one change, the first of all.
fn history(key: &str) -> HistoryRecord {
    let change = HistoryChange::Value {
        field: "milestone",
        before: serde_json::Value::Null,
        after: key.into(),
    };
    let occurred_at = Timestamp::from_seconds(1_770_000_000);
    let entry = HistoryEntry { key: "first".to_owned(), change, actor: None, occurred_at };
    HistoryRecord { task: key.into(), entries: vec![entry] }
}

fn hint(key: &str) -> Hint {
    Hint { external_id: Some(key.into()), locator: key.to_owned(), depth: Depth::Whole }
}

fn title(edit: &Edit) -> String {
    format!("{} as of edit {}", edit.key, edit.version)
}

fn task(edit: &Edit) -> TaskRecord {
    let at = Timestamp::from_seconds(1_770_000_000 + edit.version);
    TaskRecord {
        external_id: edit.key.as_str().into(),
        locator: edit.key.clone(),
        project: "project".into(),
        key: edit.key.clone(),
        kind: TaskKind::Task,
        title: title(edit),
        url: None,
        status: Status { name: "Open".to_owned(), category: StatusCategory::ALL[0] },
        priority: Priority::NONE,
        assignees: Vec::new(),
        author: None,
        labels: Vec::new(),
        milestone: None,
        sprint: None,
        parent: ParentRecord::Unsaid,
        start_on: None,
        due_on: None,
        created_at: Timestamp::from_seconds(1_770_000_000),
        updated_at: at,
        started_at: None,
        closed_at: None,
        estimate_seconds: None,
        time_spent_seconds: None,
        body: None,
        criteria: Vec::new(),
        fields: Vec::new(),
        version: at.0,
        census_token: None,
        history: Vec::new(),
        raw: Bytes::from_static(b"{}"),
    }
}
