//! The people that a batch names, each once.

use std::collections::HashMap;

use mainstem_model::record::{ExternalId, PersonRecord};

use crate::wire;

/// The people that a batch names, each once, in order of appearance.
#[derive(Debug, Default)]
pub struct People {
    known: HashMap<u64, ExternalId>,
    records: Vec<PersonRecord>,
}

impl People {
    /// Notes an account and answers its id.
    pub(crate) fn note(&mut self, user: wire::User) -> ExternalId {
        if let Some(id) = self.known.get(&user.id) {
            return id.clone();
        }
        let id: ExternalId = user.id.to_string().into();
        self.known.insert(user.id, id.clone());
        self.records.push(PersonRecord {
            external_id: id.clone(),
            handle: Some(super::text::storable(user.login)),
            // Issue payloads give no name; a name from elsewhere must not be overwritten by one made up.
            name: None,
            email: None,
            self_asserted: false,
        });
        id
    }

    /// The records.
    #[must_use]
    pub fn into_records(self) -> Vec<PersonRecord> {
        self.records
    }
}
