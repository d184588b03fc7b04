//! Blocks as Markdown.

use std::borrow::Cow;
use std::mem;

use serde_json::Value;

use super::cells;
use super::escape::Place;
use super::inline::{self, longest_run};
use crate::text::attributes;
use crate::text::bounds::without_nul;
use crate::text::node::Node;
use crate::text::notation;

/// A document as Markdown.
pub fn write(document: &Node) -> String {
    let mut writer = Writer { out: String::new(), prefix: String::new() };
    if document.kind == "doc" {
        writer.blocks(&document.content);
    } else {
        writer.blocks(std::slice::from_ref(document));
    }
    match without_nul(&writer.out) {
        Cow::Owned(storable) => storable,
        Cow::Borrowed(_) => writer.out,
    }
}

/// Markdown as it grows.
pub struct Writer {
    pub out: String,
    /// What every further line begins with, from the blocks around it.
    prefix: String,
}

impl Writer {
    /// Begins a line within the same block.
    pub fn new_line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&self.prefix);
    }

    /// Ends a block and begins another.
    pub fn next_block(&mut self) {
        self.out.push('\n');
        self.out.push_str(self.prefix.trim_end());
        self.new_line();
    }

    /// A bracket follows, which must not make a picture of a call.
    pub fn before_bracket(&mut self) {
        if self.out.ends_with('!') {
            self.out.pop();
            self.out.push_str("\\!");
        }
    }

    /// Blocks one after the other. Empty paragraphs are spacing, which Markdown has of its own.
    fn blocks(&mut self, blocks: &[Node]) {
        self.blocks_after(None, blocks);
    }

    fn blocks_after<'n>(&mut self, mut previous: Option<&'n Node<'n>>, blocks: &'n [Node<'n>]) {
        let mut alternate = false;
        let mut rest = blocks;
        while let [block, after @ ..] = rest {
            let inlines = rest.iter().take_while(|node| is_inline(&node.kind)).count();
            if is_blank(block) {
                rest = after;
                continue;
            }
            if previous.is_some() {
                self.next_block();
            }
            if inlines > 0 {
                inline::write(self, &rest[..inlines], Place::Paragraph);
                rest = &rest[inlines..];
            } else {
                alternate = !alternate
                    && previous.is_some_and(|previous| {
                        list_kind(previous).is_some() && list_kind(previous) == list_kind(block)
                    });
                self.block(block, alternate);
                rest = after;
            }
            previous = Some(block);
        }
    }

    /// One block; a list takes its other sign where it would run into the one before it.
    fn block(&mut self, block: &Node, alternate: bool) {
        match &*block.kind {
            "paragraph" => self.line_of(block, Place::Paragraph),
            "heading" => {
                let level = block.attributes.get("level").and_then(Value::as_f64).unwrap_or(1.0);
                let level = (level as usize).clamp(1, 6);
                self.out.push_str(&"######"[..level]);
                self.out.push(' ');
                self.line_of(block, Place::Heading);
            }
            "bulletList" | "orderedList" | "taskList" | "decisionList" => {
                self.list(block, alternate);
            }
            "codeBlock" => self.code_block(block),
            "blockquote" => self.quote(|writer| writer.blocks(&block.content)),
            "panel" => match alert(block) {
                Some(alert) => self.quote(|writer| {
                    writer.out.push_str(alert);
                    match block.content.iter().find(|child| !is_blank(child)) {
                        None => {}
                        Some(first) if first.kind == "paragraph" => writer.new_line(),
                        Some(_) => writer.next_block(),
                    }
                    writer.blocks(&block.content);
                }),
                None => self.container(block),
            },
            "rule" => self.out.push_str("---"),
            "table" => cells::table(self, block),
            "mediaSingle" => match &*block.content {
                [media] if media.kind == "media" && is_plain_figure(block) => self.atom(media),
                _ => self.container(block),
            },
            _ if block.content.is_empty() && !is_container(&block.kind) => {
                self.atom(block);
                if !block.text.is_empty() {
                    self.next_block();
                    inline::write(self, &[Node::text(&*block.text)], Place::Paragraph);
                }
            }
            _ => self.container(block),
        }
    }

    /// The content of a paragraph or a heading, and what applies to the whole.
    fn line_of(&mut self, block: &Node, place: Place) {
        inline::write(self, &block.content, place);
        if !block.marks.is_empty() {
            let mut marker = Node::new(&*block.kind);
            marker.marks.clone_from(&block.marks);
            if !block.content.is_empty() {
                self.out.push(' ');
            }
            self.before_bracket();
            inline::atom(&mut self.out, &marker, place);
        }
    }

    /// A node that is a paragraph of its own, written as a link or picture.
    pub fn atom(&mut self, node: &Node) {
        inline::atom(&mut self.out, node, Place::Paragraph);
    }

    /// A block that Markdown lacks: a quote whose first line is a link that tells what it is.
    fn container(&mut self, block: &Node) {
        self.quote(|writer| {
            writer.atom(block);
            if !block.content.iter().all(is_blank) {
                writer.next_block();
                let caption = block.content.last().filter(|last| last.kind == "caption");
                match caption {
                    Some(caption) => {
                        writer.blocks(&block.content[..block.content.len() - 1]);
                        writer.next_block();
                        inline::write(writer, &caption.content, Place::Paragraph);
                    }
                    None => writer.blocks(&block.content),
                }
            }
        });
    }

    fn quote(&mut self, content: impl FnOnce(&mut Self)) {
        self.out.push_str("> ");
        self.indented("> ", content);
        // A quote that has nothing to say.
        if self.out.ends_with("> ") {
            self.out.pop();
        }
    }

    fn indented(&mut self, by: &str, content: impl FnOnce(&mut Self)) {
        let length = self.prefix.len();
        self.prefix.push_str(by);
        content(self);
        self.prefix.truncate(length);
    }

    fn list(&mut self, list: &Node, alternate: bool) {
        let start = match list.attributes.get("order").and_then(Value::as_f64) {
            Some(order) => (order.max(0.0) as u32).min(MAX_ORDINAL),
            None => 1,
        };
        let mut number = start;
        let mut items = list.content.iter().peekable();
        let mut first = true;
        while let Some(item) = items.next() {
            if !mem::take(&mut first) {
                self.new_line();
            }
            let sign = if &*list.kind == "orderedList" {
                let sign = format!("{number}{}", if alternate { ')' } else { '.' });
                number = (number + 1).min(MAX_ORDINAL);
                sign
            } else {
                if alternate { "*" } else { "-" }.to_owned()
            };
            self.out.push_str(&sign);
            let indent = " ".repeat(sign.len() + 1);
            self.indented(&indent, |writer| writer.item(item));
            // A list of tasks within another follows the task that it belongs to.
            while let Some(inner) = items.next_if(|next| next.kind == list.kind) {
                self.indented(&indent, |writer| {
                    writer.new_line();
                    writer.block(inner, false);
                });
            }
        }
    }

    /// What follows the sign of an item.
    fn item(&mut self, item: &Node) {
        match &*item.kind {
            "taskItem" | "blockTaskItem" => {
                self.out.push_str(if item.attribute("state") == "DONE" { " [x]" } else { " [ ]" });
            }
            "decisionItem" => {
                self.out.push(' ');
                let mut decision = Node::new("decisionItem");
                decision.attributes.clone_from(&item.attributes);
                self.atom(&decision);
            }
            _ => {}
        }
        match &*item.kind {
            "taskItem" | "decisionItem" => {
                if !item.content.is_empty() {
                    self.out.push(' ');
                    inline::write(self, &item.content, Place::Paragraph);
                }
            }
            "listItem" | "blockTaskItem" => {
                let mut content = &*item.content;
                if item.kind == "blockTaskItem" {
                    // Its text follows the checkbox in the same line.
                    while let [first, after @ ..] = content
                        && is_blank(first)
                    {
                        content = after;
                    }
                }
                match content {
                    [first, after @ ..] if !is_blank(first) => {
                        self.out.push(' ');
                        // A list may follow its line at once, which reads better.
                        if first.kind == "paragraph"
                            && let [list, rest @ ..] = after
                            && may_interrupt(list)
                        {
                            self.block(first, false);
                            self.new_line();
                            self.block(list, false);
                            return self.blocks_after(Some(list), rest);
                        }
                        self.blocks(content);
                    }
                    [_, after @ ..] if !after.iter().all(is_blank) => {
                        self.new_line();
                        self.blocks(after);
                    }
                    _ => {}
                }
            }
            _ => {
                self.out.push(' ');
                self.blocks(std::slice::from_ref(item));
            }
        }
    }

    fn code_block(&mut self, block: &Node) {
        let code: String = block.content.iter().map(|node| &*node.text).collect();
        let fence = "`".repeat((longest_run(&code, b'`') + 1).max(3));
        self.out.push_str(&fence);
        let language = block.attribute("language");
        let simple =
            language.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_#.".contains(&byte));
        let mut told = Node::new("codeBlock");
        told.attributes =
            attributes::of_valid_node("codeBlock", &block.attributes).unwrap_or_default();
        told.marks.clone_from(&block.marks);
        if simple {
            self.out.push_str(language);
            told.attributes.remove("language");
        }
        if !told.attributes.is_empty() || !told.marks.is_empty() {
            self.out.push(' ');
            self.out.push_str(&notation::encode(&told).1);
        }
        if !code.is_empty() {
            for line in code.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
                self.new_line();
                self.out.push_str(line);
            }
        }
        self.new_line();
        self.out.push_str(&fence);
    }
}

