//! The filter language, the orders and the graph, written down once more as plainly as can be.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use mainstem_model::{
    Identity, Link, LinkEnd, LinkId, LinkKind, LinkOrigin, LinkReview, PersonId, Presence,
    SourceId, StatusCategory, Task, TaskId, Timestamp, Visibility,
};
use proptest::prelude::*;

use super::world::{
    PEOPLE, TASKS, World, person_id, projects, source_id, sources, task_id, task_key,
};
use crate::filter::{
    Comparison, Filter, PersonFilter, PersonPredicate, ProjectPredicate, Quantifier, SourceFilter,
    SourcePredicate, TaskFilter, TaskPredicate, TextFilter, TextPredicate, WorkingTime,
};
use crate::order::{Direction, OrderField, TaskOrder};

/// A person: the identities that some eyes see, by id.
#[derive(Clone)]
pub(super) struct Person(Vec<Identity>);

impl Person {
    pub(super) fn id(&self) -> PersonId {
        self.0[0].id
    }

    pub(super) fn ids(&self) -> Vec<PersonId> {
        self.0.iter().map(|identity| identity.id).collect()
    }

    /// Names of accounts first, then names that senders gave, then handles, then ids.
    pub(super) fn name(&self) -> String {
        let named = |self_asserted| {
            let named = move |one: &&Identity| one.self_asserted == self_asserted;
            self.0.iter().filter(named).find_map(|one| one.name.clone())
        };
        let handle = || self.0.iter().find(|one| !one.self_asserted).or(self.0.first());
        let own = |one: &Identity| one.handle.clone().unwrap_or_else(|| one.external_id.clone());
        named(false).or_else(|| named(true)).unwrap_or_else(|| handle().map(own).unwrap())
    }

    /// What was said last counts, visible or not over.
    pub(super) fn away_until(&self, now: Timestamp) -> Option<Timestamp> {
        let said = self.0.iter().filter_map(|one| one.away.as_ref());
        let last = said.max_by_key(|away| (away.evidence.seen_at, away.until))?;
        (last.until > now).then_some(last.until)
    }

    fn texts(&self, of: fn(&Identity) -> &Option<String>) -> Vec<String> {
        self.0.iter().filter_map(|identity| of(identity).clone()).collect()
    }
}

/// Whether two identities are tied without anybody between them.
fn tied(one: &Identity, other: &Identity, all: &[&Identity]) -> bool {
    let address = |identity: &Identity| {
        let email = identity.email.clone()?.to_lowercase();
        (!email.starts_with("noreply@")).then_some(email)
    };
    let decided_as_one =
        |one: &Identity, other: &Identity| one.decided.is_some() && one.decided == other.decided;
    let told_apart = |one: &Identity, other: &Identity| {
        one.decided.is_some() && other.decided.is_some() && one.decided != other.decided
    };
    let contradict = |one: &Identity, other: &Identity| {
        let in_one_source = one.id != other.id && one.source == other.source;
        told_apart(one, other) || (in_one_source && !decided_as_one(one, other))
    };
    decided_as_one(one, other)
        || (address(one).is_some() && address(one) == address(other) && {
            let theirs: Vec<_> = all.iter().filter(|who| address(who) == address(one)).collect();
            !theirs.iter().any(|one| theirs.iter().any(|other| contradict(one, other)))
        })
}

/// A world seen with some eyes.
#[derive(Clone, Copy)]
pub(super) struct Naive<'w> {
    pub(super) world: &'w World,
    pub(super) visibility: &'w Visibility,
}

fn compares<T: PartialOrd>(comparison: &Comparison<T>, value: Option<&T>) -> bool {
    match comparison {
        Comparison::Eq(wanted) => value == Some(wanted),
        Comparison::Neq(wanted) => value != Some(wanted),
        Comparison::In(wanted) => value.is_some_and(|value| wanted.contains(value)),
        Comparison::Nin(wanted) => !value.is_some_and(|value| wanted.contains(value)),
        Comparison::Lt(bound) => value.is_some_and(|value| value < bound),
        Comparison::Lte(bound) => value.is_some_and(|value| value <= bound),
        Comparison::Gt(bound) => value.is_some_and(|value| value > bound),
        Comparison::Gte(bound) => value.is_some_and(|value| value >= bound),
        Comparison::IsNull(null) => value.is_none() == *null,
    }
}

