//! What a line says of the references in it.

use crate::phrases::{self, Phrase, Sense, When};
use crate::sentence::{Part, Sentences, Token};
use crate::words;

/// How many tokens before a phrase are looked at for its subject, and behind it for its object.
const REACH: usize = 24;
/// How many words may stand between a phrase and what it is about.
const MOST_BETWEEN: usize = 8;
/// How many words may stand behind a reference in a list: its title, in short.
const MOST_TITLE: usize = 3;

/// How plainly something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// The phrase, and the reference behind it.
    Plain,
    /// With words between them.
    Apart,
    /// By an order of work: until, before, after.
    Order,
    /// By what stands over a list.
    Listed,
    /// As possible: "looks like a duplicate".
    Possible,
}

/// What is said of a reference.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// Which reference of the line.
    pub reference: usize,
    pub sense: Sense,
    pub manner: Manner,
    /// The tokens of the sentence from the phrase to the reference, as places in the line.
    pub from: usize,
    pub to: usize,
    /// Which sentence.
    pub sentence: usize,
}

/// What a line is about, apart from its words.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Whether the task is a pull request, or the text a commit.
    pub carries_out: bool,
    /// What the line above says of what stands below it, and whether it is denied.
    pub over: Option<Sense>,
    /// Whether the line is one that what stands over it speaks of.
    pub listed: bool,
}

/// Reads all statements of a line.
pub fn read(line: &Sentences<'_>, setting: Setting) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (number, tokens) in line.sentences.iter().enumerate() {
        let sentence = Sentence::new(tokens, number, setting);
        sentence.read(&mut statements);
    }
    if let (Some(sense), true) = (setting.over, setting.listed) {
        listed(line, sense, &mut statements);
    }
    statements
}

/// What stands over a list says its sense of the references that a line of the list begins with.
fn listed(line: &Sentences<'_>, sense: Sense, statements: &mut Vec<Statement>) {
    let Some(tokens) = line.sentences.first() else { return };
    let start = skip(tokens, 0, false);
    if !matches!(tokens.get(start).map(|token| &token.part), Some(Part::Reference(_))) {
        return;
    }
    for (reference, at) in list(tokens, start).0 {
        if statements.iter().all(|statement| statement.reference != reference) {
            statements.push(Statement {
                reference,
                sense,
                manner: Manner::Listed,
                from: tokens[0].at.start,
                to: tokens[at].at.end,
                sentence: 0,
            });
        }
    }
}

/// What a line says of the lines below it: a heading, or what introduces a list. Nothing where it is
/// no phrase, `Some(None)` where it denies what it names.
pub fn label(line: &Sentences<'_>) -> Option<Option<Sense>> {
    let tokens = line.sentences.last()?;
    if tokens.len() > REACH || tokens.iter().any(|token| matches!(token.part, Part::Reference(_))) {
        return None;
    }
    let introduces = tokens.iter().rev().find(|token| !matches!(token.part, Part::Mark('*' | '_')));
    let introduces = introduces.is_some_and(|token| token.part == Part::Mark(':'));
    let start = (0..tokens.len()).find(|at| {
        let begins = phrases::at(&tokens[*at..]).any(|phrase| names(phrase));
        begins || !is_preface(&tokens[*at])
    })?;
    let phrase = phrases::at(&tokens[start..]).find(|phrase| names(phrase))?;
    let rest = &tokens[start + phrase.words.len()..];
    let named = rest.iter().filter(|token| matches!(token.part, Part::Word(_) | Part::Opaque));
    let most = if introduces { MOST_BETWEEN } else { 0 };
    let strange = named.filter(|token| !is_filler(token) && !is_name_of_list(token)).count();
    if strange > most {
        return None;
    }
    let denied = tokens.iter().any(|token| token.is_any(words::NOT) || token.is_any(words::PAST));
    Some((!denied).then_some(phrase.sense))
}

/// Whether a phrase may be the name of a list.
fn names(phrase: &Phrase) -> bool {
    matches!(phrase.when, When::Loose | When::Direct | When::Label | When::PullRequest)
}

/// Words of headings that name what stands in the list, not what it has to do with this.
fn is_name_of_list(token: &Token<'_>) -> bool {
    phrases::at(std::slice::from_ref(token)).any(|phrase| names(phrase))
}

/// What may stand before the phrase in a heading or an introduction: `:link: This PR is`.
fn is_preface(token: &Token<'_>) -> bool {
    match &token.part {
        Part::Word(_) => {
            token.is_any(words::SELF) || token.is_any(&["hourglass", "link", "construction"])
        }
        Part::Mark(_) | Part::Opaque => true,
        Part::Reference(_) => false,
    }
}

