//! The words that are shown as evidence.

use std::ops::Range;

use crate::MOST_QUOTE_CHARACTERS;
use crate::sentence::Token;
use crate::statement::Statement;

/// A whole text, as far as there is room.
pub fn whole(text: &str) -> String {
    shortened(text, &(0..text.len().min(1)))
}

/// The sentence in which something is said.
pub fn around(line: &str, sentence: &[Token<'_>], statement: &Statement) -> String {
    let (Some(first), Some(last)) = (sentence.first(), sentence.last()) else {
        return near(line, &(statement.from..statement.to));
    };
    let start = first.at.start;
    shortened(&line[start..last.at.end], &(statement.from - start..statement.to - start))
}

/// What stands over a line, and the line.
pub fn listed(over: &str, line: &str) -> String {
    let over = over.trim().trim_end_matches(':');
    let joined = format!("{over}: {}", line.trim());
    let needed = 0..joined.len().min(over.len() + 2);
    shortened(&joined, &needed)
}

/// The words around a place.
pub fn near(line: &str, place: &Range<usize>) -> String {
    shortened(line, place)
}

/// As many whole words as there is room for, with those that are needed first. Line ends are blanks.
fn shortened(text: &str, needed: &Range<usize>) -> String {
    let room = MOST_QUOTE_CHARACTERS;
    // Characters are no fewer bytes, so what lies further away than this is not looked at.
    let window = 4 * room;
    let start = floor(text, needed.start.saturating_sub(window));
    let end =
        floor(text, needed.end.min(needed.start + window).saturating_add(window).min(text.len()));
    let text = &text[start..end.max(start)];
    let needed = needed.start - start;
    let words: Vec<(usize, &str)> = text
        .split_whitespace()
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect();
    let first = words.iter().rposition(|(at, _)| *at <= needed).unwrap_or(0);
    let mut from = first;
    let mut to = first;
    let mut used = 0;
    let length = |at: usize| words.get(at).map(|(_, word)| word.chars().count() + 1);
    // Two words behind for one before, until the room is used up.
    loop {
        let mut grown = false;
        for _ in 0..2 {
            if let Some(more) = length(to).filter(|more| used + more <= room + 1) {
                (used, to, grown) = (used + more, to + 1, true);
            }
        }
        if let Some(more) =
            from.checked_sub(1).and_then(length).filter(|more| used + more <= room + 1)
        {
            (used, from, grown) = (used + more, from - 1, true);
        }
        if !grown {
            break;
        }
    }
    let chosen: Vec<&str> = words[from..to].iter().map(|(_, word)| *word).collect();
    if chosen.is_empty() {
        // One word that has no room is cut.
        return words
            .get(first)
            .map_or(String::new(), |(_, word)| word.chars().take(room).collect());
    }
    chosen.join(" ")
}

/// The end of the last whole character before a place.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
