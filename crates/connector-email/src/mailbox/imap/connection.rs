//! A connection to a server: opened, secured, signed in, and asked one thing after the other.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mainstem_connector::dial::Dial;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::address::Address;
use super::error::ImapError;
use super::response::{Code, Response, Said, Status};
use super::wire::Wire;
use crate::message::words::{one_line, shortened};

/// How long a server may take to be done with one command. What is asked for at once is sized so that
/// it comes through a slow connection within this.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// How much of what a server says is shown.
const MOST_SAID_CHARACTERS: usize = 200;
/// How many things a server may say to one command.
const MOST_HEARD: usize = 200_000;

/// Whom to speak to, and as whom.
#[derive(Clone)]
pub struct Account {
    pub address: Address,
    pub dial: Arc<dyn Dial>,
    pub login: Option<Login>,
}

/// What a mailbox is opened with.
#[derive(Clone)]
pub struct Login {
    pub username: String,
    pub secret: SecretString,
    /// Whether the secret is an access token.
    pub is_token: bool,
}

impl Account {
    /// What of a server's words may be shown: one short line, without the secret.
    fn quote(&self, said: &str) -> String {
        let mut said = one_line(said);
        if let Some(login) = &self.login {
            let secret = login.secret.expose_secret();
            for secret in [secret, &STANDARD.encode(secret), &login.plain(), &login.xoauth2()] {
                if !secret.is_empty() {
                    said = said.replace(secret, "…");
                }
            }
        }
        shortened(&said, MOST_SAID_CHARACTERS)
    }
}

impl Login {
    /// What a mailbox is opened with. White space around the secret does not count.
    ///
    /// # Errors
    /// A sentence, where it cannot be sent.
    pub fn new(username: &str, secret: SecretString, is_token: bool) -> Result<Self, String> {
        let secret: SecretString = secret.expose_secret().trim().to_owned().into();
        let unusable = |text: &str| text.is_empty() || text.contains(['\0', '\x01', '\r', '\n']);
        if unusable(username) || unusable(secret.expose_secret()) {
            return Err("user name and secret: each is one line of text, and not empty".to_owned());
        }
        Ok(Self { username: username.to_owned(), secret, is_token })
    }

    /// The answer of SASL PLAIN.
    fn plain(&self) -> String {
        STANDARD.encode(format!("\0{}\0{}", self.username, self.secret.expose_secret()))
    }

    /// The answer of XOAUTH2.
    fn xoauth2(&self) -> String {
        let token = self.secret.expose_secret();
        STANDARD.encode(format!("user={}\x01auth=Bearer {token}\x01\x01", self.username))
    }
}

/// A connection that is signed in. After an error it is dropped: what comes over it then may answer
/// something else.
pub struct Connection {
    account: Account,
    wire: Wire,
    capabilities: HashSet<String>,
    commands: u64,
}

impl Connection {
    /// Connects and signs in.
    ///
    /// # Errors
    /// Where the server cannot be had, is not secure, or refuses the credential.
    pub async fn open(account: &Account) -> Result<Self, ImapError> {
        within(Self::opened(account)).await
    }

    async fn opened(account: &Account) -> Result<Self, ImapError> {
        let Address { host, port, tls } = &account.address;
        let mut line = account.dial.connect(host, *port).await?;
        let is_loopback = line.is_loopback;
        if *tls {
            line = account.dial.secure(host, line).await?;
        }
        let mut connection = Self {
            account: account.clone(),
            wire: Wire::new(line.stream),
            capabilities: HashSet::new(),
            commands: 0,
        };
        let greeting = connection.greeting().await?;
        let signed_in = greeting.status == Status::PreAuth;
        if !*tls && !is_loopback {
            // One who is signed in already cannot ask for a secure connection.
            if signed_in {
                return Err(ImapError::NotEncrypted);
            }
            connection = connection.secured().await?;
        } else {
            connection.learn(greeting).await?;
        }
        if !signed_in {
            connection.sign_in().await?;
        }
        Ok(connection)
    }