fn is_filler(token: &Token<'_>) -> bool {
    match &token.part {
        Part::Word(_) => token.is_any(words::FILLERS),
        Part::Mark(c) => {
            matches!(c, ':' | '(' | '[' | '-' | '–' | '—' | '=' | '*' | '_' | '#' | '@' | '→')
        }
        _ => false,
    }
}

/// The first token from here on that is no filler.
fn skip(tokens: &[Token<'_>], from: usize, bounded: bool) -> usize {
    let most = if bounded { MOST_BETWEEN } else { REACH };
    let end = tokens.len().min(from + most);
    (from..end).find(|at| !is_filler(&tokens[*at])).unwrap_or(end)
}

/// The references of a list that begins here, each with its place, and where the list ends.
fn list(tokens: &[Token<'_>], start: usize) -> (Vec<(usize, usize)>, usize) {
    let mut found = Vec::new();
    let mut at = start;
    while let Some(Part::Reference(reference)) = tokens.get(at).map(|token| &token.part) {
        found.push((*reference, at));
        let Some(next) = next_in_list(tokens, at + 1) else { return (found, at + 1) };
        at = next;
    }
    (found, at)
}

/// The place of the next reference of a list, over what joins them and a short title of the one before.
fn next_in_list(tokens: &[Token<'_>], from: usize) -> Option<usize> {
    let mut titles = 0;
    let mut joined = false;
    for at in from..tokens.len().min(from + REACH) {
        let token = &tokens[at];
        match &token.part {
            Part::Reference(_) => return (joined || titles == 0).then_some(at),
            Part::Mark(',' | '/' | '&' | '+' | ';' | '|') => joined = true,
            Part::Word(_) if token.is_any(words::AND) => joined = true,
            _ if joined && is_filler(token) => {}
            Part::Word(_) | Part::Opaque if !joined => titles += 1,
            Part::Mark('(' | ')' | '[' | ']' | ':' | '*' | '_' | '#') => {}
            _ => return None,
        }
        if titles > MOST_TITLE {
            return None;
        }
    }
    None
}

/// Whom a phrase speaks of.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    /// The task of the text.
    This,
    /// These references.
    Named(Vec<(usize, usize)>),
    /// Something else.
    Other,
}

/// A sentence that is read.
struct Sentence<'s, 'l> {
    tokens: &'s [Token<'l>],
    number: usize,
    setting: Setting,
    question: bool,
    /// Where what is said begins to depend on a condition.
    condition: usize,
}

impl<'s, 'l> Sentence<'s, 'l> {
    fn new(tokens: &'s [Token<'l>], number: usize, setting: Setting) -> Self {
        let question = tokens.iter().rev().take(3).any(|token| token.part == Part::Mark('?'));
        let condition = tokens.iter().position(|token| token.is_any(words::IF));
        let condition = condition.unwrap_or(tokens.len());
        Self { tokens, number, setting, question, condition }
    }

    fn read(&self, statements: &mut Vec<Statement>) {
        if self.question || !self.names_any() {
            return;
        }
        let mut at = 0;
        while at < self.tokens.len() {
            at = self.phrase(at, statements).unwrap_or(at + 1);
        }
    }

    fn names_any(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token.part, Part::Reference(_)))
    }

    /// Reads the phrase that begins here; says where to go on where there is a statement.
    fn phrase(&self, at: usize, statements: &mut Vec<Statement>) -> Option<usize> {
        let tokens = self.tokens;
        for phrase in phrases::at(&tokens[at..]) {
            let behind = at + phrase.words.len();
            if phrase.when == When::Label
                || (phrase.when == When::PullRequest && !self.setting.carries_out)
            {
                continue;
            }
            if let Some((object, apart)) = self.object(behind, phrase.when) {
                let Some((sense, manner)) = self.meaning(phrase, at, object) else { continue };
                let manner = if apart && manner == Manner::Plain { Manner::Apart } else { manner };
                let (found, end) = list(tokens, object);
                for (reference, place) in found {
                    statements.push(self.statement(reference, sense, manner, at, place));
                }
                return Some(end);
            }
            if let Some(end) = self.of_this(phrase, at, behind, statements) {
                return Some(end);
            }
        }
        None
    }

    fn statement(
        &self,
        reference: usize,
        sense: Sense,
        manner: Manner,
        from: usize,
        to: usize,
    ) -> Statement {
        let (from, to) = (from.min(to), from.max(to));
        Statement {
            reference,
            sense,
            manner,
            from: self.tokens[from].at.start,
            to: self.tokens[to].at.end,
            sentence: self.number,
        }
    }

    /// The reference that a phrase is about, and whether words stand between them.
    fn object(&self, behind: usize, when: When) -> Option<(usize, bool)> {
        let tokens = self.tokens;
        let at = skip(tokens, behind, true);
        if matches!(tokens.get(at)?.part, Part::Reference(_)) {
            return Some((at, false));
        }
        if when != When::Loose {
            return None;
        }
        let end = tokens.len().min(at + MOST_BETWEEN);
        let reference = (at..end).find(|at| matches!(tokens[*at].part, Part::Reference(_)))?;
        let between = &tokens[at..reference];
        let stops = between.iter().any(|token| {
            token.is_any(words::STOPS)
                || matches!(token.part, Part::Mark(',' | ';' | '.' | ')' | '—' | '–' | '/'))
        });
        let leads = between.last().is_some_and(is_filler);
        (!stops && leads).then_some((reference, true))
    }

    /// What a phrase means here, if it states anything of this task.
    fn meaning(&self, phrase: &Phrase, at: usize, object: usize) -> Option<(Sense, Manner)> {
        let start = self.clause(at);
        let before = &self.tokens[start..at];
        match phrase.when {
            When::Before | When::Until | When::After | When::Once => self.order(phrase, at, object),
            When::Closing => {
                let closes = |token: &Token<'_>| {
                    token.is_any(&["closing", "close", "closed", "dropping", "abandoning"])
                };
                (before.is_empty() || before.iter().any(closes))
                    .then_some((phrase.sense, Manner::Plain))
            }
            When::Loose | When::Direct | When::PullRequest | When::Label => {
                self.is_said(phrase.sense, start, at).map(|manner| match manner {
                    Manner::Possible if phrase.sense != Sense::Duplicates => None,
                    Manner::Possible => Some((Sense::Relates, manner)),
                    _ => Some((phrase.sense, manner)),
                })?
            }
        }
    }

    /// How plainly a phrase is said of this task; not at all of another one, or where it is denied.
    fn is_said(&self, sense: Sense, start: usize, at: usize) -> Option<Manner> {
        let before = &self.tokens[start..at];
        let denied = before.iter().any(|token| token.is_any(words::NOT));
        let over = sense_can_end(sense) && before.iter().any(|token| token.is_any(words::PAST));
        if denied || over || self.condition < at || self.ends_behind(at) {
            return None;
        }
        // What a pull request fixes it fixes whoever is named as the one who does.
        let any = sense == Sense::CarriesOut && self.setting.carries_out;
        match self.subject(start, at) {
            Subject::This => {}
            Subject::Other if any => {}
            Subject::Other | Subject::Named(_) => return None,
        }
        let perhaps = before.iter().any(|token| token.is_any(words::PERHAPS));
        Some(if perhaps { Manner::Possible } else { Manner::Plain })
    }

    /// Whether it is said behind the phrase that this is over: "blocked by #7 no longer".
    fn ends_behind(&self, at: usize) -> bool {
        let end = self.tokens.len().min(at + REACH);
        self.tokens[at..end].windows(2).any(|pair| {
            (pair[0].is("no") && pair[1].is("longer")) || (pair[0].is("any") && pair[1].is("more"))
        }) || self.tokens[at..end].iter().any(|token| token.is_any(&["anymore", "unblocked"]))
    }

    /// Where the clause begins in which a phrase stands.
    fn clause(&self, at: usize) -> usize {
        let least = at.saturating_sub(REACH);
        (least..at)
            .rev()
            .find(|before| {
                let token = &self.tokens[*before];
                matches!(
                    token.part,
                    Part::Mark(',' | ';' | ':' | '(' | ')' | '—' | '–' | '|' | '>' | '.')
                ) || (token.is_any(words::JOINTS) && before + 1 < at)
            })
            .map_or(least, |before| before + 1)
    }

    /// Whom the words before a phrase speak of.
    fn subject(&self, start: usize, at: usize) -> Subject {
        let before = &self.tokens[start..at];
        let named: Vec<(usize, usize)> = before
            .iter()
            .enumerate()
            .filter_map(|(offset, token)| match token.part {
                Part::Reference(reference) => Some((reference, start + offset)),
                _ => None,
            })
            .collect();
        if !named.is_empty() {
            return Subject::Named(named);
        }
        if before.iter().any(|token| token.is_any(words::WHICH)) {
            return Subject::Other;
        }
        let known = before.iter().all(|token| match token.part {
            Part::Word(_) => {
                token.is_any(words::SELF)
                    || token.is_any(words::PERHAPS)
                    || token.is_any(words::JOINTS)
            }
            Part::Mark(_) => true,
            Part::Opaque | Part::Reference(_) => false,
        });
        if !known {
            return Subject::Other;
        }
        // "#5 is done and blocked by #6": without a subject of its own, a clause has that before it.
        let own = before
            .iter()
            .any(|token| token.is_any(&["this", "it", "it's", "we", "i", "i'm", "we're"]));
        let earlier = &self.tokens[..start];
        let continues = !own && earlier.last().is_some_and(|token| token.is_any(words::JOINTS));
        let of_another = continues
            && matches!(earlier.first().map(|token| &token.part), Some(Part::Reference(_)));
        if of_another { Subject::Other } else { Subject::This }
    }

    /// "#7 blocks this", "#7 is a blocker": said the other way round.
    fn of_this(
        &self,
        phrase: &Phrase,
        at: usize,
        behind: usize,
        statements: &mut Vec<Statement>,
    ) -> Option<usize> {
        if !matches!(phrase.when, When::Loose | When::Direct) {
            return None;
        }
        let this = (behind..self.tokens.len().min(behind + 3))
            .find(|at| self.tokens[*at].is_any(words::THIS));
        let sense = match (this, phrase.sense) {
            (Some(_), sense) => turned(sense),
            // "is a blocker" needs no object.
            (None, Sense::BlockedBy) if phrase.words[0].starts_with("blocker") => Sense::BlockedBy,
            (None, _) => return None,
        };
        let start = self.clause(at);
        let before = &self.tokens[start..at];
        let Subject::Named(named) = self.subject(start, at) else { return None };
        let open = before.iter().any(|token| {
            token.is_any(words::NOT) || token.is_any(words::PAST) || token.is_any(words::PERHAPS)
        });
        let last = named.last().map(|(_, place)| *place)?;
        let verb = self.tokens[last + 1..at].iter().all(|token| match token.part {
            Part::Word(_) => token.is_any(words::SELF),
            Part::Mark(_) => true,
            _ => false,
        });
        if open || !verb || self.condition < at {
            return None;
        }
        for (reference, place) in named {
            statements.push(self.statement(reference, sense, Manner::Plain, at, place));
        }
        Some(behind)
    }

    /// Before, until, after, once: what is said of the order of work.
    fn order(&self, phrase: &Phrase, at: usize, object: usize) -> Option<(Sense, Manner)> {
        let start = at.saturating_sub(REACH);
        let before = &self.tokens[start..at];
        let (_, end) = list(self.tokens, object);
        let behind = &self.tokens[end..self.tokens.len().min(end + REACH)];
        let any =
            |tokens: &[Token<'_>], words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let done = any(&behind[..behind.len().min(6)], words::DONE);
        let other = before.iter().any(|token| matches!(token.part, Part::Reference(_)));
        if other
            || self.condition < at
            || any(before, words::PAST)
            || any(before, &["might", "could", "may"])
        {
            return None;
        }
        let not = any(before, words::NOT);
        let works = any(before, words::WORK);
        let sense = match phrase.when {
            When::Before if works && not => Sense::BlockedBy,
            When::Before if works && !done => Sense::Blocks,
            When::Until if not || any(before, words::WAITING) => Sense::BlockedBy,
            When::After if works && !not => Sense::BlockedBy,
            When::Once if done && (works || any(behind, words::WORK)) && !not => Sense::BlockedBy,
            _ => return None,
        };
        Some((sense, Manner::Order))
    }
}

/// Whether a statement of this sense may be over, so that the past tense takes it back.
fn sense_can_end(sense: Sense) -> bool {
    matches!(sense, Sense::Blocks | Sense::BlockedBy)
}

/// The same said of the other end.
fn turned(sense: Sense) -> Sense {
    match sense {
        Sense::Blocks => Sense::BlockedBy,
        Sense::BlockedBy => Sense::Blocks,
        Sense::Duplicates => Sense::DuplicatedBy,
        Sense::DuplicatedBy => Sense::Duplicates,
        Sense::CarriesOut => Sense::CarriedOutBy,
        Sense::CarriedOutBy => Sense::CarriesOut,
        Sense::Relates | Sense::Mirrors | Sense::Tracked => sense,
    }
}
