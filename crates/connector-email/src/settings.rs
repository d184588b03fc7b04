//! The settings of a mail source, checked.

use std::path::PathBuf;

use mainstem_connector::Settings;
use serde::Deserialize;

use crate::mailbox::Local;

/// Folders that hold no conversations; they are read where they are asked for by name.
const LEFT_OUT: [&str; 7] =
    ["Deleted Items", "Drafts", "Junk", "Junk E-mail", "Spam", "Templates", "Trash"];
const DONE_FOLDERS: [&str; 3] = ["Archive", "Archives", "Done"];
const SENT_FOLDERS: [&str; 3] = ["Sent", "Sent Items", "Sent Messages"];
const DONE_KEYWORDS: [&str; 2] = ["$done", "done"];

/// What a source reads and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailSettings {
    /// Where the mail lies.
    pub mailbox: Local,
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
}

impl EmailSettings {
    /// Reads and checks the settings.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn read(settings: &Settings) -> Result<Self, Vec<String>> {
        let given: Given = settings.read().map_err(|sentence| vec![sentence])?;
        let mut wrong = Vec::new();
        if given.imap.is_some() {
            wrong.push("imap: this version reads local mail only; give `maildir` or `mbox`".into());
        }
        let mailbox = match (given.maildir, given.mbox) {
            (Some(path), None) => Some(Local::Maildir(path)),
            (None, Some(path)) => Some(Local::Mbox(path)),
            (None, None) if given.imap.is_some() => None,
            _ => {
                wrong.push("give either `maildir = \"PATH\"` or `mbox = \"PATH\"`".into());
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
        let listed = |given: Option<Vec<String>>, default: &[&str]| {
            given.unwrap_or_else(|| default.iter().map(|name| (*name).to_owned()).collect())
        };
        let lower = |words: Vec<String>| words.iter().map(|word| word.to_lowercase()).collect();
        match mailbox {
            Some(mailbox) if wrong.is_empty() => Ok(Self {
                mailbox,
                name: given.name,
                folders: given.folders,
                done_folders: listed(given.done_folders, &DONE_FOLDERS),
                sent_folders: listed(given.sent_folders, &SENT_FOLDERS),
                done_keywords: lower(listed(given.done_keywords, &DONE_KEYWORDS)),
                trusted_server: given.trusted_server,
                require_authentication,
            }),
            _ => Err(wrong),
        }
    }

    /// Whether a folder is read.
    pub fn reads(&self, folder: &str) -> bool {
        match &self.folders {
            Some(folders) => folders.iter().any(|known| known == folder),
            None => !LEFT_OUT.contains(&folder.rsplit('/').next().unwrap_or(folder)),
        }
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
    folders.iter().any(|known| {
        folder
            .strip_prefix(known.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
            (json!({}), "give either `maildir"),
            (json!({"maildir": "a", "mbox": "b"}), "give either `maildir"),
            (json!({"imap": "imaps://x"}), "imap: this version"),
            (json!({"maildir": "a", "name": "a b"}), "name: give 1 to 32"),
            (json!({"maildir": "a", "folders": []}), "folders: name at least one"),
            (
                json!({"maildir": "a", "require_authentication": true}),
                "require_authentication: name",
            ),
            (json!({"maildir": 7}), "settings.maildir: "),
            (json!({"maildirs": "a"}), "unknown field `maildirs`"),
        ] {
            let wrong = EmailSettings::read(&Settings(given.clone())).unwrap_err();
            assert_eq!(wrong.len(), 1, "{given} gives {wrong:?}");
            assert!(wrong[0].contains(expected), "{given} gives {wrong:?}");
        }
    }
}