    async fn greeting(&mut self) -> Result<Said, ImapError> {
        match Response::read(&self.wire.response().await?)? {
            Response::Status(said) if said.status == Status::Bye => {
                Err(ImapError::Closed { said: Some(self.account.quote(&said.text)) })
            }
            Response::Status(said) if matches!(said.status, Status::Ok | Status::PreAuth) => {
                Ok(said)
            }
            _ => Err(ImapError::Unintelligible),
        }
    }

    /// Makes the connection a secure one. Nothing that was said before counts any more.
    async fn secured(mut self) -> Result<Self, ImapError> {
        self.ask_capabilities().await?;
        if !self.can("STARTTLS") {
            return Err(ImapError::NotEncrypted);
        }
        self.ask("STARTTLS", "to encrypt").await?;
        let Address { host, .. } = &self.account.address;
        let line = mainstem_connector::dial::Connection {
            stream: self.wire.into_stream()?,
            is_loopback: false,
        };
        let stream = self.account.dial.secure(host, line).await?.stream;
        let mut secured = Self {
            account: self.account,
            wire: Wire::new(stream),
            capabilities: HashSet::new(),
            commands: self.commands,
        };
        secured.ask_capabilities().await?;
        Ok(secured)
    }

    /// Signs in by the way that shows the least.
    async fn sign_in(&mut self) -> Result<(), ImapError> {
        let login = self.account.login.clone().ok_or(ImapError::NoCredential)?;
        let done = if login.is_token {
            if !self.can("AUTH=XOAUTH2") {
                let instead = "give a password: { kind = \"password\", … }";
                return Err(ImapError::NoWayIn { kind: "oauth2", instead });
            }
            self.authenticate("XOAUTH2", &login.xoauth2()).await?
        } else if self.can("AUTH=PLAIN") {
            self.authenticate("PLAIN", &login.plain()).await?
        } else if self.can("LOGINDISABLED") {
            let instead = "give an access token: { kind = \"oauth2\", … }";
            return Err(ImapError::NoWayIn { kind: "password", instead });
        } else {
            self.login(&login).await?
        };
        let said = match done.status {
            Status::Ok => return self.learn(done).await,
            _ => self.account.quote(&done.text),
        };
        Err(match &done.code {
            // The server's own trouble, not the credential's.
            Code::Other(code)
                if ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"].contains(&&**code) =>
            {
                ImapError::Refused { doing: "to sign us in", said }
            }
            _ if done.status == Status::Bad => ImapError::Refused { doing: "to sign us in", said },
            _ => ImapError::CredentialRefused { said },
        })
    }

    async fn authenticate(&mut self, mechanism: &str, answer: &str) -> Result<Said, ImapError> {
        let tag = self.tag();
        let at_once = self.can("SASL-IR");
        let command = match at_once {
            true => format!("{tag} AUTHENTICATE {mechanism} {answer}\r\n"),
            false => format!("{tag} AUTHENTICATE {mechanism}\r\n"),
        };
        self.wire.send(command.as_bytes()).await?;
        let mut answered = at_once;
        loop {
            match Response::read(&self.wire.response().await?)? {
                Response::Continue(_) => {
                    // After the answer it says why it does not like it, and wants to hear nothing.
                    let next = if answered { "" } else { answer };
                    answered = true;
                    self.wire.send(format!("{next}\r\n").as_bytes()).await?;
                }
                Response::Done(of, said) if of == tag => return Ok(said),
                other => self.note(other)?,
            }
        }
    }

