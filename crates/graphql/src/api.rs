//! The API as the server sees it: a question's bytes in, an answer's bytes out.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mainstem_model::{Clock, TokenId, TokenScope, Visibility};
use mainstem_read_model::ReadModel;
use mainstem_store::{Store, StoreError};
use serde_json::Value;

use crate::coercion::Variables;
use crate::cursor;
use crate::document::{Documents, operation};
use crate::error::{Code, Problem};
use crate::kept::{Exactness, KeptAnswers, Key, Stand};
use crate::needs::Loaded;
use crate::objects::Query;
use crate::plan::{MAX_COST, Plan};
use crate::request::Request;
use crate::writer::{Sources, Writer};

/// How long a question may take, and how long it may wait for a position.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Rounds of loading in one answer; each goes at least one level deeper.
const MAX_ROUNDS: usize = 16;
/// How long an answer that depends on the time is kept.
const TIMELY_SECONDS: i64 = 1;

const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json; charset=utf-8";

/// Who asks: what the server found behind the bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The token.
    pub token: TokenId,
    /// What it was made for.
    pub token_name: Arc<str>,
    /// What it allows.
    pub scope: TokenScope,
    /// The sources that it may see.
    pub visibility: Visibility,
}

/// One request, as far as GraphQL is concerned. The server has checked the method, the content type
/// and the size of the body.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The request's JSON: `{"query", "operationName", "variables", "extensions"}`.
    pub body: Bytes,
    /// Who asks.
    pub caller: &'a Caller,
    /// The `Accept` header; it decides between the two content types of GraphQL over HTTP.
    pub accept: Option<&'a str>,
    /// The `If-None-Match` header.
    pub if_none_match: Option<&'a str>,
    /// A position from an earlier answer's `extensions.position`: the answer shows at least that.
    pub min_position: Option<&'a str>,
    /// Names this request in the log and in an `INTERNAL` error.
    pub request_id: &'a str,
}

/// What to send back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; 304 has no body.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// The `ETag` header, where the answer may be asked for again. It names the data alone, so it
    /// is weak: `extensions` may differ.
    pub etag: Option<Arc<str>>,
}

impl Answer {
    /// An answer without data, with the status of its first error.
    fn error(problems: &[Problem], content_type: &'static str) -> Self {
        let status = problems.first().map_or(500, |problem| problem.code().status());
        let mut body = b"{\"errors\":".to_vec();
        write_problems(&mut body, problems);
        body.push(b'}');
        Self { status, content_type, body: body.into(), etag: None }
    }
}

/// What the API may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSettings {
    /// Bytes that kept answers may take; 0 keeps none.
    pub answer_cache_bytes: u64,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self { answer_cache_bytes: 32 * 1024 * 1024 }
    }
}

/// The embedded schema cannot be read: a mistake of this program's build.
#[derive(Debug, thiserror::Error)]
#[error("the embedded GraphQL schema is invalid: {0}")]
pub struct InvalidSchema(String);

/// The GraphQL API. One for each process; shared by every request.
pub struct Api {
    store: Store,
    model: Arc<ReadModel>,
    clock: Arc<dyn Clock>,
    documents: Documents,
    kept: KeptAnswers,
}

/// What a question comes to before it is a response.
struct Executed {
    data: Vec<u8>,
    problems: Vec<Problem>,
    cost: u64,
    exactness: Exactness,
}

impl Api {
    /// The API over a store and its read model.
    ///
    /// # Errors
    /// [`InvalidSchema`], which no input can cause.
    pub fn new(
        store: Store,
        model: Arc<ReadModel>,
        clock: Arc<dyn Clock>,
        settings: ApiSettings,
    ) -> Result<Self, InvalidSchema> {
        let documents = Documents::new().map_err(InvalidSchema)?;
        let kept = KeptAnswers::new(settings.answer_cache_bytes);
        Ok(Self { store, model, clock, documents, kept })
    }

