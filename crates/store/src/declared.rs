//! Links that are made here, and what people say of the links that texts state.

use mainstem_model::{
    ChangeCause, Link, LinkId, LinkOrigin, LinkReview, Position, SourceId, Subject, TaskId,
};

use crate::apply::changes::{self, NewChange};
use crate::dialect::{Dialect, Transaction, execute};
use crate::inferences::LINK_REVIEW;
use crate::links::{DECLARED_LINK, begins};
use crate::{NewAuditRecord, ReviewedLink, Store, StoreError};

impl Store {
    /// Keeps a link that somebody declares; answers its id and the position from which on a read model
    /// shows it. One that holds already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing was written.
    pub async fn declare_link(
        &self,
        mut link: Link,
        record: &NewAuditRecord,
    ) -> Result<(LinkId, Position), StoreError> {
        let now = self.now();
        link.origin = LinkOrigin::Declared;
        link.id = link.derived_id();
        let mut transaction = self.begin().await?;
        transaction.hold_declared_links().await?;
        transaction.record(record, now).await?;
        let tasks = vec![link.stated_by.0];
        let known = transaction.intervals(&DECLARED_LINK, "TRUE", tasks).await?;
        let known = known.get(&link.stated_by.0).and_then(|known| known.get(&link.id.0));
        let (id, source) = (link.id, link.source);
        let mut entries = Vec::new();
        if let Some(since) = begins(known, None, now) {
            link.since = since;
            entries = transaction.add_links(&DECLARED_LINK, &[link]).await?;
        }
        Ok((id, self.commit_links(transaction, source, &entries).await?))
    }

    /// Ends a declared link; answers as [`Store::declare_link`]. One that does not hold stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing was written.
    pub async fn withdraw_link(
        &self,
        stated_by: TaskId,
        source: SourceId,
        link: LinkId,
        record: &NewAuditRecord,
    ) -> Result<Position, StoreError> {
        let now = self.now();
        let mut transaction = self.begin().await?;
        transaction.hold_declared_links().await?;
        transaction.record(record, now).await?;
        let known = transaction.intervals(&DECLARED_LINK, "TRUE", vec![stated_by.0]).await?;
        let known = known.get(&stated_by.0).and_then(|known| known.get(&link.0));
        let open = known.and_then(|known| known.last()).filter(|last| last.until_at.is_none());
        let mut entries = Vec::new();
        if let Some(open) = open {
            entries.push(transaction.end_link(&DECLARED_LINK, open, now).await?);
        }
        self.commit_links(transaction, source, &entries).await
    }

    /// Keeps what a person says of a link that a task's texts state, under each of the ids that the
    /// link may have; answers as [`Store::declare_link`].
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing was written.
    pub async fn review_link(
        &self,
        link: &ReviewedLink,
        record: &NewAuditRecord,
    ) -> Result<Position, StoreError> {
        const FORGET: &str = "DELETE FROM link_review WHERE link = $1";
        const KEEP: &str = "INSERT INTO link_review (link, review) VALUES ($1, $2)
            ON CONFLICT (link) DO UPDATE SET review = excluded.review";
        let now = self.now();
        let mut transaction = self.begin().await?;
        transaction.record(record, now).await?;
        for id in &link.ids {
            if link.review == LinkReview::Unreviewed {
                execute!(transaction, sqlx::query(FORGET).bind(id.0))?;
            } else {
                let review = link.review.as_str();
                execute!(transaction, sqlx::query(KEEP).bind(id.0).bind(review))?;
            }
        }
        let entry = NewChange {
            subject: Subject::Task(link.stated_by),
            field: LINK_REVIEW.into(),
            before: Some(record.before.clone()),
            after: Some(record.after.clone()),
            actor: None,
            occurred_at: now,
            history_key: None,
        };
        self.commit_links(transaction, link.source, &[entry]).await
    }

    async fn commit_links(
        &self,
        mut transaction: Transaction<'_>,
        source: SourceId,
        entries: &[NewChange],
    ) -> Result<Position, StoreError> {
        let (cause, now) = (ChangeCause::Api, self.now());
        let position = changes::append(&mut transaction, source, cause, now, entries).await?;
        transaction.commit().await?;
        self.ring(position);
        Ok(position)
    }
}

impl Transaction<'_> {
    /// One after the other, so that two who declare the same make one link.
    async fn hold_declared_links(&mut self) -> Result<(), StoreError> {
        if self.dialect() == Dialect::Postgres {
            let text = "LOCK TABLE declared_link IN SHARE ROW EXCLUSIVE MODE";
            execute!(self, sqlx::query(text))?;
        }
        Ok(())
    }
}
