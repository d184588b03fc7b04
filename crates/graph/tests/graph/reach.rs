use mainstem_graph::{Direction, Reached, transitive};
use proptest::prelude::*;

use crate::support::{COUNT, Edges, NODES, any_edges, distances, graph_of};

proptest! {
    #[test]
    fn reaches_what_floyd_and_warshall_reach_nearest_first(
        edges in any_edges(),
        start in 0..COUNT,
        limit in 0..COUNT + 1,
    ) {
        let graph = graph_of(&edges);
        let distances = distances(&edges);
        for direction in [Direction::Blockers, Direction::Waiting] {
            let distance = |number: usize| match direction {
                Direction::Blockers => distances[number][start],
                Direction::Waiting => distances[start][number],
            };
            let mut expected: Vec<_> = (0..COUNT)
                .filter(|number| *number != start)
                .filter_map(distance)
                .collect();
            expected.sort_unstable();
            let reached = transitive(&graph, NODES[start], direction, limit);
            prop_assert_eq!(reached.more, expected.len() > limit);
            expected.truncate(limit);
            let number = |node: &u32| NODES.iter().position(|other| other == node).unwrap();
            let found: Vec<_> = reached
                .nodes
                .iter()
                .map(|node| distance(number(node)).unwrap())
                .collect();
            prop_assert_eq!(found, expected);
            let mut once = reached.nodes.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), reached.nodes.len());
            prop_assert!(!reached.nodes.contains(&NODES[start]));
        }
    }
}

#[test]
fn keeps_the_order_in_which_edges_are_told() {
    let graph: Edges = [(5, 1), (2, 1), (9, 1), (7, 2), (7, 5)].into_iter().collect();
    let blockers = transitive(&graph, 1, Direction::Blockers, 10);
    assert_eq!(blockers, Reached { nodes: vec![5, 2, 9, 7], more: false });
    let three = transitive(&graph, 1, Direction::Blockers, 3);
    assert_eq!(three, Reached { nodes: vec![5, 2, 9], more: true });
    let waiting = transitive(&graph, 7, Direction::Waiting, 10);
    assert_eq!(waiting, Reached { nodes: vec![2, 5, 1], more: false });
}
