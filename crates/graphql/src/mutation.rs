//! Mutations: what a caller changes here. They run one after the other, before anything of their
//! answers is written; each is one call of the store.

mod people;

use mainstem_model::{TokenScope, Visibility};
use mainstem_read_model::ReadModel;
use mainstem_store::{NewAuditRecord, Store};
use serde_json::Value;

use crate::Caller;
use crate::arguments::Arguments;
use crate::error::{Code, Problem};
use crate::objects::Mutated;
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
/// Every mutation so far reaches over all sources. A token that is limited to some of them may not do
/// that even where it sees all that is touched: the difference would tell it of what it does not see.
///
/// # Errors
/// `FORBIDDEN`.
pub fn allow(caller: &Caller, plan: &Plan) -> Result<(), Problem> {
    let harmless = plan.root.fields.iter().all(|field| field.name == "__typename");
    if harmless { Ok(()) } else { require_admin(caller) }
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
            Arguments::MergePeople(ids) => self.decide("mergePeople", people::merge(&view, ids)?),
            Arguments::SplitPerson(split) => {
                self.decide("splitPerson", people::split(&view, split)?)
            }
            _ if field.name == "__typename" => return Ok(Mutated::Nothing),
            _ => return Err(unplanned(field)),
        }
        .await?;
        self.catch_up().await?;
        Ok(mutated)
    }

    async fn decide(
        &self,
        action: &'static str,
        decision: people::Decision,
    ) -> Result<Mutated, Problem> {
        let record = self.record(action, decision.before, decision.after);
        let decided = self.store.decide_people(&decision.people, &record).await;
        decided.map_err(|error| Problem::internal(&error, self.request_id))?;
        Ok(Mutated::Person(decision.person))
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
