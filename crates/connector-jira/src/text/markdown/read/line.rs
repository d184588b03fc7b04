//! The inline half: one paragraph, heading or cell while it is read.

use std::mem;

use pulldown_cmark::LinkType;

use crate::text::linkify::linked;
use crate::text::markdown::write::is_container;
use crate::text::node::{Mark, Node};
use crate::text::notation;

/// The most elements of HTML that may be open at once; further ones are shown as text.
const MAX_TAGS: usize = 32;

#[derive(Default)]
pub struct Line {
    pieces: Vec<Piece>,
    /// How many times each of Markdown's own marks is open.
    pub strong: usize,
    pub em: usize,
    pub strike: usize,
    tags: Vec<Tag>,
    /// Tags that turned out to be none, and where they stood.
    literal: Vec<(usize, String)>,
    link: Option<Target>,
    image: Option<Target>,
}

enum Piece {
    Node(Node<'static>),
    /// Notation that makes sense in some places only; elsewhere it is a link like any other.
    Marker {
        node: Node<'static>,
        label: String,
        link: Mark<'static>,
    },
}

struct Tag {
    name: String,
    mark: Mark<'static>,
    source: String,
    start: usize,
}

struct Target {
    url: String,
    title: String,
    /// Where the text of a link begins.
    start: usize,
    /// The text of a picture.
    alt: String,
}

impl Line {
    pub fn text(&mut self, text: &str) {
        if let Some(image) = &mut self.image {
            image.alt.push_str(text);
            return;
        }
        let marks = self.marks();
        let begins = self.begins_here();
        match self.pieces.last_mut() {
            Some(Piece::Node(last)) if !begins && last.is_text() && last.marks == marks => {
                last.text.to_mut().push_str(text);
            }
            _ => self.pieces.push(Piece::Node(Node { marks, ..Node::text(text.to_owned()) })),
        }
    }

    /// Whether a link or a tag begins with what comes next.
    fn begins_here(&self) -> bool {
        let here = self.pieces.len();
        self.link.as_ref().is_some_and(|link| link.start == here)
            || self.tags.last().is_some_and(|tag| tag.start == here)
            || self.literal.last().is_some_and(|(start, _)| *start == here)
    }

    pub fn code(&mut self, code: &str) {
        if self.image.is_some() {
            return self.text(code);
        }
        let mut marks = self.marks();
        marks.push(Mark::new("code"));
        self.pieces.push(Piece::Node(Node { marks, ..Node::text(code.to_owned()) }));
    }

    fn marks(&self) -> Vec<Mark<'static>> {
        let open = [(self.strong, "strong"), (self.em, "em"), (self.strike, "strike")];
        open.into_iter().filter(|(times, _)| *times > 0).map(|(_, kind)| Mark::new(kind)).collect()
    }

    pub fn hard_break(&mut self) {
        if self.image.is_none() {
            self.pieces.push(Piece::Node(Node::new("hardBreak")));
        }
    }

    /// A tag: one of ours is a mark, any other is shown as it is.
    pub fn html(&mut self, source: &str) {
        if matches!(source, "<br>" | "<br/>" | "<br />") {
            self.hard_break();
        } else if let Some((name, mark)) = opening(source)
            && self.image.is_none()
            && self.tags.len() < MAX_TAGS
        {
            let (source, start) = (source.to_owned(), self.pieces.len());
            self.tags.push(Tag { name, mark, source, start });
        } else if let Some(at) = self.matching(source) {
            let unclosed = self.tags.drain(at + 1..).map(|tag| (tag.start, tag.source));
            self.literal.extend(unclosed);
            if let Some(tag) = self.tags.pop() {
                self.apply(tag.start, &tag.mark);
            }
        } else {
            self.text(source);
        }
    }

    fn matching(&self, source: &str) -> Option<usize> {
        let name = source.strip_prefix("</")?.strip_suffix('>')?;
        self.tags.iter().rposition(|tag| tag.name == name)
    }

