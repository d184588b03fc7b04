//! Finding what a query asks for. Dates are read in the account's own time zone.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use mainstem_model::Timestamp;

use crate::jira::catalogue::{Category, IssueType, Status};
use crate::jira::jql::{
    Operand, Operator, OrderBy, SortField, SortValue, Term, Tree, compare, parse,
};
use crate::jira::world::{IssueKey, ProjectKey, Row, UserKey, VIEWER, World};
use crate::keys::DatabaseId;

/// A query that is understood.
#[derive(Debug)]
pub(crate) struct Compiled {
    test: Option<Test>,
    pub order: OrderBy,
    /// Whether the present time decides what is found.
    pub depends_on_now: bool,
    /// What a lenient search warns of instead of refusing.
    pub warnings: Vec<String>,
}

#[derive(Debug)]
enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Project(Vec<ProjectKey>),
    Issue(Vec<IssueKey>),
    Id(Operator, u64),
    Created(Operator, i64),
    Updated(Operator, i64),
    Status(Vec<Status>),
    IssueType(Vec<IssueType>),
    Assignee(Vec<Option<UserKey>>),
    Label(Vec<String>),
    NoLabels,
}

/// Understands a query. Who is not signed in sees no project.
///
/// # Errors
/// All that Jira has to say against it.
pub(crate) fn compile(
    world: &World,
    query: &str,
    zone: &TimeZone,
    signed_in: bool,
) -> Result<Compiled, Vec<String>> {
    let (tree, mut order) = parse(query).map_err(|reason| vec![reason])?;
    if order.is_empty() {
        order.push((SortField::Key, true));
    }
    let mut compiler = Compiler {
        world,
        zone,
        signed_in,
        now: world.now(),
        depends_on_now: false,
        wrong: Vec::new(),
        unknown: Vec::new(),
    };
    let test = tree.map(|tree| compiler.tree(&tree));
    if !compiler.wrong.is_empty() {
        return Err(compiler.wrong);
    }
    let Compiler { depends_on_now, unknown, .. } = compiler;
    Ok(Compiled { test, order, depends_on_now, warnings: unknown })
}

impl Compiled {
    /// Whether there is any condition.
    pub const fn is_bounded(&self) -> bool {
        self.test.is_some()
    }

    /// Whether it finds this issue as it is, whatever the index knows.
    pub fn finds(&self, world: &World, key: IssueKey) -> bool {
        self.test.as_ref().is_none_or(|test| test.fits(key, &world.row(key)))
    }

    /// What it finds, in order. What stands in `fresh` is looked at as it is, everything else as the
    /// index knows it.
    pub fn run(&self, world: &World, fresh: &[IssueKey]) -> Vec<IssueKey> {
        let mut found: Vec<(Vec<SortValue>, IssueKey)> = (0..world.issues.len() as u32)
            .map(IssueKey)
            .filter(|&key| world.is_searched(key))
            .filter_map(|key| {
                let row = known(world, key, fresh)?;
                let fits = self.test.as_ref().is_none_or(|test| test.fits(key, &row));
                fits.then(|| (sort_values(world, &self.order, key, &row), key))
            })
            .collect();
        found.sort_by(|(one, _), (other, _)| compare(&self.order, one, other));
        found.into_iter().map(|(_, key)| key).collect()
    }

    /// The values by which an issue takes its place, the last of them unique.
    pub fn place(&self, world: &World, key: IssueKey, fresh: &[IssueKey]) -> Vec<SortValue> {
        let row = known(world, key, fresh).unwrap_or_else(|| world.row(key));
        sort_values(world, &self.order, key, &row)
    }
}

fn known<'w>(world: &'w World, key: IssueKey, fresh: &[IssueKey]) -> Option<Row<'w>> {
    if fresh.contains(&key) { Some(world.row(key)) } else { world.indexed(key) }
}

