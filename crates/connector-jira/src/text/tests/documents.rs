//! Documents such as Jira's editor makes them, in the normal form: for the property tests.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

pub fn document() -> BoxedStrategy<Value> {
    prop::collection::vec(block("doc", 2), 1..5).prop_map(super::doc).boxed()
}

const COLORS: [&str; 3] = ["#ff5630", "#36B37E", "#000000"];

/// Text with everything in it that Markdown or wiki markup could take for something else. A web address
/// would become a link.
fn text() -> impl Strategy<Value = String> {
    let words = select(vec![
        "text", "a_b_c", "1. ", "# ", "- ", "> ", "| a |", "---", "***", "```", "[x](y)", "![",
        "!", "<b>", "&amp;", "&#35;", "\\", "  ", "{code}", "h1. ", "snake_", "_", "~", "~~", "**",
        "é", "😀", "\u{a0}", "@", ":)", "jira:", "<br>", "</u>", "=", "+ ", "*a*", "`", "\n", "\t",
        "[!NOTE]", "[ ] ", "#", "日本",
    ])
    .prop_map(str::to_owned);
    let piece = prop_oneof![words, "[ -~]{1,6}", "[a-z]{1,8}"];
    prop::collection::vec(piece, 1..4)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("a web address", |text| !text.contains("://"))
}

/// One line of text as a person names something.
fn label() -> impl Strategy<Value = String> {
    text().prop_filter("empty", |text| !text.is_empty())
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("https://example.com/a_b?c=d&e=f#g".to_owned()),
        select(vec![
            "",
            "#part",
            "https://example.com/(x)",
            "a b",
            "jira:mention?id=1",
            "jira:other",
            "&amp;"
        ])
        .prop_map(str::to_owned),
        "[ -~]{1,12}",
    ]
}

fn marks() -> impl Strategy<Value = Vec<Value>> {
    let link = (address(), prop::option::weighted(0.3, label())).prop_map(|(href, title)| {
        let mut mark = json!({"type": "link", "attrs": {"href": href}});
        if let Some(title) = title {
            mark["attrs"]["title"] = title.into();
        }
        mark
    });
    let annotation = json!({
        "type": "annotation", "attrs": {"id": "a?b=&c", "annotationType": "inlineComment"}
    });
    let outer =
        (prop::option::weighted(0.3, link), any::<bool>()).prop_map(move |(link, annotated)| {
            let annotation = (annotated && link.is_none()).then(|| annotation.clone());
            link.into_iter().chain(annotation).collect::<Vec<_>>()
        });
    let formats = subsequence(
        vec![
            json!({"type": "textColor", "attrs": {"color": COLORS[0]}}),
            json!({"type": "backgroundColor", "attrs": {"color": COLORS[1]}}),
            json!({"type": "strong"}),
            json!({"type": "em"}),
            json!({"type": "strike"}),
            json!({"type": "underline"}),
            json!({"type": "subsup", "attrs": {"type": "sub"}}),
        ],
        0..4,
    );
    let inner = prop_oneof![
        3 => Just(Vec::new()),
        4 => formats,
        1 => Just(vec![json!({"type": "code"})]),
    ];
    prop_oneof![
        2 => inner.clone(),
        1 => (outer, inner).prop_map(|(outer, inner)| [outer, inner].concat()),
    ]
}

