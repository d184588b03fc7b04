//! Answers by mail that the tool holds as comments of its own: a mail handler may make one of what looked
//! as if it went to people alone.
//!
//! The same is what the same person (or one with the same address) says with the same words within a day.
//! Once that was found, the answer is not shown any more, whatever becomes of the comment.

use std::collections::{BTreeMap, BTreeSet};

use mainstem_model::{Subject, TaskId, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::Apply;
use super::changes::NewChange;
use super::notices::named;
use crate::StoreError;
use crate::dialect::{Ids, execute, run};
use crate::notices::{REPLY, standing};

/// How far apart both may be written.
const SAME_MICROSECONDS: i64 = 24 * 60 * 60 * 1_000_000;

/// An answer (its id, when it was sent, its text) beside a comment of the same person.
type Pair = (Uuid, i64, String, Uuid, String);

impl Apply<'_> {
    /// Looks at the answers on tasks that got comments, and takes those off that are recorded.
    pub(super) async fn recorded_answers(&mut self) -> Result<(), StoreError> {
        let commented = std::mem::take(&mut self.commented);
        let recorded = self.find_recorded(commented).await?;
        if recorded.is_empty() {
            return Ok(());
        }
        let ids = recorded.keys().copied().collect();
        let tasks = self.transaction.tasks_of_notices(REPLY, ids).await?;
        for (id, tasks) in tasks {
            let Some(sent_at) = recorded.get(&id) else { continue };
            for task in tasks {
                self.changes.push(NewChange {
                    subject: Subject::Task(TaskId(task)),
                    field: "comments".into(),
                    before: Some(named(REPLY, id, *sent_at)),
                    after: None,
                    actor: None,
                    occurred_at: self.now,
                    history_key: None,
                });
            }
        }
        self.applied.notices_written += recorded.len() as u64;
        Ok(())
    }

    /// Marks the answers on these tasks that are recorded. Tells which, and when they were sent.
    pub(super) async fn find_recorded(
        &mut self,
        tasks: BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, Timestamp>, StoreError> {
        const MARK: &str = "UPDATE notice SET recorded_as = $2 WHERE id = $1";
        let mut recorded = BTreeMap::new();
        if tasks.is_empty() {
            return Ok(recorded);
        }
        let among = |task: &str| self.transaction.dialect().among_ids(task, 1);
        let answers = standing(
            "notice.id AS id, {task} AS task, notice.author AS author, notice.sent_at AS sent_at,
             notice.body AS body",
            REPLY,
            |task| format!("{} AND notice.recorded_as IS NULL", among(task)),
        );
        let text = format!(
            "SELECT answer.id, answer.sent_at, answer.body, comment.id, comment.body
             FROM ({answers}) AS answer
             JOIN comment ON comment.task = answer.task
                 AND comment.created_at BETWEEN answer.sent_at - {SAME_MICROSECONDS}
                     AND answer.sent_at + {SAME_MICROSECONDS}
             JOIN identity AS mailer ON mailer.id = answer.author
             JOIN identity AS author ON author.id = comment.author
             WHERE mailer.id = author.id OR LOWER(mailer.email) = LOWER(author.email)
             ORDER BY answer.id, comment.created_at, comment.id"
        );
        let pairs: Vec<Pair> = run!(self.transaction, connection =>
            sqlx::query_as(AssertSqlSafe(text))
                .bind(Ids(tasks.into_iter().collect()))
                .fetch_all(connection)
                .await)?;
        for (id, sent_at, body, comment, comment_body) in pairs {
            if !recorded.contains_key(&id) && says_the_same(&body, &comment_body) {
                execute!(self.transaction, sqlx::query(MARK).bind(id).bind(comment))?;
                recorded.insert(id, Timestamp(sent_at));
            }
        }
        Ok(recorded)
    }
}

/// Whether two texts have the same words, what they quote left aside.
fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    !one.is_empty() && one == other
}

/// The words of a text in small letters, without quoted lines, the line that introduces them, and the
/// lines in brackets that stand for what a mailbox has folded away.
fn words(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let quoted = |line: &str| line.starts_with('>') || line.starts_with("[…");
    let introduces = |at: usize| {
        let next = lines[at + 1..].iter().find(|line| !line.is_empty());
        lines[at].ends_with(':') && next.is_some_and(|next| quoted(next))
    };
    let own = lines.iter().enumerate().filter(|(at, line)| !quoted(line) && !introduces(*at));
    own.flat_map(|(_, line)| line.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_what_they_answer() {
        for (one, other, same) in [
            ("Mended.\n\n[… 2 quoted lines …]", "*Mended*.", true),
            ("Mended.", "mended\n\nOn Mon, Ann wrote:\n\n> is it?\n", true),
            ("Mended:\n- seal", "Mended: seal", true),
            ("Mended.", "Mended, but it leaks.", false),
            ("Yes", "Yes and no", false),
            ("> quoted", "> quoted", false),
            ("", "", false),
        ] {
            assert_eq!(says_the_same(one, other), same, "{one:?} {other:?}");
        }
    }
}
