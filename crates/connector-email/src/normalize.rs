//! A thread in Mainstem's words: a task, with each of its messages as a comment.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use mainstem_model::record::{
    AvailabilityRecord, Batch, CommentRecord, ExternalId, NoticeKind, NoticeRecord, NoticeSet,
    ParentRecord, PartSet, PersonRecord, ProjectRecord, QuarantineRecord, TaskRecord,
    TaskReference,
};
use mainstem_model::{
    CustomField, Priority, PriorityLevel, Status, StatusCategory, TaskKind, Timestamp, person,
};
use serde_json::{Value, json};

use crate::away::{Away, away};
use crate::item_mail::{ItemMail, Role};
use crate::letter::Broken;
use crate::locator::Locator;
use crate::mailbox::imap::{MOST_TEXT_BYTES, decoded};
use crate::mailbox::{Entry, MailStore, Trouble};
use crate::message::MOST_MESSAGE_BYTES;
use crate::message::address::Mailbox;
use crate::message::content::Content;
use crate::message::fold::SIGNATURE;
use crate::message::header::Header;
use crate::message::words::shortened;
use crate::plan::{Plan, Said};
use crate::settings::EmailSettings;
use crate::signal::Kind;
use crate::snapshot::{Message, Snapshot, Thread, Unread};
use crate::thread::ThreadId;

/// A mailbox counts no changes: what was read last holds.
const VERSION: i64 = 0;
/// How much of a message is kept as it came.
const MOST_RAW_BYTES: usize = 64 * 1024;
/// How much of a notice is quoted.
const MOST_QUOTE_CHARACTERS: usize = 500;
/// The only project of a source.
const PROJECT: &str = "mailbox";

/// The mailbox has changed since it was listed.
#[derive(Debug)]
pub enum Stale {
    /// A message is no longer where it was.
    Moved,
    /// It cannot be read.
    Failing(Trouble),
    /// These turned out to be beyond every limit when their texts were read.
    Broken(Vec<(Entry, Broken)>),
}

/// A batch in the making.
pub struct Draft<'a> {
    settings: &'a EmailSettings,
    snapshot: &'a Snapshot,
    store: &'a MailStore,
    broken: Vec<(Entry, Broken)>,
    people: BTreeMap<ExternalId, PersonRecord>,
    batch: Batch,
}

impl<'a> Draft<'a> {
    /// Nothing so far.
    pub fn new(snapshot: &'a Snapshot, store: &'a MailStore) -> Self {
        let settings = &snapshot.settings;
        let (people, batch) = (BTreeMap::new(), Batch::default());
        Self { settings, snapshot, store, broken: Vec::new(), people, batch }
    }

    /// How many tasks it holds.
    pub fn tasks(&self) -> usize {
        self.batch.tasks.len()
    }

    /// The batch.
    ///
    /// # Errors
    /// Where messages turned out to be none that can be read.
    pub fn finish(mut self) -> Result<Batch, Stale> {
        if !self.broken.is_empty() {
            return Err(Stale::Broken(self.broken));
        }
        if !self.batch.tasks.is_empty() {
            let name = self.settings.name.clone().unwrap_or_default();
            self.batch.projects.push(ProjectRecord {
                external_id: PROJECT.into(),
                key: name.clone(),
                name,
                url: None,
            });
        }
        self.batch.people = self.people.into_values().collect();
        Ok(self.batch)
    }

    /// Puts a message aside that cannot be read.
    pub fn put_aside(&mut self, unread: &Unread) {
        self.batch.quarantine.push(QuarantineRecord {
            external_id: ThreadId::of(&unread.broken.names).text(),
            kind: "message".to_owned(),
            reason: unread.broken.reason.to_string(),
            raw: unread.raw(self.store, MOST_RAW_BYTES),
        });
    }

