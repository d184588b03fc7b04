//! Text with its marks as wiki markup.

use std::fmt::Write;

use crate::text::fit::rank;
use crate::text::markdown::Place;
use crate::text::node::{Mark, Node};
use crate::text::notation;
use crate::text::wiki::macros::{self, DELIMITERS};

/// Appends inline nodes.
pub fn write(out: &mut String, nodes: &[Node], place: Place) {
    let start = out.len();
    let mut line = Line { out, place, start, open: Vec::new() };
    line.nodes(nodes);
    line.close_to(0, None);
}

struct Line<'n, 'o> {
    out: &'o mut String,
    place: Place,
    /// Where this line begins.
    start: usize,
    /// The marks that are open, from the outside.
    open: Vec<&'n Mark<'n>>,
}

impl<'n> Line<'n, '_> {
    fn nodes(&mut self, nodes: &'n [Node<'n>]) {
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            at += 1;
            match &*node.kind {
                "text" => {
                    let (text, joined) = node.text_with(&nodes[at..]);
                    at += joined;
                    let ends = nodes.get(at).is_none_or(|next| next.kind == "hardBreak");
                    self.text(&text, &node.marks, ends);
                }
                "hardBreak" => {
                    self.close_to(0, None);
                    let followed = nodes.get(at).is_some_and(|next| {
                        next.kind != "hardBreak" && !(next.is_text() && next.text.is_empty())
                    });
                    let own_line = self.place == Place::Paragraph
                        && followed
                        && self.out.len() > self.start
                        && !self.out.ends_with("\\\\");
                    if own_line {
                        self.out.push('\n');
                        self.start = self.out.len();
                    } else {
                        self.out.push_str("\\\\");
                    }
                }
                _ => {
                    self.close_to(0, Some('['));
                    self.atom(node);
                }
            }
        }
    }

    fn text(&mut self, text: &str, marks: &'n [Mark<'n>], ends: bool) {
        let Some(first) = text.chars().next() else { return };
        let mut wanted: Vec<&Mark> =
            marks.iter().filter(|mark| mark.kind == "link" || sign(mark).is_some()).collect();
        wanted.sort_by_key(|mark| rank(mark));
        wanted.dedup_by(|second, first| second.kind == first.kind);
        let shared = self.open.iter().zip(&wanted).take_while(|(open, mark)| open == mark).count();
        let code = marks.iter().any(|mark| mark.kind == "code");
        let plain_address = match wanted.as_slice() {
            [link] => link.attribute("href") == text && macros::is_target(text) && !code,
            _ => false,
        };
        let next = if code || wanted.len() > shared { '{' } else { first };
        if plain_address {
            self.close_to(0, Some('['));
            let target = target(text);
            self.out.extend(["[", &target, "]"]);
            return;
        }
        self.close_to(shared, Some(next));
        for mark in wanted.into_iter().skip(shared) {
            self.open(mark, if code { '{' } else { first });
        }
        let edges = Edges {
            place: self.place,
            line_start: self.out.len() == self.start || self.out.ends_with("\\\\"),
            line_end: ends,
            in_link: self.open.iter().any(|mark| mark.kind == "link"),
        };
        if code {
            self.out.push_str("{{");
            code_text(self.out, text);
            self.out.push_str("}}");
        } else {
            plain_text(self.out, text, edges);
        }
    }

    fn open(&mut self, mark: &'n Mark<'n>, inside: char) {
        self.open.push(mark);
        let before = self.out[self.start..].chars().next_back();
        match sign(mark) {
            None => self.out.push('['),
            Some(Sign::Color) => {
                self.out.extend(["{color:", mark.attribute("color"), "}"]);
            }
            Some(Sign::Delimiter(sign)) => {
                let apart =
                    !before.is_some_and(|letter| letter.is_alphanumeric() || letter == sign);
                push_delimiter(self.out, sign, apart && !inside.is_whitespace());
            }
        }
    }

    fn close_to(&mut self, length: usize, next: Option<char>) {
        while self.open.len() > length {
            let Some(mark) = self.open.pop() else { return };
            match sign(mark) {
                None => {
                    self.out.push('|');
                    self.out.push_str(&target(mark.attribute("href")));
                    let tip = mark.attribute("title");
                    if !tip.is_empty() {
                        self.out.push('|');
                        code_text(self.out, tip);
                    }
                    self.out.push(']');
                }
                Some(Sign::Color) => self.out.push_str("{color}"),
                Some(Sign::Delimiter(sign)) => {
                    let last = self.out.chars().next_back();
                    let apart = !last.is_none_or(|letter| letter.is_whitespace() || letter == sign)
                        && !next.is_some_and(|letter| letter.is_alphanumeric() || letter == sign)
                        && !self.ends_with_address();
                    push_delimiter(self.out, sign, apart);
                }
            }
        }
    }

    /// Whether a sign would be taken for a part of a web address.
    fn ends_with_address(&self) -> bool {
        let line = &self.out[self.start..];
        line.rsplit(char::is_whitespace).next().is_some_and(|word| word.contains("://"))
    }

    fn atom(&mut self, node: &'n Node<'n>) {
        let edges = Edges {
            place: self.place,
            line_start: self.out.len() == self.start,
            line_end: false,
            in_link: false,
        };
        match &*node.kind {
            "mention" => {
                let id = target(node.attribute("id"));
                self.out.extend(["[~", &id, "]"]);
            }
            "inlineCard" | "blockCard" | "embedCard" => match notation::card_address(node) {
                Some(url) => {
                    let url = target(url);
                    self.out.extend(["[", &url, "|", &url, "|smart-link]"]);
                }
                None => plain_text(self.out, &notation::encode(node).0, edges),
            },
            "emoji" if macros::is_emoticon(node.attribute("shortName")) => {
                self.out.push_str(node.attribute("shortName"));
            }
            "inlineExtension" if is_macro(node) => self.out.push_str(node.attribute("text")),
            "image" => {
                let url: String = node.attribute("url").chars().map(in_image).collect();
                self.out.extend(["!", &url]);
                let parameters = node.attribute("title");
                if !parameters.is_empty() && !parameters.contains(['!', '\n']) {
                    self.out.extend(["|", parameters]);
                }
                self.out.push('!');
            }
            "media" | "mediaInline" => match super::media(node) {
                image if image.kind == "image" => {
                    let url: String = image.attribute("url").chars().map(in_image).collect();
                    self.out.extend(["!", &url, "!"]);
                }
                link => {
                    let name = target(&link.text);
                    self.out.extend(["[^", &name, "]"]);
                }
            },
            _ => {
                plain_text(self.out, &notation::encode(node).0, edges);
                write(self.out, &node.content, self.place);
            }
        }
    }
}

