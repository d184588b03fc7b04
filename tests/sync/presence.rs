//! Transferred, deleted and no-longer-visible issues end as what they are.

use std::collections::BTreeSet;

use mainstem_engine::SyncOptions;
use mainstem_model::{Presence, SourceState, Task};
use mainstem_sandbox::SiteOptions;

use crate::support::database::both_databases;
use crate::support::hub::{Contents, Hub};

const CENSUS: SyncOptions = SyncOptions {
    sources: None,
    max_wait: std::time::Duration::from_secs(600),
    census: true,
    history: false,
};

both_databases! {
    async fn each_absence_is_told_apart(db) {
        let hub = Hub::new(db, SiteOptions::default()).await;
        hub.sync().await;
        let before = Contents::of(&hub.database.store).await;
        let (moved, deleted, hidden) = ("acme/api#1", "acme/api#2", "acme/api#3");
        hub.site.edit(|world| {
            let api = |number| world.issue("acme/api", number).unwrap();
            let (first, second, third) = (api(1), api(2), api(3));
            let web = world.repository("acme/web").unwrap();
            world.transfer(first, web);
            world.delete(second);
            world.hide(third);
        });
        hub.pass_time(300);
        let report = hub.sync_into(&hub.database.store, &CENSUS).await;
        assert!(report.ok, "{report:?}");
        let after = Contents::of(&hub.database.store).await;
        let was = |key: &str| before.tasks.iter().find(|task| task.key == key).unwrap();
        let now = |key: &str| after.tasks.iter().find(|task| task.id == was(key).id).unwrap();
        assert_eq!(now(deleted).presence, Presence::Deleted);
        assert_eq!(now(hidden).presence, Presence::AccessLost);
        assert_eq!(now(moved).presence, Presence::Present);
        assert!(now(moved).key.starts_with("acme/web#"), "{}", now(moved).key);
        assert_eq!(now(moved).previous_keys, [moved]);
        // The task under its new place is the same task, not a second one.
        assert_eq!(after.tasks.len(), before.tasks.len());
    }
}

both_databases! {
    async fn what_comes_back_is_present_again(db) {
        let hub = Hub::new(db, SiteOptions::default()).await;
        hub.sync().await;
        let issue = hub.site.world().issue("acme/api", 3).unwrap();
        hub.site.edit(|world| world.hide(issue));
        hub.pass_time(300);
        hub.sync_into(&hub.database.store, &CENSUS).await;
        hub.site.edit(|world| world.show(issue));
        hub.pass_time(300);
        hub.sync_into(&hub.database.store, &CENSUS).await;
        let contents = Contents::of(&hub.database.store).await;
        let task = contents.tasks.iter().find(|task| task.key == "acme/api#3").unwrap();
        assert_eq!(task.presence, Presence::Present);
    }
}

both_databases! {
    async fn losing_many_at_once_raises_an_alarm_and_deletes_nothing(db) {
        let hub = Hub::new(db, SiteOptions::default()).await;
        hub.sync().await;
        hub.site.edit(|world| {
            let issues: Vec<_> = world.visible_issues().collect();
            for issue in issues.into_iter().step_by(2) {
                world.hide(issue);
            }
        });
        hub.pass_time(300);
        let report = hub.sync_into(&hub.database.store, &CENSUS).await;
        assert!(!report.ok);
        let contents = Contents::of(&hub.database.store).await;
        assert!(contents.tasks.iter().all(|task| task.presence == Presence::Present));
        let source = hub.database.store.sources().await.unwrap().remove(0);
        assert_eq!(source.state, SourceState::Degraded);
        assert_eq!(source.last_error.unwrap().code, "MASS_LOSS");
    }
}

