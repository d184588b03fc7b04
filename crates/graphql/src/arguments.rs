//! The arguments of every field that takes some, read once before anything runs.

use apollo_compiler::response::{JsonMap, JsonValue};
use mainstem_model::{ChangeCause, LinkKind, LinkOrigin, SourceId, TaskId, Timestamp};
use mainstem_read_model::{
    GroupField, PageRequest, PersonFilter, ProjectFilter, TaskFilter, TaskOrder,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Problem;
use crate::input::{
    PersonFilterInput, ProjectFilterInput, TaskFilterInput, TaskOrderInput, group_field,
};

/// Rows of a page where neither `first` nor `last` is given.
const DEFAULT_PAGE: i64 = 50;
/// The most rows of a page.
const MAX_PAGE: i64 = 100;
/// The most ids, names or words in one list.
const MAX_LIST: usize = 100;
/// Characters of a cursor, a search or a key.
const MAX_TEXT: usize = 1_000;

/// The arguments of one field.
pub enum Arguments {
    /// It takes none.
    None,
    /// A plain list: `children`, `sources`, `comments`, `projects` of a source.
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
    /// `fields` of a task.
    Names(Option<Vec<String>>),
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
    pub fn read(parent: &str, field: &str, values: JsonMap) -> Result<Self, Problem> {
        Ok(match (parent, field) {
            ("Query", "node") => Self::Ids(vec![parse::<Node>(values)?.id]),
            ("Query", "nodes") => Self::Ids(limited("ids", parse::<Nodes>(values)?.ids)?),
            ("Query", "task") => Self::Task(parse::<Task>(values)?.name()?),
            ("Query", "tasks") | ("Person", "tasks") => {
                Self::Tasks(Box::new(parse::<Tasks>(values)?.read()?))
            }
            ("Query", "taskCounts") => {
                Self::TaskCounts(Box::new(parse::<TaskCounts>(values)?.read()?))
            }
            ("Query", "people") => {
                let given = parse::<Filtered<PersonFilterInput>>(values)?;
                Self::People(given.filter.map(PersonFilterInput::read), given.page.read()?)
            }
            ("Query", "projects") => {
                let given = parse::<Filtered<ProjectFilterInput>>(values)?;
                Self::Projects(given.filter.map(ProjectFilterInput::read), given.page.read()?)
            }
            ("Query", "changes") => Self::Feed(Box::new(parse::<Feed>(values)?.read()?)),
            ("Task", "changes") => {
                let given = parse::<History>(values)?;
                Self::History(limited_option("fields", given.fields)?, given.page.read()?)
            }
            ("Task", "blockedBy" | "blocks") => {
                let given = parse::<Blockers>(values)?;
                Self::Blockers(BlockerArguments {
                    open: given.open.unwrap_or(true),
                    transitive: given.transitive.unwrap_or(false),
                    page: given.page.read()?,
                })
            }
            ("Task", "links") => {
                let given = parse::<Links>(values)?;
                Self::Links(LinkArguments {
                    kinds: given.kinds,
                    origins: given.origins,
                    page: given.page.read()?,
                })
            }
            ("Task", "fields") => {
                Self::Names(limited_option("names", parse::<Names>(values)?.names)?)
            }
            _ => Self::Page(parse::<PageInput>(values)?.read()?),
        })
    }

    /// The page that is asked for; the first default one where the field has no pages.
    pub fn page(&self) -> Option<&PageRequest> {
        match self {
            Self::Page(page) | Self::People(_, page) | Self::Projects(_, page) => Some(page),
            Self::History(_, page) => Some(page),
            Self::Tasks(arguments) => Some(&arguments.page),
            Self::Feed(arguments) => Some(&arguments.page),
            Self::Blockers(arguments) => Some(&arguments.page),
            Self::Links(arguments) => Some(&arguments.page),
            Self::None | Self::Ids(_) | Self::Task(_) | Self::TaskCounts(_) | Self::Names(_) => {
                None
            }
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
                    + 100 * u64::from(arguments.as_of.is_some())
            }
            Self::TaskCounts(arguments) => 100 * u64::from(arguments.as_of.is_some()),
            Self::Blockers(arguments) => 50 * u64::from(arguments.transitive),
            _ => 0,
        }
    }

    /// Has the whole list counted, because the answer shows the count.
    pub fn count_total(&mut self) {
        let page = match self {
            Self::Page(page) | Self::People(_, page) | Self::Projects(_, page) => page,
            Self::Tasks(arguments) => &mut arguments.page,
            Self::Blockers(arguments) => &mut arguments.page,
            _ => return,
        };
        page.count_total = true;
    }
}

/// Reads arguments into their type.
fn parse<T: DeserializeOwned>(values: JsonMap) -> Result<T, Problem> {
    serde_json_bytes::from_value(JsonValue::Object(values))
        .map_err(|error| Problem::bad_input(format!("An argument cannot be used: {error}")))
}

