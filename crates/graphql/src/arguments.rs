//! The arguments of every field that takes some, read once before anything runs.

use mainstem_model::{
    ChangeCause, LinkKind, LinkOrigin, LinkReview, ProjectId, SourceId, TaskId, Timestamp,
};
use mainstem_read_model::{
    Comparison, Filter, GroupField, LinkFilter, Move, PageRequest, PersonFilter, ProjectFilter,
    ProjectPredicate, TaskFilter, TaskOrder, TaskPredicate, TextPredicate,
};
use serde_json::Value as JsonValue;

use crate::error::Problem;
use crate::input::{filter, get, group_field, orders, require};
use crate::request::JsonMap;

/// Rows of a page where neither `first` nor `last` is given.
const DEFAULT_PAGE: i64 = 50;
/// The most rows of a page.
const MAX_PAGE: i64 = 100;
/// The most ids, names or words in one list.
const MAX_LIST: usize = 100;
/// Characters of a cursor, a search or a key.
const MAX_TEXT: usize = 1_000;

/// Working days by which a task can be shifted.
const MAX_SHIFT: i64 = 10_000;

/// What it costs to look at a past moment: every change since then is undone.
const PAST_COST: u64 = 1_000;

/// The arguments of one field.
pub enum Arguments {
    /// It takes none.
    None,
    /// A plain list: `children`, `sources`, `comments`, `worklogs`, `notices`, `projects` of a source.
    Page(PageRequest),
    /// `node`, `nodes`.
    Ids(Vec<String>),
    /// `task`.
    Task(TaskName),
    /// `tasks`, and `tasks` of a person.
    Tasks(Box<TasksArguments>),
    /// `taskCounts`.
    TaskCounts(Box<TaskCountsArguments>),
    /// `people`.
    People(Option<PersonFilter>, PageRequest),
    /// `projects`.
    Projects(Option<ProjectFilter>, PageRequest),
    /// `changes` at the root.
    Feed(Box<FeedArguments>),
    /// `changes` of a task.
    History(Option<Vec<String>>, PageRequest),
    /// `blockedBy`, `blocks`.
    Blockers(BlockerArguments),
    /// `links` of a task.
    Links(LinkArguments),
    /// `links` at the root.
    AllLinks(Option<LinkFilter>, PageRequest),
    /// `drifts`, `scheduleConflicts`.
    Matching(Option<TaskFilter>, PageRequest),
    /// `criticalPath`.
    CriticalPath(Target),
    /// `linkTasks`.
    LinkTasks(NewLink),
    /// `unlinkTasks`: the link.
    UnlinkTasks(String),
    /// `reviewLink`: the link, and what is said of it.
    ReviewLink(String, LinkReview),
    /// `shiftSchedule`: the task, and how it moves.
    ShiftSchedule(String, Move),
    /// `fields` of a task.
    Names(Option<Vec<String>>),
    /// `mergePeople`: the people.
    MergePeople(Vec<String>),
    /// `splitPerson`.
    SplitPerson(SplitPerson),
}

/// What is to be reached.
pub enum Target {
    /// A task, by global id.
    Task(String),
    /// All of a milestone.
    Milestone(TaskFilter),
}

/// The input of `linkTasks`.
pub struct NewLink {
    /// Where it starts, by global id.
    pub from: String,
    /// Where it leads, by global id.
    pub to: String,
    /// What it says.
    pub kind: LinkKind,
    /// Why.
    pub note: Option<String>,
}

/// The input of `splitPerson`.
pub struct SplitPerson {
    /// Who is split.
    pub person: String,
    /// What is split off: the name of a source, and the tool's id.
    pub identities: Vec<(String, String)>,
}

/// The one way in which a task is named.
pub enum TaskName {
    /// By global id.
    Id(String),
    /// By key, in the source of this name.
    Key(String, Option<String>),
    /// By URL, in the source of this name.
    Url(String, Option<String>),
}

/// The arguments of `tasks`.
pub struct TasksArguments {
    /// Which tasks.
    pub filter: Option<TaskFilter>,
    /// In which order.
    pub order: Vec<TaskOrder>,
    /// Words to find.
    pub search: Option<String>,
    /// At which moment.
    pub as_of: Option<Timestamp>,
    /// Which page.
    pub page: PageRequest,
}

/// The arguments of `taskCounts`.
pub struct TaskCountsArguments {
    /// Which tasks.
    pub filter: Option<TaskFilter>,
    /// By which fields, with the word for each.
    pub by: Vec<(String, GroupField)>,
    /// At which moment.
    pub as_of: Option<Timestamp>,
}

