//! The guard in front of the parser. Parsers and validators recurse and expand; this does neither:
//! one pass over the tokens, then one pass over the fragments, and only what is small in every
//! dimension goes on.

pub(crate) mod lexer;

use std::collections::{HashMap, HashSet};

use lexer::{Lexer, Token};

use crate::error::Code;

/// Bytes of a document.
pub const MAX_BYTES: usize = 64 * 1024;
/// Tokens of a document.
pub const MAX_TOKENS: u32 = 4_000;
/// Brackets of any kind inside each other.
pub const MAX_NESTING: usize = 48;
/// Fragments of a document.
pub const MAX_FRAGMENTS: usize = 64;
/// Operations of a document.
pub const MAX_OPERATIONS: usize = 20;
/// Selections once every fragment is written out.
pub const MAX_SELECTIONS: u32 = 5_000;
/// Aliases once every fragment is written out.
pub const MAX_ALIASES: u32 = 100;
/// Directives on one node.
pub const MAX_DIRECTIVES: u32 = 5;

/// Why a document does not reach the parser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what it is")]
pub enum Refusal {
    #[error("the document is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the document has more than {MAX_TOKENS} tokens")]
    TooManyTokens,
    #[error("the document nests brackets more than {MAX_NESTING} deep")]
    TooDeep,
    #[error("the document has more than {MAX_FRAGMENTS} fragments")]
    TooManyFragments,
    #[error("the document has more than {MAX_OPERATIONS} operations")]
    TooManyOperations,
    #[error(
        "the document has more than {MAX_SELECTIONS} selections once its fragments are written out"
    )]
    TooManySelections,
    #[error("the document has more than {MAX_ALIASES} aliases once its fragments are written out")]
    TooManyAliases,
    #[error("the document has more than {MAX_DIRECTIVES} directives in one place")]
    TooManyDirectives,
    #[error("the document has two fragments of one name")]
    DuplicateFragment,
    #[error("the field {0:?} stands twice in one input object")]
    DuplicateInputField(String),
    #[error("the fragment {0:?} contains itself")]
    FragmentCycle(String),
    #[error("the document cannot be read from byte {0} on")]
    Unreadable(usize),
}

impl Refusal {
    /// The error code that the API answers with.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::DuplicateFragment
            | Self::DuplicateInputField(_)
            | Self::FragmentCycle(_)
            | Self::Unreadable(_) => Code::BadUserInput,
            _ => Code::QueryTooCostly,
        }
    }
}

/// Checks that a document is small enough, in every dimension, to be parsed and validated.
///
/// # Errors
/// The first limit that the document passes, or what the parser would lose without a word. Anything
/// else that is wrong with it is left to the parser.
pub fn check(document: &str) -> Result<(), Refusal> {
    if document.len() > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    check_expansion(&survey(document)?)
}

/// What the guard wants to know of one operation or fragment.
#[derive(Default)]
struct Definition<'a> {
    /// The name of a fragment; operations have none.
    fragment: Option<&'a str>,
    selections: u32,
    aliases: u32,
    /// Fragments that it spreads, once for each time.
    spreads: Vec<&'a str>,
}

/// An open bracket.
struct Bracket<'a> {
    /// Whether names in it are selections rather than arguments or values.
    selections: bool,
    /// Directives in a row so far.
    directives: u32,
    /// The fields so far, where it is an input object.
    fields: Option<HashSet<&'a str>>,
}

