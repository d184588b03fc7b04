//! Calendar entries (RFC 5545), as far as they say plainly what a task wants to know.

use mainstem_model::Date;

use crate::message::words::one_line;

/// How many entries of one part are read.
const MOST_ENTRIES: usize = 20;

/// A to-do or an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Whether it is a to-do; an event otherwise.
    pub is_to_do: bool,
    pub summary: String,
    /// When it begins, by the clock of whoever wrote it.
    pub starts_on: Option<Date>,
    /// When a to-do is due.
    pub due_on: Option<Date>,
    /// The mail addresses of those who are asked to take part, in small letters.
    pub attendees: Vec<String>,
}

/// The entries of a calendar.
pub fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut open: Option<Entry> = None;
    for line in unfolded(text).lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let (name, _) = name.split_once(';').unwrap_or((name, ""));
        let (name, value) = (name.trim().to_ascii_uppercase(), value.trim());
        match (name.as_str(), value.to_ascii_uppercase().as_str(), &mut open) {
            ("BEGIN", "VTODO", _) => open = Some(Entry { is_to_do: true, ..Entry::default() }),
            ("BEGIN", "VEVENT", _) => open = Some(Entry::default()),
            ("END", "VTODO" | "VEVENT", _) => entries.extend(open.take()),
            ("SUMMARY", _, Some(entry)) => entry.summary = one_line(&value.replace('\\', "")),
            ("DTSTART", _, Some(entry)) => entry.starts_on = date(value),
            ("DUE", _, Some(entry)) => entry.due_on = date(value),
            // A `:` may stand in a quoted parameter, so the address is looked for from the end.
            ("ATTENDEE", _, Some(entry)) => entry.attendees.extend(address(line)),
            _ => {}
        }
        if entries.len() == MOST_ENTRIES {
            break;
        }
    }
    entries
}

/// A line that begins with white space goes on where the one before ended.
fn unfolded(text: &str) -> String {
    text.replace("\n ", "").replace("\n\t", "")
}

/// The date at the start of `20261201` and `20261201T090000Z`.
fn date(value: &str) -> Option<Date> {
    let digits = value.get(..8).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let (year, rest) = digits.split_at(4);
    let (month, day) = rest.split_at(2);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn address(line: &str) -> Option<String> {
    let at = line.to_ascii_lowercase().rfind("mailto:")?;
    let address = line.get(at + 7..)?.trim().trim_matches('"').to_lowercase();
    address.contains('@').then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_dos_and_events_are_read() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:Send the\n  contract\\, signed\n\
                    DUE;TZID=Europe/Berlin:20261201T090000\n\
                    ATTENDEE;CN=\"A: B\";ROLE=REQ-PARTICIPANT:mailto:Alice@acme.example\nEND:VTODO\n\
                    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261202\nEND:VEVENT\n\
                    BEGIN:VEVENT\nDTSTART:20261399\nEND:VEVENT\nBEGIN:VTODO\nEND:VCALENDAR";
        let read = entries(text);
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].summary, "Send the contract, signed");
        assert_eq!(read[0].due_on, Date::new(2026, 12, 1).ok());
        assert_eq!(read[0].attendees, ["alice@acme.example"]);
        assert!(read[0].is_to_do && !read[1].is_to_do);
        assert_eq!(read[1].starts_on, Date::new(2026, 12, 2).ok());
        assert_eq!(read[2].starts_on, None);
    }
}
