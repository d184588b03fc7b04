#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use mainstem_model::CredentialRef;

use super::*;
use crate::installation::{Installation, registry};

/// Everything that is said about a configuration, whichever step finds it.
fn faults(text: &str) -> Vec<String> {
    match Config::parse(text) {
        Err(fault) => vec![fault],
        Ok(config) => match Installation::new(config).check() {
            Err(ConfigError(faults)) => faults,
            Ok(_) => Vec::new(),
        },
    }
}

fn source(lines: &str) -> String {
    format!(
        "[[sources]]\nname = \"acme\"\nconnector = \"github\"\n{lines}\n\
         [sources.settings]\nrepositories = [\"acme/api\"]\n"
    )
}

fn jira(lines: &str) -> String {
    format!(
        "[[sources]]\nname = \"work\"\nconnector = \"jira\"\n{lines}\n\
         [sources.settings]\nbase_url = \"https://acme.atlassian.net\"\n"
    )
}

#[test]
fn nothing_is_a_good_configuration() {
    assert_eq!(faults(""), Vec::<String>::new());
    let config = Config::parse("").unwrap();
    assert_eq!(config.database.url, "sqlite://mainstem.db");
    assert_eq!(config.server.listen, default_listen());
    assert!(config.server.graphiql);
    assert!(!config.server.metrics_public);
}

#[test]
fn the_documented_shape_is_read() {
    let text = r#"
        [database]
        url = "postgres://mainstem@db/mainstem"
        [server]
        listen = "[::1]:9000"
        [[sources]]
        name = "acme"
        connector = "github"
        poll_interval_seconds = 30
        credential = { kind = "token", env = "PATH" }
        [sources.settings]
        base_url = "https://api.github.com"
        repositories = ["acme/api", "acme/web"]
    "#;
    let specs = Config::parse(text).unwrap().source_specs(&registry()).unwrap();
    assert_eq!(specs.len(), 1);
    assert_eq!(specs[0].name, "acme");
    assert_eq!(specs[0].credential_kind, "token");
    assert_eq!(specs[0].poll_interval_seconds, 30);
    assert!(specs[0].provisioned);
    assert_eq!(specs[0].settings["repositories"][1], "acme/web");
}

