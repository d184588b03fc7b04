//! Keys: everything that a world holds stands in one list per kind and is named by its place in it.

/// Makes a key type for each list of the `World` in scope, and lets the world be indexed by it.
macro_rules! keys {
    ($($(#[$doc:meta])* $key:ident => $list:ident: $item:ty,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $key(pub(crate) u32);

            impl std::ops::Index<$key> for World {
                type Output = $item;
                fn index(&self, key: $key) -> &$item {
                    &self.$list[key.0 as usize]
                }
            }
        )*
    };
}

/// A kind of thing with its own range of numeric ids, which derive from its place.
pub(crate) trait DatabaseId: Copy {
    const BASE: u64;
    const STEP: u64;
    fn place(self) -> u32;
    fn at(place: u32) -> Self;

    /// The id that clients see.
    fn database_id(self) -> u64 {
        Self::BASE + u64::from(self.place()) * Self::STEP
    }

    /// The key of an id, which may lie beyond the end of the list.
    fn from_database_id(id: u64) -> Option<Self> {
        let offset = id.checked_sub(Self::BASE)?;
        if offset % Self::STEP != 0 {
            return None;
        }
        u32::try_from(offset / Self::STEP).ok().map(Self::at)
    }
}

/// Gives each key type its range: the first id and the step from one to the next.
macro_rules! database_ids {
    ($($key:ident: $base:literal, $step:literal;)*) => {
        $(impl $crate::keys::DatabaseId for $key {
            const BASE: u64 = $base;
            const STEP: u64 = $step;
            fn place(self) -> u32 { self.0 }
            fn at(place: u32) -> Self { Self(place) }
        })*
    };
}

pub(crate) use {database_ids, keys};
