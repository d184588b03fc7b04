//! The fields of an issue, one after the other.

use crate::jira::Deployment;
use crate::jira::fields::{Custom, Field, Kind, System};
use crate::jira::text::Text;
use crate::jira::wire::Wire;
use crate::jira::wire::comment::duration;
use crate::jira::wire::project::{board_id, milliseconds, sprint_state};
use crate::jira::world::{CustomValue, Issue, IssueKey, SprintKey, SprintState};
use crate::keys::DatabaseId;

/// The most work logs that stand within an issue.
const EMBEDDED_WORKLOGS: usize = 20;

impl Wire<'_> {
    pub fn issue_field(&mut self, key: IssueKey, field: &Field, embedded_comments: usize) {
        match field.kind {
            Kind::System(system) => self.system_field(key, system, &field.id, embedded_comments),
            Kind::Custom(custom) => self.custom_field(key, custom, field),
        }
    }

    fn system_field(&mut self, key: IssueKey, field: System, id: &str, embedded_comments: usize) {
        let world = self.world;
        let issue = &world[key];
        match field {
            System::StatusCategoryChangeDate => self.moment(id, issue.category_changed_at),
            System::IssueType => self.optional_field(id, Some(issue.issue_type), Wire::issue_type),
            System::Project => {
                self.optional_field(id, Some(issue.name.project), Wire::project_of_issue);
            }
            System::Parent => self.parent_field(key),
            System::FixVersions => {
                self.array_field(id, issue.fix_versions.iter().copied(), Wire::version);
            }
            System::Resolution => {
                self.optional_field(id, issue.resolution.map(|(how, _)| how), Wire::resolution);
            }
            System::ResolutionDate => {
                self.optional_moment(id, issue.resolution.map(|(_, at)| at));
            }
            System::Created => self.moment(id, issue.created_at),
            System::Updated => self.moment(id, issue.updated_at),
            System::Priority => self.optional_field(id, Some(issue.priority), Wire::priority),
            System::Labels => self.field(id, &issue.labels),
            System::IssueLinks => self.links_field(key),
            System::Assignee => self.optional_field(id, issue.assignee, Wire::user),
            System::Creator => self.optional_field(id, Some(issue.creator), Wire::user),
            System::Reporter => self.optional_field(id, Some(issue.reporter), Wire::user),
            System::Status => self.optional_field(id, Some(issue.status), Wire::status),
            System::Components => {
                self.array_field(id, issue.components.iter().copied(), Wire::component);
            }
            System::Summary => self.field(id, &issue.summary),
            System::Description => self.text(id, &issue.description),
            System::Subtasks => {
                let parts = issue.children.iter().copied().filter(|&child| {
                    world[child].issue_type.is_sub_task() && world.is_visible(child)
                });
                self.array_field(id, parts, Wire::issue_reference);
            }
            System::DueDate => self.field(id, &issue.due.map(|due| due.to_string())),
            System::Comment => self.comments_field(key, embedded_comments),
            System::Worklog => {
                self.object_field(id, |wire| {
                    wire.field("startAt", &0);
                    wire.field("maxResults", &EMBEDDED_WORKLOGS);
                    wire.field("total", &issue.worklogs.len());
                    let shown = issue.worklogs.iter().take(EMBEDDED_WORKLOGS).copied();
                    wire.array_field("worklogs", shown, Wire::worklog);
                });
            }
            System::Watches => self.people_count(key, id, "watchers", "watchCount", "isWatching"),
            System::Votes => self.people_count(key, id, "votes", "votes", "hasVoted"),
            System::Versions | System::Attachment => {
                self.array_field(id, std::iter::empty::<()>(), |_, ()| {});
            }
            System::LastViewed | System::Security | System::Environment => self.null(id),
            System::ArchivedDate => self.archived_fields(key, true),
            System::ArchivedBy => self.archived_fields(key, false),
            _ => self.time_field(issue, field, id),
        }
    }

    /// All that has to do with hours.
    fn time_field(&mut self, issue: &Issue, field: System, id: &str) {
        let world = self.world;
        let parts = issue.children.iter().map(|&child| &world[child]);
        let family: Vec<&Issue> = std::iter::once(issue)
            .chain(parts.filter(|part| part.issue_type.is_sub_task()))
            .collect();
        let total = |of: &dyn Fn(&Issue) -> Option<u32>| {
            family.iter().filter_map(|issue| of(issue)).reduce(|one, other| one + other)
        };
        let spent = |issue: &Issue| Some(issue.time_spent).filter(|&seconds| seconds > 0);
        match field {
            System::TimeSpent => self.field(id, &spent(issue)),
            System::TimeEstimate => self.field(id, &issue.remaining_estimate),
            System::TimeOriginalEstimate => self.field(id, &issue.original_estimate),
            System::AggregateTimeSpent => self.field(id, &total(&spent)),
            System::AggregateTimeEstimate => {
                self.field(id, &total(&|issue| issue.remaining_estimate));
            }
            System::AggregateTimeOriginalEstimate => {
                self.field(id, &total(&|issue| issue.original_estimate));
            }
            System::WorkRatio => {
                let ratio = issue
                    .original_estimate
                    .filter(|&estimate| estimate > 0)
                    .map_or(-1, |estimate| i64::from(issue.time_spent) * 100 / i64::from(estimate));
                self.field(id, &ratio);
            }
            System::Progress => self.progress(id, issue.time_spent, issue.remaining_estimate),
            System::AggregateProgress => {
                let spent = total(&spent).unwrap_or_default();
                self.progress(id, spent, total(&|issue| issue.remaining_estimate));
            }
            _ => self.object_field(id, |wire| {
                for (name, seconds) in [
                    ("originalEstimate", issue.original_estimate),
                    ("remainingEstimate", issue.remaining_estimate),
                    ("timeSpent", spent(issue)),
                ] {
                    if let Some(seconds) = seconds {
                        wire.plain(name, duration(seconds));
                        wire.field(&format!("{name}Seconds"), &seconds);
                    }
                }
            }),
        }
    }

    fn progress(&mut self, id: &str, spent: u32, remaining: Option<u32>) {
        let total = spent + remaining.unwrap_or_default();
        self.object_field(id, |wire| {
            wire.field("progress", &spent);
            wire.field("total", &total);
            if total > 0 {
                wire.field("percent", &(u64::from(spent) * 100 / u64::from(total)));
            }
        });
    }

    fn people_count(&mut self, key: IssueKey, id: &str, path: &str, count: &str, own: &str) {
        let base = self.base;
        self.object_field(id, |wire| {
            let issue = key.database_id();
            wire.plain("self", format_args!("{}/issue/{issue}/{path}", base.api));
            wire.field(count, &0);
            wire.field(own, &false);
        });
    }

    /// Data Center names the parent of sub-tasks only; an epic stands in a field of its own.
    fn parent_field(&mut self, key: IssueKey) {
        let world = self.world;
        let issue = &world[key];
        let cloud = world.deployment == Deployment::Cloud;
        let parent = issue.parent.filter(|&parent| {
            (cloud || issue.issue_type.is_sub_task()) && world.is_visible(parent)
        });
        if let Some(parent) = parent {
            self.optional_field("parent", Some(parent), Wire::issue_reference);
        }
    }

    fn links_field(&mut self, key: IssueKey) {
        let world = self.world;
        let base = self.base;
        self.array_field("issuelinks", world.links_of(key), |wire, (id, link, is_source)| {
            wire.object(|wire| {
                let id = id.database_id();
                wire.plain("id", id);
                wire.plain("self", format_args!("{}/issueLink/{id}", base.api));
                wire.optional_field("type", Some(link.kind), Wire::link_type);
                let (side, other) = if is_source {
                    ("outwardIssue", link.target)
                } else {
                    ("inwardIssue", link.source)
                };
                wire.optional_field(side, Some(other), Wire::issue_reference);
            });
        });
    }

    fn comments_field(&mut self, key: IssueKey, most: usize) {
        let world = self.world;
        let base = self.base;
        let comments = &world[key].comments;
        let shown = comments.len().min(most);
        self.object_field("comment", |wire| {
            wire.array_field("comments", comments.iter().take(shown).copied(), Wire::comment);
            let issue = key.database_id();
            wire.plain("self", format_args!("{}/issue/{issue}/comment", base.api));
            wire.field("maxResults", &shown);
            wire.field("total", &comments.len());
            wire.field("startAt", &0);
        });
    }

    fn custom_field(&mut self, key: IssueKey, custom: Custom, field: &Field) {
        let world = self.world;
        let issue = &world[key];
        let id = &field.id;
        match custom {
            Custom::Sprint => self.sprint_field(id, &issue.sprints),
            Custom::EpicLink => {
                let epic = issue.parent.filter(|_| !issue.issue_type.is_sub_task());
                self.field(id, &epic.map(|epic| world.issue_key(epic)));
            }
            Custom::EpicName => {
                let is_epic = issue.issue_type == crate::jira::IssueType::EPIC;
                self.field(id, &Some(&issue.summary).filter(|_| is_epic));
            }
            Custom::Rank => self.plain(id, format_args!("0|i{:05x}:", key.0 * 8)),
            _ => match issue.custom.iter().find(|(known, _)| *known == custom) {
                Some((_, value)) => self.custom_value(custom, field, value),
                None => self.null(id),
            },
        }
    }

    fn custom_value(&mut self, custom: Custom, field: &Field, value: &CustomValue) {
        let id = &field.id;
        match value {
            CustomValue::Choice(place) => {
                self.key(id);
                self.option(custom, field, *place, None);
            }
            CustomValue::Choices(places) => {
                self.array_field(id, places.iter().copied(), |wire, place| {
                    wire.option(custom, field, place, None);
                });
            }
            CustomValue::Cascade(first, second) => {
                self.key(id);
                let below = second.map(|second| first * 3 + 1 + second);
                self.option(custom, field, first * 3, below);
            }
            CustomValue::User(user) => self.optional_field(id, Some(*user), Wire::user),
            CustomValue::Users(users) => self.array_field(id, users.iter().copied(), Wire::user),
            CustomValue::Number(number) => self.field(id, number),
            CustomValue::Date(date) => self.plain(id, date),
            CustomValue::Time(time) => self.moment(id, *time),
            CustomValue::Text(text) if custom == Custom::AcceptanceCriteria => {
                self.text(id, &Text::wiki(text));
            }
            CustomValue::Text(text) => self.field(id, text),
            CustomValue::Labels(labels) => self.field(id, labels),
        }
    }

    fn option(&mut self, custom: Custom, field: &Field, place: u8, below: Option<u8>) {
        let base = self.base;
        let id = u64::from(field.custom_id) * 10 + u64::from(place);
        let value = custom.options().get(usize::from(place)).copied().unwrap_or_default();
        let cloud = self.world.deployment == Deployment::Cloud;
        self.object(|wire| {
            wire.plain("self", format_args!("{}/customFieldOption/{id}", base.api));
            wire.plain("value", value);
            wire.plain("id", id);
            if !cloud {
                wire.field("disabled", &false);
            }
            if let Some(below) = below {
                wire.key("child");
                wire.option(custom, field, below, None);
            }
        });
    }

    /// Objects on Cloud; on Data Center the texts of Java objects, which nobody has escaped.
    fn sprint_field(&mut self, id: &str, sprints: &[SprintKey]) {
        let world = self.world;
        if sprints.is_empty() {
            return self.null(id);
        }
        let cloud = world.deployment == Deployment::Cloud;
        self.array_field(id, sprints.iter().copied(), |wire, key| {
            let sprint = &world[key];
            let number = key.database_id();
            let board = board_id(sprint.project);
            let [starts, ends] = [milliseconds(sprint.starts), milliseconds(sprint.ends)];
            let is_closed = sprint.state == SprintState::Closed;
            if cloud {
                wire.object(|wire| {
                    wire.field("id", &number);
                    wire.field("name", &sprint.name);
                    wire.plain("state", sprint_state(sprint.state));
                    wire.field("boardId", &board);
                    wire.field("goal", &sprint.goal);
                    wire.plain("startDate", &starts);
                    wire.plain("endDate", &ends);
                    if is_closed {
                        wire.plain("completeDate", &ends);
                    }
                });
            } else {
                let complete = if is_closed { ends.as_str() } else { "<null>" };
                let state = sprint_state(sprint.state).to_uppercase();
                wire.value(&format!(
                    "com.atlassian.greenhopper.service.sprint.Sprint@{:x}[id={number},rapidViewId={board},state={state},name={},startDate={starts},endDate={ends},completeDate={complete},activatedDate={starts},sequence={number},goal={},autoStartStop=false,synced=false]",
                    0x1a2b_0000 + number,
                    sprint.name,
                    sprint.goal
                ));
            }
        });
    }
}
