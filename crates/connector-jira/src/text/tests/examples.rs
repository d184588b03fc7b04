//! Documents as the editor makes them, one of each kind of node, and what people read of them. Written
//! for this test; each was held against the published schema.

use serde_json::{Value, json};

use super::schema::assert_valid;
use super::{adf, doc, round_trip, without_item_ids};

fn paragraph(content: Value) -> Value {
    json!({"type": "paragraph", "content": content})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn said(what: &str) -> Value {
    paragraph(json!([text(what)]))
}

fn marked(what: &str, marks: Value) -> Value {
    json!({"type": "text", "text": what, "marks": marks})
}

/// Documents in the normal form, and their Markdown.
fn both_ways() -> Vec<(Value, &'static str)> {
    let bold = json!([{"type": "strong"}]);
    vec![
        (
            paragraph(json!([
                text("a "),
                marked("bold", bold.clone()),
                text(" and "),
                marked("slanted", json!([{"type": "em"}])),
                text(", "),
                marked("gone", json!([{"type": "strike"}])),
                text(", "),
                marked("code()", json!([{"type": "code"}])),
                text(".")
            ])),
            "a **bold** and _slanted_, ~~gone~~, `code()`.",
        ),
        (
            paragraph(json!([
                marked("under", json!([{"type": "underline"}])),
                text(" H"),
                marked("2", json!([{"type": "subsup", "attrs": {"type": "sub"}}])),
                text("O, m"),
                marked("2", json!([{"type": "subsup", "attrs": {"type": "sup"}}]))
            ])),
            "<u>under</u> H<sub>2</sub>O, m<sup>2</sup>",
        ),
        (
            paragraph(json!([
                marked("red", json!([{"type": "textColor", "attrs": {"color": "#ff5630"}}])),
                marked(" spaced ", bold.clone()),
                text("in"),
                marked("wo", bold.clone()),
                text("rd")
            ])),
            "<span data-jira=\"textColor?color=%23ff5630\">red</span><strong> spaced </strong>in**wo**rd",
        ),
        (
            paragraph(json!([
                marked(
                    "link",
                    json!([{"type": "link", "attrs": {"href": "https://example.com/a_(b)?c=d&e=f"}}])
                ),
                text(" "),
                marked(
                    "https://example.com/x",
                    json!([{"type": "link", "attrs": {"href": "https://example.com/x"}}])
                )
            ])),
            "[link](https://example.com/a_(b)?c=d&e=f) <https://example.com/x>",
        ),
        (
            paragraph(json!([
                text("ask "),
                {"type": "mention", "attrs": {"id": "557058:0f2c", "text": "@Ann Smith"}},
                text("!"),
                {"type": "emoji", "attrs": {"shortName": ":grinning:", "id": "1f600", "text": "😀"}}
            ])),
            "ask [@Ann Smith](jira:mention?id=557058:0f2c)\\![😀](jira:emoji?id=1f600&shortName=:grinning:)",
        ),
        (
            paragraph(json!([
                {"type": "status", "attrs": {"text": "IN PROGRESS", "color": "blue"}},
                text(" until "),
                {"type": "date", "attrs": {"timestamp": "1764028800000"}}
            ])),
            "[IN PROGRESS](jira:status?color=blue) until [2025-11-25](jira:date?timestamp=1764028800000)",
        ),
        (
            paragraph(json!([
                text("first line"), {"type": "hardBreak"}, text("- second line")
            ])),
            "first line\\\n\\- second line",
        ),
        (
            paragraph(
                json!([{"type": "inlineCard", "attrs": {"url": "https://example.com/browse/ENG-1"}}]),
            ),
            "[https://example.com/browse/ENG-1](https://example.com/browse/ENG-1 \"jira:inlineCard\")",
        ),
        (
            json!({"type": "blockCard", "attrs": {"url": "https://example.com/1"}}),
            "[https://example.com/1](https://example.com/1 \"jira:blockCard\")",
        ),
        (
            json!({"type": "embedCard", "attrs": {"url": "https://example.com/1", "layout": "wide"}}),
            "[https://example.com/1](https://example.com/1 \"jira:embedCard?layout=wide\")",
        ),
        (
            json!({"type": "heading", "attrs": {"level": 2}, "content": [text("What it costs #")]}),
            "## What it costs \\#",
        ),
        (json!({"type": "rule"}), "---"),
        (
            json!({"type": "blockquote", "content": [said("quoted"), said("twice")]}),
            "> quoted\n>\n> twice",
        ),
        (
            json!({"type": "codeBlock", "attrs": {"language": "rust"}, "content": [text("fn main() {\n}")]}),
            "```rust\nfn main() {\n}\n```",
        ),
        (
            json!({"type": "bulletList", "content": [
                {"type": "listItem", "content": [said("one"), {"type": "orderedList", "attrs": {"order": 3}, "content": [
                    {"type": "listItem", "content": [said("three")]},
                    {"type": "listItem", "content": [said("four")]}
                ]}]},
                {"type": "listItem", "content": [said("two"), said("and more")]}
            ]}),
            "- one\n\n  3. three\n  4. four\n- two\n\n  and more",
        ),
        (
            json!({"type": "taskList", "attrs": {"localId": ""}, "content": [
                {"type": "taskItem", "attrs": {"localId": "", "state": "DONE"}, "content": [text("done")]},
                {"type": "taskItem", "attrs": {"localId": "", "state": "TODO"}, "content": [text("to do")]},
                {"type": "taskList", "attrs": {"localId": ""}, "content": [
                    {"type": "taskItem", "attrs": {"localId": "", "state": "TODO"}, "content": [text("part")]}
                ]}
            ]}),
            "- [x] done\n- [ ] to do\n  - [ ] part",
        ),
        (
            json!({"type": "decisionList", "attrs": {"localId": ""}, "content": [
                {"type": "decisionItem", "attrs": {"localId": "", "state": "DECIDED"}, "content": [text("we ship")]}
            ]}),
            "- [Decision](jira:decisionItem?state=DECIDED) we ship",
        ),
        (
            json!({"type": "panel", "attrs": {"panelType": "info"}, "content": [said("know")]}),
            "> [!NOTE]\n> know",
        ),
        (
            json!({"type": "panel", "attrs": {"panelType": "note"}, "content": [said("mind")]}),
            "> [!IMPORTANT]\n> mind",
        ),
        (
            json!({"type": "panel", "attrs": {"panelType": "success"}, "content": [said("won")]}),
            "> [!TIP]\n> won",
        ),
        (
            json!({"type": "panel", "attrs": {"panelType": "warning"}, "content": [said("hot")]}),
            "> [!WARNING]\n> hot",
        ),
        (
            json!({"type": "panel", "attrs": {"panelType": "error"}, "content": [said("no")]}),
            "> [!CAUTION]\n> no",
        ),
        (
            json!({"type": "panel", "attrs": {"panelType": "custom", "panelColor": "#34eb6e", "panelIcon": ":fire:"},
            "content": [said("own")]}),
            "> [custom panel](jira:panel?panelColor=%2334eb6e&panelIcon=:fire:&panelType=custom)\n>\n> own",
        ),
        (
            json!({"type": "expand", "attrs": {"title": "More"}, "content": [
                said("inside"),
                {"type": "nestedExpand", "attrs": {"title": "Still more"}, "content": [said("deeper")]}
            ]}),
            "> [More](jira:expand)\n>\n> inside\n>\n> > [Still more](jira:nestedExpand)\n> >\n> > deeper",
        ),
        (
            json!({"type": "layoutSection", "content": [
                {"type": "layoutColumn", "attrs": {"width": 50}, "content": [said("left")]},
                {"type": "layoutColumn", "attrs": {"width": 50}, "content": [said("right")]}
            ]}),
            "> [columns](jira:layoutSection)\n>\n> > [column](jira:layoutColumn?width:=50)\n> >\n> > left\n>\n> > [column](jira:layoutColumn?width:=50)\n> >\n> > right",
        ),
        (
            json!({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [
                {"type": "media", "attrs": {"type": "external", "url": "https://example.com/a.png", "alt": "a plan"}}
            ]}),
            "![a plan](https://example.com/a.png)",
        ),
        (
            json!({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [
                {"type": "media", "attrs": {"type": "file", "id": "6e7c", "collection": "", "alt": "plan.pdf"}}
            ]}),
            "[plan.pdf](jira:media?collection=&id=6e7c&type=file)",
        ),
        (
            json!({"type": "mediaSingle", "attrs": {"layout": "wide"}, "content": [
                {"type": "media", "attrs": {"type": "external", "url": "https://example.com/a.png"}},
                {"type": "caption", "content": [text("A plan")]}
            ]}),
            "> [figure](jira:mediaSingle?layout=wide)\n>\n> ![](https://example.com/a.png)\n>\n> A plan",
        ),
        (
            json!({"type": "mediaGroup", "content": [
                {"type": "media", "attrs": {"type": "file", "id": "1", "collection": "c"}}
            ]}),
            "> [attachments](jira:mediaGroup)\n>\n> [attachment](jira:media?collection=c&id=1&type=file&alt=)",
        ),
        (
            json!({"type": "table", "content": [
                {"type": "tableRow", "content": [
                    {"type": "tableHeader", "content": [said("Name")]}, {"type": "tableHeader", "content": [said("Value")]}
                ]},
                {"type": "tableRow", "content": [
                    {"type": "tableCell", "content": [said("a|b")]},
                    {"type": "tableCell", "content": [said("one"), said("two")]}
                ]}
            ]}),
            "| Name | Value |\n| --- | --- |\n| a\\|b | one<br><br>two |",
        ),
        (
            json!({"type": "table", "attrs": {"layout": "wide"}, "content": [
                {"type": "tableRow", "content": [
                    {"type": "tableCell", "attrs": {"colspan": 2, "background": "#deebff"}, "content": [said("both")]}
                ]},
                {"type": "tableRow", "content": [
                    {"type": "tableHeader", "content": [said("h")]}, {"type": "tableCell", "content": [said("c")]}
                ]}
            ]}),
            "[table](jira:table?layout=wide)\n\n| | |\n| --- | --- |\n| both [cell](jira:tableCell?background=%23deebff&colspan:=2) | |\n| h [header cell](jira:tableHeader) | c |",
        ),
        (
            json!({"type": "extension", "attrs": {"extensionType": "com.example", "extensionKey": "toc"}}),
            "[toc](jira:extension?extensionKey=toc&extensionType=com.example&text=)",
        ),
        (
            json!({"type": "bodiedExtension", "attrs": {"extensionType": "com.example", "extensionKey": "box"},
            "content": [said("within")]}),
            "> [box](jira:bodiedExtension?extensionKey=box&extensionType=com.example&text=)\n>\n> within",
        ),
        (
            json!({"type": "paragraph", "marks": [{"type": "alignment", "attrs": {"align": "center"}}],
            "content": [text("in the middle")]}),
            "in the middle [alignment](jira:paragraph?marks=alignment%3Falign%3Dcenter)",
        ),
    ]
}

#[test]
fn every_kind_of_node_reads_well_and_comes_back() {
    for (block, markdown) in both_ways() {
        let document = doc(vec![block]);
        let (written, back) = round_trip(&document);
        assert_eq!(written, markdown);
        assert_eq!(without_item_ids(back.clone()), without_item_ids(document));
        assert_valid(&back);
    }
}

/// What is not known, misplaced or not valid is shown.
#[test]
fn what_is_not_known_stays_visible() {
    let cases = [
        (
            json!({"type": "futureBlock", "attrs": {"size": 3}, "content": [said("inside")]}),
            "> [futureBlock](jira:futureBlock?size:=3)\n>\n> inside",
        ),
        (
            json!({"type": "futureLeaf", "attrs": {"title": "A title"}}),
            "[futureLeaf: A title](jira:futureLeaf?title=A%20title)",
        ),
        (
            paragraph(json!([text("a "), {"type": "futureInline", "attrs": {"text": "x"}}])),
            "a [futureInline: x](jira:futureInline?text=x)",
        ),
        (
            paragraph(json!([marked("a", json!([{"type": "futureMark", "attrs": {"n": 1}}]))])),
            "<span data-jira=\"futureMark?n:=1\">a</span>",
        ),
        (
            paragraph(json!([said("a paragraph in a paragraph")])),
            "[paragraph](jira:paragraph) a paragraph in a paragraph ",
        ),
        (
            json!({"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableCell", "content": [
                {"type": "bulletList", "content": [
                    {"type": "listItem", "content": [said("one")]}, {"type": "listItem", "content": [said("two")]}
                ]}
            ]}]}]}),
            "| |\n| --- |\n| • one<br>• two |",
        ),
        (json!({"type": "paragraph", "content": "no list"}), "no list"),
        (json!({"content": [said("no type")]}), "> [untyped](jira:untyped)\n>\n> no type"),
        (json!(["a", 1, true, null]), "> [untyped](jira:untyped)\n>\n> a1true"),
    ];
    for (block, markdown) in cases {
        let (written, back) = round_trip(&doc(vec![block]));
        assert_eq!(written, markdown);
        assert_valid(&back);
    }
}

