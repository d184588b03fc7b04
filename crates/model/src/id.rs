//! Ids. Every id derives from the external reference it stands for, so a link may be known before
//! its task, a full resync changes nothing, and two replicas agree without talking.
//!
//! Most are a hash. Tools that count what they hold give numbers, and these keep their order: what
//! comes to be one after the other then stands side by side in every index of the store, where
//! scattered ids would touch a page each. Either is a UUID of version 8, of our own making.
//!
//! The text form is the global id of the API: `task_` and 32 hexadecimal digits, and likewise for
//! the other kinds. Parsing accepts exactly that form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Derives a UUID from parts, each length-prefixed so that no two lists of parts collide. The length
/// has four bytes, so that what most ids are made of fills one block of the hash.
fn derive(parts: &[&[u8]]) -> Uuid {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u32).to_be_bytes());
        hasher.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize()[..16]);
    uuid::Builder::from_custom_bytes(half).into_uuid()
}

/// Numbers below this keep their order as ids; tools are far from counting this high.
const MOST_COUNTED: u64 = 1 << 44;

/// The number that a tool's id is, where it is written as numbers are.
fn counted(external_id: &str) -> Option<u64> {
    let number = external_id.parse().ok().filter(|number| *number < MOST_COUNTED)?;
    let is_plain = external_id.starts_with(|first: char| matches!(first, '1'..='9'));
    is_plain.then_some(number)
}

/// An id that sorts by group, then by number: 16 bits of the group, 44 of the number, and what
/// version and variant leave of the lower half of the hash.
fn ordered(group: Uuid, number: u64, hash: Uuid) -> Uuid {
    let group = u64::from(group.as_fields().0 >> 16) << 48;
    let upper = group | number >> 12 << 16 | number & 0xfff;
    let id = Uuid::from_u64_pair(upper, hash.as_u64_pair().1);
    uuid::Builder::from_custom_bytes(id.into_bytes()).into_uuid()
}

/// A text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid id")]
pub struct InvalidId {
    /// What was given, cut to 80 characters.
    pub text: String,
}

impl InvalidId {
    fn new(text: &str) -> Self {
        Self { text: text.chars().take(80).collect() }
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub Uuid);

            impl $name {
                /// What the text form starts with, before the underscore.
                pub const PREFIX: &'static str = $prefix;
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, concat!($prefix, "_{}"), self.0.as_simple())
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(self, f)
                }
            }

            impl FromStr for $name {
                type Err = InvalidId;
                fn from_str(text: &str) -> Result<Self, InvalidId> {
                    let hex = text
                        .strip_prefix(concat!($prefix, "_"))
                        .filter(|hex| hex.len() == 32)
                        .ok_or_else(|| InvalidId::new(text))?;
                    Uuid::try_parse(hex).map(Self).map_err(|_| InvalidId::new(text))
                }
            }

            impl Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }

            impl From<$name> for NodeId {
                fn from(id: $name) -> Self {
                    Self::$name(id)
                }
            }
        )*

        /// An id of any kind, as `node(id:)` takes it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each variant is the id type of its name")]
        pub enum NodeId {
            $($name($name),)*
        }

        impl FromStr for NodeId {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match text.split_once('_').map(|(prefix, _)| prefix) {
                    $(Some($prefix) => text.parse().map(Self::$name),)*
                    _ => Err(InvalidId::new(text)),
                }
            }
        }

        impl fmt::Display for NodeId {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$name(id) => id.fmt(f),)* }
            }
        }
    };
}

ids! {
    /// A task: derives from its source and the tool's own immutable id.
    TaskId = "task";
    /// A person: derives from the source and id of the identity that was known first.
    PersonId = "person";
    /// A project: derives from its source and the tool's own immutable id.
    ProjectId = "project";
    /// A comment: derives from its source and the tool's own immutable id.
    CommentId = "comment";
    /// A piece of logged work: derives from its source and the tool's own immutable id.
    WorklogId = "worklog";
    /// A mail about a task: derives from its source and the mailbox's own immutable id.
    NoticeId = "notice";
    /// A link: derives from its kind, both ends and its origin.
    LinkId = "link";
    /// A configured source: derives from its name, which is unique and never changes.
    SourceId = "source";
    /// One entry of the change log: derives from its position.
    ChangeId = "change";
    /// An API token: random, see [`crate::random::Random`].
    TokenId = "token";
}

