//! Events, as the event lists and the timeline show them.

use crate::ids::DatabaseId;
use crate::wire::Wire;
use crate::world::{CommentKey, Event, EventKey, EventKind, IssueKey, IssueTypeKey};

/// One entry of an issue's timeline.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TimelineEntry {
    Event(EventKey),
    Comment(CommentKey),
}

impl EventKind {
    /// The name of the GraphQL interface.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Labeled(_) => "LabeledEvent",
            Self::Unlabeled(_) => "UnlabeledEvent",
            Self::Assigned(_) => "AssignedEvent",
            Self::Unassigned(_) => "UnassignedEvent",
            Self::Milestoned(_) => "MilestonedEvent",
            Self::Demilestoned(_) => "DemilestonedEvent",
            Self::Renamed(_) => "RenamedTitleEvent",
            Self::Closed(..) => "ClosedEvent",
            Self::Reopened => "ReopenedEvent",
            Self::Merged => "MergedEvent",
            Self::ConvertedToDraft => "ConvertToDraftEvent",
            Self::ReadyForReview => "ReadyForReviewEvent",
            Self::IssueTypeAdded(_) => "IssueTypeAddedEvent",
            Self::IssueTypeRemoved(_) => "IssueTypeRemovedEvent",
            Self::IssueTypeChanged(..) => "IssueTypeChangedEvent",
            Self::BlockedByAdded(_) => "BlockedByAddedEvent",
            Self::BlockedByRemoved(_) => "BlockedByRemovedEvent",
            Self::BlockingAdded(_) => "BlockingAddedEvent",
            Self::BlockingRemoved(_) => "BlockingRemovedEvent",
            Self::SubIssueAdded(_) => "SubIssueAddedEvent",
            Self::SubIssueRemoved(_) => "SubIssueRemovedEvent",
            Self::ParentIssueAdded(_) => "ParentIssueAddedEvent",
            Self::ParentIssueRemoved(_) => "ParentIssueRemovedEvent",
            Self::CrossReferenced(..) => "CrossReferencedEvent",
            Self::Connected(_) => "ConnectedEvent",
            Self::Disconnected(_) => "DisconnectedEvent",
            Self::Transferred(_) => "TransferredEvent",
            Self::MarkedAsDuplicate(_) => "MarkedAsDuplicateEvent",
            Self::CommentDeleted => "CommentDeletedEvent",
        }
    }

    /// The name of the REST interface.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Labeled(_) => "labeled",
            Self::Unlabeled(_) => "unlabeled",
            Self::Assigned(_) => "assigned",
            Self::Unassigned(_) => "unassigned",
            Self::Milestoned(_) => "milestoned",
            Self::Demilestoned(_) => "demilestoned",
            Self::Renamed(_) => "renamed",
            Self::Closed(..) => "closed",
            Self::Reopened => "reopened",
            Self::Merged => "merged",
            Self::ConvertedToDraft => "convert_to_draft",
            Self::ReadyForReview => "ready_for_review",
            Self::IssueTypeAdded(_) => "issue_type_added",
            Self::IssueTypeRemoved(_) => "issue_type_removed",
            Self::IssueTypeChanged(..) => "issue_type_changed",
            Self::BlockedByAdded(_) => "blocked_by_added",
            Self::BlockedByRemoved(_) => "blocked_by_removed",
            Self::BlockingAdded(_) => "blocking_added",
            Self::BlockingRemoved(_) => "blocking_removed",
            Self::SubIssueAdded(_) => "sub_issue_added",
            Self::SubIssueRemoved(_) => "sub_issue_removed",
            Self::ParentIssueAdded(_) => "parent_issue_added",
            Self::ParentIssueRemoved(_) => "parent_issue_removed",
            Self::CrossReferenced(..) => "cross-referenced",
            Self::Connected(_) => "connected",
            Self::Disconnected(_) => "disconnected",
            Self::Transferred(_) => "transferred",
            Self::MarkedAsDuplicate(_) => "marked_as_duplicate",
            Self::CommentDeleted => "comment_deleted",
        }
    }
}

