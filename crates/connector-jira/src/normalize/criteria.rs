//! Acceptance criteria: the task lists of Markdown, and the lines of a field of that name.

use mainstem_model::Criterion;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The entries of the task lists in a text.
pub fn of_tasks(markdown: &str) -> Vec<Criterion> {
    // Most texts have none, which is seen without reading them as Markdown.
    if !["[ ]", "[x]", "[X]"].iter().any(|mark| markdown.contains(mark)) {
        return Vec::new();
    }
    entries(markdown)
        .into_iter()
        .filter_map(|(text, met)| Some(Criterion { text, met: met? }))
        .collect()
}

/// The criteria of a field called "Acceptance criteria": its tasks, or else each entry of its lists.
pub fn of_field(markdown: &str) -> Vec<Criterion> {
    let tasks = of_tasks(markdown);
    if !tasks.is_empty() {
        return tasks;
    }
    let unmet = |(text, _)| Criterion { text, met: false };
    entries(markdown).into_iter().map(unmet).collect()
}

/// The entries of all lists, as plain text; of a task also whether it is done.
fn entries(markdown: &str) -> Vec<(String, Option<bool>)> {
    let mut found: Vec<(String, Option<bool>)> = Vec::new();
    let mut is_within = false;
    for event in Parser::new_ext(markdown, Options::ENABLE_TASKLISTS) {
        match event {
            Event::Start(Tag::Item) => {
                found.push((String::new(), None));
                is_within = true;
            }
            Event::End(TagEnd::Item) => is_within = false,
            _ => {}
        }
        let Some((text, met)) = found.last_mut().filter(|_| is_within) else { continue };
        match event {
            Event::TaskListMarker(done) => *met = Some(done),
            Event::Text(more) | Event::Code(more) => text.push_str(&more),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    let trimmed = found.into_iter().map(|(text, met)| (text.trim().to_owned(), met));
    trimmed.filter(|(text, _)| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(found: Vec<Criterion>) -> Vec<(String, bool)> {
        found.into_iter().map(|entry| (entry.text, entry.met)).collect()
    }

    #[test]
    fn tasks_and_lists_are_criteria() {
        let text = "Intro\n\n- [ ] first `x`\n- [x] **second**\n- plain\n\n```\n- [ ] code\n```\n";
        let expected = [("first x".to_owned(), false), ("second".to_owned(), true)];
        assert_eq!(told(of_tasks(text)), expected);
        assert_eq!(told(of_field(text)), expected);
        let list = "Given:\n\n* one\n* two\n  more\n";
        let expected = [("one".to_owned(), false), ("two more".to_owned(), false)];
        assert_eq!(told(of_field(list)), expected);
        assert!(of_tasks(list).is_empty());
    }
}
