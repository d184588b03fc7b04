//! Priorities. GitHub has none of its own: organisations use a field or labels.

use mainstem_model::{CustomField, Priority, PriorityLevel};

/// The words that people use, each with its level.
const WORDS: &[(&str, PriorityLevel)] = &[
    ("p0", PriorityLevel::Urgent),
    ("urgent", PriorityLevel::Urgent),
    ("critical", PriorityLevel::Urgent),
    ("p1", PriorityLevel::High),
    ("high", PriorityLevel::High),
    ("p2", PriorityLevel::Medium),
    ("medium", PriorityLevel::Medium),
    ("normal", PriorityLevel::Medium),
    ("p3", PriorityLevel::Low),
    ("p4", PriorityLevel::Low),
    ("low", PriorityLevel::Low),
];
/// These say a priority even without the word `priority` beside them.
const PLAIN: &[&str] = &["p0", "p1", "p2", "p3", "p4", "urgent", "critical"];

/// The priority that a field called `Priority` gives, else the most pressing one among the labels:
/// `priority: high`, `priority/p1`, `high-priority`, `P1` or `urgent`.
pub fn priority(labels: &[String], fields: &[CustomField]) -> Priority {
    let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case("priority"));
    if let Some(word) = field.and_then(|field| field.value.as_str()) {
        let level = level(word).unwrap_or(PriorityLevel::None);
        return Priority { name: Some(word.to_owned()), level };
    }
    labels
        .iter()
        .filter_map(|label| Some((label_level(label)?, label)))
        .min_by_key(|(level, _)| *level)
        .map_or(Priority::NONE, |(level, label)| Priority { name: Some(label.clone()), level })
}

fn label_level(label: &str) -> Option<PriorityLevel> {
    let label = label.to_ascii_lowercase();
    if PLAIN.contains(&label.as_str()) {
        return level(&label);
    }
    let rest = label.strip_prefix("priority").or_else(|| label.strip_suffix("priority"))?;
    level(rest.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
}

fn level(word: &str) -> Option<PriorityLevel> {
    let word = word.trim();
    WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_fields_give_a_level() {
        for (labels, field, name, level) in [
            (vec!["bug", "priority: high"], None, Some("priority: high"), PriorityLevel::High),
            (vec!["Priority/P1"], None, Some("Priority/P1"), PriorityLevel::High),
            (vec!["low-priority"], None, Some("low-priority"), PriorityLevel::Low),
            (vec!["P2", "urgent"], None, Some("urgent"), PriorityLevel::Urgent),
            (vec!["high"], None, None, PriorityLevel::None),
            (vec!["priority"], None, None, PriorityLevel::None),
            (vec!["P0"], Some("Low"), Some("Low"), PriorityLevel::Low),
            (vec![], Some("Someday"), Some("Someday"), PriorityLevel::None),
        ] {
            let labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
            let fields: Vec<_> = field
                .map(|word: &str| CustomField { name: "Priority".into(), value: word.into() })
                .into_iter()
                .collect();
            let expected = Priority { name: name.map(str::to_owned), level };
            assert_eq!(priority(&labels, &fields), expected, "{labels:?} {field:?}");
        }
    }
}
