//! From the store to a snapshot: the whole of it at start, then what the change log says has
//! changed. An entry of the log only says *what* to look at; the present row is what counts, so
//! reading an entry twice, or one whose row has moved on since, does no harm.

use std::collections::{BTreeMap, BTreeSet};

use mainstem_model::{
    Change, Link, LinkId, PersonId, ProjectId, SourceId, Subject, Task, TaskId, Timestamp,
};
use mainstem_store::{ScopeState, Store};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::LoadError;
use crate::snapshot::{Snapshot, SourceRow, Touched};

/// Entries of the log that make one step.
const STEP: u32 = 1_000;
/// Rows that are read at once at start.
const PAGE: u32 = 2_000;
/// Rows that are asked for by id at once.
const LOOKUP: usize = 500;

/// The whole store. What changes meanwhile is read again from the log.
pub(crate) async fn load(store: &Store) -> Result<Snapshot, LoadError> {
    let mut snapshot = Snapshot::at(store.head().await?);
    let mut touched = Touched::everything();
    snapshot.put_sources(source_rows(store).await?, &mut touched);
    for identity in store.load_identities().await? {
        snapshot.put_identity(identity, &mut touched);
    }
    for project in store.load_projects().await? {
        snapshot.put_project(project, &mut touched);
    }
    load_rows(store, &mut snapshot, &mut touched).await?;
    snapshot.put_redirects(store.redirects().await?, &mut touched);
    snapshot.put_reviews(store.link_reviews().await?, &mut touched);
    snapshot.settle(touched);
    Ok(snapshot)
}

/// Rows as they come from the store, in whatever order.
enum Rows {
    Tasks(Vec<Task>),
    /// Links, each task's together.
    Links(Vec<(TaskId, Vec<Link>)>),
}

/// Takes in tasks and links, while the next ones are being read.
async fn load_rows(
    store: &Store,
    snapshot: &mut Snapshot,
    touched: &mut Touched,
) -> Result<(), LoadError> {
    let (sender, mut rows) = mpsc::channel(2);
    let mut readers = JoinSet::new();
    readers.spawn(read_tasks(store.clone(), sender.clone()));
    readers.spawn(read_links(store.clone(), sender));
    while let Some(rows) = rows.recv().await {
        match rows {
            Rows::Tasks(tasks) => {
                tasks.iter().for_each(|task| snapshot.put_task(task, touched));
            }
            Rows::Links(links) => {
                links
                    .into_iter()
                    .for_each(|(stater, links)| snapshot.put_links(stater, links, touched));
            }
        }
    }
    readers.join_all().await.into_iter().collect()
}

async fn read_tasks(store: Store, sender: mpsc::Sender<Rows>) -> Result<(), LoadError> {
    let mut after = None;
    loop {
        let tasks = store.load_tasks(after, PAGE).await?;
        let Some(last) = tasks.last() else { return Ok(()) };
        after = Some(last.id);
        if sender.send(Rows::Tasks(tasks)).await.is_err() {
            return Ok(());
        }
    }
}

async fn read_links(store: Store, sender: mpsc::Sender<Rows>) -> Result<(), LoadError> {
    let mut declared = BTreeMap::<TaskId, Vec<Link>>::new();
    for link in store.load_declared_links().await? {
        declared.entry(link.stated_by).or_default().push(link);
    }
    let mut after: Option<(TaskId, LinkId, Timestamp)> = None;
    let mut stated: Vec<(TaskId, Vec<Link>)> = Vec::new();
    loop {
        let links = store.load_links(after, PAGE).await?;
        let Some(last) = links.last() else { break };
        after = Some((last.stated_by, last.id, last.since));
        // The last task of a page may go on in the next one.
        let unfinished = stated.pop();
        for (stater, links) in &mut stated {
            links.extend(declared.remove(stater).unwrap_or_default());
        }
        if sender.send(Rows::Links(std::mem::take(&mut stated))).await.is_err() {
            return Ok(());
        }
        stated.extend(unfinished);
        for link in links {
            match stated.last_mut() {
                Some((stater, links)) if *stater == link.stated_by => links.push(link),
                _ => stated.push((link.stated_by, vec![link])),
            }
        }
    }
    for (stater, links) in stated {
        declared.entry(stater).or_default().extend(links);
    }
    // Where nobody listens any more, nobody misses it.
    let _ = sender.send(Rows::Links(declared.into_iter().collect())).await;
    Ok(())
}

