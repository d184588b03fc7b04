//! connector-github
