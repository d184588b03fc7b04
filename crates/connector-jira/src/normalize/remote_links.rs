//! Remote links.

use mainstem_model::RemoteLink;
use serde_json::Value;
use url::Url;

use super::value::storable;
use crate::wire;

/// What Jira's changelog calls a remote link, of old and on Cloud of late.
const ENTRIES: [&str; 2] = ["RemoteIssueLink", "RemoteWorkItemLink"];

/// Whether a changelog tells that an issue had a remote link at any time. Making, changing and removing
/// one each leave an entry.
pub fn had_remote_links(histories: &[wire::History]) -> bool {
    let mut items = histories.iter().flat_map(|history| &history.items);
    items.any(|item| ENTRIES.contains(&item.field.as_str()))
}

/// The remote links that a person can follow, in the order of their addresses, for Jira promises none.
pub fn remote_links(told: &[Value]) -> Vec<RemoteLink> {
    let mut links: Vec<RemoteLink> = told.iter().filter_map(remote_link).collect();
    links.sort_by(|one, other| (&one.url, &one.title).cmp(&(&other.url, &other.title)));
    links
}

fn remote_link(told: &Value) -> Option<RemoteLink> {
    let text = |value: &Value| {
        let text = value.as_str().map(str::trim).filter(|text| !text.is_empty());
        text.map(|text| storable(text.to_owned()))
    };
    let url = text(&told["object"]["url"])?;
    let scheme = Url::parse(&url).ok()?;
    matches!(scheme.scheme(), "http" | "https").then(|| RemoteLink {
        title: text(&told["object"]["title"]).unwrap_or_else(|| url.clone()),
        url,
        relationship: text(&told["relationship"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_leads_somewhere_is_kept() {
        let told = [
            json!({"id": 1, "relationship": "mentioned in",
                "object": {"url": "https://wiki.test/b", "title": "Plan"}}),
            json!({"id": 2, "object": {"url": "http://a.test", "title": null}}),
            json!({"id": 3, "relationship": " ", "object": {"url": "HTTPS://a.test/x", "title": ""}}),
            json!({"id": 4, "object": {"url": "javascript:alert(1)", "title": "Click"}}),
            json!({"id": 5, "object": {"url": "file:///etc/passwd", "title": "A file"}}),
            json!({"id": 6, "object": {"url": "wiki/page", "title": "No host"}}),
            json!({"id": 7, "object": {"url": 7, "title": "A number"}}),
            json!({"id": 8}),
            json!("nothing"),
        ];
        let read = remote_links(&told);
        let shown: Vec<_> = read
            .iter()
            .map(|link| (link.title.as_str(), link.url.as_str(), link.relationship.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("HTTPS://a.test/x", "HTTPS://a.test/x", None),
                ("http://a.test", "http://a.test", None),
                ("Plan", "https://wiki.test/b", Some("mentioned in")),
            ]
        );
    }

    #[test]
    fn any_order_of_the_same_links_is_the_same() {
        let link = |url: &str| json!({"object": {"url": url, "title": "x"}});
        let [one, other] = [link("https://a.test"), link("https://b.test")];
        assert_eq!(remote_links(&[one.clone(), other.clone()]), remote_links(&[other, one]),);
    }
}