fn inline() -> impl Strategy<Value = Value> {
    let marked = (text(), marks()).prop_map(|(text, marks)| {
        // Within code, a line break is a space in Markdown too.
        let mut node = json!({"type": "text", "text": text});
        if !marks.is_empty() {
            node["marks"] = marks.into();
        }
        node
    });
    let id = "[a-z0-9:-]{1,12}";
    let atom = prop_oneof![
        Just(json!({"type": "hardBreak"})),
        (id, label())
            .prop_map(|(id, name)| json!({"type": "mention", "attrs": {"id": id, "text": name}})),
        id.prop_map(|id| json!({"type": "mention", "attrs": {"id": id, "userType": "APP"}})),
        label()
            .prop_map(|text| json!({"type": "status", "attrs": {"text": text, "color": "green"}})),
        (0..4_000_000_000_000_i64)
            .prop_map(|time| { json!({"type": "date", "attrs": {"timestamp": time.to_string()}}) }),
        select(vec!["https://example.com/1", "https://example.com/(a) b?c=\"d\""])
            .prop_map(|url| json!({"type": "inlineCard", "attrs": {"url": url}})),
        Just(
            json!({"type": "inlineCard", "attrs": {"data": {"name": "x\"y", "url": "https://e.com"}}})
        ),
        Just(
            json!({"type": "emoji", "attrs": {"shortName": ":grin:", "id": "1f600", "text": "😀"}})
        ),
        Just(json!({"type": "emoji", "attrs": {"shortName": ":ours:"}})),
        label().prop_map(|text| json!({"type": "placeholder", "attrs": {"text": text}})),
        Just(json!({"type": "inlineExtension", "attrs": {
            "extensionType": "com.example", "extensionKey": "k", "parameters": {"a": [1, null, "b"]}
        }})),
        Just(
            json!({"type": "mediaInline", "attrs": {"id": "i", "collection": "", "alt": "a.png"}})
        ),
    ];
    prop_oneof![3 => marked, 1 => atom]
}

fn inlines(least: usize) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(inline(), least..5).prop_map(merged)
}

/// No two texts in a row are the same text taken apart.
fn merged(nodes: Vec<Value>) -> Vec<Value> {
    let mut merged: Vec<Value> = Vec::new();
    for node in nodes {
        match merged.last_mut() {
            Some(last)
                if node["type"] == "text"
                    && last["type"] == "text"
                    && last.get("marks") == node.get("marks") =>
            {
                let text =
                    format!("{}{}", last["text"].as_str().unwrap(), node["text"].as_str().unwrap());
                last["text"] = text.replace("://", ":").into();
            }
            _ => merged.push(node),
        }
    }
    merged
}

fn paragraph() -> BoxedStrategy<Value> {
    inlines(1).prop_map(|content| json!({"type": "paragraph", "content": said(content)})).boxed()
}

/// A paragraph of nothing but breaks would be an empty one.
fn said(mut content: Vec<Value>) -> Vec<Value> {
    if content.iter().all(|node| node["type"] == "hardBreak") {
        content.push(json!({"type": "text", "text": "said"}));
    }
    content
}

/// A block that may stand in another; `depth` more levels may be within it.
fn block(parent: &'static str, depth: u32) -> BoxedStrategy<Value> {
    let mut choices: Vec<(u32, BoxedStrategy<Value>)> = vec![(6, paragraph()), (1, code_block())];
    let outer = matches!(parent, "doc" | "layoutColumn");
    let free = outer || matches!(parent, "expand" | "panel" | "nestedExpand" | "bodiedExtension");
    if free {
        choices.push((1, heading()));
        choices.push((1, Just(json!({"type": "rule"})).boxed()));
        choices.push((1, decision_list()));
    }
    if outer {
        choices.push((1, aligned()));
        choices.push((1, table()));
        choices.push((1, card()));
    }
    if parent != "listItem" {
        choices.push((1, media_group()));
    }
    choices.push((1, media_single()));
    choices.push((1, extension()));
    if depth > 0 {
        let inner = depth - 1;
        choices.push((2, list(inner)));
        if free || parent == "listItem" {
            choices.push((1, task_list(inner)));
        }
        if free && parent != "panel" {
            choices.push((1, around("blockquote", json!(null), "blockquote", inner)));
            choices.push((1, panel(inner)));
        }
        if outer {
            choices.push((1, expand("expand", inner)));
            choices.push((1, around("bodiedExtension", json!({
                "extensionType": "com.example", "extensionKey": "body", "text": "A body", "layout": "wide"
            }), "bodiedExtension", inner)));
        }
        if parent == "expand" {
            choices.push((1, expand("nestedExpand", inner)));
        }
        if parent == "doc" {
            choices.push((1, layout(inner)));
        }
    }
    proptest::strategy::Union::new_weighted(choices).boxed()
}