#[test]
fn whatever_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, " \n").unwrap();
    let empty =
        format!("credential = {{ kind = \"token\", file = {:?} }}", empty.display().to_string());
    let twice = format!("{}{}", source(""), source(""));
    for (text, named) in [
        ("[server]\nlisten_on = \"x\"", vec!["line 2", "`listen_on`"]),
        ("colour = 1", vec!["line 1", "`colour`"]),
        ("[server]\nlisten = \"localhost\"", vec!["line 2", "listen", "127.0.0.1:8080"]),
        ("[server]\nlisten = 8080", vec!["line 2", "listen"]),
        ("[server", vec!["line 1"]),
        ("[database]\nurl = \"mysql://host/x\"", vec!["database.url", "mysql", "sqlite://PATH"]),
        ("[database]\nurl = \"mainstem.db\"", vec!["database.url", "sqlite://PATH"]),
        ("[database]\nurl = \"sqlite://\"", vec!["database.url", "no file"]),
        ("[database]\nurl = \"postgres://host\"", vec!["database.url", "no database"]),
        (&twice, vec!["\"acme\"", "twice"]),
        (&source("polling = 1"), vec!["`polling`"]),
        (&source("poll_interval_seconds = 4"), vec!["\"acme\"", "poll_interval_seconds"]),
        (&source("credential = { kind = \"token\" }"), vec!["exactly one of env and file"]),
        (
            &source("credential = { kind = \"token\", env = \"A\", file = \"b\" }"),
            vec!["exactly one of env and file"],
        ),
        (
            &source("credential = { kind = \"token\", env = \"MAINSTEM_TEST_NOT_SET\" }"),
            vec!["\"acme\"", "MAINSTEM_TEST_NOT_SET"],
        ),
        (&source("credential = { kind = \"token\", file = \"/no/such\" }"), vec!["/no/such"]),
        (&source(&empty), vec!["empty"]),
        (
            &source("credential = { kind = \"tocken\", env = \"PATH\" }"),
            vec!["\"tocken\"", "token"],
        ),
        (&source("credential = { kind = \"app\", env = \"PATH\" }"), vec!["credential.app_id"]),
        (
            &source("credential = { kind = \"token\", env = \"PATH\", value = \"s\" }"),
            vec!["credential.value", "env or file"],
        ),
        (
            "[[sources]]\nname = \"a\"\nconnector = \"gitlab\"",
            vec!["\"a\"", "\"gitlab\"", "github"],
        ),
        ("[[sources]]\nname = \"a b\"\nconnector = \"github\"", vec!["\"a b\"", "name"]),
        ("[[sources]]\nconnector = \"github\"", vec!["`name`"]),
        (
            "[[sources]]\nname = \"a\"\nconnector = \"github\"\nsettings = { owner = \"x\", colour = 1 }",
            vec!["\"a\"", "colour"],
        ),
        (
            "[calendar]\ntime_zone = \"Europe/Atlantis\"",
            vec!["calendar.time_zone", "Europe/Atlantis", "Europe/Berlin"],
        ),
        ("[calendar]\nworking_days = [\"mon\"]", vec!["line 2", "working_days", "monday, tuesday"]),
        ("[calendar]\nworking_days = []", vec!["line 2", "working_days", "one or more"]),
        ("[calendar]\nworking_days = \"monday\"", vec!["line 2", "working_days", "a list"]),
        ("[calendar]\nhours = \"9 to 5\"", vec!["line 2", "hours", "09:00-17:00"]),
        ("[calendar]\nhours = \"17:00-09:00\"", vec!["line 2", "hours", "the end after"]),
        ("[calendar]\nhours = \"09:00-09:00\"", vec!["line 2", "hours", "the end after"]),
        ("[calendar]\nholidays = [\"25.12.2026\"]", vec!["line 2", "holidays", "2026-12-25"]),
        ("[calendar]\nholidays = [\"2026-02-30\"]", vec!["line 2", "holidays", "2026-12-25"]),
        ("[calendar]\nholiday = []", vec!["line 2", "`holiday`"]),
        (
            "[[calendar.people]]\nemail = \"mina@acme.example\"\ndays_off = [\"2027-01-02/2026-12-21\"]",
            vec!["line 3", "days_off", "first and the last"],
        ),
        ("[[calendar.people]]\nworking_days = [\"monday\"]", vec!["`email`"]),
        ("[[calendar.people]]\nemail = \"mina\"", vec!["calendar.people \"mina\"", "mail address"]),
        (
            "[[calendar.people]]\nemail = \"a@b.example\"\ntime_zone = \"Mars\"",
            vec!["calendar.people \"a@b.example\"", "time_zone", "Mars"],
        ),
        (
            "[[calendar.people]]\nemail = \"a@b.example\"\n[[calendar.people]]\nemail = \"A@b.example\"",
            vec!["calendar.people", "twice"],
        ),
        ("[server]\npublic_url = \"http://hub.test\"", vec!["line 2", "public_url", "https://"]),
        ("[server]\npublic_url = \"https://me:pw@hub.test\"", vec!["line 2", "public_url"]),
        (&source("webhook = { secret = { env = \"PATH\" } }"), vec!["webhook", "GitHub"]),
        (&jira("webhook = { secret = {} }"), vec!["webhook.secret", "exactly one"]),
        (
            &jira(
                "webhook = { secret = { env = \"PATH\" }, previous = { env = \"A\", file = \"b\" } }",
            ),
            vec!["webhook.previous", "exactly one"],
        ),
        (
            &jira("webhook = { secret = { env = \"MAINSTEM_TEST_NOT_SET\" } }"),
            vec!["webhook.secret", "MAINSTEM_TEST_NOT_SET"],
        ),
        (
            &jira("webhook = { secret = { env = \"PATH\" }, register = true }"),
            vec!["webhook.register", "server.public_url"],
        ),
        (&jira("webhook = { register = true }"), vec!["`secret`"]),
        (&jira("webhook = { secret = \"PATH\" }"), vec!["webhook", "a table such as"]),
        (
            "[[sources]]\nname = \"a\"\nconnector = \"github\"\nsettings = { owner = \"x\", base_url = \"ftp://x\" }",
            vec!["\"a\"", "base_url"],
        ),
    ] {
        let found = faults(text).join("\n");
        for part in named {
            assert!(found.contains(part), "{part:?} is missing in {found:?}, said of\n{text}");
        }
    }
}

#[test]
fn a_webhook_is_kept_by_the_places_of_its_secrets() {
    let text = format!(
        "[server]\npublic_url = \"https://hub.acme.example\"\n{}{}",
        jira(
            "webhook = { secret = { env = \"PATH\" }, previous = { file = \"/x\" }, register = true }"
        ),
        jira("webhook = { secret = { env = \"PATH\" } }").replace("\"work\"", "\"other\""),
    );
    let specs = Config::parse(&text).unwrap().source_specs(&registry()).unwrap();
    let webhook = specs[0].webhook.clone().unwrap();
    assert_eq!(webhook.secret, CredentialRef::Env { name: "PATH".into() });
    assert_eq!(webhook.previous, Some(CredentialRef::File { path: "/x".into() }));
    assert_eq!(webhook.register_at.as_deref(), Some("https://hub.acme.example/hooks/work"));
    assert_eq!(specs[1].webhook.as_ref().unwrap().register_at, None);
}

