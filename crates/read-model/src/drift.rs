//! The same work recorded in two tools, and where these disagree.

use std::collections::BTreeSet;

use mainstem_model::{LinkKind, LinkReview, Presence, StatusCategory};

use crate::QueryError;
use crate::filter::TaskFilter;
use crate::graph::Edge;
use crate::links::LinkRef;
use crate::names::NONE;
use crate::plan::Plan;
use crate::refs::TaskRef;
use crate::select::passing;
use crate::view::{TaskOrdinal, View};

/// The most tasks that record one piece of work.
const MOST_MIRRORS: usize = 100;

/// What two tools can disagree about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriftField {
    /// Whether it is open, done or canceled. What tools call an open task is too different to count:
    /// most of them know nothing between open and closed.
    Status,
    /// Who is to do it.
    Assignees,
    /// When it is due.
    DueOn,
}

impl DriftField {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Status, Self::Assignees, Self::DueOn];

    /// The word of the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "STATUS",
            Self::Assignees => "ASSIGNEES",
            Self::DueOn => "DUE_ON",
        }
    }

    /// The field of the change log that tells when it changed.
    #[must_use]
    pub const fn logged_as(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Assignees => "assignees",
            Self::DueOn => "dueOn",
        }
    }
}

/// One disagreement.
#[derive(Clone, Copy)]
pub struct Drift<'v> {
    /// The task from which the link leads.
    pub task: TaskRef<'v>,
    /// The task that records the same.
    pub mirror: TaskRef<'v>,
    /// The link that says that they do.
    pub link: LinkRef<'v>,
    /// What they disagree about.
    pub field: DriftField,
}

/// Whether an edge says that its ends record the same.
pub(crate) fn mirrors(edge: &Edge) -> bool {
    edge.kind == LinkKind::Mirrors && edge.review != LinkReview::Rejected && edge.other != NONE
}

impl TaskRef<'_> {
    /// Tasks that record the same work, directly or over others, by id.
    #[must_use]
    pub fn mirrors(self) -> Vec<TaskOrdinal> {
        let mut met = vec![self.ordinal];
        let mut next = 0;
        while let Some(from) = met.get(next).copied().filter(|_| met.len() <= MOST_MIRRORS) {
            next += 1;
            for edge in self.view.snapshot().graph.edges(from) {
                if mirrors(edge) && self.view.shows(edge) && !met.contains(&edge.other) {
                    met.push(edge.other);
                }
            }
        }
        self.by_id(met.into_iter().skip(1).take(MOST_MIRRORS))
    }

    /// What a task and one that records the same disagree about.
    fn disagrees(self, mirror: Self, field: DriftField) -> bool {
        let of = |task: Self| {
            let people: BTreeSet<_> = task.assignees().map(|person| person.id()).collect();
            (settled(task.status_category()), people, task.due_on())
        };
        let ((status, people, due), (other_status, other_people, other_due)) =
            (of(self), of(mirror));
        match field {
            DriftField::Status => status != other_status,
            DriftField::Assignees => people != other_people,
            DriftField::DueOn => due != other_due,
        }
    }
}

/// How a task ended, if it did.
fn settled(category: StatusCategory) -> Option<StatusCategory> {
    (!category.is_open()).then_some(category)
}

impl View {
    /// Where tools that record the same work disagree, by the ids of both tasks and the field; `filter`
    /// says which tasks are looked at, on either side.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn drifts(&self, filter: Option<&TaskFilter>) -> Result<Vec<Drift<'_>>, QueryError> {
        let plan = Plan::of(self, filter)?;
        let wanted = passing(self, &plan);
        let mut drifts: Vec<Drift<'_>> = Vec::new();
        for ordinal in &*self.snapshot().postings.mirroring & self.universe() {
            let Some(task) = self.task_ref(ordinal) else { continue };
            let mut compared = NONE;
            for edge in self.snapshot().graph.edges(ordinal) {
                let counts = edge.forward
                    && mirrors(edge)
                    && self.shows(edge)
                    && (wanted.contains(ordinal) || wanted.contains(edge.other));
                let mirror = self.task_ref(edge.other).filter(|_| counts);
                let Some(mirror) = mirror else { continue };
                let both_here =
                    [task, mirror].iter().all(|one| one.presence() == Presence::Present);
                // Several links to the same task stand side by side.
                if both_here && std::mem::replace(&mut compared, edge.other) != edge.other {
                    let link = LinkRef::of_edge(self, ordinal, edge);
                    let fields = DriftField::ALL.into_iter();
                    let differ = fields.filter(|field| task.disagrees(mirror, *field));
                    drifts.extend(differ.map(|field| Drift { task, mirror, link, field }));
                }
            }
        }
        drifts.sort_by_key(|drift| (drift.task.id(), drift.mirror.id(), drift.field));
        Ok(drifts)
    }
}
