//! Changes as people make them. Each moves `updated`, leaves one entry in the history for all that
//! changed at once, and is announced to search.

use mainstem_model::{Date, Timestamp};

use crate::jira::Deployment;
use crate::jira::catalogue::{IssueType, Priority, Resolution, Status};
use crate::jira::fields::Custom;
use crate::jira::text::{self, Text};
use crate::jira::world::{
    Change, ComponentKey, CustomValue, Happening, History, HistoryKey, IssueKey, Presence,
    SprintKey, UserKey, VersionKey, World,
};

/// What to change in an issue, all at once; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// The title.
    pub summary: Option<String>,
    /// The description.
    pub description: Option<Written>,
    /// Who works on it.
    pub assignee: Option<Option<UserKey>>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// What it is.
    pub issue_type: Option<IssueType>,
    /// All its labels.
    pub labels: Option<Vec<String>>,
    /// All its components.
    pub components: Option<Vec<ComponentKey>>,
    /// All versions that it is planned for.
    pub fix_versions: Option<Vec<VersionKey>>,
    /// The sprint that it moves to; the sprints before that are over stay.
    pub sprint: Option<Option<SprintKey>>,
    /// The issue or epic that it is part of.
    pub parent: Option<Option<IssueKey>>,
    /// When it is due.
    pub due: Option<Option<Date>>,
    /// How long it was thought to take, in seconds.
    pub original_estimate: Option<Option<u32>>,
    /// Custom fields; an empty value is none.
    pub custom: Vec<(Custom, Option<CustomValue>)>,
    /// Where it stands. A move to or from "done" sets or clears the resolution.
    pub status: Option<Status>,
    /// How it ended, if not as done.
    pub resolution: Option<Resolution>,
}

impl Edit {
    /// The same with a description in wiki markup.
    #[must_use]
    pub fn describe(mut self, markup: &str) -> Self {
        self.description = Some(Written(Text::wiki(markup)));
        self
    }
}

/// A text that somebody wrote; see [`Edit::describe`].
#[derive(Debug, Clone)]
pub struct Written(pub(crate) Text);

impl World {
    /// Changes an issue. Nothing happens, and no time moves, where nothing differs.
    pub fn edit(&mut self, issue: IssueKey, edit: Edit) {
        let held = self.hold_in_index(issue);
        let at = self.moments.advance();
        let mut changes = Vec::new();
        self.apply(issue, edit, at, &mut changes);
        if !changes.is_empty() {
            self.finish(issue, changes, at);
        } else if held {
            self.release_in_index(issue);
        }
    }

    /// Gives the issue another title.
    pub fn edit_summary(&mut self, issue: IssueKey, summary: &str) {
        self.edit(issue, Edit { summary: Some(summary.to_owned()), ..Edit::default() });
    }

    /// Moves the issue to another status.
    pub fn transition(&mut self, issue: IssueKey, status: Status) {
        self.edit(issue, Edit { status: Some(status), ..Edit::default() });
    }

    /// Gives the issue to somebody, or to nobody.
    pub fn assign(&mut self, issue: IssueKey, assignee: Option<UserKey>) {
        self.edit(issue, Edit { assignee: Some(assignee), ..Edit::default() });
    }