fn limited<T>(name: &str, list: Vec<T>) -> Result<Vec<T>, Problem> {
    if list.len() > MAX_LIST {
        return Err(Problem::bad_input(format!("{name} takes at most {MAX_LIST} values.")));
    }
    Ok(list)
}

fn limited_option<T>(name: &str, list: Option<Vec<T>>) -> Result<Option<Vec<T>>, Problem> {
    list.map(|list| limited(name, list)).transpose()
}

fn short(name: &str, text: String) -> Result<String, Problem> {
    if text.chars().count() > MAX_TEXT || text.contains('\0') {
        return Err(Problem::bad_input(format!(
            "{name} takes at most {MAX_TEXT} characters, none of them NUL."
        )));
    }
    Ok(text)
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

#[derive(Deserialize)]
struct Nodes {
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct Names {
    names: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Task {
    id: Option<String>,
    key: Option<String>,
    url: Option<String>,
    source: Option<String>,
}

impl Task {
    fn name(self) -> Result<TaskName, Problem> {
        Ok(match (self.id, self.key, self.url) {
            (Some(id), None, None) => TaskName::Id(id),
            (None, Some(key), None) => TaskName::Key(short("key", key)?, self.source),
            (None, None, Some(url)) => TaskName::Url(short("url", url)?, self.source),
            _ => {
                return Err(Problem::bad_input("Name the task by exactly one of id, key and url."));
            }
        })
    }
}

/// A page as it is asked for.
#[derive(Deserialize)]
struct PageInput {
    first: Option<i64>,
    after: Option<String>,
    last: Option<i64>,
    before: Option<String>,
}

impl PageInput {
    fn read(self) -> Result<PageRequest, Problem> {
        let (size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Problem::bad_input("Give first or last, not both."));
            }
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
            after: self.after.map(|after| short("after", after)).transpose()?,
            before: self.before.map(|before| short("before", before)).transpose()?,
            count_total: false,
        })
    }
}

#[derive(Deserialize)]
struct Filtered<F> {
    filter: Option<F>,
    #[serde(flatten)]
    page: PageInput,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tasks {
    filter: Option<TaskFilterInput>,
    order_by: Option<Vec<TaskOrderInput>>,
    search: Option<String>,
    as_of: Option<Timestamp>,
    #[serde(flatten)]
    page: PageInput,
}

impl Tasks {
    fn read(self) -> Result<TasksArguments, Problem> {
        let order = self.order_by.unwrap_or_default();
        Ok(TasksArguments {
            filter: self.filter.map(TaskFilterInput::read),
            order: order.into_iter().map(TaskOrderInput::read).collect(),
            search: self.search.map(|search| short("search", search)).transpose()?,
            as_of: self.as_of,
            page: self.page.read()?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskCounts {
    filter: Option<TaskFilterInput>,
    by: Vec<String>,
    as_of: Option<Timestamp>,
}

impl TaskCounts {
    fn read(self) -> Result<TaskCountsArguments, Problem> {
        if !(1..=2).contains(&self.by.len()) {
            return Err(Problem::bad_input("by takes one or two fields."));
        }
        let by =
            self.by.into_iter().filter_map(|word| group_field(&word).map(|field| (word, field)));
        Ok(TaskCountsArguments {
            filter: self.filter.map(TaskFilterInput::read),
            by: by.collect(),
            as_of: self.as_of,
        })
    }
}

#[derive(Deserialize)]
struct Feed {
    filter: Option<ChangeFilterInput>,
    #[serde(flatten)]
    page: PageInput,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeFilterInput {
    tasks: Option<Vec<TaskId>>,
    sources: Option<Vec<SourceId>>,
    fields: Option<Vec<String>>,
    causes: Option<Vec<ChangeCause>>,
    occurred_at: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    gte: Option<Timestamp>,
    lt: Option<Timestamp>,
}

impl Feed {
    fn read(self) -> Result<FeedArguments, Problem> {
        let filter = self.filter.unwrap_or_default();
        let occurred_at = filter.occurred_at.unwrap_or(Range { gte: None, lt: None });
        Ok(FeedArguments {
            tasks: limited_option("tasks", filter.tasks)?,
            sources: limited_option("sources", filter.sources)?,
            fields: limited_option("fields", filter.fields)?,
            causes: filter.causes,
            occurred_from: occurred_at.gte,
            occurred_before: occurred_at.lt,
            page: self.page.read()?,
        })
    }
}

#[derive(Deserialize)]
struct History {
    fields: Option<Vec<String>>,
    #[serde(flatten)]
    page: PageInput,
}

#[derive(Deserialize)]
struct Blockers {
    open: Option<bool>,
    transitive: Option<bool>,
    #[serde(flatten)]
    page: PageInput,
}

#[derive(Deserialize)]
struct Links {
    kinds: Option<Vec<LinkKind>>,
    origins: Option<Vec<LinkOrigin>>,
    #[serde(flatten)]
    page: PageInput,
}
