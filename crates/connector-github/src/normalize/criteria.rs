//! Acceptance criteria: the task list of a body.

use mainstem_model::Criterion;

/// The entries of the task lists in Markdown text (`- [ ] …`, `1. [x] …`), fenced code left out.
pub fn criteria(body: &str) -> Vec<Criterion> {
    let mut fence: Option<&str> = None;
    let mut found = Vec::new();
    for line in body.lines() {
        let line = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| line.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => found.extend(entry(line)),
            _ => {}
        }
    }
    found
}

fn entry(line: &str) -> Option<Criterion> {
    let rest = match line.strip_prefix(['-', '*', '+']) {
        Some(rest) => rest,
        None => line.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(['.', ')'])?,
    };
    let rest = rest.strip_prefix(' ')?.trim_start().strip_prefix('[')?;
    let (met, rest) = match rest.strip_prefix(' ') {
        Some(rest) => (false, rest),
        None => (true, rest.strip_prefix(['x', 'X'])?),
    };
    let text = rest.strip_prefix("] ")?.trim();
    (!text.is_empty()).then(|| Criterion { text: text.to_owned(), met })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_lists_are_read() {
        let body = "Intro\n- [ ] first\r\n  * [x] second\n1. [X] third\n- [] no\n- [ ]\n- plain\n\
                    ```\n- [ ] code\n~~~\n```\n+ [ ] last";
        let read: Vec<_> = criteria(body).into_iter().map(|c| (c.text, c.met)).collect();
        let expected = [("first", false), ("second", true), ("third", true), ("last", false)];
        assert_eq!(read, expected.map(|(text, met)| (text.to_owned(), met)));
    }
}
