//! Mbox: one file with all messages of a folder, each behind a line that begins with `From `. Its
//! flags stand in fields of the header.
//!
//! A file that has changed is read again as a whole: where in it a message lies says nothing of what
//! became of it, its content does.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mainstem_model::Timestamp;

use super::{Entry, Flags, Folder, Place, Trouble};

/// How much of a line is looked at.
const MOST_LINE_BYTES: usize = 1_000;

/// What differs where a file was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    modified: SystemTime,
    size: u64,
}

impl Mark {
    /// The mark of a file now.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok()?, size: metadata.len() })
    }
}

/// The file itself as `INBOX`, or each file of a folder under its name without `.mbox`.
///
/// # Errors
/// Where there is no such file.
pub fn folders(root: &Path) -> Result<Vec<Folder>, Trouble> {
    let metadata = fs::metadata(root).map_err(|error| Trouble::of(root, error))?;
    if metadata.is_file() {
        return Ok(vec![Folder { name: "INBOX".into(), path: root.to_owned(), role: None }]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(root).map_err(|error| Trouble::of(root, error))? {
        let entry = entry.map_err(|error| Trouble::of(root, error))?;
        let file = entry.file_name();
        let Some(file) = file.to_str().filter(|file| !file.starts_with('.')) else { continue };
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && !file.ends_with(".lock") && begins_a_message(&entry.path()) {
            let name = file.strip_suffix(".mbox").unwrap_or(file);
            found.push(Folder { name: name.into(), path: entry.path(), role: None });
        }
    }
    Ok(found)
}

/// Whether a file is an mbox; an empty one is.
fn begins_a_message(path: &Path) -> bool {
    let mut lines = Lines::of(path);
    lines.as_mut().is_ok_and(|lines| match lines.next() {
        Some(Ok(line)) => line.text.starts_with(b"From "),
        Some(Err(_)) => false,
        None => true,
    })
}

/// The messages of a file.
///
/// # Errors
/// Where it is not there, or is being written to.
pub fn list(folder: &Folder) -> Result<Vec<Entry>, Trouble> {
    let path = &folder.path;
    if lock(path).exists() {
        return Err(Trouble::Locked { path: path.display().to_string() });
    }
    let lines = Lines::of(path).map_err(|error| Trouble::of(path, error))?;
    let mut entries: Vec<Entry> = Vec::new();
    let (mut after_an_empty_line, mut in_header, mut end) = (true, false, 0);
    for line in lines {
        let line = line.map_err(|error| Trouble::of(path, error))?;
        let text = line.text.trim_ascii_end();
        if after_an_empty_line && line.text.starts_with(b"From ") {
            close(&mut entries, line.start);
            in_header = true;
            entries.push(Entry {
                folder: folder.name.clone(),
                name: String::new(),
                place: Place::Within { file: path.clone(), start: line.start + line.length },
                size: 0,
                received_at: delivered_at(&String::from_utf8_lossy(text)),
                changed_at: None,
                flags: Flags::default(),
            });
        } else if text.is_empty() {
            in_header = false;
        } else if in_header && let Some(entry) = entries.last_mut() {
            note_flags(&mut entry.flags, &String::from_utf8_lossy(text));
        }
        after_an_empty_line = text.is_empty();
        end = line.start + line.length;
    }
    close(&mut entries, end);
    Ok(entries)
}

/// The last message ends here.
fn close(entries: &mut [Entry], end: u64) {
    if let Some(entry) = entries.last_mut()
        && let Place::Within { start, .. } = entry.place
    {
        entry.size = end.saturating_sub(start);
        entry.flags.keywords.sort();
    }
}

fn lock(path: &Path) -> PathBuf {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    lock.into()
}

fn note_flags(flags: &mut Flags, field: &str) {
    let Some((name, value)) = field.split_once(':') else { return };
    match name.to_ascii_lowercase().as_str() {
        "status" | "x-status" => {
            flags.seen |= value.contains('R');
            flags.answered |= value.contains('A');
            flags.flagged |= value.contains('F');
            flags.draft |= value.contains('T');
            flags.deleted |= value.contains('D');
        }
        "x-keywords" => {
            let words = value.split([' ', ',']).filter(|word| !word.is_empty());
            flags.keywords.extend(words.map(str::to_lowercase));
        }
        _ => {}
    }
}

/// The instant in a line such as `From alice@acme.example Mon Nov  2 09:00:00 2026`, which is UTC.
fn delivered_at(line: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| MONTHS.contains(word))?;
    let month = MONTHS.iter().position(|month| month == &words[at])? + 1;
    let day: u8 = words.get(at + 1)?.parse().ok()?;
    let time = words.get(at + 2)?;
    let time = if time.len() == 5 { format!("{time}:00") } else { (*time).to_owned() };
    let year =
        words[at + 3..].iter().find(|word| word.len() == 4 && word.parse::<u16>().is_ok())?;
    format!("{year}-{month:02}-{day:02}T{time}Z").parse().ok()
}

/// A message as it was before it was put into the file, where a `>` went before lines that begin with
/// `From `.
pub fn unescaped(message: Vec<u8>) -> Vec<u8> {
    let is_escaped = |line: &[u8]| {
        line.trim_ascii_start().starts_with(b">")
            && line
                .iter()
                .position(|byte| *byte != b'>')
                .is_some_and(|end| line[end..].starts_with(b"From "))
    };
    if !message.windows(6).any(|window| window == b">From ") {
        return message;
    }
    let lines = message.split_inclusive(|byte| *byte == b'\n');
    lines.flat_map(|line| if is_escaped(line) { &line[1..] } else { line }).copied().collect()
}

/// A line of a file, of which only the beginning is kept.
struct Line {
    start: u64,
    /// With its end.
    length: u64,
    text: Vec<u8>,
}

struct Lines {
    file: BufReader<File>,
    at: u64,
}

impl Lines {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufReader::with_capacity(1 << 16, File::open(path)?), at: 0 })
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { start: self.at, length: 0, text: Vec::new() };
        loop {
            let buffer = self.file.fill_buf()?;
            if buffer.is_empty() {
                return Ok((line.length > 0).then_some(line));
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |end| end + 1);
            let kept = taken.min(MOST_LINE_BYTES.saturating_sub(line.text.len()));
            line.text.extend_from_slice(&buffer[..kept]);
            line.length += taken as u64;
            self.at += taken as u64;
            self.file.consume(taken);
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
