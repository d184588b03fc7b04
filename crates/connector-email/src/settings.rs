//! The settings of a mail source, checked.

use std::path::PathBuf;

use lettre::address::Address;
use mainstem_connector::Settings;
use serde::Deserialize;

use crate::mailbox::imap::{self, decoded};
use crate::mailbox::{Folder, Local, Role};

/// Folders that hold no conversations; they are read where they are asked for by name.
const LEFT_OUT: [&str; 7] =
    ["Deleted Items", "Drafts", "Junk", "Junk E-mail", "Spam", "Templates", "Trash"];
const DONE_FOLDERS: [&str; 3] = ["Archive", "Archives", "Done"];
const SENT_FOLDERS: [&str; 3] = ["Sent", "Sent Items", "Sent Messages"];
const DONE_KEYWORDS: [&str; 2] = ["$done", "done"];

/// Where mail lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// On this machine.
    Local(Local),
    /// On a server.
    Server(imap::Address),
}

/// What a source reads and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailSettings {
    /// Where the mail lies.
    pub location: Location,
    /// What keys begin with, and what the project is called; `None` for the name of the source.
    pub name: Option<String>,
    /// Just these folders; `None` for all that hold conversations.
    pub folders: Option<Vec<String>>,
    /// A thread that lies in these alone is done.
    pub done_folders: Vec<String>,
    /// What the owner of the mailbox wrote lies here.
    pub sent_folders: Vec<String>,
    /// A thread that has one of these is done; in small letters.
    pub done_keywords: Vec<String>,
    /// The server whose word on senders counts.
    pub trusted_server: Option<String>,
    /// Whether only a sender that the server vouches for may begin a task.
    pub require_authentication: bool,
    /// Where answers are handed to.
    pub smtp: Option<imap::Address>,
    /// Whom answers are from; the user name of the credential otherwise.
    pub from: Option<Address>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    imap: Option<String>,
    maildir: Option<PathBuf>,
    mbox: Option<PathBuf>,
    name: Option<String>,
    folders: Option<Vec<String>>,
    done_folders: Option<Vec<String>>,
    sent_folders: Option<Vec<String>>,
    done_keywords: Option<Vec<String>>,
    trusted_server: Option<String>,
    require_authentication: Option<bool>,
    smtp: Option<String>,
    from: Option<String>,
}

