//! Blocks, line by line.

use super::inline;
use super::macros::{self, Macro};
use crate::text::bounds::without_nul;
use crate::text::node::{Mark, Node};

/// Reads wiki markup.
pub fn read(text: &str) -> Vec<Node<'static>> {
    let text = without_nul(text).replace("\r\n", "\n");
    let mut reader = Reader { text: &text, ..Reader::default() };
    while reader.at < text.len() {
        reader.line();
    }
    reader.close_to(0);
    reader.root
}

/// The most signs before an item that are taken for a list.
const MAX_LEVELS: usize = 20;

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Where the line ends that is being read, and where the next begins.
    line_end: usize,
    next_line: usize,
    /// Where code ends last in that line.
    last_code: usize,
    root: Vec<Node<'static>>,
    /// Quotes and panels that are open, each with the name of the macro that ends it.
    open: Vec<(&'t str, Node<'static>)>,
    /// The lines of the paragraph, item or row that is being read.
    lines: String,
    gathering: Gathering<'t>,
    /// Macros of which no more is to come, so that nobody looks again.
    no_more: Vec<&'t str>,
}

/// What the lines that are being read belong to.
#[derive(Default)]
enum Gathering<'t> {
    #[default]
    Paragraph,
    /// The items so far, each with its signs.
    List { items: Vec<(&'t str, Vec<Node<'static>>)> },
    /// The rows so far.
    Table { rows: Vec<Node<'static>> },
}

impl<'t> Reader<'t> {
    fn line(&mut self) {
        // Once for each line, however many macros may take it apart.
        if self.at >= self.next_line {
            let rest = &self.text[self.at..];
            let length = rest.find('\n').unwrap_or(rest.len());
            self.line_end = self.at + length;
            self.next_line = self.line_end + 1;
            self.last_code = self.at + rest[..length].rfind("}}").unwrap_or(0);
        }
        let line = &self.text[self.at..self.line_end];
        let start = line.trim_ascii_start();
        if line.trim_ascii().is_empty() {
            self.skip_line();
            return self.end();
        }
        if let Some(level) = heading(start) {
            self.end();
            self.skip_line();
            let content = inline::read(start[3..].trim_ascii());
            return self.add(Node::around("heading", content).with("level", level));
        }
        if let Some(quoted) = start.strip_prefix("bq. ") {
            self.end();
            self.skip_line();
            let paragraph = Node::around("paragraph", inline::read(quoted.trim_ascii()));
            return self.add(Node::around("blockquote", vec![paragraph]));
        }
        if line.trim_ascii() == "----" {
            self.end();
            self.skip_line();
            return self.add(Node::new("rule"));
        }
        if let Some((signs, item)) = list_item(start) {
            self.begin_item(signs);
            return self.take_line(item);
        }
        if start.starts_with('|') {
            self.begin_row();
            return self.take_line(start);
        }
        if matches!(self.gathering, Gathering::Table { .. }) && self.lines.ends_with('|') {
            self.end();
        }
        self.take_line(line);
    }

    fn skip_line(&mut self) {
        self.at = self.next_line.min(self.text.len());
    }

    /// Adds what is left of a line, up to the macro of a block that may begin in it.
    fn take_line(&mut self, line: &'t str) {
        let start = self.line_end - line.len();
        let mut at = start;
        while let Some(found) = self.text[at..self.line_end].find(['{', '\\']) {
            at += found;
            let rest = &self.text[at..self.line_end];
            if let Some(escaped) = rest.strip_prefix('\\') {
                at += 1 + escaped.chars().next().map_or(0, char::len_utf8);
            } else if let Some(code) = rest.strip_prefix("{{") {
                at += 2;
                if at <= self.last_code {
                    at += code.find("}}").map_or(0, |end| end + 2);
                }
            } else if let Some(found) = macros::parse(rest) {
                if self.block_macro(&self.text[start..at], &found, at + found.source.len()) {
                    return;
                }
                at += found.source.len();
            } else {
                at += 1;
            }
        }
        self.skip_line();
        self.add_line(line);
    }

