//! People: the identities that the sources know, and which of them are one person.
//!
//! Rows name identities, by their symbols. A person is named by the symbol of the identity with the
//! smallest id, their *leader*; who leads whom is kept here, so merging and splitting touch no row.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstem_model::merging::merged;
use mainstem_model::{Identity, PersonId, SourceId};
use roaring::RoaringBitmap;

use crate::names::{Dictionary, Id, Symbol};
use crate::postings::{BySymbol, Set, put};
use crate::snapshot::{index, slot};
use crate::text;

#[derive(Clone, Default)]
pub(crate) struct People {
    identities: imbl::Vector<Option<Arc<Identity>>>,
    /// Identities by the sources that know them.
    known_by: BySymbol,
    /// Identities by the hash of their folded name, address and handle.
    called: imbl::OrdSet<(u64, Symbol)>,
    /// Identities by the hash of what makes several of them one person: address and decision.
    tied: imbl::OrdSet<(u64, Symbol)>,
    /// Identities that somebody else leads.
    led: Set,
    /// Their leaders.
    leaders: imbl::HashMap<Symbol, Symbol>,
    /// All identities of a leader, by id, where there are several.
    groups: imbl::HashMap<Symbol, Arc<[Symbol]>>,
}

impl People {
    /// The identity of a symbol; `None` where it has gone, or is not known yet.
    pub(crate) fn identity(&self, symbol: Symbol) -> Option<&Arc<Identity>> {
        self.identities.get(symbol as usize)?.as_ref()
    }

    /// The leader of the person whose identity this is.
    pub(crate) fn leader(&self, symbol: Symbol) -> Symbol {
        if self.led.contains(symbol) {
            return self.leaders.get(&symbol).copied().unwrap_or(symbol);
        }
        symbol
    }

