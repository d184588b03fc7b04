//! Writes the plan into the world: issues first, then comments and events in the order of time, so
//! that ids grow with time as they do at GitHub.

use mainstem_model::Timestamp;

use crate::generate::plan::{Closing, Planned, PlannedPull};
use crate::generate::{Dice, text};
use crate::site::SiteOptions;
use crate::world::{
    Commit, EventKind, Issue, IssueKey, Mention, Presence, PullRequest, Reference, StateReason,
    Text, UserKey, World,
};

struct Happening {
    at: Timestamp,
    issue: IssueKey,
    actor: UserKey,
    what: What,
}

enum What {
    Event(EventKind),
    Comment(u64),
}

/// Carries the plan out.
pub(super) fn carry_out(world: &mut World, options: &SiteOptions, plan: Vec<Planned>) {
    let mut dice = Dice::new(options.seed ^ 0x0068_6973_746f_7279);
    let mut happenings = Vec::with_capacity(plan.len() * 6);
    for planned in &plan {
        let key = add(world, planned);
        tell(world, key, planned, &mut dice, options, &mut happenings);
    }
    for (place, planned) in plan.iter().enumerate() {
        relate(world, IssueKey(place as u32), planned);
    }
    let now = world.now();
    // Nothing happens after the present; what would, happened just before it.
    for happening in &mut happenings {
        happening.at = happening.at.min(now.plus_seconds(-60));
    }
    happenings.sort_by_key(|happening| happening.at);
    for Happening { at, issue, actor, what } in happenings {
        let moves = match what {
            What::Comment(seed) => {
                world.add_comment(issue, actor, Text::Seeded(seed), at);
                true
            }
            What::Event(kind) => {
                let moves = !is_relation(&kind);
                world.record_by(issue, actor, kind, at);
                moves
            }
        };
        if moves {
            let updated = &mut world.issue_mut(issue).updated_at;
            *updated = at.max(*updated);
        }
    }
}

fn is_relation(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::BlockedByAdded(_)
            | EventKind::BlockingAdded(_)
            | EventKind::SubIssueAdded(_)
            | EventKind::ParentIssueAdded(_)
            | EventKind::CrossReferenced(..)
            | EventKind::Connected(_)
    )
}

fn add(world: &mut World, planned: &Planned) -> IssueKey {
    let repository = &world[planned.repository];
    let labels = planned
        .label_places
        .iter()
        .filter_map(|&place| repository.labels.get(place).copied())
        .collect();
    let milestone =
        planned.milestone_place.and_then(|place| repository.milestones.get(place).copied());
    let latest = world.now().plus_seconds(-60);
    let ends = planned.closed.map(|Closing { at, .. }| at.min(latest));
    world.add_issue(Issue {
        number: 0,
        repository: planned.repository,
        title: text::title(planned.seed).into(),
        created_at: planned.created_at,
        updated_at: planned.created_at,
        closed_at: ends,
        presence: Presence::Present,
        pull_request: planned.pull.as_ref().map(|pull| pull_request(planned, pull, ends)),
        body: Text::Seeded(planned.seed),
        references: references(planned),
        author: planned.author,
        state_reason: planned
            .closed
            .filter(|_| planned.pull.is_none())
            .map(|closing| closing.reason),
        closed_by: planned.closed.map(|closing| closing.by),
        issue_type: planned.issue_type,
        milestone,
        labels,
        assignees: planned.assignees.clone(),
        comments: Vec::new(),
        events: Vec::new(),
        blocked_by: Vec::new(),
        blocking: Vec::new(),
        parent: None,
        sub_issues: Vec::new(),
        closed_by_pulls: Vec::new(),
        duplicate_of: duplicate_of(planned),
        malformation: None,
        version: 0,
    })
}

fn pull_request(
    planned: &Planned,
    pull: &PlannedPull,
    ends: Option<Timestamp>,
) -> Box<PullRequest> {
    let branch = text::title(planned.seed)
        .to_lowercase()
        .replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    Box::new(PullRequest {
        draft: pull.draft,
        merged_at: ends.filter(|_| pull.merged),
        branch: branch.into(),
        closes: pull.closes.into_iter().collect(),
        commits: commits(planned),
    })
}

/// One to four commits, ten minutes apart, made before the pull request was.
fn commits(planned: &Planned) -> Vec<Commit> {
    let count = 1 + planned.seed / 8 % 4;
    (0..count)
        .map(|place| {
            let seed = planned.seed.wrapping_add(place * 8);
            let committed_at = planned.created_at.plus_seconds(600 * (place as i64 - count as i64));
            Commit { seed, message: Text::Seeded(seed), committed_at }
        })
        .collect()
}

