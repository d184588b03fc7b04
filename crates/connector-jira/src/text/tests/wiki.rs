//! Wiki markup as Markdown and back.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::node::{Mark, Node};
use super::super::wiki;

/// Wiki markup, and what it is as Markdown. Each comes back as it was.
const BOTH_WAYS: &[(&str, &str)] = &[
    ("h1. Title", "# Title"),
    ("h6. Title", "###### Title"),
    ("*bold* _italic_ -gone- +under+ {{code}}", "**bold** _italic_ ~~gone~~ <u>under</u> `code`"),
    ("x{^}2^ H{~}2{~}O", "x<sup>2</sup> H<sub>2</sub>O"),
    ("a{*}b{*}c *_both_*", "a**b**c **_both_**"),
    ("[text|https://example.com/a?b=c]", "[text](https://example.com/a?b=c)"),
    ("[https://example.com/a]", "<https://example.com/a>"),
    ("[text|https://example.com|tip]", "[text](https://example.com \"tip\")"),
    (
        "[https://e.com|https://e.com|smart-link]",
        "[https://e.com](https://e.com \"jira:inlineCard\")",
    ),
    (
        "[~ann] and [~accountid:5b10a2]",
        "[@ann](jira:mention?id=ann) and [@accountid:5b10a2](jira:mention?id=accountid:5b10a2)",
    ),
    ("[ENG-12], [#part], [^plan.pdf]", "[ENG-12](ENG-12), [#part](#part), [^plan.pdf](^plan.pdf)"),
    ("* a\n** b\n*# c\n* d", "- a\n  - b\n\n  1. c\n- d"),
    ("# a\n#* b\n#** c\n# d", "1. a\n   - b\n     - c\n2. d"),
    ("||h1||h2||\n|a|*b*|", "| h1 | h2 |\n| --- | --- |\n| a | **b** |"),
    ("||h|c|\n|a| |", "| | |\n| --- | --- |\n| h [header cell](jira:tableHeader) | c |\n| a | |"),
    ("{code:rust}\nlet a = \"{x}\";\n{code}", "```rust\nlet a = \"{x}\";\n```"),
    ("{noformat}\n*a* [b]\n{noformat}", "```\n*a* [b]\n```"),
    ("* a\n{code:sql}\nselect 1\n{code}\n* b", "- a\n\n  ```sql\n  select 1\n  ```\n- b"),
    ("bq. said", "> said"),
    ("{quote}\na\n\nb\n{quote}", "> a\n>\n> b"),
    ("{panel:bgColor=#deebff}\na\n{panel}", "> [!NOTE]\n> a"),
    (
        "{panel:title=My title|borderStyle=dashed}\na\n{panel}",
        "> [My title](jira:bodiedExtension?extensionKey=panel&extensionType=wiki&parameters=title%3DMy%20title%7CborderStyle%3Ddashed)\n>\n> a",
    ),
    ("{color:#ff0000}red{color}", "<span data-jira=\"textColor?color=%23ff0000\">red</span>"),
    ("!plan.png|thumbnail!", "![plan.png](plan.png \"thumbnail\")"),
    ("!https://e.com/a.png!", "![https://e.com/a.png](https://e.com/a.png)"),
    ("a\n\n----\n\nb", "a\n\n---\n\nb"),
    ("one\ntwo", "one\\\ntwo"),
    (":) (/)", "[🙂](jira:emoji?shortName=:%29) [✅](jira:emoji?shortName=%28/%29)"),
    (
        "{anchor:here}",
        "[{anchor:here}](jira:inlineExtension?extensionKey=anchor&extensionType=wiki)",
    ),
    ("{chart:type=pie} GET /users/{id}", "{chart:type=pie} GET /users/{id}"),
    ("\\{code} \\*a\\* \\[b]", "{code} \\*a\\* \\[b]"),
    ("snake_case_name a-b-c 2 * 3 C:\\temp", "snake_case_name a-b-c 2 * 3 C:\\temp"),
];

