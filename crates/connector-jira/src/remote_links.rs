//! The remote links of issues: a request for each issue, so that only those are asked for which may
//! have some.

use mainstem_connector::ConnectorError;
use mainstem_model::record::{ExternalId, RemoteLinkSet};
use serde_json::Value;

use crate::client::{Client, body, refused};
use crate::normalize;

/// The remote links of an issue; `None` where it has gone in the meantime, and where the site has
/// links switched off.
pub async fn read(
    client: &Client,
    issue: &ExternalId,
) -> Result<Option<RemoteLinkSet>, ConnectorError> {
    let answer = client.get(&format!("issue/{issue}/remotelink"), &[]).await?;
    match answer.status.as_u16() {
        200 => {}
        403 | 404 => return Ok(None),
        _ => return Err(refused(&answer)),
    }
    let told: Vec<Value> =
        serde_json::from_slice(&body(&answer)).map_err(|error| answer.unreadable(&error))?;
    Ok(Some(RemoteLinkSet { task: issue.clone(), links: normalize::remote_links(&told) }))
}
