//! What words say of the reference behind them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::sentence::Token;

/// What a phrase says, from the task of the text to the reference behind the phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sense {
    /// This blocks it.
    Blocks,
    /// It blocks this.
    BlockedBy,
    /// This says the same as it.
    Duplicates,
    /// It says the same as this.
    DuplicatedBy,
    /// This carries it out, where this is work that can.
    CarriesOut,
    /// It carries this out.
    CarriedOutBy,
    /// The two have to do with each other.
    Relates,
    /// Both record the same work.
    Mirrors,
    /// It is where this work is kept, which is a mirror in another tool.
    Tracked,
}

/// When a phrase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always, even with a few words before the reference: "blocked by the bug in #7".
    Loose,
    /// Where the reference follows at once.
    Direct,
    /// Where the reference follows at once, and the text is of a pull request.
    PullRequest,
    /// Where something is closed: "closing in favor of #7".
    Closing,
    /// Where work is denied until then: "must not be merged before #7". Without a denial it is this
    /// that comes before the other.
    Before,
    /// Where something waits: "on hold until #7 lands".
    Until,
    /// Where work comes later: "merge after #7".
    After,
    /// Where the work goes on then: "can be merged once #7 lands".
    Once,
    /// Where that is still to come: "assumes #7 is merged".
    Due,
    /// Before a colon: "Parent: #7".
    Named,
    /// As the name of a list, and nowhere else: "Dependencies".
    Label,
}

/// Words, and what they say.
#[derive(Debug)]
pub struct Phrase {
    /// The words, one after the other.
    pub words: Vec<&'static str>,
    /// What they say.
    pub sense: Sense,
    /// When.
    pub when: When,
}

use Sense::{
    BlockedBy, Blocks, CarriedOutBy, CarriesOut, DuplicatedBy, Duplicates, Mirrors, Relates,
    Tracked,
};
use When::{After, Before, Closing, Direct, Due, Label, Loose, Named, Once, PullRequest, Until};

/// The phrases by what they say. A word in parentheses stands for each that the bar separates.
const PHRASES: &[(Sense, When, &[&str])] = &[
    (
        BlockedBy,
        Loose,
        &[
            "blocked (by|on|behind|pending)",
            "gated (by|on|behind)",
            "blocker",
            "blockers",
            "depends (on|upon)",
            "depend (on|upon)",
            "depending on",
            "dependent (on|upon)",
            "dependant (on|upon)",
            "dependency on",
            "contingent (on|upon)",
            "(stuck|stalled) (on|behind|by|because)",
            "held (up|back) (by|on|because)",
            "(hold|blocked|postponed|deferred|delayed) (because|due)",
            "relies on",
            "hinges on",
            "waiting (for|on)",
            "wait (for|on)",
            "waits (for|on)",
            "waited on",
            "awaiting",
            "hold (for|pending)",
            "(stacked|stacks|stack) on",
            "builds (on|upon)",
            "built on",
            "(applied|apply|rebase|rebased|based) on top of",
            "pending (outcome|resolution|completion|decision|landing|merging|merge|release) (of|on|in)",
            "pending the (outcome|resolution|completion|decision|landing|merging|merge|release) (of|on|in)",
            "blockiert (durch|von)",
            "abhängig von",
            "hängt ab von",
            "(wartet|warten) auf",
            "(bloqué|bloquée) par",
            "dépend de",
            "dépend du",
            "en attente de",
        ],
    ),
    (
        BlockedBy,
        Direct,
        &[
            "requires",
            "require",
            "requiring",
            "needs",
            "need",
            "awaits",
            "await",
            "pending",
            "on top of",
            "stacked on top of",
            "(prerequisite|prerequisites|prereq|prereqs)",
            "pre (requisite|requisites)",
            "(rebase|rebased) (on|onto)",
            "rebase this (on|onto)",
            "(setzt|hängt von|benötigt|braucht)",
            "nécessite",
        ],
    ),
    (BlockedBy, PullRequest, &["based (on|upon|off)", "based off of", "branched (from|off)"]),
    (BlockedBy, Before, &["before", "prior to", "bevor", "vor"]),
    (BlockedBy, Until, &["until", "until after", "till", "without", "bis", "jusqu'à"]),
    (BlockedBy, After, &["after", "post", "nach", "après"]),
    (BlockedBy, Due, &["(assumes|assume|expects)"]),
    (BlockedBy, Once, &["once", "when", "as soon as", "sobald", "dès que"]),
    (BlockedBy, Named, &["blocked", "dependency", "dependencies", "depends", "waiting"]),
    (
        BlockedBy,
        Label,
        &[
            "dependencies",
            "dependency",
            "depends",
            "blocked",
            "requirements",
            "upstream dependencies",
            "abhängigkeiten",
            "dépendances",
            "waiting",
        ],
    ),
    (
        Blocks,
        Loose,
        &[
            "(prerequisite|prerequisites|prereq|precondition) (for|of|to)",
            "pre requisite (for|of|to)",
            "(needed|required) (for|by)",
            "(need|needs|require|requires) this (for|in)",
            "blocker (for|of|to)",
            "dependency (for|of)",
            "preparation for",
            "preparing for",
            "prep for",
            "(preparatory|prep) work for",
            "groundwork for",
            "preliminary (to|for)",
            "precursor (to|for|of)",
            "paves the way for",
            "voraussetzung für",
        ],
    ),
    (
        Blocks,
        Direct,
        &[
            "blocks",
            "blocking",
            "block",
            "unblocks",
            "unblock",
            "unblocking",
            "blockiert",
            "bloque",
        ],
    ),
    (
        Duplicates,
        Loose,
        &[
            "(duplicate|dup|dupe|duplicated) (of|with)",
            "(superseded|superceded|replaced|obsoleted) (by|with)",
            "subsumed by",
            "duplikat von",
            "(doublon|duplicata) de",
            "ersetzt durch",
            "remplacé par",
        ],
    ),
    (
        Duplicates,
        Direct,
        &[
            "duplicates",
            "duplicate",
            "dup",
            "dupe",
            "same as",
            "identical (to|with)",
            "same issue as",
        ],
    ),
    (Duplicates, Closing, &["in (favor|favour) of"]),
    (
        DuplicatedBy,
        Direct,
        &["duplicated by", "supersedes", "supercedes", "superseding", "replaces", "obsoletes"],
    ),
    (
        CarriesOut,
        Direct,
        &[
            "(fix|fixes|fixed|fixing)",
            "(fix|fixes) for",
            "(close|closes|closed|closing)",
            "(resolve|resolves|resolved|resolving)",
            "(implement|implements|implemented|implementing)",
            "implementation (of|for)",
            "(address|addresses|addressed|addressing)",
            "(solve|solves|solved|solving)",
            "(complete|completes|completed|completing)",
            "(finish|finishes)",
            "(behebt|schließt|löst|erledigt)",
            "(corrige|ferme|résout)",
        ],
    ),
    (
        CarriedOutBy,
        Loose,
        &[
            "(fixed|closed|resolved|solved|addressed|implemented|done|landed|completed|delivered) (by|in|via|with|through|as)",
            "(behoben|gelöst|erledigt) (durch|mit|in)",
            "(corrigé|résolu) par",
        ],
    ),
    (
        Relates,
        Loose,
        &[
            "(related|relates|relating|relate) to",
            "(related|relates)",
            "see also",
            "part of",
            "parts of",
            "(follow up|followup|follow on) (to|of|for|from|on)",
            "(follow up|followup|follow ups)",
            "(continuation|continues) (of|from)",
            "(split|splits|spun|extracted|separated) (off|out|from)",
            "(split|splits|spun) (off|out) (of|from)",
            "(subtask|sub task|child|subissue|sub issue) of",
            "(contributes|contribution) to",
            "(progress|step|works|work) (towards|toward)",
            "towards",
            "(partially|partly) (fixes|addresses|resolves|implements|closes)",
            "partial fix for",
            "companion (to|for|of|pr|pull)",
            "(gehört zu|siehe auch|teil von|bezieht sich auf)",
            "(voir aussi|lié à|liée à|fait partie de)",
        ],
    ),
    (Relates, Direct, &["(refs|ref|references|xref)", "companion", "continues", "counterpart"]),
    (Relates, Named, &["parent", "epic", "parent (issue|task|story|epic)"]),
    (
        Relates,
        Label,
        &[
            "(tasks|subtasks|sub tasks|sub issues|subissues|children|issues|todo)",
            "linked",
            "links",
            "follow ups",
            "similar",
        ],
    ),
    (
        Mirrors,
        Loose,
        &[
            "(mirror|mirrors|copy) of",
            "(mirrored|synced|synchronized|synchronised) (from|to|with|in|at|on)",
            "(cross|x) posted (from|to|at|on|in)",
            "crossposted (from|to|at|on|in)",
            "(copied|imported|migrated|transferred|moved) (from|to)",
            "originally (reported|filed|opened|created) (at|in|as|on)",
            "(gespiegelt|übernommen) (von|aus|nach)",
        ],
    ),
    (Mirrors, Direct, &["mirrors", "mirroring"]),
    (
        Tracked,
        Loose,
        &[
            "(tracked|tracking) (in|by|at|on|as|with|under|via)",
            "upstream (issue|bug|ticket|report)",
            "(jira|github) (issue|ticket) for this",
        ],
    ),
    (Tracked, Direct, &["(tracks|tracking)", "tracking issue"]),
];

