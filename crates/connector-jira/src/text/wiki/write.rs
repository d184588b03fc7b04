//! A tree as wiki markup. What wiki markup lacks keeps its text.

mod inline;

use super::macros;
use crate::text::markdown::{Place, cell_line, is_blank};
use crate::text::node::{Mark, Node};
use crate::text::notation;

/// Blocks as wiki markup.
pub fn write(content: &[Node]) -> String {
    let mut writer = Writer::default();
    writer.blocks(content);
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    /// The signs of the lists that are open.
    signs: String,
    /// The macros that are open: one cannot be within another of its kind.
    open: Vec<&'static str>,
}

impl Writer {
    fn blocks(&mut self, blocks: &[Node]) {
        let mut first = true;
        for block in blocks.iter().filter(|block| !is_blank(block)) {
            if !std::mem::take(&mut first) {
                self.out.push_str("\n\n");
            }
            self.block(block);
        }
    }

    fn block(&mut self, block: &Node) {
        match &*block.kind {
            "paragraph" | "caption" => self.inline(&block.content, Place::Paragraph),
            "heading" => {
                let level = block.attributes.get("level").and_then(serde_json::Value::as_u64);
                self.out.push_str(&format!("h{}. ", level.unwrap_or(1).clamp(1, 6)));
                self.inline(&block.content, Place::Heading);
            }
            "bulletList" | "orderedList" | "taskList" | "decisionList" => self.list(block),
            "codeBlock" => self.code_block(block),
            "blockquote" => match &*block.content {
                [paragraph] if is_line(paragraph) => {
                    self.out.push_str("bq. ");
                    self.inline(&paragraph.content, Place::Heading);
                }
                content => self.enclosed("quote", "", content),
            },
            "panel" => {
                let kind = block.attribute("panelType");
                let color =
                    macros::panel_color(kind).unwrap_or_else(|| block.attribute("panelColor"));
                let parameters = match color {
                    "" => format!(":title={}", notation::fallback_label(block)),
                    color => format!(":bgColor={color}"),
                };
                self.enclosed("panel", &parameters, &block.content);
            }
            "bodiedExtension" if block.attribute("extensionType") == macros::EXTENSION_TYPE => {
                let parameters = match block.attribute("parameters") {
                    "" => String::new(),
                    parameters => format!(":{parameters}"),
                };
                self.enclosed("panel", &parameters, &block.content);
            }
            "expand" | "nestedExpand" | "bodiedExtension" => {
                let title = notation::encode(block).0;
                self.enclosed("panel", &format!(":title={title}"), &block.content);
            }
            "rule" => self.out.push_str("----"),
            "table" => self.table(block),
            "layoutSection" | "layoutColumn" | "mediaSingle" | "mediaGroup" => {
                self.blocks(&block.content);
            }
            _ => {
                self.inline(std::slice::from_ref(block), Place::Paragraph);
            }
        }
    }

    fn inline(&mut self, nodes: &[Node], place: Place) {
        inline::write(&mut self.out, nodes, place);
    }

    /// Blocks between a macro and its end, where it is not open already.
    fn enclosed(&mut self, name: &'static str, parameters: &str, content: &[Node]) {
        if self.open.contains(&name) {
            return self.blocks(content);
        }
        let parameters: String = parameters
            .chars()
            .map(|letter| if letter == '}' || letter.is_control() { ' ' } else { letter })
            .collect();
        self.out.push_str(&format!("{{{name}{parameters}}}\n"));
        self.open.push(name);
        self.blocks(content);
        self.open.pop();
        self.out.push_str(&format!("\n{{{name}}}"));
    }

    fn list(&mut self, list: &Node) {
        self.signs.push(if list.kind == "orderedList" { '#' } else { '*' });
        let mut first = true;
        for item in &list.content {
            if !std::mem::take(&mut first) {
                self.out.push('\n');
            }
            if item.kind == list.kind {
                self.list(item);
            } else {
                self.item(item);
            }
        }
        self.signs.pop();
    }

    fn item(&mut self, item: &Node) {
        self.out.push_str(&self.signs);
        self.out.push(' ');
        let label = match &*item.kind {
            "taskItem" | "blockTaskItem" if item.attribute("state") == "DONE" => "[x] ",
            "taskItem" | "blockTaskItem" => "[ ] ",
            "decisionItem" => "Decision: ",
            _ => "",
        };
        if matches!(&*item.kind, "taskItem" | "decisionItem") {
            let label = Node::text(label);
            let nodes: Vec<_> =
                std::iter::once(label).chain(item.content.iter().cloned()).collect();
            return self.inline(&nodes, Place::Heading);
        }
        self.inline(&[Node::text(label)], Place::Heading);
        for (at, block) in item.content.iter().enumerate() {
            let list =
                matches!(&*block.kind, "bulletList" | "orderedList" | "taskList" | "decisionList");
            match &*block.kind {
                "paragraph" if at == 0 => self.inline(&block.content, Place::Heading),
                _ if list || block.kind == "codeBlock" => {
                    self.out.push('\n');
                    self.block(block);
                }
                _ => {
                    // All else is a further line of the item.
                    self.out.push_str(if at == 0 { "" } else { "\\\\" });
                    self.inline(&cell_line(std::slice::from_ref(block)), Place::Heading);
                }
            }
        }
    }

    fn code_block(&mut self, block: &Node) {
        let code: String = block.content.iter().map(|node| &*node.text).collect();
        let language = block.attribute("language");
        let simple = !language.is_empty() && !language.contains(['|', '=', '}', '\n']);
        let (name, parameters, code) = if code.contains("{code}") {
            // A code that holds the end of either macro cannot hold it as it is.
            ("noformat", String::new(), code.replace("{noformat}", "{noformat\u{200b}}"))
        } else if simple {
            ("code", format!(":{language}"), code)
        } else if code.contains("{noformat}") {
            ("code", String::new(), code)
        } else {
            ("noformat", String::new(), code)
        };
        let end = if code.is_empty() { "" } else { "\n" };
        self.out.push_str(&format!("{{{name}{parameters}}}\n{code}{end}{{{name}}}"));
    }

    fn table(&mut self, table: &Node) {
        let mut first = true;
        for row in table.content.iter().filter(|row| !row.content.is_empty()) {
            if !std::mem::take(&mut first) {
                self.out.push('\n');
            }
            let mut sign = "|";
            for cell in &row.content {
                sign = if cell.kind == "tableHeader" { "||" } else { "|" };
                self.out.push_str(sign);
                let start = self.out.len();
                self.inline(&cell_line(&cell.content), Place::Cell);
                if self.out.len() == start {
                    self.out.push(' ');
                }
            }
            self.out.push_str(sign);
        }
    }
}

/// Whether a block is one line of text.
fn is_line(block: &Node) -> bool {
    block.kind == "paragraph"
        && !is_blank(block)
        && block.content.iter().all(|node| node.kind != "hardBreak")
}

/// A link to a file or a picture by its name, as far as it is known.
fn media(node: &Node) -> Node<'static> {
    let name = notation::encode(node).0;
    match node.attribute("url") {
        "" => Node::text(name.clone()).marked(Mark::link(&format!("^{name}"))),
        url => Node::new("image").with("url", url).with("alt", node.attribute("alt")),
    }
}