fn text(predicate: &TextPredicate, value: Option<&str>) -> bool {
    match predicate {
        TextPredicate::Is(comparison) => compares(comparison, value.map(str::to_owned).as_ref()),
        TextPredicate::Contains(needle) => {
            value.is_some_and(|value| value.to_lowercase().contains(&needle.to_lowercase()))
        }
    }
}

/// Of several values, whatever the case: what is negated must hold for all of them.
fn texts_folded(predicate: &TextPredicate, values: &[String]) -> bool {
    let lower = |text: &String| text.to_lowercase();
    let folded = match predicate {
        TextPredicate::Contains(_) => predicate.clone(),
        TextPredicate::Is(comparison) => TextPredicate::Is(comparison.map(lower)),
    };
    let holds = |value: &String| text(&folded, Some(&value.to_lowercase()));
    match &folded {
        _ if values.is_empty() => text(&folded, None),
        TextPredicate::Is(Comparison::Neq(_) | Comparison::Nin(_)) => values.iter().all(holds),
        _ => values.iter().any(holds),
    }
}

fn quantified<T>(quantifier: Quantifier, values: &[T], holds: impl Fn(&T) -> bool) -> bool {
    match quantifier {
        Quantifier::Some => values.iter().any(holds),
        Quantifier::None => !values.iter().any(holds),
        Quantifier::Every => values.iter().all(holds),
    }
}

