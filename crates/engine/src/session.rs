//! The session of a source: opened once, and again when it is declared or authenticated otherwise.

use std::sync::Arc;

use mainstem_connector::{Connector, ConnectorError, Credential, Disposition, Session, Settings};
use mainstem_model::Source;
use tokio_util::sync::CancellationToken;

use crate::call::{Call, Failure};
use crate::engine::Shared;
use crate::memory::{OpenSession, SourceMemory, same_credential};

/// The session that is open, unless the credential is another now; a new one otherwise.
pub(crate) async fn session(
    shared: &Shared,
    source: &Source,
    connector: Arc<dyn Connector>,
    memory: &mut SourceMemory,
    stop: &CancellationToken,
) -> Result<Arc<dyn Session>, Failure> {
    let credential = credential(shared, source, memory).await?;
    expiry(shared, source, &*connector, credential.as_ref()).await?;
    if let Some(open) = &memory.session
        && same_credential(open.credential.as_ref(), credential.as_ref())
    {
        return Ok(Arc::clone(&open.session));
    }
    memory.session = None;
    let settings = Settings(source.settings.clone());
    let (name, given, host) = (source.name.clone(), credential.clone(), shared.host.clone());
    let connecting =
        async move { connector.connect(&name, &settings, given.as_ref(), &host).await };
    let session: Arc<dyn Session> =
        Call::begin(&shared.permits, connecting).answer(stop).await?.into();
    memory.session = Some(OpenSession { session: Arc::clone(&session), credential });
    Ok(session)
}

/// Keeps when the credential ends by itself, and does not use it any longer than that.
async fn expiry(
    shared: &Shared,
    source: &Source,
    connector: &dyn Connector,
    credential: Option<&Credential>,
) -> Result<(), Failure> {
    let expires_at = credential.and_then(|credential| connector.expires_at(credential));
    if expires_at != source.credential_expires_at {
        shared.store.set_credential_expiry(source.id, expires_at).await?;
    }
    match expires_at {
        Some(at) if at <= shared.host.clock.now() => {
            let message = format!("the credential ended at {at}; put a new one in its place");
            let paused = Disposition::PauseSource;
            Err(ConnectorError::new(paused, "CREDENTIAL_EXPIRED", message).into())
        }
        _ => Ok(()),
    }
}

/// The credential as it is now. Where it is another than before, what failed is worth trying again.
async fn credential(
    shared: &Shared,
    source: &Source,
    memory: &mut SourceMemory,
) -> Result<Option<Credential>, ConnectorError> {
    match shared.credentials.credential(source).await {
        Ok(credential) => {
            memory.retry_failed |=
                !same_credential(memory.credential.as_ref(), credential.as_ref());
            memory.credential.clone_from(&credential);
            Ok(credential)
        }
        Err(error) => {
            memory.session = None;
            memory.credential = None;
            Err(ConnectorError::new(Disposition::PauseSource, error.code, error.message))
        }
    }
}
