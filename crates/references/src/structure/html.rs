//! The few things in HTML that bear on what its author says.

/// A piece of HTML.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'h> {
    /// Words between tags.
    Words(&'h str),
    /// A link begins, to this address.
    Link(&'h str),
    /// It ends.
    EndLink,
    /// A new line begins.
    Break,
    /// What follows is code or the words of others.
    Silence,
    /// That ends.
    EndSilence,
}

/// Takes HTML apart. Comments are left out, with what follows one that does not end.
pub fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        if at > 0 {
            pieces.push(Piece::Words(&rest[..at]));
        }
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        } else if let Some(end) = rest.find('>') {
            pieces.extend(tag(&rest[1..end]));
            rest = &rest[end + 1..];
        } else {
            return pieces;
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest));
    }
    pieces
}

fn tag(tag: &str) -> Option<Piece<'_>> {
    let (tag, closes) = tag.strip_prefix('/').map_or((tag, false), |tag| (tag, true));
    let name = &tag[..tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len())];
    match (name.to_ascii_lowercase().as_str(), closes) {
        ("a", false) => Some(Piece::Link(address(tag))),
        ("a", true) => Some(Piece::EndLink),
        ("br" | "p" | "div" | "li" | "tr" | "td" | "dd" | "dt", _) => Some(Piece::Break),
        ("code" | "pre" | "blockquote" | "del" | "s", false) => Some(Piece::Silence),
        ("code" | "pre" | "blockquote" | "del" | "s", true) => Some(Piece::EndSilence),
        _ => None,
    }
}

/// The address of a link; empty where it has none.
fn address(tag: &str) -> &str {
    let Some((_, value)) = tag.split_once("href=") else { return "" };
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote {
        Some(quote) => value[1..].split(quote).next().unwrap_or_default(),
        None => value.split_ascii_whitespace().next().unwrap_or_default(),
    }
}
