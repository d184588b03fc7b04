//! A connection of its own that waits for what the server says by itself (IDLE), and nothing else.
//!
//! A server or something in between may fall silent without a word, so nobody relies on it: it makes a
//! visit come earlier, and the next one comes anyway.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::connection::{Account, Connection};
use super::error::ImapError;
use super::folder::{Mark, open};

/// How long one wait lasts. Servers end it after half an hour, and what is in between often forgets a
/// silent connection after ten minutes.
const WAIT: Duration = Duration::from_secs(9 * 60);

/// Waits at one folder. A server lets an account have few connections.
pub struct Listener {
    account: Account,
    line: Mutex<Option<Connection>>,
}

impl Listener {
    /// One that does not wait yet.
    pub fn new(account: Account) -> Self {
        Self { account, line: Mutex::default() }
    }

    /// Answers when something has changed, or may have: since `known`, where it only begins to wait.
    /// Dropping the future loses nothing. Where the server cannot tell, it never answers.
    ///
    /// # Errors
    /// Where the server is not there, or not any more.
    pub async fn listen(
        &self,
        folder: &str,
        known: impl Fn() -> Option<Mark>,
    ) -> Result<(), ImapError> {
        let mut held = self.line.lock().await;
        if held.is_none() {
            let mut connection = Connection::open(&self.account).await?;
            if !connection.can("IDLE") {
                drop((held, connection));
                return std::future::pending().await;
            }
            let mark = open(&mut connection, folder).await?;
            connection.begin_idle().await?;
            *held = Some(connection);
            if known() != Some(mark) {
                return Ok(());
            }
        }
        let Some(connection) = held.as_mut() else { return Ok(()) };
        let heard = wait(connection).await;
        if heard.is_err() {
            *held = None;
        }
        heard
    }
}

async fn wait(connection: &mut Connection) -> Result<(), ImapError> {
    loop {
        match timeout(WAIT, connection.overhear()).await {
            Ok(response) => {
                let mut news = response?.is_news();
                // What comes together is one piece of news.
                while connection.has_more() {
                    news |= connection.overhear().await?.is_news();
                }
                if news {
                    return Ok(());
                }
            }
            Err(_) => {
                let news = connection.end_idle().await?;
                connection.begin_idle().await?;
                if news {
                    return Ok(());
                }
            }
        }
    }
}
