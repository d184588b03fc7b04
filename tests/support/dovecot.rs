//! A real mail server of the tests' own: Dovecot with a configuration of its own, on ports of its own,
//! as an ordinary user, gone when its value is dropped or the process ends. Any user name gets a mailbox
//! of its own, so tests share a server and not their mail.
//!
//! The tests of `connector-email` use this file, too.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// What every mailbox is opened with.
pub const PASSWORD: &str = "open-sesame";
/// What access tokens are signed with.
pub const TOKEN_KEY: &[u8] = b"a key of the tests, long enough for a signature";

const MISSING: &str = "these tests need Dovecot 2.3 and openssl: install them (Debian and Ubuntu: `apt-get install dovecot-imapd`)";
/// How long a server may take to start on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A running server.
pub struct Dovecot {
    /// The port that speaks in clear first.
    pub port: u16,
    /// The port that is secure from the first byte.
    pub secure_port: u16,
    folder: PathBuf,
    user: Option<String>,
    /// Closed by the end of this process at the latest, which is what the server's keeper waits for.
    _alive: ChildStdin,
}

impl Dovecot {
    /// A server as it comes, shared by the tests of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Dovecot> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(""))
    }

    /// A server with some settings more.
    pub fn start(more: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("mainstem-dovecot-").tempdir().unwrap().keep();
        let user = unprivileged_user();
        let name = user.clone().unwrap_or_else(|| output("id", &["-un"]));
        let group = output("id", &["-gn", &name]);
        make_certificate(&folder);
        let keys = folder.join("keys/default/HS256");
        fs::create_dir_all(&keys).unwrap();
        fs::write(keys.join("default"), base64(TOKEN_KEY)).unwrap();
        let [port, secure_port] = free_ports();
        let config = folder.join("dovecot.conf");
        fs::write(folder.join("oauth2.conf"), oauth2_settings(&folder)).unwrap();
        fs::write(&config, settings(&folder, &name, &group, port, secure_port, more)).unwrap();
        if let Some(user) = &user {
            assert!(
                Command::new("chown").args(["-R", user]).arg(&folder).status().unwrap().success()
            );
        }
        let alive = keep(&folder, &config, user.as_deref());
        let server = Self { port, secure_port, folder, user, _alive: alive };
        server.wait_until_it_answers();
        server
    }

    /// Its certificate, in PEM form.
    pub fn certificate(&self) -> Vec<u8> {
        fs::read(self.folder.join("certificate.pem")).unwrap()
    }

    /// Another program that uses a mailbox.
    pub fn client(&self, user: &str) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut client = Client { lines: BufReader::new(stream), commands: 0 };
        client.line();
        client.run(&format!("LOGIN {user} \"{PASSWORD}\""));
        client
    }

    /// Lets the server forget what numbers it gave to the messages of a mailbox, as after a restore.
    pub fn forget_numbers(&self, user: &str) {
        let mut run = match &self.user {
            Some(name) => {
                let mut run = Command::new("runuser");
                run.args(["-u", name, "--"]).arg("find");
                run
            }
            None => Command::new("find"),
        };
        run.arg(self.folder.join("mail").join(user));
        // What the last validity was it goes on to know, so the next one is another.
        run.args([
            "-name",
            "dovecot*",
            "!",
            "-name",
            "dovecot-uidvalidity*",
            "-type",
            "f",
            "-delete",
        ]);
        assert!(run.current_dir("/").status().unwrap().success());
    }

    fn wait_until_it_answers(&self) {
        let deadline = Instant::now() + START;
        loop {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) {
                let mut greeting = String::new();
                if BufReader::new(stream).read_line(&mut greeting).is_ok_and(|read| read > 0) {
                    return;
                }
            }
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(!log.contains("Fatal:"), "Dovecot does not start: {log}");
            assert!(Instant::now() < deadline, "Dovecot does not start in time: {log}");
            std::thread::yield_now();
        }
    }
}

/// Another program that uses a mailbox.
pub struct Client {
    lines: BufReader<TcpStream>,
    commands: u32,
}

impl Client {
    /// Runs a command, and answers what the server says to it.
    pub fn run(&mut self, command: &str) -> Vec<String> {
        let (done, told) = self.ask(command.as_bytes());
        assert!(done.starts_with("OK"), "{command}: {done}");
        told
    }