/// What a step of the log says to look at again.
#[derive(Default)]
struct Dirty {
    tasks: BTreeSet<TaskId>,
    people: BTreeSet<PersonId>,
    projects: BTreeSet<ProjectId>,
    sources: BTreeSet<SourceId>,
    redirects: bool,
    reviews: bool,
}

impl Dirty {
    fn of(changes: &[Change]) -> Self {
        let mut dirty = Self::default();
        for change in changes {
            match change.subject {
                Subject::Task(id) => drop(dirty.tasks.insert(id)),
                Subject::Person(id) => drop(dirty.people.insert(id)),
                Subject::Project(id) => drop(dirty.projects.insert(id)),
                Subject::Source(id) => drop(dirty.sources.insert(id)),
            }
            // A move shows as an entry of its own, or as a task whose key has changed.
            dirty.reviews |= change.field == "linkReview";
            dirty.redirects |= matches!(change.field.as_str(), "movedTo" | "key" | "previousKeys");
        }
        dirty
    }

    /// What goes with a source that was removed. Its tasks and projects go without a look. One that is back already is told by the time its credential
    /// was set, and then anything of the old one may be gone.
    fn add_all_of_removed(&mut self, snapshot: &Snapshot, sources: &[SourceRow]) {
        let known = snapshot.sources.iter().flatten().map(|row| row.source.id);
        let looked_at: BTreeSet<SourceId> = known.chain(self.sources.iter().copied()).collect();
        for id in looked_at {
            let Some(symbol) = snapshot.names.sources.find(&id) else { continue };
            let old = snapshot.source(symbol);
            let new = sources.iter().find(|row| row.source.id == id);
            if let (Some(old), Some(new)) = (old, new)
                && is_the_same(new, old)
            {
                continue;
            }
            let people = snapshot.people.known_by(symbol).into_iter().flat_map(|all| all.iter());
            self.people.extend(people.filter_map(|one| Some(snapshot.people.identity(one)?.id)));
            if old.is_some() && new.is_some() {
                let tasks = snapshot.postings.source.get(symbol);
                let tasks = tasks.into_iter().flat_map(|tasks| tasks.iter());
                self.tasks.extend(tasks.filter_map(|task| Some(snapshot.row(task)?.id)));
                let projects = snapshot.projects.iter().flatten();
                let projects = projects.filter(|project| project.source == id);
                self.projects.extend(projects.map(|project| project.id));
            }
        }
    }
}

/// Whether a source was not removed and added again in between.
fn is_the_same(new: &SourceRow, old: &SourceRow) -> bool {
    new.source.credential_set_at == old.source.credential_set_at
}

/// The snapshot after the next step of the log; `None` at its end.
pub(crate) async fn next(store: &Store, newest: &Snapshot) -> Result<Option<Snapshot>, LoadError> {
    let changes = store.read_log(newest.position, STEP).await?;
    let Some(last) = changes.last() else { return Ok(None) };
    let mut dirty = Dirty::of(&changes);
    let sources = if dirty.sources.is_empty() { None } else { Some(source_rows(store).await?) };
    if let Some(sources) = &sources {
        dirty.add_all_of_removed(newest, sources);
    }

    let mut next = newest.clone();
    let mut touched = Touched::default();
    next.position = last.position;
    let sources_changed = sources.is_some_and(|sources| next.put_sources(sources, &mut touched));
    put_people(store, &mut next, &dirty.people, &mut touched).await?;
    put_projects(store, &mut next, &dirty.projects, &mut touched).await?;
    put_tasks(store, &mut next, &dirty.tasks, &mut touched).await?;
    if dirty.redirects {
        next.put_redirects(store.redirects().await?, &mut touched);
    }
    if dirty.reviews {
        next.put_reviews(store.link_reviews().await?, &mut touched);
    }
    count_generations(&mut next, touched.changed, sources_changed);
    next.settle(touched);
    Ok(Some(next))
}

/// The snapshot with sources and freshness as they are now; `None` where that changes nothing.
/// Sources that come and go are the log's to tell, together with what is theirs.
pub(crate) async fn refreshed(
    store: &Store,
    newest: &Snapshot,
) -> Result<Option<Snapshot>, LoadError> {
    let rows = source_rows(store).await?;
    let known = |row: &SourceRow| {
        let symbol = newest.names.sources.find(&row.source.id);
        symbol.and_then(|symbol| newest.source(symbol)).is_some_and(|old| is_the_same(row, old))
    };
    if rows.len() != newest.sources.iter().flatten().count() || !rows.iter().all(known) {
        return Ok(None);
    }
    let mut next = newest.clone();
    let changed = next.put_sources(rows, &mut Touched::default());
    count_generations(&mut next, false, changed);
    Ok(changed.then_some(next))
}

