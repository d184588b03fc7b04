//! HTML as Markdown, token by token: nothing is nested, so nothing can nest too deep, and only what
//! this file writes gets out.
//!
//! Text, paragraphs, headings, lists, quotes, preformatted text and links to `http(s)` and `mailto`
//! stay. An image is its alternative text; nothing is fetched. What a mail program would not show
//! (scripts, styles, hidden elements) is left out with all that stands in it.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use super::words::{hides, inert_behind, one_line};

/// How much HTML is looked at.
const MOST_BYTES: usize = 256 * 1024;
/// Quotes and lists deeper than this are written as this deep.
const MOST_LEVELS: usize = 8;

/// The text of HTML, as Markdown.
pub fn markdown(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(MOST_BYTES)];
    let mut emitter = DefaultEmitter::default();
    // The contents of a script or a style sheet are no tags.
    emitter.naively_switch_states(true);
    let mut writer = Writer::default();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => writer.start(&tag),
            Token::EndTag(tag) => writer.end(&tag.name),
            Token::String(text) => writer.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    writer.finish()
}

/// A list that is open, and the number of its next entry where it counts.
struct List(Option<u32>);

/// A link that is open.
struct Link {
    address: String,
    text: String,
}

/// What is being left out: an element with all that stands in it.
struct Hidden {
    name: Vec<u8>,
    levels: u32,
}

#[derive(Default)]
struct Writer {
    written: String,
    /// Line ends that come before the next text.
    breaks: usize,
    space: bool,
    quotes: usize,
    /// How many of them the last line stands in.
    written_quotes: usize,
    lists: Vec<List>,
    /// Stands before the next text: the mark of a list entry, of a heading.
    mark: String,
    preformatted: Option<String>,
    link: Option<Link>,
    hidden: Option<Hidden>,
}

