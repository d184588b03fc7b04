//! What deliveries say, and which of them are believed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use mainstem_connector::{Delivery, Settings, WebhookRefusal};
use mainstem_model::Timestamp;
use mainstem_model::record::{Depth, Heard};
use proptest::prelude::*;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::read;
use crate::locator::Locator;

const SECRET: &str = "a-secret-of-the-webhook-0123456789";
const NOW: i64 = 1_800_000_000;
const TARGET: &str = "/hooks/jira";

fn settings() -> Settings {
    Settings(json!({"base_url": "https://acme.atlassian.net"}))
}

fn hmac(secret: &str, message: &[u8]) -> Vec<u8> {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signature(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex(&hmac(secret, body)))
}

/// A token, made by hand so that it can be wrong in every way.
fn token(secret: &str, header: &Value, claims: &Value) -> String {
    let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = parts.join(".");
    let tag = URL_SAFE_NO_PAD.encode(hmac(secret, signed.as_bytes()));
    format!("{signed}.{tag}")
}

fn hs256() -> Value {
    json!({"alg": "HS256", "typ": "JWT"})
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        })
        .collect()
}

fn hear(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Heard>, WebhookRefusal> {
    hear_with(&settings(), headers, TARGET, body)
}

fn hear_with(
    settings: &Settings,
    headers: &HeaderMap,
    target: &str,
    body: &[u8],
) -> Result<Vec<Heard>, WebhookRefusal> {
    let body = Bytes::copy_from_slice(body);
    let delivery = Delivery { headers, target, body: &body };
    read(settings, &delivery, &SecretString::from(SECRET), Timestamp::from_seconds(NOW))
}

/// Hears a body that an administrator's webhook has signed.
fn hear_signed(body: &str) -> Result<Vec<Heard>, WebhookRefusal> {
    hear(&headers(&[("x-hub-signature", &signature(SECRET, body.as_bytes()))]), body.as_bytes())
}

/// Id or key, depth, and scope.
type Named = (&'static str, Depth, Option<&'static str>);

fn shown(heard: &[Heard]) -> Vec<(&str, Depth, Option<&str>)> {
    heard
        .iter()
        .map(|Heard { hint, scope }| {
            let locator = Locator::read(&hint.locator).unwrap();
            assert!(hint.external_id.as_deref().is_none_or(|id| id == locator.name));
            assert!(scope.as_deref().is_none_or(|scope| locator.project == Some(scope)));
            (locator.name, hint.depth, scope.as_deref())
        })
        .collect()
}

fn issue(id: &str, key: &str, project: Option<&str>) -> Value {
    let fields = project.map(|key| json!({"summary": "x", "project": {"id": "10000", "key": key}}));
    json!({"id": id, "key": key, "self": "https://jira.test/rest/api/2/issue/1", "fields": fields})
}

#[test]
fn each_event_says_what_to_read_again() {
    use Depth::{Relations, Whole};
    let eng = issue("10041", "ENG-7", Some("ENG"));
    let change = |field: &str, from: Value, to: Value| json!({"id": "1", "items": [{"field": field, "from": from, "to": to, "toString": "…"}]});
    let link = json!({"issueLink": {"id": 5, "sourceIssueId": 10041, "destinationIssueId": 10044,
        "issueLinkType": {"id": 10000, "name": "Blocks", "outwardName": "blocks"}}});
    let comment =
        json!({"id": "7", "self": "http://jira.test/jira/rest/api/2/issue/10041/comment/7"});
    let table: Vec<(&str, Value, Vec<Named>)> = vec![
        ("jira:issue_created", json!({"issue": eng}), vec![("10041", Whole, Some("ENG"))]),
        ("jira:issue_deleted", json!({"issue": eng}), vec![("10041", Whole, Some("ENG"))]),
        // The key says it where the fields do not.
        (
            "jira:issue_updated",
            json!({"issue": issue("10041", "A_B2-7", None), "changelog": null}),
            vec![("10041", Whole, Some("A_B2"))],
        ),
        // A project's own key wins over an issue's, which may be an old one.
        (
            "jira:issue_updated",
            json!({"issue": issue("10041", "OLD-7", Some("NEW")), "changelog": change("summary", Value::Null, Value::Null)}),
            vec![("10041", Whole, Some("NEW"))],
        ),
        (
            "jira:issue_updated",
            json!({"issue": eng, "changelog": change("Link", Value::Null, json!("WEB-3"))}),
            vec![("10041", Whole, Some("ENG")), ("WEB-3", Relations, None)],
        ),
        (
            "jira:issue_updated",
            json!({"issue": eng, "changelog": change("Link", json!("WEB-3"), Value::Null)}),
            vec![("10041", Whole, Some("ENG")), ("WEB-3", Relations, None)],
        ),
        // A link's other end is a key, or it is nothing.
        (
            "jira:issue_updated",
            json!({"issue": eng, "changelog": change("Link", Value::Null, json!("1 OR project = X"))}),
            vec![("10041", Whole, Some("ENG"))],
        ),
        (
            "comment_created",
            json!({"issue": eng, "comment": comment}),
            vec![("10041", Whole, Some("ENG"))],
        ),
        // Data Center names the issue in the comment's address only.
        ("comment_updated", json!({"comment": comment}), vec![("10041", Whole, None)]),
        ("comment_deleted", json!({"comment": {"self": "http://x/y/10041/comment/7"}}), vec![]),
        ("comment_deleted", json!({"comment": {"self": "comment"}}), vec![]),
        (
            "worklog_created",
            json!({"worklog": {"id": "3", "issueId": "10041"}}),
            vec![("10041", Whole, None)],
        ),
        (
            "worklog_deleted",
            json!({"worklog": {"id": "3", "issueId": 10041}}),
            vec![("10041", Whole, None)],
        ),
        (
            "issuelink_created",
            link.clone(),
            vec![("10041", Relations, None), ("10044", Relations, None)],
        ),
        ("issuelink_deleted", link, vec![("10041", Relations, None), ("10044", Relations, None)]),
        ("issue_property_set", json!({"issue": eng}), vec![]),
        ("sprint_updated", json!({"sprint": {"id": 4}}), vec![]),
        ("jira:version_released", json!({"version": {"id": "4"}}), vec![]),
        ("project_deleted", json!({"project": {"id": 4}}), vec![]),
        ("something_of_next_year", json!({"issue": eng}), vec![]),
    ];
    for (event, mut body, expected) in table {
        body["webhookEvent"] = json!(event);
        body["timestamp"] = json!(1_800_000_000_000_i64);
        let heard =
            hear_signed(&body.to_string()).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(shown(&heard), expected, "{body}");
    }
}

#[test]
fn with_a_condition_nothing_new_is_named() {
    let settings = Settings(json!({"base_url": "https://x.test", "jql": "labels != private"}));
    let body = json!({"webhookEvent": "jira:issue_created", "issue": issue("1", "ENG-1", None)})
        .to_string();
    let headers = headers(&[("x-hub-signature", &signature(SECRET, body.as_bytes()))]);
    let heard = hear_with(&settings, &headers, TARGET, body.as_bytes()).unwrap();
    assert_eq!(shown(&heard), [("1", Depth::Whole, None)]);
}

#[test]
fn what_cannot_be_read_is_told_by_its_place_alone() {
    let deep = format!(
        "{{\"webhookEvent\":\"x\",\"issue\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let ignored = format!(
        "{{\"webhookEvent\":\"x\",\"more\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (body, place) in [
        ("", "line 1"),
        ("[]", "line 1"),
        ("{}", "line 1"),
        (
            "{\"webhookEvent\":\"jira:issue_updated\",\"issue\":{\"id\":\"se cret\",\"key\":\"E-1\"}}",
            "issue.id",
        ),
        (
            "{\"webhookEvent\":\"jira:issue_updated\",\"issue\":{\"id\":\"../1\",\"key\":\"E-1\"}}",
            "issue.id",
        ),
        (
            "{\"webhookEvent\":\"jira:issue_updated\",\"issue\":{\"id\":\"1\",\"key\":\"secret\"}}",
            "issue.key",
        ),
        (
            "{\"webhookEvent\":\"jira:issue_updated\",\"issue\":{\"id\":-1,\"key\":\"E-1\"}}",
            "issue.id",
        ),
        (
            "{\"webhookEvent\":\"jira:issue_updated\",\"issue\":{\"id\":1e300,\"key\":\"E-1\"}}",
            "issue.id",
        ),
        ("{\"webhookEvent\":\"x\",\"webhookEvent\":\"secret\"}", "line 1"),
        (
            "{\"webhookEvent\":\"worklog_created\",\"worklog\":{\"issueId\":\"12345678901234567890\"}}",
            "worklog.issueId",
        ),
        ("{\"webhookEvent\":\"x\"", "line 1"),
        ("{\"webhookEvent\":\"x\"} secret", "line 1"),
        ("payload=%7B%22webhookEvent%22%3A%22secret%22%7D", "line 1"),
        (&deep, "issue"),
    ] {
        let refusal = hear_signed(body).unwrap_err();
        let WebhookRefusal::Unreadable(reason) = refusal else { panic!("{refusal}") };
        assert!(reason.contains(place) && !reason.contains("secret"), "{reason}");
        assert!(reason.len() < 200, "{reason}");
    }
    assert_eq!(hear_signed(&ignored), Ok(Vec::new()), "what nobody reads is passed over");
}

#[test]
fn only_one_right_signature_is_believed() {
    let body = json!({"webhookEvent": "x"}).to_string();
    let body = body.as_bytes();
    let good = signature(SECRET, body);
    assert!(hear(&headers(&[("x-hub-signature", &good)]), body).is_ok());
    let upper = good.to_uppercase();
    let sha1 = format!("sha1={}", &good[7..47]);
    let other = signature("another", body);
    let spaced = format!("{good}  ");
    let short = &good[..good.len() - 1];
    for wrong in [&*upper, &*sha1, &*other, &*spaced, short, &good[7..], "", "sha256="] {
        let refusal = hear(&headers(&[("x-hub-signature", wrong)]), body);
        assert_eq!(refusal, Err(WebhookRefusal::NotAuthentic), "{wrong}");
    }
    let mut twice = headers(&[("x-hub-signature", &good)]);
    twice.append("x-hub-signature", good.parse().unwrap());
    assert_eq!(hear(&twice, body), Err(WebhookRefusal::NotAuthentic));
    assert_eq!(hear(&HeaderMap::new(), body), Err(WebhookRefusal::NotAuthentic));
    // The same JSON written otherwise has another signature.
    assert_eq!(
        hear(&headers(&[("x-hub-signature", &good)]), b"{ \"webhookEvent\": \"x\" }"),
        Err(WebhookRefusal::NotAuthentic)
    );
    // A wrong signature is not made up for by a right token.
    let bearer = format!("Bearer {}", token(SECRET, &hs256(), &json!({"exp": NOW + 60})));
    let both = headers(&[("x-hub-signature", &other), ("authorization", &bearer)]);
    assert_eq!(hear(&both, body), Err(WebhookRefusal::NotAuthentic));
}

#[test]
fn a_token_is_believed_while_it_lasts() {
    let body = json!({"webhookEvent": "x"}).to_string();
    let call = |target: &str| {
        let hash = aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA256,
            format!("POST&{target}&").as_bytes(),
        );
        hex(hash.as_ref())
    };
    let claims = |more: Value| {
        let mut claims = json!({"iss": "an-app", "iat": NOW, "exp": NOW + 180});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let good = token(SECRET, &hs256(), &claims(json!({})));
    let (signed, tag) = good.rsplit_once('.').unwrap();
    let none = token(SECRET, &json!({"alg": "none"}), &claims(json!({})));
    let for_path = |path: &str| token(SECRET, &hs256(), &claims(json!({"qsh": call(path)})));
    let table: Vec<(String, bool)> = vec![
        (format!("Bearer {good}"), true),
        (format!("bearer {good}"), true),
        (format!("JWT {good}"), true),
        (format!("Bearer {}", token(SECRET, &hs256(), &json!({"exp": NOW - 59}))), true),
        (format!("Bearer {}", for_path(TARGET)), true),
        (format!("Bearer {}", for_path("/hooks/other")), false),
        (
            format!("Bearer {}", token(SECRET, &hs256(), &claims(json!({"qsh": "context-qsh"})))),
            false,
        ),
        (good.clone(), false),
        (format!("Basic {good}"), false),
        (format!("Bearer  {good}"), false),
        (format!("Bearer {good} "), false),
        (format!("Bearer {signed}."), false),
        (format!("Bearer {signed}.{tag}="), false),
        (format!("Bearer {signed}"), false),
        (format!("Bearer {good}.{tag}"), false),
        (format!("Bearer {}", token("another", &hs256(), &claims(json!({})))), false),
        (format!("Bearer {none}"), false),
        (format!("Bearer {}.", none.rsplit_once('.').unwrap().0), false),
        (format!("Bearer {}", token(SECRET, &json!({"alg": "HS384"}), &claims(json!({})))), false),
        (format!("Bearer {}", token(SECRET, &json!({"alg": "RS256"}), &claims(json!({})))), false),
        (format!("Bearer {}", token(SECRET, &hs256(), &json!({"iat": NOW}))), false),
        (format!("Bearer {}", token(SECRET, &hs256(), &json!({"exp": NOW - 60}))), false),
        (format!("Bearer {}", token(SECRET, &hs256(), &json!({"exp": i64::MIN}))), false),
        (format!("Bearer {}", token(SECRET, &hs256(), &json!({"exp": "9999-12-31"}))), false),
        (format!("Bearer {}", token(SECRET, &hs256(), &claims(json!({"iat": NOW + 61})))), false),
        (format!("Bearer {}", token(SECRET, &hs256(), &claims(json!({"nbf": NOW + 61})))), false),
        (format!("Bearer {}", token(SECRET, &hs256(), &claims(json!({"iat": i64::MIN})))), true),
        (format!("Bearer {}", "x".repeat(20_000)), false),
        ("Bearer ".into(), false),
        (String::new(), false),
    ];
    for (value, believed) in table {
        let heard = hear(&headers(&[("authorization", &value)]), body.as_bytes());
        assert_eq!(heard.is_ok(), believed, "{value}: {heard:?}");
    }
    let mut twice = headers(&[("authorization", &format!("Bearer {good}"))]);
    twice.append(AUTHORIZATION, format!("Bearer {good}").parse().unwrap());
    assert_eq!(hear(&twice, body.as_bytes()), Err(WebhookRefusal::NotAuthentic));
    // A token for a path is none for the path with a query.
    let bound = headers(&[("authorization", &format!("Bearer {}", for_path(TARGET)))]);
    let heard = hear_with(&settings(), &bound, "/hooks/jira?x=1", body.as_bytes());
    assert_eq!(heard, Err(WebhookRefusal::NotAuthentic));
}

/// A delivery with one thing changed: a byte of the body, of the header or of the secret.
#[derive(Debug, Clone)]
enum Mutation {
    Body(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Header(prop::sample::Index, u8),
    Secret(prop::sample::Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let flip = 1..=u8::MAX;
    prop_oneof![
        (any::<prop::sample::Index>(), flip.clone()).prop_map(|(at, by)| Mutation::Body(at, by)),
        any::<prop::sample::Index>().prop_map(Mutation::Cut),
        (any::<prop::sample::Index>(), flip.clone()).prop_map(|(at, by)| Mutation::Header(at, by)),
        (any::<prop::sample::Index>(), flip).prop_map(|(at, by)| Mutation::Secret(at, by)),
    ]
}

fn flipped(text: &[u8], at: prop::sample::Index, by: u8) -> Vec<u8> {
    let mut text = text.to_vec();
    let at = at.index(text.len());
    text[at] ^= by;
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn no_mutation_of_a_signed_delivery_is_believed(mutation in mutation()) {
        let body = json!({"webhookEvent": "jira:issue_updated", "issue": issue("1", "E-1", None)});
        let body = body.to_string().into_bytes();
        let good = signature(SECRET, &body).into_bytes();
        let (mut sent, mut header, mut secret) = (body.clone(), good.clone(), SECRET.as_bytes().to_vec());
        match mutation {
            Mutation::Body(at, by) => sent = flipped(&body, at, by),
            Mutation::Cut(at) => sent.truncate(at.index(body.len())),
            Mutation::Header(at, by) => header = flipped(&good, at, by),
            Mutation::Secret(at, by) => secret = flipped(&secret, at, by),
        }
        // What is no header value does not arrive at all, and a secret is text.
        let (Ok(value), Ok(secret)) = (HeaderValue::from_bytes(&header), String::from_utf8(secret)) else {
            return Ok(());
        };
        let headers: HeaderMap = [(HeaderName::from_static("x-hub-signature"), value)].into_iter().collect();
        let sent = Bytes::from(sent);
        let delivery = Delivery { headers: &headers, target: TARGET, body: &sent };
        let heard = read(&settings(), &delivery, &secret.into(), Timestamp::from_seconds(NOW));
        prop_assert_eq!(heard, Err(WebhookRefusal::NotAuthentic));
    }

    #[test]
    fn no_mutation_of_a_token_is_believed(at in any::<prop::sample::Index>(), by in 1..=u8::MAX) {
        let good = token(SECRET, &hs256(), &json!({"iss": "an-app", "iat": NOW, "exp": NOW + 180}));
        let wrong = flipped(good.as_bytes(), at, by);
        let Ok(value) = HeaderValue::from_bytes(&[b"Bearer ", &wrong[..]].concat()) else {
            return Ok(());
        };
        let headers: HeaderMap = [(AUTHORIZATION, value)].into_iter().collect();
        let heard = hear(&headers, b"{\"webhookEvent\":\"x\"}");
        prop_assert_eq!(heard, Err(WebhookRefusal::NotAuthentic));
    }
}