    /// Adds a thread with all its messages.
    ///
    /// # Errors
    /// Where a message is not there any more.
    pub fn add(&mut self, thread: &Thread) -> Result<(), Stale> {
        let (settings, snapshot) = (self.settings, self.snapshot);
        let messages: Vec<&Message> =
            thread.members.iter().map(|at| &snapshot.messages[*at]).collect();
        let opening = messages.iter().position(|message| message.may_act(settings));
        let Some(opening) = opening else { return Ok(()) };
        let external_id: ExternalId = thread.id.text().into();
        let name = settings.name.as_deref().unwrap_or_default();
        let key = format!("{name}:{}", &external_id[..10]);
        let all: BTreeSet<&str> = messages
            .iter()
            .flat_map(|message| message.letter.people.iter().map(String::as_str))
            .collect();
        let mut plan = Plan::default();
        let mut fields = Vec::new();
        let mut body = String::new();
        for (at, message) in messages.iter().enumerate() {
            let Some((content, raw)) = self.read(message)? else { continue };
            let by = message.letter.from.as_ref().map_or("", |from| &from.address);
            if message.may_act(settings) {
                let people = &message.letter.people;
                plan.read(Said { content: &content, people, by, at: message.at }, &all);
            }
            if message.letter.kind == Kind::AutoReply
                && let Some(away) = away(&message.letter.subject, &content.text, message.at)
            {
                let value = format!("{by} until {}: “{}”", away.until, away.quote);
                fields.push(CustomField { name: "away".into(), value: Value::String(value) });
                // Anybody can write that somebody else is away; it counts where a server vouches.
                if message.letter.authenticated {
                    self.batch.availabilities.push(availability(by, away, message));
                }
            }
            if at == opening {
                body.clone_from(&content.text);
            }
            let author = message.letter.from.as_ref().map(|from| self.note(from, message));
            self.batch.comments.push(CommentRecord {
                external_id: message.letter.identity.to_string().into(),
                task: TaskReference { key: key.clone(), external_id: Some(external_id.clone()) },
                author,
                body: content.body(),
                created_at: message.at,
                updated_at: message.at,
                url: message.letter.message_id.as_deref().and_then(mid),
                version: VERSION,
                raw,
            });
        }
        let ids = messages.iter().map(|message| message.letter.identity.to_string().into());
        let set = PartSet { task: external_id.clone(), parts: ids.collect() };
        self.batch.comment_sets.push(set);
        fields.extend(plan.evidence());
        fields.push(CustomField { name: "folder".into(), value: decoded(&thread.home).into() });
        if let Some(list) = messages.iter().find_map(|message| message.letter.list.clone()) {
            fields.push(CustomField { name: "mailing list".into(), value: list.into() });
        }
        for assignee in &plan.assignees {
            self.person(assignee);
        }
        let standing = standing(settings, &messages);
        let letter = &messages[opening].letter;
        let title = match letter.subject.as_str() {
            "" => "(no subject)".to_owned(),
            subject => subject.to_owned(),
        };
        self.batch.tasks.push(TaskRecord {
            external_id,
            locator: Locator::of(thread.id, messages[0]).to_string(),
            project: PROJECT.into(),
            key,
            kind: TaskKind::Email,
            title,
            url: letter.message_id.as_deref().and_then(mid),
            status: standing.status,
            priority: priority(&messages),
            assignees: plan.assignees.iter().map(|address| address.as_str().into()).collect(),
            author: letter.from.as_ref().map(|from| from.address.as_str().into()),
            labels: labels(settings, &messages),
            milestone: None,
            sprint: None,
            parent: ParentRecord::None,
            start_on: plan.start_on,
            due_on: plan.due_on,
            created_at: messages[0].at,
            updated_at: standing.updated_at,
            started_at: None,
            closed_at: standing.closed_at,
            estimate_seconds: None,
            time_spent_seconds: None,
            body: (!body.is_empty()).then_some(body),
            criteria: plan.criteria,
            fields,
            version: VERSION,
            census_token: Some(thread.token()),
            history: Vec::new(),
            raw: standing_raw(&messages),
        });
        Ok(())
    }

    /// From here on mail about items belongs to the group of this number.
    pub fn begin_group(&mut self, number: u16) {
        self.batch.notices.push(NoticeSet { group: number.to_string(), notices: Vec::new() });
    }