impl SourceId {
    /// The id of the source called `name`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(derive(&[b"source", name.as_bytes()]))
    }

    fn entity(self, kind: &str, external_id: &str) -> Uuid {
        let hash = derive(&[kind.as_bytes(), self.0.as_bytes(), external_id.as_bytes()]);
        counted(external_id).map_or(hash, |number| ordered(self.0, number, hash))
    }

    /// The id of the task that this source calls `external_id`.
    #[must_use]
    pub fn task(self, external_id: &str) -> TaskId {
        TaskId(self.entity("task", external_id))
    }

    /// The id of the person whom this source calls `external_id`.
    #[must_use]
    pub fn person(self, external_id: &str) -> PersonId {
        PersonId(self.entity("person", external_id))
    }

    /// The id of the project that this source calls `external_id`.
    #[must_use]
    pub fn project(self, external_id: &str) -> ProjectId {
        ProjectId(self.entity("project", external_id))
    }

    /// The id of the comment that this source calls `external_id`.
    #[must_use]
    pub fn comment(self, external_id: &str) -> CommentId {
        CommentId(self.entity("comment", external_id))
    }

    /// The id of the piece of logged work that this source calls `external_id`.
    #[must_use]
    pub fn worklog(self, external_id: &str) -> WorklogId {
        WorklogId(self.entity("worklog", external_id))
    }

    /// The id of the mail about a task that this source calls `external_id`.
    #[must_use]
    pub fn notice(self, external_id: &str) -> NoticeId {
        NoticeId(self.entity("notice", external_id))
    }
}

impl LinkId {
    /// The id of the link of this kind and origin between two ends, named as [`crate::LinkEnd::identity`] names them.
    #[must_use]
    pub fn of(kind: &str, origin: &str, from: &str, to: &str) -> Self {
        Self(derive(&["link", kind, origin, from, to].map(str::as_bytes)))
    }
}

impl ChangeId {
    /// The id of the change at a position of the log: the position itself, readable both ways.
    #[must_use]
    pub fn at(position: crate::Position) -> Self {
        Self(Uuid::from_u128(position.0 as u128))
    }

    /// The position that this id stands for; `None` where the id was never handed out.
    #[must_use]
    pub fn position(self) -> Option<crate::Position> {
        i64::try_from(self.0.as_u128()).ok().map(crate::Position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = SourceId::of("acme").task("42");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().parse(), Ok(NodeId::TaskId(id)));
    }

    #[test]
    fn texts_that_are_not_ids_are_refused() {
        for text in [
            "",
            "task_",
            "task_zz",
            "person",
            "nothing_00000000000000000000000000000000",
            "task_00000000-0000-0000-0000-000000000000",
        ] {
            assert!(text.parse::<NodeId>().is_err(), "{text}");
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(derive(&[b"ab", b"c"]), derive(&[b"a", b"bc"]));
    }

    #[test]
    fn ids_of_what_a_tool_counts_keep_its_order() {
        let source = SourceId::of("acme");
        let counted = ["1", "9", "10", "4095", "4096", "99999", "3000000000", "17592186044415"];
        let ids = counted.map(|external_id| source.task(external_id));
        assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    }

    #[test]
    fn different_references_have_different_ids() {
        let (one, other) = (SourceId::of("acme"), SourceId::of("other"));
        let texts = ["7", "07", "+7", " 7", "0", "", "17592186044416", "18446744073709551616", "x"];
        let mut ids: Vec<Uuid> = texts
            .iter()
            .flat_map(|text| [one.task(text).0, other.task(text).0, one.comment(text).0])
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn a_change_id_is_its_position() {
        let id = ChangeId::at(crate::Position(7));
        assert_eq!(id.position(), Some(crate::Position(7)));
    }
}
