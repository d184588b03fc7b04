//! Projects: a GitHub repository, a Jira project, a mail folder.

use crate::{ProjectId, SourceId};

/// A container of tasks at a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Derives from source and external id.
    pub id: ProjectId,
    /// The source it was read from.
    pub source: SourceId,
    /// What people call it: `acme/api`, `ENG`.
    pub key: String,
    /// Its full name.
    pub name: String,
    /// Where a person sees it.
    pub url: Option<String>,
}
