//! The copies of what is sent, in a folder of the mailbox: the only place where something is written.

use crate::mailbox::imap::{Account, Connection, Fetched, ImapError, Response, named};

/// The folder of copies, opened for writing.
pub struct Copies {
    connection: Connection,
    folder: String,
}

/// A copy that lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    uid: u32,
    /// Whether it is not known to have been sent.
    pub is_draft: bool,
}

impl Copies {
    /// Opens a folder, by the name that the server gives it.
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub async fn open(account: &Account, folder: &str) -> Result<Self, ImapError> {
        let mut connection = Connection::open(account).await?;
        connection
            .ask(&format!("SELECT {}", named(folder)), "to open the folder of sent mail")
            .await?;
        Ok(Self { connection, folder: folder.to_owned() })
    }

    /// The copy with this Message-ID.
    ///
    /// # Errors
    /// Where it cannot be looked for.
    pub async fn find(&mut self, message_id: &str) -> Result<Option<Copy>, ImapError> {
        let id = named(&format!("<{message_id}>"));
        let search = format!("UID SEARCH HEADER Message-ID {id} UNDELETED");
        let heard = self.connection.ask(&search, "to search").await?;
        let found = heard.iter().find_map(|response| match response {
            Response::Search(uids) => uids.first().copied(),
            _ => None,
        });
        let Some(wanted) = found else { return Ok(None) };
        let fetch = format!("UID FETCH {wanted} (FLAGS)");
        let heard = self.connection.ask(&fetch, "to read flags").await?;
        Ok(heard.iter().find_map(|response| match response {
            Response::Fetch(told) => copy(told).filter(|copy| copy.uid == wanted),
            _ => None,
        }))
    }

    /// Lays a copy down, as a draft.
    ///
    /// # Errors
    /// Where the server does not take it.
    pub async fn put(&mut self, message_id: &str, bytes: &[u8]) -> Result<Copy, ImapError> {
        let command = format!("APPEND {} (\\Seen \\Draft)", named(&self.folder));
        self.connection.hand_over(&command, bytes, "to keep a copy of what is sent").await?;
        self.find(message_id).await?.ok_or(ImapError::Unintelligible)
    }

    /// Notes that it was sent.
    ///
    /// # Errors
    /// Where the server does not take that.
    pub async fn confirm(&mut self, copy: Copy) -> Result<(), ImapError> {
        let command = format!("UID STORE {} -FLAGS.SILENT (\\Draft)", copy.uid);
        self.connection.ask(&command, "to mark a copy as sent").await.map(drop)
    }

    /// Takes it away. Where the server cannot remove just this one, it stays, marked as deleted.
    ///
    /// # Errors
    /// Where the server does not take that.
    pub async fn remove(&mut self, copy: Copy) -> Result<(), ImapError> {
        let doing = "to take a copy away";
        let command = format!("UID STORE {} +FLAGS.SILENT (\\Deleted)", copy.uid);
        self.connection.ask(&command, doing).await?;
        if self.connection.can("UIDPLUS") {
            self.connection.ask(&format!("UID EXPUNGE {}", copy.uid), doing).await?;
        }
        Ok(())
    }
}

fn copy(told: &Fetched) -> Option<Copy> {
    Some(Copy { uid: told.uid?, is_draft: told.flags.as_ref()?.draft })
}
