//! API tokens.

use std::collections::BTreeSet;

use mainstem_model::{SourceId, TokenId, TokenScope};
use mainstem_store::{NewToken, StoreError};

use crate::support::database::{both_databases, start};

fn token(n: u8) -> NewToken {
    NewToken {
        name: format!("token {n}"),
        hash: [n; 32],
        hint: "mst_ab…yz".to_owned(),
        scope: TokenScope::Write,
        sources: Some(BTreeSet::from([SourceId::of("acme"), SourceId::of("beta")])),
        expires_at: Some(start().plus_seconds(3600)),
    }
}

both_databases! {
    async fn a_token_is_found_by_its_hash(db) {
        let kept = db.store.create_token(&token(1)).await.unwrap();
        assert_eq!(db.store.token_by_hash(&[1; 32]).await.unwrap(), Some(kept.clone()));
        assert_eq!(db.store.token_by_hash(&[2; 32]).await.unwrap(), None);
        assert_eq!((kept.created_at, kept.last_used_at, kept.revoked_at), (start(), None, None));
        assert_eq!(kept.sources, token(1).sources);
    }
}

both_databases! {
    async fn the_same_token_is_not_kept_twice(db) {
        db.store.create_token(&token(1)).await.unwrap();
        let again = db.store.create_token(&token(1)).await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    }
}

both_databases! {
    async fn tokens_are_listed_newest_first_revoked_ones_included(db) {
        let everything = NewToken { sources: None, expires_at: None, scope: TokenScope::Admin, ..token(1) };
        let old = db.store.create_token(&everything).await.unwrap();
        db.clock.advance_seconds(10);
        let new = db.store.create_token(&token(2)).await.unwrap();
        assert_ne!(old.id, new.id);
        assert!(db.store.revoke_token(old.id).await.unwrap());
        db.clock.advance_seconds(10);
        assert!(db.store.revoke_token(old.id).await.unwrap(), "revoking twice is harmless");
        assert!(!db.store.revoke_token(TokenId(uuid::Uuid::nil())).await.unwrap());

        let listed = db.store.tokens().await.unwrap();
        assert_eq!(listed[0], new);
        assert_eq!((listed[1].id, listed[1].scope, &listed[1].sources), (old.id, TokenScope::Admin, &None));
        assert_eq!(listed[1].revoked_at, Some(start().plus_seconds(10)), "the first revocation counts");
    }
}

both_databases! {
    async fn use_is_written_down_at_most_once_a_minute(db) {
        let id = db.store.create_token(&token(1)).await.unwrap().id;
        let mut used = Vec::new();
        for seconds in [0, 59, 1, 30] {
            db.clock.advance_seconds(seconds);
            db.store.touch_token(id).await.unwrap();
            used.push(db.store.tokens().await.unwrap()[0].last_used_at.unwrap().since(start()) / 1_000_000);
        }
        assert_eq!(used, [0, 0, 60, 60]);
    }
}