#[test]
fn wiki_markup_and_markdown_say_the_same() {
    for (markup, markdown) in BOTH_WAYS {
        assert_eq!(wiki::to_markdown(markup), *markdown, "{markup}");
        assert_eq!(wiki::from_markdown(markdown), *markup, "{markdown}");
    }
}

/// Wiki markup as people and older versions write it, which comes back in another form.
#[test]
fn wiki_markup_is_read_as_jira_reads_it() {
    let cases = [
        ("a \\\\ b", "a\\\nb"),
        ("??cited??", "_cited_"),
        ("{color:red}a{color}", "<span data-jira=\"textColor?color=%23ff0000\">a</span>"),
        ("- a\n- b", "- a\n- b"),
        ("** deep", "-\n  - deep"),
        ("text {code}x{code} more", "text\n\n```\nx\n```\n\nmore"),
        (
            "{code:title=Main.java|borderStyle=solid}\nx\n{code}",
            "> **Main.java**\n>\n> ```\n> x\n> ```",
        ),
        ("{quote}never closed", "{quote}never closed"),
        ("{code}never closed", "{code}never closed"),
        ("*never closed", "\\*never closed"),
        ("[not a link] [a|b c]", "\\[not a link] \\[a|b c]"),
        ("see https://example.com/a_b-c, now", "see <https://example.com/a_b-c>, now"),
        ("|a\nb|c|", "| | |\n| --- | --- |\n| a<br>b | c |"),
        (
            "|[a|https://e.com]|!x.png|width=3!|",
            "| | |\n| --- | --- |\n| [a](https://e.com) | ![x.png](x.png \"width=3\") |",
        ),
        ("{color:nocolor}a{color}", "{color:nocolor}a{color}"),
        ("r\u{e9}sum\u{e9} *b\u{e9}*", "r\u{e9}sum\u{e9} **b\u{e9}**"),
        ("Wow! Really! Yes!", "Wow! Really! Yes!"),
    ];
    for (markup, markdown) in cases {
        assert_eq!(wiki::to_markdown(markup), markdown, "{markup}");
    }
}

/// What wiki markup lacks keeps its text.
#[test]
fn markdown_becomes_what_wiki_markup_can_say() {
    let cases = [
        ("- [x] done\n- [ ] to do", "* \\[x] done\n* \\[ ] to do"),
        ("> [More](jira:expand)\n>\n> text", "{panel:title=More}\ntext\n{panel}"),
        ("[DONE](jira:status?color=green)", "DONE"),
        ("[2026-11-25](jira:date?timestamp=1764028800000)", "2025-11-25"),
        ("- a\n\n  b", "* a\\\\b"),
        ("<div>raw</div>", "<div>raw</div>"),
        ("> > a", "{quote}\nbq. a\n{quote}"),
    ];
    for (markdown, markup) in cases {
        assert_eq!(wiki::from_markdown(markdown), markup, "{markdown}");
    }
}

fn text() -> impl Strategy<Value = String> {
    let words = select(vec![
        "*", "_", "-", "+", "^", "~", "?", "??", "{", "}", "{{", "}}", "{code}", "{quote}", "{id}",
        "{color}", "[", "]", "[~a]", "[a|b]", "|", "||", "!", "!a.png!", "\\", "\\\\", "h1. ",
        "bq. ", "# ", "* ", "----", ":)", "(/)", "(x", ")", ";", ":", "&", "&#35;", "é", "😀", " ",
        "a", "1", "a_b", "\u{a0}", "\n", "{*}", "<b>", "`", "**", "> ", "http", "ENG-1",
    ])
    .prop_map(str::to_owned);
    let piece = prop_oneof![words, "[ -~]{1,5}", "[a-z]{1,6}"];
    prop::collection::vec(piece, 1..5)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("a web address", |text| !text.contains("://"))
}

fn marks() -> impl Strategy<Value = Vec<Mark<'static>>> {
    let marks = vec![
        Mark::link("https://example.com/a?b=c#d"),
        Mark::new("textColor").with("color", "#ff0000"),
        Mark::new("strong"),
        Mark::new("em"),
        Mark::new("strike"),
        Mark::new("underline"),
        Mark::new("subsup").with("type", "sup"),
    ];
    prop_oneof![
        3 => Just(Vec::new()),
        3 => proptest::sample::subsequence(marks, 1..4),
        1 => Just(vec![Mark::new("code")]),
    ]
}

