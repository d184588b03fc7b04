//! Which attributes a node or a mark has, and what each may hold: what Atlassian's schema allows,
//! less what only the editor keeps for itself.

use serde_json::Value;

use super::node::Attributes;

struct Attribute {
    name: &'static str,
    rule: Rule,
    required: bool,
}

enum Rule {
    Text,
    NonEmpty,
    OneOf(&'static [&'static str]),
    Number(f64, f64),
    Flag,
    /// `#rrggbb`
    Color,
    /// A colour, opaque or not: `#rrggbb` or `#rrggbbaa`.
    BorderColor,
    StatusColor,
    NonEmptyList,
    Any,
}

const fn must(name: &'static str, rule: Rule) -> Attribute {
    Attribute { name, rule, required: true }
}

const fn may(name: &'static str, rule: Rule) -> Attribute {
    Attribute { name, rule, required: false }
}

const UNBOUNDED: Rule = Rule::Number(f64::MIN, f64::MAX);
const PERCENT: Rule = Rule::Number(0.0, 100.0);
const LAYOUT: Rule = Rule::OneOf(&[
    "wide",
    "full-width",
    "center",
    "wrap-right",
    "wrap-left",
    "align-end",
    "align-start",
]);
const TABLE_LAYOUT: Rule =
    Rule::OneOf(&["wide", "full-width", "center", "align-end", "align-start", "default"]);
const EXTENSION_LAYOUT: Rule = Rule::OneOf(&["wide", "full-width", "default"]);
const ITEM_STATE: Rule = Rule::OneOf(&["TODO", "DONE"]);
const VERTICAL: Rule = Rule::OneOf(&["top", "middle", "bottom"]);

