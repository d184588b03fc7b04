//! What is reached along the edges.

use crate::access::{Dependencies, Direction};
use crate::numbering::Numbering;

/// What [`transitive`] reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The nodes, nearest first, and of the same distance in the order in which the edges are told.
    pub nodes: Vec<u32>,
    /// Whether there are more than the limit allowed.
    pub more: bool,
}

/// All that is reached from a node in one direction, breadth first, at most `limit` of it. The node
/// itself is never among it, not even where it stands in a cycle.
pub fn transitive(
    dependencies: &impl Dependencies,
    node: u32,
    direction: Direction,
    limit: usize,
) -> Reached {
    let mut met = Numbering::default();
    met.add(node);
    let mut more = false;
    let mut next = 0;
    while let Some(&from) = met.nodes().get(next)
        && !more
    {
        next += 1;
        let mut visit = |other| {
            let full = met.nodes().len() > limit;
            if full {
                more = more || met.number(other).is_none();
            } else {
                met.add(other);
            }
        };
        match direction {
            Direction::Blockers => dependencies.blockers_of(from).for_each(&mut visit),
            Direction::Waiting => dependencies.waiting_for(from).for_each(&mut visit),
        }
    }
    Reached { nodes: met.nodes()[1..].to_vec(), more }
}
