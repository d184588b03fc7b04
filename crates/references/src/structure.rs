//! What the author of a text says, line by line, out of its Markdown: without code, quoted words, the
//! comments of a template and markup, and with what stands over each line.

mod html;
mod lines;

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use lines::Lines;

/// How many of the lines over a line are known: headings, what introduces a list, items around an item.
const MOST_OVER: usize = 8;

/// A line of plain words.
#[derive(Debug, Default)]
pub struct Line {
    /// The words, code among them.
    pub text: String,
    /// Words that link to an address, and the address.
    pub links: Vec<(Range<usize>, String)>,
    /// Words that say nothing: code.
    pub code: Vec<Range<usize>>,
    /// Words that are crossed out.
    pub struck: Vec<Range<usize>>,
    /// What kind of line it is.
    pub form: Form,
    /// Earlier lines that stand over it, the nearest first.
    pub over: Vec<usize>,
}

/// What kind of line it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line of a paragraph.
    #[default]
    Plain,
    /// A heading.
    Heading,
    /// The first line of an item of a list.
    Item,
    /// The first line of an item with a box to tick.
    Task,
    /// A cell of a table.
    Cell,
}

/// Reads the lines of a text.
pub fn read(markdown: &str) -> Vec<Line> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, options) {
        reader.event(event);
    }
    reader.lines.finish()
}

#[derive(Default)]
struct Reader {
    lines: Lines,
    /// How many open blocks hold no words of a person: code, metadata.
    silent: usize,
    /// How many elements of HTML are open in this block whose words are left out.
    hushed: usize,
    /// The open quotes, and how many of them hold the words of others.
    quotes: Vec<Quote>,
    foreign: usize,
    /// The HTML of a block, which comes in pieces.
    html: Option<String>,
}

/// Whose words a quote holds. Jira's panels are kept as quotes, too, and are the author's own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Undecided,
    Own,
    Others,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Html(html) => {
                if let Some(block) = &mut self.html {
                    block.push_str(&html);
                }
            }
            Event::InlineHtml(html) => self.markup(&html),
            _ if !self.is_heard() => {}
            Event::Text(text) => self.lines.words(&text),
            Event::Code(code) => self.lines.code(&code),
            Event::SoftBreak | Event::HardBreak => self.lines.line_break(),
            Event::TaskListMarker(_) => self.lines.task(),
            Event::Rule
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_) => {}
        }
    }

    /// Whether what comes now is the author's.
    fn is_heard(&mut self) -> bool {
        self.decide(Quote::Others);
        self.silent == 0 && self.hushed == 0 && self.foreign == 0
    }

    /// The first thing in a quote decides whose words it holds.
    fn decide(&mut self, whose: Quote) {
        if let Some(quote @ Quote::Undecided) = self.quotes.last_mut() {
            *quote = whose;
            self.foreign += usize::from(whose == Quote::Others);
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::BlockQuote(kind) => {
                self.decide(Quote::Others);
                self.lines.end();
                self.quotes.push(kind.map_or(Quote::Undecided, |_| Quote::Own));
            }
            Tag::CodeBlock(_) | Tag::MetadataBlock(_) => {
                self.decide(Quote::Others);
                self.lines.end();
                self.silent += 1;
            }
            Tag::HtmlBlock => self.html = Some(String::new()),
            Tag::Heading { level, .. } => self.lines.heading(level as usize),
            Tag::List(_) => self.lines.list(),
            Tag::Item => self.lines.item(),
            Tag::Table(_) => self.lines.table(),
            Tag::TableHead | Tag::TableRow => self.lines.row(),
            Tag::TableCell => self.lines.cell(),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let panel = dest_url.starts_with("jira:");
                self.decide(if panel { Quote::Own } else { Quote::Others });
                if self.is_heard() {
                    self.lines.open_link(&dest_url);
                }
            }
            Tag::Strikethrough => self.lines.strike(),
            Tag::Paragraph => self.lines.paragraph(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::BlockQuote(_) => {
                self.lines.end();
                let quote = self.quotes.pop();
                self.foreign -= usize::from(quote == Some(Quote::Others));
            }
            TagEnd::CodeBlock | TagEnd::MetadataBlock(_) => self.silent -= 1,
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                self.lines.paragraph();
                self.markup(&html);
                self.end_block();
            }
            TagEnd::List(_) => self.lines.end_list(),
            TagEnd::Table => self.lines.end_table(),
            TagEnd::Link | TagEnd::Image => self.lines.close_link(),
            TagEnd::Strikethrough => self.lines.end_strike(),
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell => {
                self.end_block();
            }
            _ => {}
        }
    }

    /// An element of HTML that was left open ends with its block.
    fn end_block(&mut self) {
        self.lines.end();
        self.hushed = 0;
    }

    fn markup(&mut self, html: &str) {
        for piece in html::pieces(html) {
            match piece {
                html::Piece::Words(words) => {
                    for (at, line) in words.split('\n').enumerate() {
                        if self.is_heard() {
                            if at > 0 {
                                self.lines.line_break();
                            }
                            self.lines.words(line);
                        }
                    }
                }
                html::Piece::Link(address) => {
                    if self.is_heard() {
                        self.lines.open_link(address);
                    }
                }
                html::Piece::EndLink => self.lines.close_link(),
                html::Piece::Break => self.lines.line_break(),
                html::Piece::Silence => self.hushed += 1,
                html::Piece::EndSilence => self.hushed = self.hushed.saturating_sub(1),
            }
        }
    }
}
