//! Reading issues, pull requests, comments, events, labels and milestones.

use crate::answer::{Refusal, Reply};
use crate::rest::cache::CommentQuery;
use crate::rest::call::Call;
use crate::rest::query::IssueQuery;
use crate::site::Site;
use crate::wire::{TimelineEntry, Wire};
use crate::world::{CommentKey, EventKey, EventKind, IssueKey, RepositoryKey, World};

/// What the record of an issue depends on beside the organisation: itself and its milestone's counts.
pub(super) fn issue_version(world: &World, key: IssueKey) -> (IssueKey, u64, Option<u64>) {
    let issue = &world[key];
    (key, issue.version, issue.milestone.map(|milestone| world[milestone].version))
}

fn comment_version(world: &World, key: CommentKey) -> (CommentKey, u64) {
    (key, world[key].version)
}

pub(super) fn list(
    site: &Site,
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
) -> Result<Reply, Refusal> {
    let query = IssueQuery::read(call, world, repository)?;
    let issues = site.0.lists.issues(world, query.clone());
    if site.0.issue_cursors {
        return call.list_by_cursor(world, &query, &issues);
    }
    Ok(call.list(world, &issues, |key| issue_version(world, key), Wire::issue))
}

pub(super) fn issue(call: &Call<'_>, world: &World, issue: IssueKey) -> Result<Reply, Refusal> {
    Ok(call.record(world, issue, issue_version(world, issue), Wire::single_issue))
}

pub(super) fn pull_requests(
    site: &Site,
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
) -> Result<Reply, Refusal> {
    let query =
        IssueQuery { pull_requests: Some(true), ..IssueQuery::read(call, world, repository)? };
    let pulls = site.0.lists.issues(world, query);
    Ok(call.list_content(world, &pulls, Wire::pull_request))
}

pub(super) fn pull_request(
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
    number: &str,
) -> Result<Reply, Refusal> {
    let pull = call.issue(world, repository, number, &[])?;
    if !world[pull].is_pull_request() {
        return Err(Refusal::NotFound);
    }
    Ok(call.content(world, |wire| wire.full_pull_request(pull)))
}

pub(super) fn repository_comments(
    site: &Site,
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
) -> Result<Reply, Refusal> {
    let descending = call.word("direction", &["asc", "desc"], "IssueComment")? == "desc";
    let query = CommentQuery {
        repository,
        since: call.since()?,
        by_update: call.word("sort", &["created", "updated"], "IssueComment")? == "updated",
        // GitHub heeds the direction only together with the order.
        descending: descending && call.parameter("sort").is_some(),
    };
    let comments = site.0.lists.comments(world, query);
    Ok(call.list(world, &comments, |key| comment_version(world, key), Wire::comment))
}

pub(super) fn comments(call: &Call<'_>, world: &World, issue: IssueKey) -> Result<Reply, Refusal> {
    let since = call.since()?;
    let comments: Vec<CommentKey> = world[issue]
        .comments
        .iter()
        .copied()
        .filter(|&key| since.is_none_or(|since| world[key].updated_at >= since))
        .collect();
    Ok(call.list(world, &comments, |key| comment_version(world, key), Wire::comment))
}

pub(super) fn comment(
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
    id: &str,
) -> Result<Reply, Refusal> {
    let comment = find_comment(world, repository, id)?;
    Ok(call.record(world, comment, comment_version(world, comment), Wire::comment))
}

pub(super) fn find_comment(
    world: &World,
    repository: RepositoryKey,
    id: &str,
) -> Result<CommentKey, Refusal> {
    id.parse()
        .ok()
        .and_then(|id| world.comment_by_id(id))
        .filter(|&key| world[world[key].issue].repository == repository)
        .ok_or(Refusal::NotFound)
}

pub(super) fn repository_events(
    site: &Site,
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
) -> Result<Reply, Refusal> {
    Ok(call.list_content(world, &site.0.lists.events(world, repository), Wire::repository_event))
}

pub(super) fn events(call: &Call<'_>, world: &World, issue: IssueKey) -> Result<Reply, Refusal> {
    let events: Vec<EventKey> = world[issue]
        .events
        .iter()
        .copied()
        .filter(|&key| !world[key].kind.is_cross_reference())
        .collect();
    Ok(call.list_content(world, &events, Wire::issue_event))
}

pub(super) fn timeline(call: &Call<'_>, world: &World, issue: IssueKey) -> Result<Reply, Refusal> {
    Ok(call.list_content(world, &world.timeline(issue), Wire::timeline_entry))
}

impl World {
    /// Comments and visible events of an issue, oldest first.
    pub(crate) fn timeline(&self, issue: IssueKey) -> Vec<TimelineEntry> {
        let issue = &self[issue];
        let events = issue
            .events
            .iter()
            .filter(|&&key| match self[key].kind {
                EventKind::CrossReferenced(source, _) => self.is_visible(source),
                _ => true,
            })
            .map(|&key| (self[key].created_at, TimelineEntry::Event(key)));
        let comments =
            issue.comments.iter().map(|&key| (self[key].created_at, TimelineEntry::Comment(key)));
        let mut entries: Vec<_> = events.chain(comments).collect();
        entries.sort_by_key(|(at, _)| *at);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }
}

pub(super) fn labels(
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
) -> Result<Reply, Refusal> {
    Ok(call.list_content(world, &world[repository].labels, Wire::label))
}

pub(super) fn issue_labels(
    call: &Call<'_>,
    world: &World,
    issue: IssueKey,
) -> Result<Reply, Refusal> {
    Ok(call.list_content(world, &world[issue].labels, Wire::label))
}

pub(super) fn milestones(
    call: &Call<'_>,
    world: &World,
    repository: RepositoryKey,
) -> Result<Reply, Refusal> {
    let state = call.word("state", &["open", "closed", "all"], "Milestone")?;
    let milestones: Vec<_> = world[repository]
        .milestones
        .iter()
        .copied()
        .filter(|&key| state == "all" || (state == "closed") == world[key].closed_at.is_some())
        .collect();
    Ok(call.list_content(world, &milestones, Wire::milestone))
}
