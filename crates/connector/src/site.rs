//! How mail and sources agree on where people read a tool.

use mainstem_model::record::Site;
use url::Url;

/// The site that stands at an address, whatever its port and scheme.
#[must_use]
pub fn site_at(address: &Url) -> Option<Site> {
    let site = format!("{}{}", address.host_str()?, address.path());
    Some(site.trim_end_matches('/').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_host_and_a_path() {
        for (address, site) in [
            ("https://GitHub.com/", "github.com"),
            ("https://acme.atlassian.net", "acme.atlassian.net"),
            ("http://tools.acme.example:8080/jira/", "tools.acme.example/jira"),
        ] {
            assert_eq!(site_at(&Url::parse(address).unwrap()).as_deref(), Some(site));
        }
        assert_eq!(site_at(&Url::parse("mailto:a@acme.example").unwrap()), None);
    }
}
