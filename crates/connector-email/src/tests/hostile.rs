//! Messages made to break whoever reads them: each is read, or put aside with the reason, within a
//! bound of time and one of memory.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use proptest::prelude::*;

use super::entry;
use crate::letter::Letter;
use crate::message::Unreadable;
use crate::message::content::Content;
use crate::message::header::Header;

/// What reading a message may take of the processor.
const MOST_TIME: Duration = Duration::from_millis(250);
/// What it may take of memory beside the message itself.
const MOST_MEMORY: u64 = 64 << 20;

/// One message at a time is measured: memory is counted for the whole process.
static MEASURING: Mutex<()> = Mutex::new(());

/// What this thread has taken of the processor so far, whatever else the machine does.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// A figure of this process's memory, in bytes.
fn memory(figure: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Reads a message as a pull does.
fn read(raw: &[u8]) -> Result<(Letter, Content), Unreadable> {
    let letter = Letter::read(raw, &entry(raw.len()), Some("mx.acme.example"))
        .map_err(|broken| broken.reason)?;
    let (header, body) = Header::split(raw)?;
    Ok((letter, Content::read(&header, body)?))
}

fn within_bounds(name: &str, raw: &[u8]) -> Result<(Letter, Content), Unreadable> {
    let _alone = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    // Forgets how high the memory went before.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let (begins, held) = (processor_time(), memory("VmRSS"));
    let outcome = read(raw);
    let took = processor_time() - begins;
    let grew = memory("VmHWM").saturating_sub(held);
    assert!(took < MOST_TIME, "{name} ({} bytes) took {took:?}", raw.len());
    assert!(grew < MOST_MEMORY, "{name} ({} bytes) took {grew} bytes", raw.len());
    if let Ok((_, content)) = &outcome {
        assert!(content.body().len() < 256 * 1024, "{name} gives {} bytes", content.body().len());
    }
    outcome
}

const HEAD: &str = "From: eve@evil.example\nMessage-ID: <1@evil.example>\nSubject: s\n";

fn with(fields: &str, body: &str) -> Vec<u8> {
    format!("{HEAD}{fields}\n{body}").into_bytes()
}

fn multipart(boundary: &str, body: &str) -> Vec<u8> {
    with(&format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\n"), body)
}

#[test]
fn what_is_beyond_every_limit_is_put_aside() {
    let nested: String = (0..50_000)
        .map(|level| {
            format!("--b{level}\nContent-Type: multipart/mixed; boundary=b{}\n\n", level + 1)
        })
        .collect();
    let cases: [(&str, Vec<u8>, Unreadable); 8] = [
        (
            "a million parts",
            multipart("b", &"--b\n\n\n".repeat(1_000_000)),
            Unreadable::TooManyParts,
        ),
        ("50,000 lists in one another", multipart("b0", &nested), Unreadable::TooDeep),
        (
            "a header of 20 MB",
            with(&format!("X: {}\n", "a".repeat(20 << 20)), "x"),
            Unreadable::HeaderTooLong,
        ),
        (
            "a header without end",
            HEAD.as_bytes()
                .iter()
                .copied()
                .chain(b"X: a\n ".iter().copied().cycle().take(5 << 20))
                .collect(),
            Unreadable::HeaderTooLong,
        ),
        ("500,000 fields", with(&"X: a\n".repeat(500_000), "x"), Unreadable::TooManyFields),
        ("two senders", with("From: boss@acme.example\n", "x"), Unreadable::ManyFrom),
        ("no field", b"hello\n\nworld".to_vec(), Unreadable::NoHeader),
        ("nothing", Vec::new(), Unreadable::NoHeader),
    ];
    for (name, raw, expected) in cases {
        assert_eq!(within_bounds(name, &raw).err(), Some(expected), "{name}");
    }
}

#[test]
fn what_is_large_or_crooked_is_read_in_time() {
    let html = |body: &str| with("Content-Type: text/html\n", body);
    let rfc822: String = "Content-Type: message/rfc822\n\n".repeat(50_000);
    let base64 = "PGI+".repeat(10 << 20);
    let words = "=?utf-8?q?=61?= ".repeat(300_000);
    for (name, raw) in [
        ("50,000 messages in one another", with("", &rfc822).split_off(0)),
        (
            "50,000 messages in one another, from the start",
            [HEAD.as_bytes(), rfc822.as_bytes()].concat(),
        ),
        ("a boundary of nothing", multipart("", &"--\n\nx\n".repeat(100_000))),
        (
            "a boundary of 10 KB",
            multipart(&"b".repeat(10_000), &format!("--{}\n\nx", "b".repeat(10_000))),
        ),
        ("a boundary that begins another", multipart("b", "--bb\n\nx\n--b\n\ny\n--b--\n")),
        ("300,000 addresses", with(&format!("To: {}\n", "a@b.example, ".repeat(15_000)), "x")),
        ("200,000 brackets", with(&format!("To: {}\n", "(".repeat(200_000)), "x")),
        (
            "30 MB of <b>",
            with(
                "Content-Type: text/html\nContent-Transfer-Encoding: base64\n",
                &base64[..24 << 20],
            ),
        ),
        ("500 KB of <div>", html(&"<div>".repeat(100_000))),
        ("500 KB of <blockquote><ul><li>", html(&"<blockquote><ul><li>x".repeat(25_000))),
        (
            "100,000 attributes",
            html(&format!(
                "<p {}>x",
                (0..100_000).map(|at| format!("a{at}=1 ")).collect::<String>()
            )),
        ),
        ("open links", html(&"<a href=https://x.example>".repeat(20_000))),
        ("entities", html(&"&lt;&#x41;".repeat(50_000))),
        ("300,000 encoded words", with(&format!("Subject: {}\n", &words[..200_000]), "x")),
        (
            "a subject of 100 KB",
            with(&format!("Subject: {}\n", "\u{202e}a\u{200b}".repeat(15_000)), "x"),
        ),
        (
            "10,000 references",
            with(
                &format!(
                    "References: {}\n",
                    (0..10_000).map(|at| format!("<{at}@x> ")).collect::<String>()
                ),
                "x",
            ),
        ),
        (
            "1,000 alternatives",
            with(
                "Content-Type: multipart/alternative; boundary=b\n",
                &"--b\nContent-Type: text/html\n\n<p>x\n".repeat(999),
            ),
        ),
        (
            "1,000 attachments",
            multipart(
                "b",
                &"--b\nContent-Type: x/y; name=\"=?utf-8?q?..=2F..=5Cx?=\"\n\nx\n".repeat(999),
            ),
        ),
        ("100,000 quotes", with("", &"> a\nb\n".repeat(100_000))),
        ("no line end", with("", &"a".repeat(20 << 20))),
        ("only line ends", with("", &"\n".repeat(20 << 20))),
        ("ends of lines of old", with("", &"a\r".repeat(1 << 20))),
        ("delimiters everywhere", multipart("b", &"--c\n".repeat(2 << 20))),
    ] {
        if let Err(reason) = within_bounds(name, &raw) {
            panic!("{name} is put aside: {reason}");
        }
    }
}

#[test]
fn nobody_is_taken_in_by_names() {
    let attachment = |name: &str| {
        let raw = multipart(
            "b",
            &format!("--b\nContent-Disposition: attachment; filename={name}\n\nx\n"),
        );
        read(&raw).unwrap().1.attachments.remove(0).name
    };
    for (given, shown) in [
        ("\"..\\\\..\\\\x.exe\"", "x.exe"),
        ("\"../../etc/passwd\"", "passwd"),
        ("winmail.dat", "winmail.dat"),
        ("\"a\u{202e}fdp.exe\"", "afdp.exe"),
        ("\"..\"", "without a name"),
        ("\"\"", "without a name"),
    ] {
        assert_eq!(attachment(given), shown, "{given}");
    }
    for (from, address, name) in [
        ("\"boss@acme.example\" <eve@evil.example>", "eve@evil.example", Some("boss@acme.example")),
        ("eve@evil.example (boss@acme.example)", "eve@evil.example", Some("boss@acme.example")),
        ("Group: eve@evil.example;", "eve@evil.example", None),
        (
            "=?utf-8?q?Boss=0D=0ABcc=3A_x=40y?= <eve@evil.example>",
            "eve@evil.example",
            Some("Boss Bcc: x@y"),
        ),
        (
            "=?utf-8?q?boss=40acme=2Eexample?= <EVE@evil.example>",
            "eve@evil.example",
            Some("boss@acme.example"),
        ),
    ] {
        let raw = format!("From: {from}\n\nx");
        let letter = read(raw.as_bytes()).unwrap().0;
        let from = letter.from.unwrap();
        assert_eq!((from.address.as_str(), from.name.as_deref()), (address, name), "{raw}");
        assert!(!letter.authenticated);
    }
}

#[test]
fn a_vouched_sender_stands_alone() {
    let of = |from: &str| {
        let raw = format!(
            "Authentication-Results: mx.acme.example; dmarc=pass header.from=bob.example\nFrom: {from}\n\nx"
        );
        read(raw.as_bytes()).unwrap().0.authenticated
    };
    assert!(of("Bob <bob@bob.example>"));
    for several in [
        "bob@bob.example, boss@acme.example",
        "boss@bob.example bob@bob.example",
        "boss@bob.example (x) bob@bob.example",
        "<boss@bob.example> <bob@bob.example>",
        "<boss@bob.example bob@bob.example>",
        "Team: boss@bob.example, bob@bob.example;",
    ] {
        assert!(!of(several), "{several}");
    }
    assert!(!of("bob@b0b.example"));
    assert!(!of("bob@bob.example.evil.example"));
    assert!(!of(""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn random_bytes_are_read_or_put_aside(raw in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&raw);
    }

    /// Pieces that mean something to a parser, in any order.
    #[test]
    fn random_pieces_are_read_or_put_aside(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "From: ", "a@b.example", "\n", "\r\n", "\n\n", ": ", ";", "\"", "(", ")", "<", ">", "=?utf-8?b?",
            "?=", "=", "==", "=3D", "Content-Type: ", "multipart/alternative", "multipart/mixed; boundary=b",
            "text/html", "text/plain; charset=utf-7", "text/plain; format=flowed; delsp=yes", "text/calendar",
            "--b", "--b--", "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable",
            "References: <1@x>", "In-Reply-To: ", "Date: Mon, 2 Nov 2026 09:00:00 +0000", "Date: Thu, 99 Zzz 99999",
            "<div>", "</div>", "<pre>", "<a href='", "&#x", "<!--", "```", "> ", "-- \n", "DUE:20261201", "BEGIN:VTODO\n",
            "END:VTODO\n", "+ADw-", "\u{202e}", "é", "\0", "Auto-Submitted: auto-replied", "until 2026-12-01",
            "Subject: Re: ", "filename*=utf-8''%2e%2e", "filename*0*=", "message/rfc822", "name=", " ", "\t",
        ]), 0..60)
    ) {
        let _ = read(pieces.concat().as_bytes());
        let _ = read(format!("{HEAD}{}", pieces.concat()).as_bytes());
    }

    /// Nothing active comes of HTML, whatever it is made of.
    #[test]
    fn random_html_gives_no_tag(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<", ">", "<b>", "</b>", "<script>", "</script>", "<pre>", "</pre>", "`", "``", "```", "\\", "]", "(", "[",
            "x", " ", "\n", "&lt;", "&#96;", "&#92;", "<a href='https://x.example'>", "<a href='javascript:1'>", "</a>",
            "<blockquote>", "</blockquote>", "<li>", "<ul>", "<img alt='<' src=x>", "javascript:1)", "<style>", "<!--", "-->",
        ]), 0..40)
    ) {
        let text = crate::message::html::markdown(&pieces.concat());
        let mut fence = 0;
        for line in text.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                0 if ticks >= 3 => fence = ticks,
                0 => {
                    // A `<` or a link counts where an even number of backslashes stands before it.
                    for (at, _) in line.match_indices('<').chain(line.match_indices("(javascript")) {
                        let before = &line[..at];
                        let slashes = before.len() - before.trim_end_matches('\\').len();
                        let plain = line[at..].starts_with('(') && !before.ends_with(']');
                        prop_assert!(slashes % 2 == 1 || plain, "{text}");
                    }
                }
                _ if ticks >= fence && ticks == line.len() => fence = 0,
                _ => {}
            }
        }
        prop_assert_eq!(fence, 0);
    }
}
