//! Entries of the timeline.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo, ResolvedValue};
use mainstem_model::Timestamp;

use crate::graphql::issue::reason_word;
use crate::graphql::object::{Object, Resolved, Thing, leaf};
use crate::wire::TimelineEntry;
use crate::world::{EventKey, EventKind, World};

/// The entry as a thing.
pub(super) const fn thing(entry: TimelineEntry) -> Thing {
    match entry {
        TimelineEntry::Event(key) => Thing::Event(key),
        TimelineEntry::Comment(key) => Thing::Comment(key),
    }
}

/// When it happened.
pub(super) fn entry_time(world: &World, entry: TimelineEntry) -> Timestamp {
    match entry {
        TimelineEntry::Event(key) => world[key].created_at,
        TimelineEntry::Comment(key) => world[key].created_at,
    }
}

/// The word that filters take, such as `BLOCKED_BY_ADDED_EVENT`.
pub(super) fn item_type(world: &World, thing: Thing) -> String {
    let Thing::Event(key) = thing else { return "ISSUE_COMMENT".into() };
    let mut word = String::new();
    for letter in world[key].kind.type_name().chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_uppercase());
    }
    word
}

/// A field of an event.
pub(super) fn field<'w>(
    object: &Object<'w>,
    key: EventKey,
    field: &str,
    info: &ResolveInfo<'_>,
) -> Resolved<'w> {
    let world = object.context.world;
    let event = &world[key];
    let this = || object.other(Thing::Issue(event.issue));
    Ok(match (field, &event.kind) {
        ("actor", _) => object.other(Thing::User(event.actor)),
        ("createdAt" | "referencedAt", _) => leaf(event.created_at.to_string()),
        ("id", _) => leaf(world.event_node_id(key)),
        ("label", EventKind::Labeled(label) | EventKind::Unlabeled(label)) => {
            object.other(Thing::Label(*label))
        }
        ("assignee", EventKind::Assigned(user) | EventKind::Unassigned(user)) => {
            object.other(Thing::User(*user))
        }
        (
            "milestoneTitle",
            EventKind::Milestoned(milestone) | EventKind::Demilestoned(milestone),
        ) => leaf(world[*milestone].title.as_str()),
        ("previousTitle", EventKind::Renamed(names)) => leaf(names.0.as_str()),
        ("currentTitle", EventKind::Renamed(names)) => leaf(names.1.as_str()),
        ("stateReason", EventKind::Closed(reason, _)) => {
            reason.map_or_else(ResolvedValue::null, |reason| leaf(reason_word(reason)))
        }
        ("stateReason", EventKind::Reopened) => leaf("REOPENED"),
        ("closer", EventKind::Closed(_, closer)) => object.visible(*closer),
        ("pullRequest" | "issue", _) => this(),
        ("issueType", EventKind::IssueTypeAdded(new) | EventKind::IssueTypeChanged(_, new)) => {
            object.other(Thing::IssueType(*new))
        }
        ("issueType", EventKind::IssueTypeRemoved(old))
        | ("prevIssueType", EventKind::IssueTypeChanged(old, _)) => {
            object.other(Thing::IssueType(*old))
        }
        (
            "blockingIssue",
            EventKind::BlockedByAdded(other) | EventKind::BlockedByRemoved(other),
        )
        | ("blockedIssue", EventKind::BlockingAdded(other) | EventKind::BlockingRemoved(other))
        | ("subIssue", EventKind::SubIssueAdded(other) | EventKind::SubIssueRemoved(other))
        | ("parent", EventKind::ParentIssueAdded(other) | EventKind::ParentIssueRemoved(other)) => {
            object.visible(Some(*other))
        }
        ("source", EventKind::CrossReferenced(source, _))
        | ("subject", EventKind::Connected(source) | EventKind::Disconnected(source)) => {
            object.other(Thing::Issue(*source))
        }
        ("source", EventKind::Connected(_) | EventKind::Disconnected(_))
        | ("target", EventKind::CrossReferenced(..))
        | ("duplicate", EventKind::MarkedAsDuplicate(_)) => this(),
        ("willCloseTarget", EventKind::CrossReferenced(_, closes)) => leaf(*closes),
        (
            "isCrossRepository",
            EventKind::CrossReferenced(other, _)
            | EventKind::Connected(other)
            | EventKind::Disconnected(other)
            | EventKind::MarkedAsDuplicate(other),
        ) => leaf(world[*other].repository != world[event.issue].repository),
        ("canonical", EventKind::MarkedAsDuplicate(other)) => object.visible(Some(*other)),
        ("fromRepository", EventKind::Transferred(from)) => {
            object.maybe(Some(Thing::Repository(*from)).filter(|_| !world[*from].hidden))
        }
        _ => return Err(object.unknown_field_error(info)),
    })
}