    pub(crate) fn apply(
        &mut self,
        key: IssueKey,
        edit: Edit,
        at: Timestamp,
        changes: &mut Vec<Change>,
    ) {
        let issue = &mut self.issues[key.0 as usize];
        if let Some(summary) = edit.summary.filter(|summary| **summary != *issue.summary) {
            let before = std::mem::replace(&mut issue.summary, summary.into());
            changes.push(Change::Summary(before, issue.summary.clone()));
        }
        if let Some(Written(description)) = edit.description {
            let before = std::mem::replace(&mut issue.description, description);
            changes.push(Change::Description(before, issue.description.clone()));
        }
        if let Some(assignee) = edit.assignee.filter(|&assignee| assignee != issue.assignee) {
            let before = std::mem::replace(&mut issue.assignee, assignee);
            changes.push(Change::Assignee(before, assignee));
        }
        if let Some(priority) = edit.priority.filter(|&priority| priority != issue.priority) {
            let before = std::mem::replace(&mut issue.priority, priority);
            changes.push(Change::Priority(before, priority));
        }
        if let Some(kind) = edit.issue_type.filter(|&kind| kind != issue.issue_type) {
            let before = std::mem::replace(&mut issue.issue_type, kind);
            changes.push(Change::IssueType(before, kind));
        }
        if let Some(labels) = edit.labels {
            let labels: Vec<Box<str>> = labels.into_iter().map(String::into_boxed_str).collect();
            if labels != issue.labels {
                let before = std::mem::replace(&mut issue.labels, labels);
                let changed =
                    Change::Labels(before.join(" ").into(), issue.labels.join(" ").into());
                changes.push(changed);
            }
        }
        if let Some(components) = edit.components {
            let before = std::mem::replace(&mut issue.components, components);
            list_changes(&before, &issue.components, Change::Component, changes);
        }
        if let Some(versions) = edit.fix_versions {
            let before = std::mem::replace(&mut issue.fix_versions, versions);
            list_changes(&before, &issue.fix_versions, Change::FixVersion, changes);
        }
        if let Some(due) = edit.due.filter(|&due| due != issue.due) {
            let before = std::mem::replace(&mut issue.due, due);
            changes.push(Change::DueDate(before, due));
        }
        if let Some(estimate) =
            edit.original_estimate.filter(|&estimate| estimate != issue.original_estimate)
        {
            let before = std::mem::replace(&mut issue.original_estimate, estimate);
            changes.push(Change::OriginalEstimate(before, estimate));
            let before = std::mem::replace(&mut issue.remaining_estimate, estimate);
            changes.push(Change::RemainingEstimate(before, estimate));
        }
        if let Some(sprint) = edit.sprint {
            self.apply_sprint(key, sprint, changes);
        }
        if let Some(parent) = edit.parent {
            self.apply_parent(key, parent, changes);
        }
        for (field, value) in edit.custom {
            self.apply_custom(key, field, value, changes);
        }
        if let Some(status) = edit.status {
            self.apply_status(key, status, edit.resolution, at, changes);
        }
    }

    fn apply_sprint(
        &mut self,
        key: IssueKey,
        sprint: Option<SprintKey>,
        changes: &mut Vec<Change>,
    ) {
        use crate::jira::world::SprintState::Closed;
        let before = self[key].sprints.clone();
        let over = before.iter().copied().filter(|&sprint| self[sprint].state == Closed);
        let after: Vec<SprintKey> = over.chain(sprint).collect();
        if after != before {
            let changed = Change::Sprints(before.into(), after.clone().into());
            self.issues[key.0 as usize].sprints = after;
            changes.push(changed);
        }
    }

    pub(crate) fn apply_parent(
        &mut self,
        key: IssueKey,
        parent: Option<IssueKey>,
        changes: &mut Vec<Change>,
    ) {
        let before = self[key].parent;
        if before == parent || parent == Some(key) {
            return;
        }
        if let Some(before) = before {
            self.issues[before.0 as usize].children.retain(|&child| child != key);
        }
        if let Some(parent) = parent {
            self.issues[parent.0 as usize].children.push(key);
        }
        self.issues[key.0 as usize].parent = parent;
        let named = |parent: Option<IssueKey>| parent.map(|parent| (parent, self[parent].name));
        changes.push(Change::Parent(named(before), named(parent)));
    }

    fn apply_custom(
        &mut self,
        key: IssueKey,
        field: Custom,
        value: Option<CustomValue>,
        changes: &mut Vec<Change>,
    ) {
        let place = self[key].custom.iter().position(|(known, _)| *known == field);
        let before = place.map(|place| self[key].custom[place].1.clone());
        if before == value {
            return;
        }
        let told = |value: &Option<CustomValue>| {
            value.as_ref().map(|value| self.custom_text(field, value).into_boxed_str())
        };
        changes.push(Change::Custom(field, told(&before), told(&value)));
        let custom = &mut self.issues[key.0 as usize].custom;
        if let Some(place) = place {
            custom.remove(place);
        }
        if let Some(value) = value {
            custom.push((field, value));
        }
    }

