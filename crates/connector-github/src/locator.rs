//! What it takes to ask for one issue or pull request again.

use std::fmt;
use std::str::FromStr;

use crate::repository::RepositoryName;

/// Where an issue or pull request stands: `acme/api#7 I_kwDOABCD`, the part behind the blank being
/// its GraphQL node id. Where only its key is known, as when a mail names it, that is left out: it can be
/// read whole then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locator {
    pub repository: RepositoryName,
    pub number: u64,
    pub node_id: String,
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{} {}", self.repository, self.number, self.node_id)
    }
}

impl FromStr for Locator {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (key, node_id) = text.split_once(' ').unwrap_or((text, ""));
        let (repository, number) = key.split_once('#').ok_or(())?;
        Ok(Self {
            repository: repository.parse()?,
            number: number.parse().map_err(|_| ())?,
            node_id: node_id.to_owned(),
        })
    }
}
