//! What the texts of tasks say of other tasks: read close behind the changes, whatever the tool.

use std::collections::BTreeMap;
use std::sync::Arc;

use mainstem_model::{
    Clock, CommentId, Evidence, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, RemoteLink, TaskKind,
    Timestamp,
};
use mainstem_references::{Place, Reference, Site, Target, Text, Tool, grammar};
use mainstem_store::{Store, StoreError, TaskTexts};
use tokio::task::JoinError;
use uuid::Uuid;

/// Grows whenever texts are read otherwise, so that all of them are read anew.
const READER: i64 = 2;

/// Pieces of evidence that are kept of one link; those that came first.
const MOST_EVIDENCE: usize = 5;

/// How far a link is believed that somebody has laid in a tool by hand, where its words tell the kind.
const LAID_BY_HAND: f64 = 0.95;

/// Reads what the texts of tasks say of other tasks, up to the newest change; answers how many links
/// changed. [`Engine::run`](crate::Engine::run) does so all the time.
///
/// # Errors
/// Where the store cannot be read or written.
pub async fn read_texts(store: &Store, clock: &dyn Clock) -> Result<u64, StoreError> {
    let mut written = 0;
    while let Some(step) = store.texts_to_read(READER).await? {
        let step = Arc::new(step);
        let read = Arc::clone(&step);
        let now = clock.now();
        let reading = tokio::task::spawn_blocking(move || {
            read.tasks.iter().flat_map(|task| stated(task, now)).collect()
        });
        let links: Vec<Link> = match reading.await.map_err(JoinError::try_into_panic) {
            Ok(links) => links,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // The program is ending; the next start goes on from here.
            Err(Err(_)) => break,
        };
        written += store.put_inferences(&step, links).await?.unwrap_or(0);
    }
    Ok(written)
}

/// Every link that the texts of a task state, with the words that do.
fn stated(task: &TaskTexts, now: Timestamp) -> Vec<Link> {
    let mut links = Links { task, now, found: BTreeMap::new() };
    links.read(Place::Title, &task.title, task.said_at, task.url.as_deref(), None);
    if let Some(body) = &task.body {
        links.read(Place::Body, body, task.said_at, task.url.as_deref(), None);
    }
    if let Some(branch) = &task.branch {
        links.read(Place::BranchName, branch, task.said_at, task.url.as_deref(), None);
    }
    for commit in &task.commits {
        // The date is the word of whoever committed it.
        let at = commit.committed_at.unwrap_or(task.said_at).min(now);
        links.read(Place::CommitMessage, &commit.message, at, Some(&commit.url), None);
    }
    for remote in &task.remote_links {
        links.lead(remote);
    }
    for comment in &task.comments {
        let id = Some(comment.id);
        links.read(Place::Comment, &comment.body, comment.said_at, comment.url.as_deref(), id);
    }
    links.finish()
}

/// The links of one task in the making.
struct Links<'t> {
    task: &'t TaskTexts,
    now: Timestamp,
    /// By kind, direction and what is named.
    found: BTreeMap<(LinkKind, bool, String), Link>,
}

