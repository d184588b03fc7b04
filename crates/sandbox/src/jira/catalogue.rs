//! What an administrator has set up: statuses, issue types, priorities, resolutions and link types.

/// Where a status stands in its life, the same at every site whatever its statuses are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Nobody works on it yet.
    New,
    /// Somebody does.
    Indeterminate,
    /// It is over.
    Done,
}

impl Category {
    pub(crate) const ALL: [Self; 3] = [Self::New, Self::Indeterminate, Self::Done];

    pub(crate) const fn id(self) -> u32 {
        match self {
            Self::New => 2,
            Self::Done => 3,
            Self::Indeterminate => 4,
        }
    }

    /// The word that never changes, unlike the name, which is translated.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Indeterminate => "indeterminate",
            Self::Done => "done",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::New => "To Do",
            Self::Indeterminate => "In Progress",
            Self::Done => "Done",
        }
    }

    pub(crate) const fn color(self) -> &'static str {
        match self {
            Self::New => "blue-gray",
            Self::Indeterminate => "yellow",
            Self::Done => "green",
        }
    }
}

/// Makes a type that names an entry of a fixed list by its place.
macro_rules! entries {
    ($($(#[$doc:meta])* $key:ident => $list:ident: $item:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $key(pub(crate) u8);

            impl $key {
                /// The one of that name, whatever the case.
                #[must_use]
                pub fn named(name: &str) -> Option<Self> {
                    Self::all().find(|key| key.entry().name.eq_ignore_ascii_case(name))
                }

                pub(crate) fn of_id(id: &str) -> Option<Self> {
                    Self::all().find(|key| key.entry().id == id)
                }

                pub(crate) fn all() -> impl Iterator<Item = Self> {
                    (0..$list.len() as u8).map(Self)
                }

                pub(crate) const fn entry(self) -> &'static $item {
                    &$list[self.0 as usize]
                }

                /// What people call it.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    self.entry().name
                }
            }
        )*
    };
}

entries! {
    /// Names a status.
    Status => STATUSES: StatusEntry;
    /// Names an issue type.
    IssueType => ISSUE_TYPES: IssueTypeEntry;
    /// Names a priority.
    Priority => PRIORITIES: Entry;
    /// Names a resolution.
    Resolution => RESOLUTIONS: Entry;
    /// Names a link type.
    LinkType => LINK_TYPES: LinkTypeEntry;
}

pub(crate) struct StatusEntry {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub category: Category,
}

pub(crate) struct IssueTypeEntry {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub avatar: u32,
    pub hierarchy_level: i8,
}

pub(crate) struct Entry {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
}

pub(crate) struct LinkTypeEntry {
    pub id: &'static str,
    pub name: &'static str,
    pub inward: &'static str,
    pub outward: &'static str,
}

const fn status(id: &'static str, name: &'static str, category: Category) -> StatusEntry {
    StatusEntry { id, name, description: "", category }
}

const STATUSES: [StatusEntry; 7] = [
    status("10000", "To Do", Category::New),
    status("10010", "Selected for Development", Category::New),
    StatusEntry {
        id: "3",
        name: "In Progress",
        description: "This issue is being actively worked on at the moment by the assignee.",
        category: Category::Indeterminate,
    },
    status("10011", "In Review", Category::Indeterminate),
    status("10012", "Waiting for Customer", Category::Indeterminate),
    status("10001", "Done", Category::Done),
    status("10013", "Rejected", Category::Done),
];

impl Status {
    pub(crate) const TO_DO: Self = Self(0);
    pub(crate) const SELECTED: Self = Self(1);
    pub(crate) const IN_PROGRESS: Self = Self(2);
    pub(crate) const IN_REVIEW: Self = Self(3);
    pub(crate) const WAITING: Self = Self(4);
    pub(crate) const DONE: Self = Self(5);
    pub(crate) const REJECTED: Self = Self(6);

    /// Where it stands.
    #[must_use]
    pub const fn category(self) -> Category {
        self.entry().category
    }
}

const ISSUE_TYPES: [IssueTypeEntry; 5] = [
    IssueTypeEntry {
        id: "10000",
        name: "Epic",
        description: "A big user story that needs to be broken down.",
        avatar: 10307,
        hierarchy_level: 1,
    },
    IssueTypeEntry {
        id: "10001",
        name: "Story",
        description: "Functionality or a feature expressed as a user goal.",
        avatar: 10315,
        hierarchy_level: 0,
    },
    IssueTypeEntry {
        id: "10002",
        name: "Task",
        description: "A small, distinct piece of work.",
        avatar: 10318,
        hierarchy_level: 0,
    },
    IssueTypeEntry {
        id: "10003",
        name: "Sub-task",
        description: "A small piece of work that is part of a larger task.",
        avatar: 10316,
        hierarchy_level: -1,
    },
    IssueTypeEntry {
        id: "10004",
        name: "Bug",
        description: "A problem or error.",
        avatar: 10303,
        hierarchy_level: 0,
    },
];

impl IssueType {
    pub(crate) const EPIC: Self = Self(0);
    pub(crate) const STORY: Self = Self(1);
    pub(crate) const TASK: Self = Self(2);
    pub(crate) const SUB_TASK: Self = Self(3);
    pub(crate) const BUG: Self = Self(4);

    pub(crate) const fn is_sub_task(self) -> bool {
        self.entry().hierarchy_level < 0
    }
}

const fn entry(id: &'static str, name: &'static str, description: &'static str) -> Entry {
    Entry { id, name, description }
}

const PRIORITIES: [Entry; 5] = [
    entry("1", "Highest", "This problem will block progress."),
    entry("2", "High", "Serious problem that could block progress."),
    entry("3", "Medium", "Has the potential to affect progress."),
    entry("4", "Low", "Minor problem or easily worked around."),
    entry("5", "Lowest", "Trivial problem with little or no impact on progress."),
];

impl Priority {
    pub(crate) const MEDIUM: Self = Self(2);
}

const RESOLUTIONS: [Entry; 4] = [
    entry("10000", "Done", "Work has been completed on this issue."),
    entry("10001", "Won't Do", "This issue won't be actioned."),
    entry("10002", "Duplicate", "The problem is a duplicate of an existing issue."),
    entry("10003", "Cannot Reproduce", "All attempts at reproducing this issue failed."),
];

impl Resolution {
    pub(crate) const DONE: Self = Self(0);
    pub(crate) const WONT_DO: Self = Self(1);
    pub(crate) const DUPLICATE: Self = Self(2);
}

const LINK_TYPES: [LinkTypeEntry; 5] = [
    LinkTypeEntry { id: "10000", name: "Blocks", inward: "is blocked by", outward: "blocks" },
    LinkTypeEntry { id: "10001", name: "Cloners", inward: "is cloned by", outward: "clones" },
    LinkTypeEntry {
        id: "10002",
        name: "Duplicate",
        inward: "is duplicated by",
        outward: "duplicates",
    },
    LinkTypeEntry { id: "10003", name: "Relates", inward: "relates to", outward: "relates to" },
    // Made by an administrator, and the other way round: here the one that waits is the source.
    LinkTypeEntry {
        id: "10100",
        name: "Dependency",
        inward: "is depended on by",
        outward: "depends on",
    },
];

impl LinkType {
    pub(crate) const BLOCKS: Self = Self(0);
    pub(crate) const DUPLICATE: Self = Self(2);
    pub(crate) const RELATES: Self = Self(3);
    pub(crate) const DEPENDENCY: Self = Self(4);
}