/// The arguments of the feed.
pub struct FeedArguments {
    /// Changes of these tasks.
    pub tasks: Option<Vec<TaskId>>,
    /// Changes of these sources.
    pub sources: Option<Vec<SourceId>>,
    /// Changes of these fields.
    pub fields: Option<Vec<String>>,
    /// Changes learned in these ways.
    pub causes: Option<Vec<ChangeCause>>,
    /// Occurred at or after.
    pub occurred_from: Option<Timestamp>,
    /// Occurred before.
    pub occurred_before: Option<Timestamp>,
    /// Which page.
    pub page: PageRequest,
}

/// The arguments of `blockedBy` and `blocks`.
pub struct BlockerArguments {
    /// Open ones only.
    pub open: bool,
    /// All that can be reached.
    pub transitive: bool,
    /// Which page.
    pub page: PageRequest,
}

/// The arguments of `links`.
pub struct LinkArguments {
    /// Of these kinds.
    pub kinds: Option<Vec<LinkKind>>,
    /// Of these origins.
    pub origins: Option<Vec<LinkOrigin>>,
    /// Which page.
    pub page: PageRequest,
}

impl Arguments {
    /// Reads the arguments of a field; the schema has checked their shape.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a value that its type allows but the field does not.
    pub fn read(parent: &str, field: &str, values: &JsonMap) -> Result<Self, Problem> {
        Ok(match (parent, field) {
            ("Query", "node") => Self::Ids(vec![require(values, "id")?]),
            ("Query", "nodes") => {
                let ids: Vec<String> = require(values, "ids")?;
                Self::Ids(limited("ids", Some(ids))?.unwrap_or_default())
            }
            ("Query", "task") => Self::Task(task_name(values)?),
            ("Query" | "Person", "tasks") => Self::Tasks(Box::new(TasksArguments {
                filter: filter_by(values, filter::task)?,
                order: orders(values)?,
                search: short("search", get(values, "search")?)?,
                as_of: get(values, "asOf")?,
                page: page(values)?,
            })),
            ("Query", "taskCounts") => Self::TaskCounts(Box::new(TaskCountsArguments {
                filter: filter_by(values, filter::task)?,
                by: groups(values)?,
                as_of: get(values, "asOf")?,
            })),
            ("Query", "people") => Self::People(filter_by(values, filter::person)?, page(values)?),
            ("Query", "projects") => {
                Self::Projects(filter_by(values, filter::project)?, page(values)?)
            }
            ("Query", "changes") => Self::Feed(Box::new(feed(values)?)),
            ("Task", "changes") => {
                Self::History(limited("fields", get(values, "fields")?)?, page(values)?)
            }
            ("Task", "blockedBy" | "blocks") => Self::Blockers(BlockerArguments {
                open: get(values, "open")?.unwrap_or(true),
                transitive: get(values, "transitive")?.unwrap_or(false),
                page: page(values)?,
            }),
            ("Task", "links") => Self::Links(LinkArguments {
                kinds: get(values, "kinds")?,
                origins: get(values, "origins")?,
                page: page(values)?,
            }),
            ("Query", "links") => Self::AllLinks(filter_by(values, filter::link)?, page(values)?),
            ("Query", "drifts" | "scheduleConflicts") => {
                Self::Matching(filter_by(values, filter::task)?, page(values)?)
            }
            ("Query", "criticalPath") => Self::CriticalPath(target(values)?),
            ("Mutation", "linkTasks") => Self::LinkTasks(new_link(&input(values))?),
            ("Mutation", "unlinkTasks") => Self::UnlinkTasks(require(&input(values), "link")?),
            ("Mutation", "reviewLink") => {
                let input = input(values);
                Self::ReviewLink(require(&input, "link")?, require(&input, "review")?)
            }
            ("Mutation", "shiftSchedule") => {
                let input = input(values);
                Self::ShiftSchedule(require(&input, "task")?, movement(&input)?)
            }
            ("Mutation", "mergePeople") => {
                let people = require(&input(values), "people")?;
                Self::MergePeople(limited("people", Some(people))?.unwrap_or_default())
            }
            ("Mutation", "splitPerson") => Self::SplitPerson(split(&input(values))?),
            ("Task", "fields") => Self::Names(limited("names", get(values, "names")?)?),
            _ => Self::Page(page(values)?),
        })
    }

