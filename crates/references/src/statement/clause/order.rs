//! What is said of the order of work: before, until, after, once, first.

use crate::phrases::{Phrase, Sense, When};
use crate::sentence::{Part, Token, any};
use crate::words;

use super::super::list::list;
use super::super::{FIRST_WITHIN, Manner, REACH, Statement};
use super::Sentence;

impl<'s, 'l> Sentence<'s, 'l> {
    /// "#7 must land first", "merge #7 before this": reads the references of a list that begins here and
    /// ends there, where they come before this.
    pub(super) fn first(
        &self,
        at: usize,
        found: &[(usize, usize)],
        end: usize,
        statements: &mut Vec<Statement>,
    ) {
        if found.is_empty() {
            return;
        }
        let Some(to) = self.comes_first(at, end) else { return };
        let from = self.clause(at);
        for (reference, _) in found {
            statements.push(self.statement(*reference, Sense::BlockedBy, Manner::Order, from, to));
        }
    }

    /// Where the words end that say that what stands here comes first.
    fn comes_first(&self, at: usize, end: usize) -> Option<usize> {
        let start = self.clause(at);
        let before = &self.tokens[start..at];
        let behind = self.tokens.get(end..)?;
        let first = behind.iter().take(FIRST_WITHIN).position(|token| token.is("first"));
        let before_this = behind.windows(2).take(FIRST_WITHIN).position(|pair| {
            pair[0].is("before") && (pair[1].is_in(&words::THIS) || pair[1].is_any(&["we", "i"]))
        });
        // "First merge #7": of what is fixed first here, nothing else is told.
        let brought = before.last().is_some_and(|token| {
            token.is_any(&["merge", "land", "review", "deploy", "release", "finish"])
        });
        let in_front = before.first().is_some_and(|token| token.is("first"));
        let in_front = (in_front && brought).then_some(0);
        let purpose = behind.windows(2).take(FIRST_WITHIN).position(|pair| {
            pair[0].is("in") && pair[1].is("order")
                || pair[0].is("so") && pair[1].is_any(&["that", "we"])
        });
        let comes_first = first.or(before_this).or(in_front);
        let between = &behind[..comes_first.or(purpose)?];
        let asked = before.last().is_some_and(|token| token.is_in(&words::BRING));
        let must = any(between, &words::MUST);
        let open = [before, between].into_iter().any(|tokens| {
            any(tokens, &words::NOT)
                || any(tokens, &words::PAST)
                || any(tokens, &words::IF)
                || tokens.iter().any(|token| matches!(token.part, Part::Mark(',' | ';')))
        });
        let asked = asked && comes_first.is_some();
        let must = must && before.iter().all(|token| token.is_in(&words::SELF));
        if open || !(asked || must) || self.condition.contains(&at) {
            return None;
        }
        Some((end + between.len()).min(self.tokens.len() - 1))
    }

    /// Before, until, after, once: what is said of the order of work.
    pub(super) fn order(
        &self,
        phrase: &Phrase,
        at: usize,
        object: usize,
        apart: bool,
    ) -> Option<(Sense, Manner)> {
        let start = at.saturating_sub(REACH);
        let before = &self.tokens[start..at];
        let clause = &self.tokens[self.clause(at)..at];
        let behind = self.behind(object);
        // What stands between says already that something comes to be.
        let comes = is_due(behind);
        let due = apart || comes;
        // "Revisit #5 once #7 is fixed" says what is to be done here; of another one, nothing.
        let joint = before.iter().rposition(|token| token.is_in(&words::JOINTS)).unwrap_or(0);
        let other = before[joint..].iter().any(|token| matches!(token.part, Part::Reference(_)))
            && !self.tokens.first().is_some_and(|token| token.is_in(&words::DO));
        if other
            || self.is_conditional(at)
            || any(clause, &words::PAST)
            || any(clause, &words::TROUBLE)
            || before.iter().any(|token| token.is_any(&["might", "could", "may"]))
        {
            return None;
        }
        let not = any(before, &words::NOT);
        let not_here = any(clause, &words::NOT);
        let works = any(before, &words::WORK);
        let rest = behind.iter().position(|token| token.is_in(&words::DONE)).map_or(0, |at| at + 1);
        let planned =
            self.is_planned(before) || any(&behind[rest..], &words::WORK) || plans(&behind[rest..]);
        let sense = match phrase.when {
            When::Before if not && (works || due) => Sense::BlockedBy,
            // "Before #7 can be done, we need to …"
            When::Before if at == 0 && behind.first().is_some_and(|token| token.is("can")) => {
                Sense::Blocks
            }
            When::Before if (works || any(before, &words::BRING)) && (apart || !comes) => {
                Sense::Blocks
            }
            When::Until if not || any(before, &words::WAITING) => Sense::BlockedBy,
            When::After if !not_here && works => Sense::BlockedBy,
            When::After if !not_here && due && is_present(behind) && planned => Sense::BlockedBy,
            When::Once if !not_here && due && (works || planned) => Sense::BlockedBy,
            _ => return None,
        };
        Some((sense, Manner::Order))
    }

    /// Whether an order of work depends on a condition. One that ends at a comma is only what else has to be
    /// true: "if nobody objects, I start after #7".
    fn is_conditional(&self, at: usize) -> bool {
        let condition = &self.tokens[self.condition.start.min(at)..at];
        let ends = condition.iter().any(|token| token.part == Part::Mark(','));
        self.condition.contains(&at) && !ends
    }

    /// Whether words say that work is to be done, or the sentence begins with what is to be done.
    fn is_planned(&self, before: &[Token<'_>]) -> bool {
        self.tokens.first().is_some_and(|token| token.is_in(&words::DO))
            || any(before, &words::PLAN)
    }

    /// What comes after the references of a list.
    pub(super) fn behind(&self, object: usize) -> &'s [Token<'l>] {
        let (_, end) = list(self.tokens, object);
        &self.tokens[end..self.tokens.len().min(end + REACH)]
    }
}

/// Whether something is still to come to be: "#7 is merged".
pub(super) fn is_due(behind: &[Token<'_>]) -> bool {
    let near = &behind[..behind.len().min(6)];
    any(near, &words::DONE) && !any(near, &words::PAST)
}

/// Whether words that follow say that work is to be done: not what will be of itself, "that will fail".
fn plans(behind: &[Token<'_>]) -> bool {
    behind.iter().enumerate().any(|(at, token)| {
        // "…, remove the old one"
        let asked = at > 0 && behind[at - 1].part == Part::Mark(',') && token.is_in(&words::DO);
        let of_itself = token.is_any(&["will", "would", "can"]);
        let ours = at
            .checked_sub(1)
            .is_some_and(|before| behind[before].is_any(&["we", "i", "this", "team", "work"]));
        asked || token.is_in(&words::PLAN) && (!of_itself || ours)
    })
}

/// Whether words are of what is, not of what was: "after #7 is merged", "after #7 lands".
fn is_present(behind: &[Token<'_>]) -> bool {
    let mut near = behind.iter().take(3);
    let is = [
        "is",
        "are",
        "be",
        "done",
        "completed",
        "has",
        "have",
        "gets",
        "lands",
        "merges",
        "goes",
        "ships",
        "closes",
    ];
    near.any(|token| token.is_any(&is))
}

/// Whether a word says what comes before or after what.
pub(super) fn is_order(token: &Token<'_>) -> bool {
    token.is_any(&["before", "after", "until", "once", "when", "without"])
}