fn blocks(parent: &'static str, depth: u32) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(block(parent, depth), 1..4)
}

fn node(kind: &str, attributes: Value, content: Vec<Value>) -> Value {
    let mut node = json!({"type": kind});
    if attributes.as_object().is_some_and(|attributes| !attributes.is_empty()) {
        node["attrs"] = attributes;
    }
    if !content.is_empty() {
        node["content"] = content.into();
    }
    node
}

fn around(
    kind: &'static str,
    attributes: Value,
    parent: &'static str,
    depth: u32,
) -> BoxedStrategy<Value> {
    blocks(parent, depth).prop_map(move |content| node(kind, attributes.clone(), content)).boxed()
}

fn code_block() -> BoxedStrategy<Value> {
    let code = prop_oneof![
        "[ -~]{1,20}",
        select(vec![
            "fn main() {\n    \tprintln!(\"```\");\n}",
            "````",
            "\n",
            "a\n\nb\n",
            "  x\n",
            "> q\n- l"
        ])
        .prop_map(str::to_owned),
    ];
    let attributes = prop_oneof![
        Just(json!({})),
        Just(json!({"language": "rust"})),
        Just(json!({"language": "c++ `x`"})),
        Just(json!({"language": "sql", "wrap": true})),
        Just(json!({"hideLineNumbers": true})),
    ];
    (prop::option::weighted(0.9, code), attributes)
        .prop_map(|(code, attributes)| {
            let text = code.map(|code| json!({"type": "text", "text": code}));
            node("codeBlock", attributes, text.into_iter().collect())
        })
        .boxed()
}

fn heading() -> BoxedStrategy<Value> {
    (1..7, inlines(0))
        .prop_map(|(level, content)| node("heading", json!({"level": level}), content))
        .boxed()
}

fn aligned() -> BoxedStrategy<Value> {
    let marks = select(vec![
        json!([{"type": "alignment", "attrs": {"align": "center"}}]),
        json!([{"type": "indentation", "attrs": {"level": 3}}]),
    ]);
    (marks, prop_oneof![paragraph(), heading(), Just(json!({"type": "paragraph"}))])
        .prop_map(|(marks, mut block)| {
            block["marks"] = marks;
            block
        })
        .boxed()
}

fn list(depth: u32) -> BoxedStrategy<Value> {
    let first =
        prop_oneof![8 => paragraph(), 1 => code_block(), 1 => Just(json!({"type": "paragraph"}))];
    let item = (first, prop::collection::vec(block("listItem", depth), 0..3)).prop_map(
        |(first, mut rest)| {
            // An empty paragraph is only there where nothing else could begin an item.
            let needed = rest.first().is_none_or(|next| {
                !matches!(next["type"].as_str(), Some("paragraph" | "codeBlock" | "mediaSingle"))
            });
            if first["content"].is_array() || first["type"] == "codeBlock" || needed {
                rest.insert(0, first);
            }
            node("listItem", json!({}), rest)
        },
    );
    let order =
        select(vec![json!({}), json!({"order": 0}), json!({"order": 2}), json!({"order": 12345})]);
    (any::<bool>(), order, prop::collection::vec(item, 1..4))
        .prop_map(|(ordered, order, items)| {
            if ordered {
                node("orderedList", order, items)
            } else {
                node("bulletList", json!({}), items)
            }
        })
        .boxed()
}

