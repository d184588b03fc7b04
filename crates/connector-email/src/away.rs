//! Until when somebody is away, as an automatic answer says it.
//!
//! Only a date that stands behind words which say "until" counts, in English, German, French,
//! Spanish, Italian and Dutch; a date whose day and month could be swapped does not.

use mainstem_model::{Date, Timestamp};

use crate::message::words::shortened;

const MOST_QUOTE_CHARACTERS: usize = 200;
/// How much text is searched.
const MOST_CHARACTERS: usize = 5_000;
/// Nobody is away for longer; a date behind that is something else.
const MOST_DAYS: i32 = 400;

/// Behind these the last day of an absence is named.
const UNTIL: [&str; 12] = [
    "until",
    "till",
    "through",
    "bis einschließlich",
    "bis zum",
    "bis",
    "jusqu'au",
    "jusqu’au",
    "hasta el",
    "fino al",
    "tot en met",
    "t/m",
];
/// Behind these the day on which somebody is there again.
const BACK: [&str; 13] = [
    "back on",
    "return on",
    "returning on",
    "back in the office on",
    "wieder da ab",
    "wieder ab dem",
    "wieder am",
    "zurück am",
    "de retour le",
    "de vuelta el",
    "di ritorno il",
    "weer aanwezig op",
    "terug op",
];

/// An absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// The last day of it.
    pub until: Date,
    /// The line that says so.
    pub quote: String,
}

/// The absence that an automatic answer tells of.
pub fn away(subject: &str, text: &str, sent_at: Timestamp) -> Option<Away> {
    let text: String = text.chars().take(MOST_CHARACTERS).collect();
    std::iter::once(subject).chain(text.lines()).find_map(|line| {
        let lower = line.to_lowercase();
        let behind = |words: &[&str]| {
            words.iter().find_map(|word| {
                let (before, after) = lower.split_once(word)?;
                let alone = !before.ends_with(char::is_alphanumeric)
                    && !after.starts_with(char::is_alphanumeric);
                alone.then(|| date(after, sent_at.date())).flatten()
            })
        };
        let back = || behind(&BACK).and_then(|day| day.yesterday().ok());
        let until = behind(&UNTIL).or_else(back)?;
        let days = sent_at.date().until(until).ok()?.get_days();
        let quote = shortened(line.trim(), MOST_QUOTE_CHARACTERS);
        (0..=MOST_DAYS).contains(&days).then_some(Away { until, quote })
    })
}

/// The date among the first words of a text. One without a year is the next after `sent`.
fn date(text: &str, sent: Date) -> Option<Date> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | '(' | '!' | ';' | '*'))
        .filter(|word| !word.is_empty())
        .take(6)
        .collect();
    (0..words.len().min(3))
        .find_map(|at| numeric(words[at], sent).or_else(|| named(&words[at..], sent)))
}

/// `2026-12-01`; `01.12.2026`, `1.12.`; `24/12/2026` where the first cannot be a month.
fn numeric(word: &str, sent: Date) -> Option<Date> {
    let word = word.trim_end_matches(':');
    if let Ok(date) = word.trim_end_matches('.').parse() {
        return (word.len() >= 10 && word.as_bytes()[4] == b'-').then_some(date);
    }
    let mark = ['.', '/'].into_iter().find(|mark| word.contains(*mark))?;
    let mut numbers = word.trim_end_matches('.').split(mark).map(str::parse::<i16>);
    let (day, month) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let year = numbers.next().and_then(Result::ok);
    if mark == '/' && day <= 12 {
        return None;
    }
    civil(year, month, day, sent)
}

/// `1 December 2026`, `1. Dezember`, `December 1st`.
fn named(words: &[&str], sent: Date) -> Option<Date> {
    let number = |word: &&str| {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.parse::<i16>().ok()
    };
    let (first, second) = (words.first()?, words.get(1)?);
    let (second, rest) =
        if *second == "de" { (words.get(2)?, &words[3..]) } else { (second, &words[2..]) };
    let (day, month) = match (number(first), month(second)) {
        (Some(day), Some(month)) => (day, month),
        _ => (number(second)?, month(first)?),
    };
    let year =
        rest.iter().find(|word| **word != "de").and_then(number).filter(|year| *year > 1_000);
    civil(year, month, day, sent)
}

fn civil(year: Option<i16>, month: i16, day: i16, sent: Date) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    match year {
        Some(year @ 0..100) => Date::new(year + 2_000, month, day).ok(),
        Some(year) => Date::new(year, month, day).ok(),
        None => {
            let this_year = Date::new(sent.year(), month, day).ok()?;
            if this_year >= sent {
                Some(this_year)
            } else {
                Date::new(sent.year() + 1, month, day).ok()
            }
        }
    }
}

/// The month whose name begins with a word of three letters or more, or is abbreviated by it.
fn month(word: &str) -> Option<i16> {
    const MONTHS: [&[&str]; 12] = [
        &["january", "januar", "janvier", "enero", "gennaio", "januari"],
        &["february", "februar", "février", "febrero", "febbraio", "februari"],
        &["march", "märz", "mars", "marzo", "maart"],
        &["april", "avril", "abril", "aprile"],
        &["may", "mai", "mayo", "maggio", "mei"],
        &["june", "juni", "juin", "junio", "giugno"],
        &["july", "juli", "juillet", "julio", "luglio"],
        &["august", "août", "agosto", "augustus"],
        &["september", "septembre", "septiembre", "settembre"],
        &["october", "oktober", "octobre", "octubre", "ottobre"],
        &["november", "novembre", "noviembre"],
        &["december", "dezember", "décembre", "diciembre", "dicembre"],
    ];
    let word = word.trim_end_matches('.');
    let long = word.chars().count() >= 3;
    let is = |names: &&[&str]| names.iter().any(|name| name.starts_with(word));
    let at = MONTHS.iter().position(is).filter(|_| long)?;
    i16::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_of_an_absence_is_found() {
        let sent_at = "2026-11-26T09:00:00Z".parse().unwrap();
        for (line, until) in [
            ("I am out of the office until 2026-12-08.", Some("2026-12-08")),
            ("I will be away until Tuesday, December 8th, 2026.", Some("2026-12-08")),
            ("I am on leave through 8 Dec", Some("2026-12-08")),
            ("I will be back on 9 December 2026", Some("2026-12-08")),
            ("Ich bin bis zum 8. Dezember 2026 nicht im Büro.", Some("2026-12-08")),
            ("Ich bin bis einschließlich 08.12.2026 abwesend", Some("2026-12-08")),
            ("Ab dem 1.12. im Urlaub, bis 2.1.", Some("2027-01-02")),
            ("Je suis absent jusqu'au 8 décembre 2026.", Some("2026-12-08")),
            ("Estaré fuera hasta el 8 de diciembre de 2026", Some("2026-12-08")),
            ("Sarò assente fino al 24/12/2026", Some("2026-12-24")),
            ("Ik ben afwezig t/m 8 december", Some("2026-12-08")),
            // Whether day or month comes first nobody can tell.
            ("away until 08/12/2026", None),
            ("I am away until further notice", None),
            ("until 2026-11-01", None),
            ("until 2099-01-01", None),
            ("Untilled fields of 2026-12-08", None),
            ("Thank you for your mail of 2026-12-08", None),
        ] {
            let found = away("Out of office", line, sent_at).map(|away| away.until.to_string());
            assert_eq!(found.as_deref(), until, "{line}");
        }
        let found = away("Away until 2026-12-08", "hello", sent_at).unwrap();
        assert_eq!(found.quote, "Away until 2026-12-08");
    }
}
