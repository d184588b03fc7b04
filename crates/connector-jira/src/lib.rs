//! The connector for Jira: Cloud and Data Center.

pub mod text;
