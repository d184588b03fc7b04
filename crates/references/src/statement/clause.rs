//! What a sentence says: its phrases, whom they speak of, and whether that is said at all.

mod order;

use std::ops::Range;

use crate::phrases::{self, Phrase, Sense, When};
use crate::sentence::{Part, Token, any};
use crate::words;

use super::list::{MOST_TITLE, is_filler, list, skip};
use super::{MOST_BEFORE, MOST_BETWEEN, Manner, REACH, Setting, Statement};
use order::{is_due, is_order};

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
pub struct Sentence<'s, 'l> {
    tokens: &'s [Token<'l>],
    number: usize,
    setting: Setting,
    question: bool,
    /// What depends on a condition.
    condition: Range<usize>,
}

impl<'s, 'l> Sentence<'s, 'l> {
    pub fn new(tokens: &'s [Token<'l>], number: usize, setting: Setting) -> Self {
        let question = tokens.iter().rev().take(3).any(|token| token.part == Part::Mark('?'));
        let condition = tokens.iter().position(|token| token.is_in(&words::IF));
        let condition = condition.unwrap_or(tokens.len());
        // "If #5 goes in first it is free of conflicts, so merge this after #7."
        let after = tokens[condition..].iter().position(|token| token.is("so"));
        let condition = condition..after.map_or(tokens.len(), |after| condition + after);
        Self { tokens, number, setting, question, condition }
    }

    pub fn read(&self, statements: &mut Vec<Statement>) {
        if self.question || !self.names_any() {
            return;
        }
        let mut at = 0;
        while at < self.tokens.len() {
            at = self.phrase(at, statements).unwrap_or(at + 1);
        }
        let mut at = 0;
        while at < self.tokens.len() {
            let (found, end) = list(self.tokens, at);
            self.first(at, &found, end, statements);
            at = end.max(at + 1);
        }
    }

    /// What a sentence says of those below it.
    pub fn below(&self) -> Option<Sense> {
        if !self.tokens.iter().any(|token| token.is("below")) {
            return None;
        }
        (0..self.tokens.len()).find_map(|at| {
            let (phrase, length) = phrases::at(&self.tokens[at..]).next()?;
            let rest = self.tokens[at + length..].iter().take(REACH);
            let rest = rest.take_while(|token| !matches!(token.part, Part::Mark(')' | '.')));
            let mut rest = rest.filter(|token| matches!(token.part, Part::Word(_)));
            let below = rest.clone().any(|token| token.is("below"))
                && rest.all(|token| {
                    is_filler(token) || token.is_any(&["below", "ones", "two", "three"])
                });
            let plain = || self.is_said(phrase.sense, self.clause(at), at) == Some(Manner::Plain);
            (sense_can_end(phrase.sense) && below && plain()).then_some(phrase.sense)
        })
    }

    fn names_any(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token.part, Part::Reference(_)))
    }

    /// Reads the phrase that begins here; says where to go on where there is a statement.
    fn phrase(&self, at: usize, statements: &mut Vec<Statement>) -> Option<usize> {
        let tokens = self.tokens;
        for (phrase, length) in phrases::at(&tokens[at..]) {
            let behind = at + length;
            if !self.counts(phrase, at, behind) {
                continue;
            }
            if let Some((object, apart)) = self.object(behind, phrase.when) {
                let said = self.meaning(phrase, at, object, apart);
                let Some((sense, manner)) = said else { continue };
                let manner = if apart && manner == Manner::Plain { Manner::Apart } else { manner };
                // "A prerequisite for this is #7", "blocker for the release: #7": #7 is what the phrase
                // names.
                let names = apart && tokens[object - 1].part == Part::Mark(':');
                let of_this =
                    sense == Sense::Blocks && (names || self.is_of_this(&tokens[behind..object]));
                let sense = if of_this { turned(sense) } else { sense };
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

    /// Whether a phrase counts where it stands.
    fn counts(&self, phrase: &Phrase, at: usize, behind: usize) -> bool {
        match phrase.when {
            When::Label => false,
            When::PullRequest => self.setting.carries_out,
            When::Named => {
                self.tokens.get(behind).is_some_and(|token| token.part == Part::Mark(':'))
            }
            // "The pending #7", "the blocking bug in #7", "the wait for #7" are things that were spoken of;
            // "depending on #7" alone says "whether or not".
            _ if ["pending", "blocking", "wait"].contains(&phrase.words[0]) => {
                !self.follows(at, &["the", "a", "an", "this", "that"])
            }
            _ if phrase.words[0] == "depending" => {
                self.follows(at, &["is", "are", "am", "be", "i'm", "it's", "we're"])
            }
            // "The fix for #7" is something that was spoken of, "a fix for #7" is this.
            _ if phrase.sense == Sense::CarriesOut => !self.follows(at, &["the"]),
            _ => true,
        }
    }

    /// Whether one of these words stands just before.
    fn follows(&self, at: usize, words: &[&str]) -> bool {
        at.checked_sub(1).is_some_and(|before| self.tokens[before].is_any(words))
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
        let order = matches!(when, When::Before | When::Until | When::After | When::Once);
        let of_this = self.is_of_this(&tokens[behind..at]);
        let most = if order || of_this { MOST_BEFORE } else { MOST_BETWEEN };
        let end = tokens.len().min(at + most);
        let reference = (at..end).find(|at| matches!(tokens[*at].part, Part::Reference(_)))?;
        let between = &tokens[at..reference];
        let breaks = between
            .iter()
            .any(|token| matches!(token.part, Part::Mark(',' | ';' | '.' | ')' | '—' | '–' | '/')));
        let any_between = |words| any(between, words);
        let leads = match when {
            When::Loose if of_this || self.is_of_this(between) => true,
            When::Loose => !any_between(&words::STOPS) && between.last().is_some_and(is_filler),
            // "Needs the endpoint from #7", "needs the endpoint (#7)".
            When::Direct => {
                let named = tokens[behind].is("the")
                    && between.len() <= MOST_TITLE + 1
                    && between.iter().all(|token| token.part != Part::Opaque);
                let leads =
                    |token: &Token<'_>| token.is("from") || named && token.part == Part::Mark('(');
                !any_between(&words::STOPS) && between.last().is_some_and(leads)
            }
            // "until we agree on a solution to #7", "after the changes in #7 are in".
            _ if order => {
                !any_between(&words::JOINTS)
                    && !any_between(&words::AND)
                    && any_between(&words::COMES)
            }
            _ => false,
        };
        (!breaks && leads).then_some((reference, true))
    }

    /// What a phrase means here, if it states anything of this task.
    fn meaning(
        &self,
        phrase: &Phrase,
        at: usize,
        object: usize,
        apart: bool,
    ) -> Option<(Sense, Manner)> {
        let start = self.clause(at);
        let before = &self.tokens[start..at];
        match phrase.when {
            When::Before | When::Until | When::After | When::Once => {
                self.order(phrase, at, object, apart)
            }
            When::Due if !is_due(self.behind(object)) => None,
            When::Closing => {
                let closes = |token: &Token<'_>| {
                    token.is_any(&["closing", "close", "closed", "dropping", "abandoning"])
                };
                (before.is_empty() || before.iter().any(closes))
                    .then_some((phrase.sense, Manner::Plain))
            }
            When::Loose
            | When::Direct
            | When::Due
            | When::Named
            | When::PullRequest
            | When::Label => self.is_said(phrase.sense, start, at).map(|manner| match manner {
                Manner::Possible if phrase.sense != Sense::Duplicates => None,
                Manner::Possible => Some((Sense::Relates, manner)),
                _ => Some((phrase.sense, manner)),
            })?,
        }
    }

    /// How plainly a phrase is said of this task; not at all of another one, or where it is denied.
    fn is_said(&self, sense: Sense, start: usize, at: usize) -> Option<Manner> {
        let before = &self.tokens[start..at];
        let denied = any(before, &words::NOT);
        let over = sense_can_end(sense) && any(before, &words::PAST);
        if denied || over || self.condition.contains(&at) || self.ends_behind(at) {
            return None;
        }
        // What a pull request fixes it fixes whoever is named as the one who does.
        let whoever = sense == Sense::CarriesOut && self.setting.carries_out;
        match self.subject(start, at) {
            Subject::This => {}
            Subject::Other if whoever || self.is_headline(at) => {}
            Subject::Other | Subject::Named(_) => return None,
        }
        let perhaps = any(before, &words::PERHAPS);
        Some(if perhaps { Manner::Possible } else { Manner::Plain })
    }

    /// "Upgrade beyond 16 blocked by #7": without a verb, a few words in front tell what of this is.
    fn is_headline(&self, at: usize) -> bool {
        let before = &self.tokens[..at];
        let plain = before.iter().all(|token| match token.part {
            Part::Word(_) => {
                !token.is_any(&["is", "are", "be", "been", "get", "gets", "got", "it's"])
                    && !token.is_in(&words::WHICH)
                    && !token.is_in(&words::TROUBLE)
            }
            Part::Mark(c) => matches!(c, '.' | '*' | '_'),
            Part::Opaque => true,
            Part::Reference(_) => false,
        });
        self.tokens[at].is_any(&["blocked", "pending", "awaiting"])
            && plain
            && before.len() <= MOST_BETWEEN
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
                    Part::Mark(',' | ';' | ':' | '(' | ')' | '-' | '—' | '–' | '|' | '>' | '.')
                ) || (token.is_in(&words::JOINTS) && before + 1 < at && !self.is_role(*before))
            })
            .map_or(least, |before| before + 1)
    }

    /// "As one of the blockers" says what something is, and begins no clause.
    fn is_role(&self, at: usize) -> bool {
        self.tokens[at].is("as")
            && self.tokens.get(at + 1).is_some_and(|next| next.is_any(&["a", "an", "one", "the"]))
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
        // "#5 (blocked by #6)" says nothing of this.
        let aside = start >= 2
            && self.tokens[start - 1].part == Part::Mark('(')
            && matches!(self.tokens[start - 2].part, Part::Opaque | Part::Reference(_));
        // What a text tells of at length, "which unblocks #7", is this in whatever words.
        let frees = self.tokens[at].is("unblocks") && self.follows(at, &["which"]);
        if !aside && frees {
            return Subject::This;
        }
        if aside || any(before, &words::WHICH) {
            return Subject::Other;
        }
        let known = before.iter().all(|token| match token.part {
            Part::Word(_) => {
                token.is_in(&words::SELF)
                    || token.is_in(&words::PERHAPS)
                    || token.is_in(&words::JOINTS)
                    || token.is_in(&words::WAITING)
                    || token.is_in(&words::WORK)
                    || token.is_adverb()
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
        let continues = !own && earlier.last().is_some_and(|token| token.is_in(&words::JOINTS));
        let of_another = continues
            && matches!(earlier.first().map(|token| &token.part), Some(Part::Reference(_)));
        if of_another { Subject::Other } else { Subject::This }
    }

    /// Whether words between a phrase and a reference are "this … is".
    fn is_of_this(&self, between: &[Token<'_>]) -> bool {
        let this = between.iter().position(|token| token.is_any(&["this", "our", "it", "here"]));
        this.is_some_and(|at| between[at..].iter().any(|token| token.is_any(&["is", "are"])))
    }

    /// "#7 blocks this", "#7 is a blocker": said the other way round.
    fn of_this(
        &self,
        phrase: &Phrase,
        at: usize,
        behind: usize,
        statements: &mut Vec<Statement>,
    ) -> Option<usize> {
        let order = matches!(phrase.when, When::Until | When::After | When::Once);
        if !order && !matches!(phrase.when, When::Loose | When::Direct) {
            return None;
        }
        let this = (behind..self.tokens.len().min(behind + 3))
            .find(|at| self.tokens[*at].is_in(&words::THIS))
            .filter(|this| {
                let between = &self.tokens[behind..*this];
                !between.iter().any(|token| is_order(token) || token.is_in(&words::JOINTS))
            });
        let start = self.clause(at);
        let before = &self.tokens[start..at];

        let sense = match (this, phrase.sense) {
            // "#7 can't be merged until this is", "#7 will be updated once this lands".
            (Some(this), _) if order => {
                let due = phrase.when == When::Until && any(before, &words::NOT)
                    || phrase.when != When::Until
                        && any(before, &words::PLAN)
                        && self.tokens[this..]
                            .iter()
                            .take(6)
                            .any(|token| token.is_in(&words::DONE));
                if !due {
                    return None;
                }
                Sense::Blocks
            }
            // "is a blocker" needs no object.
            (_, Sense::BlockedBy) if is_noun(phrase) => Sense::BlockedBy,
            (Some(_), sense) => turned(sense),
            (None, _) => return None,
        };
        let Subject::Named(named) = self.subject(start, at) else { return None };
        let perhaps = any(before, &words::PERHAPS) && !(order && any(before, &words::PLAN));
        let open = any(before, &words::NOT) && !order || any(before, &words::PAST) || perhaps;
        let last = named.last().map(|(_, place)| *place)?;
        let verb = self.tokens[last + 1..at].iter().all(|token| match token.part {
            Part::Word(_) => order || token.is_in(&words::SELF) || token.is_in(&words::DONE),
            Part::Mark(_) => true,
            _ => false,
        });
        if open || !verb || self.condition.contains(&at) {
            return None;
        }
        for (reference, place) in named {
            statements.push(self.statement(reference, sense, Manner::Plain, at, place));
        }
        Some(behind)
    }
}

/// Whether a phrase names what holds something up.
fn is_noun(phrase: &Phrase) -> bool {
    phrase.words[0].starts_with("blocker") || phrase.words[0].starts_with("prereq")
}

/// Whether a statement of this sense may be over, so that the past tense takes it back.
pub fn sense_can_end(sense: Sense) -> bool {
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
