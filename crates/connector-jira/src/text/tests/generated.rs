//! What holds for every document.

use proptest::prelude::*;

use super::documents::document;
use super::schema::assert_valid;
use super::{round_trip, without_item_ids};

proptest! {
    #[test]
    fn a_document_comes_back_as_it_was(document in document()) {
        let (markdown, back) = round_trip(&document);
        prop_assert_eq!(without_item_ids(back.clone()), document, "{}", markdown);
        assert_valid(&back);
    }
}
