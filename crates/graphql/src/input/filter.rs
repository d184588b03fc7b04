//! Filters as they are given. Fields side by side must all hold.

use mainstem_model::{
    Date, PersonId, Presence, PriorityLevel, ProjectId, SourceId, StatusCategory, TaskId, TaskKind,
    Timestamp,
};
use mainstem_read_model::{
    Comparison, Filter, PersonFilter, PersonPredicate, ProjectFilter, ProjectPredicate, Quantifier,
    SourceFilter, SourcePredicate, TaskFilter, TaskPredicate,
};
use serde::Deserialize;

use super::compare::{Compare, CompareBoolean, CompareText, Seconds};

/// `and`, `or` and `not`, which every filter has.
#[derive(Deserialize)]
struct Logic<F> {
    and: Option<Vec<F>>,
    or: Option<Vec<F>>,
    not: Option<Box<F>>,
}

impl<F> Logic<F> {
    fn read<P>(self, read: impl Fn(F) -> Filter<P>) -> Vec<Filter<P>> {
        let and = self.and.map(|all| Filter::And(all.into_iter().map(&read).collect()));
        let or = self.or.map(|any| Filter::Or(any.into_iter().map(&read).collect()));
        let not = self.not.map(|filter| Filter::Not(Box::new(read(*filter))));
        [and, or, not].into_iter().flatten().collect()
    }
}

/// `TaskFilter` of the schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskFilterInput {
    #[serde(flatten)]
    logic: Logic<TaskFilterInput>,
    id: Option<Compare<TaskId>>,
    key: Option<CompareText>,
    kind: Option<Compare<TaskKind>>,
    title: Option<CompareText>,
    url: Option<CompareText>,
    status: Option<StatusFilterInput>,
    priority: Option<PriorityFilterInput>,
    assignees: Option<ListFilterInput<PersonFilterInput>>,
    author: Option<AuthorFilterInput>,
    labels: Option<ListFilterInput<CompareText>>,
    milestone: Option<CompareText>,
    sprint: Option<CompareText>,
    parent: Option<ParentFilterInput>,
    start_on: Option<Compare<Date>>,
    due_on: Option<Compare<Date>>,
    created_at: Option<Compare<Timestamp>>,
    updated_at: Option<Compare<Timestamp>>,
    started_at: Option<Compare<Timestamp>>,
    closed_at: Option<Compare<Timestamp>>,
    estimate: Option<Compare<Seconds>>,
    time_spent: Option<Compare<Seconds>>,
    project: Option<ProjectFilterInput>,
    source: Option<SourceFilterInput>,
    presence: Option<Compare<Presence>>,
    is_ready: Option<CompareBoolean>,
    is_blocked: Option<CompareBoolean>,
}

impl TaskFilterInput {
    /// The filter as the read model takes it.
    pub fn read(self) -> TaskFilter {
        use TaskPredicate as P;
        let mut all = self.logic.read(Self::read);
        let fields = [
            self.id.map(|f| f.read(P::Id)),
            self.key.map(|f| f.read(P::Key)),
            self.kind.map(|f| f.read(P::Kind)),
            self.title.map(|f| f.read(P::Title)),
            self.url.map(|f| f.read(P::Url)),
            self.status.map(StatusFilterInput::read),
            self.priority.map(PriorityFilterInput::read),
            self.assignees.map(|f| f.read(|q, person| P::Assignees(q, person.read()))),
            self.author.map(AuthorFilterInput::read),
            self.labels.map(|f| f.read(|q, text| P::Labels(q, text.text()))),
            self.milestone.map(|f| f.read(P::Milestone)),
            self.sprint.map(|f| f.read(P::Sprint)),
            self.parent.map(ParentFilterInput::read),
            self.start_on.map(|f| f.read(P::StartOn)),
            self.due_on.map(|f| f.read(P::DueOn)),
            self.created_at.map(|f| f.read(P::CreatedAt)),
            self.updated_at.map(|f| f.read(P::UpdatedAt)),
            self.started_at.map(|f| f.read(P::StartedAt)),
            self.closed_at.map(|f| f.read(P::ClosedAt)),
            self.estimate.map(|f| f.read(|seconds| P::Estimate(in_seconds(seconds)))),
            self.time_spent.map(|f| f.read(|seconds| P::TimeSpent(in_seconds(seconds)))),
            self.project.map(|f| Filter::Is(P::Project(f.read()))),
            self.source.map(|f| Filter::Is(P::Source(f.read()))),
            self.presence.map(|f| f.read(P::Presence)),
            self.is_ready.map(|f| f.read(P::IsReady)),
            self.is_blocked.map(|f| f.read(P::IsBlocked)),
        ];
        all.extend(fields.into_iter().flatten());
        Filter::all(all)
    }
}

fn in_seconds(comparison: Comparison<Seconds>) -> Comparison<i64> {
    let all = |values: Vec<Seconds>| values.into_iter().map(|value| value.0).collect();
    match comparison {
        Comparison::Eq(value) => Comparison::Eq(value.0),
        Comparison::Neq(value) => Comparison::Neq(value.0),
        Comparison::In(values) => Comparison::In(all(values)),
        Comparison::Nin(values) => Comparison::Nin(all(values)),
        Comparison::Lt(value) => Comparison::Lt(value.0),
        Comparison::Lte(value) => Comparison::Lte(value.0),
        Comparison::Gt(value) => Comparison::Gt(value.0),
        Comparison::Gte(value) => Comparison::Gte(value.0),
        Comparison::IsNull(absent) => Comparison::IsNull(absent),
    }
}

