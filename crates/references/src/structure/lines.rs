//! Lines in the making, and what stands over them.

use super::{Form, Line, MOST_OVER};

/// A line of at least so many bytes may have been broken by a program and go on in the next one; a
/// shorter one was ended by its author.
const WRAPPED: usize = 40;

/// All lines so far.
#[derive(Default)]
pub struct Lines {
    done: Vec<Line>,
    open: Line,
    /// Whether the open line may go on after a break.
    wrapped: bool,
    /// Where an open link or what is crossed out begins.
    link: Option<(usize, String)>,
    strike: Option<usize>,
    /// The headings around this place, with their levels.
    headings: Vec<(usize, usize)>,
    /// The open lists.
    lists: Vec<List>,
    /// The line of this paragraph, or of the one before, that introduces what follows.
    intro: Option<usize>,
    /// The last line of the block before, where that was a paragraph.
    before: Option<usize>,
    table: Table,
}

#[derive(Default)]
struct List {
    /// What introduces it.
    intro: Option<usize>,
    /// The first line of its item.
    item: Option<usize>,
}

#[derive(Default)]
struct Table {
    heads: Vec<usize>,
    /// How many rows have begun, and which cell of the row is open.
    rows: usize,
    column: usize,
    /// The first cell of the row.
    first: Option<usize>,
}

impl Lines {
    /// Adds words to the open line.
    pub fn words(&mut self, words: &str) {
        if self.wrapped && !words.is_empty() {
            self.wrapped = false;
            if goes_on(words) {
                self.open.text.push(' ');
            } else {
                self.end_line();
            }
        }
        self.open.text.push_str(words);
    }

    /// Adds code.
    pub fn code(&mut self, code: &str) {
        self.words("");
        if self.wrapped {
            self.wrapped = false;
            self.open.text.push(' ');
        }
        let start = self.open.text.len();
        self.open.text.push_str(code);
        self.open.code.push(start..self.open.text.len());
    }

    /// A line ends within its paragraph.
    pub fn line_break(&mut self) {
        let text = self.open.text.trim_end();
        // "See the plan: https://…" is whole.
        let whole = text.rsplit_once(": ").is_some_and(|(_, last)| last.starts_with("http"));
        if text.len() >= WRAPPED && !whole && !text.ends_with(['.', ':', '!', '?']) {
            self.wrapped = true;
        } else {
            self.end_line();
        }
    }

    pub fn open_link(&mut self, address: &str) {
        // So that a line that does not go on ends before the link.
        if self.wrapped {
            self.wrapped = false;
            self.open.text.push(' ');
        }
        self.link = Some((self.open.text.len(), address.to_owned()));
    }

    pub fn close_link(&mut self) {
        if let Some((start, address)) = self.link.take() {
            self.open.links.push((start..self.open.text.len(), address));
        }
    }

    pub fn strike(&mut self) {
        self.words("");
        self.strike = Some(self.open.text.len());
    }

    pub fn end_strike(&mut self) {
        if let Some(start) = self.strike.take() {
            self.open.struck.push(start..self.open.text.len());
        }
    }

    pub fn paragraph(&mut self) {
        self.end_line();
        self.intro = self.before.take().filter(|line| self.introduces(*line));
    }

    pub fn heading(&mut self, level: usize) {
        self.end();
        self.before = None;
        self.intro = None;
        self.headings.retain(|(above, _)| *above < level);
        self.open.form = Form::Heading;
        self.headings.push((level, self.done.len()));
    }

    pub fn list(&mut self) {
        self.end();
        self.intro = None;
        let intro = if self.lists.is_empty() { self.before.take() } else { None };
        self.lists.push(List { intro, item: None });
    }

    pub fn end_list(&mut self) {
        self.end();
        self.before = None;
        self.lists.pop();
    }

    pub fn item(&mut self) {
        self.end();
        self.before = None;
        self.intro = None;
        self.open.form = Form::Item;
        if let Some(list) = self.lists.last_mut() {
            list.item = None;
        }
    }

    pub fn task(&mut self) {
        self.open.form = Form::Task;
    }

    pub fn table(&mut self) {
        self.end();
        self.table = Table::default();
    }

    pub fn row(&mut self) {
        self.table.rows += 1;
        self.table.column = 0;
        self.table.first = None;
    }

    pub fn cell(&mut self) {
        self.end();
        self.open.form = Form::Cell;
        self.table.column += 1;
    }

    pub fn end_table(&mut self) {
        self.end();
        self.before = None;
        self.table = Table::default();
    }

    /// The block ends.
    pub fn end(&mut self) {
        let lines = self.done.len();
        let form = self.open.form;
        self.end_line();
        self.open.form = Form::Plain;
        self.wrapped = false;
        if self.done.len() > lines && matches!(form, Form::Plain | Form::Item) {
            self.before = Some(self.done.len() - 1);
        }
    }

    pub fn finish(mut self) -> Vec<Line> {
        self.end();
        self.done
    }

    fn end_line(&mut self) {
        self.wrapped = false;
        let mut line = std::mem::take(&mut self.open);
        if let Some((start, address)) = self.link.take() {
            line.links.push((start..line.text.len(), address.clone()));
            self.link = Some((0, address));
        }
        if let Some(start) = self.strike.take() {
            line.struck.push(start..line.text.len());
            self.strike = Some(0);
        }
        if line.text.trim().is_empty() {
            // The form waits for the words.
            self.open.form = line.form;
            return;
        }
        let at = self.done.len();
        line.over = self.over(&line, at);
        match line.form {
            Form::Item | Form::Task => {
                if let Some(list) = self.lists.last_mut() {
                    list.item.get_or_insert(at);
                }
            }
            Form::Cell if self.table.rows == 1 => self.table.heads.push(at),
            Form::Cell => {
                self.table.first.get_or_insert(at);
            }
            Form::Heading | Form::Plain => {}
        }
        self.done.push(line);
        if self.introduces(at) {
            self.intro = Some(at);
        }
    }

    fn introduces(&self, line: usize) -> bool {
        self.done.get(line).is_some_and(|line| line.text.trim_end().ends_with(':'))
    }

    /// What stands over a line, the nearest first.
    fn over(&self, line: &Line, at: usize) -> Vec<usize> {
        let cell = line.form == Form::Cell && self.table.rows > 1;
        let head = self.table.heads.get(self.table.column.wrapping_sub(1)).filter(|_| cell);
        let first = self.table.first.as_ref().filter(|_| cell);
        let lists = self.lists.iter().rev().flat_map(|list| [list.item, list.intro]).flatten();
        let headings = self.headings.iter().rev().map(|(_, heading)| *heading);
        head.into_iter()
            .chain(first)
            .copied()
            .chain(self.intro)
            .chain(lists)
            .chain(headings)
            .filter(|over| *over < at)
            .take(MOST_OVER)
            .collect()
    }
}

/// Whether words can be the rest of a sentence that was broken: no new sentence begins with them.
fn goes_on(words: &str) -> bool {
    let word = words.split_whitespace().next().unwrap_or_default();
    !word.starts_with(char::is_uppercase) || word.contains(|c: char| c.is_ascii_digit())
}
