//! What happens to each issue: decided issue by issue, then told in the order of time, so that ids grow
//! with time as they do at Jira.

use mainstem_model::Timestamp;

use crate::generate::Dice;
use crate::generate::calendar::WorkingTime;
use crate::jira::JiraOptions;
use crate::jira::catalogue::{IssueType, LinkType, Priority, Resolution, Status};
use crate::jira::fields::Custom;
use crate::jira::generate::text::{self, Template};
use crate::jira::text::Text;
use crate::jira::world::{
    Change, CustomValue, Issue, IssueKey, IssueName, ProjectKey, SprintKey, UserKey, World,
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// How far back an issue looks for what it waits for.
const RECENT: usize = 160;
const BUSIEST_EPIC: usize = 14;

struct Happening {
    at: Timestamp,
    issue: IssueKey,
    author: UserKey,
    what: What,
}

enum What {
    Changes(Vec<Change>),
    Comment(u64),
    Work(u32, u64),
}

struct Planner<'a> {
    world: &'a mut World,
    calendar: &'a WorkingTime,
    dice: Dice,
    people: Vec<UserKey>,
    /// When each issue so far ended, if it did.
    ends: Vec<Option<Timestamp>>,
    /// The epic of each project that takes parts, and how many it has.
    epics: Vec<Option<(IssueKey, usize)>>,
    happenings: Vec<Happening>,
    comments_per_hundred: u32,
    latest: Timestamp,
}

/// Fills the projects.
pub(super) fn carry_out(world: &mut World, options: &JiraOptions, calendar: &WorkingTime) {
    let people: Vec<UserKey> = world.people().collect();
    let latest = world.now().plus_seconds(-90);
    let mut planner = Planner {
        dice: Dice::new(options.seed ^ 0x6a69_7261),
        calendar,
        people,
        ends: Vec::with_capacity(options.issues),
        epics: vec![None; world.projects.len()],
        happenings: Vec::with_capacity(options.issues * 7),
        comments_per_hundred: options.comments_per_hundred,
        latest,
        world,
    };
    for place in 0..options.issues {
        let created_at = calendar.at(place, options.issues);
        // Jira keeps milliseconds.
        let created_at = Timestamp(created_at.0 + (place as i64 * 37 % 1_000) * 1_000);
        planner.issue(created_at);
    }
    let Planner { mut happenings, .. } = planner;
    happenings.sort_by_key(|happening| happening.at);
    for happening in happenings {
        tell(world, happening);
    }
}

fn tell(world: &mut World, Happening { at, issue, author, what }: Happening) {
    match what {
        What::Changes(changes) => world.record(issue, author, changes, at),
        What::Comment(seed) => {
            let name = world[issue].name;
            world.add_comment(issue, author, Text::Comment(seed, name), at);
        }
        What::Work(seconds, seed) => {
            let started = at.plus_seconds(-i64::from(seconds));
            let worklog = world.add_worklog(issue, author, seconds, started, Text::Note(seed), at);
            let changes = world.count_work(issue, i64::from(seconds), Change::Worklog(worklog));
            world.record(issue, author, changes, at);
        }
    }
    let updated = &mut world.issues[issue.0 as usize].updated_at;
    *updated = at.max(*updated);
}

