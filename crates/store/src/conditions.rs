//! The conditions of a statement whose shape depends on what was asked. Each value is a parameter;
//! no text of a caller becomes SQL.

use mainstem_model::{SourceId, Visibility};
use uuid::Uuid;

use crate::dialect::{Dialect, Ids, Texts};

/// Conditions that must all hold, as the text after `WHERE`, with the values that it names.
#[derive(Clone)]
pub(crate) struct Conditions {
    dialect: Dialect,
    text: String,
    parameters: Vec<Parameter>,
}

/// A value that the statement names as `$N`.
#[derive(Clone)]
pub(crate) enum Parameter {
    Number(i64),
    Text(String),
    Id(Uuid),
    Ids(Ids),
    Texts(Texts),
}

/// Binds the values of [`Conditions`] to a query, in order.
macro_rules! bind_all {
    ($query:expr, $parameters:expr) => {{
        let mut query = $query;
        for parameter in $parameters {
            query = match parameter {
                $crate::conditions::Parameter::Number(value) => query.bind(value),
                $crate::conditions::Parameter::Text(value) => query.bind(value),
                $crate::conditions::Parameter::Id(value) => query.bind(value),
                $crate::conditions::Parameter::Ids(value) => query.bind(value),
                $crate::conditions::Parameter::Texts(value) => query.bind(value),
            };
        }
        query
    }};
}
pub(crate) use bind_all;

impl Conditions {
    /// Starts with one that needs no value.
    pub fn new(dialect: Dialect, first: &str) -> Self {
        Self { dialect, text: first.to_owned(), parameters: Vec::new() }
    }

    /// Adds a value and answers its place, for text that is not a condition.
    pub fn parameter(&mut self, value: Parameter) -> String {
        self.parameters.push(value);
        format!("${}", self.parameters.len())
    }

    /// Adds a list of ids and answers its place, for text that is not a condition.
    pub fn ids(&mut self, ids: Vec<Uuid>) -> u32 {
        let place = self.next();
        self.parameters.push(Parameter::Ids(Ids(ids)));
        place
    }

    /// Adds a condition that needs no value.
    pub fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    /// Compares a column with a number: `("position >", 7)`.
    pub fn compare(&mut self, column_and_operator: &str, value: i64) {
        let place = self.parameter(Parameter::Number(value));
        self.and(&format!("{column_and_operator} {place}"));
    }

    /// The column is one of these ids.
    pub fn among_ids(&mut self, column: &str, ids: Vec<Uuid>) {
        let condition = self.dialect.among_ids(column, self.next());
        self.parameters.push(Parameter::Ids(Ids(ids)));
        self.and(&condition);
    }

    /// The column is one of these texts.
    pub fn among_texts(&mut self, column: &str, mut texts: Vec<String>) {
        // No stored text holds a NUL, and PostgreSQL refuses even to be asked for one.
        texts.retain(|text| !text.contains('\0'));
        let condition = self.dialect.among(column, self.next());
        self.parameters.push(Parameter::Texts(Texts(texts)));
        self.and(&condition);
    }

    /// The column is one of these sources.
    pub fn among_sources<'a>(
        &mut self,
        column: &str,
        sources: impl IntoIterator<Item = &'a SourceId>,
    ) {
        self.among_ids(column, sources.into_iter().map(|source| source.0).collect());
    }

    /// The column is a source that the caller may see.
    pub fn visible(&mut self, column: &str, visibility: &Visibility) {
        if let Visibility::Sources(sources) = visibility {
            self.among_sources(column, sources.iter());
        }
    }

    /// The text after `WHERE`, and the values in the order of their places.
    pub fn finish(self) -> (String, Vec<Parameter>) {
        (self.text, self.parameters)
    }

    fn next(&self) -> u32 {
        u32::try_from(self.parameters.len() + 1).unwrap_or(u32::MAX)
    }
}
