//! Comments.

use bytes::Bytes;
use mainstem_model::record::{CommentRecord, TaskReference};

use super::decode::{Malformed, decode};
use super::people::People;
use super::text::storable;
use crate::repository::{Repository, RepositoryName};
use crate::wire;

/// Reads a comment of this repository.
///
/// # Errors
/// Where the payload is not a comment; the reason names the field.
pub fn comment(
    raw: Bytes,
    repository: &Repository,
    people: &mut People,
) -> Result<CommentRecord, Malformed> {
    let comment: wire::Comment = decode(&raw)?;
    let number = RepositoryName::from_api_url(&comment.issue_url)
        .and_then(|(_, number)| number)
        .or_else(|| comment.issue_url.rsplit_once('/')?.1.parse().ok())
        .ok_or_else(|| Malformed {
            external_id: comment.id.to_string(),
            reason: "issue_url: names no issue".to_owned(),
        })?;
    Ok(CommentRecord {
        external_id: comment.id.to_string().into(),
        task: TaskReference { key: repository.key(number), external_id: None },
        author: comment.user.map(|user| people.note(user)),
        body: storable(comment.body.unwrap_or_default()),
        created_at: comment.created_at,
        updated_at: comment.updated_at,
        url: comment.html_url,
        version: comment.updated_at.0,
        raw,
    })
}
