//! Reading links out of text: which tasks a title, a body, a comment, a branch or a commit names, and
//! what it says of them. Pure: text in, references out.
//!
//! The way of a text: `structure` takes what its author says out of the Markdown (no code, no quoted
//! words, no comments of a template), [`grammar`] finds what names a task in it, `statement` looks a
//! sentence at a time for what is said of those, by the tables in `phrases` and `words`, `belief` says
//! how far that is believed, and what is left is a mention. Names of branches have no sentences: `branch`.
//!
//! # What is believed
//!
//! A statement is about the text's own task, or it is none: "ENG-5 is blocked by ENG-6" in a third
//! task mentions both. A question, a condition, what is denied, crossed out or over is a mention, too.
//! What is told of a Jira-like key holds only where a project of that prefix exists: whether it does,
//! and whether the task does, is for the reader of the answer to find out.
//!
//! | words | kind, from the text's task |
//! |---|---|
//! | blocked by, depends on, waiting for, needs … first, after … lands | `BLOCKS`, incoming |
//! | blocks, unblocks, prerequisite for | `BLOCKS`, outgoing |
//! | duplicate of, superseded by | `DUPLICATES`, outgoing |
//! | fixes, closes, resolves, implements, in a pull request, a commit or the name of a branch | `IMPLEMENTS`, outgoing |
//! | the same words in any other text | `RELATES`: an issue carries out nothing |
//! | fixed by, closed by, in the text of an issue | `IMPLEMENTS`, incoming |
//! | related to, part of, see also, follow-up to; the items of a task list | `RELATES` |
//! | mirror of, migrated from; tracked in, where that is another tool | `MIRRORS` |
//! | anything else | `MENTIONS` |
//!
//! # What it costs
//!
//! Time is linear in the text, of which [`MOST_BYTES`] are read and [`MOST_PLACES`] looked at. No more than
//! [`MOST_REFERENCES`] are told. `examples/reading_speed.rs` shows what it takes.

mod belief;
mod branch;
mod gathered;
pub mod grammar;
mod phrases;
mod place;
mod pronoun;
mod quote;
mod sentence;
mod statement;
mod structure;
mod words;

use gathered::Gathered;
use mainstem_model::LinkKind;
use phrases::Sense;
use pronoun::Earlier;
use sentence::Sentences;
use statement::{Manner, Setting};
use structure::{Form, Line};

pub use grammar::{Target, Tool};

/// The most references that are read from one text; those that come first are kept.
pub const MOST_REFERENCES: usize = 1000;

/// How many places that name a task are looked at in one text, however often they name the same.
pub const MOST_PLACES: usize = 10_000;

/// How much of a text is read, in bytes: more than GitHub and Jira take.
pub const MOST_BYTES: usize = 256 << 10;

/// The longest quote, in characters.
pub const MOST_QUOTE_CHARACTERS: usize = 200;

/// The longest line that may say something of the lines below it.
const MOST_LABEL_BYTES: usize = 300;

/// A text, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Text<'t> {
    /// What kind of text it is.
    pub place: Place,
    /// Markdown as the store keeps it; of a title, a branch or a commit the plain words.
    pub text: &'t str,
    /// The tool that shows it.
    pub site: Site<'t>,
    /// Whether its task is a pull request, so that "fixes" is said of work that carries out another.
    pub pull_request: bool,
}

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The title of a task.
    Title,
    /// Its description; the first message of a thread.
    Body,
    /// A comment on it; a later message of a thread.
    Comment,
    /// The name of the branch of a pull request.
    BranchName,
    /// The message of a commit.
    CommitMessage,
}

/// The home of a text, whose short forms it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'t> {
    /// Which tool's grammar its text follows.
    pub tool: Tool,
    /// Host of the addresses that people see, with the port where it is not the usual one:
    /// `github.com`. Empty for mail.
    pub host: &'t str,
    /// The key of the project: `acme/api` or `ENG`. `#7` means a task of it. Empty for mail.
    pub project: &'t str,
}

