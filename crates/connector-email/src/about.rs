//! Mail in which GitHub or Jira tells of an item: found by its header, never a task of its own.

use crate::message::header::{Header, Mailbox};
use crate::message::words::one_line;

/// What a notification mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The host of the tool: `github.com`, `jira.acme.example`.
    pub instance: String,
    /// What the tool calls the item: `acme/api#7`, `ENG-42`; the number of a Jira issue where only
    /// that is given.
    pub item: String,
    /// The comment that it tells of, where it tells of one.
    pub comment: Option<String>,
    /// Why it was sent, in the tool's word.
    pub event: Option<String>,
}

/// What a message is about, where GitHub or Jira sent it. Where `authenticated` is known to be wrong,
/// nobody but the header says so: it is still not a task.
pub fn notice(header: &Header<'_>, from: Option<&Mailbox>) -> Option<Notice> {
    of_github(header, from?).or_else(|| of_jira(header))
}

fn of_github(header: &Header<'_>, from: &Mailbox) -> Option<Notice> {
    let domain = from.domain();
    let sender = domain == "github.com" || domain.ends_with(".ghe.com");
    let reason = header.plain("x-github-reason");
    if !from.address.starts_with("notifications@") && !from.address.starts_with("noreply@") {
        return None;
    }
    if !sender && reason.is_none() {
        return None;
    }
    let ids = [
        header.message_ids("message-id"),
        header.message_ids("in-reply-to"),
        header.message_ids("references"),
    ];
    let (instance, item, comment) = ids.concat().iter().find_map(|id| github_item(id))?;
    Some(Notice { instance, item, comment, event: reason.map(|reason| one_line(&reason)) })
}

/// Reads `acme/api/issues/7/123@github.com` and its like.
fn github_item(id: &str) -> Option<(String, String, Option<String>)> {
    let (path, host) = id.rsplit_once('@')?;
    let mut steps = path.split('/');
    let (owner, name, kind, number) = (steps.next()?, steps.next()?, steps.next()?, steps.next()?);
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let named = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !matches!(kind, "issues" | "issue" | "pull") || !numbered || !named(owner) || !named(name) {
        return None;
    }
    let comment = steps.next_back().filter(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
    let comment = comment.filter(|step| !step.is_empty()).map(str::to_owned);
    Some((host.to_ascii_lowercase(), format!("{owner}/{name}#{number}"), comment))
}

fn of_jira(header: &Header<'_>) -> Option<Notice> {
    header.plain("x-jira-fingerprint")?;
    let ids = [
        header.message_ids("message-id"),
        header.message_ids("in-reply-to"),
        header.message_ids("references"),
    ];
    let (number, instance) = ids.concat().iter().find_map(|id| jira_issue(id))?;
    let subject = header.text("subject").unwrap_or_default();
    Some(Notice {
        instance,
        item: jira_key(&subject).unwrap_or(number),
        comment: None,
        event: None,
    })
}

/// Reads `JIRA.10042.1700000000000.5.1700000001000@jira.acme.example`.
fn jira_issue(id: &str) -> Option<(String, String)> {
    let (path, host) = id.rsplit_once('@')?;
    let number = path.strip_prefix("JIRA.")?.split('.').next()?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    numbered.then(|| (number.to_owned(), host.to_ascii_lowercase()))
}

/// The leftmost key of a subject such as `[JIRA] (ENG-42) Title`.
fn jira_key(subject: &str) -> Option<String> {
    let is_key = |word: &&str| {
        word.rsplit_once('-').is_some_and(|(project, number)| {
            project.starts_with(|c: char| c.is_ascii_uppercase())
                && project
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let words = subject.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
    words.into_iter().find(is_key).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Option<Notice> {
        let (header, _) = Header::split(raw.as_bytes()).unwrap();
        notice(&header, header.addresses("from").first())
    }

    #[test]
    fn notifications_name_their_item() {
        for (raw, instance, item, comment, event) in [
            (
                "From: Ann <notifications@github.com>\nMessage-ID: <acme/api/issues/7@github.com>\n\
                 X-GitHub-Reason: assign\n\n",
                "github.com",
                "acme/api#7",
                None,
                Some("assign"),
            ),
            (
                "From: notifications@github.com\nMessage-ID: <acme/api/pull/9/review/55@github.com>\n\n",
                "github.com",
                "acme/api#9",
                Some("55"),
                None,
            ),
            (
                "From: notifications@github.com\nMessage-ID: <acme/api/issues/7/123@github.com>\n\
                 In-Reply-To: <acme/api/issues/7@github.com>\nX-GitHub-Reason: mention\n\n",
                "github.com",
                "acme/api#7",
                Some("123"),
                Some("mention"),
            ),
            (
                "From: notifications@acme.ghe.com\nMessage-ID: <opaque@acme.ghe.com>\n\
                 References: <acme/api/issues/8@acme.ghe.com>\n\n",
                "acme.ghe.com",
                "acme/api#8",
                None,
                None,
            ),
            (
                "From: \"Bob (Jira)\" <jira@acme.example>\nX-JIRA-FingerPrint: abc\n\
                 Message-ID: <JIRA.10042.1700000000000.5.1700000001000@jira.acme.example>\n\
                 Subject: [JIRA] (ENG-42) The pump of X-1 leaks\n\n",
                "jira.acme.example",
                "ENG-42",
                None,
                None,
            ),
            (
                "From: jira@acme.example\nX-JIRA-FingerPrint: abc\nMessage-ID: <other@jira.acme.example>\n\
                 In-Reply-To: <JIRA.10042.1700000000000@Jira.acme.example>\nSubject: hello\n\n",
                "jira.acme.example",
                "10042",
                None,
                None,
            ),
        ] {
            let expected = Notice {
                instance: instance.to_owned(),
                item: item.to_owned(),
                comment: comment.map(str::to_owned),
                event: event.map(str::to_owned),
            };
            assert_eq!(read(raw), Some(expected), "{raw}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_mail() {
        for raw in [
            "From: a@github.com\nMessage-ID: <acme/api/issues/7@github.com>\n\n",
            "From: notifications@github.com.evil.example\nMessage-ID: <acme/api/issues/7@github.com>\n\n",
            "From: notifications@github.com\nMessage-ID: <security-alert@github.com>\n\n",
            "From: notifications@github.com\nMessage-ID: <acme/api/issues/x@github.com>\n\n",
            "From: notifications@github.com\nMessage-ID: <../api/wiki/7@github.com>\n\n",
            "From: a@b.example\nMessage-ID: <JIRA.1.2@jira.acme.example>\nSubject: [JIRA] (ENG-1) x\n\n",
            "X-JIRA-FingerPrint: x\nMessage-ID: <JIRA.1.2@jira.acme.example>\n\n",
        ] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }
}