impl Writer {
    fn start(&mut self, tag: &StartTag<()>) {
        if self.still_hidden(tag) {
            return;
        }
        match &**tag.name {
            b"br" => self.at_least(self.breaks + 1),
            b"p" | b"table" | b"hr" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => {
                self.at_least(2);
                if let [b'h', level @ b'1'..=b'6'] = &**tag.name {
                    self.mark = format!("{} ", "#".repeat(usize::from(level - b'0')));
                }
            }
            b"blockquote" => {
                self.at_least(2);
                self.quotes += 1;
            }
            b"ul" => self.list(List(None)),
            b"ol" => self.list(List(Some(1))),
            b"li" => self.entry(),
            b"pre" if self.preformatted.is_none() => {
                self.at_least(2);
                self.preformatted = Some(String::new());
            }
            b"td" | b"th" if self.breaks == 0 && !self.written.is_empty() => self.text(" | "),
            b"img" => {
                let shown = attribute(tag, b"alt").map(|text| one_line(&text)).unwrap_or_default();
                if !shown.is_empty() {
                    self.text(&shown);
                }
            }
            b"a" => {
                self.end_link();
                let address = attribute(tag, b"href").and_then(|address| safe(&address));
                self.link = address.map(|address| Link { address, text: String::new() });
            }
            name if is_block(name) => self.at_least(1),
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        if let Some(hidden) = &mut self.hidden {
            if hidden.name == name {
                hidden.levels -= 1;
                if hidden.levels == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        match name {
            b"a" => self.end_link(),
            b"pre" => self.end_preformatted(),
            b"blockquote" => {
                self.at_least(2);
                self.quotes = self.quotes.saturating_sub(1);
            }
            b"ul" | b"ol" => {
                self.lists.pop();
                self.at_least(if self.lists.is_empty() { 2 } else { 1 });
            }
            b"p" | b"table" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => {
                self.mark.clear();
                self.at_least(2);
            }
            name if is_block(name) => self.at_least(1),
            _ => {}
        }
    }

    /// Whether a tag stands in what is left out, or begins it.
    fn still_hidden(&mut self, tag: &StartTag<()>) -> bool {
        if let Some(hidden) = &mut self.hidden {
            if hidden.name == b"head" && **tag.name == *b"body" {
                // Nobody closed the head.
                self.hidden = None;
                return false;
            }
            if hidden.name == **tag.name && !tag.self_closing {
                hidden.levels += 1;
            }
            return true;
        }
        if is_void(&tag.name) || !is_hidden(tag) {
            return false;
        }
        if !tag.self_closing {
            self.hidden = Some(Hidden { name: tag.name.to_vec(), levels: 1 });
        }
        true
    }

    fn text(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        if let Some(preformatted) = &mut self.preformatted {
            preformatted.push_str(text);
            return;
        }
        let shown = one_line(text);
        let begins = text.starts_with(char::is_whitespace);
        if shown.is_empty() {
            self.space |= begins;
            return;
        }
        let space = std::mem::take(&mut self.space) || begins;
        self.space = text.ends_with(char::is_whitespace);
        if let Some(link) = &mut self.link {
            if space && !link.text.is_empty() {
                link.text.push(' ');
            }
            link.text.push_str(&shown);
            return;
        }
        let begins_a_line = self.flush();
        if space && !begins_a_line {
            self.written.push(' ');
        }
        self.write(&shown, begins_a_line);
    }

    /// Writes text where it is its turn.
    fn write(&mut self, text: &str, begins_a_line: bool) {
        let text = plain(self.written.chars().next_back().unwrap_or('\0'), text);
        let is_mark = text.starts_with(['#', '>', '+', '=', '~'])
            || (text.starts_with('-') && !text.starts_with("- ["));
        if begins_a_line && is_mark {
            self.written.push('\\');
        }
        self.written.push_str(&text);
    }

    fn end_link(&mut self) {
        let Some(Link { address, text }) = self.link.take() else { return };
        if text.is_empty() {
            return;
        }
        let begins_a_line = self.flush();
        if !begins_a_line && !self.written.ends_with([' ', '(', '[']) {
            self.written.push(' ');
        }
        let same = address.trim_end_matches('/') == text.trim_end_matches('/')
            || address.strip_prefix("mailto:") == Some(&*text);
        if same {
            self.write(&text, begins_a_line);
        } else {
            let text = plain(' ', &text).replace('[', "\\[").replace(']', "\\]");
            self.written.push_str(&format!("[{text}]({address})"));
        }
    }

    fn list(&mut self, list: List) {
        self.at_least(if self.lists.is_empty() { 2 } else { 1 });
        self.lists.push(list);
    }

    fn entry(&mut self) {
        self.at_least(1);
        let level = self.lists.len().clamp(1, MOST_LEVELS) - 1;
        let mark = match self.lists.last_mut() {
            Some(List(Some(number))) => {
                let mark = format!("{number}.");
                *number = number.saturating_add(1);
                mark
            }
            _ => "-".to_owned(),
        };
        self.mark = format!("{}{mark} ", "   ".repeat(level));
    }

    fn at_least(&mut self, breaks: usize) {
        self.end_link();
        self.breaks = self.breaks.max(breaks.min(2));
        self.space = false;
    }

    /// Writes the line ends that are due. Answers whether the next text begins a line.
    fn flush(&mut self) -> bool {
        let first = self.written.is_empty();
        let breaks = std::mem::take(&mut self.breaks);
        if breaks == 0 && !first && self.mark.is_empty() {
            return false;
        }
        let quotes = self.quotes.min(MOST_LEVELS);
        let shared = std::mem::replace(&mut self.written_quotes, quotes).min(quotes);
        if !first {
            self.written.push('\n');
            if breaks > 1 {
                self.written.push_str("> ".repeat(shared).trim_end());
                self.written.push('\n');
            }
        }
        self.written.push_str(&"> ".repeat(quotes));
        self.written.push_str(&std::mem::take(&mut self.mark));
        true
    }

    /// Writes preformatted text as a block of its own, outside of quotes and lists, whose marks its
    /// lines do not bear. Its fence is longer than any in the text, so that the text does not end it.
    fn end_preformatted(&mut self) {
        let Some(text) = self.preformatted.take() else { return };
        let text: String = text.chars().filter(|c| !hides(*c)).collect();
        let runs = text.split(|c| c != '`').map(str::len);
        let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
        let quotes = std::mem::take(&mut self.quotes);
        self.mark.clear();
        self.at_least(2);
        self.flush();
        self.quotes = quotes;
        self.written.push_str(&format!("{fence}\n{}\n{fence}", text.trim_matches('\n')));
        self.at_least(2);
    }

    fn finish(mut self) -> String {
        self.end_link();
        self.end_preformatted();
        self.written
    }
}

/// Text, behind the character `before`, that is not to be taken for a mark of Markdown.
fn plain(before: char, text: &str) -> String {
    inert_behind(before, text).replace('`', "\\`").replace('*', "\\*")
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

/// An address that a reader may follow, as it can stand in Markdown.
fn safe(address: &str) -> Option<String> {
    let address: String = address.chars().filter(|c| !c.is_control()).collect();
    let url = url::Url::parse(address.trim()).ok()?;
    let followed = matches!(url.scheme(), "http" | "https" | "mailto");
    let escaped =
        [("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E"), ("\\", "%5C"), (" ", "%20")];
    followed
        .then(|| escaped.iter().fold(url.to_string(), |text, (from, to)| text.replace(from, to)))
}

fn is_void(name: &[u8]) -> bool {
    const VOID: [&[u8]; 13] = [
        b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta",
        b"source", b"track", b"wbr",
    ];
    VOID.contains(&name)
}

fn is_hidden(tag: &StartTag<()>) -> bool {
    const NEVER_SHOWN: [&[u8]; 14] = [
        b"head",
        b"script",
        b"style",
        b"title",
        b"template",
        b"svg",
        b"math",
        b"noscript",
        b"iframe",
        b"object",
        b"select",
        b"noembed",
        b"noframes",
        b"xmp",
    ];
    let style = attribute(tag, b"style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    NEVER_SHOWN.contains(&&**tag.name)
        || tag.attributes.contains_key(&b"hidden"[..])
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}

fn is_block(name: &[u8]) -> bool {
    const BLOCKS: [&[u8]; 20] = [
        b"div",
        b"tr",
        b"section",
        b"article",
        b"header",
        b"footer",
        b"main",
        b"nav",
        b"aside",
        b"center",
        b"form",
        b"fieldset",
        b"address",
        b"dl",
        b"dt",
        b"dd",
        b"figure",
        b"body",
        b"thead",
        b"tbody",
    ];
    BLOCKS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays() {
        for (html, text) in [
            ("<p>Hello <b>you</b></p><p>Bye</p>", "Hello you\n\nBye"),
            ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
            ("<ul><li>a</li><li>b<ol><li>c<li>d</ol></ul>end", "- a\n- b\n   1. c\n   2. d\n\nend"),
            ("<h2>Head</h2>text", "## Head\n\ntext"),
            ("<blockquote>a<br>b</blockquote>c", "> a\n> b\n\nc"),
            ("a<blockquote><p>b<p>c<blockquote>d", "a\n\n> b\n>\n> c\n>\n> > d"),
            ("C:\\<b>&lt;x]</b>(y)", "C:\\\\\\<x]\\(y)"),
            ("<pre>a\n  b</pre>c", "```\na\n  b\n```\n\nc"),
            (
                "<table><tr><td>Name<td>Value</tr><tr><td>x</td><td>1</td></tr></table>",
                "Name | Value\nx | 1",
            ),
            (
                "see <a href='https://x.example/a(b)'>this</a>.",
                "see [this](https://x.example/a%28b%29).",
            ),
            ("<a href='https://x.example/'>https://x.example</a>", "https://x.example"),
            ("a &lt;b&gt; &amp; c&nbsp;d", "a \\<b> & c d"),
            ("2 * 3 - 1<br>- 4<br># 5", "2 \\* 3 - 1\n\\- 4\n\\# 5"),
            ("<img src='http://x.example/p.gif'><img alt='Chart' src='cid:1'>", "Chart"),
            ("<head><title>t</title><style>p{}</style><body>shown", "shown"),
        ] {
            assert_eq!(markdown(html), text, "{html}");
        }
    }

    /// The lines that stand in no block of code, as CommonMark finds its ends.
    fn outside_code(text: &str) -> String {
        let mut fence = 0;
        let mut outside = Vec::new();
        for line in text.lines() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            match fence {
                0 if ticks >= 3 => fence = ticks,
                0 => outside.push(line),
                _ if ticks >= fence && ticks == line.len() => fence = 0,
                _ => {}
            }
        }
        outside.join("\n")
    }

    #[test]
    fn nothing_active_gets_through() {
        for html in [
            "<script>alert(1)</script>",
            "<style>@import 'http://evil.example'</style>",
            "<svg><style><img src=x onerror=alert(1)></style></svg>",
            "<math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=alert(1) src>'>",
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
            "<iframe src=javascript:alert(1)>x</iframe>",
            "<a href='javascript:alert(1)'>x</a>",
            "<a href='java\tscript:alert(1)'>x</a>",
            "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
            "<a href='vbscript:x'>x</a><a href='file:///etc/passwd'>y</a>",
            "<a href='https://x.example'>a](javascript:alert(1))</a>",
            "[x](javascript:alert(1))",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "&#60;img src=x onerror=alert(1)&#62;",
            "<img src=x onerror=alert(1) alt='<script>'>",
            "<pre>```\n<script>alert(1)</script></pre>",
            "<pre>``<b>`</b>\n<script>alert(1)</script></pre>",
            "<blockquote><ul><li><pre>a\n<img src=x onerror=alert(1)></pre></blockquote>",
            "<div style='display: none'>due: 2026-01-01</div>",
            "<p hidden>secret</p>",
            "<img src='http://tracker.example/pixel.gif' width=1>",
        ] {
            let text = markdown(html);
            let outside_code = outside_code(&text);
            let mut before = ' ';
            for c in outside_code.chars() {
                assert!(c != '<' || before == '\\', "{html} gives {text}");
                before = c;
            }
            for never in
                ["](javascript", "](data", "](vbscript", "](file", "tracker", "secret", "due:"]
            {
                assert!(!text.contains(never), "{html} gives {text}");
            }
        }
    }
}