#[derive(Deserialize)]
struct StatusFilterInput {
    name: Option<CompareText>,
    category: Option<Compare<StatusCategory>>,
}

impl StatusFilterInput {
    fn read(self) -> TaskFilter {
        let name = self.name.map(|f| f.read(TaskPredicate::StatusName));
        let category = self.category.map(|f| f.read(TaskPredicate::StatusCategory));
        Filter::all(name.into_iter().chain(category).collect())
    }
}

#[derive(Deserialize)]
struct PriorityFilterInput {
    name: Option<CompareText>,
    level: Option<Compare<PriorityLevel>>,
}

impl PriorityFilterInput {
    fn read(self) -> TaskFilter {
        let name = self.name.map(|f| f.read(TaskPredicate::PriorityName));
        let level = self.level.map(|f| f.read(TaskPredicate::PriorityLevel));
        Filter::all(name.into_iter().chain(level).collect())
    }
}

/// A filter on the elements of a list.
#[derive(Deserialize)]
struct ListFilterInput<F> {
    some: Option<F>,
    none: Option<F>,
    every: Option<F>,
}

impl<F> ListFilterInput<F> {
    fn read<P>(self, predicate: impl Fn(Quantifier, F) -> P) -> Filter<P> {
        let given = [
            (Quantifier::Some, self.some),
            (Quantifier::None, self.none),
            (Quantifier::Every, self.every),
        ];
        let given =
            given.into_iter().filter_map(|(quantifier, filter)| Some((quantifier, filter?)));
        Filter::all(
            given.map(|(quantifier, filter)| Filter::Is(predicate(quantifier, filter))).collect(),
        )
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthorFilterInput {
    is_null: Option<bool>,
    #[serde(flatten)]
    person: PersonFieldsInput,
}

impl AuthorFilterInput {
    fn read(self) -> TaskFilter {
        let absent = self.is_null.map(|absent| Filter::Is(TaskPredicate::AuthorIsNull(absent)));
        let person = self.person.read();
        let matches =
            (!person.is_empty()).then(|| Filter::Is(TaskPredicate::Author(Filter::all(person))));
        Filter::all(absent.into_iter().chain(matches).collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ParentFilterInput {
    is_null: Option<bool>,
    id: Option<Compare<TaskId>>,
    key: Option<CompareText>,
}

impl ParentFilterInput {
    fn read(self) -> TaskFilter {
        let absent = self.is_null.map(|absent| Filter::Is(TaskPredicate::ParentIsNull(absent)));
        let id = self.id.map(|f| f.read(TaskPredicate::ParentId));
        let key = self.key.map(|f| f.read(TaskPredicate::ParentKey));
        Filter::all([absent, id, key].into_iter().flatten().collect())
    }
}

/// `PersonFilter` of the schema.
#[derive(Deserialize)]
pub struct PersonFilterInput {
    #[serde(flatten)]
    logic: Logic<PersonFilterInput>,
    #[serde(flatten)]
    fields: PersonFieldsInput,
}

impl PersonFilterInput {
    /// The filter as the read model takes it.
    pub fn read(self) -> PersonFilter {
        let mut all = self.logic.read(Self::read);
        all.extend(self.fields.read());
        Filter::all(all)
    }
}

#[derive(Deserialize)]
struct PersonFieldsInput {
    id: Option<Compare<PersonId>>,
    name: Option<CompareText>,
    handle: Option<CompareText>,
    email: Option<CompareText>,
}

impl PersonFieldsInput {
    fn read(self) -> Vec<PersonFilter> {
        let fields = [
            self.id.map(|f| f.read(PersonPredicate::Id)),
            self.name.map(|f| f.read(PersonPredicate::Name)),
            self.handle.map(|f| f.read(PersonPredicate::Handle)),
            self.email.map(|f| f.read(PersonPredicate::Email)),
        ];
        fields.into_iter().flatten().collect()
    }
}

/// `ProjectFilter` of the schema.
#[derive(Deserialize)]
pub struct ProjectFilterInput {
    #[serde(flatten)]
    logic: Logic<ProjectFilterInput>,
    id: Option<Compare<ProjectId>>,
    key: Option<CompareText>,
    name: Option<CompareText>,
    source: Option<SourceFilterInput>,
}

impl ProjectFilterInput {
    /// The filter as the read model takes it.
    pub fn read(self) -> ProjectFilter {
        let mut all = self.logic.read(Self::read);
        let fields = [
            self.id.map(|f| f.read(ProjectPredicate::Id)),
            self.key.map(|f| f.read(ProjectPredicate::Key)),
            self.name.map(|f| f.read(ProjectPredicate::Name)),
            self.source.map(|f| Filter::Is(ProjectPredicate::Source(f.read()))),
        ];
        all.extend(fields.into_iter().flatten());
        Filter::all(all)
    }
}

/// `SourceFilter` of the schema.
#[derive(Deserialize)]
struct SourceFilterInput {
    #[serde(flatten)]
    logic: Logic<SourceFilterInput>,
    id: Option<Compare<SourceId>>,
    name: Option<CompareText>,
    connector: Option<CompareText>,
}

impl SourceFilterInput {
    fn read(self) -> SourceFilter {
        let mut all = self.logic.read(Self::read);
        let fields = [
            self.id.map(|f| f.read(SourcePredicate::Id)),
            self.name.map(|f| f.read(SourcePredicate::Name)),
            self.connector.map(|f| f.read(SourcePredicate::Connector)),
        ];
        all.extend(fields.into_iter().flatten());
        Filter::all(all)
    }
}
