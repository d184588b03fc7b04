//! Precision and recall on texts of public issues and mails: `tests/labelled/README.md` says how they
//! were chosen and labelled. Prints the figures and everything that is read otherwise than labelled.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that prints its figures, and ends on a label that it cannot read"
)]

use std::collections::{BTreeMap, BTreeSet};

use mainstem_references::grammar::is_key;
use mainstem_references::{Place, Site, Text, Tool, read};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labelled {
    source: String,
    tool: String,
    own: String,
    pull_request: bool,
    place: String,
    text: String,
    projects: Vec<String>,
    expected: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    outgoing: bool,
    target: String,
}

/// What is said of a target: kind, direction, key in lower case.
type Said = (String, bool, String);

/// What is right, what is read and not labelled, what is labelled and not read.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn add(&mut self, read: &BTreeSet<Said>, expected: &BTreeSet<Said>) {
        self.right += read.intersection(expected).count();
        self.wrong += read.difference(expected).count();
        self.missed += expected.difference(read).count();
    }

    fn precision(self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    fn recall(self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl Labelled {
    fn is_shown(&self, key: &str) -> bool {
        let project = key.rsplit_once('-').map_or("", |(project, _)| project);
        !key.eq_ignore_ascii_case(&self.own)
            && (!is_key(key) || self.projects.iter().any(|known| known == project))
    }

    fn read(&self) -> Vec<(Said, f64)> {
        let (tool, host) = match self.tool.as_str() {
            "github" => (Tool::GitHub, "github.com"),
            "jira" => (Tool::Jira, "issues.apache.org"),
            "email" => (Tool::Email, ""),
            other => panic!("{other} is no tool"),
        };
        let project = match tool {
            Tool::GitHub => self.own.split('#').next(),
            Tool::Jira => self.own.rsplit_once('-').map(|(project, _)| project),
            Tool::Email => None,
        };
        let place = match self.place.as_str() {
            "title" => Place::Title,
            "body" => Place::Body,
            "comment" => Place::Comment,
            "branch" => Place::BranchName,
            "commit" => Place::CommitMessage,
            other => panic!("{other} is no place"),
        };
        let site = Site { tool, host, project: project.unwrap_or_default() };
        let text = Text { place, text: &self.text, site, pull_request: self.pull_request };
        read(&text)
            .into_iter()
            .filter(|reference| self.is_shown(&reference.target.key))
            .map(|reference| {
                let key = reference.target.key.to_lowercase();
                (
                    (reference.kind.as_str().to_owned(), reference.outgoing, key),
                    reference.confidence,
                )
            })
            .collect()
    }

    fn expected(&self) -> BTreeSet<Said> {
        let said = |expected: &Expected| {
            (expected.kind.clone(), expected.outgoing, expected.target.to_lowercase())
        };
        self.expected.iter().map(said).collect()
    }
}

/// The keys of Jira in what is said, as what is said of them does not matter for finding them.
fn keys(said: &BTreeSet<Said>) -> BTreeSet<Said> {
    said.iter()
        .filter(|(_, _, key)| is_key(&key.to_uppercase()))
        .map(|(_, _, key)| (String::new(), true, key.clone()))
        .collect()
}

fn labelled(lines: &str) -> Vec<Labelled> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Measures a part; prints figures and what is read otherwise than labelled.
fn measure(name: &str, lines: &str) -> BTreeMap<String, Count> {
    let labelled = labelled(lines);
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut believed: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut otherwise = Vec::new();
    for example in &labelled {
        let all = example.read();
        let (read, expected): (BTreeSet<Said>, _) =
            (all.iter().map(|(said, _)| said.clone()).collect(), example.expected());
        for kind in ["BLOCKS", "RELATES", "DUPLICATES", "IMPLEMENTS", "MENTIONS", "MIRRORS"] {
            let of_kind = |said: &BTreeSet<Said>| {
                said.iter().filter(|said| said.0 == kind).cloned().collect::<BTreeSet<_>>()
            };
            counts.entry(kind.to_owned()).or_default().add(&of_kind(&read), &of_kind(&expected));
        }
        counts.entry("Jira keys".to_owned()).or_default().add(&keys(&read), &keys(&expected));
        for (said, confidence) in &all {
            let count = believed.entry((said.0.clone(), format!("{confidence:.2}"))).or_default();
            count.0 += usize::from(expected.contains(said));
            count.1 += 1;
        }
        if read != expected {
            let extra: Vec<_> = read.difference(&expected).collect();
            let missing: Vec<_> = expected.difference(&read).collect();
            otherwise.push(format!(
                "  {} ({}): {:?}\n    read {extra:?}\n    labelled {missing:?}",
                example.source, example.place, example.text
            ));
        }
    }
    println!("\n{name}: {} texts", labelled.len());
    println!(
        "{:12} {:>5} {:>5} {:>6} {:>9} {:>6}",
        "", "right", "wrong", "missed", "precision", "recall"
    );
    for (kind, count) in &counts {
        let Count { right, wrong, missed } = *count;
        let (precision, recall) = (count.precision(), count.recall());
        println!("{kind:12} {right:5} {wrong:5} {missed:6} {precision:9.3} {recall:6.3}");
    }
    println!("right of what is believed so far:");
    for ((kind, confidence), (right, all)) in &believed {
        println!("  {kind:12} {confidence} {right:4} of {all}");
    }
    println!("read otherwise than labelled: {} of {} texts", otherwise.len(), labelled.len());
    println!("{}", otherwise.join("\n"));
    counts
}

/// Every text that the phrases were tuned on, first or last.
const PARTS: [&str; 6] = [
    include_str!("labelled/development.jsonl"),
    include_str!("labelled/held_out.jsonl"),
    include_str!("labelled/found_later.jsonl"),
    include_str!("labelled/fresh.jsonl"),
    include_str!("labelled/sealed.jsonl"),
    include_str!("labelled/last.jsonl"),
];

fn holds_the_bars(counts: &BTreeMap<String, Count>, recall: f64) {
    let blocks = counts["BLOCKS"];
    assert!(blocks.right + blocks.missed > 15, "there is too little to measure");
    assert!(blocks.precision() >= 0.98, "precision of BLOCKS: {:.3}", blocks.precision());
    assert!(blocks.recall() >= recall, "recall of BLOCKS: {:.3}", blocks.recall());
    let keys = counts["Jira keys"];
    assert!(keys.precision() >= 0.95, "precision of keys: {:.3}", keys.precision());
    assert!(keys.recall() >= 0.90, "recall of keys: {:.3}", keys.recall());
}

#[test]
fn what_the_phrases_were_tuned_on_is_read_as_labelled() {
    holds_the_bars(&measure("development", include_str!("labelled/development.jsonl")), 0.90);
}

#[test]
fn what_they_were_not_tuned_on_is_read_as_labelled() {
    holds_the_bars(&measure("held out", include_str!("labelled/held_out.jsonl")), 0.95);
}

#[test]
fn what_was_found_later_is_read_as_labelled() {
    holds_the_bars(&measure("found later", include_str!("labelled/found_later.jsonl")), 0.95);
}

/// Looked for among other people's words than before, and the phrases then tuned on it.
#[test]
fn fresh_words_are_read_as_labelled() {
    holds_the_bars(&measure("fresh", include_str!("labelled/fresh.jsonl")), 0.85);
}

/// Drawn like the one before, and tuned on after it.
#[test]
fn words_that_were_sealed_are_read_as_labelled() {
    holds_the_bars(&measure("sealed", include_str!("labelled/sealed.jsonl")), 0.84);
}

/// Of other kinds of teams.
#[test]
fn the_last_words_are_read_as_labelled() {
    holds_the_bars(&measure("last", include_str!("labelled/last.jsonl")), 0.82);
}

/// Looked for when the phrases were done, and nothing was changed for it: how far words are understood
/// that nobody has seen.
#[test]
fn of_words_that_nobody_has_seen_half_is_read() {
    let blocks = measure("blind", include_str!("labelled/blind.jsonl"))["BLOCKS"];
    assert!(blocks.precision() >= 0.90 && blocks.recall() >= 0.50, "{blocks:?}");
}

#[test]
fn what_holds_others_up_is_seldom_missed_and_hardly_ever_wrong() {
    let (mut all, mut texts) = (Count::default(), 0);
    for example in PARTS.iter().flat_map(|part| labelled(part)) {
        let blocks = |said: BTreeSet<Said>| -> BTreeSet<Said> {
            said.into_iter().filter(|(kind, ..)| kind == "BLOCKS").collect()
        };
        let read = example.read().into_iter().map(|(said, _)| said).collect();
        all.add(&blocks(read), &blocks(example.expected()));
        texts += 1;
    }
    let (precision, recall) = (all.precision(), all.recall());
    println!("\nBLOCKS in all {texts} texts: precision {precision:.3}, recall {recall:.3}");
    assert!(precision >= 0.98 && recall >= 0.90, "{precision} {recall}");
}

/// Grouped by how far it is believed; a handful of statements shows nothing.
#[test]
fn nothing_is_believed_further_than_it_was_right() {
    let mut believed: BTreeMap<String, (f64, usize, usize)> = BTreeMap::new();
    for example in PARTS.iter().flat_map(|part| labelled(part)) {
        let expected = example.expected();
        for (said, confidence) in example.read() {
            let count = believed.entry(format!("{confidence:.2}")).or_insert((confidence, 0, 0));
            count.1 += usize::from(expected.contains(&said));
            count.2 += 1;
        }
    }
    let shown = believed.values().filter(|(_, _, all)| *all >= 10);
    assert!(shown.clone().count() >= 5, "{believed:?}");
    for (confidence, right, all) in shown {
        assert!(*confidence <= ratio(right + 1, all + 2), "{confidence}: {right} of {all}");
    }
}
