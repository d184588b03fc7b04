//! One test binary; its tree mirrors the product.