    /// The leaders of these, each once, where it first stands.
    pub(crate) fn each_leader<'p>(
        &'p self,
        symbols: &'p [Symbol],
    ) -> impl Iterator<Item = Symbol> + 'p {
        let leader = |symbol: &Symbol| self.leader(*symbol);
        symbols.iter().enumerate().filter_map(move |(place, symbol)| {
            let person = leader(symbol);
            (!symbols[..place].iter().any(|before| leader(before) == person)).then_some(person)
        })
    }

    /// The symbols of a person's identities, by id.
    pub(crate) fn symbols(&self, leader: Symbol) -> impl Iterator<Item = Symbol> + '_ {
        let group = self.groups.get(&leader);
        let alone = group.is_none().then_some(leader);
        group.into_iter().flat_map(|group| group.iter().copied()).chain(alone)
    }

    /// A person's identities, by id.
    pub(crate) fn identities(&self, leader: Symbol) -> impl Iterator<Item = &Identity> {
        self.symbols(leader).filter_map(|symbol| Some(&**self.identity(symbol)?))
    }

    /// Whether nobody else is this person.
    pub(crate) fn is_alone(&self, symbol: Symbol) -> bool {
        !self.led.contains(symbol) && !self.groups.contains_key(&symbol)
    }

    /// The leaders who have several identities.
    pub(crate) fn merged(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.groups.keys().copied()
    }

    /// The symbols of all identities of these leaders.
    pub(crate) fn expand(&self, mut leaders: RoaringBitmap) -> RoaringBitmap {
        let led: Vec<Symbol> = if leaders.len() < self.groups.len() as u64 {
            leaders.iter().flat_map(|leader| self.symbols(leader)).collect()
        } else {
            let groups = self.groups.iter().filter(|(leader, _)| leaders.contains(**leader));
            groups.flat_map(|(_, group)| group.iter().copied()).collect()
        };
        leaders.extend(led);
        leaders
    }

    /// The leaders of these identities.
    pub(crate) fn reduce(&self, identities: RoaringBitmap) -> RoaringBitmap {
        let led = &identities & &*self.led;
        let mut leaders = identities - &led;
        leaders.extend(led.iter().map(|symbol| self.leader(symbol)));
        leaders
    }

    /// The identities that a source knows.
    pub(crate) fn known_by(&self, source: Symbol) -> Option<&Set> {
        self.known_by.get(source)
    }

    /// The leaders of those one of whose names, addresses or handles may be this; whoever asks
    /// compares again.
    pub(crate) fn called(&self, name: &str) -> impl Iterator<Item = Symbol> + '_ {
        of_hash(&self.called, text::folded_hash(name)).map(|symbol| self.leader(symbol))
    }

    /// Adds, replaces or forgets an identity; answers whether that changed anything. Who may be
    /// another person through it goes into `touched`.
    pub(crate) fn put(
        &mut self,
        symbol: Symbol,
        new: Option<Identity>,
        sources: &mut Dictionary<Id<SourceId>>,
        mut touched: Option<&mut BTreeSet<Symbol>>,
    ) -> bool {
        let old = self.identity(symbol).cloned();
        if old.as_deref() == new.as_ref() {
            return false;
        }
        if let Some(touched) = &mut touched {
            touched.insert(symbol);
            touched.extend(old.iter().flat_map(|old| self.tied_to(old)));
        }
        index(&mut self.called, symbol, old.as_deref(), new.as_ref(), |identity| {
            let others = [&identity.email, &identity.handle].into_iter().flatten();
            let texts = others.map(String::as_str).chain([identity.called()]);
            texts.map(text::folded_hash).collect()
        });
        index(&mut self.tied, symbol, old.as_deref(), new.as_ref(), ties);
        if let Some(old) = &old {
            self.known_by.remove(sources.intern(&old.source), symbol);
        }
        if let Some(new) = &new {
            self.known_by.insert(sources.intern(&new.source), symbol);
        }
        if let (Some(touched), Some(new)) = (touched, &new) {
            touched.extend(self.tied_to(new));
        }
        *slot(&mut self.identities, symbol) = new.map(Arc::new);
        true
    }

    /// Finds out anew who is one person with whom, of these and of all whom they are tied to.
    pub(crate) fn settle(&mut self, touched: BTreeSet<Symbol>) {
        let mut all = BTreeSet::new();
        let mut next: Vec<Symbol> = touched.into_iter().collect();
        while let Some(symbol) = next.pop() {
            if all.insert(symbol)
                && let Some(identity) = self.identity(symbol)
            {
                next.extend(self.tied_to(identity));
            }
        }
        self.group(all.into_iter().collect());
    }

    /// The same for everybody.
    pub(crate) fn settle_all(&mut self) {
        self.group((0..self.identities.len() as Symbol).collect());
    }

    /// Makes people of identities; nobody else is tied to any of them.
    fn group(&mut self, symbols: Vec<Symbol>) {
        for symbol in &symbols {
            self.leaders.remove(symbol);
            self.groups.remove(symbol);
            put(&mut self.led, *symbol, false);
        }
        let known: Vec<(Symbol, Arc<Identity>)> = symbols
            .into_iter()
            .filter_map(|symbol| Some((symbol, Arc::clone(self.identity(symbol)?))))
            .collect();
        let identities: Vec<&Identity> = known.iter().map(|(_, identity)| &**identity).collect();
        for places in merged(&identities) {
            let group: Arc<[Symbol]> = places.iter().map(|place| known[*place].0).collect();
            for symbol in &group[1..] {
                self.leaders.insert(*symbol, group[0]);
                put(&mut self.led, *symbol, true);
            }
            self.groups.insert(group[0], group);
        }
    }

    /// Those who share an address or a decision with an identity, and perhaps a few others.
    fn tied_to<'p>(&'p self, identity: &Identity) -> impl Iterator<Item = Symbol> + use<'p> {
        ties(identity).into_iter().flat_map(|hash| of_hash(&self.tied, hash))
    }
}

/// The hashes of what ties an identity to others.
fn ties(identity: &Identity) -> Vec<u64> {
    let address = identity.own_address().map(|address| text::folded_hash(&address));
    let decision = identity.decided.map(|PersonId(person)| person.as_u64_pair().1);
    address.into_iter().chain(decision).collect()
}

fn of_hash(
    index: &imbl::OrdSet<(u64, Symbol)>,
    hash: u64,
) -> impl Iterator<Item = Symbol> + use<'_> {
    index.range((hash, 0)..=(hash, Symbol::MAX)).map(|(_, symbol)| *symbol)
}
