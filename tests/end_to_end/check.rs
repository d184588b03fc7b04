//! `check`, and what every command says of a configuration that is wrong.

use super::program::{Program, configuration};

const SITE: &str = "https://api.github.com";
const DATABASE: &str = "sqlite://mainstem.db";

#[test]
fn a_good_configuration_is_said_to_be_good() {
    let program = Program::reading(SITE, DATABASE);
    let said = program.must(&["check"]);
    assert!(said.contains("configuration: good, 1 sources declared"), "{said}");
    assert!(said.contains("calendar: monday, tuesday"), "{said}");
    assert!(!program.folder().join("mainstem.db").exists(), "checking changes nothing");
}

#[test]
fn each_fault_is_refused_by_name() {
    let good = configuration(SITE, DATABASE);
    let second = good.split_once("[[sources]]").unwrap().1;
    let table = [
        (good.replace("listen =", "lisen ="), "lisen"),
        (good.replace("poll_interval_seconds =", "poll_seconds ="), "poll_seconds"),
        (good.replace("owner =", "ownr ="), "ownr"),
        (good.replace("\"GITHUB_TOKEN\"", "\"ABSENT_TOKEN\""), "ABSENT_TOKEN"),
        (good.replace("env = \"GITHUB_TOKEN\"", "file = \"absent.txt\""), "absent.txt"),
        (good.replace(SITE, "api.github.com"), "base_url"),
        (good.replace(SITE, "http://user:pass@github.test"), "base_url"),
        (good.replace(DATABASE, "mysql://somewhere/db"), "database.url"),
        (good.replace(DATABASE, "sqlite://no/such/folder/mainstem.db"), "database.url"),
        (good.replace("127.0.0.1:0", "localhost"), "listen"),
        (good.replace("\"github\"", "\"gitlab\""), "gitlab"),
        (good.replace("= 60", "= 1"), "poll_interval_seconds"),
        (format!("{good}[[sources]]{second}"), "\"acme\""),
        (good.replace("owner = \"acme\"", "repositories = [\"acme\"]"), "repositories"),
        (good.replace("kind = \"token\"", "kind = \"password\""), "password"),
        (good.replace("= 60", "= \"60\""), "a whole number"),
        (good.replace("{ kind = \"token\", env = \"GITHUB_TOKEN\" }", "\"x\""), "a table such as"),
        ("sources = 5".to_owned(), "a list"),
        ("[database".to_owned(), "line 1"),
    ];
    for (configuration, named) in table {
        expect_refusal(&configuration, &["check"], named);
    }
}

#[test]
fn nothing_starts_with_a_fault() {
    let configuration =
        configuration(SITE, DATABASE).replace("\"GITHUB_TOKEN\"", "\"ABSENT_TOKEN\"");
    for command in [&["sync", "--once"][..], &["serve"], &["work"]] {
        expect_refusal(&configuration, command, "ABSENT_TOKEN");
    }
}

fn expect_refusal(configuration: &str, command: &[&str], named: &str) {
    let ended = Program::configured(configuration).run(command);
    assert_eq!(ended.code, Some(2), "{command:?} {named}: {ended:?}");
    assert!(ended.stderr.contains(named), "{command:?} {named}: {ended:?}");
    assert_eq!(ended.stdout, "", "{command:?} {named}");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let program = Program::reading(SITE, "sqlite://notes.txt");
    std::fs::write(program.folder().join("notes.txt"), "These are notes, and no database. ")
        .unwrap();
    for command in [&["check"][..], &["source", "list"]] {
        let ended = program.run(command);
        assert_ne!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stderr.contains("database.url: notes.txt cannot be opened"), "{ended:?}");
    }
}

#[test]
fn the_secrets_of_sources_that_the_command_line_added_are_checked_too() {
    let program = Program::configured("");
    let add = ["source", "add", "--set", "owner=acme", "--name"];
    let sealed =
        program.run_with("a secret", &[&add[..], &["sealed", "--credential-stdin"]].concat());
    assert_eq!(sealed.code, Some(0), "{sealed:?}");
    program.must(&["check"]);
    program.must(&[&add[..], &["elsewhere", "--credential-env", "ABSENT_TOKEN"]].concat());
    std::fs::remove_file(program.folder().join("mainstem.key")).unwrap();
    let ended = program.run(&["check"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for named in ["\"sealed\"", "mainstem.key", "\"elsewhere\"", "ABSENT_TOKEN"] {
        assert!(ended.stderr.contains(named), "{named}: {ended:?}");
    }
    program.must(&["source", "pause", "elsewhere"]);
    program.must(&["source", "pause", "sealed"]);
    program.must(&["check"]);
}

#[test]
fn all_faults_are_said_at_once() {
    let configuration = configuration("api.github.com", "mysql://somewhere/db")
        .replace("\"GITHUB_TOKEN\"", "\"ABSENT_TOKEN\"");
    let ended = Program::configured(&configuration).run(&["check"]);
    for named in ["base_url", "ABSENT_TOKEN", "database.url"] {
        assert!(ended.stderr.contains(named), "{named}: {ended:?}");
    }
}

#[test]
fn the_schema_is_the_one_in_the_repository() {
    let kept = include_str!("../../schema/schema.graphql");
    assert_eq!(Program::configured("").must(&["schema"]), kept);
}
