//! Maildir: each message a file, its flags in the file's name. Folders are `.Name.Name` as Maildir++
//! has them, or lie in one another.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use mainstem_model::Timestamp;

use super::{Entry, Flags, Folder, Place, Trouble};

/// How deep folders may lie in one another.
const MOST_LEVELS: usize = 10;

/// The folders below `root`, and itself.
///
/// # Errors
/// Where there is no mailbox.
pub fn folders(root: &Path) -> Result<Vec<Folder>, Trouble> {
    let mut found = Vec::new();
    if is_mailbox(root) {
        found.push(Folder { name: "INBOX".into(), path: root.to_owned(), role: None });
    }
    below(root, "", MOST_LEVELS, &mut found)?;
    if found.is_empty() {
        return Err(Trouble::of(root, io::ErrorKind::NotFound.into()));
    }
    Ok(found)
}

fn below(path: &Path, name: &str, levels: usize, found: &mut Vec<Folder>) -> Result<(), Trouble> {
    let entries = fs::read_dir(path).map_err(|error| Trouble::of(path, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Trouble::of(path, error))?;
        let file = entry.file_name();
        // A folder whose name is no text cannot be configured by name.
        let Some(file) = file.to_str() else { continue };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || matches!(file, "cur" | "new" | "tmp") {
            continue;
        }
        let own = match file.strip_prefix('.') {
            Some(dotted) => dotted.replace('.', "/"),
            None => file.to_owned(),
        };
        let name = if name.is_empty() { own } else { format!("{name}/{own}") };
        if is_mailbox(&entry.path()) {
            found.push(Folder { name: name.as_str().into(), path: entry.path(), role: None });
        }
        if levels > 1 {
            below(&entry.path(), &name, levels - 1, found)?;
        }
    }
    Ok(())
}

fn is_mailbox(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

/// The messages of a folder.
///
/// # Errors
/// Where the folder is not there.
pub fn list(folder: &Folder) -> Result<Vec<Entry>, Trouble> {
    let keywords = keywords(&folder.path);
    let mut listed: BTreeMap<String, Entry> = BTreeMap::new();
    // What moves from one to the other meanwhile is seen in the second, or twice.
    for (part, is_new) in [("new", true), ("cur", false)] {
        let path = folder.path.join(part);
        for entry in fs::read_dir(&path).map_err(|error| Trouble::of(&path, error))? {
            let entry = entry.map_err(|error| Trouble::of(&path, error))?;
            match message(folder, &entry, is_new, &keywords) {
                Ok(Some(entry)) => {
                    listed.insert(entry.name.clone(), entry);
                }
                Ok(None) => {}
                // It went while we looked.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Trouble::of(&entry.path(), error)),
            }
        }
    }
    Ok(listed.into_values().collect())
}

/// A file of a folder; `None` where it is no message.
fn message(
    folder: &Folder,
    entry: &DirEntry,
    is_new: bool,
    keywords: &BTreeMap<char, String>,
) -> io::Result<Option<Entry>> {
    // Neither a link, which may lead anywhere, nor a pipe, which may never end.
    if !entry.file_type()?.is_file() {
        return Ok(None);
    }
    let file = entry.file_name().to_string_lossy().into_owned();
    if file.starts_with('.') {
        return Ok(None);
    }
    let (name, info) = file.split_once(":2,").unwrap_or((&file, ""));
    let metadata = entry.metadata()?;
    let mut flags = Flags { seen: info.contains('S') && !is_new, ..Flags::default() };
    for letter in info.chars() {
        match letter {
            'R' => flags.answered = true,
            'F' => flags.flagged = true,
            'D' => flags.draft = true,
            'T' => flags.deleted = true,
            letter => flags.keywords.extend(keywords.get(&letter).cloned()),
        }
    }
    flags.keywords.sort();
    Ok(Some(Entry {
        folder: folder.name.clone(),
        name: name.to_owned(),
        place: Place::File(entry.path()),
        size: metadata.len(),
        received_at: Some(received_at(name, &metadata)),
        changed_at: Some(Timestamp::from_seconds(metadata.ctime())),
        flags,
    }))
}

/// When a message came in: a name begins with the second of its delivery, as most programs have it.
fn received_at(name: &str, metadata: &fs::Metadata) -> Timestamp {
    let named = name.split(['.', '_']).next().filter(|digits| (9..=10).contains(&digits.len()));
    let named = named.and_then(|digits| digits.parse().ok());
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let modified = modified.and_then(|since| i64::try_from(since.as_secs()).ok());
    Timestamp::from_seconds(named.or(modified).unwrap_or_default())
}

/// The names of the keywords that stand as small letters in the file names, as Dovecot keeps them.
fn keywords(path: &Path) -> BTreeMap<char, String> {
    let text = fs::read_to_string(path.join("dovecot-keywords")).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (number, name) = line.split_once(' ')?;
            let letter = char::from(b'a'.checked_add(number.parse().ok()?)?);
            letter.is_ascii_lowercase().then(|| (letter, name.trim().to_lowercase()))
        })
        .collect()
}
