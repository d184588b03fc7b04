//! What commands say: results on the standard output, everything else on the standard error.

use std::io::Write as _;

/// Prints one result and a line end. Whoever stops reading (`| head`) is no failure.
pub fn say(text: impl std::fmt::Display) {
    // The one failure to expect is a closed pipe, and then nobody is left to be told.
    drop(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Prints a remark for the person at the terminal.
pub fn remark(text: impl std::fmt::Display) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Prints a value as JSON.
///
/// # Errors
/// Where the value cannot be written as JSON.
pub fn say_json(value: &impl serde::Serialize) -> Result<(), crate::exit::Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| crate::exit::Failure::because("the result cannot be written", error))?;
    say(text);
    Ok(())
}

/// Indents JSON for people and leaves the order of its keys alone.
#[must_use]
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let (mut in_text, mut escaped) = (false, false);
    let mut characters = json.chars().filter(|c| *c != '\n').peekable();
    while let Some(c) = characters.next() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(end @ ('}' | ']')) = characters.peek().copied() {
                    characters.next();
                    out.push(end);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            c => {
                in_text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn json_is_indented_and_keeps_its_order() {
        let text = r#"{"b":[1,{"x":"a,\"{:"}],"a":{},"c":[]}"#;
        let expected = "{\n  \"b\": [\n    1,\n    {\n      \"x\": \"a,\\\"{:\"\n    }\n  ],\n  \"a\": {},\n  \"c\": []\n}";
        assert_eq!(indented(text), expected);
    }
}
