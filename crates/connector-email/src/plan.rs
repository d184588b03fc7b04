//! What the text of a thread says plainly of its plan: due date, assignee, checklist. Each comes with the
//! line that says it.

use std::collections::BTreeSet;

use mainstem_model::{Criterion, CustomField, Date, Timestamp};
use serde_json::Value;

use crate::message::content::Content;
use crate::message::words::shortened;

/// Words before a date, at the start of a line and followed by a colon.
const DUE: [&str; 8] =
    ["due", "due date", "due on", "due by", "deadline", "fällig", "fällig am", "échéance"];
/// Words before a mail address, likewise.
const ASSIGNEE: [&str; 6] =
    ["assignee", "assigned to", "assign to", "owner", "zuständig", "responsable"];
const MOST_QUOTE_CHARACTERS: usize = 200;
/// What was found; what a later message says stands for what an earlier one said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub due_on: Option<Date>,
    pub start_on: Option<Date>,
    /// Mail addresses.
    pub assignees: Vec<String>,
    pub criteria: Vec<Criterion>,
    due_from: Option<String>,
    start_from: Option<String>,
    assignees_from: Option<String>,
}

/// A message that may say what becomes of its thread.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub content: &'a Content,
    /// All whom its header names.
    pub people: &'a [String],
    pub by: &'a str,
    pub at: Timestamp,
}

impl Plan {
    /// Reads one message more; `thread` are the addresses of all who take part.
    pub fn read(&mut self, said: Said<'_>, thread: &BTreeSet<&str>) {
        let source = |quote: &str| {
            format!("“{}”, {} at {}", shortened(quote, MOST_QUOTE_CHARACTERS), said.by, said.at)
        };
        for address in said.people {
            self.read_plus_address(address, thread, &source);
        }
        for entry in &said.content.calendar {
            let quote = format!("calendar entry {}", entry.summary);
            if let (true, Some(due_on)) = (entry.is_to_do, entry.due_on) {
                (self.due_on, self.due_from) = (Some(due_on), Some(source(&quote)));
            }
            if let Some(start_on) = entry.starts_on {
                (self.start_on, self.start_from) = (Some(start_on), Some(source(&quote)));
            }
            if entry.is_to_do && !entry.attendees.is_empty() {
                self.assignees.clone_from(&entry.attendees);
                self.assignees_from = Some(source(&quote));
            }
        }
        let lines = || said.content.text.lines().filter(|line| !line.starts_with('>'));
        for line in lines() {
            let Some((word, value)) = statement(line) else { continue };
            if DUE.contains(&word.as_str())
                && let Some(due_on) = date(value)
            {
                (self.due_on, self.due_from) = (Some(due_on), Some(source(line)));
            }
            if ASSIGNEE.contains(&word.as_str())
                && let Some(assignee) = address(value)
            {
                (self.assignees, self.assignees_from) = (vec![assignee], Some(source(line)));
            }
        }
        let criteria: Vec<Criterion> = lines().filter_map(criterion).collect();
        if !criteria.is_empty() {
            self.criteria = criteria;
        }
    }

    /// `support+alice@acme.example` asks Alice, if `alice@acme.example` takes part;
    /// `support+due-2026-12-01@acme.example` names a date.
    fn read_plus_address(
        &mut self,
        address: &str,
        thread: &BTreeSet<&str>,
        source: &impl Fn(&str) -> String,
    ) {
        let Some((local, domain)) = address.rsplit_once('@') else { return };
        let Some((_, tag)) = local.split_once('+') else { return };
        if let Some(due_on) = tag.strip_prefix("due-").and_then(date) {
            (self.due_on, self.due_from) = (Some(due_on), Some(source(address)));
        }
        let person = format!("{tag}@{domain}");
        if thread.contains(person.as_str()) {
            (self.assignees, self.assignees_from) = (vec![person], Some(source(address)));
        }
    }

    /// Where each thing was found, as fields of the task.
    pub fn evidence(&self) -> Vec<CustomField> {
        let places = [
            ("due date found in", &self.due_from),
            ("start date found in", &self.start_from),
            ("assignee found in", &self.assignees_from),
        ];
        let found = places.into_iter().filter_map(|(name, place)| {
            let value = Value::String(place.clone()?);
            Some(CustomField { name: name.to_owned(), value })
        });
        found.collect()
    }
}

/// A line such as `Due: 2026-12-01`: the word in small letters, and what follows.
fn statement(line: &str) -> Option<(String, &str)> {
    let line = line.trim().trim_start_matches(['\\', '*', '-', '#', ' ']);
    let (word, value) = line.split_once(':')?;
    let word = word.trim().trim_matches(['\\', '*']).to_lowercase();
    Some((word, value.trim().trim_start_matches(['\\', '*', ' '])))
}