/// The phrases by their first word, the longest first.
static BY_FIRST: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut by_first: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
    for (sense, when, patterns) in PHRASES {
        for words in patterns.iter().flat_map(|pattern| spelled_out(pattern)) {
            let Some(first) = words.first() else { continue };
            by_first.entry(first).or_default().push(Phrase { words, sense: *sense, when: *when });
        }
    }
    for phrases in by_first.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
    }
    by_first
});

/// All that a pattern stands for.
fn spelled_out(pattern: &'static str) -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<&'static str>> = vec![Vec::new()];
    let mut rest = pattern;
    while !rest.is_empty() {
        let (choice, after) = match rest.strip_prefix('(') {
            Some(group) => group.split_once(')').unwrap_or((group, "")),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        rest = after.trim_start();
        all = all
            .iter()
            .flat_map(|words| {
                choice
                    .split('|')
                    .map(|words_here| words.iter().copied().chain(words_here.split(' ')).collect())
            })
            .collect();
    }
    all
}

/// The phrases that these tokens begin with, the longest first, each with how many tokens it takes.
pub fn at<'p>(tokens: &'p [Token<'_>]) -> impl Iterator<Item = (&'static Phrase, usize)> + 'p {
    let first = tokens.first().and_then(|token| match &token.part {
        crate::sentence::Part::Word(word) => BY_FIRST.get(word.as_ref()),
        _ => None,
    });
    first.into_iter().flatten().filter_map(|phrase| Some((phrase, length(phrase, tokens)?)))
}

/// How many tokens a phrase takes that these begin with: "depends heavily on" is "depends on".
fn length(phrase: &Phrase, tokens: &[Token<'_>]) -> Option<usize> {
    let mut at = 0;
    for (number, word) in phrase.words.iter().enumerate() {
        while number > 0 && !tokens.get(at)?.is(word) && tokens[at].is_adverb() {
            at += 1;
        }
        if !tokens.get(at)?.is(word) {
            return None;
        }
        at += 1;
    }
    Some(at)
}
