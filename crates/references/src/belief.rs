//! Which kind of link a statement makes, and how far it is believed.

use mainstem_model::LinkKind;

use crate::Site;
use crate::grammar::{Target, Tool};
use crate::phrases::Sense;
use crate::statement::{Manner, Setting};

/// What the name of a branch says.
pub const IMPLEMENTS: (LinkKind, bool) = (LinkKind::Implements, true);

/// How far the name of a branch is believed.
pub const BRANCH: f64 = 0.9;

/// The kind of a statement, and whether it leads from this task to the other.
pub fn kind(sense: Sense, setting: Setting, site: &Site<'_>, target: &Target) -> (LinkKind, bool) {
    let carries_out = setting.carries_out;
    match sense {
        Sense::Blocks => (LinkKind::Blocks, true),
        Sense::BlockedBy => (LinkKind::Blocks, false),
        Sense::Duplicates => (LinkKind::Duplicates, true),
        Sense::DuplicatedBy => (LinkKind::Duplicates, false),
        Sense::CarriesOut if carries_out => (LinkKind::Implements, true),
        // An issue carries out nothing; what a pull request says was done elsewhere is not its work.
        Sense::CarriesOut => (LinkKind::Relates, true),
        Sense::CarriedOutBy if !carries_out => (LinkKind::Implements, false),
        Sense::CarriedOutBy => (LinkKind::Mentions, true),
        Sense::Mirrors if target.tool != site.tool || target.project != site.project => {
            (LinkKind::Mirrors, true)
        }
        Sense::Tracked if target.tool != site.tool => (LinkKind::Mirrors, true),
        Sense::Relates | Sense::Mirrors | Sense::Tracked => (LinkKind::Relates, true),
    }
}

/// How far a statement is believed, by how it is said: no more than `(right + 1) / (all + 2)` of what is
/// read so in the labelled set, which holds that.
pub fn confidence(manner: Manner) -> f64 {
    match manner {
        Manner::Plain => 0.96,
        Manner::Listed => 0.95,
        Manner::Order => 0.92,
        Manner::Apart => 0.8,
        Manner::Possible => 0.6,
    }
}

/// How far it is believed that a reference is one. What looks like a key of Jira may be anything.
pub fn mention(target: &Target) -> f64 {
    match (target.tool, &target.host) {
        (Tool::Jira, None) => 0.75,
        _ => 0.81,
    }
}
