//! Jira's names of issues.

use url::Url;

use super::{Target, Tool};

/// `ENG-42`, in upper case.
pub fn name(word: &str) -> Option<Target> {
    is_key(word).then(|| item(word))?
}

/// `/browse/ENG-42`, `/projects/ENG/issues/ENG-42`, `/portal/1/ENG-42`, `?selectedIssue=ENG-42`; here in
/// either case.
pub fn shown(segments: &[&str], url: &Url) -> Option<Target> {
    let selected = url
        .query_pairs()
        .find(|(name, value)| name == "selectedIssue" && is_key(&value.to_ascii_uppercase()))
        .map(|(_, value)| value.to_ascii_uppercase());
    if selected.is_some() {
        return item(&selected?);
    }
    let key = match segments {
        [.., "browse", key] => key,
        [.., "projects", project, "issues" | "queues", key]
        | [.., "projects", project, "queues", "custom" | "issue", _, key]
            if key.len() > project.len() =>
        {
            key
        }
        [.., "portal", _, key] => key,
        _ => return None,
    };
    let key = key.to_ascii_uppercase();
    is_key(&key).then(|| item(&key))?
}

/// Whether a word has the form of a key: a project of two or more, a hyphen, and a number.
#[must_use]
pub fn is_key(word: &str) -> bool {
    word.split_once('-').is_some_and(|(project, number)| {
        (2..=50).contains(&project.len())
            && project.starts_with(|c: char| c.is_ascii_uppercase())
            && project
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && super::is_number(number)
    })
}

fn item(key: &str) -> Option<Target> {
    let (project, _) = key.split_once('-')?;
    Some(Target { tool: Tool::Jira, host: None, project: project.to_owned(), key: key.to_owned() })
}
