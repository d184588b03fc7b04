//! Mail in which GitHub or Jira tells of an item: found by its header, never a task of its own.
//!
//! Both write the item into the Message-IDs. GitHub's name its site, too; Jira's do not, so there the site
//! is the one whose link to the item stands in the text. A mail is that of a tool only where the domain that
//! it comes from is the site's own, or one above it: who can send from `acme.example` is believed to speak
//! for `jira.acme.example`, and nobody else is.

use mainstem_connector::site_at;
use mainstem_model::record::Site;
use url::Url;

use crate::message::address::Mailbox;
use crate::message::decode;
use crate::message::header::Header;
use crate::message::structure::parts;
use crate::message::words::one_line;

/// Where Jira Cloud has its sites: `acme.atlassian.net`.
const JIRA_CLOUD: &str = ".atlassian.net";
/// How much encoded text is searched for the link to the item.
const MOST_SEARCHED_BYTES: usize = 256 * 1024;
/// How many links that look like it are looked at.
const MOST_LINKS: usize = 20;
/// How long the address of a site may be.
const MOST_ADDRESS_BYTES: usize = 300;

/// An item, as mail names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub site: Site,
    /// What the tool calls it: `acme/api#7`, `ENG-42`.
    pub key: String,
}

/// What a notification mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub item: Item,
    /// Why it was sent, in the tool's word.
    pub event: Option<String>,
    /// What the tool calls whose doing it is.
    pub actor: Option<String>,
    /// Where a person reads what it tells of.
    pub url: String,
    /// Whether the tool says that it takes answers at the address that the mail comes from.
    pub takes_answers: bool,
}

/// What a message is about, where by its header GitHub or Jira sent it: `Some(None)` where it does not
/// say which item, or does not come from where that item is.
pub fn notice(header: &Header<'_>, body: &[u8], from: Option<&Mailbox>) -> Option<Option<Notice>> {
    let from = from?;
    let found = of_github(header, from).map(Some).or_else(|| of_jira(header, body, from))?;
    Some(found.filter(|notice| speaks_for(from.domain(), &notice.item.site)))
}

/// The item that a Message-ID names, such as the ones that answers to GitHub's mail refer to.
pub fn item_of_id(id: &str) -> Option<Item> {
    github_address(id).map(|address| address.item())
}

/// Whether somebody who sends from this domain speaks for a site.
fn speaks_for(domain: &str, site: &str) -> bool {
    let host = site.split('/').next().unwrap_or_default();
    let above = host.strip_suffix(domain).is_some_and(|part| part.ends_with('.'));
    host == domain || (above && domain.contains('.'))
}

fn of_github(header: &Header<'_>, from: &Mailbox) -> Option<Notice> {
    let domain = from.domain();
    let sender = domain == "github.com" || domain.ends_with(".ghe.com");
    let reason = header.plain("x-github-reason");
    if !from.address.starts_with("notifications@") && !from.address.starts_with("noreply@") {
        return None;
    }
    if !sender && reason.is_none() {
        return None;
    }
    let ids = ids(header);
    let address = ids.iter().find_map(|id| github_address(id))?;
    Some(Notice {
        item: address.item(),
        event: reason.map(|reason| one_line(&reason)),
        actor: header.plain("x-github-sender").filter(|sender| !sender.is_empty()),
        url: address.url(),
        // It takes them at another address, which no header but this mail's own may show.
        takes_answers: false,
    })
}

/// Every Message-ID that a header names: its own, then what it answers.
fn ids(header: &Header<'_>) -> Vec<String> {
    ["message-id", "in-reply-to", "references"].map(|field| header.message_ids(field)).concat()
}

/// What GitHub writes into Message-IDs: `acme/api/issues/7/123@github.com` and its like.
struct GitHubAddress<'a> {
    host: String,
    repository: String,
    is_pull: bool,
    number: &'a str,
    /// What leads to the comment or review on the page, where it tells of one.
    anchor: Option<String>,
}

