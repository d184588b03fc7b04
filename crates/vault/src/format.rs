//! The bytes of a sealed value, and what binds them to their place.
