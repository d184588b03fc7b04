use std::collections::BTreeSet;

use mainstem_graph::{Closing, Cycle, closes_cycle, cycles};
use proptest::prelude::*;

use crate::support::{COUNT, Edges, NODES, any_edges, cycle_around, distances, graph_of};

/// Whether each blocks the next one and the last one the first, and none stands there twice.
fn goes_round(path: &[u32], edges: &[(usize, usize)]) -> bool {
    let next = path.iter().cycle().skip(1);
    let is_edge = |from, to| edges.iter().any(|edge| (NODES[edge.0], NODES[edge.1]) == (from, to));
    path.iter().zip(next).all(|(from, to)| is_edge(*from, *to))
        && path.iter().collect::<BTreeSet<_>>().len() == path.len()
}

proptest! {
    #[test]
    fn finds_who_can_reach_each_other(
        edges in any_edges(),
        asked in prop::collection::vec(0..COUNT, 0..COUNT),
    ) {
        let distances = distances(&edges);
        let expected: BTreeSet<Vec<u32>> = asked
            .iter()
            .map(|number| {
                let around = cycle_around(&distances, *number);
                let mut members: Vec<_> = around.into_iter().map(|number| NODES[number]).collect();
                members.sort_unstable();
                members
            })
            .filter(|members| !members.is_empty())
            .collect();
        let found = cycles(&graph_of(&edges), asked.iter().map(|number| NODES[*number]));
        let members: Vec<_> = found.iter().map(|cycle| cycle.members.clone()).collect();
        prop_assert_eq!(&members, &expected.into_iter().collect::<Vec<_>>());
        for Cycle { members, path } in found {
            prop_assert_eq!(path[0], members[0]);
            prop_assert!(goes_round(&path, &edges), "{:?}", path);
            let first = NODES.iter().position(|node| *node == path[0]).unwrap();
            prop_assert_eq!(Some(path.len()), distances[first][first]);
        }
    }

    #[test]
    fn an_edge_closes_a_cycle_where_there_is_a_way_back(
        edges in any_edges(),
        from in 0..COUNT,
        to in 0..COUNT,
    ) {
        let back = if from == to { Some(0) } else { distances(&edges)[to][from] };
        match closes_cycle(&graph_of(&edges), NODES[from], NODES[to], COUNT) {
            Closing::Nothing => prop_assert_eq!(back, None),
            Closing::Unknown => prop_assert!(false, "all nodes may be looked at"),
            Closing::Cycle(path) => {
                prop_assert_eq!(Some(path.len()), back.map(|edges| edges + 1));
                prop_assert_eq!((path[0], *path.get(1).unwrap_or(&path[0])), (NODES[from], NODES[to]));
                let mut with_it = edges;
                with_it.push((from, to));
                prop_assert!(goes_round(&path, &with_it), "{:?}", path);
            }
        }
    }
}

#[test]
fn the_way_round_is_the_shortest_through_the_smallest_member() {
    let graph: Edges =
        [(1, 2), (2, 3), (3, 1), (2, 1), (3, 3), (8, 9), (9, 8), (7, 7), (3, 7), (4, 5)]
            .into_iter()
            .collect();
    let found = cycles(&graph, [9, 3, 7, 4, 5]);
    let expected = [(vec![1, 2, 3], vec![1, 2]), (vec![7], vec![7]), (vec![8, 9], vec![8, 9])];
    assert_eq!(found, expected.map(|(members, path)| Cycle { members, path }));
    assert_eq!(cycles(&graph, [4, 5]), []);
}

#[test]
fn of_ways_round_that_are_equally_short_the_smaller_members_are_shown() {
    for edges in [[(1, 9), (1, 5), (9, 1), (5, 1)], [(1, 5), (1, 9), (5, 1), (9, 1)]] {
        let graph: Edges = edges.into_iter().collect();
        assert_eq!(cycles(&graph, [1])[0].path, [1, 5]);
    }
}

#[test]
fn does_not_claim_what_it_could_not_look_at() {
    let chain: Edges = (0..10).map(|node| (node, node + 1)).collect();
    assert_eq!(closes_cycle(&chain, 10, 0, 9), Closing::Unknown);
    assert_eq!(
        closes_cycle(&chain, 10, 0, 10),
        Closing::Cycle([vec![10], (0..10).collect()].concat())
    );
    assert_eq!(closes_cycle(&chain, 0, 10, 1), Closing::Nothing);
    assert_eq!(closes_cycle(&chain, 3, 3, 0), Closing::Cycle(vec![3]));
}
