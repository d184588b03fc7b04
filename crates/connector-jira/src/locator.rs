//! How an issue is asked for: by its id or by its key.

/// What a hint names: `10042@ENG`, `10042` or `ENG-42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locator<'a> {
    /// The id or the key.
    pub name: &'a str,
    /// The key of the project that it was seen in last, where that is known.
    pub project: Option<&'a str>,
}

impl<'a> Locator<'a> {
    /// Reads what a hint holds; nothing else may stand in a query.
    pub fn read(text: &'a str) -> Option<Self> {
        let is_word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let (name, project) = match text.split_once('@') {
            Some((id, project)) => (id, Some(project)),
            None => (text, text.rsplit_once('-').map(|(project, _)| project)),
        };
        let is_name = name.split('-').all(is_word);
        (is_name && project.is_none_or(is_word)).then_some(Self { name, project })
    }
}

/// How the issue of this id is asked for.
pub fn locator(id: &str, project: &str) -> String {
    format!("{id}@{project}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_keys_name_issues_and_nothing_else_does() {
        for (text, expected) in [
            ("10042@ENG", Some(("10042", Some("ENG")))),
            ("10042", Some(("10042", None))),
            ("ENG_2-42", Some(("ENG_2-42", Some("ENG_2")))),
            ("", None),
            ("10042@", None),
            ("1@ENG@OPS", None),
            ("1) OR project = OPS", None),
            ("../1", None),
            ("ENG-", None),
        ] {
            let expected = expected.map(|(name, project)| Locator { name, project });
            assert_eq!(Locator::read(text), expected, "{text:?}");
        }
    }
}
