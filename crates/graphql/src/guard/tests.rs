#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::coercion::Variables;
use crate::document::Documents;
use crate::plan::Plan;

/// Documents that stop or hold a parser or a validator, each with what the guard says of it.
fn hostile() -> Vec<(&'static str, String, Refusal)> {
    let nest =
        |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    let bomb = |levels: usize, spreads: usize| {
        let mut text = String::from("{...f0}");
        for level in 0..levels {
            let next = format!("...f{} ", level + 1).repeat(spreads);
            text.push_str(&format!("fragment f{level} on Query{{{next}}}"));
        }
        text + &format!("fragment f{levels} on Query{{__typename}}")
    };
    let cycles: String = (0..5_000).map(|n| format!("fragment f{n} on Query{{...f{n}}}")).collect();
    vec![
        ("list literal", format!("{{node(id:{})}}", nest("[", "]", 2_000)), Refusal::TooDeep),
        (
            "object literal",
            format!("{{tasks(filter:{})}}", nest("{not:", "}", 1_300)),
            Refusal::TooDeep,
        ),
        (
            "variable default",
            format!("query($a:Int={}){{a}}", nest("[", "]", 1_000)),
            Refusal::TooDeep,
        ),
        (
            "directive argument",
            format!("{{a@include(if:{})}}", nest("[", "]", 1_000)),
            Refusal::TooDeep,
        ),
        ("unknown field", format!("{{zzz(a:{})}}", nest("[", "]", 1_000)), Refusal::TooDeep),
        ("bomb 8 × 10", bomb(8, 10), Refusal::TooManySelections),
        ("bomb 22 × 3", bomb(22, 3), Refusal::TooManySelections),
        ("bomb 22 × 2", bomb(22, 2), Refusal::TooManySelections),
        ("5,000 cyclic fragments", cycles, Refusal::TooLarge),
        (
            "a cycle",
            "{a}fragment a on Q{...b}fragment b on Q{...a}".into(),
            Refusal::FragmentCycle("a".into()),
        ),
        (
            "a fragment of itself",
            "{...a}fragment a on Q{...a}".into(),
            Refusal::FragmentCycle("a".into()),
        ),
        (
            "a fragment twice",
            "{...a}fragment a on Q{b}fragment a on Q{...a}".into(),
            Refusal::DuplicateFragment,
        ),
        (
            "65 fragments",
            (0..65).map(|n| format!("fragment f{n} on Q{{a}}")).collect(),
            Refusal::TooManyFragments,
        ),
        ("deep selections", nest("{a", "}", 10_000), Refusal::TooDeep),
        (
            "deep type",
            format!("query($a:{}){{a}}", "[".repeat(1_000) + "Int" + &"]".repeat(1_000)),
            Refusal::TooDeep,
        ),
        (
            "aliases",
            format!("{{{}}}", (0..101).map(|n| format!("a{n}:viewer ")).collect::<String>()),
            Refusal::TooManyAliases,
        ),
        ("20,000 aliases", format!("{{{}}}", "a:b ".repeat(16_000)), Refusal::TooManyTokens),
        ("50,000 fields", format!("{{{}}}", "a ".repeat(30_000)), Refusal::TooManyTokens),
        ("directives", format!("{{a{}}}", "@skip(if:false)".repeat(6)), Refusal::TooManyDirectives),
        (
            "directives of an operation",
            format!("query{}{{a}}", " @a".repeat(6)),
            Refusal::TooManyDirectives,
        ),
        (
            "directives of a variable",
            format!("query($a:Int{}){{a}}", " @a".repeat(6)),
            Refusal::TooManyDirectives,
        ),
        ("100,000 directives", format!("{{a{}}}", "@b".repeat(30_000)), Refusal::TooManyDirectives),
        (
            "10,000 operations",
            (0..3_000).map(|n| format!("query q{n}{{a}}")).collect(),
            Refusal::TooManyOperations,
        ),
        ("anonymous operations", "{a}".repeat(21), Refusal::TooManyOperations),
        ("an open string", "{a(b:\"".into(), Refusal::Unreadable(5)),
        ("a string over two lines", "{a(b:\"x\ny\")}".into(), Refusal::Unreadable(5)),
        ("an open block string", "{a(b:\"\"\"x\\\"\"\")}".into(), Refusal::Unreadable(5)),
        ("a number that runs on", "{a(b:1...c)}".into(), Refusal::Unreadable(7)),
        ("a number with a zero before it", "{a(b:[01])}".into(), Refusal::Unreadable(6)),
        ("a number with two signs", "{a(b:--1)}".into(), Refusal::Unreadable(6)),
        ("a control character", "{a\0}".into(), Refusal::Unreadable(2)),
        (
            "an input field twice",
            "{a(b:{c:1,d:{c:1},c:2})}".into(),
            Refusal::DuplicateInputField("c".into()),
        ),
        (
            "an input field twice in a default",
            "query($a:B={c:1 c:2}){a}".into(),
            Refusal::DuplicateInputField("c".into()),
        ),
    ]
}

