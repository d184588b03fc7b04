//! Texts of one repository, one project and one mailbox, and a short way to write what is read.

#![allow(dead_code, reason = "each test binary uses a part")]

use mainstem_model::LinkKind;
use mainstem_references::{Place, Reference, Site, Text, Tool, read};

/// Reads a text of a tool.
pub fn read_in(tool: &str, place: Place, pull_request: bool, text: &str) -> Vec<Reference> {
    let site = match tool {
        "github" => Site { tool: Tool::GitHub, host: "github.com", project: "acme/api" },
        "jira" => Site { tool: Tool::Jira, host: "acme.atlassian.net", project: "ENG" },
        _ => Site { tool: Tool::Email, host: "", project: "" },
    };
    read(&Text { place, text, site, pull_request })
}

pub fn issue(text: &str) -> Vec<Reference> {
    read_in("github", Place::Body, false, text)
}

pub fn pull_request(text: &str) -> Vec<Reference> {
    read_in("github", Place::Body, true, text)
}

pub fn title(text: &str) -> Vec<Reference> {
    read_in("github", Place::Title, true, text)
}

pub fn branch(text: &str) -> Vec<Reference> {
    read_in("github", Place::BranchName, true, text)
}

pub fn commit(text: &str) -> Vec<Reference> {
    read_in("github", Place::CommitMessage, true, text)
}

pub fn jira(text: &str) -> Vec<Reference> {
    read_in("jira", Place::Comment, false, text)
}

pub fn mail(text: &str) -> Vec<Reference> {
    read_in("email", Place::Body, false, text)
}

/// What is read, in short, typed statements first.
pub fn said(references: &[Reference]) -> String {
    let mut said: Vec<String> = references
        .iter()
        .map(|reference| {
            let arrow = if reference.outgoing { ">" } else { "<" };
            let kind = match reference.kind {
                LinkKind::Blocks => format!("B{arrow}"),
                LinkKind::Duplicates => format!("D{arrow}"),
                LinkKind::Implements => format!("I{arrow}"),
                LinkKind::Relates => "R".to_owned(),
                LinkKind::Mirrors => "X".to_owned(),
                LinkKind::Mentions => "M".to_owned(),
            };
            let key = reference.target.key.replace("acme/api#", "#");
            format!("{kind}{key}")
        })
        .collect();
    said.sort_by_key(|said| said.starts_with('M'));
    said.join(" ")
}