/// What people write, and the document that it is.
#[test]
fn markdown_keeps_to_the_schema() {
    let strong = json!([{"type": "strong"}]);
    let cases = [
        (
            "<div>\n  raw & html\n</div>",
            json!([paragraph(json!([
                text("<div>"), {"type": "hardBreak"}, text("  raw & html"), {"type": "hardBreak"}, text("</div>")
            ]))]),
        ),
        ("a <b>bold</b> <!-- note -->", json!([said("a <b>bold</b> <!-- note -->")])),
        ("<u>never closed", json!([said("<u>never closed")])),
        (
            "see https://example.com/a_b.",
            json!([paragraph(json!([
                text("see "),
                marked(
                    "https://example.com/a_b",
                    json!([{"type": "link", "attrs": {"href": "https://example.com/a_b"}}])
                ),
                text(".")
            ]))]),
        ),
        (
            "- # big\n- > quoted",
            json!([{"type": "bulletList", "content": [
                {"type": "listItem", "content": [paragraph(json!([marked("big", strong.clone())]))]},
                {"type": "listItem", "content": [said("> quoted")]}
            ]}]),
        ),
        (
            "- - a",
            json!([{"type": "bulletList", "content": [{"type": "listItem", "content": [
                {"type": "paragraph"},
                {"type": "bulletList", "content": [{"type": "listItem", "content": [said("a")]}]}
            ]}]}]),
        ),
        ("> > deep", json!([{"type": "blockquote", "content": [said("> deep")]}])),
        ("> a\n>\n> ---", json!([{"type": "blockquote", "content": [said("a"), said("———")]}])),
        ("**`code`**", json!([paragraph(json!([marked("code", json!([{"type": "code"}]))]))])),
        (
            "- [x] a\n- b",
            json!([{"type": "bulletList", "content": [
                {"type": "listItem", "content": [said("[x] a")]}, {"type": "listItem", "content": [said("b")]}
            ]}]),
        ),
        (
            "before ![a plan](https://example.com/a.png) after",
            json!([paragraph(json!([
                text("before "),
                marked(
                    "a plan",
                    json!([{"type": "link", "attrs": {"href": "https://example.com/a.png"}}])
                ),
                text(" after")
            ]))]),
        ),
        (
            "[x](jira:status?color=pink)",
            json!([paragraph(json!([marked(
                "x",
                json!([{"type": "link", "attrs": {"href": "jira:status?color=pink"}}])
            )]))]),
        ),
        ("", json!([{"type": "paragraph"}])),
    ];
    for (markdown, content) in cases {
        let document = serde_json::to_value(adf::from_markdown(markdown)).unwrap();
        assert_eq!(document["content"], content, "{markdown}");
        assert_valid(&document);
    }
}

#[test]
fn a_field_without_a_document_is_text() {
    assert_eq!(adf::to_markdown(b"null"), "");
    assert_eq!(adf::to_markdown(b"\"only text\""), "only text");
    assert_eq!(adf::to_markdown(b"{broken"), "```\n{broken\n```");
    assert_eq!(
        adf::to_markdown(br#"{"type":"text","text":"half a pair: \ud83d."}"#),
        "half a pair: \u{fffd}."
    );
    assert_eq!(
        adf::to_markdown(br#"{"type":"text","text":"a pair: \ud83d\ude00 \ud83d"}"#),
        "a pair: 😀 \u{fffd}"
    );
}
