//! Response headers that several tools share.

use jiff::fmt::rfc2822;
use mainstem_model::Timestamp;
use reqwest::header::{DATE, HeaderMap, LINK};
use url::Url;

/// The tool's own time when it answered.
#[must_use]
pub fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(text(headers, DATE.as_str())?)
}

/// The value of a header, where it is plain text.
#[must_use]
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Reads an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn http_date(text: &str) -> Option<Timestamp> {
    let instant = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp(instant.as_microsecond()))
}

/// The target of the `Link` header with this relation, resolved against the URL that was asked.
#[must_use]
pub fn link(headers: &HeaderMap, relation: &str, asked: &Url) -> Option<Url> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
        value.split(",").find_map(|entry| {
            let (target, parameters) = entry.split_once(';')?;
            let target = target.trim().strip_prefix('<')?.strip_suffix('>')?;
            let stated = parameters.split(';').find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
            })?;
            if stated == relation { asked.join(target).ok() } else { None }
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn a_link_is_found_by_its_relation() {
        let asked = Url::parse("https://tool.test/items").unwrap();
        let headers = headers(
            "link",
            r#"<https://tool.test/items?page=2>; rel="next", </items?page=9>; title="x"; rel=last"#,
        );
        let found = |relation| link(&headers, relation, &asked).map(String::from);
        assert_eq!(found("next").as_deref(), Some("https://tool.test/items?page=2"));
        assert_eq!(found("last").as_deref(), Some("https://tool.test/items?page=9"));
        assert_eq!(found("prev"), None);
    }

    #[test]
    fn the_time_of_the_server_is_read() {
        let told = headers("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(server_time(&told), Some(Timestamp::from_seconds(784_111_777)));
        assert_eq!(server_time(&headers("date", "yesterday")), None);
    }
}