    /// The schema as text, with descriptions.
    #[must_use]
    pub const fn sdl() -> &'static str {
        crate::sdl()
    }

    /// Answers a question. Never fails: what goes wrong is part of the answer.
    pub async fn answer(&self, question: Question<'_>) -> Answer {
        let content_type = content_type(question.accept);
        if let Err(problem) = self.wait_for_position(&question).await {
            return Answer::error(&[problem], content_type);
        }
        let key =
            Key { caller: question.caller.clone(), content_type, body: question.body.clone() };
        if let Some(answer) = self.kept.get(&key, &self.stand(), self.clock.now()) {
            return unless_known(answer, question.if_none_match);
        }
        let request = match Request::read(&question.body) {
            Ok(request) => request,
            Err(problem) => return Answer::error(&[problem], content_type),
        };
        let executed = tokio::time::timeout(TIMEOUT, self.execute(request, &question)).await;
        let executed = executed.unwrap_or_else(|_| {
            Err(vec![Problem::new(
                Code::QueryTooCostly,
                "The query took longer than 5 seconds; ask for less.",
            )])
        });
        match executed {
            Ok(executed) => {
                let (answer, keep) = respond(&executed, content_type);
                if keep {
                    self.kept.put(key, answer.clone(), executed.exactness);
                }
                unless_known(answer, question.if_none_match)
            }
            Err(problems) => {
                let mut answer = Answer::error(&problems, content_type);
                // It was a GraphQL request, so its own content type alone says otherwise than 200;
                // see the GraphQL over HTTP specification.
                if content_type == JSON && answer.status < 500 {
                    answer.status = 200;
                }
                answer
            }
        }
    }

    fn stand(&self) -> Stand {
        Stand {
            content: self.model.content_generation(),
            generation: self.model.generation(),
            position: self.model.position(),
        }
    }

    async fn wait_for_position(&self, question: &Question<'_>) -> Result<(), Problem> {
        let Some(text) = question.min_position else { return Ok(()) };
        let position = cursor::read_position(text)?;
        self.model.at_least(position, TIMEOUT).await.map_err(|behind| {
            Problem::new(Code::SourceUnavailable, format!("{behind}; ask again later."))
        })
    }

    async fn execute(
        &self,
        mut request: Request,
        question: &Question<'_>,
    ) -> Result<Executed, Vec<Problem>> {
        let one = |problem: Problem| vec![problem];
        let given = request.take_variables();
        let document = self.documents.read(&request.query).await?;
        let name = request.operation_name.as_deref();
        let operation = operation(&document, name).map_err(one)?;
        let types = self.documents.types();
        let variables = Variables::read(types, operation, &given).map_err(one)?;
        let plan = Plan::new(types, &document, operation, &variables).map_err(one)?;
        let introspection = self
            .documents
            .introspect(&document, operation, name, variables.values())
            .await
            .map_err(one)?;

        let view = self.model.view(&question.caller.visibility);
        let now = self.clock.now();
        let mut loaded = Loaded::default();
        let mut out = Vec::new();
        let mut rounds = 0;
        loop {
            let from = Sources {
                view: &view,
                loaded: &loaded,
                introspection: &introspection,
                caller: question.caller,
                now,
            };
            let mut writer = Writer::new(&from, out);
            let written = writer.root(Query, &plan.root);
            if writer.needs.is_empty() || rounds == MAX_ROUNDS {
                let (data, mut problems) = writer.finish();
                problems.extend(written.err());
                return Ok(Executed {
                    data,
                    problems,
                    cost: plan.cost,
                    exactness: Exactness {
                        at: Stand {
                            content: view.content_generation(),
                            generation: view.generation(),
                            position: view.position(),
                        },
                        shows_sources: plan.shows_sources,
                        shows_store: rounds > 0,
                        until: plan.shows_time.then(|| now.plus_seconds(TIMELY_SECONDS)),
                    },
                });
            }
            let needs = std::mem::take(&mut writer.needs);
            out = writer.finish().0;
            loaded.load(needs, &self.store, &view).await.map_err(|error| match error {
                StoreError::Invalid(reason) => one(Problem::bad_input(reason)),
                other => one(Problem::internal(&other, question.request_id)),
            })?;
            rounds += 1;
        }
    }
}

/// The response, and whether it may be kept.
fn respond(executed: &Executed, content_type: &'static str) -> (Answer, bool) {
    let mut hasher = DefaultHasher::new();
    hasher.write(&executed.data);
    let mut body = Vec::with_capacity(executed.data.len() + 160);
    body.extend_from_slice(b"{\"data\":");
    body.extend_from_slice(&executed.data);
    if !executed.problems.is_empty() {
        body.extend_from_slice(b",\"errors\":");
        write_problems(&mut body, &executed.problems);
    }
    let extensions = format!(
        ",\"extensions\":{{\"cost\":{{\"cost\":{},\"limit\":{MAX_COST}}},\"position\":\"{}\"}}}}",
        executed.cost,
        cursor::position(executed.exactness.at.position),
    );
    body.extend_from_slice(extensions.as_bytes());
    let whole = executed.problems.is_empty();
    let etag = whole.then(|| format!("W/\"{:016x}\"", hasher.finish()).into());
    (Answer { status: 200, content_type, body: body.into(), etag }, whole)
}

fn write_problems(body: &mut Vec<u8>, problems: &[Problem]) {
    let errors: Value = problems.iter().map(Problem::to_json).collect();
    body.extend_from_slice(errors.to_string().as_bytes());
}

/// 304 where the caller has the answer already. Tags are compared weakly: a proxy may have dropped
/// the mark that ours carry.
fn unless_known(answer: Answer, if_none_match: Option<&str>) -> Answer {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let known = answer.etag.as_deref().zip(if_none_match).is_some_and(|(etag, tags)| {
        tags.split(',').map(str::trim).any(|tag| tag == "*" || opaque(tag) == opaque(etag))
    });
    if known { Answer { status: 304, body: Bytes::new(), ..answer } } else { answer }
}

/// The content type that the caller likes best; `application/json` where nothing is said.
fn content_type(accept: Option<&str>) -> &'static str {
    let mut best = (JSON, 0.0);
    for range in accept.unwrap_or("*/*").split(',') {
        let mut parts = range.split(';').map(str::trim);
        let offered = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => GRAPHQL_RESPONSE,
            "application/json" | "application/*" | "*/*" => JSON,
            _ => continue,
        };
        let quality =
            parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        if quality > best.1 {
            best = (offered, quality);
        }
    }
    best.0
}
