//! Reading a query into a tree.

use crate::jira::jql::SortField;
use crate::jira::jql::words::{Word, WordKind, words};

/// Conditions and how they are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
    Term(Term),
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub field: String,
    pub operator: Operator,
    pub operands: Vec<Operand>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equals,
    NotEquals,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
    In,
    NotIn,
    Is,
    IsNot,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A word; `true` where it stood in quotes.
    Text(String, bool),
    /// A function without arguments.
    Function(String),
    /// `EMPTY` or `null`.
    Empty,
}

impl Tree {
    /// Its conditions, however they are joined.
    pub fn terms(&self) -> Vec<&Term> {
        match self {
            Self::And(trees) | Self::Or(trees) => trees.iter().flat_map(Self::terms).collect(),
            Self::Not(tree) => tree.terms(),
            Self::Term(term) => vec![term],
        }
    }
}

/// What to sort by, and whether downwards.
pub(crate) type OrderBy = Vec<(SortField, bool)>;

/// The most fields of `ORDER BY`.
const MOST_ORDER_FIELDS: usize = 7;
/// Deeper than this nobody means it.
const DEEPEST: usize = 100;
const OPERATORS: &str =
    "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'";

struct Parser {
    words: Vec<Word>,
    next: usize,
    depth: usize,
}

/// Reads a query: its conditions, if any, and its order.
///
/// # Errors
/// What Jira says to a query that cannot be read.
pub(crate) fn parse(query: &str) -> Result<(Option<Tree>, OrderBy), String> {
    let mut parser = Parser { words: words(query)?, next: 0, depth: 0 };
    let tree = if parser.words.is_empty() || parser.peek_keyword("order") {
        None
    } else {
        Some(parser.any_of()?)
    };
    let order = if parser.take_keyword("order") { parser.order()? } else { Vec::new() };
    match parser.words.get(parser.next) {
        None => Ok((tree, order)),
        Some(word) => Err(format!(
            "Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{}'. (line 1, character {})",
            shown(word),
            word.at
        )),
    }
}

fn shown(word: &Word) -> &str {
    match &word.kind {
        WordKind::Plain(text) | WordKind::Quoted(text) => text,
        WordKind::Sign(sign) => sign,
    }
}

impl Parser {
    fn peek_keyword(&self, keyword: &str) -> bool {
        self.is_keyword(self.next, keyword)
    }

