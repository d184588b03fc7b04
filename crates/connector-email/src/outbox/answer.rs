//! Writing an answer to a message, such that whoever reads mail shows it in the same thread.

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::address::{Address, Envelope};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use mainstem_connector::{ConnectorError, Disposition};
use mainstem_model::Timestamp;
use mainstem_model::command::IdempotencyKey;
use sha2::{Digest, Sha256};

use crate::message::header::Header;
use crate::message::words::{inert, one_line, shortened};

/// The longest subject that is sent.
const MOST_SUBJECT_CHARACTERS: usize = 200;
/// How many people an answer goes to. A message can name any number, and an answer must not be how
/// somebody writes to them all in our name.
const MOST_RECIPIENTS: usize = 20;
/// How many earlier messages an answer refers to: the first, and the last ones.
const MOST_REFERENCES: usize = 20;

/// An answer that can be sent.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Without the angle brackets.
    pub message_id: String,
    /// Who writes, and to whom.
    pub envelope: Envelope,
    /// The message with its header, lines ended as SMTP wants them.
    pub bytes: Vec<u8>,
}

/// The Message-ID of what a command sends: the same whenever it is tried, so that what was sent before
/// is found, and what comes twice is shown once.
pub fn message_id(key: &IdempotencyKey, from: &Address) -> String {
    let hash = Sha256::digest(key.0.as_bytes());
    let name: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("mainstem.{name}@{}", from.domain())
}