fn task_list(depth: u32) -> BoxedStrategy<Value> {
    let state = || select(vec!["TODO", "DONE"]);
    let task = (state(), inlines(0))
        .prop_map(|(state, content)| vec![node("taskItem", json!({"state": state}), content)])
        .boxed();
    let block_task = (state(), paragraph(), paragraph()).prop_map(|(state, first, second)| {
        vec![node("blockTaskItem", json!({"state": state}), vec![first, second])]
    });
    let nested = if depth == 0 {
        task.clone()
    } else {
        (task.clone(), task_list(depth - 1))
            .prop_map(|(mut task, list)| {
                task.push(list);
                task
            })
            .boxed()
    };
    prop::collection::vec(prop_oneof![4 => task, 1 => block_task, 1 => nested], 1..4)
        .prop_map(|items| node("taskList", json!({}), items.concat()))
        .boxed()
}

fn decision_list() -> BoxedStrategy<Value> {
    let item =
        inlines(0).prop_map(|content| node("decisionItem", json!({"state": "DECIDED"}), content));
    prop::collection::vec(item, 1..3)
        .prop_map(|items| node("decisionList", json!({}), items))
        .boxed()
}

fn panel(depth: u32) -> BoxedStrategy<Value> {
    let attributes = select(vec![
        json!({"panelType": "info"}),
        json!({"panelType": "note"}),
        json!({"panelType": "tip"}),
        json!({"panelType": "warning"}),
        json!({"panelType": "error"}),
        json!({"panelType": "success"}),
        json!({"panelType": "custom", "panelColor": "#34eb6e", "panelIcon": ":fire:"}),
    ]);
    (attributes, blocks("panel", depth))
        .prop_map(|(attributes, content)| node("panel", attributes, content))
        .boxed()
}

fn expand(kind: &'static str, depth: u32) -> BoxedStrategy<Value> {
    let attributes =
        prop_oneof![Just(json!({})), label().prop_map(|title| json!({"title": title})),];
    (attributes, blocks(kind, depth))
        .prop_map(move |(attributes, content)| {
            let mut node = node(kind, attributes.clone(), content);
            // The schema demands it of this one, even with nothing in it.
            if kind == "nestedExpand" {
                node["attrs"] = attributes;
            }
            node
        })
        .boxed()
}

fn layout(depth: u32) -> BoxedStrategy<Value> {
    let column = blocks("layoutColumn", depth)
        .prop_map(|content| node("layoutColumn", json!({"width": 33.33}), content));
    prop::collection::vec(column, 2..4)
        .prop_map(|columns| node("layoutSection", json!({}), columns))
        .boxed()
}

fn extension() -> BoxedStrategy<Value> {
    Just(json!({"type": "extension", "attrs": {
        "extensionType": "com.example.macro", "extensionKey": "toc", "layout": "default",
        "parameters": {"macroParams": {"maxLevel": {"value": "3"}}, "x": "a b&c=d"}
    }}))
    .boxed()
}

fn card() -> BoxedStrategy<Value> {
    select(vec![
        json!({"type": "blockCard", "attrs": {"url": "https://example.com/a b"}}),
        json!({"type": "embedCard", "attrs": {"url": "https://example.com/v", "layout": "wide", "width": 66.6}}),
        json!({"type": "blockCard", "attrs": {
            "url": "https://example.com/q", "layout": "center",
            "datasource": {"id": "x", "parameters": {"jql": "a = \"b\""}, "views": [{"type": "table"}]}
        }}),
    ])
    .boxed()
}

fn media() -> BoxedStrategy<Value> {
    prop_oneof![
        label().prop_map(|alt| json!({"type": "media", "attrs": {
            "type": "file", "id": "1f-2", "collection": "c", "alt": alt, "width": 200, "height": 1.5
        }})),
        Just(json!({"type": "media", "attrs": {"type": "link", "id": "7", "collection": ""}})),
        Just(json!({"type": "media", "attrs": {"type": "external", "url": "https://example.com/a.png"}})),
        label().prop_map(|alt| json!({"type": "media", "attrs": {
            "type": "external", "url": "https://example.com/a(b).png", "alt": alt, "width": 20
        }})),
        Just(json!({
            "type": "media",
            "attrs": {"type": "file", "id": "7", "collection": ""},
            "marks": [
                {"type": "link", "attrs": {"href": "https://example.com/?a=b c"}},
                {"type": "border", "attrs": {"size": 2, "color": "#091e4224"}}
            ]
        })),
    ]
    .boxed()
}

