//! Statuses: Jira's own word, and the category that it stands in.

use mainstem_model::{Status, StatusCategory};

use super::value::storable;
use crate::wire;

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

/// A status with its category: Jira's own where it is known. `resolution` tells work that was done
/// from work that was given up.
pub fn status(of: &wire::Status, resolution: Option<&str>) -> Status {
    let name = of.name.as_str();
    let category = match of.status_category.as_ref().map(|category| category.key.as_str()) {
        Some("done") => StatusCategory::Done,
        Some("indeterminate") => StatusCategory::InProgress,
        Some(_) => StatusCategory::Todo,
        None => guess(name, &of.id, resolution.is_some()),
    };
    let category = match category {
        StatusCategory::Done if resolution.is_some_and(is_canceled) || is_canceled(name) => {
            StatusCategory::Canceled
        }
        StatusCategory::Todo if name.eq_ignore_ascii_case("backlog") => StatusCategory::Backlog,
        other => other,
    };
    Status { name: storable(of.name.clone()), category }
}

fn is_canceled(word: &str) -> bool {
    let word = word.trim().to_lowercase().replace('\u{2019}', "'");
    CANCELED.contains(&word.as_str())
}

/// The category of a status that has none: one that has been deleted, or any of a Jira older than 6.2.
/// Jira's own five statuses keep their ids in every language.
fn guess(name: &str, id: &str, is_resolved: bool) -> StatusCategory {
    match (name.to_lowercase().as_str(), id) {
        ("done" | "closed" | "resolved" | "released", _) => StatusCategory::Done,
        ("to do" | "open" | "new" | "backlog" | "reopened", _) => StatusCategory::Todo,
        ("in progress", _) => StatusCategory::InProgress,
        (_, "1" | "4") => StatusCategory::Todo,
        (_, "3") => StatusCategory::InProgress,
        (_, "5" | "6") => StatusCategory::Done,
        _ if is_resolved || is_canceled(name) => StatusCategory::Done,
        _ => StatusCategory::InProgress,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StatusCategory::{Backlog, Canceled, Done, InProgress, Todo};

    #[test]
    fn the_category_counts_and_the_resolution_tells_what_was_given_up() {
        for (id, name, category, resolution, expected) in [
            ("", "Offen", Some("new"), None, Todo),
            ("", "Backlog", Some("new"), None, Backlog),
            ("", "Sin categoría", Some("undefined"), None, Todo),
            ("", "In Review", Some("indeterminate"), None, InProgress),
            ("", "Fertig", Some("done"), None, Done),
            ("", "Fertig", Some("done"), Some("Done"), Done),
            ("", "Closed", Some("done"), Some("Won't Do"), Canceled),
            ("", "Closed", Some("done"), Some("Won\u{2019}t Fix"), Canceled),
            ("", "Closed", Some("done"), Some("Duplicate"), Canceled),
            ("", "Rejected", Some("done"), None, Canceled),
            ("", "Open", Some("new"), Some("Duplicate"), Todo),
            ("", "Closed", None, None, Done),
            ("", "Waiting", None, None, InProgress),
            ("10004", "Verified", None, Some("Fixed"), Done),
            ("10004", "Verified", None, Some("Duplicate"), Canceled),
            ("1", "Offen", None, None, Todo),
            ("3", "В работе", None, None, InProgress),
            ("4", "Wieder geöffnet", None, None, Todo),
            ("5", "Erledigt", None, Some("Behoben"), Done),
            ("6", "Geschlossen", None, None, Done),
        ] {
            let told = wire::Status {
                id: id.into(),
                name: name.into(),
                status_category: category.map(|key| wire::StatusCategory { key: key.into() }),
            };
            assert_eq!(status(&told, resolution).category, expected, "{name} {resolution:?}");
        }
    }
}
