//! The read model equals the store, whatever happens to either and in whatever order.

mod interleaving;