    /// The page that is asked for; the first default one where the field has no pages.
    pub fn page(&self) -> Option<&PageRequest> {
        match self {
            Self::Page(page) | Self::People(_, page) | Self::Projects(_, page) => Some(page),
            Self::History(_, page) | Self::AllLinks(_, page) | Self::Matching(_, page) => {
                Some(page)
            }
            Self::Tasks(arguments) => Some(&arguments.page),
            Self::Feed(arguments) => Some(&arguments.page),
            Self::Blockers(arguments) => Some(&arguments.page),
            Self::Links(arguments) => Some(&arguments.page),
            Self::None
            | Self::Ids(_)
            | Self::Task(_)
            | Self::TaskCounts(_)
            | Self::Names(_)
            | Self::CriticalPath(_)
            | Self::LinkTasks(_)
            | Self::UnlinkTasks(_)
            | Self::ReviewLink(..)
            | Self::ShiftSchedule(..)
            | Self::MergePeople(_)
            | Self::SplitPerson(_) => None,
        }
    }

    /// Rows that the arguments ask for, where they say.
    pub fn rows(&self) -> Option<u64> {
        match self {
            Self::Ids(ids) => Some(ids.len() as u64),
            _ => self.page().map(|page| page.limit as u64),
        }
    }

    /// What the arguments add to the price of the field: work beyond its rows.
    pub fn extra_cost(&self) -> u64 {
        match self {
            Self::Tasks(arguments) => {
                20 * u64::from(arguments.search.is_some())
                    + PAST_COST * u64::from(arguments.as_of.is_some())
            }
            Self::TaskCounts(arguments) => PAST_COST * u64::from(arguments.as_of.is_some()),
            Self::Blockers(arguments) => 50 * u64::from(arguments.transitive),
            _ => 0,
        }
    }

    /// Whether time alone changes what they find.
    pub fn depend_on_time(&self) -> bool {
        match self {
            Self::Tasks(arguments) => depends_on_time(arguments.filter.as_ref()),
            Self::TaskCounts(arguments) => depends_on_time(arguments.filter.as_ref()),
            Self::Matching(filter, _) => depends_on_time(filter.as_ref()),
            Self::AllLinks(filter, _) => filter.as_ref().is_some_and(LinkFilter::depends_on_time),
            _ => false,
        }
    }

    /// Has the whole list counted, because the answer shows the count.
    pub fn count_total(&mut self) {
        let page = match self {
            Self::Page(page) | Self::People(_, page) | Self::Projects(_, page) => page,
            Self::Tasks(arguments) => &mut arguments.page,
            Self::Blockers(arguments) => &mut arguments.page,
            Self::AllLinks(_, page) => page,
            _ => return,
        };
        page.count_total = true;
    }
}

fn depends_on_time(filter: Option<&TaskFilter>) -> bool {
    filter.is_some_and(TaskFilter::depends_on_time)
}

/// The argument `filter`.
fn filter_by<F>(
    values: &JsonMap,
    read: impl Fn(&JsonValue) -> Result<F, Problem>,
) -> Result<Option<F>, Problem> {
    let given = values.get("filter").filter(|value| !value.is_null());
    given.map(read).transpose().map_err(|problem| problem.with("argument", "filter"))
}

fn limited<T>(name: &str, list: Option<Vec<T>>) -> Result<Option<Vec<T>>, Problem> {
    match list {
        Some(list) if list.len() > MAX_LIST => {
            Err(Problem::bad_input(format!("{name} takes at most {MAX_LIST} values.")))
        }
        list => Ok(list),
    }
}

fn short(name: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.contains('\0') || text.chars().count() > MAX_TEXT => {
            let message = format!("{name} takes at most {MAX_TEXT} characters, none of them NUL.");
            Err(Problem::bad_input(message))
        }
        text => Ok(text),
    }
}

fn task_name(values: &JsonMap) -> Result<TaskName, Problem> {
    let named = |name| short(name, get(values, name)?);
    let source = named("source")?;
    Ok(match (named("id")?, named("key")?, named("url")?) {
        (Some(id), None, None) => TaskName::Id(id),
        (None, Some(key), None) => TaskName::Key(key, source),
        (None, None, Some(url)) => TaskName::Url(url, source),
        _ => return Err(Problem::bad_input("Name the task by exactly one of id, key and url.")),
    })
}