/// One pass over the tokens.
fn survey(document: &str) -> Result<Vec<Definition<'_>>, Refusal> {
    let mut lexer = Lexer::new(document);
    let mut definitions: Vec<Definition<'_>> = Vec::new();
    let (mut operations, mut fragments, mut tokens) = (0, 0, 0);
    let mut open: Vec<Bracket<'_>> = Vec::new();
    let mut top_level_directives = 0;
    // The two tokens before the present one tell what a name is.
    let (mut before, mut previous) = (None, None);

    while let Some(token) = lexer.next().map_err(|invalid| Refusal::Unreadable(invalid.offset))? {
        tokens += 1;
        if tokens > MAX_TOKENS {
            return Err(Refusal::TooManyTokens);
        }
        let after_at = previous == Some(Token::Punctuator(b'@'));
        let directives =
            open.last_mut().map_or(&mut top_level_directives, |bracket| &mut bracket.directives);
        match token {
            Token::Punctuator(b'@') => {
                *directives += 1;
                if *directives > MAX_DIRECTIVES {
                    return Err(Refusal::TooManyDirectives);
                }
            }
            Token::Name(_) if !after_at => *directives = 0,
            Token::Spread => *directives = 0,
            _ => {}
        }

        if let (Token::Punctuator(b':'), Some(Token::Name(name))) = (token, previous)
            && let Some(fields) = open.last_mut().and_then(|bracket| bracket.fields.as_mut())
            && !fields.insert(name)
        {
            return Err(Refusal::DuplicateInputField(name.to_owned()));
        }
        let in_selections = open.last().is_some_and(|bracket| bracket.selections);
        match (token, definitions.last_mut()) {
            (Token::Punctuator(b'{' | b'(' | b'['), _) => {
                let selections =
                    token == Token::Punctuator(b'{') && (open.is_empty() || in_selections);
                if open.is_empty() && starts_definition(previous) {
                    operations += 1;
                    definitions.push(Definition::default());
                }
                let is_object = token == Token::Punctuator(b'{') && !selections;
                let fields = is_object.then(HashSet::new);
                open.push(Bracket { selections, directives: 0, fields });
                if open.len() > MAX_NESTING {
                    return Err(Refusal::TooDeep);
                }
            }
            (Token::Punctuator(b'}' | b')' | b']'), _) => {
                open.pop();
            }
            (Token::Name("fragment"), _) if open.is_empty() && starts_definition(previous) => {
                fragments += 1;
                definitions.push(Definition { fragment: Some(""), ..Definition::default() });
            }
            (Token::Name(_), _) if open.is_empty() && starts_definition(previous) => {
                operations += 1;
                definitions.push(Definition::default());
            }
            (Token::Name(name), Some(definition))
                if open.is_empty()
                    && previous == Some(Token::Name("fragment"))
                    && definition.fragment == Some("") =>
            {
                definition.fragment = Some(name);
            }
            (Token::Spread, Some(definition)) if in_selections => definition.selections += 1,
            (Token::Name(name), Some(definition)) if in_selections && !after_at => {
                match (before, previous) {
                    (_, Some(Token::Spread)) if name != "on" => definition.spreads.push(name),
                    (_, Some(Token::Spread)) | (Some(Token::Spread), Some(Token::Name("on"))) => {}
                    (_, Some(Token::Punctuator(b':'))) => definition.aliases += 1,
                    _ => definition.selections += 1,
                }
            }
            _ => {}
        }
        if fragments > MAX_FRAGMENTS {
            return Err(Refusal::TooManyFragments);
        }
        if operations > MAX_OPERATIONS {
            return Err(Refusal::TooManyOperations);
        }
        (before, previous) = (previous, Some(token));
    }
    Ok(definitions)
}

/// Whether a token outside all brackets starts a new definition.
fn starts_definition(previous: Option<Token<'_>>) -> bool {
    previous.is_none_or(|token| token == Token::Punctuator(b'}'))
}

/// Selections and aliases of a definition once its fragments are written out.
type Expansion = (u32, u32);

/// Adds up what every definition grows to, each fragment once.
fn check_expansion(definitions: &[Definition<'_>]) -> Result<(), Refusal> {
    let fragments: HashMap<&str, &Definition<'_>> = definitions
        .iter()
        .filter_map(|definition| Some((definition.fragment?, definition)))
        .collect();
    if fragments.len()
        < definitions.iter().filter(|definition| definition.fragment.is_some()).count()
    {
        return Err(Refusal::DuplicateFragment);
    }
    let mut expanded: HashMap<&str, Expansion> = HashMap::new();

    // Fragments whose own spreads are all known are done; a round that gets nowhere leaves cycles.
    // With at most 64 fragments this is at most 64 rounds over at most 4,000 tokens.
    while expanded.len() < fragments.len() {
        let ready: Vec<(&str, Expansion)> = fragments
            .iter()
            .filter(|(name, _)| !expanded.contains_key(*name))
            .filter_map(|(name, fragment)| Some((*name, expand(fragment, &fragments, &expanded)?)))
            .collect();
        if ready.is_empty() {
            let mut names = definitions.iter().filter_map(|definition| definition.fragment);
            let name = names.find(|name| !expanded.contains_key(name)).unwrap_or_default();
            return Err(Refusal::FragmentCycle(name.to_owned()));
        }
        for (name, expansion) in ready {
            check_limits(expansion)?;
            expanded.insert(name, expansion);
        }
    }

    let operations = definitions.iter().filter(|definition| definition.fragment.is_none());
    let total = operations
        .filter_map(|operation| expand(operation, &fragments, &expanded))
        .fold((0, 0), plus);
    check_limits(total)
}

/// What a definition grows to; `None` where one of its fragments is not known yet. A fragment that
/// does not exist counts nothing: the validator will name it.
fn expand(
    definition: &Definition<'_>,
    fragments: &HashMap<&str, &Definition<'_>>,
    expanded: &HashMap<&str, Expansion>,
) -> Option<Expansion> {
    let own = (definition.selections, definition.aliases);
    definition.spreads.iter().try_fold(own, |sum, name| match expanded.get(name) {
        Some(expansion) => Some(plus(sum, *expansion)),
        None if fragments.contains_key(name) => None,
        None => Some(sum),
    })
}

fn plus(left: Expansion, right: Expansion) -> Expansion {
    (left.0.saturating_add(right.0), left.1.saturating_add(right.1))
}

fn check_limits((selections, aliases): Expansion) -> Result<(), Refusal> {
    if selections > MAX_SELECTIONS {
        Err(Refusal::TooManySelections)
    } else if aliases > MAX_ALIASES {
        Err(Refusal::TooManyAliases)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
