//! What happens to each issue, decided before anything is written, so that history can then be told
//! in the order of time.

use mainstem_model::Timestamp;

use crate::generate::calendar::WorkingTime;
use crate::generate::text::{self, Template};
use crate::generate::{Dice, EPIC};
use crate::site::SiteOptions;
use crate::world::{IssueKey, IssueTypeKey, RepositoryKey, StateReason, UserKey, World};

/// One issue or pull request to come.
pub(super) struct Planned {
    pub repository: RepositoryKey,
    pub seed: u64,
    pub author: UserKey,
    pub created_at: Timestamp,
    pub closed: Option<Closing>,
    pub issue_type: Option<IssueTypeKey>,
    pub label_places: Vec<usize>,
    pub assignees: Vec<UserKey>,
    pub milestone_place: Option<usize>,
    pub pull: Option<PlannedPull>,
    pub parent: Option<IssueKey>,
    pub blocked_by: Vec<IssueKey>,
    pub see_also: Option<IssueKey>,
    pub duplicate_of: Option<IssueKey>,
}

/// How it ends.
#[derive(Clone, Copy)]
pub(super) struct Closing {
    pub at: Timestamp,
    pub by: UserKey,
    pub reason: StateReason,
    pub pull: Option<IssueKey>,
}

/// What only a pull request has.
pub(super) struct PlannedPull {
    pub draft: bool,
    pub merged: bool,
    pub closes: Option<IssueKey>,
    /// Whether the issue was linked by hand, so that the text does not name it.
    pub by_hand: bool,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// How far back a pull request or a dependency looks for its other end.
const RECENT: usize = 120;
const BUSIEST_PARENT: usize = 12;

struct Planner<'a> {
    world: &'a World,
    calendar: &'a WorkingTime,
    dice: Dice,
    people: Vec<UserKey>,
    planned: Vec<Planned>,
    open_epic: Option<(IssueKey, usize)>,
}

/// Plans everything, in the order of creation: the place in the list is the key to be.
pub(super) fn plan(options: &SiteOptions, world: &World, calendar: &WorkingTime) -> Vec<Planned> {
    let total = options.issues + options.pull_requests;
    let mut planner = Planner {
        world,
        calendar,
        dice: Dice::new(options.seed),
        people: world.people().collect(),
        planned: Vec::with_capacity(total),
        open_epic: None,
    };
    let mut issues_left = options.issues;
    for place in 0..total {
        let created_at = calendar.at(place, total);
        // Pull requests answer issues, so an issue comes first.
        let issue = place == 0 || planner.dice.below(total - place) < issues_left;
        if issue && issues_left > 0 {
            issues_left -= 1;
            planner.issue(created_at);
        } else {
            planner.pull_request(created_at);
        }
    }
    planner.end_epics();
    planner.planned
}

