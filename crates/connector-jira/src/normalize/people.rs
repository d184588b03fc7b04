//! The people that a batch names, each once.

use std::collections::HashMap;

use mainstem_model::record::{ExternalId, PersonRecord};

use super::value::storable;
use crate::wire;

/// The people that a batch names, each once, in order of appearance.
#[derive(Debug, Default)]
pub struct People {
    places: HashMap<ExternalId, usize>,
    records: Vec<PersonRecord>,
}

impl People {
    /// Notes a person and answers their id: the account id on Cloud, the key on Data Center, which
    /// stays when the name changes. `None` for somebody whom Jira does not name, as it does after a
    /// deletion.
    pub fn note(&mut self, user: wire::User) -> Option<ExternalId> {
        let ids = [user.account_id, user.key, user.name.clone()];
        let id: ExternalId = ids.into_iter().flatten().find(|id| !id.is_empty())?.into();
        let record = PersonRecord {
            external_id: id.clone(),
            handle: user.name.map(storable),
            name: user.display_name.map(storable),
            email: user.email_address.map(storable),
            self_asserted: false,
        };
        match self.places.get(&id).and_then(|place| self.records.get_mut(*place)) {
            // A history tells less than the rest.
            Some(known) => {
                known.handle = known.handle.take().or(record.handle);
                known.name = known.name.take().or(record.name);
                known.email = known.email.take().or(record.email);
            }
            None => {
                self.places.insert(id.clone(), self.records.len());
                self.records.push(record);
            }
        }
        Some(id)
    }

    /// The records.
    pub fn into_records(self) -> Vec<PersonRecord> {
        self.records
    }
}