impl<'w> Naive<'w> {
    pub(super) fn sees(self, id: TaskId) -> Option<&'w Task> {
        self.world.tasks.get(&id).filter(|task| self.visibility.allows(task.source))
    }

    /// The tasks that a question answers with.
    pub(super) fn matching(self, filter: Option<&TaskFilter>) -> Vec<&'w Task> {
        let names_presence =
            filter.is_some_and(|filter| filter.any(&|p| matches!(p, TaskPredicate::Presence(_))));
        self.world
            .seen_by(self.visibility)
            .into_iter()
            .filter(|task| names_presence || task.presence == Presence::Present)
            .filter(|task| filter.is_none_or(|filter| self.passes(filter, task)))
            .collect()
    }

    pub(super) fn passes(self, filter: &TaskFilter, task: &Task) -> bool {
        match filter {
            Filter::And(filters) => filters.iter().all(|filter| self.passes(filter, task)),
            Filter::Or(filters) => filters.iter().any(|filter| self.passes(filter, task)),
            Filter::Not(filter) => !self.passes(filter, task),
            Filter::Is(predicate) => self.task(predicate, task),
        }
    }

    fn task(self, predicate: &TaskPredicate, task: &Task) -> bool {
        let keys = |task: &Task| {
            let mut keys = vec![task.key.clone()];
            keys.extend(task.previous_keys.clone());
            keys
        };
        match predicate {
            TaskPredicate::Id(c) => compares(c, Some(&task.id)),
            TaskPredicate::Key(p) => texts_folded(p, &keys(task)),
            TaskPredicate::Kind(c) => compares(c, Some(&task.kind)),
            TaskPredicate::Title(p) => text(p, Some(&task.title)),
            TaskPredicate::Url(p) => text(p, task.url.as_deref()),
            TaskPredicate::StatusName(p) => text(p, Some(&task.status.name)),
            TaskPredicate::StatusCategory(c) => compares(c, Some(&task.status.category)),
            TaskPredicate::PriorityName(p) => text(p, task.priority.name.as_deref()),
            TaskPredicate::PriorityLevel(c) => compares(c, Some(&task.priority.level)),
            TaskPredicate::Assignees(quantifier, filter) => {
                quantified(*quantifier, &self.people_of(&task.assignees), |person| {
                    self.person(filter, person)
                })
            }
            TaskPredicate::Author(filter) => task
                .author
                .and_then(|author| self.person_of(author))
                .is_some_and(|author| self.person(filter, &author)),
            TaskPredicate::AuthorIsNull(null) => {
                task.author.and_then(|author| self.person_of(author)).is_none() == *null
            }
            TaskPredicate::Labels(quantifier, filter) => {
                quantified(*quantifier, &task.labels, |label| label_passes(filter, label))
            }
            TaskPredicate::Milestone(p) => text(p, task.milestone.as_deref()),
            TaskPredicate::Sprint(p) => text(p, task.sprint.as_deref()),
            TaskPredicate::ParentKey(p) => match self.parent(task) {
                Some(parent) => texts_folded(p, &keys(parent)),
                None => text(p, None),
            },
            TaskPredicate::ParentId(c) => compares(c, self.parent(task).map(|parent| &parent.id)),
            TaskPredicate::ParentIsNull(null) => self.parent(task).is_none() == *null,
            TaskPredicate::StartOn(c) => compares(c, task.start_on.as_ref()),
            TaskPredicate::DueOn(c) => compares(c, task.due_on.as_ref()),
            TaskPredicate::CreatedAt(c) => compares(c, Some(&task.created_at)),
            TaskPredicate::UpdatedAt(c) => compares(c, Some(&task.updated_at)),
            TaskPredicate::StartedAt(c) => compares(c, task.started_at.as_ref()),
            TaskPredicate::ClosedAt(c) => compares(c, task.closed_at.as_ref()),
            TaskPredicate::Estimate(c) => compares(c, task.estimate_seconds.as_ref()),
            TaskPredicate::TimeSpent(c) => compares(c, task.time_spent_seconds.as_ref()),
            TaskPredicate::Project(filter) => filter.holds(&|predicate| {
                let project =
                    projects().into_iter().find(|project| project.id == task.project).unwrap();
                match predicate {
                    ProjectPredicate::Id(c) => compares(c, Some(&project.id)),
                    ProjectPredicate::Key(p) => texts_folded(p, &[project.key]),
                    ProjectPredicate::Name(p) => text(p, Some(&project.name)),
                    ProjectPredicate::Source(filter) => source_passes(filter, project.source),
                }
            }),
            TaskPredicate::Source(filter) => source_passes(filter, task.source),
            TaskPredicate::Presence(c) => compares(c, Some(&task.presence)),
            TaskPredicate::IsReady(wanted) => self.is_ready(task) == *wanted,
            TaskPredicate::IsBlocked(wanted) => self.is_blocked(task) == *wanted,
            TaskPredicate::BlockedBy(quantifier, filter) => {
                self.related(task, false, *quantifier, filter)
            }
            TaskPredicate::Blocks(quantifier, filter) => {
                self.related(task, true, *quantifier, filter)
            }
            TaskPredicate::BlockedFor(c) => {
                let c = c.map(|time| time.seconds);
                compares(&c, self.is_blocked(task).then_some(&0))
            }
            TaskPredicate::CrossTool(wanted) => {
                let edges = self.edges().into_iter();
                let mut across = edges.filter(|(link, from, to)| {
                    self.review(link, *from, *to) != LinkReview::Rejected
                        && from.is_some_and(|from| {
                            to.is_some_and(|to| {
                                (from.id == task.id || to.id == task.id) && from.source != to.source
                            })
                        })
                });
                across.next().is_some() == *wanted
            }
        }
    }

    /// All identities of the person whose identity this is, whether or not these eyes see them.
    pub(super) fn identities_of(self, id: PersonId) -> BTreeSet<PersonId> {
        let all: Vec<&Identity> = self.world.identities.values().collect();
        let mut found: BTreeSet<PersonId> =
            all.iter().map(|identity| identity.id).filter(|known| *known == id).collect();
        loop {
            let ties = |one: &&&Identity| {
                found.iter().any(|known| tied(&self.world.identities[known], one, &all))
            };
            let more: BTreeSet<PersonId> = all.iter().filter(ties).map(|one| one.id).collect();
            let before = found.len();
            found.extend(more);
            if found.len() == before {
                return found;
            }
        }
    }

    pub(super) fn person_of(self, id: PersonId) -> Option<Person> {
        let all = self.identities_of(id);
        let all = all.iter().map(|id| self.world.identities[id].clone());
        let seen: Vec<_> = all.filter(|one| self.visibility.allows(one.source)).collect();
        (!seen.is_empty()).then_some(Person(seen))
    }

    /// Whom these people are, each once.
    pub(super) fn people_of(self, ids: &[PersonId]) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for person in ids.iter().filter_map(|id| self.person_of(*id)) {
            if people.iter().all(|known| known.id() != person.id()) {
                people.push(person);
            }
        }
        people
    }

    fn person(self, filter: &PersonFilter, person: &Person) -> bool {
        // A visible id means the person who has it.
        let meant = |id: &PersonId| {
            let visible = self.world.identities.get(id);
            visible
                .filter(|one| self.visibility.allows(one.source))
                .and_then(|_| self.person_of(*id))
                .map_or(*id, |person| person.id())
        };
        filter.holds(&|predicate| match predicate {
            PersonPredicate::Id(c) => compares(&c.map(meant), Some(&person.id())),
            PersonPredicate::Name(p) => text(p, Some(&person.name())),
            PersonPredicate::Email(p) => texts_folded(p, &person.texts(|one| &one.email)),
            PersonPredicate::Handle(p) => texts_folded(p, &person.texts(|one| &one.handle)),
        })
    }

    // The graph.

    /// The task that this id leads to.
    fn find(self, id: TaskId) -> Option<&'w Task> {
        let id =
            if self.world.tasks.contains_key(&id) { id } else { *self.world.redirects.get(&id)? };
        self.world.tasks.get(&id)
    }

    fn bind(self, end: &LinkEnd, source: SourceId) -> Option<&'w Task> {
        let named = |key: &str| key.to_lowercase() == end.key.to_lowercase();
        let stands_there = |task: &&Task| {
            let own = sources().into_iter().find(|source| source.id == task.source);
            let own = own.and_then(|source| source.site).unwrap();
            end.site.as_ref().is_none_or(|site| own.split('/').next() == Some(site))
        };
        end.task.and_then(|id| self.find(id)).or_else(|| {
            self.world
                .tasks
                .values()
                .filter(stands_there)
                .filter(|task| named(&task.key) || task.previous_keys.iter().any(|key| named(key)))
                .min_by_key(|task| (task.source != source, !named(&task.key), task.id))
        })
    }

    pub(super) fn parent(self, task: &Task) -> Option<&'w Task> {
        let parent = self.bind(task.parent.as_ref()?, task.source)?;
        (parent.id != task.id).then_some(parent).and_then(|parent| self.sees(parent.id))
    }

    /// The links that these eyes see, with both ends bound.
    pub(super) fn edges(self) -> Vec<(&'w Link, Option<&'w Task>, Option<&'w Task>)> {
        let links = self.world.links.values().flatten();
        links
            .filter(|link| {
                self.find(link.stated_by).is_some_and(|stater| self.sees(stater.id).is_some())
            })
            .map(|link| {
                (link, self.bind(&link.from, link.source), self.bind(&link.to, link.source))
            })
            .filter(|(_, from, to)| {
                [from, to].iter().all(|end| end.is_none_or(|end| self.sees(end.id).is_some()))
            })
            .filter(|(link, from, to)| {
                let known = |end: &LinkEnd, task: &Option<&Task>| {
                    task.is_some()
                        || match link.origin {
                            LinkOrigin::Native => true,
                            LinkOrigin::Inferred => self.may_exist(end),
                            LinkOrigin::Declared => *self.visibility == Visibility::Everything,
                        }
                };
                known(&link.from, from) && known(&link.to, to)
            })
            .filter(|(link, from, to)| {
                link.until.is_none() && from.map(|task| task.id) != to.map(|task| task.id)
            })
            .collect()
    }

    /// Whether what a task is held up by, or holds up, matches. A filter that says nothing of presence
    /// asks for what is present, here as anywhere.
    fn related(
        self,
        task: &Task,
        forward: bool,
        quantifier: Quantifier,
        filter: &TaskFilter,
    ) -> bool {
        let others = self.next_to(task.id, forward, false);
        let mut others = others.iter().map(|id| {
            let other = &self.world.tasks[id];
            let says = filter.any(&|predicate| matches!(predicate, TaskPredicate::Presence(_)));
            (says || other.presence == Presence::Present) && self.passes(filter, other)
        });
        match quantifier {
            Quantifier::Some => others.any(|matches| matches),
            Quantifier::None => !others.any(|matches| matches),
            Quantifier::Every => others.all(|matches| matches),
        }
    }

    /// What only looks like a key is one where a project says so.
    fn may_exist(self, end: &LinkEnd) -> bool {
        let Some((project, _)) = end.key.split_once('-') else { return true };
        let mut known = projects().into_iter().filter(|one| self.visibility.allows(one.source));
        end.task.is_some() || end.site.is_some() || known.any(|one| one.key == project)
    }

    /// What a person said of a link, by its id or that of the tasks at its ends.
    fn review(self, link: &Link, from: Option<&Task>, to: Option<&Task>) -> LinkReview {
        let said = |id| self.world.reviews.get(&id).copied();
        let of_tasks = || {
            let (from, to) = (from?.id.to_string(), to?.id.to_string());
            said(LinkId::of(link.kind.as_str(), "INFERRED", &from, &to))
        };
        let inferred = link.origin == LinkOrigin::Inferred;
        let review = if inferred { said(link.id).or_else(of_tasks) } else { None };
        review.unwrap_or(LinkReview::Unreviewed)
    }

    /// Direct neighbours along BLOCKS.
    pub(super) fn next_to(self, task: TaskId, forward: bool, open_only: bool) -> BTreeSet<TaskId> {
        self.edges()
            .into_iter()
            .filter(|(link, from, to)| {
                link.kind == LinkKind::Blocks
                    && self.review(link, *from, *to) != LinkReview::Rejected
            })
            .filter_map(|(_, from, to)| {
                let (own, other) = if forward { (from?, to?) } else { (to?, from?) };
                let open = other.status.category.is_open() && other.presence != Presence::Deleted;
                (own.id == task && (open || !open_only)).then_some(other.id)
            })
            .collect()
    }

    /// Everything that can be reached along BLOCKS.
    pub(super) fn reached(self, task: TaskId, forward: bool, open_only: bool) -> BTreeSet<TaskId> {
        let mut reached = self.next_to(task, forward, open_only);
        loop {
            let mut more = reached.clone();
            for task in &reached {
                more.extend(self.next_to(*task, forward, open_only));
            }
            if more == reached {
                reached.remove(&task);
                return reached;
            }
            reached = more;
        }
    }

    pub(super) fn is_blocked(self, task: &Task) -> bool {
        task.status.category.is_open()
            && task.presence == Presence::Present
            && !self.next_to(task.id, false, true).is_empty()
    }

    pub(super) fn is_ready(self, task: &Task) -> bool {
        matches!(task.status.category, StatusCategory::Backlog | StatusCategory::Todo)
            && task.presence == Presence::Present
            && !self.is_blocked(task)
    }
}

