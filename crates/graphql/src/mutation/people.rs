//! Who is one person, by an admin's word.
//!
//! A decision says of every identity that the people in question have now whose it is. So it stands
//! whatever addresses say later, and the opposite mutation undoes it.

use std::collections::BTreeSet;

use mainstem_model::person::called;
use mainstem_model::{Identity, PersonId, SourceId};
use mainstem_read_model::{PersonRef, View};
use mainstem_store::DecidedPerson;
use serde_json::{Value, json};

use crate::arguments::SplitPerson;
use crate::error::{Code, Problem};

/// What is decided.
pub struct Decision {
    /// Whom the answer shows.
    pub person: PersonId,
    /// Everybody concerned.
    pub people: Vec<DecidedPerson>,
    /// Who they were.
    pub before: Value,
    /// Who they are from now on.
    pub after: Value,
}

/// These people are one.
///
/// # Errors
/// `BAD_USER_INPUT`, `NOT_FOUND`.
pub fn merge(view: &View, ids: &[String]) -> Result<Decision, Problem> {
    let mut before: Vec<PersonRef<'_>> = Vec::new();
    for id in ids {
        let person = person(view, id)?;
        if before.iter().all(|known| known.id() != person.id()) {
            before.push(person);
        }
    }
    let all = Group::of(before.iter().flat_map(|person| identities(*person)));
    let all = all.ok_or_else(|| Problem::bad_input("people takes one id or more."))?;
    Ok(all.decided(&before, None))
}

/// Some identities of a person are a person of their own, apart from the rest.
///
/// # Errors
/// `BAD_USER_INPUT`, `NOT_FOUND`, `CONFLICT`.
pub fn split(view: &View, arguments: &SplitPerson) -> Result<Decision, Problem> {
    let whole = person(view, &arguments.person)?;
    let mut named = BTreeSet::new();
    for (source, external_id) in &arguments.identities {
        let id = SourceId::of(source).person(external_id);
        if view.person(id).is_none() {
            let message = format!("The source {source:?} knows no person {external_id:?}.");
            return Err(Problem::new(Code::NotFound, message));
        }
        named.insert(id);
    }
    let Some(first) = named.first().and_then(|id| view.person(*id)) else {
        return Err(Problem::bad_input("identities takes one identity or more."));
    };
    // Whoever asks twice finds them apart already, and the person's id may mean either part by then.
    let apart = Group::of(identities(first)).filter(|first| first.ids() == named);
    let stay = Group::of(identities(whole).filter(|one| !named.contains(&one.id)));
    let go = Group::of(identities(whole).filter(|one| named.contains(&one.id)));
    match (stay, go, apart) {
        (None, _, Some(apart)) if apart.is_decided() => Ok(apart.decided(&[whole], None)),
        (None, ..) => Err(Problem::bad_input(
            "These are all identities of the person; leave at least one of them out.",
        )),
        (Some(stay), Some(go), _) if go.ids() == named => {
            let go = Group { takes_over: BTreeSet::new(), ..go };
            let takes_over = identities(whole).filter_map(|one| one.decided).collect();
            Ok(go.decided(&[whole], Some(Group { takes_over, ..stay })))
        }
        (Some(stay), None, Some(apart)) => Ok(apart.decided(&[whole, first], Some(stay))),
        _ => {
            let message = format!("Not all of these identities are those of {}.", whole.id());
            Err(Problem::new(Code::Conflict, message))
        }
    }
}

fn person<'v>(view: &'v View, id: &str) -> Result<PersonRef<'v>, Problem> {
    let parsed: PersonId =
        id.parse().map_err(|_| Problem::bad_input(format!("{id:?} is not the id of a person.")))?;
    let found = view.person(parsed);
    found.ok_or_else(|| Problem::new(Code::NotFound, format!("There is no person {parsed}.")))
}

fn identities(person: PersonRef<'_>) -> impl Iterator<Item = &Identity> {
    person.identities().map(|identity| identity.identity)
}

/// Identities that are to be one person.
struct Group<'v> {
    id: PersonId,
    identities: Vec<&'v Identity>,
    /// See [`DecidedPerson::takes_over`].
    takes_over: BTreeSet<PersonId>,
}

impl<'v> Group<'v> {
    /// All of these; `None` of none.
    fn of(identities: impl Iterator<Item = &'v Identity>) -> Option<Self> {
        let identities: Vec<&Identity> = identities.collect();
        let id = identities.iter().map(|identity| identity.id).min()?;
        let takes_over = identities.iter().filter_map(|identity| identity.decided).collect();
        Some(Self { id, identities, takes_over })
    }

    fn ids(&self) -> BTreeSet<PersonId> {
        self.identities.iter().map(|identity| identity.id).collect()
    }

    /// Whether an admin said so before.
    fn is_decided(&self) -> bool {
        self.identities.iter().all(|identity| identity.decided.is_some())
    }

    /// The decision that they are one person, and those another; the people were these before.
    fn decided(self, before: &[PersonRef<'_>], other: Option<Self>) -> Decision {
        let person = self.id;
        let all: Vec<Self> = other.into_iter().chain([self]).collect();
        Decision {
            person,
            before: before.iter().map(|person| told(identities(*person).collect())).collect(),
            after: all.iter().map(|group| told(group.identities.clone())).collect(),
            people: all.into_iter().map(Self::named).collect(),
        }
    }

    fn named(self) -> DecidedPerson {
        let named = |identity: &Identity| (identity.source, identity.external_id.clone());
        DecidedPerson {
            id: self.id,
            identities: self.identities.into_iter().map(named).collect(),
            takes_over: self.takes_over,
        }
    }
}

/// A person as a record tells of them.
fn told(identities: Vec<&Identity>) -> Value {
    let identity = |one: &&Identity| json!({ "source": one.source, "externalId": one.external_id });
    json!({
        "id": identities.iter().map(|one| one.id).min(),
        "name": called(identities.iter().copied()),
        "identities": identities.iter().map(identity).collect::<Vec<_>>(),
    })
}
