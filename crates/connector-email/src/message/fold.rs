//! What repeats earlier mail, and signatures, folded away: a line in brackets stands for them, and
//! the payload keeps them. A quote that is answered in place stays, for without it the answer says
//! nothing.

/// A quote before an answer is shown up to this length, of a longer one its end.
const MOST_LINES_OF_A_QUOTE: usize = 8;
/// The line that stands for a signature.
pub const SIGNATURE: &str = "[… signature …]";
/// No signature is longer.
const MOST_LINES_OF_A_SIGNATURE: usize = 30;
/// What a program writes above the mail that it repeats below.
const REPEATED_BELOW: [&str; 6] = [
    "-----original message-----",
    "-----ursprüngliche nachricht-----",
    "-----message d'origine-----",
    "-----mensaje original-----",
    "-----messaggio originale-----",
    "________________________________",
];
/// The first and second of the lines in which Outlook names the mail that it repeats below.
const FROM: [&str; 5] = ["from:", "von:", "de:", "da:", "van:"];
const SENT: [&str; 9] = [
    "sent:",
    "date:",
    "gesendet:",
    "datum:",
    "envoyé:",
    "enviado:",
    "enviado el:",
    "inviato:",
    "verzonden:",
];

/// The text without what it repeats.
pub fn folded(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let (lines, repeated) = lines.split_at(end_of_own(&lines));
    let (lines, signature) = lines.split_at(end_before_signature(lines));
    let mut written = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let quoted = lines[at..].iter().take_while(|line| is_quote(line)).count();
        let answered = lines[at + quoted..].iter().any(|line| !line.is_empty());
        match quoted {
            0 => {
                written.push(lines[at].to_owned());
                at += 1;
                continue;
            }
            _ if !answered => {
                drop_attribution(&mut written);
                written.push(String::new());
                written.push(sign(quoted, "quoted"));
            }
            _ => {
                let hidden = quoted.saturating_sub(MOST_LINES_OF_A_QUOTE);
                if hidden > 1 {
                    drop_attribution(&mut written);
                    written.push(sign(hidden, "quoted"));
                    written.push(String::new());
                }
                let shown = if hidden > 1 { hidden } else { 0 };
                written
                    .extend(lines[at + shown..at + quoted].iter().map(|line| (*line).to_owned()));
                // Else the answer would be a part of the quote.
                written.push(String::new());
            }
        }
        at += quoted;
    }
    let count = |lines: &[&str]| lines.iter().filter(|line| !line.is_empty()).count();
    for (lines, what) in [(signature, "signature"), (repeated, "quoted")] {
        if count(lines) > 0 {
            written.push(String::new());
            written.push(sign(count(lines), what));
        }
    }
    tidy(&written)
}

/// The line that stands for what is folded away.
fn sign(lines: usize, what: &str) -> String {
    match (what, lines) {
        ("signature", _) => SIGNATURE.to_owned(),
        (_, 1) => format!("[… 1 {what} line …]"),
        _ => format!("[… {lines} {what} lines …]"),
    }
}

fn is_quote(line: &str) -> bool {
    line.starts_with('>') && !line.starts_with(">From ")
}

/// Where earlier mail begins that is repeated without marks.
fn end_of_own(lines: &[&str]) -> usize {
    let is_repeated = |at: &usize| {
        let line = lines[*at].to_lowercase();
        let next = lines.get(at + 1).map(|line| line.to_lowercase()).unwrap_or_default();
        // Bold, as HTML has it, or after a line of dashes.
        let bare = |line: &str| line.trim_start_matches(['\\', '*', ' ']).to_owned();
        let begins = |line: &str, words: &[&str]| words.iter().any(|word| line.starts_with(word));
        REPEATED_BELOW.iter().any(|mark| bare(&line).starts_with(mark))
            || (begins(&bare(&line), &FROM) && begins(&bare(&next), &SENT))
    };
    // Where nothing stands before it, it is what the mail is about.
    let mut own = (0..lines.len()).filter(is_repeated);
    let end = own.find(|at| lines[..*at].iter().any(|line| !line.is_empty()));
    end.unwrap_or(lines.len())
}

/// Where a signature begins: behind a line of two dashes (RFC 3676).
fn end_before_signature(lines: &[&str]) -> usize {
    let from = lines.len().saturating_sub(MOST_LINES_OF_A_SIGNATURE);
    let mark = lines[from..].iter().rposition(|line| matches!(*line, "--" | "\\--"));
    mark.map_or(lines.len(), |at| from + at)
}

/// Takes back the line "On … Alice wrote:" that stands above a quote.
fn drop_attribution(written: &mut Vec<String>) {
    let last = written.iter().rposition(|line| !line.is_empty());
    let Some(last) = last.filter(|last| written[*last].ends_with(':')) else { return };
    // It may have been wrapped: it goes back to the line before which nothing stands.
    let first = written[..last].iter().rposition(|line| line.is_empty()).map_or(0, |at| at + 1);
    if last - first < 3 && written[first..=last].concat().chars().any(|c| c.is_ascii_digit()) {
        written.truncate(first);
    }
}

/// At most one empty line in a row, none at either end.
fn tidy(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        if !(line.is_empty() && (text.is_empty() || text.ends_with("\n\n"))) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_folded() {
        for (text, shown) in [
            (
                "Yes.\n\nOn Mon, 2 Nov 2026, Alice wrote:\n> Is it?\n> Or not?\n",
                "Yes.\n\n[… 2 quoted lines …]",
            ),
            (
                "Yes.\n\nOn Mon, 2 Nov 2026 at 10:00, Alice Long\n<alice@acme.example> wrote:\n> Is it?\n",
                "Yes.\n\n[… 1 quoted line …]",
            ),
            (
                "Am 2.11.2026 schrieb Anna:\n> Ja?\nNein.",
                "Am 2.11.2026 schrieb Anna:\n> Ja?\n\nNein.",
            ),
            ("> a\nyes\n> b\nno", "> a\n\nyes\n> b\n\nno"),
            ("Hi\n-- \nAlice\nAcme Ltd.", "Hi\n\n[… signature …]"),
            ("Hi\n\n-----Original Message-----\nFrom: Bob\nold", "Hi\n\n[… 3 quoted lines …]"),
            (
                "Hi\n\nFrom: Bob <b@x.example>\nSent: Monday\nTo: me\n\nold",
                "Hi\n\n[… 4 quoted lines …]",
            ),
            ("Von: Bob\nGesendet: Montag\n\nhello", "Von: Bob\nGesendet: Montag\n\nhello"),
            ("see below:\n\n> quoted", "see below:\n\n[… 1 quoted line …]"),
            ("a\n\n\n\nb", "a\n\nb"),
            ("", ""),
        ] {
            assert_eq!(folded(text), shown, "{text}");
        }
    }

    #[test]
    fn of_a_long_quote_the_end_that_is_answered_stays() {
        let quote: String = (0..30).map(|line| format!("> {line}\n")).collect();
        let shown = folded(&format!("{quote}\nyes"));
        assert!(shown.starts_with("[… 22 quoted lines …]\n\n> 22\n"), "{shown}");
        assert!(shown.ends_with("> 29\n\nyes"), "{shown}");
    }
}
