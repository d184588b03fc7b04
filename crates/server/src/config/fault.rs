//! What is wrong with a configuration, in words.

/// What is wrong with the configuration: every fault that was found, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// Says where the text is wrong. TOML's own message would quote the whole line, and a misplaced
/// secret with it.
pub(super) fn describe(text: &str, error: &toml::de::Error) -> String {
    let reason = in_words(&without_value(error.message()));
    let Some(span) = error.span() else { return reason };
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let number = before.matches('\n').count() + 1;
    let line = text[line_start..].lines().next().unwrap_or_default();
    match line.split_once('=') {
        Some((key, _)) if !reason.contains("field `") => {
            format!("line {number}, {}: {reason}", key.trim())
        }
        _ => format!("line {number}: {reason}"),
    }
}

/// Cuts the value out of `invalid type: string "…", expected …`.
fn without_value(message: &str) -> String {
    match (message.find("string \""), message.rfind("\", expected")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}a text{}", &message[..start], &message[end + 1..])
        }
        _ => message.to_owned(),
    }
}

/// Names the types of the program as a person who writes TOML does.
fn in_words(message: &str) -> String {
    message
        .replace("expected u32", "expected a whole number, 0 or more")
        .replace("expected a sequence", "expected a list")
        .replace("expected a map", "expected a table")
}