fn label_passes(filter: &TextFilter, label: &str) -> bool {
    filter.holds(&|predicate| text(predicate, Some(label)))
}

fn source_passes(filter: &SourceFilter, source: SourceId) -> bool {
    let source = sources().into_iter().find(|candidate| candidate.id == source).unwrap();
    filter.holds(&|predicate| match predicate {
        SourcePredicate::Id(c) => compares(c, Some(&source.id)),
        SourcePredicate::Name(p) => text(p, Some(&source.name)),
        SourcePredicate::Connector(p) => text(p, Some(&source.connector)),
    })
}

/// Compares two tasks by an order.
pub(super) fn compare(order: &[TaskOrder], left: &Task, right: &Task) -> Ordering {
    let newest = [TaskOrder { field: OrderField::UpdatedAt, direction: Direction::Descending }];
    let order = if order.is_empty() { &newest } else { order };
    for step in order {
        let result = match step.field {
            OrderField::CreatedAt => last(*step, Some(left.created_at), Some(right.created_at)),
            OrderField::UpdatedAt => last(*step, Some(left.updated_at), Some(right.updated_at)),
            OrderField::StartOn => last(*step, left.start_on, right.start_on),
            OrderField::DueOn => last(*step, left.due_on, right.due_on),
            OrderField::ClosedAt => last(*step, left.closed_at, right.closed_at),
            OrderField::Key => last(*step, Some(natural(&left.key)), Some(natural(&right.key))),
            OrderField::Title => {
                last(*step, Some(left.title.to_lowercase()), Some(right.title.to_lowercase()))
            }
            OrderField::Priority => {
                last(*step, Some(left.priority.level), Some(right.priority.level))
            }
            OrderField::Status => {
                let place = |task: &Task| (task.status.category, task.status.name.to_lowercase());
                last(*step, Some(place(left)), Some(place(right)))
            }
        };
        if result.is_ne() {
            return result;
        }
    }
    directed(order[0], left.id.cmp(&right.id))
}