/// What would end the name of a picture.
fn in_image(letter: char) -> char {
    if matches!(letter, '!' | '|') || letter.is_control() { '_' } else { letter }
}

/// Whether a macro may go through as it is.
fn is_macro(node: &Node) -> bool {
    let text = node.attribute("text");
    node.attribute("extensionType") == macros::EXTENSION_TYPE
        && macros::parse(text).is_some_and(|found| found.is_opaque() && found.source == text)
}

enum Sign {
    Delimiter(char),
    Color,
}

/// How a mark other than a link is written, where it can be.
fn sign(mark: &Mark) -> Option<Sign> {
    let kind = match &*mark.kind {
        "textColor" => return Some(Sign::Color),
        "subsup" => mark.attribute("type"),
        kind => kind,
    };
    let sign = DELIMITERS.iter().find(|(_, known)| *known == kind)?.0;
    Some(Sign::Delimiter(sign))
}

fn push_delimiter(out: &mut String, sign: char, apart: bool) {
    if apart {
        out.push(sign);
    } else {
        out.extend(['{', sign, '}']);
    }
}

/// Where a link leads.
fn target(address: &str) -> String {
    let mut target = String::with_capacity(address.len());
    for letter in address.chars() {
        match letter {
            ' ' => target.push_str("%20"),
            '|' | '[' | ']' | '\\' | '{' | '}' => target.extend(['\\', letter]),
            letter if letter.is_control() => numbered(&mut target, letter),
            letter => target.push(letter),
        }
    }
    target
}

/// Text within code, or a tip: nothing but escapes means anything there.
fn code_text(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '{' | '}' | '\\' | '[' | ']' | '|' | '&' => out.extend(['\\', letter]),
            letter if letter.is_control() => numbered(out, letter),
            letter => out.push(letter),
        }
    }
}

fn numbered(out: &mut String, letter: char) {
    // Writing to a string cannot fail.
    let _ = write!(out, "&#{};", u32::from(letter));
}

#[derive(Clone, Copy)]
struct Edges {
    place: Place,
    line_start: bool,
    line_end: bool,
    in_link: bool,
}

/// Text in which nothing may mean anything.
fn plain_text(out: &mut String, text: &str, edges: Edges) {
    let mut copied_to = 0;
    let mut before = None;
    let line_start = edges.line_start && edges.place == Place::Paragraph;
    let dot = if line_start { block_sign(text) } else { None };
    for (at, letter) in text.char_indices() {
        let rest = &text[at..];
        if at < copied_to {
            before = Some(letter);
            continue;
        }
        let after = rest[letter.len_utf8()..].chars().next();
        let first = at == 0;
        let last = after.is_none();
        let apart = !before.is_some_and(char::is_alphanumeric);
        let address = if apart { macros::address_length(rest) } else { 0 };
        if address > 0 {
            out.push_str(&rest[..address]);
            copied_to = at + address;
            before = Some(letter);
            continue;
        }
        match letter {
            ' ' if (first && edges.line_start) || (last && edges.line_end) => numbered(out, ' '),
            '\\' if after.is_none_or(|next| next.is_ascii() && !next.is_ascii_alphanumeric()) => {
                numbered(out, '\\');
            }
            '&' if after.is_none_or(|next| next == '#') => numbered(out, '&'),
            letter if letter.is_control() => numbered(out, letter),
            _ => {
                let escaped = match letter {
                    '[' => true,
                    ']' => edges.in_link,
                    '|' => edges.in_link || edges.place == Place::Cell || (first && line_start),
                    '{' => {
                        last || after == Some('{')
                            || macros::parse(rest).is_some()
                            || after.is_some_and(|next| {
                                DELIMITERS.iter().any(|(sign, _)| *sign == next)
                            })
                    }
                    '!' => after.map_or(!edges.line_end, |next| !next.is_whitespace()),
                    '?' => after == Some('?') || before == Some('?') || last,
                    '*' | '_' | '-' | '+' | '^' | '~' => {
                        let within =
                            |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
                        // A space at either end may be written by its number.
                        let spaced =
                            at > 1 && rest.len() > 2 && before == Some(' ') && after == Some(' ');
                        let idle = (within(before) && within(after)) || spaced;
                        !idle
                    }
                    '#' => first && line_start,
                    '.' => dot == Some(at),
                    ':' | ';' | '(' => last || macros::emoticon(rest, before).is_some(),
                    _ => false,
                };
                if escaped {
                    out.push('\\');
                }
                out.push(letter);
            }
        }
        before = Some(letter);
    }
}

/// Where the dot stands of what would make a line a heading or a quote.
fn block_sign(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let heading = matches!(bytes, [b'h', b'1'..=b'6', b'.', ..]);
    (heading || text.starts_with("bq.")).then_some(2)
}