    fn add_line(&mut self, line: &str) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        if !self.lines.is_empty() {
            self.lines.push('\n');
        }
        self.lines.push_str(line);
    }

    /// Reads a block between macros; tells whether it is one.
    fn block_macro(&mut self, before: &str, found: &Macro<'t>, behind: usize) -> bool {
        match found.name {
            "code" | "noformat" => {
                let Some(length) = self.find(behind, found.name) else { return false };
                self.add_line(before);
                let code = code_block(found, &self.text[behind..behind + length]);
                self.at = behind + length + found.name.len() + 2;
                self.skip_line_end();
                self.add_within(code);
                true
            }
            "quote" | "panel" => {
                let opened = self.open.iter().rposition(|(name, _)| *name == found.name);
                if opened.is_none() && self.find(behind, found.name).is_none() {
                    return false;
                }
                self.add_line(before);
                self.end();
                match opened {
                    Some(at) => self.close_to(at),
                    None => self.open.push((found.name, container(found))),
                }
                self.at = behind;
                self.skip_line_end();
                true
            }
            _ => false,
        }
    }

    /// Where the next `{name}` begins.
    fn find(&mut self, from: usize, name: &'t str) -> Option<usize> {
        if self.no_more.contains(&name) {
            return None;
        }
        let found = self.text[from..].find(&format!("{{{name}}}"));
        if found.is_none() {
            self.no_more.push(name);
        }
        found
    }

    fn skip_line_end(&mut self) {
        let rest = &self.text[self.at..];
        let after = rest.trim_start_matches([' ', '\t']);
        if let Some(after) = after.strip_prefix('\n') {
            self.at = self.text.len() - after.len();
        }
    }

    fn begin_item(&mut self, signs: &'t str) {
        if matches!(self.gathering, Gathering::List { .. }) {
            self.end_lines();
        } else {
            self.end();
            self.gathering = Gathering::List { items: Vec::new() };
        }
        if let Gathering::List { items } = &mut self.gathering {
            items.push((signs, Vec::new()));
        }
    }

    fn begin_row(&mut self) {
        if matches!(self.gathering, Gathering::Table { .. }) {
            // A row goes on until a line ends with a bar.
            if self.lines.ends_with('|') {
                self.end_lines();
            }
        } else {
            self.end();
            self.gathering = Gathering::Table { rows: Vec::new() };
        }
    }

    /// Gives the lines to the item or row that they belong to.
    fn end_lines(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        match &mut self.gathering {
            _ if lines.is_empty() => {}
            Gathering::Paragraph => {
                let paragraph = Node::around("paragraph", inline::read(&lines));
                self.siblings().push(paragraph);
            }
            Gathering::List { items } => {
                if let Some((_, blocks)) = items.last_mut() {
                    blocks.push(Node::around("paragraph", inline::read(&lines)));
                }
            }
            Gathering::Table { rows } => rows.push(row(&lines)),
        }
    }

    /// Ends the paragraph, list or table.
    fn end(&mut self) {
        self.end_lines();
        match std::mem::take(&mut self.gathering) {
            Gathering::Paragraph => {}
            Gathering::List { items } => {
                let lists = nested(items);
                self.siblings().extend(lists);
            }
            Gathering::Table { rows } => self.siblings().push(Node::around("table", rows)),
        }
    }

    fn add(&mut self, block: Node<'static>) {
        self.end();
        self.siblings().push(block);
    }

    /// Adds code, which may stand in an item of a list.
    fn add_within(&mut self, block: Node<'static>) {
        if !matches!(self.gathering, Gathering::List { .. }) {
            return self.add(block);
        }
        self.end_lines();
        if let Gathering::List { items } = &mut self.gathering
            && let Some((_, blocks)) = items.last_mut()
        {
            blocks.push(block);
        }
    }

    fn siblings(&mut self) -> &mut Vec<Node<'static>> {
        match self.open.last_mut() {
            Some((_, parent)) => &mut parent.content,
            None => &mut self.root,
        }
    }

    fn close_to(&mut self, length: usize) {
        self.end();
        while self.open.len() > length {
            let Some((_, block)) = self.open.pop() else { return };
            self.siblings().push(block);
        }
    }
}

fn heading(line: &str) -> Option<u8> {
    let level = line.as_bytes().get(1).filter(|level| (b'1'..=b'6').contains(level))? - b'0';
    (line.starts_with('h') && line[2..].starts_with(". ")).then_some(level)
}

/// The signs of an item and its text.
fn list_item(line: &str) -> Option<(&str, &str)> {
    let is_sign = |byte: &u8| matches!(byte, b'*' | b'#' | b'-');
    let length = line.bytes().take(MAX_LEVELS).take_while(|byte| is_sign(byte)).count();
    let (signs, item) = line.split_at(length);
    let dashes = length > 1 && signs.bytes().all(|sign| sign == b'-');
    (length > 0 && !dashes).then_some((signs, item.strip_prefix(' ')?))
}

