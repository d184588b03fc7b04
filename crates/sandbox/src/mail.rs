//! A made-up mailbox beside the made-up sites: a supplier's promise that an issue waits for, what the tool
//! tells of it, somebody who is away, and what no task comes of.

use std::fs;
use std::io;
use std::path::Path;

use mainstem_model::Timestamp;

use crate::generate::people;
use crate::jira::JiraSite;
use crate::jira::catalogue::Category;
use crate::site::{Site, SiteOptions};
use crate::world::IssueKey;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const TEAM: &str = "support@acme.example";
/// The mail server of the team, which says of what it received whether the sender is who it says.
pub const SERVER: &str = "mx.acme.example";

/// What the mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailOptions {
    /// The seed of the sites: the same people write.
    pub seed: u64,
    /// When it was written last.
    pub now: Timestamp,
    /// The key of the GitHub issue that waits for a promise, and of which a notification tells, such as
    /// `acme/api#7`.
    pub told_of: String,
    /// The host of that GitHub.
    pub host: String,
}

/// A message.
struct Letter {
    /// The folder that it lies in; nothing for the inbox.
    folder: &'static str,
    seen: bool,
    /// Seconds since it was written.
    age: i64,
    id: String,
    from: String,
    to: &'static str,
    subject: String,
    /// Further lines of the header.
    fields: String,
    text: String,
}

impl JiraSite {
    /// The key of an issue that is not done, to write about.
    #[must_use]
    pub fn open_issue(&self) -> Option<String> {
        let world = self.world();
        let is_open =
            |key: &_| world.is_searched(*key) && world[*key].status.category() != Category::Done;
        let found = world.issues().filter(is_open).last();
        found.map(|key| world.issue_key(key))
    }

    /// Whoever reported an issue comments on it, in wiki markup; says whether there is such an issue.
    #[must_use]
    pub fn comment(&self, key: &str, markup: &str) -> bool {
        let mut world = self.world_mut();
        let Ok(issue) = world.find(key) else { return false };
        let reporter = world[issue].reporter;
        world.comment(issue, reporter, markup);
        true
    }
}

impl Site {
    /// The key of an issue that is open, to write about.
    #[must_use]
    pub fn open_issue(&self) -> Option<String> {
        let world = self.world();
        let found = world.visible_issues().filter(|key| world[*key].closed_at.is_none()).last();
        found.map(|key| format!("{}#{}", world.full_name(world[key].repository), world[key].number))
    }

    /// Pushes a commit with this message to a pull request that is open; says whether there is one.
    #[must_use]
    pub fn push(&self, message: &str) -> bool {
        self.edit(|world| {
            let is_open = |key: &IssueKey| world[*key].is_pull_request() && world[*key].is_open();
            let open = world.visible_issues().find(is_open);
            open.is_some_and(|pull| world.push(pull, message))
        })
    }
}

/// Writes the mailbox as a Maildir, into a folder that need not exist.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_maildir(folder: &Path, options: &MailOptions) -> io::Result<()> {
    for path in ["cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"] {
        fs::create_dir_all(folder.join(path))?;
    }
    for (number, letter) in letters(options).iter().enumerate() {
        let at = options.now.plus_seconds(-letter.age);
        let (place, flags) = if letter.seen { ("cur", ":2,S") } else { ("new", "") };
        let name = format!("{}.{number}.made-up{flags}", at.seconds());
        fs::write(folder.join(letter.folder).join(place).join(name), letter.written(at))?;
    }
    Ok(())
}

impl Letter {
    fn written(&self, at: Timestamp) -> String {
        let date = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let Self { id, from, to, subject, fields, text, .. } = self;
        let domain = from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        let received = match self.folder {
            "" => format!("Authentication-Results: {SERVER}; dmarc=pass header.from={domain}\n"),
            _ => String::new(),
        };
        format!(
            "{received}Date: {date}\nFrom: {from}\nTo: {to}\nMessage-ID: <{id}>\nSubject: {subject}\n{fields}\
             MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}"
        )
    }
}