impl EmailSettings {
    /// Reads and checks the settings.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn read(settings: &Settings) -> Result<Self, Vec<String>> {
        let given: Given = settings.read().map_err(|sentence| vec![sentence])?;
        let mut wrong = Vec::new();
        let location = match (given.imap, given.maildir, given.mbox) {
            (Some(address), None, None) => {
                let read = imap::Address::read(&address).map(Location::Server);
                if read.is_none() {
                    wrong.push(
                        "imap: give the address of a server, such as \"imaps://imap.acme.example\"; \
                         user name and password stand in `credential`"
                            .into(),
                    );
                }
                read
            }
            (None, Some(path), None) => Some(Location::Local(Local::Maildir(path))),
            (None, None, Some(path)) => Some(Location::Local(Local::Mbox(path))),
            _ => {
                wrong.push(
                    "give one of `imap = \"imaps://HOST\"`, `maildir = \"PATH\"` and `mbox = \"PATH\"`"
                        .into(),
                );
                None
            }
        };
        let is_name = |name: &String| {
            (1..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if given.name.as_ref().is_some_and(|name| !is_name(name)) {
            wrong.push("name: give 1 to 32 letters, digits, `-`, `_` or `.`".into());
        }
        if given.folders.as_ref().is_some_and(Vec::is_empty) {
            wrong.push("folders: name at least one, or leave it out to read every folder".into());
        }
        let require_authentication =
            given.require_authentication.unwrap_or(given.trusted_server.is_some());
        if require_authentication && given.trusted_server.is_none() {
            wrong.push(
                "require_authentication: name the server whose `Authentication-Results` count, as \
                 `trusted_server = \"mx.acme.example\"`"
                    .into(),
            );
        }
        let smtp = given.smtp.as_deref().map(imap::Address::read_smtp);
        if smtp == Some(None) {
            wrong.push(
                "smtp: give the address of a server, such as \"smtps://smtp.acme.example\"; it gets the \
                 credential of the mailbox"
                    .into(),
            );
        }
        if smtp.is_some() && !matches!(location, Some(Location::Server(_)) | None) {
            wrong.push("smtp: a copy of what is sent lies on the server; give `imap`, too".into());
        }
        let from = given.from.as_deref().map(str::parse::<Address>);
        if matches!(from, Some(Err(_))) {
            wrong.push("from: give one address, such as \"support@acme.example\"".into());
        }
        let listed = |given: Option<Vec<String>>, default: &[&str]| {
            given.unwrap_or_else(|| default.iter().map(|name| (*name).to_owned()).collect())
        };
        let lower = |words: Vec<String>| words.iter().map(|word| word.to_lowercase()).collect();
        match location {
            Some(location) if wrong.is_empty() => Ok(Self {
                location,
                name: given.name,
                folders: given.folders,
                done_folders: listed(given.done_folders, &DONE_FOLDERS),
                sent_folders: listed(given.sent_folders, &SENT_FOLDERS),
                done_keywords: lower(listed(given.done_keywords, &DONE_KEYWORDS)),
                trusted_server: given.trusted_server,
                require_authentication,
                smtp: smtp.flatten(),
                from: from.and_then(Result::ok),
            }),
            _ => Err(wrong),
        }
    }

    /// These settings for a mailbox that has these folders: what it says of them counts as if the
    /// settings named them.
    pub fn knowing(&self, folders: &[Folder]) -> Self {
        let of = |role: Role| {
            let folders = folders.iter().filter(move |folder| folder.role == Some(role));
            folders.map(|folder| folder.name.to_string())
        };
        let mut settings = self.clone();
        settings.sent_folders.extend(of(Role::Sent));
        settings.done_folders.extend(of(Role::Archive));
        settings
    }

    /// Whether a folder is read, as far as its name tells.
    pub fn reads(&self, folder: &str) -> bool {
        let title = decoded(folder);
        match &self.folders {
            Some(folders) => folders.iter().any(|known| known == folder || *known == title),
            None => !LEFT_OUT.contains(&title.rsplit('/').next().unwrap_or(&title)),
        }
    }

    /// Whether a folder of the mailbox is read.
    pub fn reads_folder(&self, folder: &Folder) -> bool {
        let is_left_out = folder.role == Some(Role::LeftOut) && self.folders.is_none();
        !is_left_out && self.reads(&folder.name)
    }

    /// Whether what lies in a folder is done.
    pub fn is_done(&self, folder: &str) -> bool {
        is_among(&self.done_folders, folder)
    }

    /// Whether a folder holds what the owner of the mailbox wrote.
    pub fn is_sent(&self, folder: &str) -> bool {
        is_among(&self.sent_folders, folder)
    }
}

/// Whether a folder is one of these, or lies in one of them.
fn is_among(folders: &[String], folder: &str) -> bool {
    let title = decoded(folder);
    folders.iter().any(|known| {
        [folder, &title].iter().any(|name| {
            name.strip_prefix(known.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_have_defaults_that_fit() {
        let read =
            EmailSettings::read(&Settings(json!({"mbox": "/var/mail/support.mbox"}))).unwrap();
        assert_eq!(read.name, None);
        assert!(!read.require_authentication);
        assert!(read.reads("INBOX") && read.reads("Archive") && !read.reads("Work/Trash"));
        assert!(read.is_done("Archive/2026") && !read.is_done("Archived"));
        let given =
            json!({"maildir": "m", "trusted_server": "mx.acme.example", "folders": ["Trash"]});
        let read = EmailSettings::read(&Settings(given)).unwrap();
        assert!(read.require_authentication && read.reads("Trash") && !read.reads("INBOX"));
    }

    #[test]
    fn every_fault_is_named() {
        for (given, expected) in [
            (json!({}), "give one of `imap"),
            (json!({"maildir": "a", "mbox": "b"}), "give one of `imap"),
            (json!({"imap": "imap.acme.example"}), "imap: give the address"),
            (json!({"imap": "imaps://me:secret@acme.example"}), "imap: give the address"),
            (json!({"imap": "imaps://acme.example", "name": "a/b"}), "name: give 1 to 32"),
            (json!({"maildir": "a", "name": "a b"}), "name: give 1 to 32"),
            (json!({"maildir": "a", "folders": []}), "folders: name at least one"),
            (
                json!({"maildir": "a", "require_authentication": true}),
                "require_authentication: name",
            ),
            (json!({"imap": "imaps://a.example", "smtp": "a.example"}), "smtp: give the address"),
            (json!({"maildir": "a", "smtp": "smtps://a.example"}), "smtp: a copy of what"),
            (json!({"imap": "imaps://a.example", "from": "support"}), "from: give one address"),
            (json!({"maildir": 7}), "settings.maildir: "),
            (json!({"maildirs": "a"}), "unknown field `maildirs`"),
        ] {
            let wrong = EmailSettings::read(&Settings(given.clone())).unwrap_err();
            assert_eq!(wrong.len(), 1, "{given} gives {wrong:?}");
            assert!(wrong[0].contains(expected), "{given} gives {wrong:?}");
        }
    }
}
