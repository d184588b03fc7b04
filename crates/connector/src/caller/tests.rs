//! A caller against a tool that answers from a script.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use mainstem_model::clock::ManualClock;

use super::*;
use crate::authorization::Fixed;

const NOW: Timestamp = Timestamp::from_seconds(784_111_777);

#[derive(Clone)]
enum Step {
    Answer(u16, Vec<(&'static str, &'static str)>, &'static str),
    Fail(HttpError),
}

/// Answers from a script and remembers what was asked.
#[derive(Default)]
struct Script {
    steps: Mutex<VecDeque<Step>>,
    asked: Mutex<Vec<Request>>,
}

#[async_trait]
impl Http for Script {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        self.asked.lock().unwrap().push(request);
        match self.steps.lock().unwrap().pop_front() {
            Some(Step::Answer(status, headers, body)) => Ok(Response {
                status: StatusCode::from_u16(status).unwrap(),
                headers: headers
                    .iter()
                    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                    .collect(),
                body: Bytes::from_static(body.as_bytes()),
            }),
            Some(Step::Fail(error)) => Err(error),
            None => panic!("asked more often than the script has answers"),
        }
    }
}

fn answer(status: u16) -> Step {
    Step::Answer(status, vec![], "{}")
}

fn to(location: &'static str) -> Step {
    Step::Answer(302, vec![("location", location)], "")
}

fn cut() -> Step {
    Step::Fail(HttpError::Interrupted { host: "tool.test".into(), reason: "cut".into() })
}

fn no_connection() -> Step {
    Step::Fail(HttpError::Connect { host: "tool.test".into(), reason: "refused".into() })
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// Sends one call through a caller; answers its outcome and what was asked of the tool.
async fn send(call: Call, steps: Vec<Step>) -> (Result<Answer, ConnectorError>, Vec<Request>) {
    let script = Arc::new(Script::default());
    script.steps.lock().unwrap().extend(steps);
    let caller = caller(script.clone(), Arc::new(ManualClock::at(NOW)));
    let outcome = caller.send(call).await;
    assert_eq!(script.steps.lock().unwrap().len(), 0, "the script was not played to its end");
    (outcome, std::mem::take(&mut script.asked.lock().unwrap()))
}

fn caller(http: Arc<dyn Http>, clock: Arc<dyn Clock>) -> Caller {
    let manners = Manners {
        concurrent_requests: 2,
        headers: HeaderMap::new(),
        limit_phrases: &["slow down"],
    };
    let token = Some(HeaderValue::from_static("Bearer secret"));
    Caller::new(http, clock, url("https://tool.test/api/"), Box::new(Fixed(token)), manners)
}

#[tokio::test(start_paused = true)]
async fn each_outcome_has_its_reaction() {
    let get = || Call::get(url("https://tool.test/api/x"));
    let write = || Call::post(url("https://tool.test/api/x"), &1, false).unwrap();
    let read_by_post = || Call::post(url("https://tool.test/api/x"), &1, true).unwrap();
    let limited = Step::Answer(403, vec![], "please SLOW DOWN");
    for (call, steps, expected) in [
        (get(), vec![answer(200)], Ok(200)),
        (get(), vec![answer(304)], Ok(304)),
        (get(), vec![answer(404)], Ok(404)),
        (get(), vec![answer(403)], Ok(403)),
        (get(), vec![answer(410)], Ok(410)),
        (get(), vec![answer(500)], Err("TOOL_FAILING")),
        (get(), vec![answer(502), answer(200)], Ok(200)),
        (get(), vec![answer(502), answer(503), answer(504)], Err("TOOL_FAILING")),
        (get(), vec![cut(), cut(), answer(200)], Ok(200)),
        (get(), vec![cut(), cut(), cut()], Err("INTERRUPTED")),
        (get(), vec![no_connection(), no_connection(), no_connection()], Err("UNREACHABLE")),
        (write(), vec![answer(502)], Err("TOOL_FAILING")),
        (write(), vec![cut()], Err("INTERRUPTED")),
        (write(), vec![no_connection(), answer(200)], Ok(200)),
        (read_by_post(), vec![answer(502), cut(), answer(200)], Ok(200)),
        (get(), vec![answer(429)], Err("RATE_LIMITED")),
        (get(), vec![limited], Err("RATE_LIMITED")),
        (get(), vec![answer(401), answer(200)], Ok(200)),
        (get(), vec![answer(401), answer(401)], Err("CREDENTIAL_REFUSED")),
        (get(), vec![to("/api/y"), to("z"), to("https://tool.test/a"), answer(200)], Ok(200)),
        (get(), vec![to("/1"), to("/2"), to("/3"), to("/4")], Err("REDIRECTED")),
        (get(), vec![answer(301)], Ok(301)),
        (write(), vec![to("/api/y")], Err("REDIRECTED")),
        (get(), vec![to("https://evil.test/api/x")], Err("OTHER_ORIGIN")),
        (get(), vec![to("http://tool.test/api/x")], Err("OTHER_ORIGIN")),
        (Call::get(url("https://evil.test/next")), vec![], Err("OTHER_ORIGIN")),
    ] {
        let told = format!("{call:?}");
        let (outcome, asked) = send(call, steps).await;
        let outcome = outcome.map(|answer| answer.status.as_u16()).map_err(|error| error.code);
        assert_eq!(outcome, expected, "{told}");
        for request in asked {
            assert_eq!(request.url.origin(), url("https://tool.test").origin());
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_before_the_time_that_the_tool_named() {
    let script = Arc::new(Script::default());
    script
        .steps
        .lock()
        .unwrap()
        .extend([Step::Answer(429, vec![("retry-after", "30")], ""), answer(200)]);
    let clock = Arc::new(ManualClock::at(NOW));
    let caller = caller(script.clone(), clock.clone());
    let get = || Call::get(url("https://tool.test/api/x"));
    for _ in 0..3 {
        let error = caller.send(get()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RetryAfter(Duration::from_secs(30)));
    }
    assert_eq!(script.asked.lock().unwrap().len(), 1);
    clock.advance_seconds(30);
    assert_eq!(caller.send(get()).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_apart() {
    let html = vec![("content-type", "text/html")];
    for (headers, body, told) in [
        (vec![], "[1, 2", "ends too early"),
        (vec![], "", "ends too early"),
        (html, "<html>", "web page"),
        (vec![], "[true]", "not the JSON expected"),
    ] {
        let call = Call::get(url("https://tool.test/api/x"));
        let (answer, _) = send(call, vec![Step::Answer(200, headers, body)]).await;
        let error = answer.unwrap().json::<Vec<u64>>().unwrap_err();
        assert_eq!(error.disposition, Disposition::BackOff);
        assert!(error.message.contains(told), "{error}");
    }
}

#[tokio::test]
async fn requests_carry_what_they_must_and_the_secret_prints_nowhere() {
    let call = Call::get(url("https://tool.test/api/x")).unless(Some("\"v1\"".into()));
    let (_, asked) = send(call, vec![answer(304)]).await;
    assert_eq!(asked[0].headers["if-none-match"], "\"v1\"");
    assert_eq!(asked[0].headers["authorization"], "Bearer secret");
    let header = crate::authorization::bearer(&"secret".to_owned().into()).unwrap();
    assert!(!format!("{header:?}").contains("secret"));
    let script: Arc<dyn Http> = Arc::new(Script::default());
    let printed = format!("{:?}", caller(script, Arc::new(ManualClock::at(NOW))));
    assert!(!printed.contains("secret"));
}