fn sort_values(world: &World, order: &OrderBy, key: IssueKey, row: &Row<'_>) -> Vec<SortValue> {
    let by_key = || SortValue::Key(world[row.name.project].key.clone(), row.name.number);
    let mut values: Vec<SortValue> = order
        .iter()
        .map(|(field, _)| match field {
            SortField::Created => SortValue::Number(row.created_at.0 / 1_000),
            SortField::Updated => SortValue::Number(row.updated_at.0 / 1_000),
            SortField::Id => SortValue::Number(key.database_id() as i64),
            SortField::Key => by_key(),
        })
        .collect();
    // What is equal so far is put in the order of keys.
    if !order.iter().any(|(field, _)| matches!(field, SortField::Key | SortField::Id)) {
        values.push(by_key());
    }
    values
}

impl Test {
    fn fits(&self, key: IssueKey, row: &Row<'_>) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.fits(key, row)),
            Self::Any(tests) => tests.iter().any(|test| test.fits(key, row)),
            Self::Not(test) => !test.fits(key, row),
            Self::Project(projects) => projects.contains(&row.name.project),
            Self::Issue(issues) => issues.contains(&key),
            Self::Id(operator, id) => {
                holds(*operator, key.database_id() as i64, i64::try_from(*id).unwrap_or(i64::MAX))
            }
            Self::Created(operator, second) => holds(*operator, row.created_at.seconds(), *second),
            Self::Updated(operator, second) => holds(*operator, row.updated_at.seconds(), *second),
            Self::Status(statuses) => statuses.contains(&row.status),
            Self::IssueType(types) => types.contains(&row.issue_type),
            Self::Assignee(users) => users.contains(&row.assignee),
            Self::Label(labels) => {
                row.labels.iter().any(|label| labels.iter().any(|wanted| **wanted == **label))
            }
            Self::NoLabels => row.labels.is_empty(),
        }
    }
}

const fn holds(operator: Operator, value: i64, bound: i64) -> bool {
    match operator {
        Operator::Less => value < bound,
        Operator::LessOrEquals => value <= bound,
        Operator::Greater => value > bound,
        Operator::GreaterOrEquals => value >= bound,
        Operator::NotEquals => value != bound,
        _ => value == bound,
    }
}

struct Compiler<'w> {
    world: &'w World,
    zone: &'w TimeZone,
    /// Who is not sees no project and no issue.
    signed_in: bool,
    now: Timestamp,
    depends_on_now: bool,
    wrong: Vec<String>,
    /// Values that do not exist: an error unless the search is lenient.
    unknown: Vec<String>,
}

