//! Whether the sender of a message is who it says: the word of the configured mail server, and of
//! nobody else (RFC 8601).
//!
//! Anybody can write an `Authentication-Results` field into a message. The server that receives for
//! this mailbox puts its own above all that came with the message, and takes away those that claim
//! to be its own. So only the topmost one counts, and only where no server outside has written
//! `Received` above it.

use crate::message::header::Header;
use crate::message::words::one_line;

/// Whether the server found that the message comes from the domain of its `From` address.
pub fn is_authenticated(header: &Header<'_>, from_domain: &str, server: &str) -> bool {
    let mut above: Vec<String> = Vec::new();
    for (name, value) in header.fields() {
        if name.eq_ignore_ascii_case(b"authentication-results") {
            let value = one_line(&String::from_utf8_lossy(value));
            return above.iter().all(|received| names(received, server))
                && results(&value, server).is_some_and(|results| vouch(&results, from_domain));
        }
        if name.eq_ignore_ascii_case(b"received") {
            above.push(one_line(&String::from_utf8_lossy(value)).to_ascii_lowercase());
        }
    }
    false
}

/// Whether a `Received` field was written by the server, or by one that had the message from it.
fn names(received: &str, server: &str) -> bool {
    let words: Vec<&str> = received.split(|c: char| c.is_whitespace() || c == ';').collect();
    words
        .windows(2)
        .any(|pair| matches!(pair[0], "by" | "from") && pair[1].eq_ignore_ascii_case(server))
}

/// One method's result: `dkim=pass header.d=acme.example`.
struct MethodResult {
    method: String,
    passed: bool,
    properties: Vec<(String, String)>,
}

impl MethodResult {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

/// The results in a field that this server wrote.
fn results(value: &str, server: &str) -> Option<Vec<MethodResult>> {
    let mut statements = statements(value).into_iter();
    let author = statements.next()?;
    let author = author.split_whitespace().next()?.to_owned();
    if !author.eq_ignore_ascii_case(server) {
        return None;
    }
    let read = |statement: String| {
        let mut pairs = statement.split_whitespace().filter_map(|word| word.split_once('='));
        let (method, result) = pairs.next()?;
        let properties =
            pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_ascii_lowercase()));
        Some(MethodResult {
            method: method.split('/').next()?.to_ascii_lowercase(),
            passed: result.eq_ignore_ascii_case("pass"),
            properties: properties.collect(),
        })
    };
    Some(statements.filter_map(read).collect())
}

/// The statements of a field, without comments and quotes: what stands in those is said by nobody.
fn statements(value: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    let (mut comments, mut quoted, mut escaped) = (0_u32, false, false);
    for c in value.chars() {
        let literal = std::mem::take(&mut escaped);
        match c {
            '\\' if !literal && (quoted || comments > 0) => escaped = true,
            '"' if !literal && comments == 0 => quoted = !quoted,
            '(' if !literal && !quoted => comments += 1,
            ')' if !literal && !quoted && comments > 0 => comments -= 1,
            _ if comments > 0 => {}
            ';' if !quoted => statements.push(String::new()),
            // What is quoted is one word, whatever stands in it.
            c if quoted && (c.is_whitespace() || c == '=') => push(&mut statements, '_'),
            c => push(&mut statements, c),
        }
    }
    statements
}

fn push(statements: &mut [String], c: char) {
    if let Some(last) = statements.last_mut() {
        last.push(c);
    }
}

/// Whether the results say that the domain itself answers for the message: by DMARC where it was
/// looked at, by a signature or an envelope of the domain where it was not. A result that is there
/// twice has to be good twice.
fn vouch(results: &[MethodResult], from_domain: &str) -> bool {
    if from_domain.is_empty() {
        return false;
    }
    let of = |method: &'static str| results.iter().filter(move |result| result.method == method);
    if of("dmarc").next().is_some() {
        let same = |result: &MethodResult| {
            result.property("header.from").is_some_and(|domain| domain == from_domain)
        };
        return of("dmarc").all(|result| result.passed && same(result));
    }
    let signed = of("dkim").any(|result| {
        let signer = result
            .property("header.d")
            .or_else(|| result.property("header.i").and_then(|who| who.rsplit('@').next()));
        result.passed && signer.is_some_and(|signer| aligned(from_domain, signer))
    });
    let sent = of("spf").any(|result| {
        let sender = result.property("smtp.mailfrom").and_then(|who| who.rsplit('@').next());
        result.passed && sender.is_some_and(|sender| sender == from_domain)
    });
    signed || sent
}

