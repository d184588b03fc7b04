//! Tasks that wait for themselves.

use std::collections::HashMap;

use crate::access::Dependencies;
use crate::numbering::Numbering;
use crate::subgraph::Subgraph;

/// Tasks each of which waits for every other one (or a single one that waits for itself).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// All of them, in ascending order.
    pub members: Vec<u32>,
    /// A shortest way round that begins at the smallest member: each blocks the next one, and the
    /// last one blocks the first.
    pub path: Vec<u32>,
}

/// Whether an edge would close a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// It would not.
    Nothing,
    /// It would: each of these blocks the next one, the last one blocks the first. It begins with
    /// both ends of the new edge (which are one where a task is to block itself), and no way round
    /// over that edge is shorter.
    Cycle(Vec<u32>),
    /// The limit was reached before that could be told.
    Unknown,
}

/// The cycles that at least one of the given nodes stands in, by their smallest members. Whatever
/// these nodes wait for, directly or not, is looked at, so a cycle may lead through others.
pub fn cycles(
    dependencies: &impl Dependencies,
    nodes: impl IntoIterator<Item = u32>,
) -> Vec<Cycle> {
    let mut nodes: Vec<_> = nodes.into_iter().collect();
    nodes.sort_unstable();
    nodes.dedup();
    let graph = Subgraph::behind(dependencies, nodes.iter().copied());
    // Of the numbers in the graph, the given nodes have the first ones.
    let asked_for = |component: &Vec<usize>| component.iter().any(|number| *number < nodes.len());
    let mut cycles: Vec<_> = graph
        .components()
        .iter()
        .filter(|component| graph.is_cyclic(component) && asked_for(component))
        .map(|component| Cycle::of(&graph, component))
        .collect();
    cycles.sort_unstable_by_key(|cycle| cycle.path.first().copied());
    cycles
}

/// Whether the edge `from` blocks `to` would close a cycle. Looks at no more than `limit` nodes,
/// nearest first.
pub fn closes_cycle(dependencies: &impl Dependencies, from: u32, to: u32, limit: usize) -> Closing {
    if from == to {
        return Closing::Cycle(vec![from]);
    }
    let mut met = Numbering::default();
    let mut came_from = vec![0];
    met.add(to);
    let mut next = 0;
    while let Some(&node) = met.nodes().get(next) {
        if next >= limit {
            return Closing::Unknown;
        }
        for waiting in dependencies.waiting_for(node) {
            if waiting == from {
                let mut path = vec![node];
                let mut number = next;
                while number > 0 {
                    number = came_from[number];
                    path.push(met.nodes()[number]);
                }
                path.push(from);
                path.reverse();
                return Closing::Cycle(path);
            }
            if met.add(waiting) {
                came_from.push(next);
            }
        }
        next += 1;
    }
    Closing::Nothing
}

impl Cycle {
    /// Of a component that is a cycle.
    pub(crate) fn of(graph: &Subgraph, component: &[usize]) -> Self {
        let mut members: Vec<_> = component.iter().map(|number| graph.node(*number)).collect();
        members.sort_unstable();
        let path = shortest_way_round(graph, component, members[0]);
        Self { members, path }
    }
}

fn shortest_way_round(graph: &Subgraph, component: &[usize], first: u32) -> Vec<u32> {
    let Some(first) = graph.number(first) else { return Vec::new() };
    let mut came_from: HashMap<usize, Option<usize>> =
        component.iter().map(|number| (*number, None)).collect();
    let mut queue = vec![first];
    let mut next = 0;
    while let Some(&number) = queue.get(next) {
        next += 1;
        let mut waiting: Vec<_> =
            graph.waiting(number).filter(|other| came_from.contains_key(other)).collect();
        waiting.sort_unstable_by_key(|number| graph.node(*number));
        for other in waiting {
            if other == first {
                let back = std::iter::successors(Some(number), |number| {
                    (*number != first).then(|| came_from[number]).flatten()
                });
                let mut path: Vec<_> = back.map(|number| graph.node(number)).collect();
                path.reverse();
                return path;
            }
            if let Some(before @ None) = came_from.get_mut(&other) {
                *before = Some(number);
                queue.push(other);
            }
        }
    }
    // Not reached: from each member of a component there is a way back to it.
    Vec::new()
}
