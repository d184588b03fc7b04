//! `GET /register.csv`, `.json`, `.mmd` and `.dot`: the dependency register, as its caller may see it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use mainstem_register::{Choice, ChoiceError, Format, Register, read_kind, read_state};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use url::form_urlencoded;

use super::{Peer, Refusal, Site, refusal};

/// Registers in memory at the same time; the next ones wait.
const MOST: usize = 2;
/// How long one may take, waiting included.
const PATIENCE: Duration = Duration::from_secs(10);
/// What may be asked for.
const PARAMETERS: &str = "kinds, states, crossTool, project, source";

/// Bounds how many registers are in memory.
pub struct Registers(Arc<Semaphore>);

impl Default for Registers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

/// A written register, which counts until it is sent.
struct Written {
    bytes: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why there is none.
enum Fault {
    Choice(ChoiceError),
    Ours(Refusal),
}

/// Writes it in this format.
pub async fn answer(
    format: Format,
    State(site): State<Arc<Site>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request<Body>,
) -> Result<Response, Response> {
    let known = site.access.caller(request.headers(), request.uri(), peer.ip()).await;
    let visibility = known.map_err(Refusal::into_response)?.caller.visibility.clone();
    let choice = choice(request.uri().query().unwrap_or_default())
        .map_err(|message| refusal::bad_input(&message))?;
    let service = site.service.get().ok_or_else(|| Refusal::NotReady.into_response())?;
    let view = service.model.view(&visibility);
    let permits = site.registers.0.clone();
    let written = timeout(PATIENCE, async move {
        // The semaphore is never closed, so the permit always comes.
        let permit = permits.acquire_owned().await.map_err(|_| Fault::Ours(Refusal::NotReady))?;
        let writing = tokio::task::spawn_blocking(move || {
            let register = Register::of(&view, &choice).map_err(Fault::Choice)?;
            let mut bytes = Vec::new();
            register.write(format, &mut bytes).map_err(|error| {
                tracing::error!(%error, "a register cannot be written");
                Fault::Ours(Refusal::Panicked)
            })?;
            Ok(Written { bytes, _permit: permit })
        });
        // A panic has been logged where it happened.
        writing.await.unwrap_or(Err(Fault::Ours(Refusal::Panicked)))
    });
    let written = written.await.unwrap_or(Err(Fault::Ours(Refusal::TimedOut)));
    let written = written.map_err(|fault| match fault {
        Fault::Choice(error) => refusal::bad_input(&error.to_string()),
        Fault::Ours(refusal) => refusal.into_response(),
    })?;
    Ok(response(format, written, request.headers()))
}

fn response(format: Format, written: Written, asked: &HeaderMap) -> Response {
    let mut hasher = DefaultHasher::new();
    written.bytes.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known = known.is_some_and(|tags| {
        tags.split(',')
            .map(|one| one.trim().trim_start_matches("W/"))
            .any(|one| one == "*" || one == tag)
    });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(Bytes::from_owner(written)))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let disposition = format!("attachment; filename=\"register.{}\"", format.extension());
    for (name, value) in [(header::CONTENT_DISPOSITION, disposition), (header::ETAG, tag)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// What the parameters of a URL ask for.
fn choice(query: &str) -> Result<Choice, String> {
    let mut choice = Choice::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let named = |reason: String| format!("{name}: {reason}");
        match &*name {
            "kinds" => choice.kinds.extend(list(&value, read_kind).map_err(named)?),
            "states" => choice.states.extend(list(&value, read_state).map_err(named)?),
            "crossTool" => choice.cross_tool = Some(truth(&value).map_err(named)?),
            "project" => choice.project = Some(value.into_owned()),
            "source" => choice.source = Some(value.into_owned()),
            _ => {
                let name: String = name.chars().take(80).collect();
                return Err(format!("{name:?} is no parameter; give some of {PARAMETERS}"));
            }
        }
    }
    Ok(choice)
}

fn list<T>(value: &str, read: fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    value.split(',').map(read).collect()
}

fn truth(value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| "give true or false".to_owned())
}