fn inlines() -> impl Strategy<Value = Vec<Node<'static>>> {
    let marked = (text(), marks()).prop_map(|(text, marks)| {
        let mut node = Node::text(text);
        node.marks = marks;
        node
    });
    let atom = select(vec![
        Node::new("hardBreak"),
        Node::new("mention").with("id", "ann.b").with("text", "@ann.b"),
        Node::new("inlineCard").with("url", "https://example.com/1"),
        Node::new("image").with("url", "a b.png").with("alt", "a b.png").with("title", "thumbnail"),
        Node::new("emoji").with("shortName", "(/)").with("text", "✅"),
        Node::text("ENG-12").marked(Mark::link("ENG-12")),
    ]);
    prop::collection::vec(prop_oneof![4 => marked, 1 => atom], 1..5).prop_map(|nodes| {
        let mut merged: Vec<Node> = vec![Node::text("a")];
        for node in nodes {
            match merged.last_mut() {
                Some(last) if last.is_text() && node.is_text() && last.marks == node.marks => {
                    let text = format!("{}{}", last.text, node.text).replace("://", ":");
                    last.text = text.into();
                }
                _ => merged.push(node),
            }
        }
        merged
    })
}

fn paragraph() -> impl Strategy<Value = Node<'static>> {
    inlines().prop_map(|content| Node::around("paragraph", content))
}

fn list(depth: u32) -> BoxedStrategy<Node<'static>> {
    let mut inner = prop_oneof![3 => Just(None)].boxed();
    if depth > 0 {
        inner = prop_oneof![2 => inner, 1 => list(depth - 1).prop_map(Some)].boxed();
    }
    let item = (paragraph(), inner).prop_map(|(text, inner)| {
        Node::around("listItem", std::iter::once(text).chain(inner).collect())
    });
    (select(vec!["bulletList", "orderedList"]), prop::collection::vec(item, 1..4))
        .prop_map(|(kind, items)| Node::around(kind, items))
        .boxed()
}

fn block(depth: u32) -> BoxedStrategy<Node<'static>> {
    let code = select(vec!["a\n  b", "*a* {x}", "\n", "{{a}}\n\n|b|"]);
    let code = (code, any::<bool>()).prop_map(|(code, named)| {
        let block = Node::around("codeBlock", vec![Node::text(code)]);
        if named { block.with("language", "java") } else { block }
    });
    let cell = (select(vec!["tableHeader", "tableCell"]), paragraph())
        .prop_map(|(kind, text)| Node::around(kind, vec![text]));
    let row = prop::collection::vec(cell, 2).prop_map(|cells| Node::around("tableRow", cells));
    let leaf = prop_oneof![
        4 => paragraph(),
        1 => (1..7_u8, inlines()).prop_map(|(level, content)| {
            Node::around("heading", content).with("level", level)
        }),
        1 => Just(Node::new("rule")),
        1 => code,
        2 => list(3),
        1 => prop::collection::vec(row, 1..3).prop_map(|rows| Node::around("table", rows)),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let inner = || prop::collection::vec(block(0), 1..3);
    prop_oneof![
        4 => leaf,
        1 => inner().prop_map(|blocks| Node::around("blockquote", blocks)),
        1 => inner().prop_map(|blocks| Node::around("panel", blocks).with("panelType", "warning")),
    ]
    .boxed()
}

proptest! {
    /// What both can say comes back from either as it was.
    #[test]
    fn wiki_markup_comes_back_as_it_was(document in prop::collection::vec(block(1), 1..4)) {
        let markup = wiki::write(&document);
        prop_assert_eq!(wiki::read(&markup), document, "{}", markup);
        let markdown = wiki::to_markdown(&markup);
        prop_assert_eq!(wiki::from_markdown(&markdown), markup, "{}", markdown);
    }
}
