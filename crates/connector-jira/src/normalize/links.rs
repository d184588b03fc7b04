//! Native links, with their direction.

use mainstem_model::LinkKind;
use mainstem_model::record::{LinkRecord, TaskReference};

use crate::wire;

/// The links that an issue states. Of each it names one end, the other being itself: an
/// `inwardIssue` stands where the type's outward words begin ("Y blocks X"), an `outwardIssue` where
/// they lead.
pub fn links(own: &TaskReference, stated: Option<Vec<wire::IssueLink>>) -> Vec<LinkRecord> {
    let mut links: Vec<LinkRecord> = Vec::new();
    for link in stated.unwrap_or_default() {
        let (source, target) = match (link.inward_issue, link.outward_issue) {
            (Some(other), _) => (reference(other), own.clone()),
            (None, Some(other)) => (own.clone(), reference(other)),
            (None, None) => continue,
        };
        let (kind, turned) = meaning(&link.kind);
        let (from, to) = if turned { (target, source) } else { (source, target) };
        let record = LinkRecord { kind, from, to, since: None };
        if !links.contains(&record) {
            links.push(record);
        }
    }
    links
}

/// Another issue, as a task.
pub fn reference(other: wire::Reference) -> TaskReference {
    TaskReference { key: other.key, external_id: other.id.map(Into::into) }
}

/// What a type of link says from its source to its target, and whether it says it the other way
/// round. Types are made by administrators: their words count more than their names.
fn meaning(kind: &wire::LinkType) -> (LinkKind, bool) {
    let [outward, inward, name] =
        [&kind.outward, &kind.inward, &kind.name].map(|words| words.to_lowercase());
    said(&outward)
        .or_else(|| said(&inward).map(|(kind, turned)| (kind, !turned)))
        .or_else(|| named(&name).map(|kind| (kind, false)))
        .unwrap_or((LinkKind::Relates, false))
}

/// What a type says whose words are in another language: its name begins with the same stem in most.
/// As Jira makes it, it leads from what blocks to what is blocked.
fn named(name: &str) -> Option<LinkKind> {
    let begins = |stems: &[&str]| stems.iter().any(|stem| name.starts_with(stem));
    if begins(&["bloc", "blok", "bloq", "блок"]) {
        Some(LinkKind::Blocks)
    } else if begins(&["dupl", "дубл"]) {
        Some(LinkKind::Duplicates)
    } else {
        None
    }
}

fn said(words: &str) -> Option<(LinkKind, bool)> {
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| words.starts_with(phrase));
    if says(&["is blocked by", "blocked by", "depends on", "is dependent on", "requires"])
        || says(&["waits for", "is waiting for", "has to be done after", "has prerequisite"])
        || says(&["is preceded by", "is successor of", "is a successor of"])
    {
        Some((LinkKind::Blocks, true))
    } else if says(&["blocks", "is depended on by", "is depended upon by", "is required by"])
        || says(&["has to be done before", "is a prerequisite", "is prerequisite", "precedes"])
        || says(&[
            "is a dependency of",
            "is dependency of",
            "is predecessor of",
            "is a predecessor of",
        ])
    {
        Some((LinkKind::Blocks, false))
    } else if says(&["is duplicated by", "duplicated by"]) {
        Some((LinkKind::Duplicates, true))
    } else if says(&["duplicates"]) {
        Some((LinkKind::Duplicates, false))
    } else if says(&["is implemented by", "implemented by"]) {
        Some((LinkKind::Implements, true))
    } else if says(&["implements"]) {
        Some((LinkKind::Implements, false))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_read_from_the_words() {
        use LinkKind::{Blocks, Duplicates, Implements, Relates};
        for (name, inward, outward, expected) in [
            ("Blocks", "is blocked by", "blocks", (Blocks, false)),
            ("Dependency", "is depended on by", "depends on", (Blocks, true)),
            ("Dependent", "depends on", "is depended on by", (Blocks, false)),
            ("Duplicate", "is duplicated by", "duplicates", (Duplicates, false)),
            ("Cloners", "is cloned by", "clones", (Relates, false)),
            ("Relates", "relates to", "relates to", (Relates, false)),
            ("Delivery", "is implemented by", "implements", (Implements, false)),
            ("Gate", "is blocked by", "gates", (Blocks, false)),
            ("Dependency", "is a dependency of", "is dependent on", (Blocks, true)),
            ("Order", "is preceded by", "precedes", (Blocks, false)),
            ("Blocks", "wird blockiert von", "blockiert", (Blocks, false)),
            ("Bloqueo", "es bloqueado por", "bloquea a", (Blocks, false)),
            ("Блокирование", "заблокирована", "блокирует", (Blocks, false)),
            ("Duplikat", "wird dupliziert von", "dupliziert", (Duplicates, false)),
            ("Demanda", "é demandado por", "demandou", (Relates, false)),
        ] {
            let [name, inward, outward] = [name, inward, outward].map(str::to_owned);
            let told = format!("{name}: {inward}, {outward}");
            assert_eq!(meaning(&wire::LinkType { name, inward, outward }), expected, "{told}");
        }
    }

    #[test]
    fn an_inward_issue_blocks_the_one_that_names_it() {
        let task = |key: &str| TaskReference { key: key.into(), external_id: Some(key.into()) };
        let other = wire::Reference { id: Some("Y".into()), key: "Y".into() };
        let kind = wire::LinkType {
            name: "Blocks".into(),
            inward: "is blocked by".into(),
            outward: "blocks".into(),
        };
        let stated = |inward_issue, outward_issue| {
            Some(vec![wire::IssueLink {
                id: "1".into(),
                kind: kind.clone(),
                inward_issue,
                outward_issue,
            }])
        };
        let inward = links(&task("X"), stated(Some(other.clone()), None));
        assert_eq!((&inward[0].from, &inward[0].to), (&task("Y"), &task("X")));
        let outward = links(&task("X"), stated(None, Some(other)));
        assert_eq!((&outward[0].from, &outward[0].to), (&task("X"), &task("Y")));
        assert_eq!(outward[0].kind, LinkKind::Blocks);
    }
}
