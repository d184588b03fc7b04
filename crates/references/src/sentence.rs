//! A line as sentences, and a sentence as tokens: words, references, and what stands between them.

use std::borrow::Cow;
use std::ops::Range;

use crate::Site;
use crate::grammar::{self, Found, Target};
use crate::structure::Line;
use crate::words::Words;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'l> {
    /// A word, in lower case. What a hyphen joins is several.
    Word(Cow<'l, str>),
    /// A reference, by its place among those of the line.
    Reference(usize),
    /// A mark.
    Mark(char),
    /// Something that says nothing here: code, an address, a number, what is crossed out or quoted.
    Opaque,
}

/// A part of a sentence, and where it stands in the line.
#[derive(Debug)]
pub struct Token<'l> {
    pub part: Part<'l>,
    pub at: Range<usize>,
}

impl Token<'_> {
    /// Whether it is this word.
    pub fn is(&self, word: &str) -> bool {
        matches!(&self.part, Part::Word(own) if own == word)
    }

    /// Whether it is a word of this set.
    pub fn is_in(&self, words: &Words) -> bool {
        matches!(&self.part, Part::Word(own) if words.contains(own.as_ref()))
    }

    /// Whether it says no more than how: "significantly", "also".
    pub fn is_adverb(&self) -> bool {
        matches!(&self.part, Part::Word(own)
            if own.len() > 4 && own.ends_with("ly") || ["also", "still", "now", "upstream"].contains(&own.as_ref()))
    }

    /// Whether it is one of these words.
    pub fn is_any(&self, words: &[&str]) -> bool {
        matches!(&self.part, Part::Word(own) if words.contains(&own.as_ref()))
    }
}

/// Whether one of these tokens is a word of this set.
pub fn any(tokens: &[Token<'_>], words: &Words) -> bool {
    tokens.iter().any(|token| token.is_in(words))
}

/// A reference in a line.
#[derive(Debug)]
pub struct Named {
    pub target: Target,
    pub at: Range<usize>,
    /// Crossed out, or in quotation marks: somebody else's words, an example, or what holds no more.
    pub aside: bool,
}

/// A line, ready to be read.
#[derive(Debug)]
pub struct Sentences<'l> {
    pub named: Vec<Named>,
    pub sentences: Vec<Vec<Token<'l>>>,
}

impl Sentences<'_> {
    /// Whether the line begins with a reference.
    pub fn begins_with_name(&self) -> bool {
        let first = self
            .sentences
            .first()
            .and_then(|tokens| tokens.iter().find(|token| !matches!(token.part, Part::Mark(_))));
        first.is_some_and(|token| matches!(token.part, Part::Reference(_)))
    }
}

/// The references of a line.
pub fn named(line: &Line, site: &Site<'_>) -> Vec<Named> {
    let found = linked(line, site);
    if found.is_empty() {
        return Vec::new();
    }
    let aside = asides(line);
    found
        .into_iter()
        .filter(|found| !within(&line.code, found.at.start))
        .map(|Found { at, target }| Named { aside: within(&aside, at.start), target, at })
        .collect()
}

/// The sentences of a line.
pub fn sentences<'l>(line: &'l Line, named: &[Named]) -> Vec<Vec<Token<'l>>> {
    let text = line.text.as_str();
    let aside = asides(line);
    let mut tokens = Vec::new();
    let mut next = 0;
    let mut at = 0;
    while at < text.len() {
        while named.get(next).is_some_and(|named| named.at.end <= at) {
            next += 1;
        }
        if let Some(here) = named.get(next).filter(|named| named.at.start <= at) {
            let part = if here.aside { Part::Opaque } else { Part::Reference(next) };
            tokens.push(Token { part, at: at..here.at.end });
            at = here.at.end;
            continue;
        }
        let limit = named.get(next).map_or(text.len(), |named| named.at.start);
        if let Some(end) = end_of(&line.code, at).or_else(|| end_of(&aside, at)) {
            // What is left out may begin and end within a character only where ranges overlap.
            let end = end.min(limit).max(at + 1);
            let end = (end..text.len()).find(|end| text.is_char_boundary(*end));
            let end = end.unwrap_or(text.len());
            tokens.push(Token { part: Part::Opaque, at: at..end });
            at = end;
            continue;
        }
        at = token(text, at, limit, &mut tokens);
    }
    split(tokens, text)
}

