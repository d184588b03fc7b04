//! One request, taken apart.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use axum::http::StatusCode;
use mainstem_model::Timestamp;
use serde::de::DeserializeOwned;

use crate::access::Caller;
use crate::answer::{Refusal, Reply};
use crate::ids::DatabaseId;
use crate::wire::{Base, Wire};
use crate::world::{FoundRepository, IssueKey, Presence, RepositoryKey, World};

/// One request.
pub(crate) struct Call<'a> {
    pub method: &'a str,
    /// The path without `/api/v3`.
    pub segments: Vec<&'a str>,
    pub query: Vec<(String, String)>,
    pub if_none_match: Option<&'a str>,
    pub body: &'a [u8],
    pub base: Base,
    pub caller: Caller,
    /// Scripted: there is always a next page.
    pub endless: bool,
    /// Scripted: the scheme and host that the link to the next page names.
    pub foreign_next: Option<String>,
}

const DEFAULT_PAGE_SIZE: usize = 30;
const LARGEST_PAGE_SIZE: usize = 100;

impl Call<'_> {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A parameter that is one of a few words.
    pub fn word<'w>(
        &self,
        name: &'static str,
        words: &[&'w str],
        resource: &'static str,
    ) -> Result<&'w str, Refusal> {
        match self.parameter(name) {
            None => Ok(words[0]),
            Some(value) => words
                .iter()
                .find(|&&word| word == value)
                .copied()
                .ok_or(Refusal::Invalid(resource, name, "invalid")),
        }
    }

    pub fn since(&self) -> Result<Option<Timestamp>, Refusal> {
        self.parameter("since")
            .map(|since| since.parse().map_err(|_| Refusal::Invalid("Issue", "since", "invalid")))
            .transpose()
    }

    /// Page, counted from one, and page size. What is no number counts as not said.
    pub fn page(&self) -> (usize, usize) {
        let number = |name| {
            self.parameter(name)
                .and_then(|value| value.parse::<usize>().ok())
                .filter(|&value| value > 0)
        };
        (
            number("page").unwrap_or(1),
            number("per_page").unwrap_or(DEFAULT_PAGE_SIZE).min(LARGEST_PAGE_SIZE),
        )
    }

    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(self.body).map_err(|_| Refusal::BadJson)
    }

    /// The repository of a path, or where it is now.
    pub fn repository(
        &self,
        world: &World,
        owner: &str,
        name: &str,
        rest: &[&str],
    ) -> Result<RepositoryKey, Refusal> {
        match world.find_repository(&format!("{owner}/{name}")) {
            Some(FoundRepository::Here(key)) => Ok(key),
            Some(FoundRepository::Moved(key)) => {
                Err(self.moved(self.repository_url(key, rest, &self.query)))
            }
            None => Err(Refusal::NotFound),
        }
    }

    /// The issue of a path, or what became of it.
    pub fn issue(
        &self,
        world: &World,
        repository: RepositoryKey,
        number: &str,
        rest: &[&str],
    ) -> Result<IssueKey, Refusal> {
        let number = number.parse().map_err(|_| Refusal::NotFound)?;
        let key = world.issue_of(repository, number).ok_or(Refusal::NotFound)?;
        match world[key].presence {
            Presence::Present => Ok(key),
            Presence::Hidden => Err(Refusal::NotFound),
            Presence::Deleted => Err(Refusal::Gone),
            // Seen at GitHub: what lies below a moved issue is not redirected with it.
            Presence::Transferred(_) if matches!(rest, ["comments" | "events"]) => {
                Err(Refusal::NotFound)
            }
            Presence::Transferred(to) => {
                let target = &world[to];
                if target.presence == Presence::Hidden || world[target.repository].hidden {
                    return Err(Refusal::NotFound);
                }
                let number = target.number.to_string();
                let rest: Vec<&str> =
                    ["issues", &number].into_iter().chain(rest.iter().copied()).collect();
                Err(self.moved(self.repository_url(target.repository, &rest, &self.query)))
            }
        }
    }

    fn moved(&self, url: String) -> Refusal {
        match self.method {
            "GET" | "HEAD" => Refusal::Moved(StatusCode::MOVED_PERMANENTLY, url),
            // Keeps the method, unlike 301.
            _ => Refusal::Moved(StatusCode::TEMPORARY_REDIRECT, url),
        }
    }

    /// A URL that names the repository by its id, as GitHub's redirects and links do.
    pub fn repository_url(
        &self,
        key: RepositoryKey,
        rest: &[&str],
        query: &[(String, String)],
    ) -> String {
        let mut url = format!("{}/repositories/{}", self.base.api, key.database_id());
        for segment in rest {
            url.push('/');
            url.push_str(segment);
        }
        with_query(url, query)
    }

    /// The same path again, with other parameters; the repository is named by its id.
    pub fn this_url(&self, world: &World, query: &[(String, String)]) -> String {
        if let ["repos", owner, name, rest @ ..] = self.segments.as_slice()
            && let Some(key) = world.repository(&format!("{owner}/{name}"))
        {
            return self.repository_url(key, rest, query);
        }
        with_query(format!("{}/{}", self.base.api, self.segments.join("/")), query)
    }

    /// One record whose version tells whether it changed.
    pub fn record<'w, T: Copy>(
        &'w self,
        world: &'w World,
        item: T,
        version: impl Hash,
        write: impl FnOnce(&mut Wire<'w>, T),
    ) -> Reply {
        self.unless_known(&self.fingerprint(&version), || {
            let mut wire = Wire::new(world, &self.base);
            write(&mut wire, item);
            wire.into_bytes()
        })
    }

    /// One record, told apart by its content.
    pub fn content<'w>(&'w self, world: &'w World, write: impl FnOnce(&mut Wire<'w>)) -> Reply {
        let mut wire = Wire::new(world, &self.base);
        write(&mut wire);
        let body = wire.into_bytes();
        self.unless_known(&self.fingerprint(&body), || body)
    }

    pub fn fingerprint(&self, content: &impl Hash) -> String {
        let mut hasher = DefaultHasher::new();
        self.base.hash(&mut hasher);
        self.segments.hash(&mut hasher);
        content.hash(&mut hasher);
        let first = hasher.finish();
        format!("W/\"{first:016x}{:016x}\"", crate::generate::mix(first))
    }

    /// The record, or 304 where the client has it.
    pub fn unless_known(&self, etag: &str, body: impl FnOnce() -> Vec<u8>) -> Reply {
        let known = self.if_none_match.is_some_and(|list| {
            let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
            list.trim() == "*" || list.split(',').any(|tag| weak(tag) == weak(etag))
        });
        if known {
            Reply::empty(StatusCode::NOT_MODIFIED).with_etag(etag)
        } else {
            Reply::json(StatusCode::OK, body()).with_etag(etag)
        }
    }
}

fn with_query(mut url: String, query: &[(String, String)]) -> String {
    if !query.is_empty() {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        url.push('?');
        url.push_str(&query);
    }
    url
}