    /// Puts a mark on everything from a place on.
    fn apply(&mut self, start: usize, mark: &Mark<'static>) {
        for piece in self.pieces.iter_mut().skip(start) {
            if let Piece::Node(node) = piece
                && matches!(&*node.kind, "text" | "image")
                && !node.marks.iter().any(|other| other.kind == mark.kind)
            {
                node.marks.push(mark.clone());
            }
        }
    }

    pub fn start_link(&mut self, kind: LinkType, url: &str, title: &str) {
        let url = if kind == LinkType::Email { format!("mailto:{url}") } else { url.to_owned() };
        if self.image.is_none() {
            let start = self.pieces.len();
            self.link = Some(Target { url, title: title.to_owned(), start, alt: String::new() });
        }
    }

    pub fn end_link(&mut self) {
        if self.image.is_some() {
            return;
        }
        let Some(Target { url, title, start, .. }) = self.link.take() else { return };
        let start = start.min(self.pieces.len());
        let label: String = self.pieces[start..].iter().map(Piece::text).collect();
        let noted = notation::decode_with(&title, &label, &[("url", &url)])
            .or_else(|| notation::decode(&url, &label));
        let mut link = Mark::link(&url);
        if !title.is_empty() {
            link = link.with("title", title);
        }
        match noted {
            Some(mut node) if node.kind == notation::LINK => {
                if let Some(mark) = node.marks.pop() {
                    self.apply(start, &mark);
                }
            }
            Some(node) => {
                self.pieces.truncate(start);
                self.note(node, label, link);
            }
            None => {
                if label.is_empty() && start == self.pieces.len() {
                    self.text(&url);
                }
                self.apply(start, &link);
            }
        }
    }

    fn note(&mut self, node: Node<'static>, label: String, link: Mark<'static>) {
        self.pieces.push(match &*node.kind {
            "mention" | "status" | "date" | "emoji" | "placeholder" | "inlineCard"
            | "inlineExtension" | "mediaInline" => Piece::Node(node),
            _ => Piece::Marker { node, label, link },
        });
    }

    pub fn start_image(&mut self, url: &str, title: &str) {
        // A picture in the text of a picture adds to that text.
        self.image.get_or_insert_with(|| Target {
            url: url.to_owned(),
            title: title.to_owned(),
            start: 0,
            alt: String::new(),
        });
    }

    pub fn end_image(&mut self) {
        let Some(Target { url, title, alt, .. }) = self.image.take() else { return };
        let given = [("url", &*url), ("type", "external")];
        let noted = notation::decode_with(&title, &alt, &given)
            .or_else(|| notation::decode(&url, &alt))
            .filter(|node| node.kind == "media");
        match noted {
            Some(node) => self.note(node, alt, Mark::link(&url)),
            None => {
                let mut image = Node::new("image").with("url", url).with("alt", alt);
                if !title.is_empty() {
                    image = image.with("title", title);
                }
                self.pieces.push(Piece::Node(image));
            }
        }
    }