#[test]
fn hostile_documents_are_refused() {
    for (name, document, refusal) in hostile() {
        assert_eq!(check(&document), Err(refusal), "{name}");
    }
}

#[test]
fn the_deepest_filter_that_passes_is_read_on_a_small_stack() {
    for (open, close) in [("{not:", "}"), ("{and:[", "]}"), ("{assignees:{some:{and:[", "]}}}")] {
        let depth = 40 / close.len();
        let filter = format!("{}{{}}{}", open.repeat(depth), close.repeat(depth));
        let document = format!("{{tasks(filter:{filter}){{totalCount}}}}");
        assert_eq!(check(&document), Ok(()));
        survives(document).unwrap();
    }
}

#[test]
fn expansion_counts_each_spread() {
    let document = |spreads: usize| {
        let body = "a ".repeat(100);
        format!("{{{}}}fragment f on Q{{{body}}}", "...f ".repeat(spreads))
    };
    assert_eq!(check(&document(49)), Ok(()));
    assert_eq!(check(&document(50)), Err(Refusal::TooManySelections));
}

#[test]
fn aliases_count_once_fragments_are_written_out() {
    let document =
        |spreads: usize| format!("{{{}}}fragment f on Q{{a:b}}", "...f ".repeat(spreads));
    assert_eq!(check(&document(100)), Ok(()));
    assert_eq!(check(&document(101)), Err(Refusal::TooManyAliases));
}

#[test]
fn brackets_in_strings_and_comments_do_not_count() {
    let many = "[{(".repeat(60);
    for document in [
        format!("{{a(b:\"{many}\")}}"),
        format!("{{a(b:\"\\\"{many}\")}}"),
        format!("{{a(b:\"\"\"{many}\n\\\"\"\"{many}\"\"\")}}"),
        format!("{{a # {many}\n}}"),
        format!("\u{feff}{{a(b:\"\", c:\"\"\"\"\"\") # {many}\r}}"),
    ] {
        assert_eq!(check(&document), Ok(()), "{document}");
    }
}

#[test]
fn the_widest_allowed_document_passes() {
    let fields = "a ".repeat(3_990);
    assert_eq!(check(&format!("{{{fields}}}")), Ok(()));
    assert_eq!(check(&format!("{}a{}", "{a".repeat(48), "}".repeat(48))), Ok(()));
    assert_eq!(check(&format!("{{a{}}}", " @b".repeat(5))), Ok(()));
}

/// Pieces that make documents which look like GraphQL from afar.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just("...".to_owned()),
        Just(" on ".to_owned()),
        Just("query ".to_owned()),
        Just("fragment ".to_owned()),
        Just("\"".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("\\".to_owned()),
        Just("#".to_owned()),
        Just("\n".to_owned()),
        Just(":".to_owned()),
        Just("$a".to_owned()),
        Just("@skip(if:true)".to_owned()),
        Just(" tasks ".to_owned()),
        Just(" nodes ".to_owned()),
        Just(" Task ".to_owned()),
        Just(" f ".to_owned()),
        Just("1.5e3".to_owned()),
        Just("-".to_owned()),
        Just("é".to_owned()),
        "[ -~]{0,4}",
    ]
}

/// Documents that are mostly well formed: nested fields, fragments, arguments.
fn document() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        Just("id".to_owned()),
        Just("a: key".to_owned()),
        Just("...f".to_owned()),
        Just("... on Task { id }".to_owned()),
        Just("tasks(first: 5, filter: {or: [{key: {eq: \"{[(\"}}]}) { totalCount }".to_owned()),
    ];
    let selection = field.prop_recursive(60, 400, 6, |inner| {
        prop::collection::vec(inner, 1..6).prop_map(|all| format!("nodes {{ {} }}", all.join(" ")))
    });
    (prop::collection::vec(selection, 1..4), prop::collection::vec(piece(), 0..3)).prop_map(
        |(fields, noise)| {
            format!("{{ {} }} fragment f on Task {{ id {} }}", fields.join(" "), noise.concat())
        },
    )
}

/// Whatever the guard lets through is parsed, validated and planned on a small stack without harm.
fn survives(text: String) -> Result<(), TestCaseError> {
    if check(&text).is_ok() {
        let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
        let parsed = small.spawn(move || {
            static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| Documents::new().unwrap());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let Ok(document) = runtime.block_on(DOCUMENTS.read(&text)) else { return };
            for (_, operation) in document.operations.iter() {
                let _ =
                    Plan::new(DOCUMENTS.types(), &document, &operation.node, &Variables::default());
            }
        });
        prop_assert!(parsed.unwrap().join().is_ok());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_checked_without_panic(text in "\\PC{0,200}") {
        let _ = check(&text);
    }

    #[test]
    fn accepted_noise_parses(pieces in prop::collection::vec(piece(), 0..80)) {
        survives(pieces.concat())?;
    }

    #[test]
    fn accepted_documents_parse(text in document()) {
        survives(text)?;
    }
}