/// Working seconds of the days of a week, from Monday, 2026-12-21 (UTC).
fn worked(calendar: &mainstem_graph::Calendar) -> [i64; 7] {
    std::array::from_fn(|day| {
        let midnight = "2026-12-21T00:00:00Z".parse::<mainstem_model::Timestamp>().unwrap();
        let midnight = midnight.plus_seconds(day as i64 * 86_400);
        calendar.working_seconds(midnight, midnight.plus_seconds(86_400)) / 3_600
    })
}

#[test]
fn the_calendar_is_as_it_is_written() {
    let usual = Config::parse("").unwrap().calendar;
    assert_eq!(worked(usual.calendars().unwrap().common()), [8, 8, 8, 8, 8, 0, 0]);
    assert_eq!(
        usual.describe(),
        "monday, tuesday, wednesday, thursday, friday, 09:00 to 17:00 UTC; 0 holidays, 0 people with days of their own"
    );
    let text = r#"
        [calendar]
        time_zone = "Europe/Berlin"
        working_days = ["Sunday", "monday", "tuesday", "wednesday", "thursday", "friday"]
        hours = "20:00-24:00"
        holidays = ["2026-12-25"]
        [[calendar.people]]
        email = "Mina@acme.example"
        working_days = ["monday", "tuesday"]
        days_off = ["2026-12-22/2027-01-02"]
        [[calendar.people]]
        email = "off@acme.example"
        hours = "08:00-09:00"
        days_off = ["2026-12-21"]
        [[calendar.people]]
        email = "far@acme.example"
        time_zone = "America/New_York"
    "#;
    let config = Config::parse(text).unwrap().calendar;
    let calendars = config.calendars().unwrap();
    assert_eq!(worked(calendars.common()), [4, 4, 4, 4, 0, 0, 4]);
    let of = |email| calendars.of_person(Some(email), None).map(|calendar| worked(&calendar));
    assert_eq!(of("mina@acme.example"), Some([4, 0, 0, 0, 0, 0, 0]));
    assert_eq!(of("off@acme.example"), Some([0, 1, 1, 1, 0, 0, 1]));
    // 20:00 to 24:00 in New York lies on the next day in UTC.
    assert_eq!(of("far@acme.example"), Some([4, 4, 4, 4, 4, 0, 0]));
    assert_eq!(of("somebody@acme.example"), None);
    assert_eq!(
        config.describe(),
        "monday, tuesday, wednesday, thursday, friday, sunday, 20:00 to 00:00 Europe/Berlin; 1 holidays, 3 people with days of their own"
    );
}

#[test]
fn every_fault_is_named_at_once() {
    let text = format!(
        "[database]\nurl = \"x\"\n{}",
        source(
            "poll_interval_seconds = 1\ncredential = { kind = \"nothing\", env = \"MAINSTEM_TEST_NOT_SET\" }"
        )
    );
    assert_eq!(faults(&text).len(), 4, "{:?}", faults(&text));
}

#[test]
fn no_value_is_shown() {
    for text in [
        "[[sources]]\nname = \"a\"\nconnector = \"github\"\ncredential = \"ghp_secret\"",
        "[[sources]]\nname = \"a\"\nconnector = \"github\"\npoll_interval_seconds = \"ghp_secret\"",
        "[[sources]]\nname = \"a\"\nconnector = \"github\"\ncredential = { kind = \"token\", token = \"ghp_secret\" }",
        "[database]\nurl = \"nosql://user:ghp_secret@host\"",
        "token = \"ghp_secret\"",
    ] {
        let found = faults(text).join("\n");
        assert!(!found.is_empty() && !found.contains("ghp_secret"), "{found}");
    }
    let config = Config::parse("[database]\nurl = \"postgres://user:ghp_secret@host/x\"").unwrap();
    assert!(!format!("{config:?}").contains("ghp_secret"));
}

#[test]
fn files_stand_beside_the_database() {
    for (url, expected) in [
        ("sqlite://data/hub.db", "data/hub.key"),
        ("sqlite://hub.db?mode=rwc", "hub.key"),
        ("sqlite:///var/lib/hub.sqlite", "/var/lib/hub.key"),
        ("postgres://host/hub", "mainstem.key"),
    ] {
        let database = Database { url: url.into() };
        assert_eq!(database.beside("key"), Path::new(expected), "{url}");
    }
}
