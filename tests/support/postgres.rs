//! A PostgreSQL of the tests' own: one cluster for each test process, started when the first test
//! asks for it and gone when the process is, whichever way it ends.
//!
//! The cluster runs with `fsync=off`: it has to survive nothing, and what the store promises about
//! durability is not tested by pulling plugs here.
//!
//! * `MAINSTEM_TEST_POSTGRES_BIN` names the folder with `initdb` and `pg_ctl`, where they stand
//!   neither on `PATH` nor in `/usr/lib/postgresql/*/bin`.
//! * `MAINSTEM_TEST_POSTGRES_URL` names a running server to use instead; its role must be allowed
//!   to create databases.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::database::options;

const MISSING: &str = "these tests need PostgreSQL 15 or newer: install it (Debian and Ubuntu: `apt-get install postgresql`), \
     or name its folder of programs in MAINSTEM_TEST_POSTGRES_BIN";

/// A database that exists until this value is dropped.
pub struct Database {
    name: String,
    server: &'static Server,
}

impl Database {
    /// A fresh database; its schema is the store's where the server is the tests' own.
    pub async fn create() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = Server::get();
        let name = format!(
            "mainstem_test_{}_{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let template = &server.template;
        server
            .execute(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
            .await;
        Self { name, server }
    }

    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        block_on(self.server.execute(&statement));
    }
}

struct Server {
    /// Everything before the name of the database, and everything after it.
    address: (String, String),
    /// What new databases are copied from.
    template: String,
    /// Closed by the end of the process, which is what the watcher waits for.
    _watched: Option<ChildStdin>,
}

impl Server {
    fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| match std::env::var("MAINSTEM_TEST_POSTGRES_URL") {
            Ok(url) => Self::running(&url),
            Err(_) => Self::start(),
        })
    }

    fn running(url: &str) -> Self {
        let mut url = url::Url::parse(url).expect("MAINSTEM_TEST_POSTGRES_URL is a URL");
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        url.set_query(None);
        url.set_path("");
        Self {
            address: (url.to_string().trim_end_matches('/').to_owned(), query),
            template: "template1".to_owned(),
            _watched: None,
        }
    }

    fn start() -> Self {
        let programs = find_programs();
        let directory = tempfile::Builder::new()
            .prefix("mainstem-postgres-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let user = unprivileged_user();
        if let Some(user) = &user {
            must(Command::new("chown").arg(user).arg(&directory));
        }
        let data = directory.join("data");
        let as_user = |program: &str| match &user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(programs.join(program));
                command
            }
            None => Command::new(programs.join(program)),
        };
        let mut stop = as_user("pg_ctl");
        stop.args(["stop", "--mode=immediate", "--silent", "-D"]).arg(&data);
        let watched = remove_at_the_end_of_this_process(&stop, &directory);

        must(
            as_user("initdb")
                .args([
                    "--username=mainstem",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--no-locale",
                    "--no-sync",
                    "-D",
                ])
                .arg(&data),
        );
        let port = free_port();
        let settings = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c fsync=off \
             -c max_connections=400 -c shared_buffers=64MB -c autovacuum=off",
            directory.display(),
        );
        must(
            as_user("pg_ctl")
                .args(["start", "--wait", "--silent", "-D"])
                .arg(&data)
                .arg("-l")
                .arg(directory.join("log"))
                .arg("-o")
                .arg(settings),
        );

        let address = (format!("postgres://mainstem@127.0.0.1:{port}"), String::new());
        let mut server =
            Self { address, template: "template1".to_owned(), _watched: Some(watched) };
        server.template = server.migrated_template();
        server
    }

    /// A database with the store's schema in it, so that each test copies files instead of migrating.
    fn migrated_template(&self) -> String {
        let name = "mainstem_migrated";
        block_on(async {
            self.execute(&format!("CREATE DATABASE {name}")).await;
            let store = mainstem_store::Store::open(&self.url(name), options().1)
                .await
                .expect("the schema is created");
            store.close().await;
        });
        name.to_owned()
    }

    fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.address.0, self.address.1)
    }

    async fn execute(&self, statement: &str) {
        let mut connection =
            PgConnection::connect(&self.url("postgres")).await.expect("PostgreSQL answers");
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        connection.close().await.expect("the connection closes");
    }
}

/// Runs a future to its end from a place that may itself stand inside an asynchronous runtime.
fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime")
                    .block_on(future)
            })
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Starts a shell that reads from us until we are gone, then stops the server and removes its files.
#[allow(clippy::zombie_processes, reason = "it outlives this process, which is what it is for")]
fn remove_at_the_end_of_this_process(stop: &Command, directory: &Path) -> ChildStdin {
    let mut watcher = Command::new("sh")
        .args(["-c", "cat; directory=$1; shift; \"$@\"; rm -rf \"$directory\"", "watcher"])
        .arg(directory)
        .arg(stop.get_program())
        .args(stop.get_args())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Its own process group: an interrupt from the keyboard is for the tests, not for it.
        .process_group(0)
        .spawn()
        .expect("sh starts");
    watcher.stdin.take().expect("its standard input is a pipe")
}

fn find_programs() -> PathBuf {
    let mut folders: Vec<PathBuf> = match std::env::var_os("MAINSTEM_TEST_POSTGRES_BIN") {
        Some(folder) => vec![folder.into()],
        None => std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect(),
    };
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
        .into_iter()
        .filter(|folder| folder.join("pg_ctl").is_file())
        .find(|folder| major_version(&folder.join("initdb")).is_some_and(|major| major >= 15))
        .unwrap_or_else(|| panic!("{MISSING}"))
}

/// Reads `initdb (PostgreSQL) 15.20`.
fn major_version(initdb: &Path) -> Option<u32> {
    let output = Command::new(initdb).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_once(") ")?.1;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

/// Whom the server runs as where we are root, which it refuses to run as.
fn unprivileged_user() -> Option<String> {
    let id = must(Command::new("id").arg("-u"));
    (id.stdout.trim_ascii() == b"0").then(|| {
        let known = Command::new("id")
            .args(["-u", "postgres"])
            .output()
            .is_ok_and(|output| output.status.success());
        if known { "postgres" } else { "nobody" }.to_owned()
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Runs a command to its end, which must be a good one.
fn must(command: &mut Command) -> Output {
    let output = command
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