fn directed(step: TaskOrder, order: Ordering) -> Ordering {
    if step.direction == Direction::Descending { order.reverse() } else { order }
}

fn last<T: Ord>(step: TaskOrder, left: Option<T>, right: Option<T>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => directed(step, left.cmp(&right)),
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}

/// `acme/api#10` as a prefix and a number.
fn natural(key: &str) -> (String, u64) {
    let digits =
        key.rfind(|character: char| !character.is_ascii_digit()).map_or(0, |last| last + 1);
    (key[..digits].to_lowercase(), key[digits..].parse().unwrap())
}

// Questions.

pub(super) fn orders() -> impl Strategy<Value = Vec<TaskOrder>> {
    let field = prop::sample::select(vec![
        OrderField::CreatedAt,
        OrderField::UpdatedAt,
        OrderField::StartOn,
        OrderField::DueOn,
        OrderField::ClosedAt,
        OrderField::Key,
        OrderField::Title,
        OrderField::Priority,
        OrderField::Status,
    ]);
    let direction = prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
    prop::collection::vec(
        (field, direction).prop_map(|(field, direction)| TaskOrder { field, direction }),
        0..3,
    )
}

fn comparisons<T: Clone + std::fmt::Debug + 'static>(
    values: Vec<T>,
) -> BoxedStrategy<Comparison<T>> {
    let value = prop::sample::select(values);
    let several = prop::collection::vec(value.clone(), 0..3);
    prop_oneof![
        value.clone().prop_map(Comparison::Eq),
        value.clone().prop_map(Comparison::Neq),
        several.clone().prop_map(Comparison::In),
        several.prop_map(Comparison::Nin),
        value.clone().prop_map(Comparison::Lt),
        value.clone().prop_map(Comparison::Lte),
        value.clone().prop_map(Comparison::Gt),
        value.prop_map(Comparison::Gte),
        any::<bool>().prop_map(Comparison::IsNull),
    ]
    .boxed()
}