impl Wire<'_> {
    /// `issue-event`, with its issue.
    pub fn repository_event(&mut self, key: EventKey) {
        let world = self.world;
        self.object(|wire| {
            wire.event_fields(key);
            wire.optional_field("issue", Some(world[key].issue), Wire::issue);
        });
    }

    /// `issue-event-for-issue`.
    pub fn issue_event(&mut self, key: EventKey) {
        self.object(|wire| wire.event_fields(key));
    }

    /// `timeline-issue-events`.
    pub fn timeline_entry(&mut self, entry: TimelineEntry) {
        let world = self.world;
        match entry {
            TimelineEntry::Comment(key) => self.object(|wire| {
                wire.plain("event", "commented");
                wire.optional_field("actor", Some(world[key].author), Wire::user);
                wire.comment_fields(key);
            }),
            TimelineEntry::Event(key) => match world[key].kind {
                EventKind::CrossReferenced(source, _) => self.cross_reference(&world[key], source),
                _ => self.issue_event(key),
            },
        }
    }

    /// A cross-reference has neither id nor URL of its own.
    fn cross_reference(&mut self, event: &Event, source: IssueKey) {
        self.object(|wire| {
            wire.optional_field("actor", Some(event.actor), Wire::user);
            wire.time("created_at", Some(event.created_at));
            wire.time("updated_at", Some(event.created_at));
            wire.object_field("source", |wire| {
                wire.plain("type", "issue");
                wire.optional_field("issue", Some(source), |wire, source| {
                    wire.issue_with_repository(source)
                });
            });
            wire.plain("event", event.kind.word());
        });
    }

    fn event_fields(&mut self, key: EventKey) {
        let world = self.world;
        let base = self.base;
        let event = &world[key];
        let name = world.full_name(world[event.issue].repository);
        self.field("id", &key.database_id());
        self.plain("node_id", world.event_node_id(key));
        self.plain(
            "url",
            format_args!("{}/repos/{name}/issues/events/{}", base.api, key.database_id()),
        );
        self.optional_field("actor", Some(event.actor), Wire::user);
        self.plain("event", event.kind.word());
        self.null("commit_id");
        self.null("commit_url");
        self.time("created_at", Some(event.created_at));
        self.event_details(event);
        self.null("performed_via_github_app");
    }

    fn event_details(&mut self, event: &Event) {
        let world = self.world;
        match &event.kind {
            EventKind::Labeled(label) | EventKind::Unlabeled(label) => {
                let label = &world[*label];
                self.object_field("label", |wire| {
                    wire.field("name", &label.name);
                    wire.field("color", &label.color);
                });
            }
            EventKind::Assigned(user) | EventKind::Unassigned(user) => {
                self.optional_field("assignee", Some(*user), Wire::user);
                self.optional_field("assigner", Some(event.actor), Wire::user);
            }
            EventKind::Milestoned(milestone) | EventKind::Demilestoned(milestone) => {
                self.object_field("milestone", |wire| {
                    wire.field("title", &world[*milestone].title)
                });
            }
            EventKind::Renamed(names) => self.object_field("rename", |wire| {
                wire.field("from", &names.0);
                wire.field("to", &names.1);
            }),
            EventKind::Closed(reason, _) => {
                self.field("state_reason", &reason.map(|reason| reason.as_str()))
            }
            EventKind::Reopened => self.plain("state_reason", "reopened"),
            EventKind::IssueTypeAdded(new) => self.event_issue_type("issue_type", *new),
            EventKind::IssueTypeRemoved(old) => self.event_issue_type("prev_issue_type", *old),
            EventKind::IssueTypeChanged(old, new) => {
                self.event_issue_type("issue_type", *new);
                self.event_issue_type("prev_issue_type", *old);
            }
            EventKind::BlockedByAdded(other) | EventKind::BlockedByRemoved(other) => {
                self.issue_reference("blocked_by", *other);
            }
            EventKind::BlockingAdded(other) | EventKind::BlockingRemoved(other) => {
                self.issue_reference("blocking", *other);
            }
            EventKind::SubIssueAdded(other) | EventKind::SubIssueRemoved(other) => {
                self.issue_reference("sub_issue", *other);
            }
            EventKind::ParentIssueAdded(other) | EventKind::ParentIssueRemoved(other) => {
                self.issue_reference("parent_issue", *other);
            }
            EventKind::Merged
            | EventKind::ConvertedToDraft
            | EventKind::ReadyForReview
            | EventKind::CrossReferenced(..)
            | EventKind::Connected(_)
            | EventKind::Disconnected(_)
            | EventKind::Transferred(_)
            | EventKind::MarkedAsDuplicate(_)
            | EventKind::CommentDeleted => {}
        }
    }

    fn event_issue_type(&mut self, key: &str, issue_type: IssueTypeKey) {
        let world = self.world;
        self.object_field(key, |wire| {
            wire.field("id", &issue_type.database_id());
            wire.field("name", &world[issue_type].name);
            wire.plain("color", world[issue_type].color);
        });
    }

    /// `nullable-issue-reference`; null where the other is out of sight.
    fn issue_reference(&mut self, key: &str, other: IssueKey) {
        let world = self.world;
        self.optional_field(
            key,
            Some(other).filter(|&other| world.is_visible(other)),
            |wire, other| {
                let issue = &world[other];
                wire.object(|wire| {
                    wire.field("number", &issue.number);
                    wire.field("title", &issue.title);
                    wire.plain("state", if issue.is_open() { "open" } else { "closed" });
                    wire.field("state_reason", &issue.state_reason.map(|reason| reason.as_str()));
                    wire.optional_field(
                        "repository",
                        Some(issue.repository),
                        Wire::minimal_repository,
                    );
                    wire.optional_field("issue_type", issue.issue_type, Wire::issue_type);
                });
            },
        );
    }
}