both_databases! {
    async fn a_loss_that_a_person_accepts_is_concluded(db) {
        let hub = Hub::new(db, SiteOptions::default()).await;
        hub.sync().await;
        let (mut deleted, mut hidden, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        hub.site.edit(|world| {
            let web = world.repository("acme/web").unwrap();
            for number in 1..=400 {
                let Some(issue) = world.issue("acme/api", number) else { continue };
                let key = format!("acme/api#{number}");
                match number % 3 {
                    0 => {
                        world.delete(issue);
                        deleted.push(key);
                    }
                    1 => {
                        world.hide(issue);
                        hidden.push(key);
                    }
                    _ if world.transfer(issue, web) != issue => moved.push(key),
                    _ => {}
                }
            }
        });
        hub.pass_time(300);
        let report = hub.sync_into(&hub.database.store, &CENSUS).await;
        let error = report.sources[0].scopes.iter().find_map(|scope| scope.error.clone()).unwrap();
        let command = "mainstem source accept-loss acme --scope acme/api";
        assert!(error.message.contains(command), "{}", error.message);

        // Any process on the database accepts it, beside whichever works.
        let store = hub.database.another_store().await;
        let source = store.sources().await.unwrap().remove(0);
        for _ in 0..2 {
            let accepted = store.accept_loss(source.id, None).await.unwrap();
            let lost = (deleted.len() + hidden.len() + moved.len()) as i64;
            let accepted: Vec<_> = accepted.iter().map(|loss| (&*loss.scope, loss.tasks)).collect();
            assert_eq!(accepted, [("acme/api", lost)]);
        }
        let report = hub.sync().await;
        assert!(report.ok, "{report:?}");
        let source = store.sources().await.unwrap().remove(0);
        assert_eq!((source.state, source.last_error), (SourceState::Healthy, None));
        let contents = Contents::of(&store).await;
        let now = |key: &String| {
            let known = |task: &&Task| task.key == *key || task.previous_keys.contains(key);
            contents.tasks.iter().find(known).unwrap()
        };
        assert!(deleted.iter().all(|key| now(key).presence == Presence::Deleted));
        assert!(hidden.iter().all(|key| now(key).presence == Presence::AccessLost));
        let stands = |key| (now(key).presence, now(key).key.starts_with("acme/web#"));
        assert!(moved.iter().all(|key| stands(key) == (Presence::Present, true)));
        assert_eq!(store.accept_loss(source.id, None).await.unwrap(), []);
        store.close().await;
    }
}

both_databases! {
    async fn relations_that_move_no_time_are_noticed(db) {
        let hub = Hub::new(db, SiteOptions::default()).await;
        hub.sync().await;
        hub.sync_into(&hub.database.store, &CENSUS).await;
        let links = Contents::of(&hub.database.store).await.links.len();
        hub.site.edit(|world| {
            let first = world.issue("acme/api", 10).unwrap();
            let second = world.issue("acme/api", 11).unwrap();
            world.add_dependency(first, second).unwrap();
        });
        hub.pass_time(300);
        assert!(hub.sync().await.ok);
        assert_eq!(Contents::of(&hub.database.store).await.links.len(), links + 1);
    }
}

both_databases! {
    async fn a_repository_that_is_lost_raises_an_alarm_until_a_person_accepts_it(db) {
        let hub = Hub::new(db, SiteOptions::default()).await;
        hub.sync().await;
        let presences = async || {
            let contents = Contents::of(&hub.database.store).await;
            let of_web = contents.tasks.iter().filter(|task| task.key.starts_with("acme/web#"));
            of_web.map(|task| task.presence.as_str()).collect::<BTreeSet<_>>()
        };
        let source = async || hub.database.store.sources().await.unwrap().remove(0);
        hub.site.edit(|world| {
            let web = world.repository("acme/web").unwrap();
            world.hide_repository(web, true);
        });
        hub.pass_time(7_200);
        assert!(!hub.sync().await.ok);
        assert_eq!(presences().await, ["PRESENT"].into());
        let lost = source().await;
        assert_eq!(lost.state, SourceState::Degraded);
        let error = lost.last_error.unwrap();
        assert_eq!(error.code, "SCOPE_NOT_VISIBLE");
        let command = "mainstem source accept-loss acme --scope acme/web";
        assert!(error.message.contains(command), "{}", error.message);

        let accepted = hub.database.store.accept_loss(lost.id, None).await.unwrap();
        assert_eq!(accepted.len(), 1);
        hub.sync().await;
        assert_eq!(presences().await, ["ACCESS_LOST"].into());
        hub.pass_time(7_200);
        assert!(hub.sync().await.ok);
        assert_eq!(source().await.state, SourceState::Healthy);
    }
}

both_databases! {
    async fn a_renamed_repository_goes_on_under_its_new_name(db) {
        let hub = Hub::new(db, SiteOptions::default()).await;
        hub.sync().await;
        let before = Contents::of(&hub.database.store).await.tasks.len();
        hub.site.edit(|world| {
            let web = world.repository("acme/web").unwrap();
            world.rename_repository(web, "site");
        });
        for _ in 0..2 {
            hub.pass_time(7_200);
            hub.sync().await;
        }
        let report = hub.sync().await;
        assert!(report.ok, "{report:?}");
        let contents = Contents::of(&hub.database.store).await;
        assert_eq!(contents.tasks.len(), before);
        assert!(contents.tasks.iter().all(|task| !task.key.starts_with("acme/web#")));
        let source = hub.database.store.sources().await.unwrap().remove(0);
        let scopes = hub.database.store.scopes(source.id).await.unwrap();
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.key.as_str()).collect();
        assert!(scopes.contains(&"acme/site") && !scopes.contains(&"acme/web"), "{scopes:?}");
    }
}
