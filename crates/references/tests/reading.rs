//! What is read, case by case: grammar of each tool, phrases, direction, and what states nothing.

mod support;

use mainstem_references::{MOST_QUOTE_CHARACTERS, MOST_REFERENCES, Place};
use support::{branch, commit, issue, jira, mail, pull_request, said, title};

/// Compares what is read of each text: `B<` blocked by, `B>` blocks, `D>` duplicates, `I>` implements,
/// `R` relates, `X` mirrors, `M` mentions; `#7` is a task of `acme/api`.
fn check(read: impl Fn(&str) -> Vec<mainstem_references::Reference>, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let read = said(&read(text));
            (read != *expected)
                .then(|| format!("{text:?}\n  read     {read:?}\n  expected {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn names_follow_the_grammar_of_their_tool() {
    check(
        issue,
        &[
            ("see #12", "M#12"),
            ("see GH-12 and acme/web#3.", "M#12 Macme/web#3"),
            ("see PR#12", "M#12"),
            ("https://github.com/acme/web/issues/3#issuecomment-1", "Macme/web#3"),
            ("https://github.com/acme/web/pull/3/files", "Macme/web#3"),
            ("https://git.acme.example:8443/acme/web/pull/3", "Macme/web#3"),
            ("ENG-42, ENG-43/ENG-44 and (OPS_2-7)", "MENG-42 MENG-43 MENG-44 MOPS_2-7"),
            ("ENG-42's fix; **ENG-43**; “ENG-44”; 见ENG-45。", "MENG-42 MENG-43 MENG-44 MENG-45"),
            ("https://acme.atlassian.net/browse/eng-42?focusedCommentId=7", "MENG-42"),
            (
                "https://acme.atlassian.net/jira/software/c/projects/ENG/boards/1?selectedIssue=ENG-42",
                "MENG-42",
            ),
            ("[the task](https://acme.atlassian.net/browse/ENG-42)", "MENG-42"),
            ("answered in support:1f0e5a77b2", "Msupport:1f0e5a77b2"),
            // Neither words, colours, versions, paths, identifiers, nor the addresses of others.
            ("a#12 ##12 #12a #0 #012 #ff0000 x/#12 &#39; # 12", ""),
            ("eng-42 ENG-0 ENG-042 E-1 ENG-42a XENG-42x-1 ÄENG-42 ENG-42-1 ENG-42.patch", ""),
            ("CVE-2024-1234 src/ENG-42/main.rs feature/ENG-42-login $ENG-42 user@ENG-42", ""),
            ("https://example.com/ENG-42 https://gitlab.com/acme/web/-/issues/3", ""),
            ("[ENG-42](https://example.com/) [#12](https://bugs.example.com/12)", ""),
            ("acme/web@1f0e5a7 acme/web/issues#3 -acme/web#3", ""),
            ("`#12` and\n\n```\nblocked by #13\n```\n\n    #14\n\n<code>#15</code>", ""),
            ("> blocked by #12\n\nno", ""),
            ("<!-- closes #12 -->\nFixes #(issue)", ""),
        ],
    );
    check(jira, &[("ENG-42 and #12 and acme/api#7", "MENG-42 M#7")]);
    check(
        mail,
        &[
            ("    blocked by ENG-42\n> blocked by ENG-43\n", "B<ENG-42"),
            ("On Monday somebody wrote:\n> ENG-42 is down\n\n#12", ""),
        ],
    );
}

#[test]
fn what_blocks_is_told_with_its_direction() {
    check(
        issue,
        &[
            ("Blocked by #12", "B<#12"),
            ("This is currently blocked on acme/web#3.", "B<acme/web#3"),
            ("blocked-by: ENG-1, ENG-2 and acme/web#7", "B<ENG-1 B<ENG-2 B<acme/web#7"),
            ("We are waiting for #12 to be merged.", "B<#12"),
            ("Depends on the patch in #12", "B<#12"),
            ("Blocked by `the lock` in #12", "B<#12"),
            ("Requires #12", "B<#12"),
            ("It needs #12 first", "B<#12"),
            ("On hold until #12 lands.", "B<#12"),
            ("We can't start until #12 is done.", "B<#12"),
            ("Should not be merged before #12.", "B<#12"),
            ("To be merged after #12 is merged.", "B<#12"),
            ("Can be merged once #12 lands.", "B<#12"),
            ("This blocks #12", "B>#12"),
            ("is blocking #12", "B>#12"),
            ("Unblocks #12", "B>#12"),
            ("Prerequisite for #12 and #13", "B>#12 B>#13"),
            ("Must be merged before #12", "B>#12"),
            ("#12 blocks this", "B<#12"),
            ("#12 is blocking us", "B<#12"),
            ("#12 is a blocker", "B<#12"),
            ("#12 is blocked by this", "B>#12"),
            ("#12 depends on this one", "B>#12"),
            (
                "## Blocked by\n\n- #12: the login\n- [x] ENG-3\n- nothing like #14",
                "B<#12 B<ENG-3 M#14",
            ),
            ("**Depends on:**\n- https://github.com/acme/web/pull/3", "B<acme/web#3"),
            ("| Blocked by | #12 |\n|---|---|\n| Depends on | #13 |", "B<#13 M#12"),
            ("wird blockiert durch #12", "B<#12"),
            ("hängt ab von ENG-42", "B<ENG-42"),
            ("Bloqué par #12, dépend de #13", "B<#12 B<#13"),
            ("en attente de ENG-42", "B<ENG-42"),
        ],
    );
}

#[test]
fn an_order_of_work_is_told() {
    check(
        issue,
        &[
            ("This work depends heavily on #12 being done.", "B<#12"),
            ("essentially requires #12", "B<#12"),
            ("Work has started but requires the changes from #12.", "B<#12"),
            ("Needs the endpoint from #12.", "B<#12"),
            ("Pending the outcome of the discussion in #12", "B<#12"),
            ("This assumes #12 is merged.", "B<#12"),
            ("Held up by #12, stuck on #13", "B<#12 B<#13"),
            ("Not possible without #12.", "B<#12"),
            ("On hold until we agree on a solution to #12", "B<#12"),
            ("Will pick this up after #12", "B<#12"),
            ("Fix the export after #12 is resolved", "B<#12"),
            ("Once #12 is dealt with, the guide should be changed.", "B<#12"),
            ("#12 must land first.", "B<#12"),
            ("#12 needs to be merged before this one", "B<#12"),
            ("First merge #12, then this.", "B<#12"),
            ("First merge #12", "B<#12"),
            ("We need to get #12 in first", "B<#12"),
            ("#12 can't be merged until this is.", "B>#12"),
            ("#12 will be changed once this is resolved", "B>#12"),
            ("A prerequisite for this is #12", "B<#12"),
            ("The only blocker for the release: #12", "B<#12"),
            ("#12 changes the schema. That PR needs to be merged first!", "B<#12"),
            ("The plan in #12 is good.\nThis depends on that issue.", "B<#12"),
            ("Blocked: #12", "B<#12"),
            ("After #12 is integrated we need to drop the old calls", "B<#12"),
            ("After #12 done, we should revert it.", "B<#12"),
            ("Revisit the changes of #5 when #12 is fixed", "B<#12 M#5"),
            ("#12 needs to be completed in order to support this.", "B<#12"),
            ("I suggest you merge #12 first and then this", "B<#12"),
            ("Let's get this in before we merge #12", "B>#12"),
            ("It sends them directly, which unblocks #12.", "B>#12"),
            ("This stacks on #12", "B<#12"),
            ("Before #12 can be tried, we need a plan.", "B>#12"),
            ("* this one (depends on the two below)\n* #12\n* #13\n\nSee #14", "B<#12 B<#13 M#14"),
            ("#12\n\nOnce we have this bug fixed, we will move on", "B<#12"),
            ("Added #12 as one of the blockers.", "B<#12"),
            ("Requires the new table (#12) and the progress bar (#13)", "B<#12 B<#13"),
            ("Upgrade beyond 16.1 blocked by #12", "B<#12"),
            ("If nobody objects, I'll start after #12 is merged", "B<#12"),
            ("If #5 goes in it is free of conflicts so let's merge after #12", "B<#12 M#5"),
            ("## Blocked by\n- [ ] the endpoint #12\n- [ ] the schema (#13)", "B<#12 B<#13"),
        ],
    );
}

#[test]
fn what_came_before_or_fails_is_no_order_of_work() {
    check(
        issue,
        &[
            ("The test fails once #12 is merged.", "M#12"),
            ("Users will see an error once #12 is released.", "M#12"),
            ("once #12 gets merged that will be the new one", "M#12"),
            ("Fix #12 so that we can sleep", "R#12"),
            ("First fix #12, then the rest", "R#12"),
            ("It did not happen before #12 landed.", "M#12"),
            ("This doesn't occur without #12", "M#12"),
            ("requires Node 18 (#12)", "M#12"),
            ("#12 is fine\n\nOnce we have this bug fixed, we will move on", "M#12"),
            ("The deployment of the old one is blocked by #12", "M#12"),
            ("It is old, before #12 is fixed so it does not know", "M#12"),
            ("depends on #12 (#13)", "B<#12 M#13"),
            ("Fails after #12 is applied", "M#12"),
            ("This happened before #12 was merged.", "M#12"),
            ("See #12 before merging.", "M#12"),
            ("As a workaround until #12 is fixed, set the flag.", "M#12"),
            ("I saw #12 first", "M#12"),
            ("We don't need #12 first", "M#12"),
            ("Can you merge #12 first?", "M#12"),
            ("the pending #12 drops it", "M#12"),
            ("Depending on #12, this may be moot.", "M#12"),
            ("Fix the blocking bug in #12", "M#12"),
            ("The wait for #12 is over", "M#12"),
            ("#5 (blocked by #6)", "M#5 M#6"),
            ("blocked by #12, see also #13", "B<#12 R#13"),
            ("See #12 and #13. This depends on that one.", "M#12 M#13"),
            ("## Blocked by\n- the step which needs #12", "M#12"),
        ],
    );
}

#[test]
fn what_is_denied_asked_over_or_said_of_others_is_a_mention() {
    check(
        issue,
        &[
            ("This is not blocked by #12", "M#12"),
            ("no longer blocked by #12", "M#12"),
            ("Blocked by #12 no longer.", "M#12"),
            ("It doesn't depend on #12.", "M#12"),
            ("It was blocked by #12, which is fixed now", "M#12"),
            ("unblocked by #12", "M#12"),
            ("Is this blocked by #12?", "M#12"),
            ("If this were blocked by #12 we would know", "M#12"),
            ("This might be blocked by #12", "M#12"),
            ("ENG-5 is blocked by ENG-6", "MENG-5 MENG-6"),
            ("#5 is ready and blocks #6", "M#5 M#6"),
            ("The login, which depends on #12, is broken", "M#12"),
            ("The second step depends on #12", "M#12"),
            ("~~Blocked by #12~~", "M#12"),
            ("Do not write \"blocked by #12\" here", "M#12"),
            ("After #12 was merged the build broke", "M#12"),
            ("not a duplicate of #12", "M#12"),
            ("Use #12 instead of #13", "M#12 M#13"),
            ("I ran into #12 before", "M#12"),
        ],
    );
    check(pull_request, &[("This does not fix #12", "M#12"), ("Does this fix #12?", "M#12")]);
}

#[test]
fn other_kinds_are_told() {
    check(
        issue,
        &[
            ("Duplicate of #12", "D>#12"),
            ("dupe of ENG-3", "D>ENG-3"),
            ("#12 is a duplicate of this", "D<#12"),
            ("Closing in favor of #12", "D>#12"),
            ("I am in favor of #12", "M#12"),
            ("Possible duplicate of #12", "R#12"),
            ("Fixes #12", "R#12"),
            ("Fixed by acme/web#3", "I<acme/web#3"),
            ("Related to #12; see also ENG-3", "R#12 RENG-3"),
            ("Part of #12", "R#12"),
            ("- [ ] #12\n- [x] the rest of #13", "R#12 M#13"),
            ("Mirror of ENG-42", "XENG-42"),
            ("Tracked in https://acme.atlassian.net/browse/ENG-42", "XENG-42"),
            ("Tracked in #12", "R#12"),
            ("Duplikat von #12, siehe auch #13", "D>#12 R#13"),
            ("Doublon de #12", "D>#12"),
            // The strongest statement of a kind, and no mention beside it.
            ("#12 again. Blocked by #12. Related to #12. #12", "B<#12 R#12"),
        ],
    );
    check(
        pull_request,
        &[
            ("Fixes #12, closes ENG-3", "I>#12 I>ENG-3"),
            ("Resolves: https://github.com/acme/web/issues/3", "I>acme/web#3"),
            ("Implements ENG-3", "I>ENG-3"),
            ("Based on #12", "B<#12"),
            ("Partially fixes #12", "R#12"),
            ("Behebt #12", "I>#12"),
        ],
    );
    check(
        jira,
        &[(
            "Depends on ENG-1. Synced from https://github.com/acme/web/issues/3",
            "B<ENG-1 Xacme/web#3",
        )],
    );
}

#[test]
fn titles_branches_and_commits_say_what_they_carry_out() {
    check(
        title,
        &[
            ("ENG-42: log in", "I>ENG-42"),
            ("[ENG-42][ENG-43] log in", "I>ENG-42 I>ENG-43"),
            ("fix(ENG-42): log in", "I>ENG-42"),
            ("Log in (ENG-42)", "I>ENG-42"),
            ("Revert ENG-42", "MENG-42"),
            ("Log in as ENG-42 says", "MENG-42"),
            ("Backport: log in (#12)", "M#12"),
        ],
    );
    check(
        branch,
        &[
            ("feature/ENG-42-login", "I>ENG-42"),
            ("eng-42-login", "I>ENG-42"),
            ("12-fix-login", "I>#12"),
            ("ann/12-fix", ""),
            ("2024-10-release", ""),
            ("main", ""),
        ],
    );
    check(
        commit,
        &[
            ("Log in (#12)\n\nFixes: ENG-42\nRefs: #13", "I>ENG-42 R#13"),
            ("ENG-42 log in", "I>ENG-42"),
            ("Log in\n\nJira: ENG-42", "I>ENG-42"),
            ("Merge pull request #12 from acme/login\n\nLog in", ""),
            (
                "Log in\n\nThis needs the table of the users, which only comes to be with\n#13, so it depends\non #14.",
                "B<#14 M#13",
            ),
        ],
    );
}

#[test]
fn evidence_is_the_sentence_in_plain_words() {
    for (text, expected) in [
        (
            "First. This is **blocked** by [that](https://github.com/acme/web/pull/3). Last.",
            "This is blocked by that.",
        ),
        ("## Blocked by\n\n- #12: the login", "Blocked by: #12: the login"),
        ("Title\nhere is #12", "here is #12"),
    ] {
        assert_eq!(issue(text)[0].quote, expected, "{text:?}");
    }
    let long = format!("{}blocked by #12 {}", "before ".repeat(100), "after ".repeat(100));
    let quote = &issue(&long)[0].quote;
    assert!(quote.chars().count() <= MOST_QUOTE_CHARACTERS);
    assert!(quote.contains(" blocked by #12 after "), "{quote}");
    assert!(long.contains(quote));
}

#[test]
fn a_host_is_told_where_the_words_name_it() {
    let host = |text: &str| issue(text)[0].target.host.clone();
    assert_eq!(host("#12").as_deref(), Some("github.com"));
    assert_eq!(host("acme/web#3"), None);
    assert_eq!(host("ENG-42"), None);
    assert_eq!(
        host("ENG-42 https://Jira.acme.example/browse/ENG-42").as_deref(),
        Some("jira.acme.example")
    );
    let two = "https://one.example/browse/ENG-42 https://two.example/browse/ENG-42";
    assert_eq!(issue(two).len(), 2);
}

#[test]
fn no_more_than_so_many_are_told() {
    let text: String = (1..=MOST_REFERENCES + 500).map(|number| format!("#{number} ")).collect();
    let read = issue(&text);
    assert_eq!(read.len(), MOST_REFERENCES);
    assert_eq!(read[0].target.key, "acme/api#1");
    assert!(support::read_in("jira", Place::Body, false, "").is_empty());
}