    /// Adds a message about an item of another tool. Nothing of its header is kept: it holds addresses
    /// with which whoever knows them can answer in the reader's name.
    ///
    /// # Errors
    /// Where it is not there any more.
    pub fn add_item_mail(&mut self, mail: &ItemMail) -> Result<(), Stale> {
        let message = &self.snapshot.messages[mail.message];
        let letter = &message.letter;
        let Some((content, _)) = self.read(message)? else { return Ok(()) };
        let (kind, body, url) = match (&letter.kind, mail.role) {
            (Kind::Notice(Some(notice)), _) => {
                let (event, actor) = (notice.event.clone(), notice.actor.clone());
                (NoticeKind::Told { event, actor }, quote(&content.text), Some(notice.url.clone()))
            }
            (_, Role::ReplyToTool) => (NoticeKind::ReplyToTool, String::new(), None),
            _ => {
                let author = letter.from.as_ref().map(|from| self.note(from, message));
                let url = letter.message_id.as_deref().and_then(mid);
                (NoticeKind::Reply { author }, content.body(), url)
            }
        };
        let record = NoticeRecord {
            external_id: mail.identity.to_string().into(),
            site: mail.item.site.clone(),
            key: mail.item.key.clone(),
            kind,
            body,
            sent_at: message.at,
            url,
            version: VERSION,
        };
        if let Some(group) = self.batch.notices.last_mut() {
            group.notices.push(record);
        }
        Ok(())
    }

    /// Adds the absence of which an automatic answer tells, if any; the answer itself is part of nothing.
    ///
    /// # Errors
    /// Where it is not there any more.
    pub fn add_absence(&mut self, message: &Message) -> Result<(), Stale> {
        let Some(from) = &message.letter.from else { return Ok(()) };
        let Some((content, _)) = self.read(message)? else { return Ok(()) };
        if let Some(away) = away(&message.letter.subject, &content.text, message.at) {
            self.note(from, message);
            self.batch.availabilities.push(availability(&from.address, away, message));
        }
        Ok(())
    }

    /// Reads a message again, and sees that it is still the same. `None` where its text is beyond every
    /// limit.
    fn read(&mut self, message: &Message) -> Result<Option<(Content, Bytes)>, Stale> {
        let read = self.store.read(&message.entry).map_err(Stale::Failing)?;
        let raw = read.ok_or(Stale::Moved)?;
        let (header, body) = Header::split(&raw).map_err(|_| Stale::Moved)?;
        let identity = message.letter.identity;
        if message.entry.identity(&header, body) != identity {
            return Err(Stale::Moved);
        }
        let size = message.entry.size;
        let too_large = size > MOST_MESSAGE_BYTES;
        let mut content = match Content::read(&header, if too_large { &[] } else { body }) {
            Ok(content) => content,
            Err(reason) => {
                let broken = Broken::new(&header, identity, reason);
                self.broken.push((message.entry.clone(), broken));
                return Ok(None);
            }
        };
        let here = raw.len() as u64;
        if too_large {
            content.text = format!("[… {} MiB, which is too large to be read …]", size >> 20);
        } else if here == MOST_TEXT_BYTES as u64 && here < size {
            content.text.push_str(&format!(
                "\n\n[… of {} KiB only the first {} KiB were read, and so of what is attached …]",
                size.div_ceil(1024),
                here / 1024
            ));
        }
        let kept = raw.len().min(MOST_RAW_BYTES);
        Ok(Some((content, Bytes::copy_from_slice(&raw[..kept]))))
    }

    /// Notes who wrote a message. Only who is known to be the one may say what they are called; for
    /// whom nobody vouches is not the person whose address they wrote, here or in any other tool.
    fn note(&mut self, from: &Mailbox, message: &Message) -> ExternalId {
        if !message.is_vouched_for(self.settings) {
            let external_id: ExternalId = format!("{}{}", person::UNVERIFIED, from.address).into();
            let stranger = || PersonRecord {
                external_id: external_id.clone(),
                handle: None,
                name: None,
                email: None,
                self_asserted: true,
            };
            self.people.entry(external_id.clone()).or_insert_with(stranger);
            return external_id;
        }
        let settings = self.settings;
        let person = self.person(&from.address);
        if person.name.is_none() && message.may_act(settings) {
            person.name.clone_from(&from.name);
        }
        person.external_id.clone()
    }