/// The attributes of a node; nothing for a kind that is not known.
fn of_node(kind: &str) -> Option<&'static [Attribute]> {
    use Rule::*;
    Some(match kind {
        "blockCard" => {
            const {
                &[
                    may("url", Text),
                    may("data", Any),
                    may("datasource", Any),
                    may("width", UNBOUNDED),
                    may("layout", LAYOUT),
                ]
            }
        }
        "bodiedExtension" | "extension" => {
            const {
                &[
                    must("extensionKey", NonEmpty),
                    must("extensionType", NonEmpty),
                    may("parameters", Any),
                    may("text", Text),
                    may("layout", EXTENSION_LAYOUT),
                    may("localId", NonEmpty),
                ]
            }
        }
        "inlineExtension" => {
            const {
                &[
                    must("extensionKey", NonEmpty),
                    must("extensionType", NonEmpty),
                    may("parameters", Any),
                    may("text", Text),
                    may("localId", NonEmpty),
                ]
            }
        }
        "bodiedSyncBlock" | "syncBlock" => {
            const { &[must("resourceId", Text), must("localId", Text)] }
        }
        "codeBlock" => {
            const { &[may("language", Text), may("wrap", Flag), may("hideLineNumbers", Flag)] }
        }
        "date" => const { &[must("timestamp", NonEmpty)] },
        "decisionItem" => const { &[must("state", Text)] },
        "taskItem" | "blockTaskItem" => const { &[must("state", ITEM_STATE)] },
        "embedCard" => {
            const {
                &[
                    must("url", Text),
                    must("layout", LAYOUT),
                    may("width", PERCENT),
                    may("originalHeight", UNBOUNDED),
                    may("originalWidth", UNBOUNDED),
                ]
            }
        }
        "emoji" => const { &[must("shortName", Text), may("id", Text), may("text", Text)] },
        "expand" | "nestedExpand" => const { &[may("title", Text)] },
        // The line of a heading says it; what is noted beside it need not.
        "heading" => const { &[may("level", Number(1.0, 6.0))] },
        "inlineCard" => const { &[may("url", Text), may("data", Any)] },
        "layoutColumn" => const { &[must("width", PERCENT), may("valign", VERTICAL)] },
        "media" => {
            const {
                &[
                    must("type", OneOf(&["file", "link", "external"])),
                    may("id", NonEmpty),
                    may("collection", Text),
                    may("url", Text),
                    may("alt", Text),
                    may("occurrenceKey", NonEmpty),
                    may("width", UNBOUNDED),
                    may("height", UNBOUNDED),
                ]
            }
        }
        "mediaInline" => {
            const {
                &[
                    must("id", NonEmpty),
                    must("collection", Text),
                    may("type", OneOf(&["link", "file", "image"])),
                    may("alt", Text),
                    may("occurrenceKey", NonEmpty),
                    may("width", UNBOUNDED),
                    may("height", UNBOUNDED),
                    may("data", Any),
                ]
            }
        }
        "mediaSingle" => {
            const {
                &[
                    must("layout", LAYOUT),
                    may("width", Number(0.0, f64::MAX)),
                    may("widthType", OneOf(&["percentage", "pixel"])),
                ]
            }
        }
        "mention" => {
            const {
                &[
                    must("id", Text),
                    may("text", Text),
                    may("userType", OneOf(&["DEFAULT", "SPECIAL", "APP"])),
                ]
            }
        }
        "orderedList" => const { &[may("order", Number(0.0, 999_999_999.0))] },
        "panel" => {
            const {
                &[
                    must(
                        "panelType",
                        OneOf(&["info", "note", "tip", "warning", "error", "success", "custom"]),
                    ),
                    may("panelIcon", Text),
                    may("panelIconId", Text),
                    may("panelIconText", Text),
                    may("panelColor", Text),
                ]
            }
        }
        "placeholder" => const { &[must("text", Text)] },
        "status" => {
            const { &[must("text", NonEmpty), must("color", StatusColor), may("style", Text)] }
        }
        "table" => {
            const {
                &[
                    may("displayMode", OneOf(&["default", "fixed"])),
                    may("isNumberColumnEnabled", Flag),
                    may("layout", TABLE_LAYOUT),
                    may("localId", NonEmpty),
                    may("width", UNBOUNDED),
                ]
            }
        }
        "tableCell" | "tableHeader" => {
            const {
                &[
                    may("colspan", UNBOUNDED),
                    may("rowspan", UNBOUNDED),
                    may("colwidth", NonEmptyList),
                    may("background", Text),
                    may("valign", VERTICAL),
                ]
            }
        }
        "blockquote" | "bulletList" | "caption" | "decisionList" | "doc" | "hardBreak"
        | "layoutSection" | "listItem" | "mediaGroup" | "paragraph" | "rule" | "tableRow"
        | "taskList" | "text" => &[],
        _ => return None,
    })
}

fn of_mark(kind: &str) -> Option<&'static [Attribute]> {
    use Rule::*;
    Some(match kind {
        "alignment" => const { &[must("align", OneOf(&["center", "end"]))] },
        "annotation" => {
            const { &[must("id", Text), must("annotationType", OneOf(&["inlineComment"]))] }
        }
        "backgroundColor" | "textColor" => const { &[must("color", Color)] },
        "border" => const { &[must("size", Number(1.0, 3.0)), must("color", BorderColor)] },
        "breakout" => {
            const { &[must("mode", OneOf(&["wide", "full-width"])), may("width", UNBOUNDED)] }
        }
        "dataConsumer" => const { &[must("sources", NonEmptyList)] },
        "fontSize" => const { &[must("fontSize", OneOf(&["small"]))] },
        "fragment" => const { &[must("localId", NonEmpty), may("name", Text)] },
        "indentation" => const { &[must("level", Number(1.0, 6.0))] },
        "link" => {
            const {
                &[
                    must("href", Text),
                    may("title", Text),
                    may("id", Text),
                    may("collection", Text),
                    may("occurrenceKey", Text),
                ]
            }
        }
        "subsup" => const { &[must("type", OneOf(&["sub", "sup"]))] },
        "code" | "em" | "strike" | "strong" | "underline" => &[],
        _ => return None,
    })
}

