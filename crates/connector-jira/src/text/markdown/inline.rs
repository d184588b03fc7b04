//! What stands in one line or paragraph: text with its marks, breaks, and everything that is written
//! as a link.

use std::ops::Range;

use super::escape::{self, Edges, Place};
use super::write::Writer;
use crate::text::fit::rank;
use crate::text::node::{Mark, Node};
use crate::text::notation;

/// Writes inline nodes.
pub fn write(writer: &mut Writer, nodes: &[Node], place: Place) {
    let mut line = Line { place, rendered: String::new(), pieces: Vec::new(), open: Vec::new() };
    line.nodes(nodes);
    line.close_to(0);
    line.emit(writer);
}

struct Line<'n> {
    place: Place,
    /// What texts and links look like, one after the other.
    rendered: String,
    pieces: Vec<Piece<'n>>,
    /// The marks that are open, from the outside, and where each was opened.
    open: Vec<(&'n Mark<'n>, usize)>,
}

enum Piece<'n> {
    /// A mark begins; it ends at the other place.
    Open(&'n Mark<'n>, usize),
    /// A mark that began at the other place ends.
    Close(&'n Mark<'n>, usize),
    Rendered(Range<usize>),
    Break,
}

impl<'n> Line<'n> {
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
                    self.close_to(0);
                    self.pieces.push(Piece::Break);
                }
                _ => {
                    self.close_to(0);
                    self.render(|out, place| atom(out, node, place));
                    // Blocks have no place here, and what they say is shown all the same.
                    if !node.content.is_empty() {
                        self.render(|out, _| out.push(' '));
                        self.nodes(&node.content);
                        self.close_to(0);
                        self.render(|out, _| out.push(' '));
                    }
                }
            }
        }
    }

    fn text(&mut self, text: &str, marks: &'n [Mark<'n>], ends: bool) {
        if text.is_empty() {
            return;
        }
        if let [link] = marks
            && is_autolink(link, text)
        {
            self.close_to(0);
            self.render(|out, _| out.extend(["<", text, ">"]));
            return;
        }
        let mut wanted: Vec<&Mark> = marks.iter().filter(|mark| mark.kind != "code").collect();
        wanted.sort_by_key(|mark| rank(mark));
        wanted.dedup_by(|second, first| second.kind == first.kind);
        let shared =
            self.open.iter().zip(&wanted).take_while(|((open, _), mark)| open == *mark).count();
        self.close_to(shared);
        for mark in wanted.into_iter().skip(shared) {
            self.open.push((mark, self.pieces.len()));
            self.pieces.push(Piece::Open(mark, 0));
        }
        let edges = Edges {
            place: self.place,
            line_start: self
                .pieces
                .iter()
                .rev()
                .find(|piece| matches!(piece, Piece::Rendered(_) | Piece::Break))
                .is_none_or(|piece| matches!(piece, Piece::Break)),
            line_end: ends,
            in_link: self.open.iter().any(|(mark, _)| mark.kind == "link"),
        };
        let code = marks.iter().any(|mark| mark.kind == "code");
        self.render(|out, _| {
            if code { code_span(out, text, edges) } else { escape::text(out, text, edges) }
        });
    }

    fn render(&mut self, render: impl FnOnce(&mut String, Place)) {
        let start = self.rendered.len();
        render(&mut self.rendered, self.place);
        self.pieces.push(Piece::Rendered(start..self.rendered.len()));
    }

    fn close_to(&mut self, length: usize) {
        while self.open.len() > length {
            let Some((mark, opened)) = self.open.pop() else { return };
            self.pieces[opened] = Piece::Open(mark, self.pieces.len());
            self.pieces.push(Piece::Close(mark, opened));
        }
    }

    fn emit(&self, writer: &mut Writer) {
        let last = self.pieces.len().saturating_sub(1);
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Rendered(range) => {
                    let text = &self.rendered[range.clone()];
                    if text.starts_with('[') {
                        writer.before_bracket();
                    }
                    writer.out.push_str(text);
                }
                Piece::Break if self.place == Place::Paragraph && at < last => {
                    writer.out.push('\\');
                    writer.new_line();
                }
                Piece::Break => writer.out.push_str("<br>"),
                Piece::Open(mark, close) => {
                    if mark.kind == "link" {
                        writer.before_bracket();
                    }
                    open(&mut writer.out, mark, self.delimiter(mark, at, *close));
                }
                Piece::Close(mark, open) => {
                    close(&mut writer.out, mark, self.delimiter(mark, *open, at));
                }
            }
        }
    }

    /// The delimiter of a mark, where it is one of those that Markdown has and would be understood
    /// between what stands beside it.
    fn delimiter(&self, mark: &Mark, open: usize, close: usize) -> Option<&'static str> {
        let delimiter = match &*mark.kind {
            "strong" => "**",
            "em" => "_",
            "strike" => "~~",
            _ => return None,
        };
        let outside = [
            open.checked_sub(1).map_or(Side::Blank, |at| self.side(at, false)),
            self.pieces.get(close + 1).map_or(Side::Blank, |_| self.side(close + 1, true)),
        ];
        let inside = [self.side(open + 1, true), self.side(close - 1, false)];
        let understood = inside.into_iter().zip(outside).all(|(inside, outside)| {
            let apart = matches!(outside, Side::Blank | Side::Punctuation);
            inside != Side::Blank && (apart || (inside == Side::Word && mark.kind != "em"))
        });
        understood.then_some(delimiter)
    }

    /// What a piece begins or ends with.
    fn side(&self, at: usize, begins: bool) -> Side {
        match &self.pieces[at] {
            Piece::Rendered(range) => {
                let mut letters = self.rendered[range.clone()].chars();
                match if begins { letters.next() } else { letters.next_back() } {
                    Some(letter) if letter.is_alphanumeric() => Side::Word,
                    Some(letter) if letter.is_whitespace() => Side::Blank,
                    Some(letter) if letter.is_ascii_punctuation() => Side::Punctuation,
                    _ => Side::Other,
                }
            }
            Piece::Break => Side::Blank,
            Piece::Open(..) | Piece::Close(..) => Side::Punctuation,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Nothing, or white space.
    Blank,
    Punctuation,
    Word,
    /// What Markdown may take for the one or the other.
    Other,
}

fn open(out: &mut String, mark: &Mark, delimiter: Option<&str>) {
    match (delimiter, tag(mark)) {
        (Some(delimiter), _) => out.push_str(delimiter),
        (None, Some(tag)) => out.extend(["<", tag, ">"]),
        (None, None) if mark.kind == "link" => out.push('['),
        (None, None) => out.extend(["<span data-jira=\"", &notation::encode_mark(mark), "\">"]),
    }
}

fn close(out: &mut String, mark: &Mark, delimiter: Option<&str>) {
    match (delimiter, tag(mark)) {
        (Some(delimiter), _) => out.push_str(delimiter),
        (None, Some(tag)) => out.extend(["</", tag, ">"]),
        (None, None) if mark.kind == "link" => link_end(out, mark),
        (None, None) => out.push_str("</span>"),
    }
}

/// The element of HTML that is a mark, in Markdown too.
fn tag(mark: &Mark) -> Option<&'static str> {
    Some(match &*mark.kind {
        "strong" => "strong",
        "em" => "em",
        "strike" => "del",
        "underline" => "u",
        "subsup" if mark.attribute("type") == "sub" => "sub",
        "subsup" => "sup",
        _ => return None,
    })
}

