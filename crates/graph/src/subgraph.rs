//! A part of the graph, copied and numbered, for the algorithms that go over it several times.

use crate::access::Dependencies;
use crate::numbering::Numbering;

/// Some nodes and all edges among them, by number.
pub(crate) struct Subgraph {
    numbering: Numbering,
    blockers: Adjacency,
    waiting: Adjacency,
}

impl Subgraph {
    /// The given nodes, numbered in their order, and the edges among them.
    pub(crate) fn among(
        dependencies: &impl Dependencies,
        nodes: impl IntoIterator<Item = u32>,
    ) -> Self {
        Self::of(dependencies, Numbering::of(nodes))
    }

    /// The given nodes and whatever they wait for, directly or not.
    pub(crate) fn behind(
        dependencies: &impl Dependencies,
        nodes: impl IntoIterator<Item = u32>,
    ) -> Self {
        let mut numbering = Numbering::of(nodes);
        let mut next = 0;
        while let Some(&node) = numbering.nodes().get(next) {
            next += 1;
            for blocker in dependencies.blockers_of(node) {
                numbering.add(blocker);
            }
        }
        Self::of(dependencies, numbering)
    }

    /// A node and whatever waits for it, directly or not, along nodes that count.
    pub(crate) fn ahead(
        dependencies: &impl Dependencies,
        node: u32,
        counts: impl Fn(u32) -> bool,
    ) -> Self {
        let mut numbering = Numbering::default();
        numbering.add(node);
        let mut next = 0;
        while let Some(&node) = numbering.nodes().get(next) {
            next += 1;
            for waiting in dependencies.waiting_for(node).filter(|waiting| counts(*waiting)) {
                numbering.add(waiting);
            }
        }
        Self::of(dependencies, numbering)
    }

    fn of(dependencies: &impl Dependencies, numbering: Numbering) -> Self {
        let blockers = Adjacency::of(numbering.nodes().iter().map(|node| {
            dependencies.blockers_of(*node).filter_map(|blocker| numbering.number(blocker))
        }));
        let waiting = blockers.reversed();
        Self { numbering, blockers, waiting }
    }

    pub(crate) fn len(&self) -> usize {
        self.numbering.nodes().len()
    }

    pub(crate) fn node(&self, number: usize) -> u32 {
        self.numbering.nodes()[number]
    }

    pub(crate) fn number(&self, node: u32) -> Option<usize> {
        self.numbering.number(node)
    }

    /// Who must finish before this, by number.
    pub(crate) fn blockers(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        self.blockers.of_number(number)
    }

    /// Who waits for this, by number.
    pub(crate) fn waiting(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        self.waiting.of_number(number)
    }

    /// Whether a component is a cycle: more than one task, or one that waits for itself.
    pub(crate) fn is_cyclic(&self, component: &[usize]) -> bool {
        match component {
            [one] => self.blockers(*one).any(|blocker| blocker == *one),
            _ => true,
        }
    }

    /// The strongly connected components, blockers before who waits for them (Tarjan's algorithm,
    /// with a stack of its own in place of recursion).
    pub(crate) fn components(&self) -> Vec<Vec<usize>> {
        const UNSEEN: usize = usize::MAX;
        let mut components = Vec::new();
        let mut order = vec![UNSEEN; self.len()];
        let mut lowest = vec![UNSEEN; self.len()];
        let mut pending = Vec::new();
        let mut is_pending = vec![false; self.len()];
        let mut seen = 0;
        let mut path = Vec::new();
        for root in 0..self.len() {
            if order[root] != UNSEEN {
                continue;
            }
            path.push((root, self.blockers(root)));
            while let Some((number, blockers)) = path.last_mut() {
                let number = *number;
                if order[number] == UNSEEN {
                    (order[number], lowest[number]) = (seen, seen);
                    seen += 1;
                    pending.push(number);
                    is_pending[number] = true;
                }
                if let Some(blocker) = blockers.next() {
                    if order[blocker] == UNSEEN {
                        path.push((blocker, self.blockers(blocker)));
                    } else if is_pending[blocker] {
                        lowest[number] = lowest[number].min(order[blocker]);
                    }
                    continue;
                }
                path.pop();
                if let Some((parent, _)) = path.last() {
                    lowest[*parent] = lowest[*parent].min(lowest[number]);
                }
                if lowest[number] == order[number] {
                    let first =
                        pending.iter().rposition(|other| *other == number).unwrap_or_default();
                    let component = pending.split_off(first);
                    for member in &component {
                        is_pending[*member] = false;
                    }
                    components.push(component);
                }
            }
        }
        components
    }
}

/// The neighbours of each number, one list after the other.
struct Adjacency {
    /// Where the list of each number begins; one more than there are numbers.
    begins: Vec<usize>,
    neighbours: Vec<u32>,
}

impl Adjacency {
    fn of(lists: impl Iterator<Item = impl Iterator<Item = usize>>) -> Self {
        let (mut begins, mut neighbours) = (vec![0], Vec::new());
        for list in lists {
            neighbours.extend(list.map(|number| number as u32));
            begins.push(neighbours.len());
        }
        Self { begins, neighbours }
    }

    fn of_number(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let list = &self.neighbours[self.begins[number]..self.begins[number + 1]];
        list.iter().map(|number| *number as usize)
    }

    fn reversed(&self) -> Self {
        let numbers = self.begins.len() - 1;
        let mut begins = vec![0; numbers + 1];
        for neighbour in &self.neighbours {
            begins[*neighbour as usize + 1] += 1;
        }
        for number in 0..numbers {
            begins[number + 1] += begins[number];
        }
        let mut ends = begins.clone();
        let mut neighbours = vec![0; self.neighbours.len()];
        for number in 0..numbers {
            for neighbour in self.of_number(number) {
                neighbours[ends[neighbour]] = number as u32;
                ends[neighbour] += 1;
            }
        }
        Self { begins, neighbours }
    }
}