/// The highest number that begins a list in Markdown.
const MAX_ORDINAL: u32 = 999_999_999;

fn is_inline(kind: &str) -> bool {
    matches!(
        kind,
        "text"
            | "date"
            | "emoji"
            | "hardBreak"
            | "image"
            | "inlineCard"
            | "inlineExtension"
            | "mediaInline"
            | "mention"
            | "placeholder"
            | "status"
    )
}

/// Whether a block is a paragraph with nothing but breaks.
pub fn is_blank(block: &Node) -> bool {
    match &*block.kind {
        "paragraph" => block.marks.is_empty() && block.content.iter().all(is_blank),
        "text" => block.text.is_empty(),
        "hardBreak" => true,
        _ => false,
    }
}

/// What runs into one another when it stands in a row.
fn list_kind(block: &Node) -> Option<bool> {
    match &*block.kind {
        "bulletList" | "taskList" | "decisionList" => Some(false),
        "orderedList" => Some(true),
        _ => None,
    }
}

/// Whether a list is read as one right after a line of text.
fn may_interrupt(list: &Node) -> bool {
    let numbered = list.attributes.get("order").is_some_and(|order| order.as_f64() != Some(1.0));
    let begins = match &*list.kind {
        "bulletList" | "orderedList" => list
            .content
            .first()
            .and_then(|item| item.content.first())
            .is_some_and(|first| !is_blank(first) && first.kind == "paragraph"),
        "taskList" | "decisionList" => !list.content.is_empty(),
        _ => false,
    };
    begins && !numbered
}

/// Kinds that are blocks around others even where they are empty.
pub fn is_container(kind: &str) -> bool {
    matches!(
        kind,
        "bodiedExtension"
            | "bodiedSyncBlock"
            | "expand"
            | "layoutColumn"
            | "layoutSection"
            | "mediaGroup"
            | "mediaSingle"
            | "nestedExpand"
            | "panel"
    )
}

/// GitHub's alert in the colour of the panel, where that says all of it.
fn alert(panel: &Node) -> Option<&'static str> {
    if panel.attributes.keys().any(|name| !matches!(name.as_str(), "panelType" | "localId")) {
        return None;
    }
    Some(match panel.attribute("panelType") {
        "info" => "[!NOTE]",
        "note" => "[!IMPORTANT]",
        "success" => "[!TIP]",
        "warning" => "[!WARNING]",
        "error" => "[!CAUTION]",
        _ => return None,
    })
}

/// Whether a picture stands as it would without being told how.
fn is_plain_figure(figure: &Node) -> bool {
    figure.marks.is_empty()
        && figure.attributes.iter().all(|(name, value)| match name.as_str() {
            "layout" => value == "center",
            "localId" => true,
            _ => false,
        })
}
