//! Mutations: what a caller changes here. They run one after the other, before anything of their
//! answers is written; each is one call of the store.

mod links;
mod people;

use mainstem_model::{LinkReview, TokenScope, Visibility};
use mainstem_read_model::{LinkRef, ReadModel, View};
use mainstem_store::{NewAuditRecord, Store, StoreError};
use serde_json::Value;

use crate::Caller;
use crate::arguments::{Arguments, NewLink};
use crate::error::{Code, Problem};
use crate::objects::{Mutated, find_task};
use crate::plan::{Field, Plan};
use crate::writer::unplanned;

/// What mutations run on.
pub struct Mutations<'a> {
    /// What they change.
    pub store: &'a Store,
    /// What they find things in, and what shows their effect.
    pub model: &'a ReadModel,
    /// Who asks.
    pub caller: &'a Caller,
    /// Names the request in the log.
    pub request_id: &'a str,
}

/// Refuses a caller who may not do what is asked, before any of it is done.
///
/// Who is one person reaches over all sources: a token that is limited to some of them may not decide
/// that even where it sees all that is touched, or the difference would tell it of what it does not see.
/// A link reaches as far as both tasks that it names, which the caller sees. What writes nothing takes no
/// more than reading.
///
/// # Errors
/// `FORBIDDEN`.
pub fn allow(caller: &Caller, plan: &Plan) -> Result<(), Problem> {
    plan.root.fields.iter().try_for_each(|field| match &field.arguments {
        Arguments::MergePeople(_) | Arguments::SplitPerson(_) => require_admin(caller),
        Arguments::LinkTasks(_) | Arguments::UnlinkTasks(_) | Arguments::ReviewLink(..)
            if caller.scope < TokenScope::Write =>
        {
            Err(Problem::new(Code::Forbidden, "This takes a token with the scope write."))
        }
        _ => Ok(()),
    })
}

/// Refuses whoever is not an admin of everything.
///
/// # Errors
/// `FORBIDDEN`.
pub fn require_admin(caller: &Caller) -> Result<(), Problem> {
    if caller.scope < TokenScope::Admin {
        return Err(Problem::new(Code::Forbidden, "This takes a token with the scope admin."));
    }
    if caller.visibility != Visibility::Everything {
        return Err(Problem::new(
            Code::Forbidden,
            "This reaches over all sources; it takes a token that is not limited to some of them.",
        ));
    }
    Ok(())
}

impl Mutations<'_> {
    /// Carries out one field of the root. When this answers, the read model shows the effect.
    ///
    /// # Errors
    /// Why nothing was done; or `INTERNAL`.
    pub async fn run(&self, field: &Field) -> Result<Mutated, Problem> {
        // What others have done counts, too.
        self.catch_up().await?;
        let view = self.model.view(&self.caller.visibility);
        let mutated = match &field.arguments {
            Arguments::MergePeople(ids) => {
                self.decide("mergePeople", people::merge(&view, ids)?).await?
            }
            Arguments::SplitPerson(split) => {
                self.decide("splitPerson", people::split(&view, split)?).await?
            }
            Arguments::LinkTasks(new) => self.link(&view, new).await?,
            Arguments::UnlinkTasks(id) => self.unlink(links::find(&view, id)?).await?,
            Arguments::ReviewLink(id, review) => {
                self.review(&view, links::find(&view, id)?, *review).await?
            }
            Arguments::ShiftSchedule(id, by) => {
                let task = find_task(&view, id)?.ordinal();
                let shift = view.shift(task, *by);
                // Nothing changes, so the answer is written from the same tasks.
                return shift
                    .map(Mutated::Shift)
                    .map_err(|error| Problem::bad_input(format!("{error}.")));
            }
            _ if field.name == "__typename" => return Ok(Mutated::Nothing),
            _ => return Err(unplanned(field)),
        };
        self.catch_up().await?;
        Ok(mutated)
    }

    async fn link(&self, view: &View, new: &NewLink) -> Result<Mutated, Problem> {
        let declaration = links::declare(view, new, view.now())?;
        let record = self.record("linkTasks", Value::Null, declaration.told);
        let declared = self.store.declare_link(declaration.link, &record).await;
        let (id, _) = declared.map_err(|error| self.internal(&error))?;
        Ok(Mutated::Link(id, declaration.closes))
    }

    async fn unlink(&self, link: LinkRef<'_>) -> Result<Mutated, Problem> {
        links::withdraw(link)?;
        let record = self.record("unlinkTasks", links::told(link, None), Value::Null);
        let (stated_by, source) = (link.stated_by(), link.source_id());
        let ended = self.store.withdraw_link(stated_by, source, link.id(), &record).await;
        ended.map_err(|error| self.internal(&error))?;
        Ok(Mutated::Link(link.id(), Vec::new()))
    }

    async fn review(
        &self,
        view: &View,
        link: LinkRef<'_>,
        review: LinkReview,
    ) -> Result<Mutated, Problem> {
        let reviewed = links::review(view, link, review)?;
        let (before, after) = (links::told(link, None), links::told(link, Some(review)));
        let record = self.record("reviewLink", before, after);
        let kept = self.store.review_link(&reviewed, &record).await;
        kept.map_err(|error| self.internal(&error))?;
        Ok(Mutated::Link(link.id(), Vec::new()))
    }

    async fn decide(
        &self,
        action: &'static str,
        decision: people::Decision,
    ) -> Result<Mutated, Problem> {
        let record = self.record(action, decision.before, decision.after);
        let decided = self.store.decide_people(&decision.people, &record).await;
        decided.map_err(|error| self.internal(&error))?;
        Ok(Mutated::Person(decision.person))
    }

    fn internal(&self, error: &StoreError) -> Problem {
        Problem::internal(error, self.request_id)
    }

    fn record(&self, action: &'static str, before: Value, after: Value) -> NewAuditRecord {
        let Caller { token, token_name, .. } = self.caller;
        NewAuditRecord { token: *token, token_name: token_name.to_string(), action, before, after }
    }

    async fn catch_up(&self) -> Result<(), Problem> {
        let caught_up = self.model.catch_up(self.store).await;
        caught_up.map_err(|error| Problem::internal(&error, self.request_id))
    }
}
