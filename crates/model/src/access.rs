//! What a caller may do and see.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::SourceId;

/// What a token allows. A wider scope includes the narrower ones: `admin` ⊃ `write` ⊃ `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Ask questions.
    Read,
    /// Change tasks in the tools.
    Write,
    /// Manage sources, credentials and tokens.
    Admin,
}

impl Scope {
    /// The word that configuration and the command line use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            other => Err(format!("{other:?} is not a scope; give read, write or admin")),
        }
    }
}

/// The sources that a caller may see. Every read passes through one; there is no way around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Every source, those added later included.
    Everything,
    /// Just these sources.
    Sources(Arc<BTreeSet<SourceId>>),
}

impl Visibility {
    /// Whether something of this source may be shown.
    #[must_use]
    pub fn allows(&self, source: SourceId) -> bool {
        match self {
            Self::Everything => true,
            Self::Sources(sources) => sources.contains(&source),
        }
    }
}