impl Compiler<'_> {
    fn tree(&mut self, tree: &Tree) -> Test {
        match tree {
            Tree::And(trees) => Test::All(trees.iter().map(|tree| self.tree(tree)).collect()),
            Tree::Or(trees) => Test::Any(trees.iter().map(|tree| self.tree(tree)).collect()),
            Tree::Not(tree) => Test::Not(Box::new(self.tree(tree))),
            Tree::Term(term) => self.term(term),
        }
    }

    fn term(&mut self, term: &Term) -> Test {
        let field = term.field.to_ascii_lowercase();
        match field.as_str() {
            "updated" | "updateddate" | "created" | "createddate" => self.date(term),
            "id" if is_comparison(term.operator) => self.id(term),
            _ => {
                let Some(negated) = self.membership(term) else { return Test::Any(Vec::new()) };
                let test = match field.as_str() {
                    "project" => Test::Project(self.values(term, Self::project)),
                    "issue" | "key" | "issuekey" | "id" => {
                        Test::Issue(self.values(term, Self::issue))
                    }
                    "status" => Test::Status(self.values(term, |compiler, value| {
                        let status = Status::named(value).or_else(|| Status::of_id(value));
                        compiler.known(status, value, "status").into_iter().collect()
                    })),
                    "statuscategory" => Test::Status(self.values(term, Self::category)),
                    "issuetype" | "type" => {
                        Test::IssueType(self.values(term, |compiler, value| {
                            let kind = IssueType::named(value).or_else(|| IssueType::of_id(value));
                            compiler.known(kind, value, "issuetype").into_iter().collect()
                        }))
                    }
                    "assignee" => Test::Assignee(self.assignees(term)),
                    // No issue that the account sees has a security level.
                    "level" if term.operands == [Operand::Empty] => Test::All(Vec::new()),
                    "labels" if term.operands.contains(&Operand::Empty) => Test::NoLabels,
                    "labels" => Test::Label(self.values(term, |_, value| vec![value.to_owned()])),
                    _ => {
                        self.wrong.push(format!(
                            "Field '{}' does not exist or you do not have permission to view it.",
                            term.field
                        ));
                        Test::Any(Vec::new())
                    }
                };
                if negated { Test::Not(Box::new(test)) } else { test }
            }
        }
    }

    /// Whether the condition is about what the field is not; `None` where the operator compares.
    fn membership(&mut self, term: &Term) -> Option<bool> {
        match term.operator {
            Operator::Equals | Operator::In | Operator::Is => Some(false),
            Operator::NotEquals | Operator::NotIn | Operator::IsNot => Some(true),
            operator => {
                let sign = match operator {
                    Operator::Less => "<",
                    Operator::LessOrEquals => "<=",
                    Operator::Greater => ">",
                    _ => ">=",
                };
                self.wrong.push(format!(
                    "The operator '{sign}' is not supported by the '{}' field.",
                    term.field
                ));
                None
            }
        }
    }

    fn values<T>(&mut self, term: &Term, read: impl Fn(&mut Self, &str) -> Vec<T>) -> Vec<T> {
        let mut values = Vec::new();
        for operand in &term.operands {
            match operand {
                Operand::Text(value, _) => values.extend(read(self, value)),
                Operand::Function(name) => {
                    self.wrong.push(format!("Unable to find JQL function '{name}()'."))
                }
                Operand::Empty => self.wrong.push(format!(
                    "The field '{}' does not support searching for EMPTY values.",
                    term.field
                )),
            }
        }
        values
    }

    fn known<T>(&mut self, found: Option<T>, value: &str, field: &str) -> Option<T> {
        if found.is_none() {
            self.unknown
                .push(format!("The value '{value}' does not exist for the field '{field}'."));
        }
        found
    }

    /// A project that the account does not see does not exist for it.
    fn project(&mut self, value: &str) -> Vec<ProjectKey> {
        use crate::jira::world::ProjectStatus::Deleted;
        let world = self.world;
        let found = world.project(value).or_else(|| {
            world.project_keys().find(|&key| world[key].name.eq_ignore_ascii_case(value))
        });
        let found = found
            .filter(|&key| self.signed_in && !world[key].hidden && world[key].status != Deleted);
        self.known(found, value, "project").into_iter().collect()
    }

    fn issue(&mut self, value: &str) -> Vec<IssueKey> {
        match self.world.find(value) {
            Ok(key) if self.signed_in => vec![key],
            _ => {
                self.unknown.push(if value.bytes().all(|byte| byte.is_ascii_digit()) {
                    format!("A value with ID '{value}' does not exist for the field 'id'.")
                } else {
                    format!("An issue with key '{value}' does not exist for field 'key'.")
                });
                Vec::new()
            }
        }
    }

    fn category(&mut self, value: &str) -> Vec<Status> {
        let found = Category::ALL.into_iter().find(|category| {
            [category.key(), category.name()].iter().any(|name| name.eq_ignore_ascii_case(value))
                || category.id().to_string() == value
        });
        match self.known(found, value, "statusCategory") {
            Some(category) => {
                Status::all().filter(|status| status.category() == category).collect()
            }
            None => Vec::new(),
        }
    }

    fn assignees(&mut self, term: &Term) -> Vec<Option<UserKey>> {
        let mut users = Vec::new();
        for operand in &term.operands {
            match operand {
                Operand::Empty => users.push(None),
                Operand::Function(name) if name.eq_ignore_ascii_case("currentUser") => {
                    users.push(Some(VIEWER));
                }
                Operand::Function(name) => {
                    self.wrong.push(format!("Unable to find JQL function '{name}()'."));
                }
                Operand::Text(name, _) => {
                    let user = self.world.user(name);
                    users.extend(self.known(user, name, "assignee").map(Some));
                }
            }
        }
        users
    }

    fn id(&mut self, term: &Term) -> Test {
        match term.operands.first() {
            Some(Operand::Text(value, _)) if value.parse::<u64>().is_ok() => {
                Test::Id(term.operator, value.parse().unwrap_or_default())
            }
            other => {
                self.wrong.push(format!(
                    "The value '{}' does not exist for the field 'id'.",
                    other.map_or("", operand_text)
                ));
                Test::Any(Vec::new())
            }
        }
    }

    /// The index keeps times by the second; a date in a query names a minute at best.
    fn date(&mut self, term: &Term) -> Test {
        let bound = match term.operands.as_slice() {
            [Operand::Text(value, quoted)] => self.moment(value, *quoted),
            [Operand::Function(name)] if name.eq_ignore_ascii_case("now") => {
                self.depends_on_now = true;
                Some(self.now.seconds())
            }
            _ => None,
        };
        let comparable = !matches!(
            term.operator,
            Operator::In | Operator::NotIn | Operator::Is | Operator::IsNot
        );
        match bound.filter(|_| comparable) {
            Some(second) if term.field.to_ascii_lowercase().starts_with("created") => {
                Test::Created(term.operator, second)
            }
            Some(second) => Test::Updated(term.operator, second),
            None => {
                let value = term.operands.first().map_or("", operand_text);
                self.wrong.push(format!(
                    "Date value '{value}' for field '{}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
                    term.field
                ));
                Test::Any(Vec::new())
            }
        }
    }

    fn moment(&mut self, value: &str, quoted: bool) -> Option<i64> {
        if !quoted && value.len() > 8 && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return value.parse::<i64>().ok().map(|milliseconds| milliseconds.div_euclid(1_000));
        }
        if let Some(seconds) = period(value) {
            self.depends_on_now = true;
            return Some(self.now.seconds().saturating_add(seconds));
        }
        let local = civil(value)?;
        let instant = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        Some(instant.as_second())
    }
}

