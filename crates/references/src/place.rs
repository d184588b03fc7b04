//! What is particular to titles, commits and mails.

use std::borrow::Cow;

use crate::grammar::Tool;
use crate::phrases::Sense;
use crate::sentence::{Part, Sentences, Token};
use crate::statement::{Manner, Statement};
use crate::{MOST_BYTES, Place, Text};

/// The words of a text as Markdown. Mails and commits indent as they like, which is no code there.
pub fn words<'t>(text: &Text<'t>) -> Cow<'t, str> {
    let end =
        (0..=MOST_BYTES.min(text.text.len())).rev().find(|end| text.text.is_char_boundary(*end));
    let words = &text.text[..end.unwrap_or(0)];
    match text.place {
        Place::CommitMessage => commit(words).into(),
        Place::Title => words.trim_start().into(),
        _ if text.site.tool == Tool::Email => unindented(words.lines()).into(),
        Place::Body | Place::Comment | Place::BranchName => words.into(),
    }
}

/// A commit without what GitHub writes into it of the pull request that it came with.
fn commit(message: &str) -> String {
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    let subject = subject.trim_end();
    let merges = ["Merge pull request #", "Merge branch ", "Merge remote-tracking branch "];
    let subject = match subject.rsplit_once(" (#") {
        _ if merges.iter().any(|merge| subject.starts_with(merge)) => "",
        Some((title, number)) if is_number_in_brackets(number) => title,
        _ => subject,
    };
    unindented(std::iter::once(subject).chain(body.lines()))
}

fn is_number_in_brackets(text: &str) -> bool {
    text.strip_suffix(')').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unindented<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim_start());
        text.push('\n');
    }
    text
}

/// Whether a line may be tagged with keys: a title, the subject of a commit, or its trailer `Jira: ENG-42`.
pub fn is_tagged(place: Place, at: usize, line: &Sentences<'_>) -> bool {
    let is_trailer = || {
        let first = line.sentences.first().map(Vec::as_slice);
        matches!(first, Some([word, Token { part: Part::Mark(':'), .. }, ..])
            if word.is_any(&["jira", "issue", "issues", "ticket"]))
    };
    match place {
        Place::Title => at == 0,
        Place::CommitMessage => at == 0 || is_trailer(),
        Place::Body | Place::Comment | Place::BranchName => false,
    }
}

/// Reads the keys of Jira that a line is tagged with: the work carries those out. `ENG-42: …`,
/// `[ENG-42] …`, `fix(ENG-42): …`, `… (ENG-42)`.
pub fn tags(line: &Sentences<'_>, statements: &mut Vec<Statement>) {
    let tokens: Vec<&Token<'_>> = line.sentences.iter().flatten().collect();
    if tokens.iter().any(|token| token.is_any(&["revert", "reverts", "reverted", "reverting"])) {
        return;
    }
    let scope = tokens.iter().take(2).all(|token| !matches!(token.part, Part::Reference(_)))
        && matches!(
            tokens.get(..5).map(|t| [&t[1].part, &t[2].part, &t[3].part, &t[4].part]),
            Some([Part::Mark('('), Part::Reference(_), Part::Mark(')'), Part::Mark(':' | '!')])
        );
    let start = if scope { 2 } else { beginning(&tokens) };
    let ending = match tokens.as_slice() {
        [
            ..,
            Token { part: Part::Mark('(' | '['), .. },
            last,
            Token { part: Part::Mark(')' | ']'), .. },
        ] => Some(*last),
        _ => None,
    };
    let leading = tokens[start..].iter().map_while(|token| match token.part {
        Part::Reference(_) => Some(Some(*token)),
        Part::Mark(',' | '/' | '&' | '+' | '[' | ']' | '(' | ')') => Some(None),
        _ if token.is_any(&["and"]) => Some(None),
        _ => None,
    });
    for token in leading.flatten().chain(ending) {
        let Part::Reference(reference) = token.part else { continue };
        let is_new = statements.iter().all(|statement| statement.reference != reference);
        if is_new && line.named[reference].target.tool == Tool::Jira {
            statements.push(Statement {
                reference,
                sense: Sense::CarriesOut,
                manner: Manner::Plain,
                from: token.at.start,
                to: token.at.end,
                sentence: line.sentences.partition_point(|sentence| {
                    sentence.last().is_some_and(|last| last.at.end < token.at.end)
                }),
            });
        }
    }
}

/// Where a title begins behind what says only how far the work is.
fn beginning(tokens: &[&Token<'_>]) -> usize {
    let is_state = |token: &&Token<'_>| {
        token.is_any(&["wip", "draft", "rfc", "jira", "issue", "issues", "ticket"])
            || matches!(token.part, Part::Mark('[' | '(' | ']' | ')' | ':'))
    };
    tokens.iter().position(|token| !is_state(token)).unwrap_or(tokens.len())
}
