//! Sealing and opening, over the public surface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use mainstem_vault::{KeyFileError, KeyRing, OpenError, OsRandom, SealedFor};
use secrecy::ExposeSecret;

const PLACE: SealedFor<'_> = SealedFor {
    instance: "installation",
    source: "source_1",
    connector: "github",
    origin: "https://api.github.com",
    credential_kind: "token",
    field: "secret",
    generation: 3,
};
const SECRET: &str = "ghp_a-secret-that-must-not-show";
/// 32 bytes each, as base64.
const ONE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const TWO: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    fn keys(&self, text: &str) -> Result<KeyRing, KeyFileError> {
        fs::write(self.path(), text).unwrap();
        set_mode(&self.path(), 0o600);
        KeyRing::from_file(&self.path())
    }
}

fn ring(text: &str) -> KeyRing {
    Folder::new().keys(text).unwrap()
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_sealed_opens_at_its_place_again() {
    let ring = ring(ONE);
    for secret in ["", "x", SECRET, &"é".repeat(31), &"y".repeat(64), &"z".repeat(5_000)] {
        let sealed = ring.seal(&OsRandom, &PLACE, secret).unwrap();
        assert_eq!(ring.open(&PLACE, &sealed).unwrap().expose_secret(), secret);
    }
}

#[test]
fn the_length_of_a_secret_shows_in_steps_of_64_bytes_only() {
    let ring = ring(ONE);
    let length = |secret: usize| ring.seal(&OsRandom, &PLACE, &"s".repeat(secret)).unwrap().len();
    assert_eq!(length(0), length(63));
    assert_eq!(length(63) + 64, length(64));
}

#[test]
fn sealing_twice_never_gives_the_same_bytes() {
    let ring = ring(ONE);
    let seal = || ring.seal(&OsRandom, &PLACE, SECRET).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn it_opens_nowhere_else() {
    let ring = ring(ONE);
    let sealed = ring.seal(&OsRandom, &PLACE, SECRET).unwrap();
    let elsewhere = [
        SealedFor { instance: "another", ..PLACE },
        SealedFor { source: "source_2", ..PLACE },
        SealedFor { connector: "jira", ..PLACE },
        SealedFor { origin: "https://evil.example", ..PLACE },
        SealedFor { credential_kind: "app", ..PLACE },
        SealedFor { field: "webhook", ..PLACE },
        SealedFor { generation: 4, ..PLACE },
        // The same bytes, cut at another place.
        SealedFor { connector: "githubh", origin: "ttps://api.github.com", ..PLACE },
    ];
    for place in elsewhere {
        assert_eq!(ring.open(&place, &sealed).unwrap_err(), OpenError::Refused, "{place:?}");
    }
}

#[test]
fn no_changed_bit_goes_unnoticed() {
    let ring = ring(ONE);
    let sealed = ring.seal(&OsRandom, &PLACE, SECRET).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit / 8 {
            0..4 => matches!(ring.open(&PLACE, &changed), Err(OpenError::Format)),
            4..12 => matches!(ring.open(&PLACE, &changed), Err(OpenError::UnknownKey { .. })),
            _ => matches!(ring.open(&PLACE, &changed), Err(OpenError::Refused)),
        };
        assert!(expected, "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(ring.open(&PLACE, &sealed[..length]).is_err(), "cut to {length} bytes");
    }
}

#[test]
fn a_wrong_key_is_named_by_its_id() {
    let sealed = ring(ONE).seal(&OsRandom, &PLACE, SECRET).unwrap();
    let key_id = ring(ONE).active_key_id();
    assert_eq!(ring(TWO).open(&PLACE, &sealed).unwrap_err(), OpenError::UnknownKey { key_id });
}

#[test]
fn a_new_key_takes_over_without_the_secret_being_sealed_again() {
    let old = ring(ONE);
    let sealed = old.seal(&OsRandom, &PLACE, SECRET).unwrap();
    assert!(!old.needs_rewrap(&sealed).unwrap());

    let both = ring(&format!("{TWO}\n{ONE}\n"));
    assert!(both.needs_rewrap(&sealed).unwrap());
    assert_eq!(both.open(&PLACE, &sealed).unwrap().expose_secret(), SECRET);
    let rewrapped = both.rewrap(&OsRandom, PLACE.instance, &sealed).unwrap();
    assert!(!both.needs_rewrap(&rewrapped).unwrap());
    assert_eq!(rewrapped.len(), sealed.len());
    assert_eq!(rewrapped[72..], sealed[72..], "the secret's own bytes stay");

    let new = ring(TWO);
    assert_eq!(new.open(&PLACE, &rewrapped).unwrap().expose_secret(), SECRET);
    assert!(new.open(&PLACE, &sealed).is_err());
    assert_eq!(both.rewrap(&OsRandom, "another", &sealed).unwrap_err(), OpenError::Refused);
}

#[test]
fn a_key_file_is_refused_with_what_to_do_and_without_the_key() {
    let wrong_id = format!("0000000000000000 {ONE}");
    let table = [
        ("", "holds no key"),
        ("\n# a comment\n\n", "holds no key"),
        ("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==", "this has 31"),
        (
            "AQEBAQEBAQEBAQEBAQEB\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n",
            "line 1: a key has 32 bytes in one line, this has 15",
        ),
        ("!!! not base64 !!!", "openssl rand -base64 32"),
        (wrong_id.as_str(), "does not belong to the id"),
    ];
    for (text, reason) in table {
        let error = Folder::new().keys(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text:?}: {error}");
        assert!(!error.contains("AQEB"), "{error}");
    }
    let missing = KeyRing::from_file(&Folder::new().path()).unwrap_err();
    assert!(matches!(missing, KeyFileError::File { .. }), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() {
    for (mode, accepted) in
        [(0o600, true), (0o400, true), (0o640, false), (0o644, false), (0o602, false)]
    {
        let folder = Folder::new();
        folder.keys(ONE).unwrap();
        set_mode(&folder.path(), mode);
        match KeyRing::from_file(&folder.path()) {
            Ok(_) => assert!(accepted, "{mode:o}"),
            Err(error) => {
                assert!(!accepted, "{mode:o}");
                assert!(error.to_string().contains("chmod 600"), "{error}");
            }
        }
    }
}

#[test]
fn a_new_key_file_is_made_once_and_kept() {
    let folder = Folder::new();
    let made = KeyRing::from_file_or_new(&folder.path(), &OsRandom).unwrap();
    let text = fs::read_to_string(folder.path()).unwrap();
    let again = KeyRing::from_file_or_new(&folder.path(), &OsRandom).unwrap();
    assert_eq!(made.active_key_id(), again.active_key_id());
    assert!(text.starts_with(&made.active_key_id()), "the id stands before the key");
    assert_eq!(fs::read_to_string(folder.path()).unwrap(), text);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1, "no draft is left");
    assert_eq!(KeyRing::from_file(&folder.path()).unwrap().active_key_id(), made.active_key_id());
}

#[test]
fn neither_ring_nor_errors_show_a_key() {
    let ring = ring(ONE);
    let shown = format!("{ring:?}");
    assert!(shown.contains(&ring.active_key_id()));
    for secret in [ONE, "[1, 1", "0101"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
