//! Rich text: Atlassian Document Format (Cloud) and wiki markup (Data Center) as Markdown, and back.
//!
//! Both ways are pure functions that take any input: what they do not know stays visible, nothing is
//! left out, and time and depth are bounded. What Markdown can say, it says: GitHub's flavour, with
//! tables, task lists, strikethrough and alerts. For the rest there is a notation that reads well in
//! any viewer and is read back:
//!
//! | what | as Markdown |
//! |---|---|
//! | mention | `[@Ann](jira:mention?id=5b10a284)`: the account id (Cloud) or the user name (Data Center) |
//! | status | `[IN PROGRESS](jira:status?color=blue)` |
//! | date | `[2025-11-25](jira:date?timestamp=1764028800000)` |
//! | emoji | `[😀](jira:emoji?id=1f600&shortName=:grinning:)` |
//! | smart link | `[https://example.com/1](https://example.com/1 "jira:inlineCard")`, or `blockCard`, `embedCard` |
//! | file | `[plan.pdf](jira:media?collection=&id=…&type=file)`; a picture on the web is a picture |
//! | panel: info, note, success, warning, error | `> [!NOTE]`, `[!IMPORTANT]`, `[!TIP]`, `[!WARNING]`, `[!CAUTION]`: the alert of the same colour |
//! | other panels, expand, columns, figures with a caption, macros with a body | a quote whose first line is a link: `> [More](jira:expand)` |
//! | macro | `[toc](jira:extension?extensionKey=toc&extensionType=…)` |
//! | decision | `- [Decision](jira:decisionItem?state=DECIDED) text` |
//! | underline, subscript, superscript | `<u>`, `<sub>`, `<sup>` |
//! | colours, annotations | `<span data-jira="textColor?color=%23ff5630">…</span>` |
//! | alignment, indentation of a paragraph or heading | a link at its end: `[alignment](jira:paragraph?marks=…)` |
//! | attributes of a cell; a header cell that is not in the first row | a link at the end of the cell: `[cell](jira:tableCell?background=…)` |
//! | attributes of a table | a link in the line before it |
//! | more of a block of code than its language | an address after the language |
//!
//! An address is `jira:` and the kind of node, with its attributes as a query: `name=text`, percent-
//! encoded, or `name:=json` where it is no text; `marks` are parted by spaces. The text of the link is
//! the attribute that people read (the name in a mention, the title of an expand). Edited by hand into
//! something that is not valid, it is a link like any other, and nothing is lost.
//!
//! What is not known keeps its text and a link that names it: `[extraBlock](jira:extraBlock?…)`.
//!
//! # The normal form
//!
//! `from_markdown(to_markdown(document))` is the document, in this form:
//!
//! * Empty paragraphs, and those of nothing but breaks, are left out where there is anything else.
//!   Texts in a row with the same marks are one.
//! * Marks stand in one order; beside `code` there is only a link or an annotation.
//! * An attribute that says the same when it is left out is left out. Ids that only the editor uses
//!   (`localId`) are left out, and are numbers in order where the schema demands one; `accessLevel` of
//!   a mention, which depends on who looks, is left out.
//! * A web address in text is a link, since every viewer makes it one.
//! * A row of a table has all its cells. A cell holds paragraphs; what else it held is shown as text.
//! * Blocks may stand only where Atlassian's content model allows it: a heading in a list becomes a
//!   bold paragraph, a quote within a quote begins with `> `.
//!
//! # Wiki markup
//!
//! It is read into the same tree. A line is a line, as Jira shows it. A target that is no web address
//! stays as it is (`[KEY-1](KEY-1)`, `[plan.pdf](^plan.pdf)`, `[part](#part)`), as does a picture's
//! (`![plan.png](plan.png "thumbnail")`). A panel with a title and a macro that Jira knows are in the
//! notation of a macro; a macro that it does not know is text, `{chart}`, and goes back as it came.
//! What wiki markup lacks (expand, columns, tasks, status, cells over several fields, where a list
//! starts) keeps its text.
//!
//! # What it costs
//!
//! For a description of about 1 KiB of Markdown, on two busy cores (`--example text_speed`):
//!
//! | | µs for each KiB of input |
//! |---|---|
//! | `adf::to_markdown` (4 KiB of JSON) | 17 |
//! | `adf::from_markdown`, with the JSON of it | 56 |
//! | `wiki::to_markdown` | 27 |
//! | `wiki::from_markdown` | 55 |

pub mod adf;
mod attributes;
mod bounds;
mod fit;
mod linkify;
mod markdown;
mod node;
mod notation;
pub mod wiki;

#[cfg(test)]
mod tests;
