//! Addresses of tasks.

use url::Url;

use super::{Target, github, jira};

/// The length of the web address that a text begins with, in bytes, if it begins with one. What ends
/// a sentence or closes a bracket around it is not part of it.
pub fn length(text: &str) -> Option<usize> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme)))?;
    let end =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '|');
    let address = &text[..text.find(end).unwrap_or(text.len())];
    let mut open: i64 = address.bytes().map(balance).sum();
    let mut length = address.len();
    for (at, c) in address.char_indices().rev() {
        let closes = matches!(c, ')' | ']' | '}') && open < 0;
        if !(closes
            || matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '’' | '”'))
        {
            break;
        }
        open += i64::from(closes);
        length = at;
    }
    (length > scheme.len()).then_some(length)
}

fn balance(byte: u8) -> i64 {
    match byte {
        b'(' | b'[' | b'{' => 1,
        b')' | b']' | b'}' => -1,
        _ => 0,
    }
}

/// The task that an address shows, by the shape of its path. Whether its host is a site of that tool
/// is for the reader of the answer to find out.
pub fn target(address: &str) -> Option<Target> {
    let url = Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.strip_prefix("www.").unwrap_or(host).to_owned(),
    };
    let segments: Vec<&str> =
        url.path_segments()?.filter(|segment| !segment.is_empty()).take(10).collect();
    let mut target = github::shown(&segments).or_else(|| jira::shown(&segments, &url))?;
    target.host = Some(host);
    Some(target)
}
