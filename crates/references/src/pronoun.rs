//! "That PR", "this issue that …": words that stand for the one task which was named just before.

use std::ops::Range;

use crate::grammar::Target;
use crate::sentence::Named;
use crate::structure::Line;

/// What "that" may be followed by to stand for a task.
const NOUNS: &[&str] = &[
    "pr",
    "mr",
    "pull request",
    "merge request",
    "issue",
    "ticket",
    "bug",
    "task",
    "story",
    "change",
    "patch",
    "one",
];

/// Adds, for each "that PR" of a line, what it stands for: the only task that is named before it in the
/// line, else the only one of the line before.
pub fn add(line: &Line, earlier: Option<&Target>, named: &mut Vec<Named>) {
    let mut added = Vec::new();
    for at in places(&line.text) {
        let mut before = named.iter().filter(|named| named.at.end <= at.start);
        let only = match (before.next(), before.next()) {
            (Some(one), None) => Some(&one.target),
            (None, _) => earlier,
            (Some(_), Some(_)) => None,
        };
        let free = named.iter().all(|named| named.at.end <= at.start || at.end <= named.at.start)
            && line.code.iter().chain(&line.struck).all(|part| !part.contains(&at.start));
        if let Some(target) = only.filter(|_| free) {
            added.push(Named { target: target.clone(), at, aside: false });
        }
    }
    named.extend(added);
    named.sort_by_key(|named| named.at.start);
}

/// Where a line says "that PR".
fn places(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices("that ").chain(text.match_indices("That ")).filter_map(|(at, that)| {
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let rest = &text[at + that.len()..];
        let noun = NOUNS.iter().find(|noun| {
            let found = rest.get(..noun.len()).is_some_and(|own| own.eq_ignore_ascii_case(noun));
            found && !is_word(rest[noun.len()..].chars().next())
        })?;
        let whole = !is_word(text[..at].chars().next_back());
        whole.then(|| at..at + that.len() + noun.len())
    })
}