fn media_single() -> BoxedStrategy<Value> {
    let attributes = select(vec![
        json!({"layout": "center"}),
        json!({"layout": "wrap-left", "width": 50, "widthType": "percentage"}),
        json!({"layout": "center", "width": 500, "widthType": "pixel"}),
    ]);
    let caption = inlines(1).prop_map(|content| {
        let content = content
            .into_iter()
            .filter(|node| {
                !matches!(node["type"].as_str(), Some("inlineExtension" | "mediaInline"))
            })
            .collect::<Vec<_>>();
        (!content.is_empty()).then(|| node("caption", json!({}), said(merged(content))))
    });
    let caption = prop_oneof![2 => Just(None), 1 => caption];
    (attributes, media(), caption)
        .prop_map(|(attributes, media, caption)| {
            node("mediaSingle", attributes, std::iter::once(media).chain(caption).collect())
        })
        .boxed()
}

fn media_group() -> BoxedStrategy<Value> {
    let file = select(vec!["a", "b"]).prop_map(
        |id| json!({"type": "media", "attrs": {"type": "file", "id": id, "collection": "x"}}),
    );
    prop::collection::vec(file, 1..3).prop_map(|files| node("mediaGroup", json!({}), files)).boxed()
}

/// A table of full rows; in a cell, paragraphs that no two breaks divide.
fn table() -> BoxedStrategy<Value> {
    let paragraph = inlines(1)
        .prop_map(|mut content| {
            content.retain(|node| node["type"] != "hardBreak");
            node("paragraph", json!({}), merged(content))
        })
        .boxed();
    let cell_content = prop_oneof![
        4 => paragraph.clone().prop_map(|paragraph| vec![paragraph]),
        1 => (paragraph.clone(), paragraph).prop_map(|(first, second)| {
            let mut both = vec![first, second];
            if both.iter().any(|paragraph| paragraph["content"].is_null()) {
                both.truncate(1);
            }
            both
        }),
    ];
    let cell_attributes = prop_oneof![
        8 => Just(json!({})),
        1 => Just(json!({"background": "#deebff"})),
        1 => Just(json!({"colwidth": [120]})),
    ];
    let row = prop::collection::vec((cell_attributes, cell_content), 3);
    let attributes = prop_oneof![
        2 => Just(json!({})),
        1 => Just(json!({"layout": "wide", "isNumberColumnEnabled": true, "width": 760})),
    ];
    let headers = select(vec!["none", "row", "column"]);
    (attributes, headers, prop::collection::vec(row, 1..4), any::<bool>())
        .prop_map(|(attributes, headers, rows, span)| {
            let last = rows.len() - 1;
            let rows = rows.into_iter().enumerate().map(|(at, cells)| {
                let cells = cells.into_iter().enumerate().filter_map(
                    |(column, (mut attributes, content))| {
                        let header = match headers {
                            "row" => at == 0,
                            "column" => column == 0,
                            _ => false,
                        };
                        // One cell over two columns in every row, and one over two rows.
                        if span && column == 1 {
                            attributes["colspan"] = 2.into();
                        }
                        if span && column == 2 {
                            return None;
                        }
                        if span && column == 0 && at == 0 && last > 0 {
                            attributes["rowspan"] = 2.into();
                        }
                        if span && column == 0 && at == 1 {
                            return None;
                        }
                        Some(node(
                            if header { "tableHeader" } else { "tableCell" },
                            attributes,
                            content,
                        ))
                    },
                );
                node("tableRow", json!({}), cells.collect())
            });
            node("table", attributes, rows.collect())
        })
        .boxed()
}
