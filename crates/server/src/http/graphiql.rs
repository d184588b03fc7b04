//! `GET /graphiql`.

use super::Refusal;

/// Not there yet.
pub async fn page() -> Refusal {
    Refusal::NotFound
}

/// Not there yet.
pub async fn asset() -> Refusal {
    Refusal::NotFound
}
