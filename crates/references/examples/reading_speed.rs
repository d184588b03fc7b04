//! How long a mebibyte of hostile text takes to read, and of ordinary text:
//! `cargo run --release --package mainstem-references --example reading_speed`.

#![allow(clippy::print_stdout, reason = "an example that prints figures")]

use std::time::Instant;

use mainstem_references::{Place, Site, Text, Tool, read};

const MEBIBYTE: usize = 1 << 20;

const PIECES: &[&str] = &[
    "The login fails for everybody whose name has a dot, see #12. This is blocked by ENG-42 for now.\n\n",
    "#",
    "-",
    "[",
    "`",
    "> ",
    ">",
    "- ",
    "*",
    "~~",
    "<",
    "<!--",
    "|",
    "\"",
    "ENG-1/",
    "https://a/(",
    "[a](",
    "blocked by ENG-1 ",
    "blocked by ENG-1\n",
    "until ",
    "- [ ] #1\n",
    "# Blocked by\n",
];

fn main() {
    let site = Site { tool: Tool::GitHub, host: "github.com", project: "acme/api" };
    for piece in PIECES {
        let text = piece.repeat(MEBIBYTE / piece.len());
        let start = Instant::now();
        let found =
            read(&Text { place: Place::Body, text: &text, site, pull_request: false }).len();
        println!("{:7.1} ms  {found:4} references  {piece:?}", start.elapsed().as_secs_f64() * 1e3);
    }
}