/// What a text says of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// What it says.
    pub kind: LinkKind,
    /// Whether the text's own task is `from` in `from KIND to`. Kinds without direction are outgoing.
    pub outgoing: bool,
    /// The task that is named.
    pub target: Target,
    /// The words that say so: whole words of one sentence, without markup, at most
    /// [`MOST_QUOTE_CHARACTERS`].
    pub quote: String,
    /// How far it is to be believed, 0 to 1, as measured on `tests/labelled`.
    pub confidence: f64,
}

/// Reads what a text says of other tasks, in the order of the text. Of several statements of one kind
/// about a task the one that is believed most is told, and a mention only where nothing else is said.
/// The text's own task is not known here: it may be among them.
#[must_use]
pub fn read(text: &Text<'_>) -> Vec<Reference> {
    let mut gathered = Gathered::new(&text.site);
    if text.place == Place::BranchName {
        for target in branch::read(text.text, &text.site) {
            let (kind, outgoing) = belief::IMPLEMENTS;
            gathered.add(target, kind, outgoing, belief::BRANCH, || quote::whole(text.text));
        }
    } else {
        read_lines(text, &mut gathered);
    }
    gathered.references()
}

fn read_lines(text: &Text<'_>, gathered: &mut Gathered) {
    let words = place::words(text);
    let lines = structure::read(&words);
    let mut labels = vec![None; lines.len()];
    let mut left = MOST_PLACES;
    let (mut earlier, mut below) = (None, None);
    for (at, line) in lines.iter().enumerate() {
        let mut named = sentence::named(line, &text.site);
        named.truncate(left);
        left -= named.len();
        let this = Earlier::of(line, &named);
        pronoun::add(line, earlier.as_ref(), &mut named);
        earlier = this;
        if named.is_empty() {
            below = line
                .text
                .contains("below")
                .then(|| statement::of_those_below(&sentence::sentences(line, &[])))
                .flatten();
            continue;
        }
        let over = line.over.iter().find_map(|over| {
            let label = labels[*over].get_or_insert_with(|| label(&lines[*over], &text.site));
            label.map(|sense| (*over, sense))
        });
        let here = &Sentences { sentences: sentence::sentences(line, &named), named };
        let setting = Setting {
            carries_out: text.pull_request || text.place == Place::CommitMessage,
            over: match over {
                Some((_, sense)) => sense,
                None => below
                    .filter(|_| here.begins_with_name())
                    .or((line.form == Form::Task).then_some(Sense::Relates)),
            },
            listed: line.form != Form::Heading,
        };
        let mut statements = statement::read(here, setting);
        below = statement::of_those_below(&here.sentences)
            .or(below.filter(|_| here.begins_with_name()));
        if setting.carries_out && place::is_tagged(text.place, at, here) {
            place::tags(here, &mut statements);
        }
        for statement in statements {
            let named = &here.named[statement.reference];
            let (kind, outgoing) =
                belief::kind(statement.sense, setting, &text.site, &named.target);
            let confidence = belief::confidence(statement.manner);
            gathered.add(named.target.clone(), kind, outgoing, confidence, || match over {
                Some((over, _)) if statement.manner == Manner::Listed => {
                    quote::listed(&lines[over].text, &line.text)
                }
                _ => quote::around(&line.text, &here.sentences[statement.sentence], &statement),
            });
        }
        for named in &here.named {
            let confidence = belief::mention(&named.target);
            gathered.add(named.target.clone(), LinkKind::Mentions, true, confidence, || {
                quote::near(&line.text, &named.at)
            });
        }
    }
}

/// What a line says of the lines below it.
fn label(line: &Line, site: &Site<'_>) -> Option<Option<Sense>> {
    let short = line.text.len() <= MOST_LABEL_BYTES && sentence::named(line, site).is_empty();
    let sentences = short.then(|| sentence::sentences(line, &[]))?;
    statement::label(sentences.last()?)
}
