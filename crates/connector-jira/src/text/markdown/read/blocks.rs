//! What becomes of a block once all of it was read.

use std::mem;

use crate::text::fit::show_checkbox;
use crate::text::linkify::linked;
use crate::text::markdown::cells::Grid;
use crate::text::markdown::write::{is_blank, is_container};
use crate::text::node::Node;
use crate::text::notation;

/// The attribute of an item with a checkbox, until its list is known.
pub const CHECKED: &str = "checked";

/// A block of code by what stands beside its fence.
pub fn code_block(info: &str) -> Node<'static> {
    let told = info
        .rfind("jira:codeBlock")
        .and_then(|at| Some((info[..at].trim(), notation::decode(&info[at..], "")?)));
    let (language, mut block) = told.unwrap_or_else(|| (info.trim(), Node::new("codeBlock")));
    if !language.is_empty() {
        block = block.with("language", language);
    }
    block
}

/// Its code, without the end of the last line.
pub fn code(mut block: Node<'static>) -> Node<'static> {
    let mut code = mem::take(&mut block.text);
    if code.ends_with('\n') {
        code.to_mut().pop();
    }
    if !code.is_empty() {
        block.content.push(Node::text(code));
    }
    block
}

/// HTML as text, line by line.
pub fn html(source: &str) -> Node<'static> {
    let mut content = Vec::new();
    for line in source.trim_end().lines() {
        if !content.is_empty() {
            content.push(Node::new("hardBreak"));
        }
        content.push(Node::text(line.to_owned()));
    }
    Node::around("paragraph", linked(content))
}

/// A quote, or the block that its first line says it is.
pub fn quote(mut quote: Node<'static>) -> Node<'static> {
    let told = quote.kind == "blockquote"
        && quote
            .content
            .first()
            .is_some_and(|first| is_container(&first.kind) && first.content.is_empty());
    if !told {
        return quote;
    }
    let mut content = quote.content.split_off(1);
    let Some(mut block) = quote.content.pop() else { return quote };
    let fits = match &*block.kind {
        "mediaSingle" => figure(&mut content),
        "mediaGroup" => content.iter().all(|child| child.kind == "media"),
        "layoutSection" => content.iter().all(|child| child.kind == "layoutColumn"),
        _ => {
            if content.is_empty() {
                content.push(Node::new("paragraph"));
            }
            true
        }
    };
    if fits && !content.is_empty() {
        block.content = content;
        return block;
    }
    quote.content.push(block);
    quote.content.append(&mut content);
    quote
}

/// Whether blocks are a picture and its caption, which they are made to be.
fn figure(content: &mut [Node<'static>]) -> bool {
    let [media, caption @ ..] = content else { return false };
    if media.kind == "paragraph"
        && let [image] = &mut *media.content
        && image.kind == "image"
    {
        image.kind = "media".into();
        image.attributes.insert("type".into(), "external".into());
        *media = mem::take(image);
    }
    match caption {
        [] => {}
        [caption] if caption.kind == "paragraph" => caption.kind = "caption".into(),
        _ => return false,
    }
    media.kind == "media"
}

/// A list, which is one of tasks or decisions where all of its items are.
pub fn list(mut list: Node<'static>) -> Node<'static> {
    let plain = list.kind == "bulletList";
    if plain {
        list.content.iter_mut().for_each(check_empty_task);
    }
    if plain && !list.content.is_empty() && list.content.iter().all(is_task) {
        let tasks = list.content.into_iter().flat_map(task).collect();
        return Node::around("taskList", tasks);
    }
    if plain && !list.content.is_empty() && list.content.iter().all(is_decision) {
        let decisions = list.content.into_iter().filter_map(decision).collect();
        return Node::around("decisionList", decisions);
    }
    for item in &mut list.content {
        if let Some(done) = item.attributes.remove(CHECKED) {
            show_checkbox(item, done == true);
        }
    }
    list
}

/// A checkbox without text, which the parser takes for text.
fn check_empty_task(item: &mut Node<'static>) {
    let Some(first) = item.content.first_mut() else { return };
    let done = match &*first.content {
        [text] if first.kind == "paragraph" && text.marks.is_empty() => match &*text.text {
            "[ ]" => false,
            "[x]" => true,
            _ => return,
        },
        _ => return,
    };
    first.content.clear();
    item.attributes.insert(CHECKED.into(), done.into());
}

/// Whether an item is a task: a checkbox with text, and other tasks below it.
fn is_task(item: &Node) -> bool {
    item.attributes.contains_key(CHECKED)
        && item
            .content
            .iter()
            .skip_while(|block| block.kind == "paragraph")
            .all(|block| block.kind == "taskList")
}

fn task(mut item: Node<'static>) -> Vec<Node<'static>> {
    let done = item.attributes.get(CHECKED).is_some_and(|done| done == true);
    let texts = item.content.iter().take_while(|block| block.kind == "paragraph").count();
    let inner = item.content.split_off(texts);
    let mut task = match texts {
        0 | 1 => {
            let content = item.content.pop().map(|text| text.content).unwrap_or_default();
            Node::around("taskItem", content)
        }
        _ => Node::around("blockTaskItem", item.content),
    };
    task = task.with("state", if done { "DONE" } else { "TODO" });
    std::iter::once(task).chain(inner).collect()
}

fn is_decision(item: &Node) -> bool {
    match &*item.content {
        [text] => text.content.first().is_some_and(|first| first.kind == "decisionItem"),
        _ => false,
    }
}

fn decision(mut item: Node<'static>) -> Option<Node<'static>> {
    let mut content = item.content.pop()?.content;
    let mut decision = content.remove(0);
    decision.content = content;
    Some(decision)
}

/// A table, with what the line before it says of it, without the fields that belong to other cells.
pub fn table(mut table: Node<'static>, marker: Option<Node<'static>>) -> Node<'static> {
    if let Some(marker) = marker {
        table.attributes = marker.attributes;
        table.marks = marker.marks;
    }
    let heading = table.content.first().is_some_and(|row| row.content.iter().all(is_blank_cell));
    if heading && table.content.len() > 1 {
        table.content.remove(0);
    }
    let mut grid = Grid::default();
    for row in &mut table.content {
        let mut column = 0;
        let mut reached = 0;
        row.content.retain(|cell| {
            let taken = if reached > 0 {
                reached -= 1;
                true
            } else {
                grid.is_taken(column)
            };
            let kept = !(taken && is_blank_cell(cell));
            if kept {
                reached = grid.place(column, &cell.attributes) - 1;
            }
            column += 1;
            kept
        });
    }
    table
}

fn is_blank_cell(cell: &Node) -> bool {
    cell.attributes.is_empty() && cell.content.iter().all(is_blank)
}