fn references(planned: &Planned) -> Box<[Reference]> {
    let named = planned.pull.iter().filter(|pull| !pull.by_hand);
    let closes = named.filter_map(|pull| pull.closes).map(|issue| (Mention::Closes, issue));
    // Some write down what the relation says already, most do not.
    let blocked_by = planned
        .blocked_by
        .iter()
        .filter(|_| planned.seed.is_multiple_of(5))
        .map(|&issue| (Mention::BlockedBy, issue));
    let part_of = planned
        .parent
        .iter()
        .filter(|_| planned.seed.is_multiple_of(3))
        .map(|&issue| (Mention::PartOf, issue));
    let see_also = planned.see_also.iter().map(|&issue| (Mention::SeeAlso, issue));
    closes
        .chain(blocked_by)
        .chain(part_of)
        .chain(see_also)
        .map(|(mention, issue)| Reference { mention, issue })
        .collect()
}

/// What it repeats, unless a pull request closed it after all.
fn duplicate_of(planned: &Planned) -> Option<IssueKey> {
    planned
        .duplicate_of
        .filter(|_| planned.closed.is_some_and(|closing| closing.reason == StateReason::Duplicate))
}

/// The relations themselves; their events are told with the others.
fn relate(world: &mut World, key: IssueKey, planned: &Planned) {
    for &blocker in &planned.blocked_by {
        world.issue_mut(key).blocked_by.push(blocker);
        world.issue_mut(blocker).blocking.push(key);
    }
    if let Some(parent) = planned.parent {
        world.issue_mut(key).parent = Some(parent);
        world.issue_mut(parent).sub_issues.push(key);
    }
    if let Some(closes) = planned.pull.as_ref().and_then(|pull| pull.closes) {
        world.issue_mut(closes).closed_by_pulls.push(key);
    }
}

fn tell(
    world: &World,
    key: IssueKey,
    planned: &Planned,
    dice: &mut Dice,
    options: &SiteOptions,
    happenings: &mut Vec<Happening>,
) {
    let issue = &world[key];
    let author = planned.author;
    let started = planned.created_at;
    let mut happen = |issue, actor, at, what| happenings.push(Happening { at, issue, actor, what });
    let mut event = |kind, actor, at| happen(key, actor, at, What::Event(kind));

    for &label in &issue.labels {
        event(EventKind::Labeled(label), author, started);
    }
    if let Some(issue_type) = issue.issue_type {
        event(EventKind::IssueTypeAdded(issue_type), author, started);
    }
    if let Some(milestone) = issue.milestone {
        event(EventKind::Milestoned(milestone), author, started.plus_seconds(40));
    }
    for &assignee in &issue.assignees {
        event(EventKind::Assigned(assignee), author, started.plus_seconds(90));
    }
    if let Some(Closing { at, by, reason, pull }) = planned.closed {
        match &planned.pull {
            Some(PlannedPull { merged: true, .. }) => {
                event(EventKind::Merged, by, at);
                event(EventKind::Closed(None, None), by, at);
            }
            Some(_) => event(EventKind::Closed(None, None), by, at),
            None => event(EventKind::Closed(Some(reason), pull), by, at),
        }
        if let Some(original) = issue.duplicate_of {
            event(EventKind::MarkedAsDuplicate(original), by, at);
        }
    }
    let mut pair = |one, other, at| {
        happen(key, author, at, What::Event(one));
        let (issue, kind) = other;
        happen(issue, author, at, What::Event(kind));
    };
    for &blocker in &planned.blocked_by {
        let at = started.plus_seconds(600);
        pair(EventKind::BlockedByAdded(blocker), (blocker, EventKind::BlockingAdded(key)), at);
    }
    if let Some(parent) = planned.parent {
        let at = started.plus_seconds(300);
        pair(EventKind::ParentIssueAdded(parent), (parent, EventKind::SubIssueAdded(key)), at);
    }
    if let Some(PlannedPull { closes: Some(issue), by_hand: true, .. }) = planned.pull {
        let at = started.plus_seconds(120);
        pair(EventKind::Connected(issue), (issue, EventKind::Connected(key)), at);
    }
    for Reference { mention, issue } in references(planned) {
        let kind = EventKind::CrossReferenced(key, mention == Mention::Closes);
        happen(issue, author, started, What::Event(kind));
    }
    let most = options.comments_per_hundred as usize;
    let comments = most / 100 * 2;
    let count = if dice.chance((most % 100 * 2 / 3) as u32) { 1 + dice.below(2) } else { 0 }
        + dice.below(comments + 1);
    let end = planned.closed.map_or(world.now(), |closing| closing.at);
    let span = (end.seconds() - started.seconds()).max(120) as usize;
    let people: Vec<UserKey> = world.people().collect();
    for _ in 0..count {
        let at = started.plus_seconds(100 + dice.below(span) as i64);
        happen(key, *dice.pick(&people), at, What::Comment(dice.roll()));
    }
}
