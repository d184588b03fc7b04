//! How the history tells a change: a field, what stood there and what stands there now, each as an id
//! and as people read it.

use crate::jira::Deployment;
use crate::jira::fields::{Custom, Kind};
use crate::jira::world::{Change, IssueKey, IssueName, RemoteLinkKey, SprintKey, World};
use crate::keys::DatabaseId;

/// One change, as the interface tells it.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub field: String,
    pub custom: bool,
    /// Only Cloud tells it, and not for all.
    pub field_id: Option<String>,
    pub from: Option<String>,
    pub from_string: Option<String>,
    pub to: Option<String>,
    pub to_string: Option<String>,
}

/// An id and the words for it.
type Value = (Option<String>, Option<String>);

impl World {
    pub(crate) fn tell(&self, change: &Change) -> Told {
        match change {
            Change::Summary(before, after) => {
                own("summary", words(Some(before)), words(Some(after)))
            }
            Change::Description(before, after) => {
                let told = |text| (None, self.told_text(text));
                own("description", told(before), told(after))
            }
            Change::Status(before, after) => {
                let told = |status: &crate::jira::catalogue::Status| {
                    pair(status.entry().id, status.name())
                };
                own("status", told(before), told(after))
            }
            Change::Resolution(before, after) => {
                let told = |resolution: &Option<crate::jira::catalogue::Resolution>| {
                    optional(resolution.map(|entry| (entry.entry().id, entry.name())))
                };
                own("resolution", told(before), told(after))
            }
            Change::Assignee(before, after) => {
                let told = |user: &Option<_>| {
                    optional(user.map(|user| {
                        (self.public_id(user).to_owned(), self[user].display_name.clone())
                    }))
                };
                own("assignee", told(before), told(after))
            }
            Change::Priority(before, after) => {
                let told = |priority: &crate::jira::catalogue::Priority| {
                    pair(priority.entry().id, priority.name())
                };
                own("priority", told(before), told(after))
            }
            Change::IssueType(before, after) => {
                let told =
                    |kind: &crate::jira::catalogue::IssueType| pair(kind.entry().id, kind.name());
                own("issuetype", told(before), told(after))
            }
            Change::Labels(before, after) => own("labels", words(Some(before)), words(Some(after))),
            Change::FixVersion(before, after) => {
                let told = |version: &Option<crate::jira::world::VersionKey>| {
                    optional(version.map(|key| (key.database_id(), self[key].name.clone())))
                };
                named("Fix Version", "fixVersions", told(before), told(after))
            }
            Change::Component(before, after) => {
                let told = |component: &Option<crate::jira::world::ComponentKey>| {
                    optional(component.map(|key| (key.database_id(), self[key].name.clone())))
                };
                named("Component", "components", told(before), told(after))
            }
            Change::Sprints(before, after) => {
                self.custom("Sprint", Custom::Sprint, self.sprints(before), self.sprints(after))
            }
            Change::Parent(before, after) => self.parent_change(*before, *after),
            Change::DueDate(before, after) => {
                let told = |date: &Option<mainstem_model::Date>| {
                    optional(date.map(|date| (date.to_string(), format!("{date} 00:00:00.0"))))
                };
                own("duedate", told(before), told(after))
            }
            Change::OriginalEstimate(before, after) => {
                own("timeoriginalestimate", seconds(*before), seconds(*after))
            }
            Change::RemainingEstimate(before, after) => {
                own("timeestimate", seconds(*before), seconds(*after))
            }
            Change::TimeSpent(before, after) => {
                let told = |spent: u32| seconds(Some(spent).filter(|&spent| spent > 0));
                own("timespent", told(*before), told(*after))
            }
            Change::Worklog(key) => {
                let id = key.database_id();
                bare("WorklogId", (None, None), pair(id, id))
            }
            Change::WorklogRemoved(key) => {
                let id = key.database_id();
                bare("WorklogId", pair(id, id), (None, None))
            }
            Change::Link(added, reads, other) => {
                let key = self.key_of(*other);
                let told = pair(&key, format!("This issue {reads} {key}"));
                if *added {
                    bare("Link", (None, None), told)
                } else {
                    bare("Link", told, (None, None))
                }
            }
            Change::RemoteLink(key) => self.remote_link_change((None, None), self.told_link(*key)),
            Change::RemoteLinkRemoved(key) => {
                self.remote_link_change(self.told_link(*key), (None, None))
            }
            // A move is two changes; see `World::tell_all`.
            Change::Moved(before, after) => {
                let told = |name: &IssueName| (None, Some(self.key_of(*name)));
                bare("Key", told(before), told(after))
            }
            Change::CommentDeleted(said) => {
                bare("Comment", (None, self.told_text(said)), (None, None))
            }
            Change::Custom(field, before, after) => {
                let name = self.fields.custom(*field).map_or("", |field| field.name);
                self.custom(name, *field, words(before.as_deref()), words(after.as_deref()))
            }
        }
    }

