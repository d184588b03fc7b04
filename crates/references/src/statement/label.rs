//! What a heading, or a line that introduces others, says of what stands below it.

use crate::phrases::{self, Phrase, Sense, When};
use crate::sentence::{Part, Token};
use crate::words;

use super::list::is_filler;
use super::{MOST_BETWEEN, REACH};

/// What a line says of the lines below it: a heading, or what introduces a list. Nothing where it is
/// no phrase, `Some(None)` where it denies what it names.
pub fn label(tokens: &[Token<'_>]) -> Option<Option<Sense>> {
    if tokens.len() > REACH {
        return None;
    }
    let introduces = tokens.iter().rev().find(|token| !matches!(token.part, Part::Mark('*' | '_')));
    let introduces = introduces.is_some_and(|token| token.part == Part::Mark(':'));
    let start = (0..tokens.len()).find(|at| {
        let begins = phrases::at(&tokens[*at..]).any(|(phrase, _)| names(phrase));
        begins || !is_preface(&tokens[*at])
    })?;
    let (phrase, length) = phrases::at(&tokens[start..]).find(|(phrase, _)| names(phrase))?;
    let rest = &tokens[start + length..];
    let named = rest.iter().filter(|token| matches!(token.part, Part::Word(_) | Part::Opaque));
    let most = if introduces { MOST_BETWEEN } else { 0 };
    let strange = named.filter(|token| !is_filler(token) && !is_name_of_list(token)).count();
    if strange > most {
        return None;
    }
    let denied = tokens.iter().any(|token| token.is_in(&words::NOT) || token.is_in(&words::PAST));
    Some((!denied).then_some(phrase.sense))
}

/// Whether a phrase may be the name of a list.
fn names(phrase: &Phrase) -> bool {
    matches!(
        phrase.when,
        When::Loose | When::Direct | When::Named | When::Label | When::PullRequest
    )
}

/// Words of headings that name what stands in the list, not what it has to do with this.
fn is_name_of_list(token: &Token<'_>) -> bool {
    phrases::at(std::slice::from_ref(token)).any(|(phrase, _)| names(phrase))
}

/// What may stand before the phrase in a heading or an introduction: `:link: This PR is`.
fn is_preface(token: &Token<'_>) -> bool {
    match &token.part {
        Part::Word(_) => {
            token.is_in(&words::SELF) || token.is_any(&["hourglass", "link", "construction"])
        }
        Part::Mark(_) | Part::Opaque => true,
        Part::Reference(_) => false,
    }
}
