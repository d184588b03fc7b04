use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use super::documents::document;
use super::{round_trip, without_item_ids};
#[test]
fn survey() {
    let mut runner = TestRunner::default();
    let strategy = document();
    let mut failures = Vec::new();
    for _ in 0..1000 {
        let tree = strategy.new_tree(&mut runner).unwrap();
        for block in tree.current()["content"].as_array().unwrap() {
            let document = super::doc(vec![block.clone()]);
            let (markdown, back) = round_trip(&document);
            let back = without_item_ids(back);
            if back != document { failures.push((document.to_string(), markdown, back.to_string())); }
        }
    }
    report(failures);
}
fn report(mut failures: Vec<(String, String, String)>) {
    failures.sort_by_key(|f| f.0.len());
    println!("{} failures", failures.len());
    for f in failures.iter().take(12) { println!("DOC {}\nMD  {:?}\nGOT {}\n", f.0, f.1, f.2); }
    assert!(failures.is_empty());
}
#[test]
fn survey_wiki() {
    use super::super::wiki;
    let mut runner = TestRunner::default();
    let strategy = super::wiki::block(1);
    let mut failures = Vec::new();
    for _ in 0..1200 {
        let document = vec![strategy.new_tree(&mut runner).unwrap().current()];
        let markup = wiki::write(&document);
        let back = wiki::read(&markup);
        let j = |d: &Vec<super::super::node::Node>| serde_json::to_string(d).unwrap();
        if back != document { failures.push((j(&document), markup, j(&back))); continue; }
        let markdown = wiki::to_markdown(&markup);
        let again = wiki::from_markdown(&markdown);
        if again != markup { failures.push((markup, markdown, again)); }
    }
    report(failures);
}
