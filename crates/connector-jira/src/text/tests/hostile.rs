//! Input that means no good: nothing panics, overflows the stack or takes long, and what there was to
//! read can still be read.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::super::wiki;
use super::schema::assert_valid;
use super::{adf, without_item_ids};

/// Far more than any of it takes on a busy machine, and less than what grows with the square of its
/// length takes on an idle one.
const LIMIT: Duration = Duration::from_secs(60);

fn within_time<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let took = start.elapsed();
    assert!(took < LIMIT, "{name} took {took:?}");
    result
}

#[test]
fn signs_in_great_number_take_little_time() {
    let signs = [
        "{",
        "[",
        "*",
        "|",
        "_",
        "\\",
        "`",
        "<",
        ">",
        "!",
        "-",
        "#",
        "~",
        "&",
        "(",
        ":",
        "{{",
        "[[",
        "![",
        "**a",
        "*a ",
        "_a ",
        "[a](",
        "[a](b)",
        "{code}",
        "{quote}",
        "{panel}",
        "{color:red}",
        "{*}",
        "|a",
        "||",
        "!a.b|",
        "[a|b",
        "\n",
        "> ",
        "- ",
        "* a\n",
        "1. ",
        "<u>",
        "<u>a",
        "</u>",
        "<span data-jira=\"",
        "{{a",
        "}}",
        "http://",
        "a\n\n",
        "| |\n",
        "&#",
        "\\\\",
        "<br>",
        "~~a",
        "a`",
        "](",
        "[!NOTE]",
        "(*",
        "{anchor:",
        "h1. ",
    ];
    for sign in signs {
        // Those that are read by more than one rule in the greatest number.
        let length = if ["{", "[", "*", "|"].contains(&sign) { 100_000 } else { 20_000 };
        let text = sign.repeat(length / sign.len());
        within_time(&format!("wiki::to_markdown({sign}…)"), || wiki::to_markdown(&text));
        within_time(&format!("wiki::from_markdown({sign}…)"), || wiki::from_markdown(&text));
        let document =
            within_time(&format!("adf::from_markdown({sign}…)"), || adf::from_markdown(&text));
        let json = serde_json::to_vec(&document).unwrap();
        within_time(&format!("adf::to_markdown({sign}…)"), || adf::to_markdown(&json));
    }
}

#[test]
fn what_is_nested_too_deep_is_shown_flat() {
    let depth = 10_000;
    for kind in ["bulletList", "blockquote", "panel", "future"] {
        let open = format!("{{\"type\":\"{kind}\",\"content\":[").repeat(depth);
        let json = format!(
            "{open}{{\"type\":\"text\",\"text\":\"the \\\"bottom\\\"\"}}{},{{\"type\":\"text\",\"text\":\"after\"}}{}",
            "]}".repeat(depth - 1),
            "]}"
        );
        let markdown = within_time(kind, || adf::to_markdown(json.as_bytes()));
        assert!(markdown.contains("shown flat] the \"bottom\""), "{kind}: {}", &markdown[..500]);
    }
    let markdown = format!("{}bottom", "> ".repeat(depth));
    let document = within_time("quotes", || adf::from_markdown(&markdown));
    let document = serde_json::to_value(document).unwrap();
    assert!(document.to_string().contains("bottom"));
    assert_valid(&document);
    let lists: String =
        (0..500).map(|level| format!("{}- item {level}\n", "  ".repeat(level))).collect();
    let document =
        serde_json::to_value(within_time("lists", || adf::from_markdown(&lists))).unwrap();
    assert!(document.to_string().contains("item 499"));
    assert_valid(&document);
}

#[test]
fn what_is_too_large_is_shown_without_its_formatting() {
    let item =
        json!({"type": "paragraph", "content": [{"type": "text", "text": "some words of text"}]});
    let document = super::doc(vec![item; 64_000]).to_string();
    assert!(document.len() > 4 << 20);
    let markdown = within_time("large", || adf::to_markdown(document.as_bytes()));
    assert_eq!(markdown.matches("some words of text").count(), 64_000);

    let text = "*a* ".repeat((4 << 20) / 4 + 1);
    let document = within_time("large", || adf::from_markdown(&text));
    assert_eq!(
        serde_json::to_value(document).unwrap()["content"][0]["content"][0]["text"],
        json!(text)
    );
}

/// A table in which few cells claim to span many.
#[test]
fn cells_that_span_too_much_do_not_fill_the_memory() {
    let cell = json!({"type": "tableCell", "attrs": {"colspan": 1_000_000_000, "rowspan": 50}});
    let wide = json!({"type": "tableCell", "attrs": {"colspan": 50, "rowspan": 50}});
    let row = json!({"type": "tableRow", "content": vec![wide; 100]});
    let last = json!({"type": "tableRow", "content": [cell]});
    let table = json!({"type": "table", "content": [row, last.clone(), last]});
    let markdown = within_time("table", || adf::to_markdown(table.to_string().as_bytes()));
    assert!(markdown.len() < 1 << 20, "{}", markdown.len());
}

