//! A plan: what an operation asks for, with fragments written out, fields of one response key merged,
//! arguments read and the price known, before anything runs.

use std::collections::HashSet;

use apollo_compiler::executable::{self, DirectiveList, Operation, SelectionSet};
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use apollo_compiler::{ExecutableDocument, Name, Schema};
use indexmap::IndexMap;

use crate::arguments::Arguments;
use crate::coercion;
use crate::error::{Code, Problem};

/// The highest price of a query; see the directive `@cost` in the schema.
pub const MAX_COST: u64 = 10_000;
/// Objects that an answer about the schema itself may be reckoned to hold.
const MAX_INTROSPECTION: u64 = 100_000;
/// Fields inside each other.
const MAX_DEPTH: usize = 16;

/// What an operation asks for.
pub struct Plan {
    /// The root fields.
    pub root: Selection,
    /// What it costs, at most [`MAX_COST`].
    pub cost: u64,
    /// Whether the answer changes with time alone.
    pub shows_time: bool,
    /// Whether the answer shows how sources are doing or how fresh tasks are.
    pub shows_sources: bool,
}

/// What is asked of an object of one type.
#[derive(Default)]
pub struct Selection {
    /// The object's type.
    pub type_name: String,
    /// Its fields, in the order of the answer.
    pub fields: Vec<Field>,
}

/// One field of an answer.
pub struct Field {
    /// The field's name in the schema.
    pub name: Name,
    /// The key in the answer.
    pub response_key: Name,
    /// `"key":` as it stands in the answer.
    pub prefix: String,
    /// Whether an error inside may end here as null.
    pub nullable: bool,
    /// Its arguments.
    pub arguments: Arguments,
    /// What is asked of the object, for each type that it may have.
    pub selections: Vec<Selection>,
}

impl Field {
    /// What is asked of an object of this type.
    pub fn selection(&self, type_name: &str) -> Option<&Selection> {
        match self.selections.as_slice() {
            [only] => Some(only),
            several => several.iter().find(|selection| selection.type_name == type_name),
        }
    }

    /// Whether a field of this name is asked of the object, whatever its type.
    pub fn asks_for(&self, name: &str) -> bool {
        self.selections
            .iter()
            .flat_map(|selection| &selection.fields)
            .any(|field| field.name == name)
    }
}

impl Plan {
    /// Plans an operation whose variables are coerced already.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an argument that cannot be used, `QUERY_TOO_COSTLY` for too much.
    pub fn new(
        schema: &Schema,
        document: &ExecutableDocument,
        operation: &Operation,
        variables: &JsonMap,
    ) -> Result<Self, Problem> {
        let mut planner = Planner {
            schema,
            document,
            variables,
            shows_time: false,
            shows_sources: false,
            introspection: 0,
        };
        let sets = [&operation.selection_set];
        let (root, cost) = planner.selection(operation.object_type(), &sets, 0)?;
        let cost = cost.max(1);
        if cost > MAX_COST {
            return Err(Problem::new(
                Code::QueryTooCostly,
                format!("The query costs {cost}; the limit is {MAX_COST}. Ask for smaller pages or less of each row."),
            )
            .with("cost", cost)
            .with("limit", MAX_COST));
        }
        if planner.introspection > MAX_INTROSPECTION {
            return Err(Problem::new(
                Code::QueryTooCostly,
                "The query asks too much about the schema.",
            ));
        }
        Ok(Self {
            root,
            cost,
            shows_time: planner.shows_time,
            shows_sources: planner.shows_sources,
        })
    }
}

struct Planner<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    variables: &'d JsonMap,
    shows_time: bool,
    shows_sources: bool,
    introspection: u64,
}

/// Fields of one object by response key, in the order in which they are first named.
type Collected<'d> = IndexMap<Name, Vec<&'d executable::Field>>;