/// The references of a line in order: what links say of themselves is replaced by where they lead.
fn linked(line: &Line, site: &Site<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut plain = grammar::find(&line.text, site).into_iter().peekable();
    for (words, address) in &line.links {
        while let Some(before) = plain.next_if(|found| found.at.end <= words.start) {
            found.push(before);
        }
        while plain.next_if(|found| found.at.start < words.end).is_some() {}
        if let Some(target) = destination(address, site).filter(|_| !words.is_empty()) {
            found.push(Found { at: words.clone(), target });
        }
    }
    found.extend(plain);
    found
}

/// The task that a link leads to: by its address, or by its name as wiki markup links it.
fn destination(address: &str, site: &Site<'_>) -> Option<Target> {
    let mut found = grammar::find(address, site);
    match found.len() {
        1 if found[0].at == (0..address.len()) => found.pop().map(|found| found.target),
        _ => None,
    }
}

/// What is crossed out or in quotation marks.
fn asides(line: &Line) -> Vec<Range<usize>> {
    let mut asides = line.struck.clone();
    let mut open = None;
    for (at, c) in line.text.char_indices() {
        let opens = matches!(c, '"' | '“' | '„' | '«');
        match open {
            Some(start) if matches!(c, '"' | '”' | '“' | '»') => {
                asides.push(start..at + c.len_utf8());
                open = None;
            }
            None if opens && !within(&line.code, at) => open = Some(at),
            _ => {}
        }
    }
    asides.sort_by_key(|range| range.start);
    asides
}

/// Whether a place is within one of these ranges, which are in order.
fn within(ranges: &[Range<usize>], at: usize) -> bool {
    end_of(ranges, at).is_some()
}

/// Where the range ends that a place is within.
fn end_of(ranges: &[Range<usize>], at: usize) -> Option<usize> {
    let next = ranges.partition_point(|range| range.end <= at);
    ranges.get(next).filter(|range| range.start <= at).map(|range| range.end)
}

/// Reads what stands at a place, no further than `limit`; says where it ends.
fn token<'l>(text: &'l str, at: usize, limit: usize, tokens: &mut Vec<Token<'l>>) -> usize {
    let rest = &text[at..limit];
    if let Some(length) = grammar::address::length(rest) {
        tokens.push(Token { part: Part::Opaque, at: at..at + length });
        return at + length;
    }
    let Some(first) = rest.chars().next() else { return limit };
    if first.is_whitespace() || matches!(first, '-' | '‑' | '_') && joins(text, at, first) {
        return at + first.len_utf8();
    }
    if !first.is_alphanumeric() {
        tokens.push(Token { part: Part::Mark(first), at: at..at + first.len_utf8() });
        return at + first.len_utf8();
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let word = rest[..length].trim_end_matches(['\'', '’']);
    let part = if word.chars().all(|c| c.is_ascii_digit()) {
        Part::Opaque
    } else if word.chars().any(|c| c.is_uppercase() || c == '’') {
        Part::Word(word.to_lowercase().replace('’', "'").into())
    } else {
        Part::Word(word.into())
    };
    tokens.push(Token { part, at: at..at + word.len() });
    at + word.len().max(first.len_utf8())
}

/// Whether a mark joins what is before and after it to one word.
fn joins(text: &str, at: usize, mark: char) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + mark.len_utf8()..].chars().next();
    before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
}

/// Words that end in a point and yet end no sentence.
const ABBREVIATIONS: &[&str] =
    &["e", "g", "i", "eg", "ie", "cf", "vs", "approx", "bzw", "z", "b", "d", "h", "ca"];

/// Splits tokens where a sentence ends: at a mark with a blank behind it.
fn split<'l>(tokens: Vec<Token<'l>>, text: &str) -> Vec<Vec<Token<'l>>> {
    let mut sentences = Vec::new();
    let mut sentence: Vec<Token<'l>> = Vec::new();
    for token in tokens {
        let ends = match token.part {
            Part::Mark('!' | '?' | '…' | '。' | '？' | '！') => true,
            Part::Mark('.') => !sentence.last().is_some_and(|word| word.is_any(ABBREVIATIONS)),
            _ => false,
        };
        let ends = ends && text[token.at.end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        sentence.push(token);
        if ends {
            sentences.push(std::mem::take(&mut sentence));
        }
    }
    if !sentence.is_empty() {
        sentences.push(sentence);
    }
    sentences
}
