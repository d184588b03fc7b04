//! Which edges a register holds.

use mainstem_model::{LinkKind, LinkState};
use mainstem_read_model::{
    Comparison, Filter, LinkFilter, LinkPredicate, PageRequest, ProjectFilter, ProjectPredicate,
    QueryError, SourceFilter, SourcePredicate, TaskFilter, TaskPredicate, TextPredicate, View,
};

/// What a register holds where nothing else is said: all but that a text merely mentions a task.
const KINDS: &[LinkKind] = &[
    LinkKind::Blocks,
    LinkKind::Relates,
    LinkKind::Duplicates,
    LinkKind::Implements,
    LinkKind::Mirrors,
];
/// Likewise: what holds and was not rejected.
const STATES: &[LinkState] = &[LinkState::Active, LinkState::Settled, LinkState::Unbound];

/// Which edges. What is said of a project and of a source is said of the same end, whichever of both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Of these kinds; where empty, of all but MENTIONS.
    pub kinds: Vec<LinkKind>,
    /// In these states; where empty, those that hold and were not rejected.
    pub states: Vec<LinkState>,
    /// Only those between two sources (true), or within one (false).
    pub cross_tool: Option<bool>,
    /// Only those that touch this project, by its key.
    pub project: Option<String>,
    /// Only those that touch this source, by its name.
    pub source: Option<String>,
}

/// Why there is no such register.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The caller sees no such source.
    #[error("source: there is none called {0:?}; give a name that the query `sources` shows")]
    UnknownSource(String),
    /// The caller sees no such project.
    #[error("project: none has the key {0:?}; give a key that the query `projects` shows")]
    UnknownProject(String),
    /// The edges cannot be asked for like this.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl Choice {
    /// The filter that asks for these edges.
    pub(crate) fn filter(&self, view: &View) -> Result<LinkFilter, ChoiceError> {
        let kinds = if self.kinds.is_empty() { KINDS } else { &self.kinds };
        let states = if self.states.is_empty() { STATES } else { &self.states };
        let mut all = vec![
            Filter::Is(LinkPredicate::Kind(Comparison::In(kinds.to_vec()))),
            Filter::Is(LinkPredicate::State(Comparison::In(states.to_vec()))),
        ];
        all.extend(self.cross_tool.map(|wanted| Filter::Is(LinkPredicate::CrossTool(wanted))));
        let mut end = Vec::new();
        if let Some(key) = &self.project {
            let project: ProjectFilter = Filter::Is(ProjectPredicate::Key(is(key)));
            if view.projects(Some(&project), &PageRequest::default())?.items.is_empty() {
                return Err(ChoiceError::UnknownProject(shortened(key)));
            }
            end.push(Filter::Is(TaskPredicate::Project(project)));
        }
        if let Some(name) = &self.source {
            if view.source_by_name(name).is_none() {
                return Err(ChoiceError::UnknownSource(shortened(name)));
            }
            let source: SourceFilter = Filter::Is(SourcePredicate::Name(is(name)));
            end.push(Filter::Is(TaskPredicate::Source(source)));
        }
        if !end.is_empty() {
            // A task that is gone has its edges still; only what names presence asks for it.
            end.push(Filter::Is(TaskPredicate::Presence(Comparison::IsNull(false))));
            all.push(Filter::Is(LinkPredicate::Task(TaskFilter::all(end))));
        }
        Ok(LinkFilter::all(all))
    }
}

/// Reads a kind of edge, whatever the case.
///
/// # Errors
/// One sentence that names all kinds.
pub fn read_kind(text: &str) -> Result<LinkKind, String> {
    read(text, LinkKind::ALL, LinkKind::as_str)
}

/// Reads a state of an edge, whatever the case.
///
/// # Errors
/// One sentence that names all states.
pub fn read_state(text: &str) -> Result<LinkState, String> {
    read(text, LinkState::ALL, LinkState::as_str)
}

fn read<T: Copy>(text: &str, all: &[T], word: fn(T) -> &'static str) -> Result<T, String> {
    let known = all.iter().copied().find(|known| word(*known).eq_ignore_ascii_case(text.trim()));
    known.ok_or_else(|| {
        let words: Vec<_> = all.iter().copied().map(word).collect();
        format!("{:?} is not known; give one of {}", shortened(text), words.join(", "))
    })
}

fn is(text: &str) -> TextPredicate {
    TextPredicate::Is(Comparison::Eq(text.to_owned()))
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
