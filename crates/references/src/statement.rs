//! What a line says of the references in it.

mod clause;
mod label;
mod list;

use crate::phrases::Sense;
use crate::sentence::{Part, Sentences, Token};
use crate::words;

use clause::Sentence;
pub use label::label;
use list::{list, skip};

/// How many tokens before a phrase are looked at for its subject, and behind it for its object.
const REACH: usize = 24;
/// How many words may stand between a phrase and what it is about.
const MOST_BETWEEN: usize = 8;

/// How many words may stand between before, until, after or once and what it is about.
const MOST_BEFORE: usize = 12;
/// How many tokens behind a reference are looked at for what it comes before.
const FIRST_WITHIN: usize = 12;

/// How plainly something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// The phrase, and the reference behind it.
    Plain,
    /// With words between them.
    Apart,
    /// By an order of work: until, before, after.
    Order,
    /// By what stands over a list.
    Listed,
    /// As possible: "looks like a duplicate".
    Possible,
}

/// What is said of a reference.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// Which reference of the line.
    pub reference: usize,
    pub sense: Sense,
    pub manner: Manner,
    /// Where the words that say it begin and end in the line.
    pub from: usize,
    pub to: usize,
    /// The sentence of the line that holds them.
    pub sentence: usize,
}

/// What a line is about, apart from its words.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Whether the task is a pull request, or the text a commit.
    pub carries_out: bool,
    /// What the lines above say of what stands below them.
    pub over: Option<Sense>,
    /// Whether the line is one that what stands over it speaks of.
    pub listed: bool,
}

/// Reads all statements of a line.
pub fn read(line: &Sentences<'_>, setting: Setting) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (number, tokens) in line.sentences.iter().enumerate() {
        let sentence = Sentence::new(tokens, number, setting);
        sentence.read(&mut statements);
    }
    if let (Some(sense), true) = (setting.over, setting.listed) {
        listed(line, sense, &mut statements);
    }
    statements
}

/// What a line says of the references that the lines below it begin with: "depends on the ones below".
pub fn of_those_below(sentences: &[Vec<Token<'_>>]) -> Option<Sense> {
    let setting = Setting { carries_out: false, over: None, listed: false };
    let mut numbered = sentences.iter().zip(0..);
    numbered.find_map(|(tokens, number)| Sentence::new(tokens, number, setting).below())
}

/// What stands over a list says its sense of the references that a line of the list begins with; what
/// holds up, or is held up, also of the only one that a short line ends with.
fn listed(line: &Sentences<'_>, sense: Sense, statements: &mut Vec<Statement>) {
    let Some(tokens) = line.sentences.first() else { return };
    let is_reference = |at: &usize| matches!(tokens[*at].part, Part::Reference(_));
    let start = Some(skip(tokens, 0, false)).filter(|at| *at < tokens.len());
    let Some(start) = start.filter(is_reference).or_else(|| {
        let mut places = (0..tokens.len()).filter(is_reference);
        let only = places.next().filter(|_| places.next().is_none())?;
        let ends = tokens[only + 1..].iter().all(|token| matches!(token.part, Part::Mark(_)));
        let plain = line.sentences.len() == 1
            && only <= MOST_BETWEEN
            && !tokens.iter().any(|token| {
                [&words::NOT, &words::PAST, &words::WHICH].iter().any(|set| token.is_in(set))
            });
        (clause::sense_can_end(sense) && ends && plain).then_some(only)
    }) else {
        return;
    };
    for (reference, at) in list(tokens, start).0 {
        if statements.iter().all(|statement| statement.reference != reference) {
            statements.push(Statement {
                reference,
                sense,
                manner: Manner::Listed,
                from: tokens[0].at.start,
                to: tokens[at].at.end,
                sentence: 0,
            });
        }
    }
}
