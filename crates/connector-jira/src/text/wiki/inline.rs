//! The text of a paragraph, a heading or a cell, read in one pass. Every search ends at the next sign
//! of its own kind, so that no text takes more time than in proportion to its length.

use super::macros::{self, DELIMITERS};
use crate::text::linkify::linked;
use crate::text::node::{Mark, Node};

/// Reads inline markup; the end of a line is a break.
pub fn read(text: &str) -> Vec<Node<'static>> {
    let mut reader = Reader::new(text, true);
    reader.all();
    linked(reader.finish())
}

/// What begins and ends with the same sign is noted here while it is open.
struct Opener {
    /// Where its own piece is.
    piece: usize,
}

/// The most colours that may be open at once.
const MAX_COLORS: usize = 16;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Where the next web address may begin.
    address: usize,
    links: bool,
    pieces: Vec<Node<'static>>,
    /// How many pieces there were when the last sign was added.
    signs: usize,
    /// For each of [`DELIMITERS`].
    open: [Option<Opener>; DELIMITERS.len()],
    colors: Vec<(usize, Mark<'static>)>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, links: bool) -> Self {
        Self {
            text,
            at: 0,
            address: 0,
            links,
            pieces: Vec::new(),
            signs: 0,
            open: [const { None }; DELIMITERS.len()],
            colors: Vec::new(),
        }
    }

    fn all(&mut self) {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            if self.address < self.at || self.at == 0 {
                self.address = rest.find("http").map_or(self.text.len(), |found| self.at + found);
            }
            let plain = rest.find(is_special).unwrap_or(rest.len()).min(self.address - self.at);
            if plain > 0 {
                self.push(&rest[..plain]);
            } else if let Some(length) = self.special(rest) {
                self.at += length;
            } else {
                let length = rest.chars().next().map_or(1, char::len_utf8);
                self.push(&rest[..length]);
            }
        }
    }

    /// Takes text as it is.
    fn push(&mut self, text: &str) {
        self.say(text);
        self.at += text.len();
    }

    /// Adds text to that before it, unless that is a sign which may yet turn out to mean something.
    fn say(&mut self, text: &str) {
        if self.pieces.len() > self.signs
            && let Some(last) = self.pieces.last_mut()
            && last.is_text()
            && last.marks.is_empty()
        {
            last.text.to_mut().push_str(text);
        } else {
            self.pieces.push(Node::text(text.to_owned()));
        }
    }

    /// Adds a sign that may begin something.
    fn sign(&mut self, source: &str) {
        self.pieces.push(Node::text(source.to_owned()));
        self.signs = self.pieces.len();
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// Reads what a sign begins; tells how long it was, or nothing where it is only a sign.
    fn special(&mut self, rest: &'t str) -> Option<usize> {
        match rest.as_bytes()[0] {
            b'\n' => {
                self.pieces.push(Node::new("hardBreak"));
                Some(1)
            }
            b'\\' => self.backslash(rest),
            b'&' => {
                let (character, length) = entity(rest)?;
                self.say(character.encode_utf8(&mut [0; 4]));
                Some(length)
            }
            b'h' => {
                let apart = !self.before().is_some_and(char::is_alphanumeric);
                let length = if apart { macros::address_length(rest) } else { 0 };
                self.say(rest.get(..length).filter(|text| !text.is_empty())?);
                Some(length)
            }
            b'{' => self.brace(rest),
            b'[' if self.links => self.link(rest),
            b'!' => self.image(rest),
            b':' | b';' | b'(' => {
                let (sign, character) = macros::emoticon(rest, self.before())?;
                self.pieces
                    .push(Node::new("emoji").with("shortName", sign).with("text", character));
                Some(sign.len())
            }
            b'?' => rest.starts_with("??").then(|| self.delimiter('?', 2, false)).flatten(),
            sign => self.delimiter(char::from(sign), 1, false),
        }
    }

    fn backslash(&mut self, rest: &str) -> Option<usize> {
        let next = rest[1..].chars().next()?;
        if next == '\\' {
            return Some(2 + self.line_break(&rest[2..]));
        }
        if !next.is_ascii_punctuation() {
            return None;
        }
        self.say(&rest[1..2]);
        Some(2)
    }

    /// A break within a line; the spaces around it are only there to be read in the source.
    fn line_break(&mut self, after: &str) -> usize {
        let spaces = |text: &str| text.len() - text.trim_ascii_end().len();
        let before = spaces(&self.text[..self.at]);
        if let Some(last) = self.pieces.last_mut().filter(|_| before > 0) {
            let kept = last.text.len().saturating_sub(before);
            last.text.to_mut().truncate(kept);
        }
        self.pieces.push(Node::new("hardBreak"));
        let line = after.trim_start_matches([' ', '\t']);
        after.len() - line.strip_prefix('\n').unwrap_or(line).len()
    }

    fn brace(&mut self, rest: &str) -> Option<usize> {
        if let Some(inner) = rest.strip_prefix("{{") {
            let end = end_of(inner, b'}', b"{\n")
                .filter(|end| *end > 0 && inner[*end..].starts_with("}}"))?;
            let code = Node::text(literal(&inner[..end])).marked(Mark::new("code"));
            self.pieces.push(code);
            return Some(end + 4);
        }
        let mut letters = rest[1..].chars();
        if let (Some(sign), Some('}')) = (letters.next(), letters.next())
            && DELIMITERS.iter().any(|(known, _)| *known == sign && sign != '?')
        {
            return self.delimiter(sign, 3, true);
        }
        let found = macros::parse(rest)?;
        if found.is_opaque() {
            let node = Node::new("inlineExtension")
                .with("extensionType", macros::EXTENSION_TYPE)
                .with("extensionKey", found.name)
                .with("text", found.source);
            self.pieces.push(node);
            return Some(found.source.len());
        }
        if found.name != "color" {
            return None;
        }
        if found.parameters.is_empty() {
            let (start, mark) = self.colors.pop()?;
            self.pieces[start] = Node::text("");
            apply(&mut self.pieces[start..], &mark);
        } else {
            let color = macros::color(found.parameters)?;
            if self.colors.len() == MAX_COLORS {
                return None;
            }
            self.colors.push((self.pieces.len(), Mark::new("textColor").with("color", color)));
            self.sign(found.source);
        }
        Some(found.source.len())
    }

    /// A sign that begins or ends formatted text; in braces it does so within a word too.
    fn delimiter(&mut self, sign: char, length: usize, braces: bool) -> Option<usize> {
        let index = DELIMITERS.iter().position(|(known, _)| *known == sign)?;
        let source = &self.text[self.at..self.at + length];
        let before = self.before();
        let after = self.text[self.at + length..].chars().next();
        let word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let blank = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
        let run = before == Some(sign) || after == Some(sign);
        let closes = braces || (!blank(before) && !word(after) && !run);
        let opens = braces || (!blank(after) && !word(before) && !run);
        if closes
            && let Some(opener) =
                self.open[index].take_if(|open| open.piece + 1 < self.pieces.len())
        {
            self.pieces[opener.piece] = Node::text("");
            // What was opened within and is not closed was none.
            for other in &mut self.open {
                other.take_if(|other| other.piece > opener.piece);
            }
            apply(&mut self.pieces[opener.piece..], &mark(index));
            return Some(length);
        }
        if !opens {
            return None;
        }
        self.open[index] = Some(Opener { piece: self.pieces.len() });
        self.sign(source);
        Some(length)
    }

    fn link(&mut self, rest: &str) -> Option<usize> {
        let inner = &rest[1..];
        let end = end_of(inner, b']', b"[\n")?;
        let parts = split(&inner[..end]);
        let node = match *parts {
            [mention] if mention.starts_with('~') && mention.len() > 1 => {
                let id = literal(&mention[1..]);
                vec![Node::new("mention").with("text", format!("@{id}")).with("id", id)]
            }
            [target] if macros::is_target(&literal(target)) => {
                let target = literal(target);
                vec![Node::text(target.clone()).marked(Mark::link(&target))]
            }
            [_, target, "smart-link"] => vec![Node::new("inlineCard").with("url", literal(target))],
            [label, target, ref tip @ ..] if tip.len() < 2 => {
                let target = literal(target.trim());
                if target.is_empty() || target.contains(char::is_whitespace) {
                    return None;
                }
                let mut link = Mark::link(&target);
                if let Some(tip) = tip.first().filter(|tip| !tip.is_empty()) {
                    link = link.with("title", literal(tip));
                }
                let mut reader =
                    Reader::new(if label.is_empty() { target.as_str() } else { label }, false);
                reader.all();
                let mut label = reader.finish();
                apply(&mut label, &link);
                label
            }
            _ => return None,
        };
        self.pieces.extend(node);
        Some(end + 2)
    }

    fn image(&mut self, rest: &str) -> Option<usize> {
        let found = macros::image(rest)?;
        let mut image = Node::new("image").with("url", found.source).with("alt", found.source);
        if !found.parameters.is_empty() {
            image = image.with("title", found.parameters);
        }
        self.pieces.push(image);
        Some(found.length)
    }

    /// Puts texts with the same marks together.
    fn finish(self) -> Vec<Node<'static>> {
        let mut nodes: Vec<Node<'static>> = Vec::with_capacity(self.pieces.len());
        for mut piece in self.pieces {
            if piece.is_text() {
                if piece.text.is_empty() {
                    continue;
                }
                piece.marks.sort_by_key(crate::text::fit::rank);
                if let Some(last) = nodes.last_mut()
                    && last.is_text()
                    && last.marks == piece.marks
                {
                    last.text.to_mut().push_str(&piece.text);
                    continue;
                }
            }
            nodes.push(piece);
        }
        nodes
    }
}

