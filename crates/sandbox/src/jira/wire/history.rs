//! Histories.

use crate::jira::Deployment;
use crate::jira::wire::Wire;
use crate::jira::world::HistoryKey;
use crate::keys::DatabaseId;

impl Wire<'_> {
    pub fn history(&mut self, key: HistoryKey) {
        let created = self.world[key].created_at;
        self.history_with(key, |wire| wire.moment("created", created));
    }

    /// As the bulk interface tells it: with the time in milliseconds.
    pub fn bulk_history(&mut self, key: HistoryKey) {
        let created = self.world[key].created_at.0.div_euclid(1_000);
        self.history_with(key, |wire| wire.field("created", &created));
    }

    fn history_with(&mut self, key: HistoryKey, created: impl FnOnce(&mut Self)) {
        let world = self.world;
        let history = &world[key];
        self.object(|wire| {
            wire.plain("id", key.database_id());
            wire.optional_field("author", Some(history.author), Wire::user);
            created(wire);
            wire.history_items(key);
        });
    }

    /// As a webhook tells it: who and when stand beside it.
    pub fn changelog(&mut self, key: HistoryKey) {
        self.object(|wire| {
            wire.plain("id", key.database_id());
            wire.history_items(key);
        });
    }

    fn history_items(&mut self, key: HistoryKey) {
        let world = self.world;
        let cloud = world.deployment == Deployment::Cloud;
        self.array_field("items", world.tell_all(&world[key].changes), |wire, told| {
            wire.object(|wire| {
                wire.field("field", &told.field);
                wire.plain("fieldtype", if told.custom { "custom" } else { "jira" });
                if let Some(id) = told.field_id.filter(|_| cloud) {
                    wire.plain("fieldId", id);
                }
                wire.field("from", &told.from);
                wire.field("fromString", &told.from_string);
                wire.field("to", &told.to);
                wire.field("toString", &told.to_string);
            });
        });
    }
}