    /// All that changed at once; a move to another project tells of the project too.
    pub(crate) fn tell_all(&self, changes: &[Change]) -> Vec<Told> {
        let mut told = Vec::with_capacity(changes.len() + 1);
        for change in changes {
            if let Change::Moved(before, after) = change {
                let project =
                    |name: &IssueName| pair(name.project.database_id(), &self[name.project].name);
                told.push(own("project", project(before), project(after)));
            }
            told.push(self.tell(change));
        }
        told
    }

    /// Cloud calls issues work items of late, here too.
    fn remote_link_change(&self, from: Value, to: Value) -> Told {
        let field = match self.deployment {
            Deployment::Cloud => "RemoteWorkItemLink",
            Deployment::DataCenter => "RemoteIssueLink",
        };
        bare(field, from, to)
    }

    fn told_link(&self, key: RemoteLinkKey) -> Value {
        pair(key.database_id(), format!("This issue links to \"{}\"", self[key].title))
    }

    /// Company-managed projects of old say "Epic Link", Data Center to this day.
    fn parent_change(
        &self,
        before: Option<(IssueKey, IssueName)>,
        after: Option<(IssueKey, IssueName)>,
    ) -> Told {
        let told = |parent: Option<(IssueKey, IssueName)>| {
            optional(parent.map(|(key, name)| (key.database_id(), self.key_of(name))))
        };
        match self.deployment {
            Deployment::Cloud => bare("IssueParentAssociation", told(before), told(after)),
            Deployment::DataCenter => {
                self.custom("Epic Link", Custom::EpicLink, told(before), told(after))
            }
        }
    }

    fn sprints(&self, sprints: &[SprintKey]) -> Value {
        let join = |told: &dyn Fn(SprintKey) -> String| {
            sprints.iter().map(|&sprint| told(sprint)).collect::<Vec<_>>().join(", ")
        };
        // No sprint is an empty text here, not nothing.
        (
            Some(join(&|sprint| sprint.database_id().to_string())),
            Some(join(&|sprint| self[sprint].name.clone())),
        )
    }

    fn custom(&self, name: &str, field: Custom, from: Value, to: Value) -> Told {
        let id = self
            .fields
            .iter()
            .find(|known| known.kind == Kind::Custom(field))
            .map(|known| known.id.clone());
        Told { custom: true, field_id: id, ..bare(name, from, to) }
    }
}

fn pair(id: impl ToString, text: impl ToString) -> Value {
    (Some(id.to_string()), Some(text.to_string()))
}

fn optional(value: Option<(impl ToString, impl ToString)>) -> Value {
    value.map_or((None, None), |(id, text)| pair(id, text))
}

fn words(text: Option<&str>) -> Value {
    (None, text.map(str::to_owned))
}

fn seconds(seconds: Option<u32>) -> Value {
    optional(seconds.map(|seconds| (seconds, seconds)))
}

/// A change of a field of the tool itself, whose id is its name.
fn own(field: &str, from: Value, to: Value) -> Told {
    named(field, field, from, to)
}

fn named(field: &str, id: &str, from: Value, to: Value) -> Told {
    Told { field_id: Some(id.to_owned()), ..bare(field, from, to) }
}

/// A change of something that is no field.
fn bare(field: &str, (from, from_string): Value, (to, to_string): Value) -> Told {
    Told {
        field: field.to_owned(),
        custom: false,
        field_id: None,
        from,
        from_string,
        to,
        to_string,
    }
}
