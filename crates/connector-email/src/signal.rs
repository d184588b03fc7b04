//! What a message is, by its header: written by a person, or by a program.

use crate::about::{Notice, notice};
use crate::message::address::Mailbox;
use crate::message::header::Header;

/// What wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A person, as far as the header tells.
    Person,
    /// A program that answers in place of a person, such as while they are away.
    AutoReply,
    /// A mail server that could not deliver.
    Bounce,
    /// A program that writes to many: newsletters, reports.
    Bulk,
    /// GitHub or Jira, about an item; `None` where nobody can believe which.
    Notice(Option<Notice>),
}

/// What wrote a message, by its header; the text only says where the item of a notice is.
pub fn kind(header: &Header<'_>, body: &[u8], from: Option<&Mailbox>) -> Kind {
    if let Some(notice) = notice(header, body, from) {
        return Kind::Notice(notice);
    }
    let says = |field: &str, words: &[&str]| {
        let value = header.plain(field).unwrap_or_default().to_ascii_lowercase();
        let value = value.split([';', ' ']).next().unwrap_or_default().to_owned();
        words.contains(&value.as_str())
    };
    let has = |field: &str| header.all(field).next().is_some();
    let nobody_to_answer = header.plain("return-path").is_some_and(|path| path == "<>");
    let local = from.map_or("", |from| from.address.split('@').next().unwrap_or_default());
    let content = header.parametrised("content-type").unwrap_or_default();
    let of_server = matches!(local, "mailer-daemon" | "postmaster");
    let is_report = content.value == "multipart/report"
        && content
            .parameter("report-type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"));
    if is_report || has("x-failed-recipients") || (of_server && nobody_to_answer) {
        return Kind::Bounce;
    }
    let automatic = has("auto-submitted") && !says("auto-submitted", &["no"]);
    let answers = has("x-autoreply") || has("x-autorespond") || says("precedence", &["auto_reply"]);
    if automatic || answers || nobody_to_answer {
        return Kind::AutoReply;
    }
    // A list where people answer each other says how to write to it, or, if it is old, only what it
    // is; a newsletter says how to leave it.
    let talks = has("list-post") && !says("list-post", &["no"]);
    let is_list = has("list-id") || has("x-mailing-list");
    let answers_one = has("references") || has("in-reply-to");
    let to_many = says("precedence", &["bulk", "junk", "list"]);
    if !talks && (has("list-unsubscribe") || (to_many && !is_list && !answers_one)) {
        return Kind::Bulk;
    }
    Kind::Person
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_people() {
        for (raw, expected) in [
            ("From: a@b.example\n\n", Kind::Person),
            ("From: a@b.example\nAuto-Submitted: no\n\n", Kind::Person),
            (
                "From: a@b.example\nList-Post: <mailto:l@b.example>\nPrecedence: list\n\n",
                Kind::Person,
            ),
            ("From: a@b.example\nPrecedence: bulk\nReferences: <1@x>\n\n", Kind::Person),
            ("From: a@b.example\nList-Id: <l.b.example>\nPrecedence: bulk\n\n", Kind::Person),
            ("From: a@b.example\nAuto-Submitted: auto-replied (vacation)\n\n", Kind::AutoReply),
            ("From: a@b.example\nAuto-Submitted: auto-generated\n\n", Kind::AutoReply),
            ("From: a@b.example\nPrecedence: auto_reply\n\n", Kind::AutoReply),
            ("Return-Path: <>\nFrom: a@b.example\n\n", Kind::AutoReply),
            ("Return-Path: <>\nFrom: MAILER-DAEMON@b.example\n\n", Kind::Bounce),
            (
                "From: x@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n",
                Kind::Bounce,
            ),
            ("From: a@b.example\nX-Failed-Recipients: c@d.example\n\n", Kind::Bounce),
            ("From: news@b.example\nPrecedence: bulk\n\n", Kind::Bulk),
            ("From: news@b.example\nList-Unsubscribe: <https://b.example>\n\n", Kind::Bulk),
            (
                "From: news@b.example\nList-Post: NO (announcements)\nList-Unsubscribe: <mailto:x@b.example>\n\n",
                Kind::Bulk,
            ),
        ] {
            let (header, body) = Header::split(raw.as_bytes()).unwrap();
            assert_eq!(kind(&header, body, header.addresses("from").first()), expected, "{raw}");
        }
    }
}