fn is_special(letter: char) -> bool {
    matches!(
        letter,
        '\n' | '\\'
            | '&'
            | '{'
            | '['
            | '!'
            | ':'
            | ';'
            | '('
            | '?'
            | '*'
            | '_'
            | '-'
            | '+'
            | '^'
            | '~'
    )
}

fn mark(index: usize) -> Mark<'static> {
    match DELIMITERS[index].1 {
        side @ ("sub" | "sup") => Mark::new("subsup").with("type", side),
        // A citation is shown slanted.
        "cite" => Mark::new("em"),
        kind => Mark::new(kind),
    }
}

fn apply(nodes: &mut [Node<'static>], mark: &Mark<'static>) {
    for node in nodes {
        if matches!(&*node.kind, "text" | "image")
            && !node.marks.iter().any(|other| other.kind == mark.kind)
        {
            node.marks.push(mark.clone());
        }
    }
}

/// A character by its number, and how long that was.
fn entity(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("&#")?;
    let length = digits.bytes().take(7).take_while(u8::is_ascii_digit).count();
    let number: u32 = digits.get(..length)?.parse().ok()?;
    digits[length..].starts_with(';').then_some(())?;
    Some((char::from_u32(number).filter(|character| *character != '\0')?, length + 3))
}

/// Text in which nothing but escapes means anything.
pub fn literal(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let next = rest[1..].chars().next();
        if let Some((character, length)) = entity(rest) {
            plain.push(character);
            rest = &rest[length..];
        } else if rest.starts_with('\\') && next.is_some_and(|next| next.is_ascii_punctuation()) {
            plain.extend(next);
            rest = &rest[2..];
        } else {
            plain.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    plain.push_str(rest);
    plain
}

/// Where a byte stands that is not escaped, before any of those that end the search.
pub fn end_of(text: &str, wanted: u8, ends: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            _ if byte == wanted => return Some(at),
            _ if ends.contains(&byte) => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The parts of a link between bars that are not escaped.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = end_of(rest, b'|', b"") {
        parts.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    parts.push(rest);
    parts
}
