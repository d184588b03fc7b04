//! Worklogs.

use bytes::Bytes;
use mainstem_model::record::{TaskReference, WorklogRecord};

use super::decode::{Malformed, decode, identify};
use super::people::People;
use super::value::rich_text;
use crate::wire;

/// Reads a worklog of this task.
pub fn worklog(
    raw: Bytes,
    task: &TaskReference,
    people: &mut People,
) -> Result<WorklogRecord, Malformed> {
    let worklog: wire::Worklog =
        decode(&raw).map_err(|reason| Malformed { external_id: identify(&raw), reason })?;
    let updated_at = worklog.updated.unwrap_or(worklog.started).0;
    Ok(WorklogRecord {
        external_id: worklog.id.into(),
        task: task.clone(),
        author: worklog.author.and_then(|user| people.note(user)),
        started_at: worklog.started.0,
        time_spent_seconds: worklog.time_spent_seconds,
        note: worklog.comment.and_then(rich_text),
        updated_at,
        version: updated_at.0,
        raw: raw.clone(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::{Value, json};

    fn read(change: impl FnOnce(&mut Value)) -> Result<WorklogRecord, String> {
        let mut payload = json!({
            "id": "100028",
            "author": {"accountId": "ada"},
            "started": "2026-03-01T09:30:00.000+0100",
            "updated": "2026-03-02T08:00:00.000+0000",
            "timeSpentSeconds": 5_400,
        });
        change(&mut payload);
        let task = TaskReference { key: "ENG-1".into(), external_id: Some("1".into()) };
        let raw = Bytes::from(payload.to_string());
        worklog(raw, &task, &mut People::default()).map_err(|malformed| malformed.reason)
    }

    #[test]
    fn a_note_comes_as_document_as_markup_or_not_at_all() {
        let document = json!({"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [
                {"type": "text", "text": "Paired", "marks": [{"type": "strong"}]}]}]});
        for (note, expected) in [
            (document, Some("**Paired**")),
            (json!("*Paired*"), Some("**Paired**")),
            (json!(""), None),
            (json!(null), None),
        ] {
            let read = read(|payload| payload["comment"] = note.clone()).unwrap();
            assert_eq!(read.note.as_deref().map(str::trim), expected, "{note}");
        }
        assert_eq!(read(|_| {}).unwrap().note, None);
    }

    #[test]
    fn times_are_instants_and_the_version_is_the_last_change() {
        let read = read(|_| {}).unwrap();
        assert_eq!(read.started_at, "2026-03-01T08:30:00Z".parse().unwrap());
        assert_eq!(read.updated_at, "2026-03-02T08:00:00Z".parse().unwrap());
        assert_eq!((read.version, read.time_spent_seconds), (read.updated_at.0, 5_400));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (field, value) in [("started", json!("soon")), ("timeSpentSeconds", json!("1h"))] {
            let reason = read(|payload| payload[field] = value).unwrap_err();
            assert!(reason.starts_with(field), "{reason}");
        }
    }
}