    fn apply_status(
        &mut self,
        key: IssueKey,
        status: Status,
        resolution: Option<Resolution>,
        at: Timestamp,
        changes: &mut Vec<Change>,
    ) {
        use crate::jira::catalogue::Category::Done;
        let issue = &mut self.issues[key.0 as usize];
        if status == issue.status {
            return;
        }
        let before = std::mem::replace(&mut issue.status, status);
        let resolution = match (before.category() == Done, status.category() == Done) {
            (false, true) if status == Status::REJECTED => {
                Some((resolution.unwrap_or(Resolution::WONT_DO), at))
            }
            (false, true) => Some((resolution.unwrap_or(Resolution::DONE), at)),
            (true, false) => None,
            _ => issue.resolution,
        };
        let old = std::mem::replace(&mut issue.resolution, resolution);
        let [old, new] = [old, resolution].map(|resolution| resolution.map(|(how, _)| how));
        if old != new {
            changes.push(Change::Resolution(old, new));
        }
        if before.category() != status.category() {
            issue.category_changed_at = at;
        }
        changes.push(Change::Status(before, status));
    }

    /// Changes the titles of so many visible issues, those that changed longest ago first.
    pub fn bulk_edit(&mut self, count: usize) -> Vec<IssueKey> {
        let mut keys: Vec<IssueKey> = self.issues().filter(|&key| self.is_searched(key)).collect();
        keys.sort_by_key(|&key| (self[key].updated_at, key));
        keys.truncate(count);
        for &key in &keys {
            let summary = format!("{} (edited)", self[key].summary.trim_end_matches(" (edited)"));
            let summary = if *summary == *self[key].summary {
                summary.replace(" (edited)", " (again)")
            } else {
                summary
            };
            self.edit_summary(key, &summary);
        }
        keys
    }

    /// Writes down what changed, moves the issue's time and lets search know.
    pub(crate) fn finish(&mut self, issue: IssueKey, changes: Vec<Change>, at: Timestamp) {
        if changes.is_empty() {
            self.version += 1;
            // Cloud tells of the comment itself and of nothing else.
            if self.deployment == Deployment::DataCenter {
                self.happen(Happening::IssueUpdated(issue, None));
            }
        } else {
            self.record(issue, self.actor, changes, at);
        }
        self.issues[issue.0 as usize].updated_at = at;
        self.announce_to_index(issue, false);
    }

    pub(crate) fn record(
        &mut self,
        issue: IssueKey,
        author: UserKey,
        changes: Vec<Change>,
        at: Timestamp,
    ) {
        let key = HistoryKey(self.histories.len() as u32);
        self.histories.push(History { author, created_at: at, changes });
        self.issues[issue.0 as usize].histories.push(key);
        self.version += 1;
        if self[issue].presence != Presence::Deleted {
            self.happen(Happening::IssueUpdated(issue, Some(key)));
        }
    }

    /// The value as people read it.
    pub(crate) fn custom_text(&self, field: Custom, value: &CustomValue) -> String {
        let choice = |place: u8| field.options().get(usize::from(place)).copied().unwrap_or("");
        match value {
            CustomValue::Choice(place) => choice(*place).to_owned(),
            CustomValue::Choices(places) => {
                places.iter().map(|&place| choice(place)).collect::<Vec<_>>().join(",")
            }
            CustomValue::Cascade(first, second) => match second {
                Some(second) => format!(
                    "Parent values: {}Level 1 values: {}",
                    choice(first * 3),
                    choice(first * 3 + 1 + second)
                ),
                None => format!("Parent values: {}", choice(first * 3)),
            },
            CustomValue::User(user) => self[*user].display_name.clone(),
            CustomValue::Users(users) => users
                .iter()
                .map(|&user| self[user].display_name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            CustomValue::Number(number) => number.to_string(),
            CustomValue::Date(date) => date.to_string(),
            CustomValue::Time(time) => time.to_string(),
            CustomValue::Text(text) => text.clone(),
            CustomValue::Labels(labels) => labels.join(" "),
        }
    }

    /// The text in wiki markup, as the history tells it.
    pub(crate) fn told_text(&self, text: &Text) -> Option<String> {
        text::wiki(self, text)
    }
}

/// One change for each entry that was removed or added.
fn list_changes<T: Copy + PartialEq>(
    before: &[T],
    after: &[T],
    change: impl Fn(Option<T>, Option<T>) -> Change,
    changes: &mut Vec<Change>,
) {
    let removed = before.iter().filter(|entry| !after.contains(entry));
    changes.extend(removed.map(|&entry| change(Some(entry), None)));
    let added = after.iter().filter(|entry| !before.contains(entry));
    changes.extend(added.map(|&entry| change(None, Some(entry))));
}
