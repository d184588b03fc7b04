//! Comments.

use bytes::Bytes;
use mainstem_model::record::{CommentRecord, TaskReference};

use super::decode::{Malformed, decode, identify};
use super::people::People;
use super::value::rich_text;
use crate::client::Site;
use crate::wire;

/// Reads a comment on this task.
pub fn comment(
    raw: Bytes,
    task: &TaskReference,
    site: &Site,
    people: &mut People,
) -> Result<CommentRecord, Malformed> {
    let comment: wire::Comment =
        decode(&raw).map_err(|reason| Malformed { external_id: identify(&raw), reason })?;
    let updated_at = comment.updated.unwrap_or(comment.created).0;
    Ok(CommentRecord {
        url: Some(format!("{}/browse/{}?focusedCommentId={}", site.address, task.key, comment.id)),
        external_id: comment.id.into(),
        task: task.clone(),
        author: comment.author.and_then(|user| people.note(user)),
        body: comment.body.and_then(rich_text).unwrap_or_default(),
        created_at: comment.created.0,
        updated_at,
        version: updated_at.0,
        raw: raw.clone(),
    })
}
