//! Text as it can be stored.

/// Drops NUL, which PostgreSQL cannot hold; everything else stays as it came.
pub fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}
