//! A stable hash of what a record says, to tell a repetition from news without loading what is stored.
//!
//! It is written to the database, so it must never depend on the program's build. What only a closer
//! reading knows (parent, links, history, census token) is left out: its absence is no difference.

use mainstem_model::Date;
use mainstem_model::record::{CommentRecord, NoticeKind, NoticeRecord, TaskRecord, WorklogRecord};
use sha2::{Digest, Sha256};

/// 128 bits of SHA-256: no two contents that a tool could give share them.
pub(super) type Fingerprint = [u8; 16];

/// The fingerprint of bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> Fingerprint {
    let mut hasher = Hasher::default();
    hasher.0.update(bytes);
    hasher.finish()
}

/// The fingerprint of a task.
pub(super) fn of_task(task: &TaskRecord) -> Fingerprint {
    let mut hasher = Hasher::default();
    hasher.text(&task.external_id);
    hasher.text(&task.locator);
    hasher.text(&task.project);
    hasher.text(&task.key);
    hasher.text(task.kind.as_str());
    hasher.text(&task.title);
    hasher.optional(task.url.as_deref());
    hasher.text(&task.status.name);
    hasher.text(task.status.category.as_str());
    hasher.optional(task.priority.name.as_deref());
    hasher.text(task.priority.level.as_str());
    hasher.list(task.assignees.iter().map(|id| &**id));
    hasher.optional(task.author.as_deref());
    hasher.list(task.labels.iter().map(String::as_str));
    hasher.optional(task.milestone.as_deref());
    hasher.optional(task.sprint.as_deref());
    hasher.date(task.start_on);
    hasher.date(task.due_on);
    hasher.number(Some(task.created_at.0));
    hasher.number(Some(task.updated_at.0));
    hasher.number(task.started_at.map(|at| at.0));
    hasher.number(task.closed_at.map(|at| at.0));
    hasher.number(task.estimate_seconds);
    hasher.number(task.time_spent_seconds);
    hasher.optional(task.body.as_deref());
    hasher.number(i64::try_from(task.criteria.len()).ok());
    for criterion in &task.criteria {
        hasher.text(&criterion.text);
        hasher.number(Some(criterion.met.into()));
    }
    hasher.number(i64::try_from(task.fields.len()).ok());
    for field in &task.fields {
        hasher.text(&field.name);
        hasher.text(&field.value.to_string());
    }
    hasher.number(Some(task.version));
    hasher.finish()
}

/// The fingerprint of a comment.
pub(super) fn of_comment(comment: &CommentRecord) -> Fingerprint {
    let mut hasher = Hasher::default();
    hasher.optional(comment.author.as_deref());
    hasher.text(&comment.body);
    hasher.number(Some(comment.created_at.0));
    hasher.number(Some(comment.updated_at.0));
    hasher.optional(comment.url.as_deref());
    hasher.number(Some(comment.version));
    hasher.finish()
}

/// The fingerprint of a worklog.
pub(super) fn of_worklog(worklog: &WorklogRecord) -> Fingerprint {
    let mut hasher = Hasher::default();
    hasher.optional(worklog.author.as_deref());
    hasher.number(Some(worklog.started_at.0));
    hasher.number(Some(worklog.time_spent_seconds));
    hasher.optional(worklog.note.as_deref());
    hasher.number(Some(worklog.updated_at.0));
    hasher.number(Some(worklog.version));
    hasher.finish()
}

/// The fingerprint of a mail about an item of another source.
pub(super) fn of_notice(notice: &NoticeRecord) -> Fingerprint {
    let mut hasher = Hasher::default();
    hasher.text(&notice.site);
    hasher.text(&notice.key);
    match &notice.kind {
        NoticeKind::Told { event, actor } => {
            hasher.text("told");
            hasher.optional(event.as_deref());
            hasher.optional(actor.as_deref());
        }
        NoticeKind::Reply { author } => {
            hasher.text("reply");
            hasher.optional(author.as_deref());
        }
        NoticeKind::ReplyToTool => hasher.text("reply to tool"),
    }
    hasher.text(&notice.body);
    hasher.number(Some(notice.sent_at.0));
    hasher.optional(notice.url.as_deref());
    hasher.number(Some(notice.version));
    hasher.finish()
}

/// Every value goes in with its length, so that no two lists of values run into each other.
#[derive(Default)]
struct Hasher(Sha256);

impl Hasher {
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.0.update(u64::MAX.to_le_bytes()),
        }
    }

    fn list<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) {
        self.0.update((texts.len() as u64).to_le_bytes());
        texts.for_each(|text| self.text(text));
    }

    fn number(&mut self, number: Option<i64>) {
        self.0.update([u8::from(number.is_some())]);
        self.0.update(number.unwrap_or_default().to_le_bytes());
    }

    fn date(&mut self, date: Option<Date>) {
        self.optional(date.map(|date| date.to_string()).as_deref());
    }

    fn finish(self) -> Fingerprint {
        let digest = self.0.finalize();
        let mut fingerprint = Fingerprint::default();
        fingerprint.copy_from_slice(&digest[..16]);
        fingerprint
    }
}