    fn is_keyword(&self, place: usize, keyword: &str) -> bool {
        matches!(self.words.get(place), Some(Word { kind: WordKind::Plain(word), .. }) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let there = self.peek_keyword(keyword);
        self.next += usize::from(there);
        there
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let there = matches!(self.words.get(self.next), Some(Word { kind: WordKind::Sign(word), .. }) if *word == sign);
        self.next += usize::from(there);
        there
    }

    fn any_of(&mut self) -> Result<Tree, String> {
        let mut trees = vec![self.all_of()?];
        while self.take_keyword("or") {
            trees.push(self.all_of()?);
        }
        Ok(if trees.len() == 1 { trees.remove(0) } else { Tree::Or(trees) })
    }

    fn all_of(&mut self) -> Result<Tree, String> {
        let mut trees = vec![self.one()?];
        while self.take_keyword("and") {
            trees.push(self.one()?);
        }
        Ok(if trees.len() == 1 { trees.remove(0) } else { Tree::And(trees) })
    }

    fn one(&mut self) -> Result<Tree, String> {
        let negates = self.take_keyword("not");
        if !negates && !self.take_sign("(") {
            return self.term();
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Error in the JQL Query: The query is nested too deeply.".to_owned());
        }
        let tree = if negates {
            Tree::Not(Box::new(self.one()?))
        } else {
            let tree = self.any_of()?;
            if !self.take_sign(")") {
                return Err(self.expected("')'"));
            }
            tree
        };
        self.depth -= 1;
        Ok(tree)
    }

    fn term(&mut self) -> Result<Tree, String> {
        let field = match self.words.get(self.next).map(|word| &word.kind) {
            Some(WordKind::Plain(text) | WordKind::Quoted(text)) => text.clone(),
            Some(WordKind::Sign(_)) => return Err(self.expected("a field name")),
            None => {
                return Err(
                    "Error in the JQL Query: Expecting a field name at the end of the query."
                        .to_owned(),
                );
            }
        };
        self.next += 1;
        let operator = self.operator()?;
        let operands = if matches!(operator, Operator::In | Operator::NotIn) {
            self.list()?
        } else {
            vec![self.operand()?]
        };
        Ok(Tree::Term(Term { field, operator, operands }))
    }

    fn operator(&mut self) -> Result<Operator, String> {
        for (sign, operator) in [
            ("=", Operator::Equals),
            ("!=", Operator::NotEquals),
            ("<=", Operator::LessOrEquals),
            (">=", Operator::GreaterOrEquals),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            if self.take_sign(sign) {
                return Ok(operator);
            }
        }
        if self.take_keyword("in") {
            return Ok(Operator::In);
        }
        if self.take_keyword("is") {
            return Ok(if self.take_keyword("not") { Operator::IsNot } else { Operator::Is });
        }
        if self.is_keyword(self.next, "not") && self.is_keyword(self.next + 1, "in") {
            self.next += 2;
            return Ok(Operator::NotIn);
        }
        Err(match self.words.get(self.next) {
            Some(word) => format!(
                "Error in the JQL Query: Expecting operator but got '{}'. The valid operators are {OPERATORS}. (line 1, character {})",
                shown(word),
                word.at
            ),
            None => format!(
                "Error in the JQL Query: Expecting operator before the end of the query. The valid operators are {OPERATORS}."
            ),
        })
    }

    fn list(&mut self) -> Result<Vec<Operand>, String> {
        if !self.take_sign("(") {
            return Ok(vec![self.operand()?]);
        }
        let mut operands = vec![self.operand()?];
        while self.take_sign(",") {
            operands.push(self.operand()?);
        }
        if self.take_sign(")") { Ok(operands) } else { Err(self.expected("')'")) }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let operand = match self.words.get(self.next).map(|word| &word.kind) {
            Some(WordKind::Quoted(text)) => Operand::Text(text.clone(), true),
            Some(WordKind::Plain(text)) if is_reserved(text) => {
                return Err(format!(
                    "Error in the JQL Query: Expecting either a value, list or function but got '{text}'. You must surround '{text}' in quotation marks to use it as a value. (line 1, character {})",
                    self.words[self.next].at
                ));
            }
            Some(WordKind::Plain(text))
                if ["empty", "null"].iter().any(|word| text.eq_ignore_ascii_case(word)) =>
            {
                Operand::Empty
            }
            Some(WordKind::Plain(text)) => {
                let text = text.clone();
                self.next += 1;
                if self.take_sign("(") {
                    return if self.take_sign(")") {
                        Ok(Operand::Function(text))
                    } else {
                        Err(self.expected("')'"))
                    };
                }
                return Ok(Operand::Text(text, false));
            }
            Some(WordKind::Sign(_)) => {
                return Err(self.expected("either a value, list or function"));
            }
            None => {
                return Err("Error in the JQL Query: Expecting either a value, list or function before the end of the query.".to_owned());
            }
        };
        self.next += 1;
        Ok(operand)
    }

    fn order(&mut self) -> Result<OrderBy, String> {
        if !self.take_keyword("by") {
            return Err(self.expected("'by'"));
        }
        let mut order = OrderBy::new();
        loop {
            let field = match self.words.get(self.next).map(|word| &word.kind) {
                Some(WordKind::Plain(text) | WordKind::Quoted(text)) => text.clone(),
                _ => return Err(self.expected("a field name")),
            };
            self.next += 1;
            let (field, usually_descends) = match field.to_ascii_lowercase().as_str() {
                "created" | "createddate" => (SortField::Created, true),
                "updated" | "updateddate" => (SortField::Updated, true),
                "key" | "issuekey" | "issue" => (SortField::Key, true),
                "id" => (SortField::Id, true),
                _ => {
                    return Err(format!(
                        "Field '{field}' does not exist or you do not have permission to view it."
                    ));
                }
            };
            let descends = if self.take_keyword("asc") {
                false
            } else {
                self.take_keyword("desc") || usually_descends
            };
            order.push((field, descends));
            if !self.take_sign(",") {
                break;
            }
        }
        if order.len() > MOST_ORDER_FIELDS {
            return Err(format!(
                "The ORDER BY clause can contain a maximum of {MOST_ORDER_FIELDS} fields."
            ));
        }
        Ok(order)
    }

    fn expected(&self, what: &str) -> String {
        match self.words.get(self.next) {
            Some(word) => format!(
                "Error in the JQL Query: Expecting {what} but got '{}'. (line 1, character {})",
                shown(word),
                word.at
            ),
            None => {
                format!("Error in the JQL Query: Expecting {what} before the end of the query.")
            }
        }
    }
}

/// Words that mean something else unless they stand in quotes.
fn is_reserved(word: &str) -> bool {
    ["and", "or", "not", "in", "is", "order", "by", "asc", "desc"]
        .iter()
        .any(|reserved| word.eq_ignore_ascii_case(reserved))
}