    /// The person of an address.
    fn person(&mut self, address: &str) -> &mut PersonRecord {
        self.people.entry(address.into()).or_insert_with(|| PersonRecord {
            external_id: address.into(),
            handle: None,
            name: None,
            email: Some(address.to_owned()),
            self_asserted: true,
        })
    }
}

/// The absence of which a message tells.
fn availability(person: &str, away: Away, message: &Message) -> AvailabilityRecord {
    AvailabilityRecord {
        person: person.into(),
        until: away.until,
        quote: away.quote,
        url: message.letter.message_id.as_deref().and_then(mid),
        said_at: message.at,
    }
}

/// The words of a notice, without what stands below them in every one, where links may be by which its
/// reader is known.
fn quote(text: &str) -> String {
    let foot = |line: &&str| line.to_lowercase().contains("unsubscribe") || *line == SIGNATURE;
    let lines: Vec<&str> = text.lines().take_while(|line| !foot(line)).collect();
    shortened(lines.join("\n").trim(), MOST_QUOTE_CHARACTERS)
}

/// How a thread stands.
struct Standing {
    status: Status,
    updated_at: Timestamp,
    closed_at: Option<Timestamp>,
}

fn standing(settings: &EmailSettings, messages: &[&Message]) -> Standing {
    let any = |says: &dyn Fn(&Message) -> bool| messages.iter().any(|message| says(message));
    let mut received = messages.iter().filter(|message| !message.is_own(settings)).peekable();
    let put_away = received.peek().is_some()
        && received.all(|message| message.folders.iter().all(|folder| settings.is_done(folder)));
    let keyword = any(&|message| {
        message.flags.keywords.iter().any(|word| settings.done_keywords.contains(word))
    });
    let answered = any(&|message| message.flags.answered || message.is_own(settings));
    let (name, category) = if put_away || keyword {
        ("done", StatusCategory::Done)
    } else if answered {
        ("answered", StatusCategory::InProgress)
    } else if any(&|message| !message.flags.seen) {
        ("unread", StatusCategory::Todo)
    } else {
        ("read", StatusCategory::Todo)
    };
    let came = messages.iter().map(|message| message.at.max(message.received_at)).max();
    let came = came.unwrap_or_default();
    // Where its owner did something, the file tells when; where nobody did, it tells when the
    // mailbox was copied.
    let touched = messages.iter().filter(|message| {
        message.flags.answered || message.flags.flagged || category == StatusCategory::Done
    });
    let touched = touched.filter_map(|message| message.entry.changed_at).max();
    let updated_at = touched.map_or(came, |touched| touched.max(came));
    Standing {
        status: Status { name: name.to_owned(), category },
        updated_at,
        closed_at: (category == StatusCategory::Done).then_some(updated_at),
    }
}

fn priority(messages: &[&Message]) -> Priority {
    match messages.iter().any(|message| message.flags.flagged) {
        true => Priority { name: Some("flagged".to_owned()), level: PriorityLevel::High },
        false => Priority::NONE,
    }
}

/// The keywords that people gave, but for those that only say that it is done.
fn labels(settings: &EmailSettings, messages: &[&Message]) -> Vec<String> {
    let keywords = messages.iter().flat_map(|message| &message.flags.keywords);
    let labels: BTreeSet<&String> =
        keywords.filter(|word| !settings.done_keywords.contains(word)).collect();
    labels.into_iter().cloned().collect()
}

/// What the mailbox says of a thread beside its messages, which are kept with the comments.
fn standing_raw(messages: &[&Message]) -> Bytes {
    let message = |message: &&Message| {
        json!({
            "message": message.letter.identity.to_string(),
            "folders": message.folders.iter().map(|folder| &**folder).collect::<Vec<_>>(),
            "seen": message.flags.seen,
            "answered": message.flags.answered,
            "flagged": message.flags.flagged,
            "keywords": message.flags.keywords,
        })
    };
    json!(messages.iter().map(message).collect::<Vec<_>>()).to_string().into()
}

/// The address of a message (RFC 2392), where it can stand in one as it is.
fn mid(id: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@._-+=$!*~".contains(&byte);
    id.bytes().all(plain).then(|| format!("mid:{id}"))
}
