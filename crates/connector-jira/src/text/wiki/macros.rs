//! What both ways have to agree about: macros, emoticons, colours.

/// Macros that Jira knows and that mean nothing in Markdown; they go through as they are. A name in
/// braces that is not known is text to Jira as well.
const KNOWN: [&str; 2] = ["anchor", "loremipsum"];

/// Macros that are read.
const READ: [&str; 5] = ["code", "noformat", "quote", "panel", "color"];

/// `{name}` or `{name:parameters}` at the beginning of a text.
#[derive(Debug, Clone, Copy)]
pub struct Macro<'t> {
    pub name: &'t str,
    pub parameters: &'t str,
    /// With its braces.
    pub source: &'t str,
}

/// The longest macro that is taken for one, in bytes.
const MAX_MACRO: usize = 1000;

/// Reads a macro.
pub fn parse(text: &str) -> Option<Macro<'_>> {
    let inner = text.strip_prefix('{')?;
    let letters = inner.bytes().take_while(u8::is_ascii_lowercase).take(20).count();
    let name = &inner[..letters];
    if !KNOWN.contains(&name) && !READ.contains(&name) {
        return None;
    }
    let end = inner.bytes().take(MAX_MACRO).position(|byte| matches!(byte, b'}' | b'\n'))?;
    let parameters = match &inner[letters..end] {
        "" => "",
        after => after.strip_prefix(':')?,
    };
    inner[end..].starts_with('}').then(|| Macro { name, parameters, source: &text[..end + 2] })
}

impl Macro<'_> {
    /// Whether it goes through as it is.
    pub fn is_opaque(&self) -> bool {
        KNOWN.contains(&self.name)
    }
}

/// Where opaque macros come from, in the notation.
pub const EXTENSION_TYPE: &str = "wiki";

/// The signs that enclose formatted text, and the mark that each is.
pub const DELIMITERS: [(char, &str); 7] = [
    ('*', "strong"),
    ('_', "em"),
    ('-', "strike"),
    ('+', "underline"),
    ('^', "sup"),
    ('~', "sub"),
    ('?', "cite"),
];

/// What Jira shows as a picture, and the character for it. No sign is the beginning of a later one.
const EMOTICONS: [(&str, &str); 26] = [
    (":)", "🙂"),
    (":(", "🙁"),
    (":P", "😛"),
    (":D", "😀"),
    (";)", "😉"),
    ("(y)", "👍"),
    ("(n)", "👎"),
    ("(i)", "ℹ️"),
    ("(/)", "✅"),
    ("(x)", "❌"),
    ("(!)", "⚠️"),
    ("(+)", "➕"),
    ("(-)", "➖"),
    ("(?)", "❓"),
    ("(on)", "💡"),
    ("(off)", "🌑"),
    ("(*)", "⭐"),
    ("(*r)", "🔴"),
    ("(*g)", "🟢"),
    ("(*b)", "🔵"),
    ("(*y)", "🟡"),
    ("(flag)", "🚩"),
    ("(flagoff)", "🏳️"),
    ("(green)", "🟩"),
    ("(yellow)", "🟨"),
    ("(red)", "🟥"),
];

/// The emoticon at the beginning of a text that follows a character.
pub fn emoticon(text: &str, before: Option<char>) -> Option<(&'static str, &'static str)> {
    let (sign, character) = EMOTICONS.iter().find(|(sign, _)| text.starts_with(sign))?;
    let after = text[sign.len()..].chars().next();
    let apart = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
    (sign.starts_with('(') || (apart(before) && apart(after))).then_some((*sign, *character))
}

/// Whether Jira shows this as an emoticon.
pub fn is_emoticon(sign: &str) -> bool {
    EMOTICONS.iter().any(|(known, _)| *known == sign)
}

/// A colour by its name or number as `#rrggbb`.
pub fn color(name: &str) -> Option<String> {
    let hex = match name.to_ascii_lowercase().as_str() {
        "black" => "#000000",
        "silver" => "#c0c0c0",
        "gray" | "grey" => "#808080",
        "white" => "#ffffff",
        "maroon" => "#800000",
        "red" => "#ff0000",
        "purple" => "#800080",
        "magenta" | "fuchsia" => "#ff00ff",
        "green" => "#008000",
        "lime" => "#00ff00",
        "olive" => "#808000",
        "yellow" => "#ffff00",
        "navy" => "#000080",
        "blue" => "#0000ff",
        "teal" => "#008080",
        "cyan" | "aqua" => "#00ffff",
        "orange" => "#ffa500",
        "brown" => "#a52a2a",
        "pink" => "#ffc0cb",
        _ => {
            let digits = name.strip_prefix('#')?;
            let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            return (digits.len() == 6 && hex).then(|| name.to_owned());
        }
    };
    Some(hex.to_owned())
}

/// The colours in which Jira shows its panels.
const PANELS: [(&str, &str); 5] = [
    ("info", "#deebff"),
    ("note", "#eae6ff"),
    ("success", "#e3fcef"),
    ("warning", "#fffae6"),
    ("error", "#ffebe6"),
];

/// The kind of panel that has this background.
pub fn panel_type(background: &str) -> Option<&'static str> {
    let of = |(_, color): &&(&str, &str)| color.eq_ignore_ascii_case(background);
    PANELS.iter().find(of).map(|(kind, _)| *kind)
}

/// The background of a kind of panel.
pub fn panel_color(kind: &str) -> Option<&'static str> {
    PANELS.iter().find(|(known, _)| *known == kind).map(|(_, color)| *color)
}

/// How long the web address is that a text begins with; 0 where it begins with none.
pub fn address_length(text: &str) -> usize {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return 0;
    }
    let ends = |letter: char| letter.is_whitespace() || "|[]{}<>\"\\^`!".contains(letter);
    text.find(ends).unwrap_or(text.len())
}

/// Whether a text is a key such as `ENG-12`.
pub fn is_issue_key(text: &str) -> bool {
    let Some((project, number)) = text.rsplit_once('-') else { return false };
    project.len() > 1
        && project.starts_with(|letter: char| letter.is_ascii_uppercase())
        && project
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether Jira takes the only word in brackets for where a link leads.
pub fn is_target(text: &str) -> bool {
    let address = text.contains("://") || text.starts_with("mailto:");
    !text.contains(char::is_whitespace)
        && (address || is_issue_key(text) || (text.len() > 1 && text.starts_with(['#', '^'])))
}

/// A picture at the beginning of a text.
pub struct Image<'t> {
    pub source: &'t str,
    /// What stands after the bar.
    pub parameters: &'t str,
    /// With its signs.
    pub length: usize,
}

/// Reads `!name!` or `!name|parameters!`, where it names a file or an address: a call is no picture.
pub fn image(text: &str) -> Option<Image<'_>> {
    let inner = text.strip_prefix('!')?;
    let end = inner.find(['!', '\n']).filter(|end| inner[*end..].starts_with('!'))?;
    let (source, parameters) = inner[..end].split_once('|').unwrap_or((&inner[..end], ""));
    let named = source.contains("://")
        || source.rsplit_once('.').is_some_and(|(name, kind)| {
            !name.is_empty()
                && (1..=5).contains(&kind.len())
                && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    (named && source.trim() == source).then_some(Image { source, parameters, length: end + 2 })
}