/// Lists in lists, from items with their signs.
fn nested(items: Vec<(&str, Vec<Node<'static>>)>) -> Vec<Node<'static>> {
    let mut lists = Vec::new();
    let mut open: Vec<Node<'static>> = Vec::new();
    for (signs, blocks) in items {
        let kinds: Vec<_> = signs
            .bytes()
            .map(|sign| if sign == b'#' { "orderedList" } else { "bulletList" })
            .collect();
        let shared = open.iter().zip(&kinds).take_while(|(list, kind)| list.kind == **kind).count();
        close_lists(&mut open, shared, &mut lists);
        for kind in &kinds[shared..] {
            // An item that is only there to hold a list.
            if let Some(parent) = open.last_mut()
                && parent.content.is_empty()
            {
                parent.content.push(Node::around("listItem", vec![Node::new("paragraph")]));
            }
            open.push(Node::new(*kind));
        }
        let mut item = Node::around("listItem", blocks);
        if item.content.is_empty() {
            item.content.push(Node::new("paragraph"));
        }
        if let Some(list) = open.last_mut() {
            list.content.push(item);
        }
    }
    close_lists(&mut open, 0, &mut lists);
    lists
}

fn close_lists(open: &mut Vec<Node<'static>>, length: usize, lists: &mut Vec<Node<'static>>) {
    while open.len() > length {
        let Some(list) = open.pop() else { return };
        match open.last_mut().and_then(|parent| parent.content.last_mut()) {
            Some(item) => item.content.push(list),
            None => lists.push(list),
        }
    }
}

fn row(line: &str) -> Node<'static> {
    let mut cells = Vec::new();
    let mut rest = line.trim_ascii_end();
    while let Some(after) = rest.strip_prefix('|') {
        let (kind, after) = match after.strip_prefix('|') {
            Some(after) => ("tableHeader", after),
            None => ("tableCell", after),
        };
        if after.is_empty() {
            break;
        }
        let length = cell_length(after);
        let content = inline::read(after[..length].trim_ascii());
        cells.push(Node::around(kind, vec![Node::around("paragraph", content)]));
        rest = &after[length..];
    }
    Node::around("tableRow", cells)
}

/// How far a cell goes: to a bar that is not in a link, code or a picture, nor escaped.
fn cell_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(found) = text[at..].find(['|', '\\', '[', '{', '!']) {
        at += found;
        let rest = &text[at..];
        at += match rest.as_bytes()[0] {
            b'|' => return at,
            b'\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            b'[' => inline::end_of(&rest[1..], b']', b"[\n").map_or(1, |end| end + 2),
            b'{' if rest.starts_with("{{") => {
                let inner = &rest[2..];
                let end = inline::end_of(inner, b'}', b"{\n");
                end.filter(|end| inner[*end..].starts_with("}}")).map_or(2, |end| end + 4)
            }
            b'!' => macros::image(rest).map_or(1, |image| image.length),
            _ => 1,
        };
    }
    text.len()
}

fn code_block(found: &Macro, code: &str) -> Node<'static> {
    let code = code.strip_prefix('\n').unwrap_or(code);
    let code = code.strip_suffix('\n').unwrap_or(code);
    let mut block = Node::new("codeBlock");
    let language = found.parameters.split('|').next().unwrap_or_default();
    if found.name == "code" && !language.is_empty() && !language.contains('=') {
        block = block.with("language", language);
    }
    if !code.is_empty() {
        block.content.push(Node::text(code.to_owned()));
    }
    match parameter(found.parameters, "title") {
        None => block,
        Some(title) => {
            let title = Node::text(title.to_owned()).marked(Mark::new("strong"));
            Node::around("blockquote", vec![Node::around("paragraph", vec![title]), block])
        }
    }
}

fn parameter<'p>(parameters: &'p str, name: &str) -> Option<&'p str> {
    parameters.split('|').find_map(|parameter| parameter.strip_prefix(name)?.strip_prefix('='))
}

/// A quote or a panel, empty as yet.
fn container(found: &Macro) -> Node<'static> {
    if found.name == "quote" {
        return Node::new("blockquote");
    }
    if let Some(color) = found.parameters.strip_prefix("bgColor=")
        && !color.contains('|')
    {
        return match macros::panel_type(color) {
            Some(kind) => Node::new("panel").with("panelType", kind),
            None => Node::new("panel").with("panelType", "custom").with("panelColor", color),
        };
    }
    let mut panel = Node::new("bodiedExtension")
        .with("extensionType", macros::EXTENSION_TYPE)
        .with("extensionKey", "panel");
    if let Some(title) = parameter(found.parameters, "title") {
        panel = panel.with("text", title);
    }
    if !found.parameters.is_empty() {
        panel = panel.with("parameters", found.parameters);
    }
    panel
}
