//! Statuses: Jira's own word, and the category that it stands in.

use mainstem_model::{Status, StatusCategory};

use super::value::storable;

/// Resolutions and statuses that say that work ended without being done.
const CANCELED: [&str; 23] = [
    "abandoned",
    "canceled",
    "cancelled",
    "cannot reproduce",
    "declined",
    "duplicate",
    "incomplete",
    "invalid",
    "known error",
    "not a bug",
    "not an issue",
    "not a problem",
    "not doing",
    "obsolete",
    "out of scope",
    "rejected",
    "withdrawn",
    "won't do",
    "won't fix",
    "wont do",
    "wont fix",
    "wontfix",
    "works as designed",
];

/// A status with its category. `category` is Jira's key of it, where it is known; `resolution` tells
/// work that was done from work that was given up.
pub fn status(name: &str, category: Option<&str>, resolution: Option<&str>) -> Status {
    let category = match category {
        Some("done") => StatusCategory::Done,
        Some("indeterminate") => StatusCategory::InProgress,
        Some(_) => StatusCategory::Todo,
        None => guess(name),
    };
    let category = match category {
        StatusCategory::Done if resolution.is_some_and(is_canceled) || is_canceled(name) => {
            StatusCategory::Canceled
        }
        StatusCategory::Todo if name.eq_ignore_ascii_case("backlog") => StatusCategory::Backlog,
        other => other,
    };
    Status { name: storable(name.to_owned()), category }
}

fn is_canceled(word: &str) -> bool {
    let word = word.trim().to_lowercase().replace('\u{2019}', "'");
    CANCELED.contains(&word.as_str())
}

/// A status that has been deleted has no category any more; its name is all that is left.
fn guess(name: &str) -> StatusCategory {
    match name.to_lowercase().as_str() {
        "done" | "closed" | "resolved" | "released" => StatusCategory::Done,
        "to do" | "open" | "new" | "backlog" | "reopened" => StatusCategory::Todo,
        _ if is_canceled(name) => StatusCategory::Done,
        _ => StatusCategory::InProgress,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StatusCategory::{Backlog, Canceled, Done, InProgress, Todo};

    #[test]
    fn the_category_counts_and_the_resolution_tells_what_was_given_up() {
        for (name, category, resolution, expected) in [
            ("Offen", Some("new"), None, Todo),
            ("Backlog", Some("new"), None, Backlog),
            ("Sin categoría", Some("undefined"), None, Todo),
            ("In Review", Some("indeterminate"), None, InProgress),
            ("Fertig", Some("done"), None, Done),
            ("Fertig", Some("done"), Some("Done"), Done),
            ("Closed", Some("done"), Some("Won't Do"), Canceled),
            ("Closed", Some("done"), Some("Won\u{2019}t Fix"), Canceled),
            ("Closed", Some("done"), Some("Duplicate"), Canceled),
            ("Rejected", Some("done"), None, Canceled),
            ("Open", Some("new"), Some("Duplicate"), Todo),
            ("Closed", None, None, Done),
            ("Waiting", None, None, InProgress),
        ] {
            assert_eq!(
                status(name, category, resolution).category,
                expected,
                "{name} {resolution:?}"
            );
        }
    }
}
