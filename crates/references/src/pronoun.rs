//! "That PR": words that stand for the one task which was named just before.

use std::ops::Range;

use crate::grammar::Target;
use crate::sentence::Named;
use crate::structure::Line;

/// How many words of a line that stand for a task are looked at.
const MOST_IN_LINE: usize = 20;

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

/// What a line names, for the next one to speak of.
pub struct Earlier {
    /// The only task that it names.
    pub target: Target,
    /// Whether it says nothing else, so that "this PR" speaks of it, too.
    pub alone: bool,
}

impl Earlier {
    pub fn of(line: &Line, named: &[Named]) -> Option<Self> {
        let target = named.first().map(|first| first.target.clone())?;
        let only = named.iter().all(|named| named.target == target);
        let length: usize = named.iter().map(|named| named.at.len()).sum();
        let alone = line.text.chars().filter(|c| c.is_alphanumeric()).count() <= length;
        only.then_some(Self { target, alone })
    }
}

/// Adds, for each "that PR" of a line, what it stands for: the only task that is named before it in the
/// line, else the only one of the line before.
pub fn add(line: &Line, earlier: Option<&Earlier>, named: &mut Vec<Named>) {
    let mut added = Vec::new();
    let alone = earlier.is_some_and(|earlier| earlier.alone);
    for at in places(&line.text, alone).take(MOST_IN_LINE) {
        let mut before = named.iter().filter(|named| named.at.end <= at.start);
        let only = match (before.next(), before.next()) {
            (Some(one), None) => Some(&one.target),
            (None, _) => earlier.map(|earlier| &earlier.target),
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

/// Where a line says "that PR", or "this PR".
fn places(text: &str, this: bool) -> impl Iterator<Item = Range<usize>> + '_ {
    let words: &[&str] =
        if this { &["that ", "That ", "this ", "This "] } else { &["that ", "That "] };
    words.iter().flat_map(|word| text.match_indices(*word)).filter_map(|(at, that)| {
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
