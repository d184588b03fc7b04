//! What a kind of tool needs and can do.

/// What a kind of tool needs and can do.
#[derive(Debug)]
pub struct Descriptor {
    /// The word in the configuration: `github`.
    pub kind: &'static str,
    /// The name people see: `GitHub`.
    pub name: &'static str,
    /// The kinds of credential that it takes.
    pub credentials: &'static [CredentialKind],
    /// How many items one fetch may name.
    pub fetch_limit: usize,
    /// Whether the past of tasks is read behind everything else, by fetches of
    /// [`Depth::History`](mainstem_model::record::Depth::History).
    pub tells_history: bool,
    /// Seconds between two censuses of a scope.
    pub census_interval_seconds: u32,
    /// How many scopes of one source may be pulled at the same time.
    pub concurrent_scopes: usize,
    /// Whether it reads the webhooks of its tool.
    pub hears_webhooks: bool,
}

/// A kind of credential.
#[derive(Debug)]
pub struct CredentialKind {
    /// The word in the configuration: `token`.
    pub kind: &'static str,
    /// The keys of its public part that must be given, such as `app_id`.
    pub public: &'static [&'static str],
    /// What the secret is, in words: `a personal access token`.
    pub secret: &'static str,
}
