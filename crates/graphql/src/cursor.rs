//! Cursors of the lists that the store pages, and the position of an answer. Opaque to callers; each
//! names its list and the version of its form, so that one of another list is told apart.

use mainstem_model::{CommentId, LinkId, NoticeId, Position, TaskId, WorklogId};
use uuid::Uuid;

use crate::error::Problem;

const AUDIT: &str = "audit1-";
const CHANGE: &str = "change1-";
const COMMENT: &str = "comment1-";
const LINK: &str = "link1-";
const NOTICE: &str = "notice1-";
const PAIR: &str = "pair1-";
const POSITION: &str = "position1-";
const WORKLOG: &str = "worklog1-";

/// The cursor of a change.
pub fn change(position: Position) -> String {
    format!("{CHANGE}{}", position.0)
}

/// The change that a cursor stands at.
///
/// # Errors
/// `BAD_USER_INPUT` where the cursor was not given out for changes.
pub fn read_change(text: &str) -> Result<Position, Problem> {
    read_number(text, CHANGE).map(Position).ok_or_else(foreign)
}

/// The cursor of a record of what was done.
pub fn audit(id: i64) -> String {
    format!("{AUDIT}{id}")
}

/// The record that a cursor stands at.
///
/// # Errors
/// `BAD_USER_INPUT` where the cursor was not given out for these records.
pub fn read_audit(text: &str) -> Result<i64, Problem> {
    read_number(text, AUDIT).ok_or_else(foreign)
}

/// The cursor of a comment.
pub fn comment(id: CommentId) -> String {
    format!("{COMMENT}{}", id.0.as_simple())
}

/// The comment that a cursor stands at.
///
/// # Errors
/// `BAD_USER_INPUT` where the cursor was not given out for comments.
pub fn read_comment(text: &str) -> Result<CommentId, Problem> {
    read_uuid(text, COMMENT).map(CommentId)
}

/// The cursor of a link.
pub fn link(id: LinkId) -> String {
    format!("{LINK}{}", id.0.as_simple())
}

/// The link that a cursor stands at.
///
/// # Errors
/// `BAD_USER_INPUT` where the cursor was not given out for links.
pub fn read_link(text: &str) -> Result<LinkId, Problem> {
    read_uuid(text, LINK).map(LinkId)
}

/// The cursor of a place in a list that two tasks and a number order.
pub fn pair(from: TaskId, to: TaskId, number: u8) -> String {
    format!("{PAIR}{}{}{number:02x}", from.0.as_simple(), to.0.as_simple())
}

/// The place that such a cursor names.
///
/// # Errors
/// `BAD_USER_INPUT` where the cursor was not given out for such a list.
pub fn read_pair(text: &str) -> Result<(TaskId, TaskId, u8), Problem> {
    let hex = text.strip_prefix(PAIR).filter(|hex| hex.len() == 66 && hex.is_ascii());
    let read = |hex: &str| {
        let id = |hex: &str| Uuid::try_parse(hex).ok().map(TaskId);
        let number = u8::from_str_radix(&hex[64..], 16).ok();
        Some((id(&hex[..32])?, id(&hex[32..64])?, number?))
    };
    hex.and_then(read).ok_or_else(foreign)
}

/// The cursor of a notice.
pub fn notice(id: NoticeId) -> String {
    format!("{NOTICE}{}", id.0.as_simple())
}

/// The notice that a cursor stands at.
///
/// # Errors
/// `BAD_USER_INPUT` where the cursor was not given out for notices.
pub fn read_notice(text: &str) -> Result<NoticeId, Problem> {
    read_uuid(text, NOTICE).map(NoticeId)
}

/// The cursor of a worklog.
pub fn worklog(id: WorklogId) -> String {
    format!("{WORKLOG}{}", id.0.as_simple())
}

/// The worklog that a cursor stands at.
///
/// # Errors
/// `BAD_USER_INPUT` where the cursor was not given out for worklogs.
pub fn read_worklog(text: &str) -> Result<WorklogId, Problem> {
    read_uuid(text, WORKLOG).map(WorklogId)
}

/// The position of an answer as callers hand it back.
pub fn position(position: Position) -> String {
    format!("{POSITION}{}", position.0)
}

/// The position that a caller hands back.
///
/// # Errors
/// `BAD_USER_INPUT` where it was not given out as a position.
pub fn read_position(text: &str) -> Result<Position, Problem> {
    read_number(text, POSITION).map(Position).ok_or_else(|| {
        Problem::bad_input(
            "The header Mainstem-Min-Position takes the extensions.position of an earlier answer.",
        )
    })
}

fn read_number(text: &str, prefix: &str) -> Option<i64> {
    let digits = text.strip_prefix(prefix)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn read_uuid(text: &str, prefix: &str) -> Result<Uuid, Problem> {
    let hex = text.strip_prefix(prefix).filter(|hex| hex.len() == 32);
    hex.and_then(|hex| Uuid::try_parse(hex).ok()).ok_or_else(foreign)
}

fn foreign() -> Problem {
    Problem::bad_input("The cursor does not belong to this list.")
}
