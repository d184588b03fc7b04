//! Makes a tree that was read from Markdown fit Atlassian's content model: which block may stand
//! where, which mark on what. Nothing is left out: what may not stand somewhere becomes what may, and
//! shows what it was.

use std::borrow::Cow;
use std::mem;

use super::attributes;
use super::markdown::is_blank;
use super::node::{Mark, Node};
use super::notation;

/// Fits a whole document.
pub fn document(content: Vec<Node<'static>>) -> Node<'static> {
    let mut fitting = Fitting { last_id: 0 };
    let mut content = fitting.blocks("doc", content);
    if content.is_empty() {
        content.push(Node::new("paragraph"));
    }
    Node::around("doc", content)
}

struct Fitting {
    /// Tasks and decisions need an id within their document; these are numbers in order.
    last_id: u32,
}

impl Fitting {
    fn blocks(&mut self, parent: &str, blocks: Vec<Node<'static>>) -> Vec<Node<'static>> {
        let mut fitted = Vec::with_capacity(blocks.len());
        for block in blocks {
            self.block(parent, block, &mut fitted);
        }
        // Spacing, which whoever needs a paragraph puts back.
        fitted.retain(|block| !is_blank(block));
        fitted
    }

    fn block(&mut self, parent: &str, mut block: Node<'static>, out: &mut Vec<Node<'static>>) {
        if let Some(figure) = figure(&block) {
            block = figure;
        }
        let kind = block.kind.clone();
        if !allows(parent, &kind) || (kind == "layoutSection" && !has_columns(&block)) {
            for node in instead(parent, block) {
                self.block(parent, node, out);
            }
            return;
        }
        match attributes::of_valid_node(&kind, &block.attributes) {
            Some(valid) => block.attributes = valid,
            None => {
                out.push(shown_as_text(&block));
                return;
            }
        }
        block_marks(parent, &mut block);
        let content = mem::take(&mut block.content);
        block.content = match &*kind {
            "paragraph" | "heading" | "caption" | "taskItem" | "decisionItem" => {
                inlines(&kind, content)
            }
            "codeBlock" => {
                let text: String = content.iter().map(|node| &*node.text).collect();
                if text.is_empty() { Vec::new() } else { vec![Node::text(text)] }
            }
            _ => self.blocks(&kind, content),
        };
        match &*kind {
            "taskList" | "taskItem" | "blockTaskItem" | "decisionList" | "decisionItem" => {
                self.last_id += 1;
                block.attributes.insert("localId".into(), self.last_id.to_string().into());
            }
            "listItem" => {
                let starts_well = block.content.first().is_some_and(|first| {
                    matches!(&*first.kind, "paragraph" | "mediaSingle" | "codeBlock")
                });
                if !starts_well {
                    block.content.insert(0, Node::new("paragraph"));
                }
            }
            _ => {}
        }
        if block.content.is_empty() {
            match &*kind {
                "blockquote" | "panel" | "expand" | "nestedExpand" | "layoutColumn"
                | "bodiedExtension" | "bodiedSyncBlock" | "tableCell" | "tableHeader"
                | "blockTaskItem" => block.content.push(Node::new("paragraph")),
                "mediaSingle" | "mediaGroup" | "table" | "tableRow" | "bulletList"
                | "orderedList" | "taskList" | "decisionList" => {
                    block = shown_as_text(&block);
                }
                _ => {}
            }
        }
        out.push(block);
    }
}

/// Which block may stand in which.
fn allows(parent: &str, child: &str) -> bool {
    let leaf = |child| {
        matches!(
            child,
            "paragraph" | "bulletList" | "orderedList" | "codeBlock" | "mediaSingle" | "extension"
        )
    };
    match parent {
        "doc" => {
            nests(child)
                || matches!(
                    child,
                    "table"
                        | "expand"
                        | "bodiedExtension"
                        | "layoutSection"
                        | "syncBlock"
                        | "bodiedSyncBlock"
                )
        }
        "layoutColumn" => nests(child) || matches!(child, "table" | "expand" | "bodiedExtension"),
        "bodiedSyncBlock" => {
            (nests(child) && child != "extension")
                || matches!(child, "table" | "expand" | "layoutSection")
        }
        "expand" => nests(child) || matches!(child, "table" | "nestedExpand"),
        "bodiedExtension" => nests(child) || child == "table",
        "tableCell" | "tableHeader" => nests(child) || child == "nestedExpand",
        "nestedExpand" => nests(child) && !matches!(child, "blockCard" | "embedCard"),
        "panel" => nests(child) && !matches!(child, "embedCard" | "panel" | "blockquote"),
        "blockquote" => leaf(child) || child == "mediaGroup",
        "listItem" => leaf(child) || child == "taskList",
        "blockTaskItem" => matches!(child, "paragraph" | "extension"),
        "bulletList" | "orderedList" => child == "listItem",
        "taskList" => matches!(child, "taskItem" | "blockTaskItem" | "taskList"),
        "decisionList" => child == "decisionItem",
        "layoutSection" => child == "layoutColumn",
        "table" => child == "tableRow",
        "tableRow" => matches!(child, "tableCell" | "tableHeader"),
        "mediaSingle" => matches!(child, "media" | "caption"),
        "mediaGroup" => child == "media",
        _ => false,
    }
}

/// What may stand in most blocks.
fn nests(child: &str) -> bool {
    matches!(
        child,
        "paragraph"
            | "panel"
            | "blockquote"
            | "orderedList"
            | "bulletList"
            | "rule"
            | "heading"
            | "codeBlock"
            | "mediaGroup"
            | "mediaSingle"
            | "decisionList"
            | "taskList"
            | "blockCard"
            | "embedCard"
            | "extension"
    )
}

fn has_columns(section: &Node) -> bool {
    (2..=3).contains(&section.content.len())
        && section.content.iter().all(|child| child.kind == "layoutColumn")
}

/// What stands in place of a block that may not.
fn instead(parent: &str, mut block: Node<'static>) -> Vec<Node<'static>> {
    match &*block.kind {
        "heading" => {
            let mut content = mem::take(&mut block.content);
            content.iter_mut().filter(|node| node.is_text()).for_each(|node| {
                node.marks.push(Mark::new("strong"));
            });
            vec![Node::around("paragraph", content)]
        }
        "rule" => vec![plain("———")],
        "table" => mem::take(&mut block.content).into_iter().map(row_as_paragraph).collect(),
        "taskList" => vec![Node::around("bulletList", task_items(block.content))],
        "decisionList" => {
            let items = mem::take(&mut block.content).into_iter().map(|mut item| {
                item.content.insert(0, Node::text("Decision: "));
                item_around(Node::around("paragraph", item.content))
            });
            vec![Node::around("bulletList", items.collect())]
        }
        "expand" if allows(parent, "nestedExpand") => {
            block.kind = "nestedExpand".into();
            vec![block]
        }
        "nestedExpand" if allows(parent, "expand") => {
            block.kind = "expand".into();
            vec![block]
        }
        "blockquote" => {
            for child in &mut block.content {
                if matches!(&*child.kind, "paragraph" | "heading") {
                    child.content.insert(0, Node::text("> "));
                }
            }
            block.content
        }
        "mediaGroup" if allows(parent, "mediaSingle") => mem::take(&mut block.content)
            .into_iter()
            .map(|media| Node::around("mediaSingle", vec![media]).with("layout", "center"))
            .collect(),
        "media" if allows(parent, "mediaSingle") => {
            vec![Node::around("mediaSingle", vec![block]).with("layout", "center")]
        }
        "blockCard" | "embedCard" => {
            let inner = match notation::card_address(&block) {
                Some(url) => Node::new("inlineCard").with("url", url),
                None => Node::text(notation::encode(&block).0),
            };
            vec![Node::around("paragraph", vec![inner])]
        }
        "media" => vec![shown_as_text(&block)],
        // The parts of something stand for themselves.
        "listItem" | "layoutColumn" | "tableRow" | "tableCell" | "tableHeader" | "mediaGroup"
        | "mediaSingle" | "layoutSection"
            if !block.content.is_empty() =>
        {
            block.content
        }
        "taskItem" | "decisionItem" | "caption" => {
            vec![Node::around("paragraph", mem::take(&mut block.content))]
        }
        _ if is_inline(&block.kind) => vec![Node::around("paragraph", vec![block])],
        _ => {
            let mut shown = vec![strong(notation::encode(&block).0)];
            shown.append(&mut block.content);
            shown
        }
    }
}

fn plain(text: impl Into<Cow<'static, str>>) -> Node<'static> {
    Node::around("paragraph", vec![Node::text(text)])
}

fn strong(text: String) -> Node<'static> {
    Node::around("paragraph", vec![Node::text(text).marked(Mark::new("strong"))])
}

fn shown_as_text(block: &Node) -> Node<'static> {
    plain(notation::encode(block).0)
}

fn item_around(paragraph: Node<'static>) -> Node<'static> {
    Node::around("listItem", vec![paragraph])
}

/// The items of a task list as items of a plain list; a list within goes into the item before it.
fn task_items(tasks: Vec<Node<'static>>) -> Vec<Node<'static>> {
    let mut items: Vec<Node<'static>> = Vec::new();
    for mut task in tasks {
        match &*task.kind {
            "taskList" => {
                let inner = Node::around("bulletList", task_items(task.content));
                match items.last_mut() {
                    Some(item) => item.content.push(inner),
                    None => items.push(item_around(inner)),
                }
            }
            kind => {
                let block = kind == "blockTaskItem";
                let mut content = mem::take(&mut task.content);
                if !block {
                    content = vec![Node::around("paragraph", content)];
                }
                let mut item = Node::around("listItem", content);
                show_checkbox(&mut item, task.attribute("state") == "DONE");
                items.push(item);
            }
        }
    }
    items
}

/// Puts a checkbox as text before an item of a plain list.
pub fn show_checkbox(item: &mut Node<'static>, done: bool) {
    let shown = Node::text(if done { "[x] " } else { "[ ] " });
    match item.content.first_mut() {
        Some(first) if first.kind == "paragraph" => first.content.insert(0, shown),
        _ => item.content.insert(0, Node::around("paragraph", vec![shown])),
    }
}

fn row_as_paragraph(mut row: Node<'static>) -> Node<'static> {
    let mut content = Vec::new();
    for cell in mem::take(&mut row.content) {
        if !content.is_empty() {
            content.push(Node::text(" | "));
        }
        for block in cell.content {
            content.extend(block.content);
        }
    }
    Node::around("paragraph", content)
}

/// Leaves the marks of a block that may be where it stands.
fn block_marks(parent: &str, block: &mut Node<'static>) {
    let kind = block.kind.clone();
    let outer = matches!(parent, "doc" | "layoutColumn" | "bodiedSyncBlock");
    let aligned = block.marks.iter().any(|mark| mark.kind == "alignment");
    keep_valid_marks(&mut block.marks, |mark| match (&*kind, mark) {
        ("paragraph", "alignment") => outer || parent.starts_with("table"),
        ("paragraph", "indentation") => outer && !aligned,
        ("paragraph", "fontSize") => parent != "blockquote",
        ("heading", "alignment") => outer || parent.starts_with("table"),
        ("heading", "indentation") => (outer || parent.starts_with("table")) && !aligned,
        ("codeBlock" | "expand", "breakout") => parent == "doc",
        ("layoutSection" | "syncBlock" | "bodiedSyncBlock", "breakout") => true,
        ("table", "fragment") => true,
        ("extension" | "bodiedExtension", "dataConsumer" | "fragment") => true,
        ("mediaSingle", "link") => true,
        ("media", "dataConsumer" | "link" | "annotation" | "border") => true,
        _ => false,
    });
}

fn inlines(parent: &str, nodes: Vec<Node<'static>>) -> Vec<Node<'static>> {
    let mut fitted: Vec<Node<'static>> = Vec::with_capacity(nodes.len());
    for mut node in nodes {
        let kind = node.kind.clone();
        if node.is_text() {
            text_marks(&mut node.marks);
            node.attributes.clear();
        } else {
            let allowed = is_inline(&kind)
                && !(parent == "caption" && matches!(&*kind, "inlineExtension" | "mediaInline"));
            match attributes::of_valid_node(&kind, &node.attributes).filter(|_| allowed) {
                Some(valid) => node.attributes = valid,
                None => node = image_as_text(node),
            }
            keep_valid_marks(&mut node.marks, |mark| match &*kind {
                "mediaInline" => matches!(mark, "dataConsumer" | "link" | "annotation" | "border"),
                "inlineExtension" => matches!(mark, "dataConsumer" | "fragment"),
                "text" | "image" => true,
                _ => false,
            });
        }
        match fitted.last_mut() {
            Some(last) if node.is_text() && last.is_text() && last.marks == node.marks => {
                last.text.to_mut().push_str(&node.text);
            }
            _ if node.is_text() && node.text.is_empty() => {}
            _ => fitted.push(node),
        }
    }
    fitted
}

fn is_inline(kind: &str) -> bool {
    matches!(
        kind,
        "text"
            | "date"
            | "emoji"
            | "hardBreak"
            | "inlineCard"
            | "mention"
            | "placeholder"
            | "status"
            | "inlineExtension"
            | "mediaInline"
    )
}

/// A picture within text: Atlassian's documents can only link to it.
fn image_as_text(node: Node<'static>) -> Node<'static> {
    let url = node.attribute("url");
    if url.is_empty() {
        return Node::text(notation::encode(&node).0);
    }
    let label = if node.attribute("alt").is_empty() { url } else { node.attribute("alt") };
    let mut link = Mark::link(url);
    if !node.attribute("title").is_empty() {
        link = link.with("title", node.attribute("title"));
    }
    Node::text(label.to_owned()).marked(link)
}

/// A paragraph that is nothing but a picture, as the block that it is meant to be.
fn figure(block: &Node) -> Option<Node<'static>> {
    let [image] = &*block.content else { return None };
    if block.kind != "paragraph" || image.kind != "image" || image.attribute("url").is_empty() {
        return None;
    }
    let media = Node::new("media")
        .with("type", "external")
        .with("url", image.attribute("url"))
        .with("alt", image.attribute("alt"));
    let mut content = vec![media];
    if !image.attribute("title").is_empty() {
        let title = Node::text(image.attribute("title").to_owned());
        content.push(Node::around("caption", vec![title]));
    }
    Some(Node::around("mediaSingle", content).with("layout", "center"))
}

/// The order in which marks are put around a text, from the outside.
const MARKS: [&str; 10] = [
    "link",
    "annotation",
    "textColor",
    "backgroundColor",
    "strong",
    "em",
    "strike",
    "underline",
    "subsup",
    "code",
];

/// Where a mark stands among others; marks that are not known come first.
pub fn rank(mark: &Mark) -> usize {
    MARKS.iter().position(|kind| *kind == mark.kind).map_or(0, |at| at + 1)
}

/// One mark of a kind, in order; code beside nothing but a link and an annotation.
fn text_marks(marks: &mut Vec<Mark<'static>>) {
    let code = marks.iter().any(|mark| mark.kind == "code");
    keep_valid_marks(marks, |mark| {
        MARKS.contains(&mark) && (!code || matches!(mark, "code" | "link" | "annotation"))
    });
    marks.sort_by_key(rank);
    marks.dedup_by(|second, first| second.kind == first.kind);
}

fn keep_valid_marks(marks: &mut Vec<Mark<'static>>, allowed: impl Fn(&str) -> bool) {
    marks.retain_mut(|mark| {
        let valid = attributes::of_valid_mark(&mark.kind, &mark.attributes);
        match valid.filter(|_| allowed(&mark.kind)) {
            Some(valid) => {
                mark.attributes = valid;
                true
            }
            None => false,
        }
    });
}