const fn is_comparison(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Less | Operator::LessOrEquals | Operator::Greater | Operator::GreaterOrEquals
    )
}

fn operand_text(operand: &Operand) -> &str {
    match operand {
        Operand::Text(text, _) | Operand::Function(text) => text,
        Operand::Empty => "EMPTY",
    }
}

/// `yyyy-MM-dd HH:mm` and its kin. A zone, or seconds, make it something else.
fn civil(value: &str) -> Option<DateTime> {
    let (date, time) = value.split_once(' ').unwrap_or((value, "0:00"));
    let separator = if date.contains('/') { '/' } else { '-' };
    let mut parts = date.split(separator);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (hour, minute) = time.split_once(':')?;
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    DateTime::new(
        year.parse().ok()?,
        month.parse().ok()?,
        day.parse().ok()?,
        hour.parse().ok()?,
        minute.parse().ok()?,
        0,
        0,
    )
    .ok()
}

/// Such as `-5m`, `-1d` or `4w 2d`, in seconds.
fn period(value: &str) -> Option<i64> {
    let (sign, value) = match value.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    let mut seconds = 0_i64;
    for part in value.split_whitespace() {
        let unit = match part.chars().next_back()? {
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        let number: i64 = part[..part.len() - 1].parse().ok()?;
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
    }
    (!value.is_empty()).then_some(sign * seconds)
}