/// Whether a signature of `signer` speaks for `domain`: the same, or a part of it. A bare top level
/// speaks for nobody.
fn aligned(domain: &str, signer: &str) -> bool {
    let part = domain.strip_suffix(signer).is_some_and(|host| host.ends_with('.'));
    domain == signer || (part && signer.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "mx.acme.example";

    fn trusted(raw: &str, from_domain: &str) -> bool {
        let (header, _) = Header::split(raw.as_bytes()).unwrap();
        is_authenticated(&header, from_domain, SERVER)
    }

    #[test]
    fn the_word_of_the_configured_server_counts() {
        for raw in [
            "Authentication-Results: mx.acme.example; dmarc=pass header.from=bob.example\n\n",
            "Authentication-Results: MX.acme.example 1;\n dmarc=PASS (p=none) header.from=Bob.example\n\n",
            "Authentication-Results: mx.acme.example; dkim=pass header.d=bob.example\n\n",
            "Authentication-Results: mx.acme.example; dkim=fail header.d=x.example;\n dkim=pass header.i=@bob.example\n\n",
            "Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom=me@bob.example\n\n",
            "Received: from mx.acme.example by store.acme.example; now\nReceived: from bob.example by mx.acme.example; now\n\
             Authentication-Results: mx.acme.example; dmarc=pass header.from=bob.example\n\n",
        ] {
            assert!(trusted(raw, "bob.example"), "{raw}");
        }
        assert!(trusted(
            "Authentication-Results: mx.acme.example; dkim=pass header.d=bob.example\n\n",
            "mail.bob.example"
        ));
    }

    #[test]
    fn forged_fields_do_not_count() {
        for raw in [
            // Nobody says anything.
            "From: a@bob.example\n\n",
            // Another server, and ours only below it.
            "Authentication-Results: evil.example; dmarc=pass header.from=bob.example\n\n",
            "Authentication-Results: evil.example; none\n\
             Authentication-Results: mx.acme.example; dmarc=pass header.from=bob.example\n\n",
            // Ours says no, and a forged one below says yes.
            "Authentication-Results: mx.acme.example; dmarc=fail header.from=bob.example\n\
             Authentication-Results: mx.acme.example; dmarc=pass header.from=bob.example\n\n",
            // It came with the message: a server outside has handled it since.
            "Received: from evil.example by relay.evil.example; now\n\
             Authentication-Results: mx.acme.example; dmarc=pass header.from=bob.example\n\n",
            // Names that only look like ours.
            "Authentication-Results: mx.acme.example.evil.example; dmarc=pass header.from=bob.example\n\n",
            "Authentication-Results: rnx.acme.example; dmarc=pass header.from=bob.example\n\n",
            "Authentication-Results: evil (mx.acme.example); dmarc=pass header.from=bob.example\n\n",
            // A pass for another domain.
            "Authentication-Results: mx.acme.example; dmarc=pass header.from=b0b.example\n\n",
            "Authentication-Results: mx.acme.example; dmarc=pass\n\n",
            "Authentication-Results: mx.acme.example; dkim=pass header.d=evil.example\n\n",
            "Authentication-Results: mx.acme.example; dkim=pass header.d=example\n\n",
            "Authentication-Results: mx.acme.example; dkim=pass header.d=b.example\n\n",
            "Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom=bob.example@evil.example\n\n",
            // What the sender chose, quoted or commented by our server.
            "Authentication-Results: mx.acme.example; spf=fail smtp.mailfrom=\"x; dmarc=pass header.from=bob.example\"\n\n",
            "Authentication-Results: mx.acme.example; spf=fail (; dmarc=pass header.from=bob.example)\n\n",
            "Authentication-Results: mx.acme.example; spf=fail smtp.mailfrom=\"a dmarc=pass header.from=bob.example\"\n\n",
            // Twice, and not good twice.
            "Authentication-Results: mx.acme.example; dmarc=pass header.from=bob.example; dmarc=fail header.from=bob.example\n\n",
            // DMARC failed although somebody signed.
            "Authentication-Results: mx.acme.example; dkim=pass header.d=bob.example; dmarc=fail header.from=bob.example\n\n",
            "Authentication-Results: mx.acme.example; none\n\n",
            "Authentication-Results:\n\n",
            "ARC-Authentication-Results: i=1; mx.acme.example; dmarc=pass header.from=bob.example\n\n",
        ] {
            assert!(!trusted(raw, "bob.example"), "{raw}");
        }
    }

    #[test]
    fn a_look_alike_is_only_itself() {
        let raw =
            "Authentication-Results: mx.acme.example; dmarc=pass header.from=acrne.example\n\n";
        assert!(trusted(raw, "acrne.example"));
        assert!(!trusted(raw, "acme.example"));
        assert!(!trusted(raw, ""));
    }
}
