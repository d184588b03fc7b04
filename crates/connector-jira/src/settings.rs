//! The settings of a Jira source, checked.

use mainstem_connector::Settings;
use serde::Deserialize;
use url::{Host, Url};

/// Jira's search sees a change seconds to minutes after it is made, and its dates are good to the
/// minute at best.
const OVERLAP_SECONDS: u32 = 600;
const CONCURRENT_REQUESTS: usize = 4;

/// What a source reads and how.
#[derive(Debug, Clone)]
pub struct JiraSettings {
    /// The root of the site, ending in a slash; the API stands below it.
    pub base: Url,
    /// The keys of the projects; every visible one if `None`.
    pub projects: Option<Vec<String>>,
    /// A condition in JQL that issues must meet as well.
    pub jql: Option<String>,
    /// How far before the last change seen an incremental pass begins.
    pub overlap_seconds: u32,
    /// How many requests may be under way at the same time.
    pub concurrent_requests: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    base_url: String,
    projects: Option<Vec<String>>,
    jql: Option<String>,
    overlap_seconds: Option<u32>,
    concurrent_requests: Option<usize>,
}

impl JiraSettings {
    /// Reads and checks the settings.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn read(settings: &Settings) -> Result<Self, Vec<String>> {
        let given: Given = settings.read().map_err(|sentence| vec![sentence])?;
        let mut wrong = Vec::new();
        let base = base_url(&given.base_url).map_err(|sentence| wrong.push(sentence)).ok();
        let projects = given.projects.map(|keys| project_keys(keys, &mut wrong));
        if let Some(Err(sentence)) = given.jql.as_deref().map(condition) {
            wrong.push(sentence);
        }
        let concurrent_requests = given.concurrent_requests.unwrap_or(CONCURRENT_REQUESTS);
        if !(1..=50).contains(&concurrent_requests) {
            wrong.push("concurrent_requests: give a number from 1 to 50".into());
        }
        let overlap_seconds = given.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
        if overlap_seconds > 86_400 {
            wrong.push("overlap_seconds: give at most 86400, one day".into());
        }
        match base {
            Some(base) if wrong.is_empty() => {
                Ok(Self { base, projects, jql: given.jql, overlap_seconds, concurrent_requests })
            }
            _ => Err(wrong),
        }
    }
}

fn base_url(given: &str) -> Result<Url, String> {
    let complain = |what: &str| {
        Err(format!(
            "base_url: {what}; give https://NAME.atlassian.net, your own server's address, or \
             https://api.atlassian.com/ex/jira/CLOUD_ID for an OAuth access token"
        ))
    };
    let Ok(mut url) = Url::parse(given) else { return complain("this is not a URL") };
    if !url.username().is_empty() || url.password().is_some() {
        complain("a URL must not hold a user name or a password")
    } else if url.query().is_some() || url.fragment().is_some() {
        complain("a base URL has neither query nor fragment")
    } else if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        complain("only https is allowed, and http to this machine itself")
    } else if url.host_str().is_none_or(|host| host.is_empty() || host.ends_with('.')) {
        complain("the host is missing or ends in a dot")
    } else if url.path().contains("/rest/") {
        complain("the path of the API is added by itself")
    } else {
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(url)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn project_keys(given: Vec<String>, wrong: &mut Vec<String>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    if given.is_empty() {
        wrong.push("projects: give at least one key, or leave it out to read all".into());
    }
    for name in given {
        let key = name.to_ascii_uppercase();
        let is_key = key.starts_with(|c: char| c.is_ascii_uppercase())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_key {
            wrong.push(format!("projects: {name:?} is not the key of a project, such as \"ENG\""));
        } else if keys.contains(&key) {
            wrong.push(format!("projects: {key} is listed twice"));
        } else {
            keys.push(key);
        }
    }
    keys
}

/// The condition stands within parentheses, so that it must neither close them nor sort.
fn condition(jql: &str) -> Result<(), String> {
    let mut outside = String::new();
    let mut depth = 0_i32;
    let mut quote = None;
    let mut escaped = false;
    for c in jql.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => {
                match c {
                    '"' | '\'' => quote = Some(c),
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                outside.push(c);
            }
        }
        if depth < 0 {
            break;
        }
    }
    let outside = outside.to_ascii_lowercase();
    let sorts =
        outside.split_whitespace().collect::<Vec<_>>().windows(2).any(|two| two == ["order", "by"]);
    if depth != 0 || quote.is_some() {
        Err("jql: a quote or a parenthesis is not closed".into())
    } else if sorts {
        Err("jql: leave out ORDER BY; the order is chosen so that nothing is missed".into())
    } else if outside.trim().is_empty() {
        Err("jql: give a condition, such as \"labels = urgent\", or leave it out".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_named() {
        let site = "https://acme.atlassian.net";
        for (settings, setting) in [
            (json!({}), "base_url"),
            (json!({"base_url": "acme.atlassian.net"}), "base_url"),
            (json!({"base_url": "http://jira.test"}), "base_url"),
            (json!({"base_url": "https://me:secret@jira.test"}), "base_url"),
            (json!({"base_url": "https://jira.test/rest/api/2"}), "base_url"),
            (json!({"base_url": "https://jira.test/?x"}), "base_url"),
            (json!({"base_url": site, "projects": []}), "projects"),
            (json!({"base_url": site, "projects": ["ENG-1"]}), "projects"),
            (json!({"base_url": site, "projects": ["ENG", "eng"]}), "projects"),
            (json!({"base_url": site, "jql": "labels = x ORDER  by created"}), "jql"),
            (json!({"base_url": site, "jql": "labels = x) OR (project = SEC"}), "jql"),
            (json!({"base_url": site, "jql": "summary ~ \"x"}), "jql"),
            (json!({"base_url": site, "jql": " "}), "jql"),
            (json!({"base_url": site, "concurrent_requests": 0}), "concurrent_requests"),
            (json!({"base_url": site, "overlap_seconds": 90_000}), "overlap_seconds"),
            (json!({"base_url": site, "project": "ENG"}), "project"),
        ] {
            let sentences = JiraSettings::read(&Settings(settings.clone())).unwrap_err();
            assert_eq!(sentences.len(), 1, "{settings}: {sentences:?}");
            assert!(sentences[0].contains(setting), "{settings}: {sentences:?}");
            assert!(!sentences[0].contains("secret"));
        }
    }

    #[test]
    fn what_is_right_is_taken() {
        let jql = "summary ~ \"order by (\" AND (labels = x OR labels = 'it\\'s')";
        let settings = json!({"base_url": "https://jira.test/x", "projects": ["eng"], "jql": jql});
        let read = JiraSettings::read(&Settings(settings)).unwrap();
        assert_eq!(read.base.as_str(), "https://jira.test/x/");
        assert_eq!(read.projects.unwrap(), ["ENG"]);
    }
}
