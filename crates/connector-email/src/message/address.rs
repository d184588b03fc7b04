//! The addresses of a field such as `To`: as the standard has them (RFC 5322), and as old and careless
//! programs write them. Whatever stands there is read in one go, and nothing goes into itself.
//!
//! A field that can be read in two ways gives every address that it may mean. So nobody can pass for
//! somebody else by writing both: of several senders none is vouched for.

use super::header::decoded;
use super::words::one_line;

/// The longest address that mail servers take.
const MOST_ADDRESS_BYTES: usize = 320;
/// What may stand in an address only within quotes or brackets.
const SPECIAL: [char; 11] = ['(', ')', '<', '>', '[', ']', ',', ';', ':', '\\', '"'];

/// A mail address with the name that stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// In small letters.
    pub address: String,
    pub name: Option<String>,
}

impl Mailbox {
    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The addresses in a field, in their order. The members of a group count, its name does not.
pub fn mailboxes(field: &str) -> Vec<Mailbox> {
    let mut found = Vec::new();
    let mut entry = Entry::default();
    let mut rest = field;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            ',' | ';' => {
                found.extend(std::mem::take(&mut entry).mailboxes());
                after
            }
            ':' => {
                // What stood before it is the name of a group.
                entry = Entry::default();
                after
            }
            '"' => entry.take_quoted(after),
            '(' => {
                let (comment, after) = comment(after);
                entry.comments.push(comment);
                after
            }
            '<' => entry.take_angle(after),
            c if c.is_whitespace() => after,
            _ => entry.take_word(rest),
        };
    }
    found.extend(entry.mailboxes());
    found
}

/// What stands between two commas.
#[derive(Default)]
struct Entry {
    words: Vec<Word>,
    /// What stands in angle brackets.
    angles: Vec<String>,
    comments: Vec<String>,
}

struct Word {
    text: String,
    /// What is quoted or encoded is part of a name, whatever it looks like.
    is_plain: bool,
}

impl Word {
    fn of_name(text: String) -> Self {
        Self { text, is_plain: false }
    }

    fn address(&self) -> Option<String> {
        if self.is_plain { address(&self.text) } else { None }
    }
}

/// Each of these takes what it reads off the start of a text, and answers what follows.
impl Entry {
    fn take_quoted<'a>(&mut self, text: &'a str) -> &'a str {
        let (mut quoted, mut escaped) = (String::new(), false);
        for (at, c) in text.char_indices() {
            match c {
                _ if std::mem::take(&mut escaped) => quoted.push(c),
                '\\' => escaped = true,
                '"' => {
                    self.words.push(Word::of_name(quoted));
                    return &text[at + 1..];
                }
                _ => quoted.push(c),
            }
        }
        self.words.push(Word::of_name(quoted));
        ""
    }

    fn take_angle<'a>(&mut self, text: &'a str) -> &'a str {
        let mut angle = String::new();
        let mut quoted = false;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '>' if !quoted => break,
                '(' if !quoted => {
                    rest = comment(rest).1;
                    angle.push(' ');
                }
                c => {
                    quoted ^= c == '"';
                    angle.push(c);
                }
            }
        }
        self.angles.push(angle);
        rest
    }

    fn take_word<'a>(&mut self, text: &'a str) -> &'a str {
        if let Some(end) = encoded_word(text) {
            let (encoded, after) = text.split_at(end);
            self.words.push(Word::of_name(encoded.to_owned()));
            return after;
        }
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '"' | '(' | '<');
        let (word, after) = text.split_at(text.find(ends).unwrap_or(text.len()));
        self.words.push(Word { text: word.to_owned(), is_plain: true });
        after
    }

    fn mailboxes(self) -> Vec<Mailbox> {
        let words: Vec<&str> = self.words.iter().map(|word| &*word.text).collect();
        let (addresses, name) = if !self.angles.is_empty() {
            (
                self.angles.iter().flat_map(|angle| in_angle(angle)).collect::<Vec<_>>(),
                words.join(" "),
            )
        } else if let (true, Some(address)) =
            (self.words.iter().all(|word| word.is_plain), spaced_address(&words))
        {
            (vec![address], String::new())
        } else {
            let others = self.words.iter().filter(|word| word.address().is_none());
            let name: Vec<&str> = others.map(|word| &*word.text).collect();
            (self.words.iter().filter_map(Word::address).collect(), name.join(" "))
        };
        // Whose name it is of several, nobody can tell.
        let name = if addresses.len() == 1 { self.name(&name) } else { None };
        addresses.into_iter().map(|address| Mailbox { address, name: name.clone() }).collect()
    }

    /// The name, with what a comment says.
    fn name(&self, name: &str) -> Option<String> {
        let comment = self.comments.join(" ");
        let name = match (name.trim(), comment.trim()) {
            (name, "") => name.to_owned(),
            ("", comment) => comment.to_owned(),
            (name, comment) => format!("{name} ({comment})"),
        };
        Some(decoded(one_line(&name).as_bytes())).filter(|name| !name.is_empty())
    }
}

