//! Words that bear on whether a phrase is a statement, and about what.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A set of words in lower case.
pub type Words = LazyLock<HashSet<&'static str>>;

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_ascii_whitespace().collect()
}

/// What stands for the task of the text, and what may stand beside that in a subject: "this PR", "the fix
/// here", "we are currently", "merging this". Of anything else nothing is said of this task.
pub static SELF: Words = LazyLock::new(|| {
    set(
        "in order recommend suggest propose final last biggest remaining considered moving putting prefer this these it it's its that's we we're we've i i'm i'll i've us me my our here issue \
     issues pr prs pull request ticket task bug patch patches change changes work branch \
     story epic feature card one item commit commits mr itself draft implementation \
     implementing merging merge merged progress fix fixes fixing the a an of on for marked \
     marking mark as is are am be being been has have should must will can to so now \
     currently still also only just really actually directly likely probably thus hence \
     partially mainly already temporarily technically effectively sadly unfortunately note \
     fyi status todo wip update edit there think believe guess seems like sounds looks appears hard \
     known closing close closed resolving landing review release full entire whole current \
     obvious exact possibly needs need do does and but however please ok okay yes no since \
     because upstream external main definitely get gets getting put at moment yet first then \
     let's lets want wants ready stay stays kept diese dieser dieses dies das die der wir ich \
     es ist sind wird werden noch aktuell derzeit auch hier cette ce cet c'est nous est sera \
     encore aussi le la tâche",
    )
});

/// What the object of a statement about this task is: "#7 blocks this".
pub static THIS: Words = LazyLock::new(|| set("this it us me here dies dieses uns ceci cela"));

/// What denies.
pub static NOT: Words = LazyLock::new(|| {
    set("not no never without longer neither nor cannot can't don't doesn't didn't isn't aren't \
     wasn't weren't won't wouldn't shouldn't couldn't hasn't haven't needn't mustn't instead \
     rather nicht kein keine mehr pas plus ne n'est jamais nothing")
});

/// What says that it is over.
pub static PAST: Words =
    LazyLock::new(|| set("was were had previously formerly originally used war waren était"));

/// What leaves it open.
pub static PERHAPS: Words = LazyLock::new(|| {
    set("if unless whether might may could would maybe perhaps possible possibly potential \
     potentially suppose supposing assuming wenn falls vielleicht möglicherweise peut si")
});

/// What leaves open all that comes after it in a sentence.
pub static IF: Words = LazyLock::new(|| set("if unless whether falls wenn si"));

/// What a clause begins with that goes on with another subject.
pub static JOINTS: Words = LazyLock::new(|| {
    set("and but so because since as while then however thus hence or that und aber weil dass da \
     et mais car que")
});

/// What a clause begins with that speaks of what came before it.
pub static WHICH: Words = LazyLock::new(|| set("which who whose where welche welcher qui"));

/// What may stand between a phrase and the reference: "blocked by the following PR: #7".
pub static FILLERS: Words = LazyLock::new(|| {
    set("the a an this that these those our my issue issues pr prs pull request requests ticket \
     tickets task tasks jira bug bugs github upstream following other another item items \
     patch patches change changes on by of in from for to with via at both also link number \
     mr commit story epic gh parent work merging landing completion completing resolution \
     resolving merge fix new open is are dependency das den dem die der von le la les un une \
     de du l ensemble see existing related linked first")
});

/// What joins references to a list.
pub static AND: Words = LazyLock::new(|| set("and or und oder et ou plus well as"));

/// What may not stand between a phrase and a reference that it is about: another statement begins.
pub static STOPS: Words = LazyLock::new(|| {
    set("which who but because so is are was were has have had will would can could should not \
     and or then if when while since however it we i they you see like until after before \
     once")
});

/// What comes to be, in "after #7 lands": work that is merged, finished or published.
pub static DONE: Words = LazyLock::new(|| {
    set("merge merged merges merging land lands landed landing done fixed closed closes resolved \
     released release shipped ships complete completed completes finished implemented in \
     available accepted approved deployed goes dealt addressed settled concluded concludes sorted \
     handled stable integrated ready live merges lands gemerged erledigt fertig behoben geschlossen \
     mergée fusionnée terminé")
});

/// What is done with work that comes after other work.
pub static WORK: Words = LazyLock::new(|| {
    set("merge merged merging land landed landing rebase rebased apply applied go goes wait done \
     start started begin begins tackle tackled pick picked change proceed open opens comes review reviewed ready happen submitted undraft update updated \
     continue proceed resume unblock unblocked revisit finish finished mergen gemerged")
});

/// What says that work is meant to be done.
pub static PLAN: Words = LazyLock::new(|| {
    set(
        "should must need needs can will would shall we'll i'll let's going able possible easier required becomes become \
     sense soll sollte muss kann doit peut",
    )
});

/// What a text begins with that tells somebody to do something.
pub static DO: Words = LazyLock::new(|| {
    set("add bump change clean convert delete document drop enable extend fix implement improve \
     make migrate move port refactor release remove rename replace restore revert revisit \
     rewrite switch test update upgrade use")
});

/// What it takes for something to come to be: "until we agree on #7".
pub static COMES: Words = LazyLock::new(|| {
    set("have get merge merging land landing fix fixing resolve resolving finish finishing \
     complete completing one resolves supported agree implement implementing release releasing ship settle decide \
     sort fixes changes support solution outcome decision work")
});

/// What fails or happened: "fails once #7 is merged", "did not happen before #7 landed" speak of #7, not of
/// work that waits for it.
pub static TROUBLE: Words = LazyLock::new(|| {
    set(
        "fail fails failed failing error errors crash crashes crashed break breaks broke broken wrong \
     regressed regression happen happens happened occur occurs reproduce did didn't wasn't \
     weren't hadn't",
    )
});

/// What somebody is asked to do with another task, so that it comes first.
pub static BRING: Words = LazyLock::new(|| {
    set(
        "merge land fix get merging landing finish complete deploy release review need needs implement resolve solve do",
    )
});

/// What has to be.
pub static MUST: Words = LazyLock::new(|| {
    set("must needs need should has have shall required needed muss müssen soll doit")
});

/// What says that work waits.
pub static WAITING: Words = LazyLock::new(|| {
    set("hold holding held wait waiting waits draft blocked block postpone postponed defer \
     deferred delay delayed paused pause suspend suspended table tabled parked park keep leave stuck stalled wartet warten \
     blockiert attendre attente bloqué")
});