/// The date that a text begins with, as `2026-12-01`: of other forms nobody can tell day from month.
fn date(text: &str) -> Option<Date> {
    let (date, rest) = text.split_at_checked(10)?;
    let ends = !rest.starts_with(|c: char| c.is_ascii_digit());
    let plain = date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    (ends && plain).then(|| date.parse().ok()).flatten()
}

fn address(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || "@.!#$%&'*+/=?^_{|}~-".contains(c);
    let mut words = text.split(|c| !is_part(c));
    let word = words.find(|word| {
        word.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        })
    })?;
    Some(word.trim_end_matches('.').to_lowercase())
}

/// An entry of a checklist: `- [ ] …`, `* [x] …`.
fn criterion(line: &str) -> Option<Criterion> {
    let line = line.trim_start().trim_start_matches('\\');
    let rest = line.strip_prefix(['-', '*', '+'])?.trim_start().strip_prefix('[')?;
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
    use crate::calendar::Entry;

    fn plan(messages: &[(&str, &[&str])]) -> Plan {
        let mut plan = Plan::default();
        for (text, people) in messages {
            let content = Content { text: (*text).to_owned(), ..Content::default() };
            let people: Vec<String> = people.iter().map(|address| (*address).to_owned()).collect();
            let said = Said {
                content: &content,
                people: &people,
                by: "bob@acme.example",
                at: Timestamp(0),
            };
            plan.read(said, &BTreeSet::from(["alice@acme.example", "bob@acme.example"]));
        }
        plan
    }

    #[test]
    fn what_is_said_plainly_is_found() {
        let due = |text: &str| plan(&[(text, &[])]).due_on.map(|date| date.to_string());
        for (text, expected) in [
            ("Due: 2026-12-01", Some("2026-12-01")),
            ("hello\n**Deadline:** 2026-12-01 noon\nbye", Some("2026-12-01")),
            ("- fällig am: 2026-12-01.", Some("2026-12-01")),
            ("Due: 2026-12-01\nDue: 2026-12-02", Some("2026-12-02")),
            ("Due: 2026-02-30", None),
            ("Due: 01/02/2026", None),
            ("Due: 2026-12-012", None),
            ("It is due: 2026-12-01", None),
            ("> Due: 2026-12-01", None),
            ("overdue: 2026-12-01", None),
        ] {
            assert_eq!(due(text).as_deref(), expected, "{text}");
        }
        let assignee = |text: &str| plan(&[(text, &[])]).assignees;
        assert_eq!(assignee("Assignee: Alice \\<Alice@acme.example>"), ["alice@acme.example"]);
        assert_eq!(assignee("Owner: alice@acme.example."), ["alice@acme.example"]);
        assert!(assignee("Owner: alice").is_empty());
    }

    #[test]
    fn plus_addresses_and_checklists_count() {
        let found = plan(&[
            (
                "- [ ] ship\n* [x] test",
                &["support+alice@acme.example", "x+due-2026-12-01@acme.example"],
            ),
            ("thanks", &["support+eve@acme.example"]),
        ]);
        assert_eq!(found.assignees, ["alice@acme.example"]);
        assert_eq!(found.due_on.unwrap().to_string(), "2026-12-01");
        let criteria: Vec<_> = found.criteria.iter().map(|c| (&*c.text, c.met)).collect();
        assert_eq!(criteria, [("ship", false), ("test", true)]);
        let evidence = found.evidence();
        assert_eq!(evidence.len(), 2);
        let quote = "“x+due-2026-12-01@acme.example”, bob@acme.example at 1970-01-01T00:00:00Z";
        assert_eq!(evidence[0].value, Value::String(quote.to_owned()));
    }

    #[test]
    fn calendar_entries_count() {
        let to_do = Entry {
            is_to_do: true,
            summary: "Sign".into(),
            due_on: "2026-12-01".parse().ok(),
            attendees: vec!["alice@acme.example".into()],
            ..Entry::default()
        };
        let content = Content { calendar: vec![to_do], ..Content::default() };
        let mut plan = Plan::default();
        let said =
            Said { content: &content, people: &[], by: "bob@acme.example", at: Timestamp(0) };
        plan.read(said, &BTreeSet::new());
        assert_eq!(plan.due_on.unwrap().to_string(), "2026-12-01");
        assert_eq!(plan.assignees, ["alice@acme.example"]);
    }
}
