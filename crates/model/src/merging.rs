//! Which identities are one person.
//!
//! Two grounds make them so, and nothing else: what an admin decided, and a mail address that several
//! tools show. The answer follows from the identities alone, so neither the order in which they
//! arrive nor a restart changes it.
//!
//! * What an admin decided holds whatever the addresses say.
//! * An address makes one person of those who have it, unless it is shared: one source gives it to
//!   two who are not one by decision, or an admin told people apart who both have it. A shared
//!   address merges nobody.
//! * A person has the smallest id of their identities. Any of these ids leads to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Identity, PersonId, SourceId};

/// Those of several identities that are one person with another of them: the places of each person's
/// identities in the list, in the order of their ids. Who stands alone is left out.
///
/// Identities that share neither an address nor a decision have no part in each other's answer.
#[must_use]
pub fn merged(identities: &[&Identity]) -> Vec<Vec<usize>> {
    let mut groups = Groups((0..identities.len()).collect());
    let mut decided: BTreeMap<PersonId, usize> = BTreeMap::new();
    let mut addressed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, identity) in identities.iter().enumerate() {
        if let Some(person) = identity.decided {
            groups.join(*decided.entry(person).or_insert(place), place);
        }
        if let Some(address) = identity.own_address() {
            addressed.entry(address).or_default().push(place);
        }
    }
    for places in addressed.values().filter(|places| !is_shared(identities, places)) {
        places.windows(2).for_each(|pair| groups.join(pair[0], pair[1]));
    }
    let mut people: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..identities.len() {
        people.entry(groups.of(place)).or_default().push(place);
    }
    let mut merged: Vec<Vec<usize>> =
        people.into_values().filter(|places| places.len() > 1).collect();
    for places in &mut merged {
        places.sort_by_key(|place| identities[*place].id);
    }
    merged
}

/// Whether the identities that have one address are more than one person. Somebody of whom an admin
/// decided counts once, with all that were decided to be the same.
fn is_shared(identities: &[&Identity], places: &[usize]) -> bool {
    let mut decided: BTreeSet<PersonId> = BTreeSet::new();
    let mut by_source: BTreeMap<SourceId, BTreeSet<Who>> = BTreeMap::new();
    for identity in places.iter().map(|place| identities[*place]) {
        decided.extend(identity.decided);
        let who = identity.decided.map_or(Who::Itself(identity.id), Who::Decided);
        by_source.entry(identity.source).or_default().insert(who);
    }
    decided.len() > 1 || by_source.values().any(|people| people.len() > 1)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Decided(PersonId),
    Itself(PersonId),
}

/// Disjoint sets of places, each place with the way to the first of its set.
struct Groups(Vec<usize>);

impl Groups {
    fn of(&mut self, place: usize) -> usize {
        let mut first = place;
        while self.0[first] != first {
            self.0[first] = self.0[self.0[first]];
            first = self.0[first];
        }
        first
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        self.0[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An identity by its source, its address, and the name of whom an admin said it to be.
    type Case = (&'static str, &'static str, &'static str);

    fn people(cases: &[Case]) -> Vec<Vec<usize>> {
        let person = |name: &str| SourceId::of("decided").person(name);
        let identities: Vec<Identity> = cases
            .iter()
            .enumerate()
            .map(|(place, (source, address, decided))| Identity {
                id: SourceId::of(source).person(&format!("#{place}")),
                source: SourceId::of(source),
                external_id: format!("#{place}"),
                handle: None,
                name: None,
                email: (!address.is_empty()).then(|| format!("{address}@acme.example")),
                self_asserted: false,
                away: None,
                decided: (!decided.is_empty()).then(|| person(decided)),
            })
            .collect();
        let mut merged = merged(&identities.iter().collect::<Vec<_>>());
        merged.iter_mut().for_each(|places| places.sort_unstable());
        merged.sort_unstable();
        merged
    }

    #[test]
    fn identities_are_one_person_by_address_or_by_decision() {
        let all = vec![vec![0, 1, 2]];
        let (first, last, none) = (vec![vec![0, 1]], vec![vec![1, 2]], vec![]);
        let table: [(&str, &[Case], _); 13] = [
            ("the same address", &[("a", "ada", ""), ("b", "ADA", ""), ("c", "ada", "")], &all),
            ("no address", &[("a", "", ""), ("b", "", "")], &none),
            ("nobody's address", &[("a", "noreply", ""), ("b", "noreply", "")], &none),
            ("shared in one source", &[("a", "x", ""), ("a", "x", ""), ("b", "x", "")], &none),
            ("decided", &[("a", "", "p"), ("b", "ada", "p"), ("c", "", "")], &first),
            (
                "decided within one source",
                &[("a", "x", "p"), ("a", "x", "p"), ("b", "x", "")],
                &all,
            ),
            (
                "shared, half of it decided",
                &[("a", "x", "p"), ("a", "x", ""), ("b", "x", "")],
                &none,
            ),
            ("told apart", &[("a", "ada", "p"), ("b", "ada", "q")], &none),
            ("told apart, and a third", &[("a", "x", "p"), ("b", "x", "q"), ("c", "x", "")], &none),
            ("told apart by name only", &[("a", "x", "p"), ("b", "y", "q"), ("c", "y", "")], &last),
            ("who was told apart alone", &[("a", "x", "p"), ("b", "x", "")], &first),
            ("by decision to an address", &[("a", "", "p"), ("b", "y", "p"), ("c", "y", "")], &all),
            ("another address", &[("a", "x", ""), ("b", "y", "")], &none),
        ];
        for (what, cases, expected) in table {
            assert_eq!(&people(cases), expected, "{what}");
        }
    }
}