    /// Puts messages into a folder, all in one command.
    pub fn append<'m>(&mut self, folder: &str, messages: impl IntoIterator<Item = &'m str>) {
        let mut command = format!("APPEND \"{folder}\"").into_bytes();
        for message in messages {
            let message = message.replace("\r\n", "\n").replace('\n', "\r\n");
            command.extend(format!(" {{{}+}}\r\n{message}", message.len()).into_bytes());
        }
        let (done, _) = self.ask(&command);
        assert!(done.starts_with("OK"), "APPEND: {done}");
    }

    /// The numbers of the messages in the open folder of this Message-ID.
    pub fn find(&mut self, message_id: &str) -> String {
        let told = self.run(&format!("UID SEARCH HEADER Message-ID \"<{message_id}>\""));
        let found = told.iter().find_map(|line| line.strip_prefix("* SEARCH "));
        found.unwrap_or_else(|| panic!("{message_id} is not there")).replace(' ', ",")
    }

    fn ask(&mut self, command: &[u8]) -> (String, Vec<String>) {
        self.commands += 1;
        let tag = format!("C{} ", self.commands);
        let whole = [tag.as_bytes(), command, b"\r\n"].concat();
        self.lines.get_mut().write_all(&whole).unwrap();
        let mut told = Vec::new();
        loop {
            let line = self.line();
            match line.strip_prefix(&tag) {
                Some(done) => return (done.to_owned(), told),
                None => told.push(line),
            }
        }
    }

    /// A line, and the literals in it.
    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "the server has gone");
        while let Some(length) = line
            .trim_end()
            .strip_suffix('}')
            .and_then(|text| text.rsplit_once('{'))
            .and_then(|(_, length)| length.parse().ok())
        {
            let mut literal = vec![0; length];
            self.lines.read_exact(&mut literal).unwrap();
            line.push_str(&String::from_utf8_lossy(&literal));
            self.lines.read_line(&mut line).unwrap();
        }
        line.trim_end().to_owned()
    }
}

fn settings(
    folder: &Path,
    user: &str,
    group: &str,
    port: u16,
    secure_port: u16,
    more: &str,
) -> String {
    let folder = folder.display();
    format!(
        r#"
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
mmap_disable = yes
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Gesendet {{
    auto = create
    special_use = \Sent
  }}
  mailbox Trash {{
    auto = create
    special_use = \Trash
  }}
  mailbox Papiere {{
    auto = create
    special_use = \Archive
  }}
}}
{more}
"#
    )
}

fn oauth2_settings(folder: &Path) -> String {
    format!(
        "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={}/keys/\nusername_attribute = email\n",
        folder.display()
    )
}

/// Starts the server below a shell that ends it, and removes its files, when we are gone.
#[allow(clippy::zombie_processes, reason = "it outlives this process, which is what it is for")]
fn keep(folder: &Path, config: &Path, user: Option<&str>) -> ChildStdin {
    const KEEP: &str = "folder=$1; shift; \"$@\" & server=$!; cat > /dev/null; kill $server; wait $server; rm -rf \"$folder\"";
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEP, "keeper"]).arg(folder);
    if let Some(user) = user {
        keeper.args(["runuser", "-u", user, "--"]);
    }
    let mut keeper = keeper
        .arg(program("dovecot"))
        .arg("-F")
        .arg("-c")
        .arg(config)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Its own process group: an interrupt from the keyboard is for the tests, not for it.
        .process_group(0)
        .spawn()
        .expect("sh starts");
    keeper.stdin.take().expect("its standard input is a pipe")
}

/// A certificate that names 127.0.0.1 and localhost, made by itself.
fn make_certificate(folder: &Path) {
    let made = Command::new(program("openssl"))
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout"])
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("certificate.pem"))
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .stdin(Stdio::null())
        .output()
        .expect("openssl starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A program that may stand off the PATH of ordinary users.
fn program(name: &str) -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let known = std::env::split_paths(&paths).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let mut known = known.map(|folder| folder.join(name)).filter(|path| path.is_file());
    known.next().unwrap_or_else(|| panic!("{MISSING}"))
}

/// Whom the server runs as where we are root, whose mail it refuses to touch.
fn unprivileged_user() -> Option<String> {
    (output("id", &["-u"]) == "0").then(|| "nobody".to_owned())
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("its address").port())
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
