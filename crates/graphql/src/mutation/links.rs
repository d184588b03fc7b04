//! Links that people make and judge.

use mainstem_model::{
    Evidence, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, LinkReview, Timestamp,
};
use mainstem_read_model::{LinkRef, TaskOrdinal, View};
use mainstem_store::ReviewedLink;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arguments::NewLink;
use crate::error::{Code, Problem};
use crate::objects::find_task;

/// A link to be declared.
pub struct Declaration {
    /// The link.
    pub link: Link,
    /// The circle of waiting tasks that it closes.
    pub closes: Vec<TaskOrdinal>,
    /// What the record says of it.
    pub told: Value,
}

/// One task has to do with another.
///
/// # Errors
/// `BAD_USER_INPUT`, `NOT_FOUND`.
pub fn declare(view: &View, new: &NewLink, now: Timestamp) -> Result<Declaration, Problem> {
    if new.kind == LinkKind::Mentions {
        return Err(Problem::bad_input("A mention is what a text says; choose another kind."));
    }
    let (from, to) = (find_task(view, &new.from)?, find_task(view, &new.to)?);
    if from.id() == to.id() {
        return Err(Problem::bad_input(
            "A task is not linked to itself; from and to are the same.",
        ));
    }
    let closes = match new.kind {
        LinkKind::Blocks => view.would_close(from.ordinal(), to.ordinal()),
        _ => Vec::new(),
    };
    let evidence = new.note.iter().map(|note| Evidence {
        quote: note.clone(),
        url: None,
        comment: None,
        seen_at: now,
    });
    let link = Link {
        id: LinkId(Uuid::nil()),
        kind: new.kind,
        from: LinkEnd::new(Some(from.id()), from.key().to_owned()),
        to: LinkEnd::new(Some(to.id()), to.key().to_owned()),
        origin: LinkOrigin::Declared,
        confidence: 1.0,
        stated_by: from.id(),
        source: from.source_id(),
        evidence: evidence.collect(),
        since: now,
        until: None,
    };
    let told = json!({
        "kind": link.kind,
        "from": link.from.key,
        "to": link.to.key,
        "note": new.note,
    });
    Ok(Declaration { link, closes, told })
}

/// The link of a global id.
///
/// # Errors
/// `BAD_USER_INPUT`, `NOT_FOUND`.
pub fn find<'v>(view: &'v View, id: &str) -> Result<LinkRef<'v>, Problem> {
    let parsed: LinkId =
        id.parse().map_err(|_| Problem::bad_input(format!("{id:?} is not the id of a link.")))?;
    let found = view.link(parsed);
    found.ok_or_else(|| Problem::new(Code::NotFound, format!("There is no link {parsed}.")))
}

/// A link that was made here ends.
///
/// # Errors
/// `CONFLICT` for one that was not.
pub fn withdraw(link: LinkRef<'_>) -> Result<(), Problem> {
    match link.origin() {
        LinkOrigin::Declared => Ok(()),
        LinkOrigin::Native => Err(Problem::new(
            Code::Conflict,
            "The link is the tool's own; remove it there, and it ends here.",
        )),
        LinkOrigin::Inferred => Err(Problem::new(
            Code::Conflict,
            "The link is what a text says; reject it with reviewLink.",
        )),
    }
}

/// What a person says of a link that a text states.
///
/// # Errors
/// `CONFLICT` for another link, `SOURCE_UNAVAILABLE` while its source is only arriving.
pub fn review(view: &View, link: LinkRef<'_>, review: LinkReview) -> Result<ReviewedLink, Problem> {
    if link.origin() != LinkOrigin::Inferred {
        return Err(Problem::new(
            Code::Conflict,
            "Only what a text says is reviewed; a tool's own link ends in the tool, one that was \
             made here with unlinkTasks.",
        ));
    }
    let stated_by = view.task(link.stated_by());
    let stated_by = stated_by.ok_or_else(|| Problem::new(Code::NotFound, "The task is gone."))?;
    Ok(ReviewedLink {
        stated_by: stated_by.id(),
        source: stated_by.source_id(),
        ids: link.review_ids(),
        review,
    })
}

/// A link as the record names it.
pub fn told(link: LinkRef<'_>, review: Option<LinkReview>) -> Value {
    json!({
        "kind": link.kind(),
        "from": link.from().key,
        "to": link.to().key,
        "review": review.unwrap_or(link.review()),
    })
}
