//! The pure algorithms on dependencies: what holds a task up, what goes round in circles, when
//! things can be done at the earliest, what determines that, which plans contradict each other, and
//! what moves when one task moves. No I/O, no storage, no clock: the same question has the same answer.
//!
//! Tasks are `u32` *nodes*, as the read model numbers them; [`Dependencies`] says who stands next to
//! whom. Time counts by a [`Calendar`]: in *working seconds* (whole seconds in which somebody
//! works) and *working days*.
//!
//! | question | function |
//! |---|---|
//! | what must finish before this, what waits for this | [`transitive`] |
//! | which tasks wait for themselves | [`cycles`] |
//! | would this edge make a cycle | [`closes_cycle`] |
//! | when can it be done, what determines that, what has slack | [`schedule`] |
//! | which dates contradict the dependencies | [`conflicts`] |
//! | what must move when this moves | [`shift`] |
//! | how long has this been blocked | [`Calendar::blocked_seconds`] |
//!
//! # What is decided here
//!
//! * A blocker may finish on the day on which a task begins that waits for it: dates name days, and a
//!   day may hold both. Only a working day between them is a contradiction.
//! * A cycle has no order, so nothing in one is scheduled or moved; it is reported, and so is whatever
//!   waits behind it.
//! * Nothing recurses: a chain or a cycle of any length costs memory, never stack. Everything but
//!   [`closes_cycle`] and [`transitive`], which take a limit, is linear in what it is given, but for
//!   the logarithm of what a calendar holds.
//!
//! # What it costs
//!
//! `cargo run --release -p mainstem-graph --example graph_cost` measures it; with 100,000 tasks in 25
//! layers and 200,000 edges, on two cores that others were using too:
//!
//! | | |
//! |---|---|
//! | transitive blockers of any task (366 on average): median; p99; worst of 2,000 | 20 µs; 130 µs; 1.8 ms |
//! | the same where layers are tangled, so that a task waits for 43,000 | 8 ms |
//! | cycles of the whole, with and without any | 27 ms; 38 ms |
//! | schedule and critical path of the whole, in fifty calendars | 0.16 s |
//! | conflicts of the whole | 32 ms |
//! | a shift that moves 148 tasks; 64,000 | 0.4 ms; 73 ms |
//! | a calendar with 200 holidays made; asked about a decade | 0.13 ms; 0.1 µs |

mod access;
pub mod calendar;
mod conflicts;
mod cycles;
mod numbering;
mod reach;
mod schedule;
mod shift;
mod subgraph;

pub use access::{Dependencies, Direction, OpenTask};
pub use calendar::{Calendar, CalendarError, TimeOff, WorkingHours};
pub use conflicts::{Conflict, ConflictKind, conflicts};
pub use cycles::{Closing, Cycle, closes_cycle, cycles};
pub use reach::{Reached, transitive};
pub use schedule::{Latest, Schedule, ScheduledTask, schedule};
pub use shift::{Move, Shift, ShiftError, ShiftedTask, shift};
