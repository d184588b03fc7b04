//! A plan: what an operation asks for, with fragments written out, fields of one response key merged,
//! arguments read and the price known, before anything runs.

use std::collections::HashSet;

use async_graphql::parser::types::{
    self as ast, Directive, ExecutableDocument, OperationDefinition, SelectionSet, TypeCondition,
};
use async_graphql::{Name, Positioned};
use indexmap::IndexMap;

use crate::arguments::Arguments;
use crate::coercion::{self, Variables};
use crate::error::{Code, Problem};
use crate::types::{NamedType, Types, root_type};

/// The highest price of a query; see the directive `@cost` in the schema.
pub const MAX_COST: u64 = 10_000;
/// Objects that an answer about the schema itself may be reckoned to hold.
const MAX_INTROSPECTION: u64 = 100_000;
/// Lists of the schema's answers inside each other that lead from types to types.
const MAX_LISTS: usize = 3;
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
    /// Whether the answer shows what no read model follows, so that it cannot be kept.
    pub shows_audit: bool,
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
        types: &Types,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Result<Self, Problem> {
        let mut planner = Planner {
            types,
            document,
            variables,
            shows_time: false,
            shows_sources: false,
            shows_audit: false,
            introspection: 0,
        };
        let sets = [&operation.selection_set.node];
        let (root, cost) = planner.selection(&Name::new(root_type(operation.ty)), &sets, 0)?;
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
            shows_audit: planner.shows_audit,
        })
    }
}

struct Planner<'d> {
    types: &'d Types,
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    shows_time: bool,
    shows_sources: bool,
    shows_audit: bool,
    introspection: u64,
}

/// Fields of one object by response key, in the order in which they are first named.
type Collected<'d> = IndexMap<&'d Name, Vec<&'d ast::Field>>;

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
                .field(type_name, response_key, &fields, depth)
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
        fields: &[&'d ast::Field],
        depth: usize,
    ) -> Result<(Field, u64), Problem> {
        let first = fields[0];
        let name = first.name.node.clone();
        let sets: Vec<&SelectionSet> =
            fields.iter().map(|field| &field.selection_set.node).collect();
        let mut field = Field {
            prefix: format!("\"{response_key}\":"),
            response_key: response_key.clone(),
            nullable: name == "__type",
            arguments: Arguments::None,
            selections: Vec::new(),
            name,
        };
        if field.name.starts_with("__") {
            let objects = self.introspected(&sets, 1, 0);
            self.introspection = self.introspection.saturating_add(objects);
            return Ok((field, 0));
        }
        let Some(ty) = self.types.field(parent, &field.name) else {
            return Err(Problem::bad_input(format!("{parent} has no field {}.", field.name)));
        };
        field.nullable = ty.ty.nullable;
        self.shows_time |= matches!(
            field.name.as_str(),
            "lag" | "stale" | "overdue" | "lasted" | "criticalPath" | "scheduleConflicts"
        );
        if !ty.arguments.is_empty() {
            let values = coercion::arguments(self.types, &ty.arguments, first, self.variables)?;
            field.arguments = Arguments::read(parent, &field.name, &values)?;
            self.shows_time |= field.arguments.depend_on_time();
        }

        self.shows_sources |= matches!(ty.inner.as_str(), "Source" | "Freshness" | "Node");
        self.shows_audit |= ty.inner == "AuditConnection";
        let types = match self.types.get(&ty.inner) {
            Some(NamedType::Object(_)) => std::slice::from_ref(&ty.inner),
            Some(NamedType::Interface(_, objects)) => objects,
            _ => &[],
        };
        // An object is of one type, so the dearest of them is what it costs.
        let mut each = 0;
        for type_name in types {
            let (selection, cost) = self.selection(type_name, &sets, depth + 1)?;
            each = each.max(cost);
            field.selections.push(selection);
        }
        if ty.takes("first") && field.asks_for("totalCount") {
            field.arguments.count_total();
        }
        let rows = field.arguments.rows().unwrap_or(ty.rows);
        let is_node = self.types.is_subtype("Node", &ty.inner);
        let cost = ty
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
        for selection in &set.items {
            if !self.is_included(selection.node.directives())? {
                continue;
            }
            match &selection.node {
                ast::Selection::Field(field) => {
                    let field = &field.node;
                    collected.entry(&field.response_key().node).or_default().push(field);
                }
                ast::Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    if condition.is_none_or(|on| self.applies(&on.node, type_name)) {
                        let set = &fragment.node.selection_set.node;
                        self.collect(type_name, set, collected, spread)?;
                    }
                }
                ast::Selection::FragmentSpread(named) => {
                    let name = &named.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if spread.insert(name)
                        && self.applies(&fragment.node.type_condition.node, type_name)
                    {
                        let set = &fragment.node.selection_set.node;
                        self.collect(type_name, set, collected, spread)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn is_included(&self, directives: &[Positioned<Directive>]) -> Result<bool, Problem> {
        for (name, wanted) in [("skip", false), ("include", true)] {
            let directive = directives.iter().find(|directive| directive.node.name.node == name);
            let told = directive.and_then(|directive| directive.node.get_argument("if"));
            if let Some(told) = told
                && self.variables.condition(&told.node)? != wanted
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn applies(&self, condition: &TypeCondition, type_name: &Name) -> bool {
        self.types.is_subtype(&condition.on.node, type_name)
    }

    /// Objects that an answer about the schema is reckoned to hold. `lists` counts the lists around
    /// that lead from types to types.
    fn introspected(&self, sets: &[&'d SelectionSet], depth: usize, lists: usize) -> u64 {
        if depth > 2 * MAX_DEPTH || lists == MAX_LISTS {
            return u64::MAX;
        }
        let leaf = sets.iter().all(|set| set.items.is_empty());
        let mut objects = u64::from(!leaf);
        for selection in sets.iter().flat_map(|set| &set.items) {
            let (set, rows, lists) = match &selection.node {
                ast::Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    let rows = match name {
                        "types" => 80,
                        "fields" | "inputFields" => 12,
                        "enumValues" | "possibleTypes" | "directives" => 8,
                        "args" => 3,
                        _ => 1,
                    };
                    let leads_on =
                        matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes");
                    (&field.node.selection_set.node, rows, lists + usize::from(leads_on))
                }
                ast::Selection::InlineFragment(fragment) => {
                    (&fragment.node.selection_set.node, 1, lists)
                }
                ast::Selection::FragmentSpread(named) => {
                    let name = &named.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    (&fragment.node.selection_set.node, 1, lists)
                }
            };
            let inner = self.introspected(&[set], depth + 1, lists);
            objects = objects.saturating_add(inner.saturating_mul(rows));
        }
        objects
    }
}
