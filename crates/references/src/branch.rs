//! Names of branches: `feature/ENG-42-login`, `eng-42-login`, `12-fix-login`.

use crate::Site;
use crate::grammar::{Target, Tool, is_key, name as named};

/// The tasks that a branch is named after: keys of Jira in either case, wherever they stand as whole
/// words, and the number with which GitHub begins the name of a branch that is made for an issue.
pub fn read(name: &str, site: &Site<'_>) -> Vec<Target> {
    let mut targets = Vec::new();
    for part in name.split('/') {
        let words: Vec<&str> = part.split(['-', '_', '.']).collect();
        for pair in words.windows(2) {
            let key = format!("{}-{}", pair[0].to_ascii_uppercase(), pair[1]);
            if is_key(&key) {
                targets.extend(named(&key, site));
            }
        }
        let (number, rest) = part.split_once('-').unwrap_or_default();
        if site.tool == Tool::GitHub
            && part.len() == name.len()
            && rest.starts_with(char::is_alphabetic)
        {
            targets.extend(named(&format!("#{number}"), site));
        }
    }
    targets
}
