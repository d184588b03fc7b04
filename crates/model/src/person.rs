//! People, merged over every tool that knows them.

use crate::{PersonId, SourceId};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Derives from the identity that was known first.
    pub id: PersonId,
    /// The name people see; the handle where the tool gives no name.
    pub name: String,
    /// Mail address, where a tool shows one.
    pub email: Option<String>,
    /// How each tool knows them; never empty.
    pub identities: Vec<Identity>,
}

/// How one tool knows a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The source that knows them.
    pub source: SourceId,
    /// The tool's own immutable id.
    pub external_id: String,
    /// What people type to mention them.
    pub handle: Option<String>,
}