    /// The block that a paragraph is: mostly one, else what its only piece of notation says.
    pub fn into_block(self) -> Node<'static> {
        self.into_paragraph(false)
    }

    fn into_paragraph(mut self, in_cell: bool) -> Node<'static> {
        self.end();
        let mut paragraph = Node::new("paragraph");
        self.take_marker(&mut paragraph);
        if let [Piece::Marker { node, .. }] = &mut *self.pieces
            && paragraph.marks.is_empty()
            && is_block(&node.kind, in_cell)
        {
            return mem::take(node);
        }
        paragraph.content = self.into_nodes();
        paragraph
    }

    pub fn into_heading(mut self, mut heading: Node<'static>) -> Node<'static> {
        self.end();
        self.take_marker(&mut heading);
        heading.content = self.into_nodes();
        heading
    }

    pub fn into_cell(mut self, mut cell: Node<'static>) -> Node<'static> {
        self.end();
        self.take_marker(&mut cell);
        let mut parts = vec![Self::default()];
        let mut pieces = self.pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            let is_double = piece.is_break() && pieces.next_if(Piece::is_break).is_some();
            // Nothing is parted from what follows where nothing does.
            if is_double && pieces.peek().is_some() {
                parts.push(Self::default());
            } else if let Some(part) = parts.last_mut() {
                part.pieces.push(piece);
                part.pieces.extend(is_double.then(|| Piece::Node(Node::new("hardBreak"))));
            }
        }
        cell.content = parts.into_iter().map(|part| part.into_paragraph(true)).collect();
        cell
    }

    /// Shows the tags that were not closed.
    fn end(&mut self) {
        let mut literal = mem::take(&mut self.literal);
        literal.extend(self.tags.drain(..).map(|tag| (tag.start, tag.source)));
        literal.sort_by_key(|(start, _)| *start);
        for (start, source) in literal.into_iter().rev() {
            let start = start.min(self.pieces.len());
            self.pieces.insert(start, Piece::Node(Node::text(source)));
        }
    }

    /// Takes the last piece where it speaks of what holds it.
    fn take_marker(&mut self, holder: &mut Node<'static>) {
        let is_cell = |kind: &str| matches!(kind, "tableCell" | "tableHeader");
        let marker = self.pieces.pop_if(|piece| match piece {
            Piece::Marker { node, .. } => {
                node.kind == holder.kind || (is_cell(&node.kind) && is_cell(&holder.kind))
            }
            Piece::Node(_) => false,
        });
        let Some(Piece::Marker { node, .. }) = marker else { return };
        holder.kind = node.kind;
        holder.marks = node.marks;
        holder.attributes.extend(node.attributes);
        if let Some(Piece::Node(text)) = self.pieces.last_mut()
            && text.text.ends_with(' ')
        {
            text.text.to_mut().pop();
        }
        // What parted it from the rest was nothing but that.
        self.pieces.pop_if(
            |piece| matches!(piece, Piece::Node(text) if text.is_text() && text.text.is_empty()),
        );
    }

    fn into_nodes(self) -> Vec<Node<'static>> {
        let mut nodes: Vec<Node<'static>> = Vec::with_capacity(self.pieces.len());
        let mut after_marker = false;
        for (at, piece) in self.pieces.into_iter().enumerate() {
            let mut node = match piece {
                Piece::Node(node) => node,
                Piece::Marker { node, .. } if at == 0 && node.kind == "decisionItem" => {
                    after_marker = true;
                    nodes.push(node);
                    continue;
                }
                Piece::Marker { label, link, .. } => Node::text(label).marked(link),
            };
            if mem::take(&mut after_marker) && node.text.starts_with(' ') {
                node.text = node.text.get(1..).unwrap_or_default().to_owned().into();
            }
            if !node.is_text() {
                nodes.push(node);
                continue;
            }
            match nodes.last_mut() {
                Some(last) if last.is_text() && last.marks == node.marks => {
                    last.text.to_mut().push_str(&node.text);
                }
                _ if node.text.is_empty() => {}
                _ => nodes.push(node),
            }
        }
        linked(nodes)
    }
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Node(node) if node.kind == "image" => node.attribute("alt"),
            Self::Node(node) => &node.text,
            Self::Marker { label, .. } => label,
        }
    }

    fn is_break(&self) -> bool {
        matches!(self, Self::Node(node) if node.kind == "hardBreak")
    }
}

/// Whether notation that stands alone is a block. In a cell, none stands around others.
fn is_block(kind: &str, in_cell: bool) -> bool {
    matches!(kind, "blockCard" | "embedCard" | "extension" | "media" | "syncBlock")
        || (!in_cell && (is_container(kind) || kind == "table"))
}

/// A mark that is written as an element of HTML.
fn opening(source: &str) -> Option<(String, Mark<'static>)> {
    let inner = source.strip_prefix('<')?.strip_suffix('>')?;
    let mark = match inner {
        "u" => Mark::new("underline"),
        "sub" | "sup" => Mark::new("subsup").with("type", inner),
        "strong" => Mark::new("strong"),
        "em" => Mark::new("em"),
        "del" => Mark::new("strike"),
        "code" => Mark::new("code"),
        _ => {
            let address = inner.strip_prefix("span data-jira=\"")?.strip_suffix('"')?;
            return Some(("span".to_owned(), notation::decode_mark(address)?));
        }
    };
    Some((inner.to_owned(), mark))
}
