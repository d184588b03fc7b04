//! Installs what the tests need beyond the Rust toolchain: PostgreSQL. On Debian and Ubuntu with
//! apt-get, after saying so; elsewhere it names what is missing and fails.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::tasks::{run, say};

/// The oldest PostgreSQL that Mainstem supports.
const OLDEST: u32 = 15;

/// Makes sure that `initdb` and `postgres` of version 15 or newer are installed. The tests start a
/// server of their own with them; a server that is running already is left alone.
pub fn postgresql() -> anyhow::Result<()> {
    if std::env::var_os("MAINSTEM_TEST_POSTGRES_URL").is_some() || installed() {
        return Ok(());
    }
    if !on_path("apt-get") {
        bail!(
            "the tests need PostgreSQL {OLDEST} or newer (initdb, pg_ctl, postgres) on the PATH: \
             install it, or set MAINSTEM_TEST_POSTGRES_URL to a server where databases may be created"
        );
    }
    say("the tests need PostgreSQL; installing the package `postgresql` with apt-get");
    apt_get(&["update", "--quiet"])?;
    apt_get(&["install", "--yes", "--quiet", "--no-install-recommends", "postgresql"])?;
    if !installed() {
        bail!("`apt-get install postgresql` brought no PostgreSQL of version {OLDEST} or newer");
    }
    Ok(())
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    if on_path("sudo") && !is_root() {
        let mut all = vec!["--non-interactive", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        all.extend(arguments);
        run("sudo", &all)
    } else {
        let mut all = vec!["DEBIAN_FRONTEND=noninteractive", "apt-get"];
        all.extend(arguments);
        run("env", &all)
    }
}

fn is_root() -> bool {
    std::process::Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn installed() -> bool {
    newest_debian_folder().is_some() || on_path("initdb") && on_path("pg_ctl")
}

/// Debian keeps each version in a folder of its own, off the PATH.
fn newest_debian_folder() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| entry.ok())
        .filter(|entry| {
            entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) >= Some(OLDEST)
        })
        .map(|entry| entry.path().join("bin"))
        .find(|folder| folder.join("initdb").is_file())
}

/// Whether a program of this name stands on the PATH.
pub fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|paths| {
        std::env::split_paths(&paths)
            .any(|folder: PathBuf| Path::new(&folder).join(program).is_file())
    })
}