fn page(values: &JsonMap) -> Result<PageRequest, Problem> {
    let (first, last): (Option<i64>, Option<i64>) = (get(values, "first")?, get(values, "last")?);
    let (size, backward) = match (first, last) {
        (Some(_), Some(_)) => return Err(Problem::bad_input("Give first or last, not both.")),
        (None, Some(last)) => (last, true),
        (first, None) => (first.unwrap_or(DEFAULT_PAGE), false),
    };
    if !(1..=MAX_PAGE).contains(&size) {
        let name = if backward { "last" } else { "first" };
        return Err(Problem::bad_input(format!("{name} takes 1 to {MAX_PAGE}, not {size}.")));
    }
    Ok(PageRequest {
        limit: usize::try_from(size).unwrap_or_default(),
        backward,
        after: short("after", get(values, "after")?)?,
        before: short("before", get(values, "before")?)?,
        count_total: false,
    })
}

fn groups(values: &JsonMap) -> Result<Vec<(String, GroupField)>, Problem> {
    let words: Vec<String> = require(values, "by")?;
    if !(1..=2).contains(&words.len()) {
        return Err(Problem::bad_input("by takes one or two fields."));
    }
    let groups = words.into_iter().filter_map(|word| group_field(&word).map(|field| (word, field)));
    Ok(groups.collect())
}

/// The object of this name; an empty one where there is none.
fn object(values: &JsonMap, name: &str) -> JsonMap {
    values.get(name).and_then(JsonValue::as_object).cloned().unwrap_or_default()
}

/// What a mutation takes.
fn input(values: &JsonMap) -> JsonMap {
    object(values, "input")
}

fn split(input: &JsonMap) -> Result<SplitPerson, Problem> {
    let identities: Vec<JsonMap> = require(input, "identities")?;
    let identities = limited("identities", Some(identities))?.unwrap_or_default();
    let named =
        |identity: &JsonMap| Ok((require(identity, "source")?, require(identity, "externalId")?));
    Ok(SplitPerson {
        person: require(input, "person")?,
        identities: identities.iter().map(named).collect::<Result<_, Problem>>()?,
    })
}

fn target(values: &JsonMap) -> Result<Target, Problem> {
    let milestone = values.get("milestone").filter(|given| !given.is_null());
    match (short("to", get(values, "to")?)?, milestone) {
        (Some(to), None) => Ok(Target::Task(to)),
        (None, Some(_)) => {
            let milestone = object(values, "milestone");
            let name = TextPredicate::Is(Comparison::Eq(require(&milestone, "name")?));
            let project: Option<ProjectId> = get(&milestone, "project")?;
            let project = project.map(|id| {
                let filter = Filter::Is(ProjectPredicate::Id(Comparison::Eq(id)));
                Filter::Is(TaskPredicate::Project(filter))
            });
            let named = Filter::Is(TaskPredicate::Milestone(name));
            Ok(Target::Milestone(Filter::all([named].into_iter().chain(project).collect())))
        }
        _ => Err(Problem::bad_input(
            "Name what is to be reached by exactly one of to and milestone.",
        )),
    }
}

fn new_link(input: &JsonMap) -> Result<NewLink, Problem> {
    Ok(NewLink {
        from: require(input, "from")?,
        to: require(input, "to")?,
        kind: require(input, "kind")?,
        note: short("note", get(input, "note")?)?,
    })
}

fn movement(input: &JsonMap) -> Result<Move, Problem> {
    if get(input, "dryRun")? == Some(false) {
        return Err(Problem::bad_input(
            "Dates are not written to the tools yet; leave dryRun true to see what would move.",
        ));
    }
    match (get(input, "startOn")?, get(input, "dueOn")?, get(input, "workingDays")?) {
        (Some(date), None, None) => Ok(Move::Start(date)),
        (None, Some(date), None) => Ok(Move::Due(date)),
        (None, None, Some(days)) if (-MAX_SHIFT..=MAX_SHIFT).contains(&days) => {
            Ok(Move::WorkingDays(days))
        }
        (None, None, Some(days)) => Err(Problem::bad_input(format!(
            "workingDays takes -{MAX_SHIFT} to {MAX_SHIFT}, not {days}."
        ))),
        _ => Err(Problem::bad_input(
            "Say how the task moves by exactly one of startOn, dueOn and workingDays.",
        )),
    }
}

fn feed(values: &JsonMap) -> Result<FeedArguments, Problem> {
    let filter = object(values, "filter");
    let occurred_at = object(&filter, "occurredAt");
    Ok(FeedArguments {
        tasks: limited("tasks", get(&filter, "tasks")?)?,
        sources: limited("sources", get(&filter, "sources")?)?,
        fields: limited("fields", get(&filter, "fields")?)?,
        causes: get(&filter, "causes")?,
        occurred_from: get(&occurred_at, "gte")?,
        occurred_before: get(&occurred_at, "lt")?,
        page: page(values)?,
    })
}