impl Answer {
    /// Writes an answer to the message with this header, from the address `from`.
    ///
    /// It goes to whom the message asks answers to, else to its sender, and to whoever else it was sent
    /// to. Names are left out: only addresses decide where mail goes.
    ///
    /// # Errors
    /// [`Disposition::GiveUp`] where nobody can be answered, or more than 20 would be.
    pub fn to(
        header: &Header<'_>,
        from: &Address,
        body: &str,
        key: &IdempotencyKey,
        at: Timestamp,
    ) -> Result<Self, ConnectorError> {
        let to = recipients(header, from)?;
        let message_id = message_id(key, from);
        let mut references = header.message_ids("references");
        if references.is_empty() {
            references = header.message_ids("in-reply-to");
        }
        let answered = header.message_ids("message-id").into_iter().next();
        references.extend(answered.clone());
        if references.len() > MOST_REFERENCES {
            references.drain(1..=references.len() - MOST_REFERENCES);
        }
        let bracketed = |id: &String| format!("<{id}>");
        let micros = u64::try_from(at.0).unwrap_or_default();
        let mut message = Message::builder()
            .from(Mailbox::new(None, from.clone()))
            .message_id(Some(format!("<{message_id}>")))
            .date(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
            .subject(subject(header))
            .header(ContentType::TEXT_PLAIN);
        for address in &to {
            message = message.to(Mailbox::new(None, address.clone()));
        }
        if let Some(answered) = &answered {
            message = message.in_reply_to(bracketed(answered));
        }
        if !references.is_empty() {
            let references: Vec<String> = references.iter().map(bracketed).collect();
            message = message.references(references.join(" "));
        }
        let unusable = |error: &dyn std::fmt::Display| {
            let message = format!("no answer can be made of it: {error}");
            ConnectorError::new(Disposition::GiveUp, "MESSAGE_UNUSABLE", message)
        };
        let message = message.body(format!("{}\n", body.trim())).map_err(|e| unusable(&e))?;
        let envelope = Envelope::new(Some(from.clone()), to).map_err(|error| unusable(&error))?;
        Ok(Self { message_id, envelope, bytes: message.formatted() })
    }
}

/// Whom an answer goes to, each once.
fn recipients(header: &Header<'_>, from: &Address) -> Result<Vec<Address>, ConnectorError> {
    let refused = |message: &str| {
        ConnectorError::new(Disposition::GiveUp, "RECIPIENTS_UNUSABLE", message.to_owned())
    };
    let asked = header.addresses("reply-to");
    let senders = if asked.is_empty() { header.addresses("from") } else { asked };
    let all = senders.into_iter().chain(["to", "cc"].map(|field| header.addresses(field)).concat());
    let mut found: Vec<Address> = Vec::new();
    for mailbox in all {
        let Ok(address) = mailbox.address.parse::<Address>() else { continue };
        let is_own = address.to_string().eq_ignore_ascii_case(from.as_ref());
        if !is_own && !found.contains(&address) {
            found.push(address);
        }
    }
    match found.len() {
        0 => Err(refused("the message names nobody who could be answered; write a new one")),
        1..=MOST_RECIPIENTS => Ok(found),
        _ => Err(refused(
            "the answer would go to more than 20 people; answer from a mail program instead",
        )),
    }
}

/// `Re: ` and the subject, once, on one line.
fn subject(header: &Header<'_>) -> String {
    let subject = one_line(&inert(&header.text("subject").unwrap_or_default()));
    let is_answer = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    let subject = if is_answer { subject } else { format!("Re: {subject}") };
    shortened(subject.trim(), MOST_SUBJECT_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(header: &str, body: &str) -> Result<String, ConnectorError> {
        let raw = format!("{header}\n\n");
        let (header, _) = Header::split(raw.as_bytes()).unwrap();
        let from = "support@acme.example".parse().unwrap();
        let key = IdempotencyKey("command-1".into());
        let answer =
            Answer::to(&header, &from, body, &key, Timestamp::from_seconds(1_790_000_000))?;
        Ok(String::from_utf8(answer.bytes).unwrap().replace("\r\n", "\n"))
    }

    #[test]
    fn an_answer_stands_in_the_thread() {
        let text = answer(
            "From: Dana <dana@supplier.example>\nTo: support@acme.example, bo@acme.example\n\
             Cc: DANA@supplier.example\nSubject: =?utf-8?q?Pr=C3=BCfung?=\nMessage-ID: <2@supplier.example>\n\
             References: <1@supplier.example>",
            "Thanks, that helps.\n\n- Bo",
        )
        .unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn it_goes_to_whom_it_should() {
        let to = |header: &str| {
            let text = answer(header, "x")?;
            let to = text.lines().find(|line| line.starts_with("To: ")).unwrap().to_owned();
            Ok::<_, ConnectorError>(to)
        };
        for (header, expected) in [
            ("From: a@x.example", "To: a@x.example"),
            ("From: a@x.example\nReply-To: b@x.example", "To: b@x.example"),
            ("From: a@x.example\nTo: Support@Acme.Example", "To: a@x.example"),
            ("From: support@acme.example\nTo: a@x.example", "To: a@x.example"),
            ("From: a@x.example\nTo: not an address, <@>, a@x.example", "To: a@x.example"),
        ] {
            assert_eq!(to(header).unwrap(), expected, "{header}");
        }
        let many: String = (0..30).map(|at| format!("p{at}@x.example, ")).collect();
        for header in
            ["Subject: x", "From: support@acme.example", &format!("From: a@x.example\nTo: {many}")]
        {
            assert_eq!(to(header).unwrap_err().code, "RECIPIENTS_UNUSABLE", "{header}");
        }
    }

    #[test]
    fn nothing_said_becomes_a_field() {
        for subject in [
            "x =?utf-8?q?a=0D=0ABcc=3A_eve@evil.example?=",
            "=?utf-8?b?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
            "Re: \u{202e}x\u{0}",
        ] {
            let header =
                format!("From: \"a\r\n Bcc: eve@evil.example\" <a@x.example>\nSubject: {subject}");
            let text = answer(&header, "x\r\n\r\n.\r\nBcc: eve@evil.example").unwrap();
            let (header, _) = text.split_once("\n\n").unwrap();
            assert!(!header.lines().any(|line| line.starts_with("Bcc")), "{header}");
            assert!(header.contains("To: a@x.example\n"), "{header}");
        }
    }

    #[test]
    fn a_command_has_one_message_id() {
        let from = "support@acme.example".parse().unwrap();
        let id = |key: &str| message_id(&IdempotencyKey(key.into()), &from);
        assert_eq!(id("a"), id("a"));
        assert_ne!(id("a"), id("b"));
        assert!(id("a").ends_with("@acme.example"));
    }
}