impl Links<'_> {
    fn read(
        &mut self,
        place: Place,
        text: &str,
        at: Timestamp,
        url: Option<&str>,
        comment: Option<CommentId>,
    ) {
        let task = self.task;
        let tool = tool_of(&task.connector);
        let host = task.site.as_deref().map_or("", host_of);
        let site = Site { tool, host, project: &task.project_key };
        let pull_request = task.kind == TaskKind::PullRequest;
        for reference in mainstem_references::read(&Text { place, text, site, pull_request }) {
            self.add(reference, at, url, comment);
        }
    }

    /// What somebody laid from the task to an address in another tool.
    fn lead(&mut self, remote: &RemoteLink) {
        let Some(target) = grammar::address::target(&remote.url) else { return };
        let relationship = remote.relationship.as_deref().unwrap_or_default().to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| relationship.contains(word));
        let titled = self.task.title.chars().count() >= MEANT_TITLE
            && remote.title.to_lowercase().contains(&self.task.title.to_lowercase());
        let (kind, outgoing) = if says(&["blocked by", "depends on", "waits for"]) {
            (LinkKind::Blocks, false)
        } else if says(&["blocks"]) {
            (LinkKind::Blocks, true)
        } else if titled || says(&["mirror", "sync", "clone", "copy", "same", "duplicate"]) {
            (LinkKind::Mirrors, true)
        } else if says(&["mention"]) {
            (LinkKind::Mentions, true)
        } else if remote.url.contains("/pull/") {
            (LinkKind::Implements, false)
        } else {
            (LinkKind::Relates, true)
        };
        let quote = match &remote.relationship {
            Some(relationship) => format!("{relationship}: {}", remote.title),
            None => remote.title.clone(),
        };
        let reference = Reference { kind, outgoing, target, quote, confidence: LAID_BY_HAND };
        self.add(reference, self.task.said_at, Some(&remote.url), None);
    }

    fn add(
        &mut self,
        reference: Reference,
        at: Timestamp,
        url: Option<&str>,
        comment: Option<CommentId>,
    ) {
        if self.names_itself(&reference.target) {
            return;
        }
        let Reference { kind, outgoing, target, quote, confidence } = reference;
        let evidence = Evidence { quote, url: url.map(str::to_owned), comment, seen_at: self.now };
        let own = LinkEnd::new(Some(self.task.task), self.task.key.clone());
        let site = target.host.as_deref().map(without_port).filter(|host| !host.is_empty());
        let other = LinkEnd { task: None, key: target.key, site: site.map(str::to_owned) };
        let place = (kind, outgoing, other.identity());
        let (from, to) = if outgoing { (own, other) } else { (other, own) };
        let link = self.found.entry(place).or_insert_with(|| Link {
            id: LinkId(Uuid::nil()),
            kind,
            from,
            to,
            origin: LinkOrigin::Inferred,
            confidence,
            stated_by: self.task.task,
            source: self.task.source,
            evidence: Vec::new(),
            since: at,
            until: None,
        });
        link.confidence = link.confidence.max(confidence);
        link.since = link.since.min(at);
        // The first message of a thread stands in the task and in a comment.
        let is_known = link.evidence.iter().any(|known| known.quote == evidence.quote);
        if link.evidence.len() < MOST_EVIDENCE && !is_known {
            link.evidence.push(evidence);
        }
    }

    fn names_itself(&self, target: &Target) -> bool {
        let task = self.task;
        let here = task.site.as_deref().map_or("", host_of);
        let keys = std::iter::once(&task.key).chain(&task.previous_keys);
        target.host.as_deref().is_none_or(|host| without_port(host).eq_ignore_ascii_case(here))
            && keys.into_iter().any(|key| key.eq_ignore_ascii_case(&target.key))
    }

    /// All links; what is named only is left out where more is said of it.
    fn finish(self) -> Vec<Link> {
        let typed: Vec<String> = self
            .found
            .keys()
            .filter(|(kind, ..)| *kind != LinkKind::Mentions)
            .map(|(_, _, named)| named.clone())
            .collect();
        let found = self
            .found
            .into_iter()
            .filter(|((kind, _, named), _)| *kind != LinkKind::Mentions || !typed.contains(named));
        found
            .map(|(_, link)| {
                let id = link.derived_id();
                Link { id, ..link }
            })
            .collect()
    }
}

/// Characters that a title has at least to be recognised in another one.
const MEANT_TITLE: usize = 12;

/// The grammar of a tool. Texts of a tool that has none of its own name tasks as mail does.
fn tool_of(connector: &str) -> Tool {
    match connector {
        "github" => Tool::GitHub,
        "jira" => Tool::Jira,
        _ => Tool::Email,
    }
}

/// The host of a site, which may stand below one.
fn host_of(site: &str) -> &str {
    site.split('/').next().unwrap_or_default()
}

/// A host as a site names it.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    }
}
