//! GitHub's names of issues and pull requests.

use super::{Target, Tool};
use crate::Site;

/// What people write before a number without a blank.
const KINDS: [&str; 5] = ["PR", "pr", "issue", "Issue", "MR"];

/// `acme/api#7` anywhere; `#7`, `PR#7` and `GH-7` in a text of GitHub, where they mean its own repository.
pub fn name(word: &str, site: &Site<'_>) -> Option<Target> {
    let (repository, digits) = match word.split_once('#') {
        Some((kind, digits)) if KINDS.contains(&kind) => ("", digits),
        Some(parts) => parts,
        None => ("", word.strip_prefix("GH-").or_else(|| word.strip_prefix("gh-"))?),
    };
    if repository.is_empty() {
        let own = site.tool == Tool::GitHub && !site.project.is_empty();
        let mut target = own.then(|| item(site.project, digits))??;
        target.host = Some(site.host.to_owned());
        return Some(target);
    }
    let (owner, name) = repository.split_once('/')?;
    (is_owner(owner) && is_repository(name)).then(|| item(repository, digits))?
}

/// `/acme/api/issues/7`, `/acme/api/pull/7/files`.
pub fn shown(segments: &[&str]) -> Option<Target> {
    let [owner, name, "issues" | "pull", digits, ..] = segments else { return None };
    (is_owner(owner) && is_repository(name)).then(|| item(&format!("{owner}/{name}"), digits))?
}

fn item(repository: &str, digits: &str) -> Option<Target> {
    super::is_number(digits).then(|| Target {
        tool: Tool::GitHub,
        host: None,
        project: repository.to_owned(),
        key: format!("{repository}#{digits}"),
    })
}

fn is_owner(word: &str) -> bool {
    (1..=39).contains(&word.len())
        && !word.starts_with('-')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_repository(word: &str) -> bool {
    (1..=100).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