fn texts(values: &[&str]) -> BoxedStrategy<TextPredicate> {
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    let parts = prop::sample::select(vec!["", "e", "THE", "größe", "1", "p", "zzz"]);
    prop_oneof![
        3 => comparisons(values).prop_map(TextPredicate::Is),
        1 => parts.prop_map(|part| TextPredicate::Contains(part.to_owned())),
    ]
    .boxed()
}

/// Expressions over predicates.
fn expressions<P: Clone + std::fmt::Debug + 'static>(
    leaf: BoxedStrategy<P>,
    depth: u32,
) -> BoxedStrategy<Filter<P>> {
    leaf.prop_map(Filter::Is)
        .prop_recursive(depth, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::And),
                prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Or),
                inner.prop_map(|filter| Filter::Not(Box::new(filter))),
            ]
        })
        .boxed()
}

fn person_filters() -> BoxedStrategy<PersonFilter> {
    let leaf = prop_oneof![
        comparisons((0..PEOPLE).map(person_id).collect()).prop_map(PersonPredicate::Id),
        texts(&["Ada", "ada", "ben", "Nobody"]).prop_map(PersonPredicate::Name),
        texts(&["HANDLE0", "handle1", "nobody"]).prop_map(PersonPredicate::Handle),
        texts(&["Ada@example.org", "ben@EXAMPLE.ORG"]).prop_map(PersonPredicate::Email),
    ];
    expressions(leaf.boxed(), 1)
}

fn source_filters() -> BoxedStrategy<SourceFilter> {
    let leaf = prop_oneof![
        comparisons((0..3).map(source_id).collect()).prop_map(SourcePredicate::Id),
        texts(&["alpha", "gamma"]).prop_map(SourcePredicate::Name),
        texts(&["github", "jira"]).prop_map(SourcePredicate::Connector),
    ];
    expressions(leaf.boxed(), 1)
}

