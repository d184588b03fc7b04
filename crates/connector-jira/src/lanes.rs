//! Reading everything in several lanes side by side: each a part of the time in which the issues were
//! made. Pages by token follow each other, so one lane would read no faster than one answer after the
//! other comes.

use mainstem_model::Timestamp;

use crate::cursor::{Place, Reading};
use crate::listing::{ListPage, PAGE_SIZE, whole_minute};

/// Lanes at most: with more, the answers would come faster than they are stored.
const LANES: usize = 4;
/// A lane is worth dividing while it has so many pages left, as far as its last page tells.
const WORTH_DIVIDING: i64 = 3;

/// A lane, and how many pages are left of it.
struct Lane {
    reading: Reading,
    left: i64,
}

/// Where the lanes that were read go on, with the longest of them divided while there are few.
pub fn next(pages: &[ListPage]) -> Vec<Reading> {
    let mut lanes: Vec<Lane> = pages
        .iter()
        .filter_map(|page| {
            let reading = page.next.clone()?;
            let left = pages_left(page, &reading);
            Some(Lane { reading, left })
        })
        .collect();
    while lanes.len() < LANES {
        let longest = lanes.iter_mut().max_by_key(|lane| lane.left);
        let at = pages.iter().map(|page| page.at).max();
        let Some((lane, at)) = longest.zip(at).filter(|(lane, _)| lane.left >= WORTH_DIVIDING)
        else {
            break;
        };
        let other = divide(lane, at);
        lanes.push(other);
    }
    lanes.into_iter().map(|lane| lane.reading).collect()
}

/// Pages that are left of a lane, were issues made as often as those on this page. A lane in the midst
/// of a query cannot be divided, so none count.
fn pages_left(page: &ListPage, reading: &Reading) -> i64 {
    let is_whole_query = reading.place == Place::First;
    match page.made.filter(|_| is_whole_query && page.records.len() as u64 >= PAGE_SIZE) {
        Some((first, last)) => {
            let pace = last.since(first).max(1);
            (end(reading, page.at) - reading.since).saturating_mul(1_000) / pace
        }
        None => 0,
    }
}

/// Takes the later half off a lane.
fn divide(lane: &mut Lane, at: Timestamp) -> Lane {
    let middle = Timestamp((lane.reading.since + end(&lane.reading, at)) * 500);
    let middle = whole_minute(middle);
    lane.left /= 2;
    let until = std::mem::replace(&mut lane.reading.until, middle);
    let reading = Reading { since: middle, until, place: Place::First, before: None };
    Lane { reading, left: lane.left }
}

/// When a lane ends, in milliseconds since 1970.
fn end(reading: &Reading, at: Timestamp) -> i64 {
    if reading.until > 0 { reading.until } else { at.0 / 1_000 }
}
