//! GitHub's issues and comments, as a bare program reads them.

use std::net::SocketAddr;

use serde::Deserialize;

use super::{Page, TRANSACTION, Target};
use crate::sync::REPOSITORY;

#[derive(Deserialize)]
struct Issue {
    id: i64,
    number: i64,
    title: String,
    body: Option<String>,
    state: String,
    state_reason: Option<String>,
    html_url: String,
    user: Option<User>,
    #[serde(default)]
    assignees: Vec<User>,
    #[serde(default)]
    labels: Vec<Label>,
    milestone: Option<Milestone>,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    id: i64,
    issue_url: String,
    body: String,
    user: Option<User>,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    login: String,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct Milestone {
    title: String,
}

/// All issues, then all comments.
pub async fn pull(site: SocketAddr, target: &mut Target) -> anyhow::Result<()> {
    list(site, "issues?state=all&", async |issues| target.upsert(of_issues(issues)).await).await?;
    list(site, "issues/comments?", async |comments| target.upsert(of_comments(comments)).await)
        .await
}

/// Reads a list to its end and hands it over a transaction at a time.
async fn list<T: serde::de::DeserializeOwned>(
    site: SocketAddr,
    path: &str,
    mut upsert: impl AsyncFnMut(Vec<T>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut waiting = Vec::with_capacity(TRANSACTION);
    for page in 1.. {
        let request = format!(
            "GET /repos/{REPOSITORY}/{path}sort=created&direction=asc&per_page=100&page={page} HTTP/1.1\r\nhost: {site}\r\nauthorization: Bearer bench\r\n\r\n"
        );
        let body = crate::load::once(site, request.as_bytes()).await?;
        let items: Vec<T> = serde_json::from_slice(&body)?;
        let last = items.len() < 100;
        waiting.extend(items);
        if waiting.len() >= TRANSACTION || last {
            upsert(std::mem::take(&mut waiting)).await?;
        }
        if last {
            break;
        }
    }
    Ok(())
}

fn of_issues(issues: Vec<Issue>) -> Page {
    let mut page = Page::default();
    for issue in issues {
        let author = issue.user.map(|user| note(&mut page, user));
        for user in issue.assignees {
            let person = note(&mut page, user);
            page.assignees.push((issue.id, person));
        }
        page.labels.extend(issue.labels.into_iter().map(|label| (issue.id, label.name)));
        page.tasks.push(super::Task {
            id: issue.id,
            key: issue.number.to_string(),
            title: issue.title,
            body: issue.body,
            state: issue.state,
            reason: issue.state_reason,
            url: issue.html_url,
            author,
            milestone: issue.milestone.map(|milestone| milestone.title),
            created_at: issue.created_at,
            updated_at: issue.updated_at,
            closed_at: issue.closed_at,
        });
    }
    page
}

fn of_comments(comments: Vec<Comment>) -> Page {
    let mut page = Page::default();
    for comment in comments {
        let author = comment.user.map(|user| note(&mut page, user));
        page.comments.push(super::Comment {
            id: comment.id,
            task: comment.issue_url,
            body: comment.body,
            author,
            created_at: comment.created_at,
            updated_at: comment.updated_at,
        });
    }
    page
}

fn note(page: &mut Page, user: User) -> String {
    let id = user.id.to_string();
    page.people.insert(id.clone(), user.login);
    id
}
