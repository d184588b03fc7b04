//! Repositories: their names, and what is known of one.

use std::fmt;
use std::str::FromStr;

use mainstem_model::record::ProjectRecord;

use crate::wire;

/// The name of a repository, `owner/name`. GitHub does not tell upper from lower case in it.
#[derive(Debug, Clone, Eq)]
pub struct RepositoryName {
    text: String,
    slash: usize,
}

impl RepositoryName {
    /// Who owns it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.text[..self.slash]
    }

    /// Its name below its owner.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text[self.slash + 1..]
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether GitHub allows `text` as an owner's or a repository's name, so that it can stand in a
    /// path as it is.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !text.is_empty() && text != "." && text != ".." && text.chars().all(allowed)
    }

    /// The repository that a URL of the API names, as in `…/repos/owner/name/issues/7`, and the
    /// number where it names an issue.
    #[must_use]
    pub fn from_api_url(url: &str) -> Option<(Self, Option<u64>)> {
        let mut parts = url.rsplit_once("/repos/")?.1.split('/');
        let name = format!("{}/{}", parts.next()?, parts.next()?).parse().ok()?;
        let number = match parts.next() {
            Some("issues" | "pulls") => parts.next().and_then(|number| number.parse().ok()),
            _ => None,
        };
        Some((name, number))
    }
}

impl PartialEq for RepositoryName {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl FromStr for RepositoryName {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let slash = text.find('/').ok_or(())?;
        if Self::is_name(&text[..slash]) && Self::is_name(&text[slash + 1..]) {
            Ok(Self { text: text.to_owned(), slash })
        } else {
            Err(())
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What is known of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// What it is called now.
    pub name: RepositoryName,
    /// As a project.
    pub project: ProjectRecord,
}

impl Repository {
    pub(crate) fn new(read: wire::Repository) -> Option<Self> {
        let name: RepositoryName = read.full_name.parse().ok()?;
        let project = ProjectRecord {
            external_id: read.id.to_string().into(),
            key: read.full_name,
            name: name.name().to_owned(),
            url: read.html_url,
        };
        Some(Self { name, project })
    }

    /// What people call the issue or pull request of this number.
    #[must_use]
    pub fn key(&self, number: u64) -> String {
        format!("{}#{number}", self.name)
    }
}
