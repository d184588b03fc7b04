//! Atlassian Document Format.

use std::borrow::Cow;

use serde::Serialize;

use super::bounds::{self, MAX_BYTES};
use super::node::{Attributes, Node};
use super::{fit, markdown};

/// A document as Jira Cloud takes it: it keeps to the published schema. It serialises to its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Document(Node<'static>);

/// Reads a document in JSON, and writes it as Markdown.
///
/// `null` is the empty text. What is nested deeper than 60 levels is shown flat, and so are the texts
/// of a document of more than 4 MiB; what is no JSON is shown as it is.
pub fn to_markdown(json: &[u8]) -> String {
    let json = String::from_utf8_lossy(json);
    if json.len() > MAX_BYTES {
        let note = Node::text("[a document too large to show with its formatting]");
        let content =
            vec![Node::around("paragraph", vec![note]), verbatim(bounds::all_texts(&json))];
        return markdown::write(&Node::around("doc", content));
    }
    let json = bounds::flatten_deep(&json);
    if let Ok(node) = serde_json::from_str::<Node>(&json) {
        return markdown::write(&node);
    }
    let mended = bounds::mend_surrogates(&json);
    match serde_json::from_str::<Node>(&mended) {
        Ok(node) => markdown::write(&node),
        Err(_) => markdown::write(&verbatim(mended)),
    }
}

/// Reads Markdown as people write it. More than 4 MiB of it becomes one block of code.
pub fn from_markdown(text: &str) -> Document {
    let content =
        if text.len() > MAX_BYTES { vec![verbatim(text.to_owned())] } else { markdown::read(text) };
    Document(fit::document(content))
}

fn verbatim(text: String) -> Node<'static> {
    Node {
        kind: Cow::Borrowed("codeBlock"),
        attributes: Attributes::new(),
        content: vec![Node::text(text)],
        ..Node::default()
    }
}
