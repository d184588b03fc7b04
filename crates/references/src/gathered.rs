//! What is said of each task, over a whole text.

use std::collections::HashMap;

use mainstem_model::LinkKind;

use crate::grammar::Target;
use crate::{MOST_REFERENCES, Reference, Site};

/// The references of a text so far.
pub struct Gathered {
    host: String,
    tool: crate::Tool,
    tasks: Vec<Task>,
    /// The tasks of each key; there is more than one where hosts differ.
    by_key: HashMap<String, Vec<usize>>,
}

struct Task {
    target: Target,
    said: Vec<Said>,
}

struct Said {
    kind: LinkKind,
    outgoing: bool,
    quote: String,
    confidence: f64,
}

impl Gathered {
    pub fn new(site: &Site<'_>) -> Self {
        Self {
            host: site.host.to_owned(),
            tool: site.tool,
            tasks: Vec::new(),
            by_key: HashMap::new(),
        }
    }

    /// Adds what is said of a task. The quote is only made where it is kept.
    pub fn add(
        &mut self,
        target: Target,
        kind: LinkKind,
        outgoing: bool,
        confidence: f64,
        quote: impl FnOnce() -> String,
    ) {
        let Some(task) = self.task(target) else { return };
        let mentioned = kind == LinkKind::Mentions && !task.said.is_empty();
        match task.said.iter_mut().find(|said| said.kind == kind) {
            Some(said) if said.confidence >= confidence => {}
            Some(said) => *said = Said { kind, outgoing, quote: quote(), confidence },
            None if mentioned => {}
            None => task.said.push(Said { kind, outgoing, quote: quote(), confidence }),
        }
    }

    /// The task that a target names, which an earlier one may have named without its host.
    fn task(&mut self, target: Target) -> Option<&mut Task> {
        let known = self.by_key.entry(target.key.to_lowercase()).or_default();
        let host = |target: &Target| {
            let own = (target.tool == self.tool).then(|| self.host.clone());
            target.host.clone().or(own)
        };
        let same = |at: &&usize| {
            let (one, other) = (host(&self.tasks[**at].target), host(&target));
            one.is_none() || other.is_none() || one == other
        };
        let at = match known.iter().find(same) {
            Some(at) => *at,
            None if self.tasks.len() == MOST_REFERENCES => return None,
            None => {
                known.push(self.tasks.len());
                self.tasks.push(Task { target: target.clone(), said: Vec::new() });
                self.tasks.len() - 1
            }
        };
        let task = &mut self.tasks[at];
        task.target.host = task.target.host.take().or(target.host);
        Some(task)
    }

    /// All of them, in the order of the text.
    pub fn references(self) -> Vec<Reference> {
        let mut references = Vec::new();
        for Task { target, said } in self.tasks {
            let typed = said.iter().any(|said| said.kind != LinkKind::Mentions);
            for Said { kind, outgoing, quote, confidence } in said {
                if kind != LinkKind::Mentions || !typed {
                    let target = target.clone();
                    references.push(Reference { kind, outgoing, target, quote, confidence });
                }
            }
        }
        references.truncate(MOST_REFERENCES);
        references
    }
}