impl Planner<'_> {
    fn issue(&mut self, created_at: Timestamp) {
        let key = IssueKey(self.world.issues.len() as u32);
        let template = match self.dice.below(100) {
            0..4 => Template::Epic,
            4..38 => Template::Bug,
            38..68 => Template::Story,
            68..90 => Template::Task,
            _ => Template::Part,
        };
        let author = self.person();
        let mut issue = Issue::blank(created_at, author);
        let project = ProjectKey(self.dice.skewed_below(self.world.projects.len()) as u32);
        let project = self.family(key, template, project, &mut issue);
        let name = IssueName { project, number: self.world[project].next_number };
        let seed = text::seed(template, &mut self.dice);
        issue.summary = text::title(seed).into();
        issue.description =
            if self.dice.chance(6) { Text::Empty } else { Text::Description(seed, name) };
        if self.dice.chance(4) {
            issue.creator = self.world.user("automation").unwrap_or(author);
        }
        issue.labels = self.labels();
        issue.priority = Priority([0, 1, 1, 2, 2, 2, 2, 3, 3, 4][self.dice.below(10)]);
        self.place(project, &mut issue);
        self.estimate(&mut issue);
        self.custom(template, &mut issue, created_at);
        let end = self.work(key, created_at, &mut issue);
        self.ends.push(end);
        self.world.add_issue(project, issue);
        self.links(key, created_at, end);
        self.talk(key, created_at, end);
    }

    /// Gives the issue its type and its parent; a part lives where its parent lives.
    fn family(
        &mut self,
        key: IssueKey,
        template: Template,
        project: ProjectKey,
        issue: &mut Issue,
    ) -> ProjectKey {
        issue.issue_type = match template {
            Template::Epic => IssueType::EPIC,
            Template::Bug => IssueType::BUG,
            Template::Story => IssueType::STORY,
            Template::Task | Template::Part => IssueType::TASK,
        };
        if template == Template::Epic {
            self.epics[project.0 as usize] = Some((key, 0));
            return project;
        }
        if template == Template::Part {
            let whole = self.recent(|world, other| {
                matches!(world[other].issue_type, IssueType::STORY | IssueType::TASK)
            });
            if let Some(whole) = whole {
                issue.issue_type = IssueType::SUB_TASK;
                self.attach(key, whole, issue);
                return self.world[whole].name.project;
            }
        } else if self.dice.chance(35)
            && let Some((epic, parts)) = &mut self.epics[project.0 as usize]
        {
            *parts += 1;
            let (epic, full) = (*epic, *parts >= BUSIEST_EPIC);
            if full {
                self.epics[project.0 as usize] = None;
            }
            self.attach(key, epic, issue);
        }
        project
    }

    fn attach(&mut self, key: IssueKey, parent: IssueKey, issue: &mut Issue) {
        issue.parent = Some(parent);
        self.world.issues[parent.0 as usize].children.push(key);
    }

    fn labels(&mut self) -> Vec<Box<str>> {
        let mut labels: Vec<Box<str>> = Vec::new();
        for _ in 0..[0, 0, 1, 1, 2][self.dice.below(5)] {
            let label = *self.dice.pick(&text::LABELS);
            if !labels.iter().any(|known| **known == *label) {
                labels.push(label.into());
            }
        }
        labels
    }

    /// Components and versions.
    fn place(&mut self, project: ProjectKey, issue: &mut Issue) {
        let home = &self.world[project];
        if self.dice.chance(60) {
            issue.components.push(*self.dice.pick(&home.components));
        }
        if self.dice.chance(45) {
            let month = self.calendar.month_of(issue.created_at) + self.dice.below(2);
            issue.fix_versions.extend(home.versions.get(month).copied());
        }
    }

    fn estimate(&mut self, issue: &mut Issue) {
        if self.dice.chance(55) {
            let hours = [1, 2, 3, 4, 8, 8, 16, 24, 40][self.dice.below(9)];
            issue.original_estimate = Some(hours * 3_600);
            issue.remaining_estimate = issue.original_estimate;
        }
        if self.dice.chance(30) {
            let days = 3 + self.dice.below(60) as i64;
            issue.due = Some(issue.created_at.plus_seconds(days * DAY).date());
        }
    }

    fn custom(&mut self, template: Template, issue: &mut Issue, created_at: Timestamp) {
        let mut set = |field, value| issue.custom.push((field, value));
        match template {
            Template::Bug => {
                set(Custom::Severity, CustomValue::Choice(self.dice.below(4) as u8));
                if self.dice.chance(40) {
                    let places = vec![self.dice.below(2) as u8, 2 + self.dice.below(2) as u8];
                    set(Custom::Platforms, CustomValue::Choices(places));
                }
                if self.dice.chance(30) {
                    let number = self.dice.below(200) as f64;
                    set(Custom::CustomersAffected, CustomValue::Number(number));
                }
            }
            Template::Story | Template::Task => {
                if self.dice.chance(70) {
                    let points = [1.0, 2.0, 3.0, 5.0, 8.0, 0.5][self.dice.below(6)];
                    set(Custom::StoryPoints, CustomValue::Number(points));
                }
                if self.dice.chance(25) {
                    let criteria = (*self.dice.pick(&crate::generate::words::CRITERIA)).to_owned();
                    set(Custom::AcceptanceCriteria, CustomValue::Text(criteria));
                }
                if self.dice.chance(30) {
                    let date = created_at.plus_seconds(5 * DAY).date();
                    set(Custom::StartDate, CustomValue::Date(date));
                }
            }
            Template::Epic => {
                let date = created_at.plus_seconds(90 * DAY).date();
                set(Custom::TargetDate, CustomValue::Date(date));
            }
            Template::Part => {}
        }
        if self.dice.chance(50) {
            let below = self.dice.chance(70).then(|| self.dice.below(2) as u8);
            set(Custom::Area, CustomValue::Cascade(self.dice.below(2) as u8, below));
        }
        if self.dice.chance(40) {
            set(Custom::Team, CustomValue::Choice(self.dice.below(4) as u8));
        }
        if self.dice.chance(10) {
            set(Custom::TeamText, CustomValue::Text("on loan from Atlas".into()));
        }
        if self.dice.chance(12) {
            set(Custom::Reviewer, CustomValue::User(*self.dice.pick(&self.people)));
        }
        if self.dice.chance(5) {
            let two = vec![*self.dice.pick(&self.people), *self.dice.pick(&self.people)];
            set(Custom::Approvers, CustomValue::Users(two));
        }
        if self.dice.chance(4) {
            let window = created_at.plus_seconds(20 * DAY);
            set(Custom::MaintenanceWindow, CustomValue::Time(window));
        }
        if self.dice.chance(6) {
            let text = format!("CASE-{}", 10_000 + self.dice.below(80_000));
            set(Custom::VendorReference, CustomValue::Text(text));
        }
        if self.dice.chance(5) {
            set(Custom::Topics, CustomValue::Labels(vec!["latency".into(), "gdpr".into()]));
        }
        if self.dice.chance(3) {
            set(Custom::Flagged, CustomValue::Choices(vec![0]));
        }
    }

    /// From being filed to being done, if it got so far; returns when it ended. The issue ends up as
    /// the last change says.
    fn work(
        &mut self,
        key: IssueKey,
        created_at: Timestamp,
        issue: &mut Issue,
    ) -> Option<Timestamp> {
        let age = (self.latest.seconds() - created_at.seconds()).max(HOUR);
        let done_percent = if age < 7 * DAY {
            20
        } else if age < 30 * DAY {
            55
        } else {
            84
        };
        let is_done = self.dice.chance(done_percent);
        let mut way = vec![Status::SELECTED, Status::IN_PROGRESS];
        if self.dice.chance(50) {
            way.push(Status::IN_REVIEW);
        }
        if self.dice.chance(12) {
            way.extend([Status::WAITING, Status::IN_PROGRESS]);
        }
        if is_done {
            way.push(if self.dice.chance(10) { Status::REJECTED } else { Status::DONE });
        } else {
            way.truncate(self.dice.below(way.len() + 1));
        }
        if self.dice.chance(85) {
            self.take(key, created_at, issue);
        }
        let longest = age.min(40 * DAY);
        let mut at = created_at.plus_seconds(900);
        for status in way {
            let step = HOUR / 4 + self.dice.skewed_below((longest / 3).max(HOUR) as usize) as i64;
            at = self.no_later(at.plus_seconds(step));
            self.step(key, status, at, issue);
        }
        issue.resolution.map(|(_, at)| at)
    }

    /// Somebody takes the issue, or gets it, into a sprint.
    fn take(&mut self, key: IssueKey, created_at: Timestamp, issue: &mut Issue) {
        let assignee = self.people[self.dice.skewed_below(self.people.len())];
        issue.assignee = Some(assignee);
        let mut changes = vec![Change::Assignee(None, Some(assignee))];
        if self.dice.chance(60)
            && let Some(sprint) = self.sprint_at(issue, created_at.plus_seconds(5 * DAY))
        {
            issue.sprints.push(sprint);
            changes.push(Change::Sprints(Box::default(), Box::new([sprint])));
        }
        let at = self.no_later(created_at.plus_seconds(600));
        let author = self.person();
        self.happen(at, key, author, What::Changes(changes));
    }

    fn step(&mut self, key: IssueKey, status: Status, at: Timestamp, issue: &mut Issue) {
        let before = std::mem::replace(&mut issue.status, status);
        let mut changes = Vec::new();
        let resolution = match status {
            Status::DONE => Some(Resolution::DONE),
            Status::REJECTED if self.dice.chance(40) => Some(Resolution::DUPLICATE),
            Status::REJECTED => Some(Resolution::WONT_DO),
            _ => None,
        };
        if let Some(resolution) = resolution {
            issue.resolution = Some((resolution, at));
            changes.push(Change::Resolution(None, Some(resolution)));
        }
        if before.category() != status.category() {
            issue.category_changed_at = at;
        }
        changes.push(Change::Status(before, status));
        let author = issue.assignee.unwrap_or(issue.reporter);
        self.happen(at, key, author, What::Changes(changes));
    }

    fn sprint_at(&self, issue: &Issue, at: Timestamp) -> Option<SprintKey> {
        // The project is known by the component or, failing that, not at all.
        let project = self.world[*issue.components.first()?].project;
        let sprints = &self.world[project].sprints;
        sprints.iter().copied().find(|&sprint| self.world[sprint].ends > at)
    }

    /// What it waits for, what it repeats and what it has to do with.
    fn links(&mut self, key: IssueKey, created_at: Timestamp, end: Option<Timestamp>) {
        let at = self.no_later(created_at.plus_seconds(1_200));
        for _ in 0..[0, 0, 0, 0, 0, 1, 1, 2][self.dice.below(8)] {
            let kind = match self.dice.below(100) {
                0..70 => LinkType::BLOCKS,
                70..85 => LinkType::RELATES,
                85..93 => LinkType::DUPLICATE,
                _ => LinkType::DEPENDENCY,
            };
            // Nobody finishes what still waits.
            let ends = &self.ends;
            let newest = self.world.issues.len() - 1;
            let oldest = newest.saturating_sub(RECENT);
            let found = (0..6)
                .map(|_| oldest + self.dice.below(newest - oldest))
                .find(|&place| {
                    place != newest
                        && (end.is_none() || ends[place].is_some_and(|other| Some(other) < end))
                })
                .map(|place| IssueKey(place as u32));
            let Some(other) = found else { continue };
            let known = self.world[key].links.iter().any(|&link| {
                let link = &self.world[link];
                link.source == other || link.target == other
            });
            if known {
                continue;
            }
            // Who depends is the source of a dependency, and the target of a block.
            let (source, target) =
                if kind == LinkType::BLOCKS { (other, key) } else { (key, other) };
            self.world.add_link(kind, source, target);
            let author = self.person();
            let entry = kind.entry();
            for (issue, end, reads) in
                [(source, target, entry.outward), (target, source, entry.inward)]
            {
                let change = Change::Link(true, reads, self.world[end].name);
                self.happen(at, issue, author, What::Changes(vec![change]));
            }
        }
        if self.dice.chance(5) {
            let number = 1 + self.dice.below(30);
            let title = format!("{}/api#{number}", self.world.organization);
            let url = format!("https://github.com/{}/api/issues/{number}", self.world.organization);
            let relationship = Some("mentioned in".to_owned());
            let link = self.world.add_remote_link(key, url, title, relationship);
            let author = self.person();
            self.happen(at, key, author, What::Changes(vec![Change::RemoteLink(link)]));
        }
    }

    /// Comments and work.
    fn talk(&mut self, key: IssueKey, created_at: Timestamp, end: Option<Timestamp>) {
        let most = self.comments_per_hundred as usize;
        let count = self.dice.below(most / 100 * 2 + 1)
            + if self.dice.chance((most % 100 * 2 / 3) as u32) {
                1 + self.dice.below(2)
            } else {
                0
            };
        let span = (end.unwrap_or(self.latest).seconds() - created_at.seconds()).max(600) as usize;
        for _ in 0..count {
            let later = 120 + self.dice.below(span) as i64;
            let at = self.no_later(created_at.plus_seconds(later));
            let author = self.person();
            let seed = self.dice.roll();
            self.happen(at, key, author, What::Comment(seed));
        }
        let Some(assignee) = self.world[key].assignee.filter(|_| self.dice.chance(18)) else {
            return;
        };
        for _ in 0..1 + self.dice.below(3) {
            let later = HOUR + self.dice.below(span) as i64;
            let at = self.no_later(created_at.plus_seconds(later));
            let seconds = [1_800, 3_600, 5_400, 7_200, 14_400][self.dice.below(5)];
            let seed = self.dice.roll();
            self.happen(at, key, assignee, What::Work(seconds, seed));
        }
    }

    fn happen(&mut self, at: Timestamp, issue: IssueKey, author: UserKey, what: What) {
        self.happenings.push(Happening { at, issue, author, what });
    }

    /// Nothing happens after the present; what would, happened just before it.
    fn no_later(&self, at: Timestamp) -> Timestamp {
        at.min(self.latest)
    }

    fn person(&mut self) -> UserKey {
        *self.dice.pick(&self.people)
    }

    fn recent(&mut self, suits: impl Fn(&World, IssueKey) -> bool) -> Option<IssueKey> {
        let newest = self.world.issues.len();
        let oldest = newest.saturating_sub(RECENT);
        (0..8)
            .map(|_| IssueKey((oldest + self.dice.below(newest - oldest)) as u32))
            .find(|&key| (key.0 as usize) < newest && suits(self.world, key))
    }
}
