//! A connection of its own that waits for what the server says by itself (IDLE), and nothing else: of one
//! folder that is open, and where the server can (NOTIFY, RFC 5465) of the others, too.
//!
//! A server or something in between may fall silent without a word, so nobody relies on it: it makes a
//! visit come earlier, and the next one comes anyway.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use super::connection::{Account, Connection};
use super::error::ImapError;
use super::folder::{Mark, open};
use super::response::{Response, Status};

/// How long one wait lasts. Servers end it after half an hour, and what is in between often forgets a
/// silent connection after ten minutes.
const WAIT: Duration = Duration::from_secs(9 * 60);
/// Asks to be told of every folder of the account: at once how it stands, then how it stands whenever
/// that is another way. Removals in the open one are told only while we wait.
const NOTIFY: &str = "NOTIFY SET STATUS (selected-delayed (MessageNew MessageExpunge FlagChange)) \
                      (personal (MessageNew MessageExpunge FlagChange))";

/// Waits at one folder, and hears of the others. A server lets an account have few connections.
pub struct Listener {
    account: Account,
    line: Mutex<Option<Connection>>,
}

impl Listener {
    /// One that does not wait yet.
    pub fn new(account: Account) -> Self {
        Self { account, line: Mutex::default() }
    }

    /// Answers when something has changed, or may have: since a folder was `known`, by the name that the
    /// server gives it. `folder` is the one to be opened; of others than those that are known nothing is
    /// news. Dropping the future loses nothing. Where the server cannot tell, it never answers.
    ///
    /// # Errors
    /// Where the server is not there, or not any more.
    pub async fn listen(
        &self,
        folder: &str,
        known: impl Fn(&str) -> Option<Mark>,
    ) -> Result<(), ImapError> {
        let mut held = self.line.lock().await;
        if held.is_none() {
            let mut connection = Connection::open(&self.account).await?;
            if !connection.can("IDLE") {
                drop((held, connection));
                return std::future::pending().await;
            }
            let mark = open(&mut connection, folder).await?;
            let others = hear_of_others(&mut connection, &known).await?;
            connection.begin_idle().await?;
            *held = Some(connection);
            if known(folder) != Some(mark) || others {
                return Ok(());
            }
        }
        let Some(connection) = held.as_mut() else { return Ok(()) };
        // One that was looked at since may not have been handed over since.
        let is_news = |response: &Response| match response {
            Response::Standing(told) => known(&told.name).is_some(),
            response => response.is_news(),
        };
        let heard = wait(connection, is_news).await;
        if heard.is_err() {
            *held = None;
        }
        heard
    }
}

/// Asks to be told of other folders than the open one. Answers whether one has changed already; where the
/// server does not do that, the next visit finds it.
async fn hear_of_others(
    connection: &mut Connection,
    known: impl Fn(&str) -> Option<Mark>,
) -> Result<bool, ImapError> {
    // How a folder stands tells of flags only where the server counts changes.
    if !connection.can("NOTIFY") || !connection.can("CONDSTORE") {
        return Ok(false);
    }
    let (done, told) = connection.try_ask(NOTIFY).await?;
    let has_changed = |response: &Response| match response {
        Response::Standing(told) => known(&told.name).is_some_and(|mark| mark.differs_from(told)),
        response => response.is_news(),
    };
    Ok(done.status == Status::Ok && told.iter().any(has_changed))
}

async fn wait(
    connection: &mut Connection,
    is_news: impl Fn(&Response) -> bool,
) -> Result<(), ImapError> {
    loop {
        match timeout(WAIT, connection.overhear()).await {
            Ok(response) => {
                let mut news = is_news(&response?);
                // What comes together is one piece of news.
                while connection.has_more() {
                    news |= is_news(&connection.overhear().await?);
                }
                if news {
                    return Ok(());
                }
            }
            Err(_) => {
                let news = connection.end_idle(&is_news).await?;
                connection.begin_idle().await?;
                if news {
                    return Ok(());
                }
            }
        }
    }
}
