//! Reading a list of issues, page after page, so that what moves while it is read is not missed.
//!
//! A list by creation begins anew at the last minute read as soon as there is a later one. A list by
//! change is read within one query: what its pages show is fresher than the order they come in, so no
//! time in them says how far the order has come.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use mainstem_connector::ConnectorError;
use mainstem_connector::caller::Answer;
use mainstem_model::Timestamp;
use serde::Serialize;

use crate::client::{Client, body, part, refused};
use crate::cursor::{Place, Reading};
use crate::normalize::{decode, identify};
use crate::wire::{Glance, SearchPage};

/// Issues on a page: the most that Cloud shows with all their fields.
pub const PAGE_SIZE: u64 = 100;
/// How far a page by number reaches into the one before.
const SHARED: u64 = 10;

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// When the issues were made.
    Created,
    /// When they last changed.
    Updated,
}

/// What is read.
#[derive(Debug)]
pub struct Question {
    /// The condition that bounds the list, in JQL.
    pub condition: String,
    /// The order.
    pub order: Order,
    /// The fields to show.
    pub fields: Vec<String>,
    /// Whether the latest past is shown too.
    pub with_changelog: bool,
}

/// A page of a list.
#[derive(Debug)]
pub struct ListPage {
    /// Each issue as it came, a part of the page's own bytes.
    pub records: Vec<Bytes>,
    /// When the first and the last of them was made, in a list by creation.
    pub made: Option<(Timestamp, Timestamp)>,
    /// How many issues the query finds, where Jira tells.
    pub total: Option<u64>,
    /// When Jira answered.
    pub at: Timestamp,
    /// Where the list goes on.
    pub next: Option<Reading>,
}

/// Reads the next page.
pub async fn read(
    client: &Client,
    question: &Question,
    mut reading: Reading,
) -> Result<ListPage, ConnectorError> {
    loop {
        let answer = ask(client, question, &reading).await?;
        if answer.status.as_u16() == 400 && matches!(reading.place, Place::Token(_)) {
            // The token has expired: what it led to is found from the bound of its query.
            reading.place = Place::First;
            continue;
        }
        if !answer.status.is_success() {
            return Err(refused(&answer));
        }
        match page(&answer, question.order, reading)? {
            Ok(page) => return Ok(page),
            Err(earlier) => reading = earlier,
        }
    }
}

/// What Cloud's search is asked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ByToken<'a> {
    jql: &'a str,
    fields: &'a [String],
    max_results: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expand: Option<&'a str>,
}

/// What Data Center's search is asked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ByNumber<'a> {
    jql: &'a str,
    fields: &'a [String],
    max_results: u64,
    start_at: u64,
    expand: &'a [&'a str],
}

async fn ask(
    client: &Client,
    question: &Question,
    reading: &Reading,
) -> Result<Answer, ConnectorError> {
    let field = match question.order {
        Order::Created => "created",
        Order::Updated => "updated",
    };
    // Unquoted milliseconds mean the same in every time zone; a date would be read in the account's.
    let bound = |sign: &str, instant: i64| match instant {
        ..=0 => String::new(),
        instant => format!(" AND {field} {sign} {instant}"),
    };
    let (since, until) = (bound(">=", reading.since), bound("<", reading.until));
    let jql = format!("{}{since}{until} ORDER BY {field} ASC, key ASC", question.condition);
    let (jql, fields, max_results) = (jql.as_str(), &*question.fields, PAGE_SIZE);
    if client.site().await?.cloud {
        let next_page_token = match &reading.place {
            Place::Token(token) => Some(token.as_str()),
            _ => None,
        };
        let expand = question.with_changelog.then_some("changelog");
        let body = ByToken { jql, fields, max_results, next_page_token, expand };
        client.ask("search/jql", &body).await
    } else {
        let start_at = match &reading.place {
            Place::Number { start_at, .. } => *start_at,
            _ => 0,
        };
        let expand: &[&str] = if question.with_changelog { &["changelog"] } else { &[] };
        client.ask("search", &ByNumber { jql, fields, max_results, start_at, expand }).await
    }
}

/// The page that an answer is; or, where the list has moved so far that something may stand before
/// it, where to look instead.
fn page(
    answer: &Answer,
    order: Order,
    reading: Reading,
) -> Result<Result<ListPage, Reading>, ConnectorError> {
    let body = body(answer);
    let read: SearchPage =
        serde_json::from_slice(&body).map_err(|error| answer.unreadable(&error))?;
    let records: Vec<Bytes> = read.issues.iter().map(|issue| part(&body, issue)).collect();
    let (start_at, tail) = match &reading.place {
        Place::Number { start_at, tail } => (*start_at, tail.as_slice()),
        _ => (0, &[][..]),
    };
    if start_at > 0 && !records.iter().any(|raw| tail.contains(&identify(raw))) {
        let start_at = start_at.saturating_sub(PAGE_SIZE - SHARED);
        let place = match start_at {
            0 => Place::First,
            _ => Place::Number { start_at, tail: tail.to_vec() },
        };
        return Ok(Err(Reading { place, ..reading }));
    }

    let mark = mark(&records);
    let count = records.len() as u64;
    let place = match (read.next_page_token, read.total) {
        (Some(token), _) if read.is_last != Some(true) => Some(Place::Token(token)),
        (None, Some(total)) if start_at + count < total => {
            let shared = SHARED.min(count.saturating_sub(1));
            let tail = records[records.len() - shared as usize..].iter();
            let tail = tail.map(|raw| identify(raw)).collect();
            // A page of one shares nothing, and so cannot be missed.
            Some(Place::Number { start_at: start_at + count - shared, tail })
        }
        _ => None,
    };
    let place = place.filter(|_| count > 0 && reading.before != Some(mark));
    let made = match order {
        Order::Created => made(&records),
        Order::Updated => None,
    };
    let next = place.map(|place| {
        let minute = made.map_or(0, |(_, last)| whole_minute(last));
        let before = Some(mark);
        if minute > reading.since {
            Reading { since: minute, until: reading.until, place: Place::First, before }
        } else {
            Reading { since: reading.since, until: reading.until, place, before }
        }
    });
    Ok(Ok(ListPage { records, made, total: read.total, at: answer.at, next }))
}

/// What tells a page from the one before: two that begin and end alike are the same.
fn mark(records: &[Bytes]) -> u64 {
    let ends = records.first().zip(records.last());
    let mut hasher = DefaultHasher::new();
    ends.map(|(first, last)| (identify(first), identify(last))).hash(&mut hasher);
    records.len().hash(&mut hasher);
    hasher.finish()
}

/// When the first and the last issue of a list by creation was made. Only these are looked at, since
/// each will be read whole soon enough; one that cannot be read gives way to its neighbour.
fn made(records: &[Bytes]) -> Option<(Timestamp, Timestamp)> {
    let created = |raw: &Bytes| Some(decode::<Glance>(raw).ok()?.fields.created?.0);
    let first = records.iter().find_map(created)?;
    let last = records.iter().rev().find_map(created)?;
    Some((first, last))
}

/// The milliseconds of the minute that a time lies in; Jira's dates are good to the minute at best.
pub fn whole_minute(time: Timestamp) -> i64 {
    time.seconds().div_euclid(60) * 60_000
}
