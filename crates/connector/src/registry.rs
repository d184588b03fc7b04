//! The connectors that a program knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Connector;

/// The connectors that a program knows, by kind.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<&'static str, Arc<dyn Connector>>);

impl Registry {
    /// This registry and one connector more.
    #[must_use]
    pub fn with(mut self, connector: impl Connector) -> Self {
        self.0.insert(connector.descriptor().kind, Arc::new(connector));
        self
    }

    /// The connector of this kind.
    #[must_use]
    pub fn get(&self, kind: &str) -> Option<&Arc<dyn Connector>> {
        self.0.get(kind)
    }

    /// The kinds known, in alphabetical order.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.kinds()).finish()
    }
}
