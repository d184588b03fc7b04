//! What a question costs: GitHub counts the requests that its connections would need, and the nodes
//! that they could return.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use serde_json::{Value, json};

const MOST_NODES: u64 = 500_000;

/// The price of a question.
pub(super) struct Cost {
    requests: u64,
    nodes: u64,
}

impl Cost {
    pub fn of(document: &ExecutableDocument, operation: &Operation, variables: &JsonMap) -> Self {
        let mut cost = Self { requests: 0, nodes: 0 };
        cost.add(document, variables, &operation.selection_set, 1);
        cost
    }

    /// Points that it takes from the quota.
    pub fn points(&self) -> u32 {
        u32::try_from((self.requests + 50) / 100).unwrap_or(u32::MAX).max(1)
    }

    pub const fn nodes(&self) -> u64 {
        self.nodes
    }

    /// The error that refuses it, where it asks for too much.
    pub fn refusal(&self) -> Option<Value> {
        (self.nodes > MOST_NODES).then(|| {
            json!({
                "type": "MAX_NODE_LIMIT_EXCEEDED",
                "message": format!(
                    "This query requests up to {} possible nodes which exceeds the maximum limit of 500,000.",
                    self.nodes
                ),
            })
        })
    }

    fn add(
        &mut self,
        document: &ExecutableDocument,
        variables: &JsonMap,
        set: &SelectionSet,
        times: u64,
    ) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.add_field(document, variables, field, times),
                Selection::InlineFragment(fragment) => {
                    self.add(document, variables, &fragment.selection_set, times);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.fragment_name) {
                        self.add(document, variables, &fragment.selection_set, times);
                    }
                }
            }
            if self.nodes > MOST_NODES {
                return;
            }
        }
    }

    fn add_field(
        &mut self,
        document: &ExecutableDocument,
        variables: &JsonMap,
        field: &Field,
        times: u64,
    ) {
        let mut times = times;
        if field.definition.ty.inner_named_type().ends_with("Connection") {
            let size = ["first", "last"]
                .into_iter()
                .find_map(|name| number(field, name, variables))
                .unwrap_or(0);
            self.requests = self.requests.saturating_add(times);
            times = times.saturating_mul(size);
            self.nodes = self.nodes.saturating_add(times);
        } else if field.name == "nodes"
            && field.definition.arguments.iter().any(|argument| argument.name == "ids")
        {
            times = length(field, "ids", variables);
            self.nodes = self.nodes.saturating_add(times);
        }
        self.add(document, variables, &field.selection_set, times);
    }
}

fn number(field: &Field, name: &str, variables: &JsonMap) -> Option<u64> {
    let value = field.specified_argument_by_name(name)?;
    match value.as_variable() {
        Some(variable) => variables.get(variable.as_str())?.as_u64(),
        None => value.to_i32().and_then(|value| value.try_into().ok()),
    }
}

fn length(field: &Field, name: &str, variables: &JsonMap) -> u64 {
    let Some(value) = field.specified_argument_by_name(name) else { return 0 };
    let length = match value.as_variable() {
        Some(variable) => {
            variables.get(variable.as_str()).and_then(|list| list.as_array()).map(Vec::len)
        }
        None => value.as_list().map(<[_]>::len),
    };
    length.unwrap_or(1) as u64
}
