//! People: how each tool knows somebody. Who of those is one person is told by [`crate::merging`].

use crate::{Evidence, PersonId, SourceId, Timestamp};

/// What the tool's id of somebody begins with for whom nobody vouches: their words are shown, and state
/// nothing.
pub const UNVERIFIED: &str = "unverified:";

/// How one tool knows a person. Tasks, comments and changes name identities, so nothing of them is
/// rewritten when people are merged or split: who an identity is, is looked up when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Derives from the source and the tool's own id; whoever holds it finds the person for ever.
    pub id: PersonId,
    /// The source that knows them.
    pub source: SourceId,
    /// The tool's own immutable id.
    pub external_id: String,
    /// What people type to mention them.
    pub handle: Option<String>,
    /// The name that the tool gives.
    pub name: Option<String>,
    /// Mail address, where the tool shows one.
    pub email: Option<String>,
    /// As for [`crate::record::PersonRecord::self_asserted`].
    pub self_asserted: bool,
    /// The absence that they told of last; it may be over.
    pub away: Option<Away>,
    /// Whose an admin said it is: identities of which this is the same are one person, those of
    /// which it differs are not. `None` where no admin said anything.
    pub decided: Option<PersonId>,
}

/// An absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// When it ends; at that moment the person is there again.
    pub until: Timestamp,
    /// The words that say so, and when they were said.
    pub evidence: Evidence,
}

impl Identity {
    /// The name people see: the handle where the tool gives no name.
    #[must_use]
    pub fn called(&self) -> &str {
        self.name.as_deref().or(self.handle.as_deref()).unwrap_or(&self.external_id)
    }

    /// The mail address, in the form in which two are compared, where it is this person's own.
    #[must_use]
    pub fn own_address(&self) -> Option<String> {
        own_address(self.email.as_deref()?)
    }
}

/// What a person is called who has these identities. A name that somebody keeps in an account goes
/// before one that a sender wrote into a mail, and any name before a handle; of equal ones that of
/// the smallest id. `None` where there is no identity.
pub fn called<'i>(identities: impl Iterator<Item = &'i Identity>) -> Option<&'i str> {
    identities
        .min_by_key(|identity| (identity.name.is_none(), identity.self_asserted, identity.id))
        .map(Identity::called)
}

/// The mail address of a person who has these identities, chosen in the same way.
pub fn email<'i>(identities: impl Iterator<Item = &'i Identity>) -> Option<&'i str> {
    identities
        .filter(|identity| identity.email.is_some())
        .min_by_key(|identity| (identity.self_asserted, identity.id))
        .and_then(|identity| identity.email.as_deref())
}

/// The absence of a person who has these identities, at a moment. What was said last holds, also where
/// it is over by then.
pub fn away<'i>(
    identities: impl Iterator<Item = &'i Identity>,
    now: Timestamp,
) -> Option<&'i Away> {
    identities
        .filter_map(|identity| identity.away.as_ref())
        .max_by_key(|away| (away.evidence.seen_at, away.until))
        .filter(|away| now < away.until)
}

/// Local parts behind which programs write, for whoever set them off.
const NOBODY: [&str; 12] = [
    "noreply",
    "no-reply",
    "no_reply",
    "no.reply",
    "donotreply",
    "do-not-reply",
    "do_not_reply",
    "do.not.reply",
    "mailer-daemon",
    "postmaster",
    "notifications",
    "notification",
];

/// A longer one is none that mail could be sent to (RFC 5321).
const MOST_BYTES: usize = 320;

/// An address in the form in which two are compared; `None` where it is no address, or nobody's own.
///
/// Only ASCII letters lose their case. Servers have long taken the local part in any case too, but
/// whether a dot or what stands behind a plus is a part of it only the server knows that receives: at
/// one `a.b@` is `ab@`, at another they are two people. Letters beyond ASCII stay as they are, for
/// some of them become plain ones when their case is folded.
fn own_address(email: &str) -> Option<String> {
    let address = email.trim().to_ascii_lowercase();
    let (local, domain) = address.split_once('@')?;
    let sound = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control())
    };
    let theirs =
        address.len() <= MOST_BYTES && sound(local) && sound(domain) && !NOBODY.contains(&local);
    theirs.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceId;

    #[test]
    fn an_address_is_somebodys_own_or_none() {
        for (email, expected) in [
            ("ada@acme.example", Some("ada@acme.example")),
            (" Ada@ACME.example ", Some("ada@acme.example")),
            // Whether these are other people only their server knows.
            ("a.da@acme.example", Some("a.da@acme.example")),
            ("ada+x@acme.example", Some("ada+x@acme.example")),
            // GitHub gives every account one of its own.
            ("7+ada@users.noreply.github.com", Some("7+ada@users.noreply.github.com")),
            ("noreply@github.com", None),
            ("No-Reply@acme.example", None),
            ("notifications@github.com", None),
            ("MAILER-DAEMON@acme.example", None),
            ("", None),
            ("ada", None),
            ("@acme.example", None),
            ("ada@", None),
            ("ada@x@y", None),
            ("ada @acme.example", None),
            ("ada@acme.example\u{7}", None),
            // The Kelvin sign is no k.
            ("\u{212a}im@acme.example", Some("\u{212a}im@acme.example")),
        ] {
            assert_eq!(own_address(email).as_deref(), expected, "{email:?}");
        }
        assert_eq!(own_address(&format!("{}@acme.example", "a".repeat(400))), None);
    }

    fn identity(number: u32, name: Option<&str>, email: bool, self_asserted: bool) -> Identity {
        let external_id = number.to_string();
        Identity {
            id: SourceId::of("acme").person(&external_id),
            source: SourceId::of("acme"),
            handle: Some(format!("handle{number}")),
            name: name.map(str::to_owned),
            email: email.then(|| format!("{number}@acme.example")),
            self_asserted,
            away: None,
            decided: None,
            external_id,
        }
    }

    #[test]
    fn what_was_said_last_tells_until_when_somebody_is_away() {
        let told = |number: u32, said_at: i64, until: i64| Identity {
            away: Some(Away {
                until: Timestamp(until),
                evidence: Evidence {
                    quote: number.to_string(),
                    url: None,
                    comment: None,
                    seen_at: Timestamp(said_at),
                },
            }),
            ..identity(number, None, false, false)
        };
        let (silent, early, late) =
            (identity(0, None, false, false), told(1, 10, 90), told(2, 20, 50));
        for (identities, now, quote) in [
            (vec![&silent], 0, None),
            (vec![&early, &silent], 89, Some("1")),
            (vec![&early], 90, None),
            (vec![&late, &early], 49, Some("2")),
            (vec![&early, &late], 50, None),
        ] {
            let found = away(identities.into_iter(), Timestamp(now));
            assert_eq!(found.map(|away| &*away.evidence.quote), quote, "{now}");
        }
    }

    #[test]
    fn an_account_says_what_a_person_is_called() {
        let account = identity(3, Some("Ada"), true, false);
        let later = identity(4, Some("Ada L."), true, false);
        let nameless = identity(1, None, false, false);
        let sender = identity(2, Some("The Boss"), true, true);
        for (identities, name, address) in [
            (vec![], None, None),
            (vec![&nameless], Some("handle1"), None),
            (vec![&nameless, &sender], Some("The Boss"), Some("2@acme.example")),
            (vec![&sender, &later, &account, &nameless], Some("Ada"), Some("3@acme.example")),
        ] {
            assert_eq!(called(identities.iter().copied()), name);
            assert_eq!(email(identities.iter().copied()), address);
        }
    }
}
