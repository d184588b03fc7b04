//! Commits of pull requests: what is pushed is read, and what is said in it holds as long as it is there.

use mainstem_engine::{SyncOptions, read_texts};
use mainstem_model::{LinkKind, LinkOrigin, SourceId};
use mainstem_sandbox::SiteOptions;
use mainstem_sandbox::world::{IssueKey, StateReason};

use crate::support::database::both_databases;
use crate::support::hub::{Hub, SOURCE};

fn options() -> SiteOptions {
    SiteOptions { repositories: 1, issues: 80, pull_requests: 60, ..SiteOptions::default() }
}

/// The first pull request of which this holds.
fn pull_request(hub: &Hub, wanted: impl Fn(bool) -> bool) -> IssueKey {
    let world = hub.site.world();
    let is_wanted =
        |issue: &IssueKey| world[*issue].is_pull_request() && wanted(world[*issue].is_open());
    world.visible_issues().find(is_wanted).unwrap()
}

/// What pull requests are said to carry out in Jira, and whether it holds.
async fn carried_out(hub: &Hub) -> Vec<(String, bool)> {
    let store = &hub.database.store;
    read_texts(store, &*hub.database.clock).await.unwrap();
    let tasks = store.load_tasks(None, 500).await.unwrap();
    let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
    let links = store.links_stated_by(&ids).await.unwrap();
    let links = links.into_iter().filter(|link| {
        (link.origin, link.kind) == (LinkOrigin::Inferred, LinkKind::Implements)
            && link.to.key.starts_with("ENG-")
    });
    let mut found: Vec<_> = links.map(|link| (link.to.key, link.until.is_none())).collect();
    found.sort();
    found
}

fn expect(keys: &[(&str, bool)]) -> Vec<(String, bool)> {
    keys.iter().map(|(key, holds)| ((*key).to_owned(), *holds)).collect()
}

both_databases! {
    async fn what_is_pushed_is_read_and_what_is_rewritten_ends(db) {
        let hub = Hub::new(db, options()).await;
        let pull = pull_request(&hub, |open| open);
        hub.site.edit(|world| assert!(world.push(pull, "ENG-1: mend the export")));
        hub.sync().await;
        assert_eq!(carried_out(&hub).await, expect(&[("ENG-1", true)]));

        hub.pass_time(300);
        hub.site.edit(|world| assert!(world.push(pull, "Sort the rows (ENG-2)")));
        hub.site.reset_stats();
        hub.sync().await;
        // The commits come with the one question for links.
        assert_eq!(hub.site.stats().asked("POST /graphql"), 1);
        assert_eq!(carried_out(&hub).await, expect(&[("ENG-1", true), ("ENG-2", true)]));

        hub.pass_time(300);
        hub.site.edit(|world| assert!(world.force_push(pull, &["Sort the rows (ENG-2)"])));
        hub.sync().await;
        assert_eq!(carried_out(&hub).await, expect(&[("ENG-1", false), ("ENG-2", true)]));
        let found = SourceId::of(SOURCE);
        assert!(hub.database.store.quarantined(found, 10).await.unwrap().is_empty());
    }
}

both_databases! {
    async fn what_comes_just_before_the_end_is_not_missed(db) {
        let hub = Hub::new(db, options()).await;
        let pull = pull_request(&hub, |open| open);
        hub.site.edit(|world| world.edit_body(pull, "Tidies up."));
        hub.sync().await;
        hub.pass_time(300);
        hub.site.edit(|world| {
            assert!(world.push(pull, "ENG-3: the last touch"));
            world.close(pull, StateReason::Completed);
        });
        hub.sync().await;
        assert_eq!(carried_out(&hub).await, expect(&[("ENG-3", true)]));
        hub.site.edit(|world| assert!(!world.push(pull, "ENG-4: too late")));
    }
}

both_databases! {
    async fn pull_requests_that_ended_before_the_first_pass_tell_theirs_with_their_past(db) {
        let hub = Hub::new(db, options()).await;
        let pull = pull_request(&hub, |open| open);
        hub.site.edit(|world| {
            world.edit_body(pull, "Tidies up.");
            assert!(world.push(pull, "ENG-5: the past"));
            world.close(pull, StateReason::Completed);
        });
        hub.pass_time(4_000);
        hub.sync().await;
        assert_eq!(carried_out(&hub).await, []);
        let history = SyncOptions { history: true, ..SyncOptions::default() };
        hub.sync_into(&hub.database.store, &history).await;
        assert_eq!(carried_out(&hub).await, expect(&[("ENG-5", true)]));
    }
}
