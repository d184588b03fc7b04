//! The API as the server sees it: a question's bytes in, an answer's bytes out.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use bytes::Bytes;
use mainstem_model::{Clock, Position, Timestamp, TokenId, TokenScope, Visibility};
use mainstem_read_model::{ReadModel, View};
use mainstem_store::{Store, StoreError};
use serde_json::Value;

use crate::coercion::Variables;
use crate::cursor;
use crate::document::{Documents, operation};
use crate::engine::Introspection;
use crate::error::{Code, Problem};
use crate::kept::{Exactness, KeptAnswers, Key, Stand};
use crate::mutation::{self, Mutations};
use crate::needs::Loaded;
use crate::objects::Query;
use crate::plan::{MAX_COST, Plan, Selection};
use crate::request::Request;
use crate::writer::{Object, Sources, Writer};

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
    /// How long it may be kept; `None` for not at all.
    exactness: Option<Exactness>,
    /// The point of the change log that it shows.
    position: Position,
}

/// What was written, and from what.
struct Written {
    data: Vec<u8>,
    problems: Vec<Problem>,
    view: View,
    now: Timestamp,
    /// When time alone changes it, beside what depends on the time all along.
    ends: Option<Timestamp>,
    /// Whether something was loaded from the store.
    loaded: bool,
}

impl Written {
    fn exactness(&self, plan: &Plan) -> Exactness {
        let timely = plan.shows_time.then(|| self.now.plus_seconds(TIMELY_SECONDS));
        Exactness {
            at: Stand {
                content: self.view.content_generation(),
                generation: self.view.generation(),
                position: self.view.position(),
            },
            shows_sources: plan.shows_sources,
            shows_store: self.loaded,
            until: timely.into_iter().chain(self.ends).min(),
        }
    }
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
                let answer = respond(&executed, content_type);
                if let (Some(exactness), Some(_)) = (executed.exactness, &answer.etag) {
                    self.kept.put(key, answer.clone(), exactness);
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

        if operation.ty == OperationType::Mutation {
            return self.mutate(plan, &introspection, question).await.map_err(one);
        }
        let written = self.written(Query, &plan.root, &introspection, question).await;
        let written = written.map_err(one)?;
        Ok(Executed {
            cost: plan.cost,
            exactness: (!plan.shows_audit).then(|| written.exactness(&plan)),
            position: written.view.position(),
            data: written.data,
            problems: written.problems,
        })
    }

    /// Carries out the fields of a mutation, one after the other, up to the first that fails. What is
    /// written of each shows the store as it was after it.
    async fn mutate(
        &self,
        plan: Plan,
        introspection: &Introspection,
        question: &Question<'_>,
    ) -> Result<Executed, Problem> {
        mutation::allow(question.caller, &plan)?;
        let mutations = Mutations {
            store: &self.store,
            model: &self.model,
            caller: question.caller,
            request_id: question.request_id,
        };
        let mut executed = Executed {
            data: vec![b'{'],
            problems: Vec::new(),
            cost: plan.cost,
            exactness: None,
            position: self.model.position(),
        };
        for field in plan.root.fields {
            let key = field.response_key.to_string();
            let mutated = match mutations.run(&field).await {
                Ok(mutated) => mutated,
                Err(problem) => {
                    executed.problems.push(problem.at(key));
                    executed.data = b"null".to_vec();
                    return Ok(executed);
                }
            };
            let alone = Selection { type_name: "Mutation".to_owned(), fields: vec![field] };
            let written = self.written(&mutated, &alone, introspection, question).await?;
            executed.position = written.view.position();
            executed.problems.extend(written.problems);
            let Some(fields) =
                written.data.strip_prefix(b"{").and_then(|data| data.strip_suffix(b"}"))
            else {
                executed.data = written.data;
                return Ok(executed);
            };
            if executed.data.len() > 1 {
                executed.data.push(b',');
            }
            executed.data.extend_from_slice(fields);
        }
        executed.data.push(b'}');
        Ok(executed)
    }

    /// Writes what is asked of an object, from the newest snapshot and what has to be loaded for it.
    async fn written<T: for<'o> Object<'o>>(
        &self,
        root: T,
        selection: &Selection,
        introspection: &Introspection,
        question: &Question<'_>,
    ) -> Result<Written, Problem> {
        let view = self.model.view(&question.caller.visibility);
        let now = self.clock.now();
        let mut loaded = Loaded::default();
        let mut out = Vec::new();
        let mut rounds = 0;
        loop {
            let from = Sources {
                view: &view,
                loaded: &loaded,
                introspection,
                caller: question.caller,
                now,
            };
            let mut writer = Writer::new(&from, out);
            let written = writer.root(root, selection);
            if writer.needs.is_empty() || rounds == MAX_ROUNDS {
                let ends = writer.ends;
                let (data, mut problems) = writer.finish();
                problems.extend(written.err());
                return Ok(Written { data, problems, view, now, ends, loaded: rounds > 0 });
            }
            let needs = std::mem::take(&mut writer.needs);
            out = writer.finish().0;
            loaded.load(needs, &self.store, &view).await.map_err(|error| match error {
                StoreError::Invalid(reason) => Problem::bad_input(reason),
                other => Problem::internal(&other, question.request_id),
            })?;
            rounds += 1;
        }
    }
}

/// The response. One that may be asked for again has a tag.
fn respond(executed: &Executed, content_type: &'static str) -> Answer {
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
        cursor::position(executed.position),
    );
    body.extend_from_slice(extensions.as_bytes());
    let again = executed.problems.is_empty() && executed.exactness.is_some();
    let etag = again.then(|| format!("W/\"{:016x}\"", hasher.finish()).into());
    Answer { status: 200, content_type, body: body.into(), etag }
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