fn letters(options: &MailOptions) -> Vec<Letter> {
    const SUPPLIER: &str = "Dana Okafor <dana@terminals.example>";
    const QUESTION: &str = "certificate.1@acme.example";
    let MailOptions { told_of, host, .. } = options;
    let team = people::names(options.seed, SiteOptions::default().people);
    let member = |place: usize| {
        let (login, name) = &team[place % team.len()];
        format!("{name} <{login}@acme.example>")
    };
    let in_days = |days: i64| options.now.plus_seconds(days * DAY).date().to_string();
    let answers = |id: &str| format!("In-Reply-To: <{id}>\nReferences: <{id}>\n");
    let issue = told_of.replace('#', "/issues/");
    let notice = format!("{issue}/1@{host}");
    vec![
        Letter {
            folder: ".Sent",
            seen: true,
            age: 6 * DAY,
            id: QUESTION.into(),
            from: member(0),
            to: "Dana Okafor <dana@terminals.example>",
            subject: "Certificate for the payment terminals".into(),
            fields: String::new(),
            text: format!(
                "Hello Dana,\n\nwe cannot go on before we have the new certificate. When will it come?\n\n\
                 Blocks: {told_of}\n\n- [x] Order signed\n- [ ] Certificate received\n- [ ] Terminals tested\n"
            ),
        },
        Letter {
            folder: "",
            seen: true,
            age: 2 * DAY,
            id: "certificate.2@terminals.example".into(),
            from: SUPPLIER.into(),
            to: TEAM,
            subject: "Re: Certificate for the payment terminals".into(),
            fields: answers(QUESTION),
            text: format!(
                "Good morning,\n\nthe laboratory is late, I am sorry. You will have it next week.\n\n\
                 Due: {}\n\nBest regards\nDana\n",
                in_days(6)
            ),
        },
        Letter {
            folder: "",
            seen: true,
            age: DAY,
            id: "away.1@acme.example".into(),
            from: member(2),
            to: TEAM,
            subject: "Automatic reply: Certificate for the payment terminals".into(),
            fields: format!("Auto-Submitted: auto-replied\n{}", answers(QUESTION)),
            text: format!("I am out of the office until {}.\n", in_days(5)),
        },
        Letter {
            folder: "",
            seen: false,
            age: 5 * HOUR,
            id: "invoice.1@customer.example".into(),
            from: "Ines Prado <ines@customer.example>".into(),
            to: TEAM,
            subject: "Two invoices for one order".into(),
            fields: String::new(),
            text: "Hello,\n\nwe got two invoices for the same order. Which one do we pay?\n\nInes Prado\n"
                .into(),
        },
        Letter {
            folder: "",
            seen: true,
            age: 3 * HOUR,
            id: notice.clone(),
            from: format!("{} <notifications@{host}>", team[1 % team.len()].1),
            to: TEAM,
            subject: format!("Re: [{}] When is it released?", issue.split("/issues").next().unwrap_or_default()),
            fields: format!(
                "X-GitHub-Sender: {}\nX-GitHub-Reason: mention\n{}",
                team[1 % team.len()].0,
                answers(&format!("{issue}@{host}"))
            ),
            text: "@acme/support when is it released?\n".into(),
        },
        Letter {
            folder: "",
            seen: true,
            age: 2 * HOUR,
            id: "answer.1@acme.example".into(),
            from: member(0),
            to: TEAM,
            subject: "Re: When is it released?".into(),
            fields: answers(&notice),
            text: "Not before the nightly run has passed twice.\n".into(),
        },
        Letter {
            folder: "",
            seen: false,
            age: HOUR,
            id: "news.48@vendor.example".into(),
            from: "Vendor News <news@vendor.example>".into(),
            to: TEAM,
            subject: "What is new this month".into(),
            fields: "List-Unsubscribe: <https://vendor.example/leave>\nPrecedence: bulk\n".into(),
            text: "Ten things that you should not miss.\n".into(),
        },
    ]
}