/// JSON that looks somewhat like a document.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        markdown().prop_map(Value::from),
    ];
    let kind = select(vec![
        "doc",
        "paragraph",
        "heading",
        "bulletList",
        "listItem",
        "orderedList",
        "taskList",
        "taskItem",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
        "panel",
        "expand",
        "mediaSingle",
        "media",
        "caption",
        "codeBlock",
        "blockquote",
        "mention",
        "status",
        "inlineCard",
        "text",
        "hardBreak",
        "layoutSection",
        "layoutColumn",
        "decisionList",
        "decisionItem",
        "extension",
        "emoji",
        "date",
        "rule",
        "future",
        "",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let attributes = prop::collection::btree_map(
            select(vec!["level", "order", "url", "text", "title", "color", "colspan", "state", "id", "x y"]),
            inner.clone(),
            0..3,
        );
        let mark = select(vec!["strong", "em", "code", "link", "textColor", "subsup", "alignment", "future"]);
        let marks = prop::collection::vec(mark, 0..3).prop_map(|kinds| {
            kinds.iter().map(|kind| json!({"type": kind, "attrs": {"href": "h", "type": "sub"}})).collect::<Vec<_>>()
        });
        let content = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            8 => (kind.clone(), attributes, marks, content, markdown()).prop_map(
                |(kind, attributes, marks, content, text)| {
                    json!({"type": kind, "attrs": attributes, "marks": marks, "content": content, "text": text})
                }
            ),
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            1 => prop::collection::btree_map("[a-z]{1,5}", inner, 0..3).prop_map(|object| json!(object)),
        ]
    })
}

/// Text that looks somewhat like Markdown.
fn markdown() -> impl Strategy<Value = String> {
    let words = select(vec![
        "# ",
        "- ",
        "* ",
        "1. ",
        "2) ",
        "> ",
        "> [!NOTE]\n",
        "```\n",
        "~~~",
        "    ",
        "  ",
        "\n",
        "\n\n",
        "\n> ",
        "\n- ",
        "| a | b |\n| - | - |\n| c | d |\n",
        "---\n",
        "===",
        "**",
        "_",
        "~~",
        "`",
        "``",
        "[",
        "](x)",
        "![a](b)",
        "!",
        "<u>",
        "</u>",
        "<sub>",
        "</sub>",
        "<div>",
        "<br>",
        "<!--",
        "-->",
        "\\",
        "&amp;",
        "&",
        "|",
        "- [ ] ",
        "- [x] a",
        "[d](jira:decisionItem?state=X)",
        "[e](jira:expand)",
        "[c](jira:layoutColumn?width:=50)",
        "[s](jira:layoutSection)",
        "[m](jira:mediaSingle?layout=wide)",
        "[t](jira:table?layout=wide)",
        "[p](jira:paragraph?marks=alignment%3Falign%3Dcenter)",
        "[f](jira:media?type=file&id=1&collection=)",
        "[x](jira:status?color=red)",
        "[y](https://e.com \"jira:blockCard\")",
        "<span data-jira=\"textColor?color=%23ff0000\">",
        "</span>",
        "https://example.com/a",
        "a",
        "word ",
        "é",
        "\t",
        "\u{a0}",
        "\0",
        "\r\n",
    ])
    .prop_map(str::to_owned);
    prop::collection::vec(prop_oneof![6 => words, 1 => "\\PC{0,6}"], 0..16)
        .prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_json_is_shown(value in json_value()) {
        let markdown = adf::to_markdown(value.to_string().as_bytes());
        assert_valid(&serde_json::to_value(adf::from_markdown(&markdown)).unwrap());
    }

    #[test]
    fn any_bytes_are_shown(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        adf::to_markdown(&bytes);
    }

    /// What was made of any Markdown keeps to the schema and is in the normal form.
    #[test]
    fn any_markdown_becomes_a_document(markdown in markdown()) {
        let document = serde_json::to_value(adf::from_markdown(&markdown)).unwrap();
        assert_valid(&document);
        let written = adf::to_markdown(document.to_string().as_bytes());
        let back = serde_json::to_value(adf::from_markdown(&written)).unwrap();
        prop_assert_eq!(without_item_ids(back), without_item_ids(document), "{}", written);
    }

    #[test]
    fn any_text_is_wiki_markup(text in prop_oneof![markdown(), "[\\PC\n]{0,200}", "[{}|!*_\\\\\\[\\]~\n #a-]{0,60}"]) {
        let shown = wiki::to_markdown(&text);
        wiki::from_markdown(&shown);
        wiki::from_markdown(&text);
    }
}
