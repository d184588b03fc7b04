//! Subjects: whether one answers another.

/// What programs put before the subject of an answer, in the languages they speak.
const ANSWERS: [&str; 16] = [
    "re",
    "aw",
    "antw",
    "sv",
    "vs",
    "odp",
    "ynt",
    "rif",
    "ref",
    "res",
    "r",
    "回复",
    "回覆",
    "答复",
    "ответ",
    "отв",
];
/// The same of a forward.
const FORWARDS: [&str; 11] =
    ["fwd", "fw", "wg", "tr", "rv", "enc", "doorst", "vb", "转发", "轉寄", "i"];
/// How many marks are taken off.
const MOST_MARKS: usize = 50;

/// A subject without its marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// In small letters, without marks of answers, forwards and lists.
    pub bare: String,
    /// Whether its outermost mark is that of an answer.
    pub is_answer: bool,
}

impl Subject {
    /// Reads a subject.
    pub fn of(subject: &str) -> Self {
        let mut rest = subject.trim();
        let mut is_answer = None;
        for _ in 0..MOST_MARKS {
            let (mark, after) = match (tag(rest), mark(rest)) {
                (Some(after), _) => (None, after),
                (None, Some((answers, after))) => (Some(answers), after),
                (None, None) => break,
            };
            is_answer = is_answer.or(mark);
            rest = after.trim_start();
        }
        Self { bare: rest.to_lowercase(), is_answer: is_answer.unwrap_or(false) }
    }
}

/// What follows the tag of a mailing list, `[name]`, where something follows it.
fn tag(text: &str) -> Option<&str> {
    let (name, after) = text.strip_prefix('[')?.split_once(']')?;
    (name.chars().count() <= 40 && !after.trim().is_empty()).then_some(after)
}

/// What follows a mark such as `Re:`, `AW[2]:` or `Fwd :`, and whether it is that of an answer.
fn mark(text: &str) -> Option<(bool, &str)> {
    let (mark, after) = text.split_once([':', '：'])?;
    let mark = mark.trim_end();
    let mark = mark.split(['[', '(', '^']).next().unwrap_or(mark).trim_end().to_lowercase();
    if ANSWERS.contains(&mark.as_str()) {
        return Some((true, after));
    }
    FORWARDS.contains(&mark.as_str()).then_some((false, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_off() {
        for (subject, bare, is_answer) in [
            ("Pump broken", "pump broken", false),
            ("Re: Pump broken", "pump broken", true),
            ("AW: Re: [ops] RE[2]: Pump broken", "pump broken", true),
            ("[ops] Re: Pump broken", "pump broken", true),
            ("Fwd: Re: Pump broken", "pump broken", false),
            ("Re: Fwd: Pump broken", "pump broken", true),
            ("回复：Pump broken", "pump broken", true),
            ("Reminder: pay", "reminder: pay", false),
            ("[ops]", "[ops]", false),
            ("Re:", "", true),
            ("", "", false),
        ] {
            assert_eq!(
                Subject::of(subject),
                Subject { bare: bare.to_owned(), is_answer },
                "{subject}"
            );
        }
    }
}
