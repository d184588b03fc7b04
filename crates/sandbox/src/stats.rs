//! Counting what clients ask.

use std::collections::BTreeMap;

use serde::Serialize;

/// What was asked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// All requests to the interfaces.
    pub requests: u64,
    /// The same by endpoint, such as `GET /repos/{owner}/{repo}/issues`.
    pub by_endpoint: BTreeMap<String, u64>,
    /// The same by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Answers that said "not modified".
    pub not_modified: u64,
    /// Requests sent although the client had been told to wait.
    pub while_told_to_wait: u64,
    /// Bytes of all bodies sent, before compression.
    pub body_bytes: u64,
}

impl Stats {
    /// How often an endpoint was asked.
    #[must_use]
    pub fn asked(&self, endpoint: &str) -> u64 {
        self.by_endpoint.get(endpoint).copied().unwrap_or_default()
    }
}

/// The name of an endpoint: the path with its variable parts in braces. A repository named by its
/// id, as in links and redirects, counts as one named by its name.
pub(crate) fn endpoint(method: &str, segments: &[&str]) -> String {
    let mut name = match segments {
        ["repositories", _, ..] => format!("{method} /repos/{{owner}}/{{repo}}"),
        _ => format!("{method} "),
    };
    let skipped = if matches!(segments, ["repositories", _, ..]) { 2 } else { 0 };
    let mut previous = "";
    for (place, &segment) in segments.iter().enumerate().skip(skipped) {
        let variable = match (segments[0], place) {
            ("repos", 1) => Some("{owner}"),
            ("repos", 2) => Some("{repo}"),
            ("orgs", 1) => Some("{org}"),
            ("users", 1) => Some("{user}"),
            _ if segment.bytes().all(|byte| byte.is_ascii_digit()) => Some("{id}"),
            _ if previous == "labels" => Some("{name}"),
            _ => None,
        };
        name.push('/');
        name.push_str(variable.unwrap_or(segment));
        previous = segment;
    }
    name
}