impl Rule {
    fn allows(&self, value: &Value) -> bool {
        let text = || value.as_str();
        match self {
            Self::Text => value.is_string(),
            Self::NonEmpty => text().is_some_and(|text| !text.is_empty()),
            Self::OneOf(values) => text().is_some_and(|text| values.contains(&text)),
            Self::Number(least, most) => {
                value.as_f64().is_some_and(|number| (*least..=*most).contains(&number))
            }
            Self::Flag => value.is_boolean(),
            Self::Color => text().is_some_and(|text| is_hex_color(text, &[6])),
            Self::BorderColor => text().is_some_and(|text| is_hex_color(text, &[6, 8])),
            Self::StatusColor => text().is_some_and(|text| {
                matches!(text, "neutral" | "purple" | "blue" | "red" | "yellow" | "green")
                    || is_hex_color(text, &[6])
            }),
            Self::NonEmptyList => value.as_array().is_some_and(|list| !list.is_empty()),
            Self::Any => true,
        }
    }
}

fn is_hex_color(text: &str, digits: &[usize]) -> bool {
    text.strip_prefix('#').is_some_and(|hex| {
        digits.contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// What is allowed of the attributes of a node, without those that say nothing. Nothing where the
/// kind is not known, or one that it needs is missing.
pub fn of_valid_node(kind: &str, attributes: &Attributes) -> Option<Attributes> {
    let mut valid = checked(of_node(kind)?, attributes)?;
    valid.retain(|name, value| !says_nothing(kind, name, value));
    let has = |name: &str| valid.contains_key(name);
    match kind {
        "inlineCard" | "blockCard" => {
            if has("datasource") {
                valid.remove("data");
            } else if has("url") {
                valid.retain(|name, _| name == "url");
            } else if has("data") {
                valid.retain(|name, _| name == "data");
            } else {
                return None;
            }
        }
        "media" if valid.get("type").is_some_and(|of| of == "external") => {
            if !has("url") {
                return None;
            }
            valid.retain(|name, _| !matches!(name.as_str(), "id" | "collection" | "occurrenceKey"));
        }
        "media" => {
            if !has("id") || !has("collection") {
                return None;
            }
            valid.remove("url");
        }
        "mediaSingle" => {
            let width = valid.get("width").and_then(Value::as_f64);
            let pixels = valid.get("widthType").is_some_and(|of| of == "pixel");
            if pixels && width.is_none() {
                valid.remove("widthType");
            } else if !pixels && width.is_some_and(|width| width > 100.0) {
                valid.remove("width");
            }
        }
        _ => {}
    }
    Some(valid)
}

/// The same for a mark.
pub fn of_valid_mark(kind: &str, attributes: &Attributes) -> Option<Attributes> {
    checked(of_mark(kind)?, attributes)
}

fn checked(allowed: &[Attribute], attributes: &Attributes) -> Option<Attributes> {
    let mut valid = Attributes::new();
    for Attribute { name, rule, required } in allowed {
        match attributes.get(*name).filter(|value| rule.allows(value)) {
            Some(value) => {
                valid.insert((*name).to_owned(), value.clone());
            }
            None if *required => return None,
            None => {}
        }
    }
    Some(valid)
}

/// Whether leaving an attribute out means the same.
fn says_nothing(kind: &str, name: &str, value: &Value) -> bool {
    match (kind, name) {
        ("table", "localId") => true,
        ("table", "layout" | "displayMode") => value == "default",
        ("table", "isNumberColumnEnabled") | ("codeBlock", "wrap" | "hideLineNumbers") => {
            value == false
        }
        ("tableCell" | "tableHeader", "colspan" | "rowspan") | ("orderedList", "order") => {
            value.as_f64() == Some(1.0)
        }
        ("mention" | "emoji" | "media" | "mediaInline", "text" | "alt")
        | ("expand" | "nestedExpand", "title")
        | ("extension" | "bodiedExtension" | "inlineExtension", "text")
        | ("codeBlock", "language") => value == "",
        _ => false,
    }
}