impl Planner<'_> {
    fn issue(&mut self, created_at: Timestamp) {
        let template = match self.dice.below(100) {
            0..3 => Template::Epic,
            3..40 => Template::Bug,
            40..72 => Template::Feature,
            _ => Template::Chore,
        };
        let mut planned = self.common(template, created_at);
        planned.closed = self.closing(created_at);
        let key = IssueKey(self.planned.len() as u32);
        if template == Template::Epic {
            self.open_epic = Some((key, 0));
        } else {
            planned.parent = self.parent();
            planned.blocked_by = self.blockers(&planned);
        }
        planned.see_also = self.dice.chance(6).then(|| self.recent(|_| true)).flatten();
        if planned.closed.is_some_and(|closing| closing.reason == StateReason::Duplicate) {
            planned.duplicate_of = self.recent(|other| other.pull.is_none());
        }
        self.planned.push(planned);
    }

    fn pull_request(&mut self, created_at: Timestamp) {
        let bump = self.dice.chance(8);
        let mut planned =
            self.common(if bump { Template::Bump } else { Template::Change }, created_at);
        let repository = planned.repository;
        let closes = (!bump && self.dice.chance(70))
            .then(|| {
                self.recent(|issue| {
                    issue.pull.is_none()
                        && issue.repository == repository
                        && !issue.is_ended_by_pull()
                })
            })
            .flatten();
        planned.closed = self.closing(created_at);
        let merged = planned.closed.is_some() && !self.dice.chance(12);
        let draft = planned.closed.is_none() && self.dice.chance(30);
        let key = IssueKey(self.planned.len() as u32);
        if let (Some(issue), Some(closing), true) = (closes, planned.closed, merged) {
            self.planned[issue.0 as usize].closed =
                Some(Closing { reason: StateReason::Completed, pull: Some(key), ..closing });
        }
        if bump {
            planned.author = UserKey(self.world.users.len() as u32 - 1);
            planned.label_places = vec![15];
        }
        planned.issue_type = None;
        let by_hand = closes.is_some() && planned.seed.is_multiple_of(6);
        planned.pull = Some(PlannedPull { draft, merged, closes, by_hand });
        self.planned.push(planned);
    }

    fn common(&mut self, template: Template, created_at: Timestamp) -> Planned {
        let repository =
            RepositoryKey(self.dice.skewed_below(self.world.repositories.len()) as u32);
        let author = self.person();
        let mut assignees = Vec::new();
        for _ in 0..[0, 1, 1, 1, 1, 2][self.dice.below(6)] {
            let person = self.busy_person();
            if !assignees.contains(&person) {
                assignees.push(person);
            }
        }
        let month = self.calendar.month_of(created_at) + self.dice.below(2);
        Planned {
            repository,
            seed: text::seed(template, &mut self.dice),
            author,
            created_at,
            closed: None,
            issue_type: self.issue_type(template),
            label_places: self.labels(template),
            assignees,
            milestone_place: self.dice.chance(55).then_some(month),
            pull: None,
            parent: None,
            blocked_by: Vec::new(),
            see_also: None,
            duplicate_of: None,
        }
    }

    fn issue_type(&mut self, template: Template) -> Option<IssueTypeKey> {
        match template {
            Template::Epic => Some(EPIC),
            _ if self.dice.chance(15) => None,
            Template::Bug => Some(IssueTypeKey(0)),
            Template::Feature => Some(IssueTypeKey(1)),
            _ => Some(IssueTypeKey(2)),
        }
    }

    fn labels(&mut self, template: Template) -> Vec<usize> {
        let mut places = Vec::new();
        match template {
            Template::Bug => places.push(0),
            Template::Feature => places.push(1),
            _ => {}
        }
        if self.dice.chance(60) {
            places.push(4 + [0, 1, 1, 2, 2, 2, 3, 3][self.dice.below(8)]);
        }
        if self.dice.chance(30) {
            places.push(8 + self.dice.below(3));
        }
        if self.dice.chance(10) {
            places.push(11 + self.dice.below(4));
        }
        places
    }

    /// Old work is mostly done; young work mostly not.
    fn closing(&mut self, created_at: Timestamp) -> Option<Closing> {
        let age = self.calendar.now().seconds() - created_at.seconds();
        let percent = if age < 7 * DAY {
            25
        } else if age < 30 * DAY {
            60
        } else {
            86
        };
        if !self.dice.chance(percent) {
            return None;
        }
        let longest = (age - 3 * HOUR).clamp(HOUR, 45 * DAY);
        let at =
            created_at.plus_seconds(HOUR / 2 + self.dice.skewed_below(longest as usize) as i64);
        let reason = match self.dice.below(100) {
            0..9 => StateReason::NotPlanned,
            9..13 => StateReason::Duplicate,
            _ => StateReason::Completed,
        };
        Some(Closing { at, by: self.person(), reason, pull: None })
    }

    fn parent(&mut self) -> Option<IssueKey> {
        if !self.dice.chance(30) {
            return None;
        }
        let (epic, children) = self.open_epic.as_mut()?;
        *children += 1;
        let epic = *epic;
        if *children >= BUSIEST_PARENT {
            self.open_epic = None;
        }
        Some(epic)
    }

    /// Nobody finishes what still waits: a blocker of closed work was closed before it.
    fn blockers(&mut self, waiting: &Planned) -> Vec<IssueKey> {
        let mut blockers = Vec::new();
        for _ in 0..[0, 0, 0, 0, 0, 0, 1, 1, 2][self.dice.below(9)] {
            let ends = waiting.closed.map(|closing| closing.at);
            let found = self.recent(|blocker| {
                blocker.pull.is_none()
                    && ends
                        .is_none_or(|ends| blocker.closed.is_some_and(|closing| closing.at < ends))
            });
            if let Some(found) = found.filter(|found| !blockers.contains(found)) {
                blockers.push(found);
            }
        }
        blockers
    }

    fn recent(&mut self, suits: impl Fn(&Planned) -> bool) -> Option<IssueKey> {
        let newest = self.planned.len();
        let oldest = newest.saturating_sub(RECENT);
        (0..8).map(|_| oldest + self.dice.below(newest - oldest)).find_map(|place| {
            self.planned.get(place).filter(|planned| suits(planned)).map(|_| IssueKey(place as u32))
        })
    }

    fn person(&mut self) -> UserKey {
        *self.dice.pick(&self.people)
    }

    fn busy_person(&mut self) -> UserKey {
        self.people[self.dice.skewed_below(self.people.len())]
    }

    /// An epic ends a day after its last part, or not at all.
    fn end_epics(&mut self) {
        let mut last: std::collections::HashMap<IssueKey, Option<Timestamp>> =
            std::collections::HashMap::new();
        for planned in &self.planned {
            if let Some(parent) = planned.parent {
                let end = planned.closed.map(|closing| closing.at);
                let known = last.entry(parent).or_insert(Some(planned.created_at));
                *known = known.zip(end).map(|(known, end)| known.max(end));
            }
        }
        for (epic, end) in last {
            let by = self.planned[epic.0 as usize].author;
            self.planned[epic.0 as usize].closed = end
                .map(|end| end.plus_seconds(DAY))
                .filter(|&at| at < self.calendar.now())
                .map(|at| Closing { at, by, reason: StateReason::Completed, pull: None });
        }
    }
}

impl Planned {
    fn is_ended_by_pull(&self) -> bool {
        self.closed.is_some_and(|closing| closing.pull.is_some())
    }
}
