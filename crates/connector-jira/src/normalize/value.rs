//! Texts and other single values.

use mainstem_model::{Date, Priority, PriorityLevel, TaskKind};
use serde_json::value::RawValue;

use crate::text::{adf, wiki};
use crate::wire::IssueType;

/// Drops NUL, which PostgreSQL cannot hold; everything else stays as it came.
pub fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// A rich text as Markdown, whichever way the site keeps it: a document on Cloud, wiki markup on Data
/// Center.
pub fn rich_text(raw: &RawValue) -> Option<String> {
    let markdown = match serde_json::from_str::<String>(raw.get()) {
        Ok(markup) => wiki::to_markdown(&markup),
        Err(_) if raw.get() == "null" => return None,
        Err(_) => adf::to_markdown(raw.get().as_bytes()),
    };
    let markdown = storable(markdown);
    (!markdown.trim().is_empty()).then_some(markdown)
}

/// A date, also where a time stands behind it.
pub fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// The kind that an issue type stands for. A name that is not known, perhaps in another language, is
/// placed by what else the type says, and last by the picture that Jira's own types are made with.
pub fn kind(of: &IssueType) -> TaskKind {
    match (kind_of_name(&of.name), of.avatar_id) {
        (Some(kind), _) => kind,
        (None, _) if of.subtask => TaskKind::Subtask,
        (None, _) if of.hierarchy_level.is_some_and(|level| level > 0) => TaskKind::Epic,
        (None, Some(10_303)) => TaskKind::Bug,
        (None, Some(10_310 | 10_311 | 10_315)) => TaskKind::Story,
        (None, Some(10_307)) => TaskKind::Epic,
        (None, _) => TaskKind::Task,
    }
}

/// The kind that a type of this name stands for, where the name says it.
pub fn kind_of_name(name: &str) -> Option<TaskKind> {
    Some(match name.to_lowercase().as_str() {
        "bug" | "defect" | "incident" | "problem" => TaskKind::Bug,
        "story" | "user story" | "feature" | "new feature" | "improvement" => TaskKind::Story,
        "epic" | "initiative" => TaskKind::Epic,
        "sub-task" | "subtask" => TaskKind::Subtask,
        "task" => TaskKind::Task,
        _ => return None,
    })
}

/// The priority of this name and id. Jira's own five keep their ids in every language.
pub fn priority(name: &str, id: Option<&str>) -> Priority {
    let level = match (name.to_lowercase().as_str(), id) {
        ("highest" | "blocker" | "critical" | "urgent" | "p0", _) => PriorityLevel::Urgent,
        ("high" | "major" | "p1", _) => PriorityLevel::High,
        ("medium" | "normal" | "p2", _) => PriorityLevel::Medium,
        ("low" | "lowest" | "minor" | "trivial" | "p3" | "p4", _) => PriorityLevel::Low,
        (_, Some("1")) => PriorityLevel::Urgent,
        (_, Some("2")) => PriorityLevel::High,
        (_, Some("3")) => PriorityLevel::Medium,
        (_, Some("4" | "5")) => PriorityLevel::Low,
        _ => PriorityLevel::None,
    };
    Priority { name: Some(storable(name.to_owned())), level }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kind_is_found_in_any_language() {
        let cases = [
            (json!({"name": "Bug"}), TaskKind::Bug),
            (json!({"name": "缺陷", "avatarId": 10303, "hierarchyLevel": 0}), TaskKind::Bug),
            (json!({"name": "故事", "avatarId": 10315}), TaskKind::Story),
            (json!({"name": "子任务", "avatarId": 10316, "subtask": true}), TaskKind::Subtask),
            (json!({"name": "史诗", "hierarchyLevel": 1}), TaskKind::Epic),
            (json!({"name": "Epic", "avatarId": 10303}), TaskKind::Epic),
            (json!({"name": "Tarea", "avatarId": 10318}), TaskKind::Task),
            (json!({"name": "Task", "avatarId": 10303}), TaskKind::Task),
        ];
        for (told, expected) in cases {
            assert_eq!(kind(&serde_json::from_value(told.clone()).unwrap()), expected, "{told}");
        }
    }

    #[test]
    fn a_priority_is_found_by_its_name_else_by_its_id() {
        for (name, id, expected) in [
            ("Major", Some("1"), PriorityLevel::High),
            ("Нормальный", Some("3"), PriorityLevel::Medium),
            ("Trivial (Sev5)", Some("5"), PriorityLevel::Low),
            ("Awaiting Priority", Some("10100"), PriorityLevel::None),
            ("Critical", None, PriorityLevel::Urgent),
        ] {
            assert_eq!(priority(name, id).level, expected, "{name}");
        }
    }
}
