//! Jira's issues with what stands within them, as a bare program reads them. Texts stay documents.

use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{Page, TRANSACTION, Target};
use crate::sync::PROJECT;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    issues: Vec<Issue>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    id: String,
    key: String,
    #[serde(rename = "self")]
    url: String,
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    summary: String,
    description: Option<Box<RawValue>>,
    status: Named,
    resolution: Option<Named>,
    reporter: Option<User>,
    assignee: Option<User>,
    labels: Vec<String>,
    #[serde(rename = "fixVersions")]
    fix_versions: Vec<Named>,
    created: String,
    updated: String,
    resolutiondate: Option<String>,
    comment: Comments,
    worklog: Worklogs,
    issuelinks: Vec<Link>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    account_id: String,
    display_name: String,
}

#[derive(Deserialize)]
struct Comments {
    comments: Vec<Comment>,
}

#[derive(Deserialize)]
struct Comment {
    id: String,
    body: Box<RawValue>,
    author: Option<User>,
    created: String,
    updated: String,
}

#[derive(Deserialize)]
struct Worklogs {
    worklogs: Vec<Worklog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Worklog {
    id: String,
    author: Option<User>,
    started: String,
    time_spent_seconds: i64,
    comment: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    id: String,
    #[serde(rename = "type")]
    kind: Named,
    inward_issue: Option<Keyed>,
    outward_issue: Option<Keyed>,
}

#[derive(Deserialize)]
struct Keyed {
    key: String,
}

/// The fields that it keeps, and no more.
const FIELDS: [&str; 14] = [
    "summary",
    "description",
    "status",
    "resolution",
    "reporter",
    "assignee",
    "labels",
    "fixVersions",
    "created",
    "updated",
    "resolutiondate",
    "comment",
    "worklog",
    "issuelinks",
];

/// `me@acme.example` and the token that the program shows, too.
const ACCOUNT: &str = "Basic bWVAYWNtZS5leGFtcGxlOmJlbmNo";

/// All issues of a project.
pub async fn pull(site: SocketAddr, target: &mut Target) -> anyhow::Result<()> {
    let jql = format!("project = {PROJECT} ORDER BY created ASC, key ASC");
    let mut asked = json!({"jql": jql, "fields": FIELDS, "maxResults": 100});
    let mut waiting = Page::default();
    loop {
        let question = asked.to_string();
        let request = crate::load::post_as(ACCOUNT, "/rest/api/3/search/jql", &question);
        let answer: Answer = serde_json::from_slice(&crate::load::once(site, &request).await?)?;
        for issue in answer.issues {
            add(&mut waiting, issue)?;
        }
        let is_last = answer.next_page_token.is_none();
        if waiting.tasks.len() >= TRANSACTION || is_last {
            target.upsert(std::mem::take(&mut waiting)).await?;
        }
        if is_last {
            return Ok(());
        }
        asked["nextPageToken"] = answer.next_page_token.into();
    }
}

fn add(page: &mut Page, issue: Issue) -> anyhow::Result<()> {
    let Issue { id, key, url, fields } = issue;
    let id: i64 = id.parse()?;
    for comment in fields.comment.comments {
        let author = comment.author.map(|user| note(page, user));
        page.comments.push(super::Comment {
            id: comment.id.parse()?,
            task: key.clone(),
            body: comment.body.get().to_owned(),
            author,
            created_at: comment.created,
            updated_at: comment.updated,
        });
    }
    for worklog in fields.worklog.worklogs {
        let author = worklog.author.map(|user| note(page, user));
        page.worklogs.push(super::Worklog {
            id: worklog.id.parse()?,
            task: id,
            author,
            started: worklog.started,
            seconds: worklog.time_spent_seconds,
            note: worklog.comment.map(|document| document.get().to_owned()),
        });
    }
    for link in fields.issuelinks {
        let other = link.inward_issue.or(link.outward_issue).map(|issue| issue.key);
        page.links.push(super::Link {
            id: link.id.parse()?,
            task: id,
            kind: link.kind.name,
            other: other.unwrap_or_default(),
        });
    }
    page.labels.extend(fields.labels.into_iter().map(|label| (id, label)));
    if let Some(user) = fields.assignee {
        let person = note(page, user);
        page.assignees.push((id, person));
    }
    let author = fields.reporter.map(|user| note(page, user));
    page.tasks.push(super::Task {
        id,
        key,
        title: fields.summary,
        body: fields.description.map(|document| document.get().to_owned()),
        state: fields.status.name,
        reason: fields.resolution.map(|resolution| resolution.name),
        url,
        author,
        milestone: fields.fix_versions.into_iter().next().map(|version| version.name),
        created_at: fields.created,
        updated_at: fields.updated,
        closed_at: fields.resolutiondate,
    });
    Ok(())
}

fn note(page: &mut Page, user: User) -> String {
    page.people.insert(user.account_id.clone(), user.display_name);
    user.account_id
}