/// A comment, which may hold others, behind its bracket; and what follows it.
fn comment(text: &str) -> (String, &str) {
    let (mut comment, mut depth, mut escaped) = (String::new(), 1_u32, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' => {
                escaped = true;
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (comment, &text[at + 1..]);
        }
        comment.push(c);
    }
    (comment, "")
}

/// Where the encoded word ends that a text begins with: `=?utf-8?q?J=C3=B6rg?=` (RFC 2047). Each of its
/// parts ends at the next `?`, so however many seem to begin, none is looked for twice.
fn encoded_word(text: &str) -> Option<usize> {
    let (_charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (_encoding, rest) = rest.split_once('?')?;
    let (_word, rest) = rest.split_once('?')?;
    let end = text.len() - rest.strip_prefix('=')?.len();
    (!text[..end].contains(char::is_whitespace)).then_some(end)
}

/// What stands in angle brackets, without the way that old mail was to go: `<@relay.example:ann@acme.example>`.
fn in_angle(angle: &str) -> Vec<String> {
    let angle = angle.trim();
    let angle = match angle.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        _ => angle,
    };
    let words: Vec<&str> = angle.split_whitespace().collect();
    match spaced_address(&words) {
        Some(address) => vec![address],
        None => words.into_iter().filter_map(address).collect(),
    }
}

/// The address of which these are the pieces: old mail may have spaces around `@` and dots.
fn spaced_address(words: &[&str]) -> Option<String> {
    const BETWEEN: [char; 2] = ['.', '@'];
    let joins = |pair: &[&str]| pair[0].ends_with(BETWEEN) || pair[1].starts_with(BETWEEN);
    let whole = words.concat();
    let is_one = words.windows(2).all(joins) && whole.matches('@').count() == 1;
    is_one.then(|| address(&whole)).flatten()
}

