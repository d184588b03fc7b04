//! Texts that are meant to do harm: time stays linear, what is told stays bounded, nothing panics.

mod support;

use std::time::{Duration, Instant};

use mainstem_model::LinkKind;
use mainstem_references::{MOST_QUOTE_CHARACTERS, MOST_REFERENCES, Place, Reference};
use proptest::prelude::*;
use support::{issue, read_in, said};

const MEBIBYTE: usize = 1 << 20;

/// Pieces that are repeated up to a mebibyte.
const PIECES: &[&str] = &[
    "#",
    "-",
    "[",
    "]",
    "`",
    "``` ",
    "> ",
    ">",
    "- ",
    "* ",
    "_",
    "~",
    "~~",
    "<",
    "<!--",
    "<a href=",
    "<b>",
    "|",
    "| a ",
    "|-",
    "\"",
    "(",
    "#1",
    "#1 ",
    "#1, ",
    "ENG-1",
    "ENG-1 ",
    "ENG-1/",
    "acme/api#1/",
    "https://",
    "https://a/(",
    "[a](",
    "![",
    "blocked by ",
    "blocked by ENG-1 ",
    "blocked by #1, ",
    "depends on the ones below ",
    "see #1. That PR ",
    "#1 must land first ",
    "first merge ",
    "until ",
    "after #1 ",
    "not ",
    "if ",
    "this ",
    "blocks ",
    "is ",
    "and ",
    ". ",
    "a.",
    "\n",
    "\n\n",
    "a\n",
    "- [ ] #1\n",
    "  - #1\n",
    "# Blocked by\n",
    "Blocked by:\n",
    "&#35;",
    "ä",
    "見",
    "\u{200b}",
    "'",
    "a'",
    "a-",
    "1",
    "\\",
    "\r",
    "\t",
    "<code>",
    "</code>",
    "> [!NOTE]\n",
    "\u{2011}",
];

fn repeated(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

/// What is linear takes milliseconds, what is quadratic minutes; `examples/reading_speed.rs` shows figures.
#[test]
fn no_text_takes_long() {
    for piece in PIECES {
        let text = repeated(piece, MEBIBYTE);
        let start = Instant::now();
        is_bounded(&issue(&text));
        let taken = start.elapsed();
        assert!(taken < Duration::from_secs(10), "{piece:?}: {taken:?}");
    }
}

#[test]
fn a_comment_that_says_the_same_a_hundred_thousand_times_says_it_once() {
    let read = issue(&"blocked by ENG-1\n".repeat(100_000));
    assert_eq!(said(&read), "B<ENG-1");
    let read = issue(&"blocked by ENG-1 ".repeat(100_000));
    assert_eq!(said(&read), "B<ENG-1");
}

fn is_bounded(references: &[Reference]) {
    assert!(references.len() <= MOST_REFERENCES);
    for reference in references {
        assert!(reference.quote.chars().count() <= MOST_QUOTE_CHARACTERS, "{reference:?}");
        assert!(!reference.quote.contains('\n'), "{reference:?}");
        assert!((0.0..=1.0).contains(&reference.confidence), "{reference:?}");
        let typed = |other: &Reference| {
            other.target == reference.target && other.kind != LinkKind::Mentions
        };
        let mention = reference.kind == LinkKind::Mentions;
        assert!(!mention || !references.iter().any(typed), "{reference:?}");
    }
}

/// Texts of the pieces that mean something here, in any order.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read(text in texts(), place in 0..5, pull_request: bool, tool in 0..3) {
        let place = [
            Place::Title,
            Place::Body,
            Place::Comment,
            Place::BranchName,
            Place::CommitMessage,
        ][place as usize];
        let tool = ["github", "jira", "email"][tool as usize];
        is_bounded(&read_in(tool, place, pull_request, &text));
    }

    /// In plain words every quote is a part of them.
    #[test]
    fn quotes_are_what_was_written(words in prop::collection::vec("[a-zé見]{1,9}|#1[0-9]|ENG-[1-9]|blocked by", 1..80)) {
        let text = words.join(" ");
        for reference in issue(&text) {
            prop_assert!(text.contains(&reference.quote), "{:?} in {text:?}", reference.quote);
            prop_assert!(!reference.quote.is_empty());
        }
    }
}
