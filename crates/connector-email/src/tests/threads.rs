//! Which messages belong together.

use mainstem_model::Timestamp;
use proptest::prelude::*;

use super::entry;
use crate::letter::Letter;
use crate::thread::{Item, threads};

/// A message of a table: its Message-ID, what it names, its subject, whom it is from and to, its day.
type Row<'a> = (&'a str, &'a [&'a str], &'a str, &'a str, &'a str, i64);

/// What a case is about, its messages, and which of them belong together.
type Case<'a> = (&'a str, &'a [Row<'a>], &'a [&'a [usize]]);

fn letter(row: &Row<'_>) -> (Letter, Timestamp) {
    let (id, references, subject, from, to, day) = row;
    let references: String = references.iter().map(|id| format!(" <{id}>")).collect();
    let id = if id.is_empty() { String::new() } else { format!("Message-ID: <{id}>\n") };
    let raw = format!(
        "From: {from}@x.example\nTo: {to}\n{id}References:{references}\nSubject: {subject}\n\nbody of day {day}\n"
    );
    (
        Letter::read(raw.as_bytes(), &entry(raw.len()), None).unwrap(),
        Timestamp::from_seconds(day * 86_400),
    )
}

/// The threads of rows, each as the sorted places of its rows.
fn grouped(rows: &[Row<'_>]) -> Vec<Vec<usize>> {
    let letters: Vec<_> = rows.iter().map(letter).collect();
    let items: Vec<_> =
        letters.iter().map(|(letter, at)| Item { letter, at: *at, received_at: *at }).collect();
    let mut groups: Vec<Vec<usize>> = threads(&items)
        .into_iter()
        .map(|mut group| {
            group.members.sort_unstable();
            group.members
        })
        .collect();
    groups.sort();
    groups
}

const A: &str = "ann";
const B: &str = "bob";
const TO_A: &str = "ann@x.example";
const TO_B: &str = "bob@x.example";
const TO_C: &str = "cy@x.example";

#[test]
fn messages_are_put_together_and_kept_apart() {
    let cases: &[Case<'_>] = &[
        (
            "an answer follows its question",
            &[("1", &[], "Q", A, TO_B, 1), ("2", &["1"], "Re: Q", B, TO_A, 2)],
            &[&[0, 1]],
        ),
        (
            "two answers to a message that is not here",
            &[("2", &["1"], "Re: Q", A, TO_B, 1), ("3", &["1"], "Re: Q", B, TO_A, 2)],
            &[&[0, 1]],
        ),
        (
            "a message in the middle is not here",
            &[("1", &[], "Q", A, TO_B, 1), ("3", &["1", "2"], "Re: Q", A, TO_B, 3)],
            &[&[0, 1]],
        ),
        (
            "another subject in the same thread",
            &[("1", &[], "Q", A, TO_B, 1), ("2", &["1"], "Something else", B, TO_A, 2)],
            &[&[0, 1]],
        ),
        (
            "the same subject twice is two threads",
            &[("1", &[], "Invoice", A, TO_B, 1), ("2", &[], "Invoice", A, TO_B, 2)],
            &[&[0], &[1]],
        ),
        (
            "an answer whose header names nothing",
            &[("1", &[], "Pump", A, TO_B, 1), ("2", &[], "AW: Pump", B, TO_A, 2)],
            &[&[0, 1]],
        ),
        (
            "the same, too late",
            &[("1", &[], "Pump", A, TO_B, 1), ("2", &[], "Re: Pump", B, TO_A, 16)],
            &[&[0], &[1]],
        ),
        (
            "the same, of strangers who write to one mailbox",
            &[("1", &[], "Invoice", A, TO_C, 1), ("2", &[], "Re: Invoice", B, TO_C, 2)],
            &[&[0], &[1]],
        ),
        (
            "the same, before its question",
            &[("1", &[], "Pump", A, TO_B, 3), ("2", &[], "Re: Pump", B, TO_A, 2)],
            &[&[0], &[1]],
        ),
        (
            "a forward that names nothing begins a thread",
            &[("1", &[], "Pump", A, TO_B, 1), ("2", &[], "Fwd: Pump", B, TO_A, 2)],
            &[&[0], &[1]],
        ),
        (
            "a forward that names what it forwards stays with it",
            &[("1", &[], "Pump", A, TO_B, 1), ("2", &["1"], "Fwd: Pump", B, TO_C, 2)],
            &[&[0, 1]],
        ),
        (
            "an answer to an answer whose own header names nothing",
            &[
                ("1", &[], "Q", A, TO_B, 1),
                ("2", &[], "something", B, TO_A, 2),
                ("3", &["1", "2"], "Re: Q", A, TO_B, 3),
            ],
            &[&[0, 1, 2]],
        ),
        (
            "a stranger ties no two threads together",
            &[
                ("1", &[], "Q", A, TO_B, 1),
                ("2", &[], "P", B, TO_A, 2),
                ("3", &["1", "2"], "Re: Q", "eve", TO_A, 3),
            ],
            &[&[0], &[1, 2]],
        ),
        (
            "what a message says of itself outweighs what another says of it",
            &[
                ("1", &[], "Q", A, TO_B, 1),
                ("5", &[], "P", A, TO_B, 1),
                ("2", &["1"], "Re: Q", B, TO_A, 2),
                ("3", &["5", "2"], "Re: Q", A, TO_B, 3),
            ],
            &[&[0, 2, 3], &[1]],
        ),
        (
            "two of one Message-ID stay, and the later one ties nothing",
            &[
                ("1", &[], "Q", A, TO_B, 1),
                ("9", &[], "P", A, TO_B, 1),
                ("1", &["9"], "other", "eve", TO_B, 5),
            ],
            &[&[0, 2], &[1]],
        ),
        (
            "messages that name each other",
            &[
                ("1", &["2"], "Q", A, TO_B, 1),
                ("2", &["1"], "Q", B, TO_A, 2),
                ("3", &["3"], "S", A, TO_B, 1),
            ],
            &[&[0, 1], &[2]],
        ),
        (
            "messages without a Message-ID",
            &[
                ("", &[], "Q", A, TO_B, 1),
                ("", &[], "Q", A, TO_B, 2),
                ("", &["x"], "Q", A, TO_B, 3),
            ],
            &[&[0], &[1], &[2]],
        ),
    ];
    for (name, rows, expected) in cases {
        assert_eq!(grouped(rows), *expected, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However messages arrive, their threads and what these are called are the same, each message is
    /// in exactly one, and no two threads have one name.
    #[test]
    fn the_order_of_arrival_decides_nothing(
        rows in prop::collection::vec((0..12_u8, prop::collection::vec(0..12_u8, 0..4), 0..4_u8, 0..3_u8, 0..3_u8, 0..20_i64), 1..25),
        seed in any::<u64>(),
    ) {
        let people = ["ann", "bob", "eve"];
        let subjects = ["Q", "Re: Q", "P", "Re: P"];
        let letters: Vec<_> = rows
            .iter()
            .map(|(id, references, subject, from, to, day)| {
                let ids: Vec<String> = references.iter().map(|id| id.to_string()).collect();
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                let id = if *id == 0 { String::new() } else { id.to_string() };
                let to = format!("{}@x.example", people[usize::from(*to)]);
                letter(&(&id, &ids, subjects[usize::from(*subject)], people[usize::from(*from)], &to, *day))
            })
            .collect();
        let named = |order: &[usize]| {
            let items: Vec<_> = order
                .iter()
                .map(|at| Item { letter: &letters[*at].0, at: letters[*at].1, received_at: letters[*at].1 })
                .collect();
            let groups = threads(&items);
            let mut seen: Vec<usize> = groups.iter().flat_map(|group| &group.members).copied().collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..order.len()).collect::<Vec<_>>());
            let ids: std::collections::HashSet<_> = groups.iter().map(|group| group.id).collect();
            assert_eq!(ids.len(), groups.len());
            groups
                .into_iter()
                .map(|group| (group.id, group.members.iter().map(|at| letters[order[*at]].0.identity).collect::<Vec<_>>()))
                .collect::<Vec<_>>()
        };
        // Copies of one message are one before they come to be threaded.
        let mut known = std::collections::HashSet::new();
        let order: Vec<usize> = (0..letters.len()).filter(|at| known.insert(letters[*at].0.identity)).collect();
        let mut shuffled = order.clone();
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        prop_assert_eq!(named(&order), named(&shuffled));
    }
}