    async fn login(&mut self, login: &Login) -> Result<Said, ImapError> {
        let tag = self.tag();
        let (name, secret) = (login.username.as_bytes(), login.secret.expose_secret().as_bytes());
        let mut next = format!("{tag} LOGIN {{{}}}\r\n", name.len()).into_bytes();
        let mut literals = [
            [name, format!(" {{{}}}\r\n", secret.len()).as_bytes()].concat(),
            [secret, b"\r\n"].concat(),
        ]
        .into_iter();
        loop {
            self.wire.send(&next).await?;
            loop {
                match Response::read(&self.wire.response().await?)? {
                    Response::Continue(_) => break,
                    Response::Done(of, said) if of == tag => return Ok(said),
                    other => self.note(other)?,
                }
            }
            next = literals.next().ok_or(ImapError::Unintelligible)?;
        }
    }

    /// What the server can do, from its own word where it has said so already.
    async fn learn(&mut self, said: Said) -> Result<(), ImapError> {
        match said.code {
            Code::Capability(capabilities) => {
                self.capabilities = capabilities.into_iter().collect();
                Ok(())
            }
            _ => self.ask_capabilities().await,
        }
    }

    async fn ask_capabilities(&mut self) -> Result<(), ImapError> {
        self.capabilities.clear();
        self.ask("CAPABILITY", "to say what it can do").await.map(drop)
    }

    /// Whether the server has said that it can do this.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// Notes that the server cannot do what it said.
    pub fn cannot(&mut self, capability: &str) {
        self.capabilities.remove(capability);
    }

    /// Asks something, and answers all that is said until the server is done.
    ///
    /// # Errors
    /// Where it refuses, and where the connection is of no use any more.
    pub async fn ask(
        &mut self,
        command: &str,
        doing: &'static str,
    ) -> Result<Vec<Response>, ImapError> {
        let (done, heard) = self.try_ask(command).await?;
        match (done.status, &done.code) {
            (Status::Ok, _) => Ok(heard),
            // Some of the messages asked for are gone: what is told of the others holds.
            (Status::No, Code::Other(code)) if code == "EXPUNGEISSUED" => Ok(heard),
            _ => Err(ImapError::Refused { doing, said: self.account.quote(&done.text) }),
        }
    }

    /// Asks something that the server may refuse.
    ///
    /// # Errors
    /// Where the connection is of no use any more.
    pub async fn try_ask(&mut self, command: &str) -> Result<(Said, Vec<Response>), ImapError> {
        within(async {
            let tag = self.tag();
            self.wire.send(format!("{tag} {command}\r\n").as_bytes()).await?;
            let mut heard = Vec::new();
            loop {
                if heard.len() > MOST_HEARD {
                    return Err(ImapError::TooMuch);
                }
                match Response::read(&self.wire.response().await?)? {
                    Response::Done(of, said) if of == tag => {
                        self.show_alert(&said);
                        return Ok((said, heard));
                    }
                    Response::Done(..) | Response::Continue(_) => {
                        return Err(ImapError::Unintelligible);
                    }
                    Response::Status(said) if said.status != Status::Bye => {
                        self.show_alert(&said);
                        heard.push(Response::Status(said));
                    }
                    response @ (Response::Capability(_) | Response::Status(_)) => {
                        self.note(response)?
                    }
                    Response::Other => {}
                    response => heard.push(response),
                }
            }
        })
        .await
    }

    /// Hands bytes over together with a command.
    ///
    /// # Errors
    /// Where the server refuses them, and where the connection is of no use any more.
    pub async fn hand_over(
        &mut self,
        command: &str,
        bytes: &[u8],
        doing: &'static str,
    ) -> Result<(), ImapError> {
        within(async {
            let tag = self.tag();
            self.wire.send(format!("{tag} {command} {{{}}}\r\n", bytes.len()).as_bytes()).await?;
            loop {
                match Response::read(&self.wire.response().await?)? {
                    Response::Continue(_) => {
                        self.wire.send(&[bytes, b"\r\n"].concat()).await?;
                    }
                    Response::Done(of, said) if of == tag && said.status == Status::Ok => {
                        return Ok(());
                    }
                    Response::Done(of, said) if of == tag => {
                        let said = self.account.quote(&said.text);
                        return Err(ImapError::Refused { doing, said });
                    }
                    response @ (Response::Status(_) | Response::Capability(_)) => {
                        self.note(response)?;
                    }
                    Response::Done(..) => return Err(ImapError::Unintelligible),
                    _ => {}
                }
            }
        })
        .await
    }