/// A word as an address, if it can be one.
fn address(word: &str) -> Option<String> {
    let address = one_line(word).to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let within = |text: &str, start, end| {
        text.len() > 2
            && text.starts_with(start)
            && text.ends_with(end)
            && !text.contains(['<', '>'])
    };
    let is_plain = |text: &str| !text.is_empty() && !text.contains(SPECIAL);
    let is_address = (is_plain(local) || within(local, '"', '"'))
        && (is_plain(domain) || within(domain, '[', ']'))
        && !address.contains(char::is_whitespace)
        && address.len() <= MOST_ADDRESS_BYTES;
    is_address.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses in a field, each with its name.
    fn read(field: &str) -> Vec<String> {
        let shown = |mailbox: Mailbox| match mailbox.name {
            Some(name) => format!("{name} = {}", mailbox.address),
            None => mailbox.address,
        };
        mailboxes(field).into_iter().map(shown).collect()
    }

    #[test]
    fn addresses_have_names() {
        for (field, expected) in [
            ("ann@a.example", "ann@a.example"),
            ("<Ann@A.example>", "ann@a.example"),
            ("Ann Lee <ann@a.example>", "Ann Lee = ann@a.example"),
            ("\"Lee, Ann\" <ann@a.example>", "Lee, Ann = ann@a.example"),
            ("\"Ann \\\"A\\\" Lee\"<ann@a.example>", "Ann \"A\" Lee = ann@a.example"),
            ("ann@a.example (Ann Lee)", "Ann Lee = ann@a.example"),
            ("Ann (Sales) <ann@a.example>", "Ann (Sales) = ann@a.example"),
            ("=?utf-8?q?=C3=84nn,?= =?utf-8?q?_Lee?= <ann@a.example>", "Änn, Lee = ann@a.example"),
            ("\"=?utf-8?b?w4Rubg==?=\" <ann@a.example>", "Änn = ann@a.example"),
            ("bob@b.example <ann@a.example>", "bob@b.example = ann@a.example"),
            ("<\"ann.lee\"@a.example>", "\"ann.lee\"@a.example"),
            ("<ann@[192.0.2.1]>", "ann@[192.0.2.1]"),
            ("Ann Lee\r\n\t<ann@a.example>", "Ann Lee = ann@a.example"),
        ] {
            assert_eq!(read(field), [expected], "{field}");
        }
    }

    #[test]
    fn old_forms_are_read() {
        for (field, expected) in [
            ("Mary <@machine.tld:mary@example.net>", "Mary = mary@example.net"),
            ("<@one.example,@two.example:mary@example.net>", "mary@example.net"),
            ("@one.example:mary@example.net", "mary@example.net"),
            ("joe @ test   . example", "joe@test.example"),
            ("<joe@ test .example>", "joe@test.example"),
            ("joe(his account)@test.example(his host)", "his account his host = joe@test.example"),
            ("Joe (a \\) b) <joe(x)@(y)test.example>", "Joe (a ) b) = joe@test.example"),
            ("gate!joe@one@test.example", "gate!joe@one@test.example"),
        ] {
            assert_eq!(read(field), [expected], "{field}");
        }
    }

    #[test]
    fn members_of_a_group_count_and_its_name_does_not() {
        for (field, expected) in [
            (
                "Team: ann@a.example, Bob <bob@b.example>;",
                &["ann@a.example", "Bob = bob@b.example"][..],
            ),
            (
                "ann@a.example, Team: bob@b.example; , cy@c.example",
                &["ann@a.example", "bob@b.example", "cy@c.example"],
            ),
            ("Team:ann@a.example", &["ann@a.example"]),
            ("boss@acme.example: ann@a.example;", &["ann@a.example"]),
            ("Boss <boss@acme.example>: ann@a.example;", &["ann@a.example"]),
            ("boss@acme.example:;", &[]),
            ("undisclosed-recipients:;", &[]),
            ("Undisclosed recipients: ;", &[]),
            ("(none) Undisclosed recipients :(nobody(at all)) ;", &[]),
            ("unlisted-recipients:; (no To field)", &[]),
            ("<Undisclosed-Recipient:@list.example;>", &[]),
        ] {
            assert_eq!(read(field), expected, "{field}");
        }
    }

    #[test]
    fn what_may_mean_several_gives_all() {
        for (field, expected) in [
            (
                "ann@a.example, bob@b.example;cy@c.example,,",
                &["ann@a.example", "bob@b.example", "cy@c.example"][..],
            ),
            ("ann@a.example bob@b.example", &["ann@a.example", "bob@b.example"]),
            ("ann@a.example (x) bob@b.example", &["ann@a.example", "bob@b.example"]),
            ("ann@a.example \"x\" bob@b.example", &["ann@a.example", "bob@b.example"]),
            ("<ann@a.example> <bob@b.example>", &["ann@a.example", "bob@b.example"]),
            ("<ann@a.example bob@b.example>", &["ann@a.example", "bob@b.example"]),
            ("Ann Lee ann@a.example", &["Ann Lee = ann@a.example"]),
        ] {
            assert_eq!(read(field), expected, "{field}");
        }
    }

    #[test]
    fn what_is_no_address_gives_none() {
        for field in [
            "",
            " ",
            "ann",
            "<>",
            "<@>",
            "ann@",
            "@a.example",
            "<ann>",
            "\"ann@a.example\"",
            "(ann@a.example)",
            "\"ann@a.example\" (x)",
            "=?utf-8?q?ann=40a.example?=",
            "=?utf-8?q?ann@a.example?=",
            "ann@a.example <>",
            "\"ann <ann@a.example>",
            "(ann@a.example",
            "ann\"x\"@a.example",
            "ann@a.example>",
            "<ann@a.example,bob@b.example>",
        ] {
            assert_eq!(read(field), [""; 0], "{field}");
        }
    }
}
