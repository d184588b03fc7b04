//! Web addresses in text.

use linkify::{LinkFinder, LinkKind};

use super::node::{Mark, Node};

/// Makes links of the addresses that people write into text.
pub fn linked(nodes: Vec<Node<'static>>) -> Vec<Node<'static>> {
    let plain = |node: &Node| {
        !node.text.contains("://")
            || node.marks.iter().any(|mark| matches!(&*mark.kind, "link" | "code"))
    };
    if nodes.iter().all(plain) {
        return nodes;
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut linked = Vec::with_capacity(nodes.len() + 2);
    for node in nodes {
        if plain(&node) {
            linked.push(node);
            continue;
        }
        for span in finder.spans(&node.text) {
            let mut part = Node::text(span.as_str().to_owned());
            part.marks.clone_from(&node.marks);
            let address = span.as_str();
            if span.kind().is_some()
                && (address.starts_with("https://") || address.starts_with("http://"))
            {
                part.marks.push(Mark::link(address));
            }
            linked.push(part);
        }
    }
    linked
}
