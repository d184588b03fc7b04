//! Nodes numbered in the order in which they were first met.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Nodes and their numbers, which run from 0 without holes.
#[derive(Default)]
pub(crate) struct Numbering {
    numbers: HashMap<u32, u32, BuildHasherDefault<NodeHasher>>,
    nodes: Vec<u32>,
}

impl Numbering {
    /// The given nodes, numbered in their order.
    pub(crate) fn of(nodes: impl IntoIterator<Item = u32>) -> Self {
        let mut numbering = Self::default();
        for node in nodes {
            numbering.add(node);
        }
        numbering
    }

    /// Numbers a node; answers whether it is new.
    pub(crate) fn add(&mut self, node: u32) -> bool {
        let Entry::Vacant(entry) = self.numbers.entry(node) else {
            return false;
        };
        // There are no more nodes than `u32` has values.
        entry.insert(self.nodes.len() as u32);
        self.nodes.push(node);
        true
    }

    pub(crate) fn number(&self, node: u32) -> Option<usize> {
        self.numbers.get(&node).map(|number| *number as usize)
    }

    /// The nodes by number.
    pub(crate) fn nodes(&self) -> &[u32] {
        &self.nodes
    }
}

/// Spreads the bits of one `u32`. Nodes are numbers of our own making that nobody outside can
/// choose, so that this need not withstand attacks.
#[derive(Default)]
pub(crate) struct NodeHasher(u64);

impl Hasher for NodeHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, node: u32) {
        // 2^64 divided by the golden ratio; the map takes bits from both ends.
        let spread = (self.0 ^ u64::from(node)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = spread ^ (spread >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
