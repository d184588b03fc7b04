//! The program `mainstem` as a person starts it: a folder with a configuration, a command line, and
//! what comes out.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// What is waited for comes within this time, or never.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The value of `GITHUB_TOKEN`.
pub const GITHUB_TOKEN: &str = "ghp_made_up_for_the_tests";

/// An installation: a working directory with a `mainstem.toml`.
pub struct Program {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Program {
    /// One that reads a whole site into `database_url`, configured in the shape that the README shows.
    pub fn reading(site: &str, database_url: &str) -> Self {
        Self::configured(&configuration(site, database_url))
    }

    /// One with this configuration.
    pub fn configured(configuration: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mainstem.toml"), configuration).unwrap();
        Self { folder, environment: vec![("GITHUB_TOKEN".into(), GITHUB_TOKEN.into())] }
    }

    /// Sets a variable of its environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Its working directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with("", arguments)
    }

    /// Runs a command to its end with this on its standard input.
    pub fn run_with(&self, input: &str, arguments: &[&str]) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Most commands do not read it and may have ended.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command to its end while nobody reads what it logs.
    pub fn run_unread(&self, arguments: &[&str]) -> ExitStatus {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        child.wait().unwrap()
    }

    /// Runs a command that must go well, and gives its standard output.
    pub fn must(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        ended.stdout
    }

    /// Runs a command that must go well and answer with JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.must(arguments)).unwrap()
    }

    /// Starts a command that goes on until it is told to stop.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = Text::gather(child.stdout.take().unwrap());
        let stderr = Text::gather(child.stderr.take().unwrap());
        Running { child, stdout, stderr }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The configuration of one source that reads a whole organisation, and any free port.
pub fn configuration(site: &str, database_url: &str) -> String {
    format!(
        r#"
[database]
url = "{database_url}"
[server]
listen = "127.0.0.1:0"
[[sources]]
name = "acme"
connector = "github"
poll_interval_seconds = 60
credential = {{ kind = "token", env = "GITHUB_TOKEN" }}
[sources.settings]
base_url = "{site}"
owner = "acme"
"#
    )
}

/// The program that cargo has put beside the tests.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(Path::parent).unwrap().join("mainstem");
    assert!(
        program.is_file(),
        "there is no {}: run `cargo build -p mainstem-server` first",
        program.display()
    );
    program
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A command that goes on; it is killed where a test ends before it.
pub struct Running {
    child: Child,
    pub stdout: Text,
    pub stderr: Text,
}

impl Running {
    /// Where it serves, such as `http://127.0.0.1:40123`, as its log says.
    pub fn address(&self) -> String {
        let line = self.stderr.wait_for("serving http://");
        let from = line.find("http://").unwrap();
        let until = line.find("/graphql").unwrap();
        line[from..until].to_owned()
    }

    /// Tells it to stop and waits until it has.
    pub fn terminate(mut self) -> ExitStatus {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(told.unwrap().success());
        self.wait()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it goes on: {}", self.stderr.so_far());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a command has written so far.
#[derive(Clone, Default)]
pub struct Text(Arc<(Mutex<String>, Condvar)>);

impl Text {
    fn gather(from: impl Read + Send + 'static) -> Self {
        let text = Self::default();
        let gathered = text.clone();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(from);
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                let (so_far, grown) = &*gathered.0;
                so_far.lock().unwrap().push_str(&line);
                grown.notify_all();
                line.clear();
            }
        });
        text
    }

    /// All of it.
    pub fn so_far(&self) -> String {
        self.0.0.lock().unwrap().clone()
    }

    /// The first line that holds `part`, once it is there.
    pub fn wait_for(&self, part: &str) -> String {
        let (so_far, grown) = &*self.0;
        let (text, waited) = grown
            .wait_timeout_while(so_far.lock().unwrap(), PATIENCE, |text| !text.contains(part))
            .unwrap();
        assert!(!waited.timed_out(), "{part:?} did not come: {text}");
        text.lines().find(|line| line.contains(part)).unwrap().to_owned()
    }
}
