//! Jira's wiki markup, as Data Center keeps it.

mod block;
mod inline;
mod macros;
mod write;

use super::bounds::MAX_BYTES;
use super::markdown;
use super::node::Node;

/// Reads wiki markup, and writes it as Markdown. Takes time in proportion to the text, whatever it
/// is. More than 4 MiB is shown as it is, as one block of code.
pub fn to_markdown(text: &str) -> String {
    let content = if text.len() > MAX_BYTES {
        vec![Node::around("codeBlock", vec![Node::text(text)])]
    } else {
        block::read(text)
    };
    markdown::write(&Node::around("doc", content))
}

/// Reads Markdown as people write it, and writes it as wiki markup. More than 4 MiB of it becomes one
/// block without formatting.
pub fn from_markdown(text: &str) -> String {
    let content = if text.len() > MAX_BYTES {
        vec![Node::around("codeBlock", vec![Node::text(text)])]
    } else {
        markdown::read(text)
    };
    write::write(&content)
}

/// Reads wiki markup as a tree, for the tests.
#[cfg(test)]
pub(super) fn read(text: &str) -> Vec<Node<'static>> {
    block::read(text)
}

/// Writes a tree as wiki markup, for the tests.
#[cfg(test)]
pub(super) fn write(content: &[Node]) -> String {
    write::write(content)
}