/// From the bracket that closes the text of a link to its end.
fn link_end(out: &mut String, mark: &Mark) {
    let (href, title) = (mark.attribute("href"), mark.attribute("title"));
    let plain = mark.attributes.keys().all(|name| matches!(name.as_str(), "href" | "title"));
    if plain && !title.starts_with("jira:") && notation::decode(href, "text").is_none() {
        target(out, href, title);
    } else {
        let mut node = Node::new(notation::LINK);
        node.attributes = mark.attributes.clone();
        target(out, &notation::encode(&node).1, "");
    }
}

fn target(out: &mut String, address: &str, title: &str) {
    out.push_str("](");
    escape::destination(out, address);
    if !title.is_empty() {
        out.push_str(" \"");
        escape::title(out, title);
        out.push('"');
    }
    out.push(')');
}

/// Whether a link shows its own address, so that `<address>` says it all.
fn is_autolink(link: &Mark, text: &str) -> bool {
    link.kind == "link"
        && link.attributes.len() == 1
        && link.attribute("href") == text
        && (text.starts_with("https://") || text.starts_with("http://"))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte))
}

fn code_span(out: &mut String, text: &str, edges: Edges) {
    let in_cell = edges.place == Place::Cell && text.contains('|');
    if in_cell || text.contains(|letter: char| letter.is_control()) {
        out.push_str("<code>");
        escape::text(out, text, Edges { line_start: true, line_end: true, ..edges });
        out.push_str("</code>");
        return;
    }
    let fence = "`".repeat(longest_run(text, b'`') + 1);
    let padded = text.starts_with('`')
        || text.ends_with('`')
        || (text.starts_with(' ') && text.ends_with(' ') && text.trim() != "");
    let padding = if padded { " " } else { "" };
    out.extend([&fence, padding, text, padding, &fence]);
}

/// How often a byte stands in a row at most.
pub fn longest_run(text: &str, wanted: u8) -> usize {
    text.as_bytes().split(|byte| *byte != wanted).map(<[u8]>::len).max().unwrap_or(0)
}

/// A node that is written as a link, or as a picture.
pub fn atom(out: &mut String, node: &Node, place: Place) {
    let (label, address) = notation::encode(node);
    let edges = Edges { place, line_start: false, line_end: true, in_link: true };
    let image = match &*node.kind {
        "image" => Some((node.attribute("alt"), node.attribute("title").to_owned())),
        "media" => external_media(node),
        _ => None,
    };
    if let Some((alt, title)) = image {
        out.push_str("![");
        escape::text(out, alt, edges);
        target(out, node.attribute("url"), &title);
        return;
    }
    out.push('[');
    escape::text(out, &label, edges);
    match notation::card_address(node) {
        Some(url) if node.kind.ends_with("Card") => {
            let mut rest = node.clone();
            rest.attributes.remove("url");
            target(out, url, &notation::encode(&rest).1);
        }
        _ => target(out, &address, ""),
    }
}

/// The text and the title of a picture that lies somewhere on the web.
fn external_media<'a>(node: &'a Node) -> Option<(&'a str, String)> {
    if node.attribute("type") != "external" || node.attribute("url").is_empty() {
        return None;
    }
    let mut rest = node.clone();
    for name in ["type", "url", "alt", "localId"] {
        rest.attributes.remove(name);
    }
    let plain = rest.attributes.is_empty() && rest.marks.is_empty();
    let alt = node.attribute("alt");
    let title = if plain { String::new() } else { notation::encode(&rest.with("alt", alt)).1 };
    Some((alt, title))
}
