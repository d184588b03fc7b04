//! Markdown as a tree of nodes. It may say more than Atlassian's content model allows; see
//! [`crate::text::fit`].

mod blocks;
mod line;

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::text::bounds::MAX_BLOCKS;
use crate::text::node::Node;
use line::Line;

/// Reads blocks.
pub fn read(markdown: &str) -> Vec<Node<'static>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let markdown = crate::text::bounds::without_nul(markdown);
    let mut reader =
        Reader { root: Vec::new(), open: Vec::new(), too_deep: 0, line: None, heading: false };
    for event in Parser::new_ext(&markdown, options) {
        match event {
            Event::Start(tag) => reader.start(tag),
            Event::End(tag) => reader.end(tag),
            Event::Text(text) => reader.text(&text),
            Event::Html(html) => reader.text(&html),
            Event::InlineHtml(html) => reader.line().html(&html),
            Event::Code(code) => reader.line().code(&code),
            Event::SoftBreak => reader.line().text(" "),
            Event::HardBreak => reader.line().hard_break(),
            Event::Rule => reader.add(Node::new("rule")),
            Event::TaskListMarker(done) => {
                if let Some(item) = reader.open.last_mut() {
                    item.attributes.insert(blocks::CHECKED.into(), done.into());
                }
            }
            // Not asked for: mathematics and footnotes.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                reader.text(&text);
            }
        }
    }
    reader.end_line();
    reader.root
}

/// The kind of what holds HTML as it came, while it is read.
const HTML: &str = "html";

struct Reader {
    root: Vec<Node<'static>>,
    /// The blocks that are being read, from the outside.
    open: Vec<Node<'static>>,
    /// How many more are open than are kept.
    too_deep: usize,
    /// The line or paragraph that is being read.
    line: Option<Line>,
    /// Within the first row of a table.
    heading: bool,
}

impl Reader {
    /// The line that is being read, which items of a list do not announce.
    fn line(&mut self) -> &mut Line {
        self.line.get_or_insert_default()
    }

    fn text(&mut self, text: &str) {
        match self.open.last_mut() {
            Some(block) if matches!(&*block.kind, "codeBlock" | HTML) => {
                block.text.to_mut().push_str(text);
            }
            _ => self.line().text(text),
        }
    }

    fn add(&mut self, block: Node<'static>) {
        self.end_line();
        self.siblings().push(block);
    }

    fn siblings(&mut self) -> &mut Vec<Node<'static>> {
        match self.open.last_mut() {
            Some(parent) => &mut parent.content,
            None => &mut self.root,
        }
    }

    fn end_line(&mut self) {
        if let Some(line) = self.line.take() {
            let block = line.into_block();
            self.siblings().push(block);
        }
    }

    fn open(&mut self, block: Node<'static>) {
        self.end_line();
        self.open.push(block);
    }

    /// Opens a block that others may be nested in, unless it is nested too deep itself. An item
    /// shares the fate of its list.
    fn open_container(&mut self, block: Node<'static>) {
        if self.too_deep > 0 || (self.open.len() >= MAX_BLOCKS && block.kind != "listItem") {
            self.end_line();
            self.too_deep += 1;
        } else {
            self.open(block);
        }
    }

    fn close(&mut self) -> Option<Node<'static>> {
        self.end_line();
        self.open.pop()
    }

    fn close_container(&mut self) -> Option<Node<'static>> {
        if self.too_deep > 0 {
            self.end_line();
            self.too_deep -= 1;
            return None;
        }
        self.close()
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Paragraph => {
                self.end_line();
                self.line = Some(Line::default());
            }
            Tag::Heading { level, .. } => {
                self.open(Node::new("heading").with("level", level as u8));
                self.line = Some(Line::default());
            }
            Tag::BlockQuote(alert) => self.open_container(match alert {
                None => Node::new("blockquote"),
                Some(kind) => Node::new("panel").with("panelType", panel_type(kind)),
            }),
            Tag::CodeBlock(kind) => self.open(blocks::code_block(match &kind {
                CodeBlockKind::Indented => "",
                CodeBlockKind::Fenced(info) => info,
            })),
            Tag::HtmlBlock => self.open(Node::new(HTML)),
            Tag::List(None) => self.open_container(Node::new("bulletList")),
            Tag::List(Some(1)) => self.open_container(Node::new("orderedList")),
            Tag::List(Some(order)) => {
                self.open_container(Node::new("orderedList").with("order", order));
            }
            Tag::Item => self.open_container(Node::new("listItem")),
            Tag::Table(_) => self.open(Node::new("table")),
            Tag::TableHead => {
                self.heading = true;
                self.open(Node::new("tableRow"));
            }
            Tag::TableRow => self.open(Node::new("tableRow")),
            Tag::TableCell => {
                let kind = if self.heading { "tableHeader" } else { "tableCell" };
                self.open(Node::new(kind));
                self.line = Some(Line::default());
            }
            Tag::Emphasis => self.line().em += 1,
            Tag::Strong => self.line().strong += 1,
            Tag::Strikethrough => self.line().strike += 1,
            Tag::Link { link_type, dest_url, title, .. } => {
                self.line().start_link(link_type, &dest_url, &title);
            }
            Tag::Image { dest_url, title, .. } => self.line().start_image(&dest_url, &title),
            // Not asked for.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.end_line(),
            TagEnd::Heading(_) => {
                let line = self.line.take().unwrap_or_default();
                if let Some(heading) = self.open.pop() {
                    self.add(line.into_heading(heading));
                }
            }
            TagEnd::BlockQuote(_) => {
                if let Some(quote) = self.close_container() {
                    self.add(blocks::quote(quote));
                }
            }
            TagEnd::CodeBlock => {
                if let Some(block) = self.close() {
                    self.add(blocks::code(block));
                }
            }
            TagEnd::HtmlBlock => {
                if let Some(html) = self.close() {
                    self.add(blocks::html(&html.text));
                }
            }
            TagEnd::List(_) => {
                if let Some(list) = self.close_container() {
                    self.add(blocks::list(list));
                }
            }
            TagEnd::Item => {
                if let Some(item) = self.close_container() {
                    self.add(item);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.close() {
                    let marker = self
                        .siblings()
                        .pop_if(|last| last.kind == "table" && last.content.is_empty());
                    self.add(blocks::table(table, marker));
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                self.heading = false;
                if let Some(row) = self.close() {
                    self.add(row);
                }
            }
            TagEnd::TableCell => {
                let line = self.line.take().unwrap_or_default();
                if let Some(cell) = self.open.pop() {
                    self.add(line.into_cell(cell));
                }
            }
            TagEnd::Emphasis => self.line().em -= 1,
            TagEnd::Strong => self.line().strong -= 1,
            TagEnd::Strikethrough => self.line().strike -= 1,
            TagEnd::Link => self.line().end_link(),
            TagEnd::Image => self.line().end_image(),
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }
}

/// The panel in the colour of GitHub's alert.
fn panel_type(alert: BlockQuoteKind) -> &'static str {
    match alert {
        BlockQuoteKind::Note => "info",
        BlockQuoteKind::Important => "note",
        BlockQuoteKind::Tip => "success",
        BlockQuoteKind::Warning => "warning",
        BlockQuoteKind::Caution => "error",
    }
}