    /// Begins to wait for what the server says by itself.
    ///
    /// # Errors
    /// Where it does not let us wait.
    pub async fn begin_idle(&mut self) -> Result<(), ImapError> {
        within(async {
            let tag = self.tag();
            self.wire.send(format!("{tag} IDLE\r\n").as_bytes()).await?;
            loop {
                match Response::read(&self.wire.response().await?)? {
                    Response::Continue(_) => return Ok(()),
                    Response::Done(_, said) => {
                        let said = self.account.quote(&said.text);
                        return Err(ImapError::Refused { doing: "to let us wait", said });
                    }
                    other => self.note(other)?,
                }
            }
        })
        .await
    }

    /// The next thing that the server says by itself while we wait. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Where the connection is of no use any more.
    pub async fn overhear(&mut self) -> Result<Response, ImapError> {
        loop {
            match Response::read(&self.wire.response().await?)? {
                Response::Done(..) => return Err(ImapError::Unintelligible),
                response @ (Response::Status(_) | Response::Capability(_)) => {
                    self.note(response)?
                }
                response => return Ok(response),
            }
        }
    }

    /// Whether more has been said already.
    pub fn has_more(&self) -> bool {
        self.wire.has_more()
    }

    /// Ends the waiting. Answers whether something that was said until then is news.
    ///
    /// # Errors
    /// Where the server is not there any more.
    pub async fn end_idle(
        &mut self,
        is_news: impl Fn(&Response) -> bool,
    ) -> Result<bool, ImapError> {
        within(async {
            self.wire.send(b"DONE\r\n").await?;
            let mut heard = false;
            loop {
                match Response::read(&self.wire.response().await?)? {
                    Response::Done(..) => return Ok(heard),
                    response @ (Response::Status(_) | Response::Capability(_)) => {
                        self.note(response)?
                    }
                    response => heard |= is_news(&response),
                }
            }
        })
        .await
    }

    /// Something that the server says beside what it was asked.
    fn note(&mut self, response: Response) -> Result<(), ImapError> {
        match response {
            Response::Status(said) if said.status == Status::Bye => {
                Err(ImapError::Closed { said: Some(self.account.quote(&said.text)) })
            }
            // From here on it tells of nothing.
            Response::Status(said)
                if said.code == Code::Other("NOTIFICATIONOVERFLOW".to_owned()) =>
            {
                let said = self.account.quote(&said.text);
                Err(ImapError::Refused { doing: "to tell of every change", said })
            }
            Response::Status(said) => {
                self.show_alert(&said);
                Ok(())
            }
            Response::Capability(capabilities) => {
                self.capabilities = capabilities.into_iter().collect();
                Ok(())
            }
            Response::Done(..) | Response::Continue(_) => Err(ImapError::Unintelligible),
            _ => Ok(()),
        }
    }

    /// What must be shown to a person, so the standard says.
    fn show_alert(&self, said: &Said) {
        if said.code == Code::Other("ALERT".to_owned()) {
            let (host, said) = (&self.account.address.host, self.account.quote(&said.text));
            tracing::warn!(host, said, "the mail server has a message for whoever runs this");
        }
    }

    /// What may be shown of the server's words.
    pub fn quote(&self, said: &Said) -> String {
        self.account.quote(&said.text)
    }

    fn tag(&mut self) -> String {
        self.commands += 1;
        format!("M{}", self.commands)
    }
}

async fn within<T>(doing: impl Future<Output = Result<T, ImapError>>) -> Result<T, ImapError> {
    timeout(COMMAND_TIMEOUT, doing).await.unwrap_or(Err(ImapError::TimedOut))
}
