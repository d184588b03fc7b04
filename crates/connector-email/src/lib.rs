//! The connector for mail: a mailbox on a server (IMAP), Maildir and mbox on this machine; read and never
//! written to, but for the copies of answers that are sent from here (SMTP).
//!
//! The path of a pull: `mailbox` lists what lies where (`mailbox::imap` over a connection of its own),
//! `letter` reads each header once, `item_mail` tells apart what is about items of other tools, `thread`
//! puts the other messages together, `snapshot` holds the mailbox as it stands, `cursor` tells what of it
//! was handed over, and `normalize` says all that in Mainstem's words, which is when `message::content`
//! reads texts.
//!
//! A thread is a task, each of its messages a comment on it; the text of the message that began it is
//! the body of the task as well, so that a search finds it. A folder is a scope, the mailbox the
//! project.
//!
//! | in the mailbox | status |
//! |---|---|
//! | every message received lies in `done_folders`, or one bears a `done_keywords` | `done`, DONE |
//! | one was answered, or one lies in `sent_folders` | `answered`, IN_PROGRESS |
//! | one was not read | `unread`, TODO |
//! | otherwise | `read`, TODO |
//!
//! # What a thread says of its plan
//!
//! Lines of their own, outside of what they quote, of somebody who may act; a later one stands for an
//! earlier one. Each is kept with the words that say it.
//!
//! | | |
//! |---|---|
//! | `Due: 2026-12-01`, a VTODO's or VEVENT's date, `support+due-2026-12-01@…` | due and start date |
//! | `Assignee: ann@acme.example`, a VTODO's attendees, `support+ann@…` where Ann takes part | assignees |
//! | `- [ ] …`, `- [x] …` | acceptance criteria |
//! | `Blocks: ENG-42`, `Blocked by: acme/api#7`, `Waiting for: https://…/browse/ENG-42` | links of origin INFERRED to the task of that key, whichever source it is of |
//!
//! # What it costs
//!
//! | | |
//! |---|---|
//! | first look of a process | every message is read once: its header is kept (about 1 KB), its content hashed |
//! | a pass over an unchanged Maildir | one listing of `new` and `cur` of each folder with the metadata of each file; no message is opened |
//! | first look of a process at a server | of every message flags, size and time (about 100 bytes), its header and the first 2 KiB behind it, a hundred messages to a command |
//! | a pass over an unchanged server | the list of folders, and one command for each folder that is read; where the server does not count changes (CONDSTORE), the flags of every message, too. Folders that are read one after the other share one look |
//! | a change at a server | with QRESYNC nothing more; with CONDSTORE alone the flags of what has changed, and of all messages where some are gone; and what is new as at the first look |
//! | a pass over an unchanged mbox | the metadata of the file; one that was written to is read again as a whole |
//! | a change | the threads of its bucket, about a thousandth of the folder, are read and handed over; the store writes what differs |
//!
//! One message takes linear time and bounded memory, whatever it is: at most 25 MiB (above that only
//! its header), 256 KiB and 1,000 fields of header, 1,000 parts, 20 levels of parts, 1 MiB of encoded
//! text, 256 KiB of HTML, 64 KiB of text shown. These are counted on the raw bytes before anything
//! is decoded, and nothing here goes into itself, so no thread of its own and no time limit is needed.
//! What is beyond them goes to the quarantine with the reason.
//!
//! A server is asked for the text of a message when its thread is handed over, at most 512 KiB: texts stand
//! before what is attached. Nothing is kept between two processes but the cursor, so a restart costs the
//! first look of a process: about 5 KB for each message of the folders that are read, and no text.
//!
//! # A mailbox on a server
//!
//! `imaps://` is secure from the first byte, `imap://` becomes so by STARTTLS before anything else is said;
//! in clear only to this machine itself. Whoever answers has to prove its name by a certificate that the
//! operating system trusts. A password goes by AUTHENTICATE PLAIN where the server takes that, else by
//! LOGIN; an access token by XOAUTH2. Folders are opened for reading only (EXAMINE), and nobody counts as
//! having read anything (BODY.PEEK). Drafts, Junk, Trash and views over other folders (RFC 6154) are read
//! where `folders` names them; Sent counts as one of `sent_folders`, Archive as one of `done_folders`.
//!
//! One connection reads, and another waits for what the server says of the inbox (IDLE) and, where it can
//! (NOTIFY), of all other folders of the account; a connection that falls silent costs no more than a
//! poll. Every command has a minute; whatever goes wrong ends the
//! connection, and the next one begins anew.
//!
//! A message is known by the fields of its header that every copy has alike and by the first 2 KiB behind
//! it, whatever number it has in which folder: copies are one message, and where a server numbers its
//! messages anew (UIDVALIDITY) everything is found again. A sender who writes two messages of the same
//! Message-ID, date and subject that begin alike shows only the first of them.
//!
//! # Answers
//!
//! With `smtp`, a comment on a thread is an answer to the last message of somebody else in it, and goes to
//! whom that asks answers to and to whom it was sent, twenty people at most, five times an hour to a
//! thread and twenty times to a recipient. Its Message-ID follows from the command, and `outbox` says how
//! its copy in the folder of sent mail keeps it from being sent twice. It is shown in the thread where that
//! folder is read.
//!
//! # Whom it believes
//!
//! With `trusted_server`, only `Authentication-Results` of that server count (see `trust`), and only
//! a sender for whom it vouches begins a task or says who does it until when; others can comment.
//! `require_authentication = false` lifts that. Without `trusted_server` every sender counts: a local
//! archive has no such fields, and whoever can write to its files can forge them.
//!
//! # What becomes of mail that no person wrote
//!
//! | | |
//! |---|---|
//! | automatic answers, bounces | comments on the thread that they answer, never the beginning of a task; an absence with its last day is a field of the task, with its quote |
//! | automatic answers that belong to no task | nothing but the absence of their sender, where a server vouches for it |
//! | newsletters, bulk mail | not read |
//! | a mailing list where people answer each other | threads like others, the list in a field |
//! | notifications of GitHub and Jira | evidence on the item that they name (see `about`), with a quote of at most 500 characters; nothing of their header is kept |
//!
//! What a person answers to a notification is a comment on its item (see `item_mail`): whatever refers
//! last to one, or to an answer to one. An answer that goes to where the tool takes answers is left to the
//! tool: to `reply.` and GitHub's host, to a Jira Cloud, or to a sender whose own `Reply-To` it is. Notices
//! and answers are listed by the first folder, wherever they lie, in groups by a hash of their content; a
//! group is handed over whole where anything in it changes, so what was removed is missing from it.
//!
//! # What it cannot see
//!
//! * A message within a message (a forward as an attachment) is listed and not opened.
//! * When a flag of an mbox or of a message on a server changed: its status is logged at the time of the
//!   last message. Of a Maildir the file system tells it.
//! * At once, what happens in other folders than the inbox where the server cannot say that (NOTIFY with
//!   CONDSTORE), in folders that somebody shares, and in one that was not there at the last visit: that
//!   waits for the next poll.
//! * What is attached behind the first 512 KiB of a message on a server.
//! * A thread that goes while two others come in the same bucket is missed until the daily census.
//! * Where a message that tied two threads together is deleted, what was one task here stays one.
//! * A notification is not believed where its sender's domain is neither the site's nor above it: a Jira
//!   Cloud that writes from a domain of one's own. It is then neither evidence nor a task.
//! * An answer without `References` and `In-Reply-To` is a thread of its own, and so is one to a notification
//!   of Jira that is not in the mailbox any more: Jira's Message-IDs do not name the site.

mod about;
mod away;
mod calendar;
#[cfg(test)]
mod conformance;
mod connector;
mod cursor;
mod item_mail;
mod letter;
mod locator;
mod mailbox;
mod message;
mod normalize;
mod outbox;
mod plan;
mod session;
mod settings;
mod signal;
mod snapshot;
mod subject;
#[cfg(test)]
mod tests;
mod thread;
mod trust;

pub use connector::Email;