fn github_address(id: &str) -> Option<GitHubAddress<'_>> {
    let (path, host) = id.rsplit_once('@')?;
    let steps: Vec<&str> = path.split('/').collect();
    let [owner, name, kind, number, further @ ..] = &steps[..] else { return None };
    if !matches!(*kind, "issues" | "issue" | "pull") || !is_number(number) {
        return None;
    }
    if !is_name(owner) || !is_name(name) || !is_name(host) {
        return None;
    }
    let anchor = match further {
        [comment] if is_number(comment) => Some(format!("issuecomment-{comment}")),
        ["review", review] if is_number(review) => Some(format!("pullrequestreview-{review}")),
        _ => None,
    };
    Some(GitHubAddress {
        host: host.to_ascii_lowercase(),
        repository: format!("{owner}/{name}"),
        is_pull: *kind == "pull",
        number,
        anchor,
    })
}

impl GitHubAddress<'_> {
    fn item(&self) -> Item {
        let key = format!("{}#{}", self.repository, self.number);
        Item { site: self.host.as_str().into(), key }
    }

    fn url(&self) -> String {
        let Self { host, repository, number, .. } = self;
        let kind = if self.is_pull { "pull" } else { "issues" };
        let anchor = self.anchor.as_ref().map(|anchor| format!("#{anchor}")).unwrap_or_default();
        format!("https://{host}/{repository}/{kind}/{number}{anchor}")
    }
}

/// Whether this can be what GitHub calls an owner or a repository.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && !matches!(text, "." | "..") && text.bytes().all(plain)
}