fn count_generations(next: &mut Snapshot, content: bool, sources: bool) {
    next.generation += u64::from(content || sources);
    next.content_generation += u64::from(content);
}

async fn put_people(
    store: &Store,
    next: &mut Snapshot,
    ids: &BTreeSet<PersonId>,
    touched: &mut Touched,
) -> Result<(), LoadError> {
    for ids in chunks(ids) {
        let mut gone: BTreeSet<PersonId> = ids.iter().copied().collect();
        for identity in store.identities_by_id(&ids).await? {
            gone.remove(&identity.id);
            next.put_identity(identity, touched);
        }
        for id in gone {
            next.remove_identity(id, touched);
        }
    }
    Ok(())
}

async fn put_projects(
    store: &Store,
    next: &mut Snapshot,
    ids: &BTreeSet<ProjectId>,
    touched: &mut Touched,
) -> Result<(), LoadError> {
    for ids in chunks(ids) {
        let mut gone: BTreeSet<ProjectId> = ids.iter().copied().collect();
        for project in store.projects_by_id(&ids).await? {
            gone.remove(&project.id);
            next.put_project(project, touched);
        }
        for id in gone {
            next.remove_project(id, touched);
        }
    }
    Ok(())
}

async fn put_tasks(
    store: &Store,
    next: &mut Snapshot,
    ids: &BTreeSet<TaskId>,
    touched: &mut Touched,
) -> Result<(), LoadError> {
    for ids in chunks(ids) {
        let mut stated: BTreeMap<TaskId, Vec<Link>> =
            ids.iter().map(|id| (*id, Vec::new())).collect();
        for link in store.links_stated_by(&ids).await? {
            stated.entry(link.stated_by).or_default().push(link);
        }
        let mut gone: BTreeSet<TaskId> = ids.iter().copied().collect();
        let tasks = store.tasks_by_id(&ids).await?;
        put_unknown(store, next, &tasks, touched).await?;
        for task in &tasks {
            gone.remove(&task.id);
            next.put_task(task, touched);
        }
        for (stater, links) in stated {
            next.put_links(stater, links, touched);
        }
        for id in gone {
            next.remove_task(id, touched);
        }
    }
    Ok(())
}

/// Whom and what these tasks name ahead of the log: rows are read as they are now.
async fn put_unknown(
    store: &Store,
    next: &mut Snapshot,
    tasks: &[Task],
    touched: &mut Touched,
) -> Result<(), LoadError> {
    let (mut projects, mut people) = (BTreeSet::new(), BTreeSet::new());
    for task in tasks {
        let (project, persons) = next.unknown_to(task);
        projects.extend(project);
        people.extend(persons);
    }
    put_projects(store, next, &projects, touched).await?;
    put_people(store, next, &people, touched).await
}

fn chunks<T: Copy + Ord>(ids: &BTreeSet<T>) -> Vec<Vec<T>> {
    let ids: Vec<T> = ids.iter().copied().collect();
    ids.chunks(LOOKUP).map(<[T]>::to_vec).collect()
}

/// Every source with its scopes, and what it has not read yet of what it was told.
async fn source_rows(store: &Store) -> Result<Vec<SourceRow>, LoadError> {
    let mut scopes = BTreeMap::<SourceId, Vec<ScopeState>>::new();
    for scope in store.all_scopes().await? {
        // What moves with every batch would make a new snapshot of every look.
        let still = ScopeState {
            cursor: None,
            next_run_at: Timestamp(0),
            failures: 0,
            history_after: None,
            ..scope
        };
        scopes.entry(still.source).or_default().push(still);
    }
    let mut unread_news = BTreeMap::<SourceId, BTreeMap<Option<TaskId>, Timestamp>>::new();
    for (source, task, told_at) in store.unread_news().await? {
        unread_news.entry(source).or_default().insert(task, told_at);
    }
    let rows = store.sources().await?.into_iter().map(|source| {
        let mut scopes = scopes.remove(&source.id).unwrap_or_default();
        scopes.sort_by(|left, right| left.key.cmp(&right.key));
        let unread_news = unread_news.remove(&source.id).unwrap_or_default();
        SourceRow { source, scopes: scopes.into(), unread_news }
    });
    Ok(rows.collect())
}
