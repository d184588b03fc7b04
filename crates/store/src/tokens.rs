//! API tokens: kept by their hash only.

#![allow(clippy::todo, unused_variables, unused_imports, reason = "being built")]

use std::collections::HashMap;
use std::time::Duration;

use mainstem_model::record::{Batch, CensusEntry, Hint, Scope};
use mainstem_model::{Change, Comment, CommentId, Link, LinkId, Person, PersonId, Position, Project, ProjectId, Source, SourceError, SourceId, SourceState, Task, TaskDetail, TaskId, Timestamp, TokenId, Visibility};

use crate::*;

impl Store {
    /// Keeps a token by its hash.
    pub async fn create_token(&self, token: &NewToken) -> Result<Token, StoreError> { todo!() }
    /// Every token, newest first, revoked ones included.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> { todo!() }
    /// The token of this hash, whatever its state.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Token>, StoreError> { todo!() }
    /// Revokes a token; false where there is none.
    pub async fn revoke_token(&self, id: TokenId) -> Result<bool, StoreError> { todo!() }
    /// Notes that a token was used; written at most once a minute for each.
    pub async fn touch_token(&self, id: TokenId) -> Result<(), StoreError> { todo!() }
}