pub(super) fn filters() -> BoxedStrategy<TaskFilter> {
    use mainstem_model::{Date, PriorityLevel, TaskKind};
    let quantifier =
        || prop::sample::select(vec![Quantifier::Some, Quantifier::None, Quantifier::Every]);
    let ids = || comparisons((0..TASKS).map(task_id).collect());
    let days = || comparisons((1..5).map(|day| Date::new(2026, 1, day).unwrap()).collect());
    let times = || comparisons((0..6).map(Timestamp::from_seconds).collect());
    let seconds = || comparisons((0..3_i64).collect());
    let keys: Vec<String> = (0..6).map(|number| task_key(number).to_uppercase()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).chain(["OLD-1", "ångström-7"]).collect();
    let first = prop_oneof![
        ids().prop_map(TaskPredicate::Id),
        texts(&keys).prop_map(TaskPredicate::Key),
        comparisons(TaskKind::ALL.to_vec()).prop_map(TaskPredicate::Kind),
        texts(&["", "Fix the parser", "a 10"]).prop_map(TaskPredicate::Title),
        texts(&["https://example.org/1", "https://example.org/4"]).prop_map(TaskPredicate::Url),
        texts(&["Open", "open", "Done"]).prop_map(TaskPredicate::StatusName),
        comparisons(StatusCategory::ALL.to_vec()).prop_map(TaskPredicate::StatusCategory),
        texts(&["P0", "P1"]).prop_map(TaskPredicate::PriorityName),
        comparisons(PriorityLevel::ALL.to_vec()).prop_map(TaskPredicate::PriorityLevel),
        (quantifier(), person_filters()).prop_map(|(q, f)| TaskPredicate::Assignees(q, f)),
    ];
    let second = prop_oneof![
        person_filters().prop_map(TaskPredicate::Author),
        any::<bool>().prop_map(TaskPredicate::AuthorIsNull),
        (quantifier(), expressions(texts(&["bug", "Bug", "ui"]), 1))
            .prop_map(|(q, f)| TaskPredicate::Labels(q, f)),
        texts(&["v0", "v1"]).prop_map(TaskPredicate::Milestone),
        texts(&["Sprint 0"]).prop_map(TaskPredicate::Sprint),
        texts(&keys).prop_map(TaskPredicate::ParentKey),
        ids().prop_map(TaskPredicate::ParentId),
        any::<bool>().prop_map(TaskPredicate::ParentIsNull),
        days().prop_map(TaskPredicate::StartOn),
        days().prop_map(TaskPredicate::DueOn),
    ];
    let third = prop_oneof![
        times().prop_map(TaskPredicate::CreatedAt),
        times().prop_map(TaskPredicate::UpdatedAt),
        times().prop_map(TaskPredicate::StartedAt),
        times().prop_map(TaskPredicate::ClosedAt),
        seconds().prop_map(TaskPredicate::Estimate),
        seconds().prop_map(TaskPredicate::TimeSpent),
        source_filters().prop_map(TaskPredicate::Source),
        expressions(
            prop_oneof![
                texts(&["ACME/API", "eng"]).prop_map(ProjectPredicate::Key),
                texts(&["Project 0"]).prop_map(ProjectPredicate::Name),
                comparisons(projects().iter().map(|p| p.id).collect())
                    .prop_map(ProjectPredicate::Id),
                source_filters().prop_map(ProjectPredicate::Source),
            ]
            .boxed(),
            1
        )
        .prop_map(TaskPredicate::Project),
        comparisons(Presence::ALL.to_vec()).prop_map(TaskPredicate::Presence),
        any::<bool>().prop_map(TaskPredicate::IsReady),
        any::<bool>().prop_map(TaskPredicate::IsBlocked),
    ];
    let related = || {
        let leaf = prop_oneof![
            comparisons(StatusCategory::ALL.to_vec()).prop_map(TaskPredicate::StatusCategory),
            comparisons(Presence::ALL.to_vec()).prop_map(TaskPredicate::Presence),
            any::<bool>().prop_map(TaskPredicate::IsBlocked),
        ];
        (quantifier(), expressions(leaf.boxed(), 1).prop_map(Box::new))
    };
    let fourth = prop_oneof![
        related().prop_map(|(q, f)| TaskPredicate::BlockedBy(q, f)),
        related().prop_map(|(q, f)| TaskPredicate::Blocks(q, f)),
        seconds().prop_map(|c| {
            TaskPredicate::BlockedFor(c.map(|seconds| WorkingTime { days: 0, seconds: *seconds }))
        }),
        any::<bool>().prop_map(TaskPredicate::CrossTool),
    ];
    expressions(prop_oneof![first, second, third, fourth].boxed(), 3)
}
