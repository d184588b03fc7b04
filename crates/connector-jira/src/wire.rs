//! What is used of Jira's payloads.

use std::collections::BTreeMap;
use std::fmt;

use mainstem_model::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A time: `2026-03-01T09:30:00.000+0100`, or milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Time {
    /// Reads a time as text. Jira leaves the colon out of the offset.
    pub fn read(text: &str) -> Option<Self> {
        let told = text.parse().ok().map(Self);
        told.or_else(|| {
            let told = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
            Some(Self(Timestamp(told.to_timestamp().ok()?.as_microsecond())))
        })
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Told;
        impl Visitor<'_> for Told {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as 2026-03-01T09:30:00.000+0100, or milliseconds")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Time, E> {
                Time::read(text)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
            fn visit_i64<E: serde::de::Error>(self, milliseconds: i64) -> Result<Time, E> {
                Ok(Time(Timestamp(milliseconds.saturating_mul(1_000))))
            }
            fn visit_u64<E: serde::de::Error>(self, milliseconds: u64) -> Result<Time, E> {
                self.visit_i64(i64::try_from(milliseconds).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_any(Told)
    }
}

/// A page of a search, of either kind of site.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage<'a> {
    #[serde(borrow)]
    pub issues: Vec<&'a RawValue>,
    pub next_page_token: Option<String>,
    pub is_last: Option<bool>,
    pub total: Option<u64>,
}

/// An issue, with those of its fields that are wanted.
#[derive(Deserialize)]
pub struct Issue<F> {
    pub id: String,
    pub key: String,
    pub fields: F,
    #[serde(default)]
    pub changelog: Option<Changelog>,
}

/// The custom fields of an issue, and nothing else of it.
#[derive(Deserialize)]
pub struct Held {
    pub fields: CustomFields,
}

/// What a page or a census needs of an issue, even where the rest of it cannot be read.
#[derive(Deserialize)]
pub struct Glance {
    pub id: String,
    pub fields: GlanceFields,
}

/// The times and links of an issue.
#[derive(Deserialize)]
pub struct GlanceFields {
    #[serde(default)]
    pub created: Option<Time>,
    pub updated: Time,
    #[serde(default)]
    pub issuelinks: Option<Vec<Identified>>,
}

/// Something of which only the id counts.
#[derive(Deserialize)]
pub struct Identified {
    pub id: String,
}

/// The fields that Mainstem has a place for.
#[derive(Deserialize)]
pub struct Fields<'a> {
    pub summary: String,
    pub issuetype: IssueType,
    pub project: Project,
    pub status: Status,
    pub created: Time,
    pub updated: Time,
    #[serde(default)]
    pub resolution: Option<Named>,
    #[serde(default)]
    pub resolutiondate: Option<Time>,
    /// Cloud.
    #[serde(default)]
    pub statuscategorychangedate: Option<Time>,
    #[serde(default)]
    pub priority: Option<Priority>,
    #[serde(default)]
    pub labels: Option<Vec<String>>,
    #[serde(default)]
    pub components: Option<Vec<Named>>,
    #[serde(default, rename = "fixVersions")]
    pub fix_versions: Option<Vec<Named>>,
    #[serde(default)]
    pub assignee: Option<User>,
    #[serde(default)]
    pub reporter: Option<User>,
    #[serde(default)]
    pub creator: Option<User>,
    #[serde(default)]
    pub parent: Option<Reference>,
    #[serde(default)]
    pub issuelinks: Option<Vec<IssueLink>>,
    #[serde(default)]
    pub duedate: Option<String>,
    #[serde(default)]
    pub timeoriginalestimate: Option<i64>,
    #[serde(default)]
    pub timespent: Option<i64>,
    #[serde(default, borrow)]
    pub description: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub comment: Option<PartPage<'a>>,
    #[serde(default, borrow)]
    pub worklog: Option<PartPage<'a>>,
}

/// The names of what [`Fields`] reads, to ask for them.
pub const FIELDS: [&str; 24] = [
    "summary",
    "issuetype",
    "project",
    "status",
    "created",
    "updated",
    "resolution",
    "resolutiondate",
    "statuscategorychangedate",
    "priority",
    "labels",
    "components",
    "fixVersions",
    "assignee",
    "reporter",
    "creator",
    "parent",
    "issuelinks",
    "duedate",
    "timeoriginalestimate",
    "timespent",
    "description",
    "comment",
    "worklog",
];

/// What of an issue its past and its links are read with.
#[derive(Deserialize)]
pub struct Outline {
    pub issuetype: IssueType,
    pub status: Status,
    pub updated: Time,
    #[serde(default)]
    pub resolution: Option<Named>,
    #[serde(default, rename = "fixVersions")]
    pub fix_versions: Option<Vec<Named>>,
    #[serde(default)]
    pub parent: Option<Reference>,
    #[serde(default)]
    pub issuelinks: Option<Vec<IssueLink>>,
}

