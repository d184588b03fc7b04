//! One message: what its header says, and what it holds.
//!
//! The header of every message is read when its mailbox is listed; its content only when its thread is
//! handed over. Whatever a message is, both take linear time and memory that does not grow with
//! nesting: fields, parts and levels are counted on the raw bytes before anything is decoded.

pub mod address;
pub mod content;
pub mod decode;
pub mod fold;
pub mod header;
pub mod html;
pub mod identity;
pub mod structure;
pub mod words;

/// Messages above this size are read no further than their header.
pub const MOST_MESSAGE_BYTES: u64 = 25 * 1024 * 1024;

/// Why a message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Longer than any mail server accepts.
    #[error("header: longer than 256 KiB")]
    HeaderTooLong,
    /// More than any program writes.
    #[error("header: more than 1,000 fields")]
    TooManyFields,
    /// Nothing that a message begins with.
    #[error("header: no field at all, so this is no message")]
    NoHeader,
    /// RFC 5322 allows one; which one counts nobody can tell.
    #[error("From: there are several such fields, so nobody can tell who wrote it")]
    ManyFrom,
    /// More than any program writes.
    #[error("more than 1,000 parts")]
    TooManyParts,
    /// Its file belongs to somebody else.
    #[error("its file may not be read by this program; give it the right")]
    NotPermitted,
    /// Deeper than any program writes.
    #[error("parts stand more than 20 levels deep")]
    TooDeep,
}