impl<'d> Planner<'d> {
    /// What these selection sets together ask of an object of one type, and its price.
    fn selection(
        &mut self,
        type_name: &Name,
        sets: &[&'d SelectionSet],
        depth: usize,
    ) -> Result<(Selection, u64), Problem> {
        if depth == MAX_DEPTH {
            return Err(Problem::new(
                Code::QueryTooCostly,
                format!("The query nests fields more than {MAX_DEPTH} deep."),
            ));
        }
        let mut collected = Collected::new();
        let mut spread = HashSet::new();
        for set in sets {
            self.collect(type_name, set, &mut collected, &mut spread)?;
        }
        let mut selection = Selection {
            type_name: type_name.to_string(),
            fields: Vec::with_capacity(collected.len()),
        };
        let mut total = 0_u64;
        for (response_key, fields) in collected {
            let (field, cost) = self
                .field(type_name, &response_key, &fields, depth)
                .map_err(|problem| problem.at(response_key.as_str()))?;
            total = total.saturating_add(cost);
            selection.fields.push(field);
        }
        Ok((selection, total))
    }

    fn field(
        &mut self,
        parent: &Name,
        response_key: &Name,
        fields: &[&'d executable::Field],
        depth: usize,
    ) -> Result<(Field, u64), Problem> {
        let first = fields[0];
        let name = first.name.clone();
        let mut field = Field {
            prefix: format!("\"{response_key}\":"),
            response_key: response_key.clone(),
            nullable: !first.definition.ty.is_non_null(),
            arguments: Arguments::None,
            selections: Vec::new(),
            name,
        };
        if field.name.starts_with("__") {
            let sets: Vec<&SelectionSet> =
                fields.iter().map(|field| &field.selection_set).collect();
            let objects = self.introspected(&sets, 1);
            self.introspection = self.introspection.saturating_add(objects);
            return Ok((field, 0));
        }
        self.shows_time |= matches!(field.name.as_str(), "lag" | "stale" | "overdue");
        if !first.definition.arguments.is_empty() {
            let values = coercion::arguments(self.schema, first, self.variables)?;
            field.arguments = Arguments::read(parent, &field.name, &values)?;
        }

        let inner = first.definition.ty.inner_named_type();
        self.shows_sources |= matches!(inner.as_str(), "Source" | "Freshness" | "Node");
        let is_node = self.is_node(inner);
        let types: Vec<Name> = match self.schema.types.get(inner) {
            Some(ExtendedType::Object(_)) => vec![inner.clone()],
            Some(ExtendedType::Interface(_)) => self.implementers(inner),
            _ => Vec::new(),
        };
        let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        // An object is of one type, so the dearest of them is what it costs.
        let mut each = 0;
        for type_name in types {
            let (selection, cost) = self.selection(&type_name, &sets, depth + 1)?;
            each = each.max(cost);
            field.selections.push(selection);
        }
        if first.definition.argument_by_name("first").is_some() && field.asks_for("totalCount") {
            field.arguments.count_total();
        }
        let price = Price::of(&first.definition);
        let rows = field.arguments.rows().unwrap_or(price.rows);
        let cost = price
            .weight
            .saturating_add(field.arguments.extra_cost())
            .saturating_add(rows.saturating_mul(each.saturating_add(u64::from(is_node))));
        Ok((field, cost))
    }

    /// Collects the fields that apply to an object of one type, fragments written out.
    fn collect(
        &self,
        type_name: &Name,
        set: &'d SelectionSet,
        collected: &mut Collected<'d>,
        spread: &mut HashSet<&'d Name>,
    ) -> Result<(), Problem> {
        for selection in &set.selections {
            if !self.is_included(selection.directives()) {
                continue;
            }
            match selection {
                executable::Selection::Field(field) => {
                    collected.entry(field.response_key().clone()).or_default().push(field);
                }
                executable::Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|on| self.applies(on, type_name))
                    {
                        self.collect(type_name, &fragment.selection_set, collected, spread)?;
                    }
                }
                executable::Selection::FragmentSpread(named) => {
                    let Some(fragment) = self.document.fragments.get(&named.fragment_name) else {
                        continue;
                    };
                    if spread.insert(&fragment.name)
                        && self.applies(fragment.type_condition(), type_name)
                    {
                        self.collect(type_name, &fragment.selection_set, collected, spread)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn is_included(&self, directives: &DirectiveList) -> bool {
        let condition = |name: &str| {
            let value = directives.get(name)?.specified_argument_by_name("if")?;
            match value.as_variable() {
                Some(variable) => self.variables.get(variable.as_str())?.as_bool(),
                None => value.to_bool(),
            }
        };
        condition("skip") != Some(true) && condition("include") != Some(false)
    }

    fn applies(&self, condition: &Name, type_name: &Name) -> bool {
        condition == type_name || self.schema.is_subtype(condition, type_name)
    }

    fn is_node(&self, type_name: &Name) -> bool {
        type_name == "Node" || self.schema.is_subtype("Node", type_name)
    }

    fn implementers(&self, interface: &Name) -> Vec<Name> {
        let types = self.schema.types.iter();
        types
            .filter(|(name, ty)| ty.is_object() && self.schema.is_subtype(interface, name))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Objects that an answer about the schema is reckoned to hold.
    fn introspected(&self, sets: &[&'d SelectionSet], depth: usize) -> u64 {
        if depth > 2 * MAX_DEPTH {
            return u64::MAX;
        }
        let leaf = sets.iter().all(|set| set.is_empty());
        let mut objects = u64::from(!leaf);
        for selection in sets.iter().flat_map(|set| &set.selections) {
            let inner = match selection {
                executable::Selection::Field(field) => {
                    let rows = match field.name.as_str() {
                        "types" => 80,
                        "fields" | "inputFields" => 12,
                        "enumValues" | "possibleTypes" | "directives" => 8,
                        "args" => 3,
                        _ => 1,
                    };
                    self.introspected(&[&field.selection_set], depth + 1).saturating_mul(rows)
                }
                executable::Selection::InlineFragment(fragment) => {
                    self.introspected(&[&fragment.selection_set], depth + 1)
                }
                executable::Selection::FragmentSpread(named) => {
                    let fragment = self.document.fragments.get(&named.fragment_name);
                    fragment.map_or(0, |fragment| {
                        self.introspected(&[&fragment.selection_set], depth + 1)
                    })
                }
            };
            objects = objects.saturating_add(inner);
        }
        objects
    }
}

/// What the schema says that a field costs.
struct Price {
    weight: u64,
    rows: u64,
}

impl Price {
    fn of(definition: &FieldDefinition) -> Self {
        let given = |name: &str| {
            let directive = definition.directives.get("cost")?;
            let value = directive.specified_argument_by_name(name)?.to_i32()?;
            u64::try_from(value).ok()
        };
        Self { weight: given("weight").unwrap_or(0), rows: given("rows").unwrap_or(1) }
    }
}
