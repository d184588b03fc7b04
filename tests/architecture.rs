//! The map in `crates/README.md` is held against what cargo says: every crate stands on one floor,
//! and an arrow between crates goes strictly down.

use std::collections::BTreeMap;
use std::process::Command;

const MAP: &str = include_str!("../crates/README.md");

/// The floor of each crate, as the table of the architecture document says: rows that begin with
/// `| NUMBER | `. Crates on floor `–` are tools that may use anything and that only tests and the
/// program may use.
fn floors() -> BTreeMap<String, Option<u32>> {
    MAP.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let floor = match cells.next()? {
                "–" => None,
                number => Some(number.parse().ok()?),
            };
            Some(
                cells
                    .next()?
                    .split(',')
                    .map(move |name| (name.trim().trim_matches('`').to_owned(), floor))
                    .collect::<Vec<_>>(),
            )
        })
        .flatten()
        .collect()
}

/// The arrows between crates of the workspace, by folder name, development dependencies left out.
fn arrows() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let folder = |name: &str| name.strip_prefix("mainstem-").unwrap_or(name).to_owned();
    let mut arrows = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["path"].is_string() && dependency["kind"].as_str() != Some("dev") {
                arrows.push((
                    folder(package["name"].as_str().unwrap()),
                    folder(dependency["name"].as_str().unwrap()),
                ));
            }
        }
    }
    arrows
}

#[test]
fn every_crate_is_on_the_map() {
    let floors = floors();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(
                floors.contains_key(&name),
                "crates/README.md does not tell the floor of {name}"
            );
        }
    }
}

#[test]
fn arrows_go_strictly_down() {
    let floors = floors();
    let arrows = arrows();
    assert!(arrows.len() > 10, "cargo metadata shows {} arrows", arrows.len());
    for (from, to) in arrows {
        let (Some(&upper), Some(&lower)) = (floors.get(&from), floors.get(&to)) else {
            panic!("crates/README.md does not show {from} or {to}");
        };
        match (upper, lower) {
            (Some(upper), Some(lower)) => {
                assert!(upper > lower, "{from} (floor {upper}) must not use {to} (floor {lower})");
            }
            // The program starts the sandbox for its demo; nothing else does.
            (Some(_), None) => assert_eq!((from.as_str(), to.as_str()), ("server", "sandbox")),
            (None, _) => {}
        }
    }
}
