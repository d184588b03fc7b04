//! Installs what the tests need beyond the Rust toolchain: PostgreSQL and Dovecot. On Debian and Ubuntu
//! with apt-get, after saying so; elsewhere it names what is missing and fails.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::tasks::{run, say};

/// The oldest PostgreSQL that Mainstem supports.
const OLDEST: u32 = 15;

/// What to do where no PostgreSQL can be installed from here.
const POSTGRESQL_BY_HAND: &str = "the tests need PostgreSQL 15 or newer (initdb, pg_ctl, postgres): install it, \
     name its folder of programs in MAINSTEM_TEST_POSTGRES_BIN, or set MAINSTEM_TEST_POSTGRES_URL to a \
     server where databases may be created";

/// What to do where no Dovecot can be installed from here.
const DOVECOT_BY_HAND: &str =
    "the tests need Dovecot 2.3 (dovecot with its IMAP server) and openssl: install them";

/// Makes sure that `initdb` and `pg_ctl` of version 15 or newer are installed. The tests start a
/// server of their own with them; a server that is running already is left alone.
pub fn postgresql() -> anyhow::Result<()> {
    if std::env::var_os("MAINSTEM_TEST_POSTGRES_URL").is_some() || installed() {
        return Ok(());
    }
    install("postgresql").context(POSTGRESQL_BY_HAND)?;
    if !installed() {
        bail!(
            "`apt-get install postgresql` brought no PostgreSQL of version {OLDEST}; {POSTGRESQL_BY_HAND}"
        );
    }
    Ok(())
}

/// Makes sure that `dovecot` is installed. The tests start servers of their own with it, as an ordinary
/// user.
pub fn dovecot() -> anyhow::Result<()> {
    let is_there = || {
        let imap = [
            "/usr/lib/dovecot/imap",
            "/usr/libexec/dovecot/imap",
            "/usr/local/libexec/dovecot/imap",
        ];
        imap.iter().any(|path| Path::new(path).is_file()) && on_path("openssl")
    };
    if is_there() {
        return Ok(());
    }
    install("dovecot-imapd").context(DOVECOT_BY_HAND)?;
    if !is_there() {
        bail!("`apt-get install dovecot-imapd` brought no Dovecot; {DOVECOT_BY_HAND}");
    }
    Ok(())
}

fn install(package: &str) -> anyhow::Result<()> {
    if !on_path("apt-get") {
        bail!("there is no apt-get here");
    }
    say(&format!("the tests need the package `{package}`; installing it with apt-get"));
    apt_get(&["update", "--quiet"])?;
    apt_get(&["install", "--yes", "--quiet", "--no-install-recommends", package])
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let sudo = ["sudo", "--non-interactive"];
    let by_root = if is_root() { &sudo[..0] } else { &sudo[..] };
    let all = [by_root, &apt_get[..], arguments].concat();
    let (program, arguments) = all.split_first().context("no command")?;
    run(program, arguments)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether one of the folders in which the tests look holds a version that is new enough.
fn installed() -> bool {
    let mut folders: Vec<PathBuf> = match std::env::var_os("MAINSTEM_TEST_POSTGRES_BIN") {
        Some(folder) => vec![folder.into()],
        None => std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect(),
    };
    // Debian keeps each version in a folder of its own, off the PATH.
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders.iter().any(|folder| {
        folder.join("pg_ctl").is_file()
            && major_version(&folder.join("initdb")).is_some_and(|major| major >= OLDEST)
    })
}

/// Reads `initdb (PostgreSQL) 15.20`.
fn major_version(initdb: &Path) -> Option<u32> {
    let output = Command::new(initdb).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_once(") ")?.1;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

/// Whether a program of this name stands on the PATH.
pub fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|paths| {
        std::env::split_paths(&paths)
            .any(|folder: PathBuf| Path::new(&folder).join(program).is_file())
    })
}
