//! The edges of every task, packed: a walk along thousands of edges is as fast as the memory that it has
//! to look at is small and close together.

use std::sync::Arc;

use crate::graph::Edge;

/// Tasks whose edges lie together. With more, a change would copy more; with fewer, a walk would jump
/// further.
const TASKS: usize = 64;

/// The edges of each ordinal, in the order in which they were given.
#[derive(Clone, Default)]
pub(crate) struct Adjacency(imbl::Vector<Arc<Pack>>);

/// The edges of [`TASKS`] tasks, one after the other.
#[derive(Clone)]
struct Pack {
    edges: Vec<Edge>,
    /// Where those of each task end.
    ends: [u32; TASKS],
}

impl Adjacency {
    /// The edges of an ordinal.
    pub(crate) fn of(&self, ordinal: u32) -> &[Edge] {
        let (pack, place) = (ordinal as usize / TASKS, ordinal as usize % TASKS);
        let Some(pack) = self.0.get(pack) else { return &[] };
        let start = place.checked_sub(1).map_or(0, |before| pack.ends[before]);
        &pack.edges[start as usize..pack.ends[place] as usize]
    }

    /// Replaces the edges of an ordinal.
    pub(crate) fn replace(&mut self, ordinal: u32, edges: Vec<Edge>) {
        let (pack, place) = (ordinal as usize / TASKS, ordinal as usize % TASKS);
        while self.0.len() <= pack {
            self.0.push_back(Arc::new(Pack { edges: Vec::new(), ends: [0; TASKS] }));
        }
        let pack = Arc::make_mut(&mut self.0[pack]);
        let start = place.checked_sub(1).map_or(0, |before| pack.ends[before]);
        let end = pack.ends[place];
        let count = edges.len() as u32;
        pack.edges.splice(start as usize..end as usize, edges);
        for later in &mut pack.ends[place..] {
            *later = *later - (end - start) + count;
        }
    }
}