/// Whether this can be the number of an item.
pub fn is_number(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it stands in the text of a message with this header which site it comes from.
pub fn says_site_in_text(header: &Header<'_>) -> bool {
    header.plain("x-jira-fingerprint").is_some()
}

fn of_jira(header: &Header<'_>, body: &[u8], from: &Mailbox) -> Option<Option<Notice>> {
    if !says_site_in_text(header) {
        return None;
    }
    let subject = header.text("subject").unwrap_or_default();
    let notice = jira_key(&subject).and_then(|key| {
        let site = jira_site(header, body, from, &key)?;
        let answers_to = header.addresses("reply-to");
        let host = site.as_str().trim_end_matches('/');
        Some(Notice {
            event: jira_event(&subject),
            actor: from.name.as_deref().map(without_tool).filter(|name| !name.is_empty()),
            url: format!("{host}/browse/{key}"),
            takes_answers: from.domain().ends_with(JIRA_CLOUD)
                || answers_to.iter().any(|known| known.address == from.address),
            item: Item { site: site_at(&site)?, key },
        })
    });
    Some(notice)
}

/// Whether this can be a key of Jira.
pub fn is_jira_key(word: &str) -> bool {
    let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    word.rsplit_once('-').is_some_and(|(project, number)| {
        project.starts_with(|c: char| c.is_ascii_uppercase())
            && project.bytes().all(is_capital)
            && is_number(number)
    })
}

/// The leftmost key of a subject such as `[JIRA] (ENG-42) Title`.
fn jira_key(subject: &str) -> Option<String> {
    let mut words = subject.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
    words.find(|word| is_jira_key(word)).map(str::to_owned)
}

/// `commented` of `[jira] [Commented] (ENG-42) Title`, which not every Jira writes.
fn jira_event(subject: &str) -> Option<String> {
    let rest = subject.trim_start().strip_prefix('[')?;
    let (tool, rest) = rest.split_once(']')?;
    let (event, _) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let is_word = !event.is_empty() && event.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ');
    (tool.eq_ignore_ascii_case("jira") && is_word).then(|| event.to_ascii_lowercase())
}

/// `Bob` of `Bob (Jira)`.
fn without_tool(name: &str) -> String {
    let bare = name.strip_suffix(')').and_then(|name| name.rsplit_once('('));
    let tool = |word: &str| word.trim().to_ascii_lowercase().contains("jira");
    bare.filter(|(_, word)| tool(word)).map_or(name, |(name, _)| name).trim().to_owned()
}

/// The site whose link to the item stands in the text, if the sender speaks for it; that of a Cloud's own
/// address where there is none.
fn jira_site(header: &Header<'_>, body: &[u8], from: &Mailbox, key: &str) -> Option<Url> {
    let mut budget = MOST_SEARCHED_BYTES;
    for part in parts(header, body).unwrap_or_default() {
        if !part.kind.value.starts_with("text/") || budget == 0 {
            continue;
        }
        let found = linked_site(&decode::text(&part, budget), from, key);
        if found.is_some() {
            return found;
        }
        budget = budget.saturating_sub(part.body.len());
    }
    let cloud = from.domain().ends_with(JIRA_CLOUD);
    cloud.then(|| Url::parse(&format!("https://{}", from.domain())).ok())?
}

fn linked_site(text: &str, from: &Mailbox, key: &str) -> Option<Url> {
    let link = format!("/browse/{key}");
    text.match_indices(&link).take(MOST_LINKS).find_map(|(at, _)| {
        let goes_on = text[at + link.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
        let window = &text[text.ceil_char_boundary(at.saturating_sub(MOST_ADDRESS_BYTES))..at];
        let start = window.rfind("https://").or_else(|| window.rfind("http://"))?;
        let address = &window[start..];
        let plain = |b: u8| b.is_ascii_alphanumeric() || b":/.-_~".contains(&b);
        let url = Url::parse(address).ok().filter(|_| address.bytes().all(plain) && !goes_on)?;
        site_at(&url).is_some_and(|site| speaks_for(from.domain(), &site)).then_some(url)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Option<Option<Notice>> {
        let (header, body) = Header::split(raw.as_bytes()).unwrap();
        notice(&header, body, header.addresses("from").first())
    }

    fn item(site: &str, key: &str) -> Item {
        Item { site: site.into(), key: key.to_owned() }
    }

    #[test]
    fn github_names_its_item() {
        for (raw, site, key, event, actor, url) in [
            (
                "From: Bob <notifications@github.com>\nMessage-ID: <acme/api/issues/7@github.com>\n\
                 X-GitHub-Reason: assign\nX-GitHub-Sender: bob\n\n",
                "github.com",
                "acme/api#7",
                Some("assign"),
                Some("bob"),
                "https://github.com/acme/api/issues/7",
            ),
            (
                "From: notifications@github.com\nMessage-ID: <acme/api/pull/9/review/55@github.com>\n\n",
                "github.com",
                "acme/api#9",
                None,
                None,
                "https://github.com/acme/api/pull/9#pullrequestreview-55",
            ),
            (
                "From: notifications@github.com\nMessage-ID: <acme/api/issues/7/123@github.com>\n\
                 In-Reply-To: <acme/api/issues/7@github.com>\nX-GitHub-Reason: mention\n\n",
                "github.com",
                "acme/api#7",
                Some("mention"),
                None,
                "https://github.com/acme/api/issues/7#issuecomment-123",
            ),
            (
                "From: notifications@github.com\n\
                 Message-ID: <acme/api/issue/7/issue_event/4@github.com>\n\n",
                "github.com",
                "acme/api#7",
                None,
                None,
                "https://github.com/acme/api/issues/7",
            ),
            (
                "From: notifications@acme.ghe.com\nMessage-ID: <opaque@acme.ghe.com>\n\
                 References: <acme/api/issues/8@Acme.ghe.com>\n\n",
                "acme.ghe.com",
                "acme/api#8",
                None,
                None,
                "https://acme.ghe.com/acme/api/issues/8",
            ),
            // An Enterprise Server, whose mail comes from the domain above it.
            (
                "From: noreply@acme.example\nMessage-ID: <acme/api/issues/8@git.acme.example>\n\
                 X-GitHub-Reason: author\n\n",
                "git.acme.example",
                "acme/api#8",
                Some("author"),
                None,
                "https://git.acme.example/acme/api/issues/8",
            ),
        ] {
            let expected = Notice {
                item: item(site, key),
                event: event.map(str::to_owned),
                actor: actor.map(str::to_owned),
                url: url.to_owned(),
                takes_answers: false,
            };
            assert_eq!(read(raw), Some(Some(expected)), "{raw}");
        }
    }

    /// Cloud writes HTML and comes from the site itself.
    const CLOUD: &str = "From: \"Bob Builder (Jira)\" <jira@acme.atlassian.net>\n\
        Message-ID: <JIRA.10042.1793610000000.5.1793610001000@Atlassian.JIRA>\n\
        In-Reply-To: <JIRA.10042.1793610000000@Atlassian.JIRA>\n\
        Subject: [JIRA] (ENG-42) The pump of X-1 leaks\nX-JIRA-FingerPrint: 5d1b\n\
        Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
        <a href=3D\"https://acme.atlassian.net/browse/ENG-42?atlOrigin=3DeyJ\">View issue</a>\n";
    /// Data Center writes from an address of its company, and may stand below a path.
    const DATA_CENTER: &str = "From: \"Bob Builder (JIRA)\" <jira@acme.example>\n\
        Message-ID: <JIRA.10042.1793610000000.5.1793610001000@Atlassian.JIRA>\n\
        References: <JIRA.10042.1793610000000@Atlassian.JIRA> <JIRA.10042.1793610000123@node1>\n\
        Subject: [jira] [Commented] (ENG-42) The pump leaks\nX-JIRA-FingerPrint: 5d1b\n\n\
        \x20   [ https://tools.Acme.example:8443/jira/browse/ENG-42?focusedCommentId=1 ]\n\n\
        Bob Builder commented on ENG-42:\n";

    #[test]
    fn jira_names_its_item() {
        let built = |site: &str, url: &str| Notice {
            item: item(site, "ENG-42"),
            event: None,
            actor: Some("Bob Builder".to_owned()),
            url: url.to_owned(),
            takes_answers: false,
        };
        let cloud = Notice {
            takes_answers: true,
            ..built("acme.atlassian.net", "https://acme.atlassian.net/browse/ENG-42")
        };
        assert_eq!(read(CLOUD), Some(Some(cloud.clone())));
        let bare = CLOUD.split("<a ").next().unwrap();
        assert_eq!(read(bare), Some(Some(cloud)), "its own address is the site");
        let server = Notice {
            event: Some("commented".to_owned()),
            ..built("tools.acme.example/jira", "https://tools.acme.example:8443/jira/browse/ENG-42")
        };
        assert_eq!(read(DATA_CENTER), Some(Some(server.clone())));
        let answerable = format!("Reply-To: jira@acme.example\n{DATA_CENTER}");
        assert_eq!(read(&answerable), Some(Some(Notice { takes_answers: true, ..server.clone() })));
        // A link that somebody wrote into a comment leads nowhere.
        let link = "https://evil.example/browse/ENG-42 http://acme.example.evil.example/browse/ENG-42 \
                    https://acme.example/browse/ENG-421 https://a.acme.example/x y/browse/ENG-42";
        let forged = DATA_CENTER.replace("\n\n ", &format!("\n\n{link} "));
        assert_eq!(read(&forged), Some(Some(server)));
    }

    #[test]
    fn a_tool_that_does_not_say_where_or_what_is_believed_nothing() {
        for raw in [
            // Another domain speaks for neither site.
            &CLOUD.replace("jira@acme.atlassian.net", "jira@evil.example"),
            &DATA_CENTER.replace("jira@acme.example", "jira@evil.example"),
            &DATA_CENTER.replace("jira@acme.example", "jira@example"),
            &DATA_CENTER.replace("/browse/", "/view/"),
            &DATA_CENTER.replace("(ENG-42)", ""),
            "From: noreply@evil.example\nMessage-ID: <acme/api/issues/7@github.com>\nX-GitHub-Reason: x\n\n",
            "From: notifications@github.com\nMessage-ID: <acme/api/issues/7@git.acme.example>\n\n",
        ] {
            assert_eq!(read(raw), Some(None), "{raw}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_mail() {
        for raw in [
            "From: a@github.com\nMessage-ID: <acme/api/issues/7@github.com>\n\n",
            "From: notifications@github.com.evil.example\nMessage-ID: <acme/api/issues/7@github.com>\n\n",
            "From: notifications@github.com\nMessage-ID: <security-alert@github.com>\n\n",
            "From: notifications@github.com\nMessage-ID: <acme/api/issues/x@github.com>\n\n",
            "From: notifications@github.com\nMessage-ID: <../api/issues/7@github.com>\n\n",
            "From: notifications@github.com\nMessage-ID: <acme/api/issues/7@git_hub!>\n\n",
            "From: a@b.example\nMessage-ID: <JIRA.1.2@jira.acme.example>\nSubject: [JIRA] (ENG-1) x\n\n",
            "X-JIRA-FingerPrint: x\nMessage-ID: <JIRA.1.2@jira.acme.example>\n\n",
        ] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }
}
