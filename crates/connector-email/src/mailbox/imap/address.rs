//! Where a server is, as the settings say it.

use url::Url;

/// Where a server is, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    pub port: u16,
    /// Whether the connection is secure from its first byte; otherwise it is made so by STARTTLS.
    pub tls: bool,
}

impl Address {
    /// Reads `imaps://HOST`, `imaps://HOST:PORT` or the same with `imap`.
    pub fn read(text: &str) -> Option<Self> {
        Self::of(text, [("imaps", 993), ("imap", 143)])
    }

    /// Reads the address of a server that takes mail, `smtps` or `smtp`.
    pub fn read_smtp(text: &str) -> Option<Self> {
        Self::of(text, [("smtps", 465), ("smtp", 587)])
    }

    /// Reads an address of one of two schemes, the first of which is secure from the first byte.
    fn of(text: &str, schemes: [(&str, u16); 2]) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let (tls, port) = match schemes {
            [(scheme, port), _] if url.scheme() == scheme => (true, port),
            [_, (scheme, port)] if url.scheme() == scheme => (false, port),
            _ => return None,
        };
        let plain = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host_str().filter(|host| !host.is_empty() && plain)?;
        // An address of IPv6 stands in brackets in a URL alone.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_lowercase();
        Some(Self { host, port: url.port().unwrap_or(port), tls })
    }

    /// The origin that a credential is bound to.
    pub fn origin(&self) -> Option<Url> {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        Url::parse(&format!("https://{host}:{}", self.port)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_nothing_else() {
        let of = |host: &str, port, tls| Some(Address { host: host.to_owned(), port, tls });
        for (text, expected) in [
            ("imaps://imap.acme.example", of("imap.acme.example", 993, true)),
            ("imaps://IMAP.acme.example:1993/", of("imap.acme.example", 1993, true)),
            ("imap://127.0.0.1", of("127.0.0.1", 143, false)),
            ("imap://[::1]:7", of("::1", 7, false)),
            ("imap.acme.example", None),
            ("https://imap.acme.example", None),
            ("imaps://me@imap.acme.example", None),
            ("imaps://:secret@imap.acme.example", None),
            ("imaps://imap.acme.example/INBOX", None),
            ("imaps://imap.acme.example?x", None),
            ("imaps://", None),
            ("smtps://smtp.acme.example", None),
        ] {
            assert_eq!(Address::read(text), expected, "{text}");
        }
        let origin = |text: &str| Address::read(text).unwrap().origin().unwrap();
        assert_eq!(origin("imap://[::1]").as_str(), "https://[::1]:143/");
        assert_ne!(origin("imaps://a.example").origin(), origin("imaps://b.example").origin());
    }
}
