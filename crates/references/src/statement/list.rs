//! Lists of references, and what may stand before and between them.

use crate::phrases;
use crate::sentence::{Part, Token};
use crate::words;

use super::{MOST_BETWEEN, REACH};

/// How many words may stand behind a reference in a list: its title, in short.
pub const MOST_TITLE: usize = 3;

/// Whether a token may stand between a phrase and the reference without a meaning of its own.
pub fn is_filler(token: &Token<'_>) -> bool {
    match &token.part {
        Part::Word(_) => token.is_in(&words::FILLERS),
        Part::Mark(c) => {
            matches!(c, ':' | '(' | '[' | '<' | '-' | '–' | '—' | '=' | '*' | '_' | '#' | '@' | '→')
        }
        _ => false,
    }
}

/// The first token from here on that is no filler.
pub fn skip(tokens: &[Token<'_>], from: usize, bounded: bool) -> usize {
    let most = if bounded { MOST_BETWEEN } else { REACH };
    let end = tokens.len().min(from + most);
    (from..end).find(|at| !is_filler(&tokens[*at])).unwrap_or(end)
}

/// The references of a list that begins here, each with its place, and where the list ends.
pub fn list(tokens: &[Token<'_>], start: usize) -> (Vec<(usize, usize)>, usize) {
    let mut found = Vec::new();
    let mut at = start;
    while let Some(Part::Reference(reference)) = tokens.get(at).map(|token| &token.part) {
        found.push((*reference, at));
        let Some(next) = next_in_list(tokens, at + 1) else { return (found, at + 1) };
        at = next;
    }
    (found, at)
}

/// The place of the next reference of a list, over what joins them and a short title of the one before.
fn next_in_list(tokens: &[Token<'_>], from: usize) -> Option<usize> {
    let mut titles = 0;
    let (mut joined, mut aside) = (false, false);
    for (at, token) in tokens.iter().enumerate().skip(from).take(REACH) {
        match &token.part {
            // "#7 (#8)": what stands in brackets tells more of the one before.
            Part::Reference(_) => return (joined || titles == 0 && !aside).then_some(at),
            Part::Mark(',' | '/' | '&' | '+' | ';' | '|') => joined = true,
            Part::Word(_) if token.is_in(&words::AND) => joined = true,
            // Another statement begins: "blocked by #7, see also #8".
            Part::Word(_) if joined && phrases::at(&tokens[at..]).next().is_some() => return None,
            _ if joined && is_filler(token) => {}
            // "#7, and the tests from #8", "#7 and the old bug (#8)".
            Part::Word(_) if joined && leads_to_name(&tokens[at..]) => {}
            Part::Word(_) | Part::Opaque if !joined => titles += 1,
            Part::Mark('(') => aside = !joined,
            Part::Mark(')') => aside = false,
            Part::Mark('[' | ']' | ':' | '*' | '_' | '#') => {}
            _ => return None,
        }
        if titles > MOST_TITLE {
            return None;
        }
    }
    None
}

/// Whether a few words come to "from", or to a bracket, with a reference behind it.
fn leads_to_name(tokens: &[Token<'_>]) -> bool {
    let mut pairs = tokens.windows(2).take(MOST_TITLE + 2);
    let end = pairs.find(|pair| !matches!(pair[0].part, Part::Word(_)) || pair[0].is("from"));
    end.is_some_and(|pair| {
        (pair[0].is("from") || pair[0].part == Part::Mark('('))
            && matches!(pair[1].part, Part::Reference(_))
    })
}
