//! What a picture shows, whatever draws it: boxes, grouped by where they come from, and arrows.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use mainstem_model::{LinkKind, LinkState, StatusCategory, TaskId};

use crate::{Edge, End, Register};

/// The most edges of a picture; nobody reads a larger one, and Mermaid refuses to draw it.
pub(crate) const MOST_EDGES: usize = 500;
/// The most characters of a title.
const LONGEST_TITLE: usize = 60;
/// The most characters of a key, which a mail may write as it likes.
const LONGEST_KEY: usize = 80;

/// The first edges of a register.
pub(crate) struct Picture<'v> {
    /// Boxes by the name of their source; those that are not in the store first, without a name.
    pub(crate) groups: BTreeMap<Option<&'v str>, Vec<(usize, Node)>>,
    pub(crate) arrows: Vec<Arrow>,
    /// How many edges it does not show.
    pub(crate) left_out: usize,
}

/// A task.
pub(crate) struct Node {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) status: String,
    pub(crate) look: Look,
}

/// How a box looks: by the category of its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) name: &'static str,
    pub(crate) fill: &'static str,
    pub(crate) line: &'static str,
}

/// An edge between two boxes, by their numbers.
pub(crate) struct Arrow {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: LinkKind,
    /// Whether it counts now; else it is dotted.
    pub(crate) active: bool,
}

/// Every look that there is.
pub(crate) const LOOKS: [Look; 6] = [
    Look { name: "backlog", fill: "#f3f4f6", line: "#6b7280" },
    Look { name: "todo", fill: "#e0f2fe", line: "#0369a1" },
    Look { name: "inProgress", fill: "#fef3c7", line: "#b45309" },
    Look { name: "done", fill: "#dcfce7", line: "#15803d" },
    Look { name: "canceled", fill: "#e5e7eb", line: "#374151" },
    Look { name: "unknown", fill: "#ffffff", line: "#9ca3af" },
];

impl Look {
    const fn of(category: Option<StatusCategory>) -> Self {
        LOOKS[match category {
            Some(StatusCategory::Backlog) => 0,
            Some(StatusCategory::Todo) => 1,
            Some(StatusCategory::InProgress) => 2,
            Some(StatusCategory::Done) => 3,
            Some(StatusCategory::Canceled) => 4,
            None => 5,
        }]
    }
}

/// Adds a line to a picture's text.
pub(crate) fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = writeln!(text, "  {line}");
}

impl<'v> Picture<'v> {
    /// The picture of as many edges at most.
    pub(crate) fn of(register: &Register<'v>, most: usize) -> Self {
        Self::showing(register.edges(), most)
    }

    /// The picture of the first edges of these.
    pub(crate) fn showing(edges: impl ExactSizeIterator<Item = Edge<'v>>, most: usize) -> Self {
        let left_out = edges.len().saturating_sub(most);
        let mut picture = Self { groups: BTreeMap::new(), arrows: Vec::new(), left_out };
        let mut numbers = HashMap::new();
        for edge in edges.take(most) {
            let [from, to] = [&edge.from, &edge.to].map(|end| picture.number(&mut numbers, end));
            let active = edge.state == LinkState::Active;
            picture.arrows.push(Arrow { from, to, kind: edge.kind, active });
        }
        picture
    }

    /// The number of the box for this end, which is made where there is none.
    fn number(
        &mut self,
        numbers: &mut HashMap<(Option<TaskId>, String), usize>,
        end: &End<'v>,
    ) -> usize {
        // A task is known by its id, anything else by what it is called.
        let name = if end.id.is_some() { String::new() } else { end.key.to_lowercase() };
        let next = numbers.len();
        *numbers.entry((end.id, name)).or_insert_with(|| {
            let node = Node {
                key: one_line(end.key, LONGEST_KEY),
                title: one_line(end.title.unwrap_or_default(), LONGEST_TITLE),
                status: one_line(end.status.unwrap_or_default(), LONGEST_TITLE),
                look: Look::of(end.category),
            };
            self.groups.entry(end.source).or_default().push((next, node));
            next
        })
    }

    /// What to say where it does not show everything.
    pub(crate) fn note(&self) -> Option<String> {
        let (shown, left_out) = (self.arrows.len(), self.left_out);
        (left_out > 0).then(|| {
            format!("This shows the first {shown} edges and leaves out {left_out} more; the formats CSV and JSON hold all.")
        })
    }
}

impl Node {
    /// What stands in the box: key, status, title.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        let lines = [&self.key, &self.status, &self.title].into_iter().map(String::as_str);
        lines.filter(|line| !line.is_empty())
    }
}

/// A text as one line of at most so many characters: whatever is no letter of a line, such as a line
/// end or a mark that turns the direction of writing, is a space.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let shown = |c: char| if c.is_control() || c.is_whitespace() || turns(c) { ' ' } else { c };
    let words = text.chars().map(shown).collect::<String>();
    let line = words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

/// Marks that are not seen and change how what follows is shown.
const fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