/// The names of what [`Outline`] reads.
pub const OUTLINE: [&str; 7] =
    ["issuetype", "status", "updated", "resolution", "fixVersions", "parent", "issuelinks"];

/// The custom fields of an issue that hold something, by id.
pub struct CustomFields(pub BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for CustomFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfFields;
        impl<'de> Visitor<'de> for OfFields {
            type Value = CustomFields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the fields of an issue")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CustomFields, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    if !name.starts_with("customfield_") {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let value: Value = map.next_value()?;
                    if !value.is_null() {
                        fields.insert(name.into_owned(), value);
                    }
                }
                Ok(CustomFields(fields))
            }
        }
        deserializer.deserialize_map(OfFields)
    }
}

/// Something with a name.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    pub name: String,
}

/// The priority of an issue.
#[derive(Deserialize)]
pub struct Priority {
    #[serde(default)]
    pub id: Option<String>,
    pub name: String,
}

/// The type of an issue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueType {
    pub name: String,
    #[serde(default)]
    pub subtask: bool,
    /// Cloud: above 0 for what has other issues below it.
    #[serde(default)]
    pub hierarchy_level: Option<i32>,
    #[serde(default)]
    pub avatar_id: Option<i64>,
}

/// The project of an issue.
#[derive(Debug, Clone, Deserialize)]
pub struct Project {
    pub id: String,
    pub key: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub archived: bool,
    /// Whether it is in the bin.
    #[serde(default)]
    pub deleted: bool,
}

/// A status.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    #[serde(default)]
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub status_category: Option<StatusCategory>,
}

/// Where a status stands; the key is never translated.
#[derive(Debug, Clone, Deserialize)]
pub struct StatusCategory {
    pub key: String,
}

/// A person: by account id on Cloud, by key and name on Data Center.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    #[serde(default)]
    pub account_id: Option<String>,
    #[serde(default)]
    pub key: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub email_address: Option<String>,
}

/// Another issue, named by this one.
#[derive(Debug, Clone, Deserialize)]
pub struct Reference {
    #[serde(default)]
    pub id: Option<String>,
    pub key: String,
}

/// A link, seen from one of its ends.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueLink {
    #[serde(default)]
    pub id: String,
    #[serde(rename = "type")]
    pub kind: LinkType,
    #[serde(default)]
    pub inward_issue: Option<Reference>,
    #[serde(default)]
    pub outward_issue: Option<Reference>,
}

/// How a link reads from either end.
#[derive(Debug, Clone, Deserialize)]
pub struct LinkType {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub inward: String,
    #[serde(default)]
    pub outward: String,
}

/// Comments or worklogs of an issue, perhaps not all.
#[derive(Deserialize)]
pub struct PartPage<'a> {
    #[serde(default, borrow, rename = "comments", alias = "worklogs")]
    pub parts: Vec<&'a RawValue>,
    #[serde(default)]
    pub total: u64,
}

/// A comment.
#[derive(Deserialize)]
pub struct Comment<'a> {
    pub id: String,
    #[serde(default)]
    pub author: Option<User>,
    #[serde(default, borrow)]
    pub body: Option<&'a RawValue>,
    pub created: Time,
    #[serde(default)]
    pub updated: Option<Time>,
}

/// A worklog.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Worklog<'a> {
    pub id: String,
    #[serde(default)]
    pub author: Option<User>,
    #[serde(default, borrow)]
    pub comment: Option<&'a RawValue>,
    pub started: Time,
    #[serde(default)]
    pub updated: Option<Time>,
    pub time_spent_seconds: i64,
}

/// What stands of a history within an issue.
#[derive(Debug, Deserialize)]
pub struct Changelog {
    #[serde(default)]
    pub histories: Vec<History>,
}

/// A page of the histories of many issues.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkChangelogs {
    #[serde(default)]
    pub issue_change_logs: Vec<IssueChangelog>,
    #[serde(default)]
    pub next_page_token: Option<String>,
}

/// Histories of one issue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueChangelog {
    pub issue_id: String,
    #[serde(default)]
    pub change_histories: Vec<History>,
}

/// What one person changed at once.
#[derive(Debug, Clone, Deserialize)]
pub struct History {
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub author: Option<User>,
    pub created: Time,
    #[serde(default)]
    pub items: Vec<HistoryItem>,
}

/// One change.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct HistoryItem {
    #[serde(default)]
    pub field: String,
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default, rename = "fromString")]
    pub from_string: Option<String>,
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default, rename = "toString")]
    pub to_string: Option<String>,
}

/// A field as the site lists it.
#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub schema: Option<Schema>,
}

/// The type of a field.
#[derive(Debug, Clone, Deserialize)]
pub struct Schema {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub custom: Option<String>,
}

/// A page of projects.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectPage {
    #[serde(default)]
    pub values: Vec<Project>,
    #[serde(default)]
    pub is_last: bool,
}
