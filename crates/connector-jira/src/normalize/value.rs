//! Texts and other single values.

use mainstem_model::{Date, Priority, PriorityLevel, TaskKind};
use serde_json::value::RawValue;

use crate::text::{adf, wiki};

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

/// The kind that an issue type stands for.
pub fn kind(name: &str, is_part: bool, level: Option<i32>) -> TaskKind {
    let name = name.to_lowercase();
    match name.as_str() {
        "bug" | "defect" | "incident" | "problem" => TaskKind::Bug,
        "story" | "user story" | "feature" | "new feature" | "improvement" => TaskKind::Story,
        "epic" | "initiative" => TaskKind::Epic,
        "sub-task" | "subtask" => TaskKind::Subtask,
        _ if is_part => TaskKind::Subtask,
        _ if level.is_some_and(|level| level > 0) => TaskKind::Epic,
        _ => TaskKind::Task,
    }
}

/// The priority of this name.
pub fn priority(name: Option<&str>) -> Priority {
    let Some(name) = name else { return Priority::NONE };
    let level = match name.to_lowercase().as_str() {
        "highest" | "blocker" | "critical" | "urgent" | "p0" => PriorityLevel::Urgent,
        "high" | "major" | "p1" => PriorityLevel::High,
        "medium" | "normal" | "p2" => PriorityLevel::Medium,
        "low" | "lowest" | "minor" | "trivial" | "p3" | "p4" => PriorityLevel::Low,
        _ => PriorityLevel::None,
    };
    Priority { name: Some(storable(name.to_owned())), level }
}
