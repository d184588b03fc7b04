//! Dictionaries: what many rows name (people, labels, status words, …) is kept once and named by a
//! small number, its symbol. Symbols are never reused while the process lives.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use mainstem_model::{PersonId, ProjectId, SourceId};

/// The number of a value in its dictionary.
pub(crate) type Symbol = u32;

/// Stands for "no value" where a row names at most one.
pub(crate) const NONE: Symbol = Symbol::MAX;

/// Values and their symbols, both ways.
#[derive(Clone)]
pub(crate) struct Dictionary<K> {
    values: imbl::Vector<K>,
    symbols: imbl::HashMap<K, Symbol>,
}

impl<K: Clone + Eq + Hash> Default for Dictionary<K> {
    fn default() -> Self {
        Self { values: imbl::Vector::new(), symbols: imbl::HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash> Dictionary<K> {
    /// The symbol of a value, a new one where it has none yet.
    pub(crate) fn intern<Q>(&mut self, value: &Q) -> Symbol
    where
        K: Borrow<Q> + for<'a> From<&'a Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.find(value).unwrap_or_else(|| self.add(K::from(value)))
    }

    fn add(&mut self, value: K) -> Symbol {
        let symbol = self.values.len() as Symbol;
        self.values.push_back(value.clone());
        self.symbols.insert(value, symbol);
        symbol
    }

    /// The symbol of a value.
    pub(crate) fn find<Q>(&self, value: &Q) -> Option<Symbol>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.symbols.get(value).copied()
    }

    /// The value of a symbol; `None` for [`NONE`].
    pub(crate) fn get(&self, symbol: Symbol) -> Option<&K> {
        self.values.get(symbol as usize)
    }

    /// Every value with its symbol.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Symbol, &K)> {
        (0..).zip(self.values.iter())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// An id as a dictionary keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id<T>(pub(crate) T);

impl<T: Copy> From<&T> for Id<T> {
    fn from(id: &T) -> Self {
        Self(*id)
    }
}

impl<T> Borrow<T> for Id<T> {
    fn borrow(&self) -> &T {
        &self.0
    }
}

/// Every dictionary of a snapshot.
#[derive(Clone, Default)]
pub(crate) struct Names {
    pub(crate) sources: Dictionary<Id<SourceId>>,
    pub(crate) projects: Dictionary<Id<ProjectId>>,
    pub(crate) people: Dictionary<Id<PersonId>>,
    pub(crate) scopes: Dictionary<ScopeName>,
    pub(crate) statuses: Dictionary<Arc<str>>,
    pub(crate) priorities: Dictionary<Arc<str>>,
    pub(crate) labels: Dictionary<Arc<str>>,
    pub(crate) milestones: Dictionary<Arc<str>>,
    pub(crate) sprints: Dictionary<Arc<str>>,
}

/// A scope by its source and key.
pub(crate) type ScopeName = (SourceId, Arc<str>);

impl Dictionary<ScopeName> {
    /// The symbol of a scope, a new one where it has none yet.
    pub(crate) fn intern_scope(&mut self, source: SourceId, key: &str) -> Symbol {
        let name = (source, Arc::from(key));
        self.find(&name).unwrap_or_else(|| self.add(name))
    }
}
