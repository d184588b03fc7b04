//! Worklogs and remote links.

use std::collections::BTreeMap;

use mainstem_model::Timestamp;
use mainstem_model::record::RemoteLinkSet;
use mainstem_sandbox::jira::{RemoteLinkKey, WorklogKey};

use super::*;

/// Logs work on an issue so many times.
fn log_work(sandbox: &Sandbox, issue: IssueKey, times: u32, note: &str) -> Vec<WorklogKey> {
    sandbox.site.edit(|world| {
        let author = world.issues().find_map(|issue| world[issue].assignee).unwrap();
        let began: Timestamp = world.now().plus_seconds(-3_600);
        (1..=times).map(|n| world.log_work(issue, author, n * 60, began, note)).collect()
    })
}

fn link(sandbox: &Sandbox, issue: IssueKey, title: &str) -> RemoteLinkKey {
    let url = format!("https://wiki.example/{title}");
    sandbox.site.edit(|world| world.link_elsewhere(issue, &url, title, None))
}

fn by_id(world: &World, id: &str) -> IssueKey {
    world.issues().find(|&issue| world.issue_id(issue).to_string() == id).unwrap()
}

/// Requests of remote links so far.
fn asked(sandbox: &Sandbox) -> u64 {
    let stats = sandbox.site.stats();
    let endpoints = stats.by_endpoint.iter();
    endpoints.filter(|(path, _)| path.contains("remotelink")).map(|(_, count)| count).sum()
}

fn titles_of(set: &RemoteLinkSet) -> Vec<&str> {
    set.links.iter().map(|link| link.title.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn all_the_work_logged_arrives_and_what_is_removed_ends() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let [long, short] = [21, 22].map(|number| issue(&sandbox, number));
        let before = sandbox.site.world().worklogs_of(long).len();
        let logged = log_work(&sandbox, long, 45, "Paired *twice*");
        let session = sandbox.open(json!({})).await;
        let (_, batches, cursor) = pass(&*session, None).await;
        let id = hint(&sandbox, long, Depth::Whole).external_id.unwrap();
        let of_long = |batches: &[Batch]| -> (Vec<String>, Vec<String>) {
            let worklogs = batches.iter().flat_map(|batch| &batch.worklogs);
            let worklogs =
                worklogs.filter(|worklog| worklog.task.external_id.as_deref() == Some(&*id));
            let set = batches.iter().flat_map(|batch| &batch.worklog_sets);
            let set = set.filter(|set| *set.task == *id).flat_map(|set| &set.parts);
            (
                worklogs.map(|worklog| worklog.external_id.to_string()).collect(),
                set.map(ToString::to_string).collect(),
            )
        };
        let (read, set) = of_long(&batches);
        assert_eq!(read.len(), before + 45, "{deployment:?}: more than stand within an issue");
        assert_eq!(read, set);
        let worklogs: Vec<_> = batches.iter().flat_map(|batch| &batch.worklogs).collect();
        let last = worklogs
            .iter()
            .find(|worklog| Some(&*worklog.external_id) == read.last().map(|id| &**id));
        let last = last.unwrap();
        let note = match deployment {
            // A document holds the words as they were typed, markup means something.
            Deployment::Cloud => r"Paired \*twice\*",
            Deployment::DataCenter => "Paired **twice**",
        };
        assert_eq!(last.note.as_deref().map(str::trim), Some(note));
        assert_eq!(last.time_spent_seconds, 45 * 60);
        assert!(last.author.is_some() && last.started_at < last.updated_at);

        // Removing and changing moves the issue's time, so the next pass shows it.
        sandbox.pass_time(3_600);
        sandbox.site.edit(|world| {
            world.delete_worklog(logged[7]);
            world.edit_worklog(logged[8], 7_200);
        });
        log_work(&sandbox, short, 1, "");
        let (_, batches, _) = pass(&*session, cursor).await;
        let (read, set) = of_long(&batches);
        assert_eq!((read.len(), set.len()), (before + 44, before + 44));
        let noteless = batches.iter().flat_map(|batch| &batch.worklogs);
        assert!(noteless.filter(|worklog| worklog.note.is_none()).count() >= 1);
        let longest = batches.iter().flat_map(|batch| &batch.worklogs);
        assert!(longest.map(|worklog| worklog.time_spent_seconds).max() >= Some(7_200));
    }
}

#[tokio::test(start_paused = true)]
async fn a_worklog_that_cannot_be_read_is_put_aside_and_not_called_removed() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let odd = issue(&sandbox, 23);
        let worklog =
            |id: &str, started: &str| json!({"id": id, "started": started, "timeSpentSeconds": 60});
        let how = mainstem_sandbox::world::Malformation::Replace {
            field: "fields.worklog".into(),
            value: json!({"total": 2, "worklogs": [
                worklog("7", "soon"), worklog("8", "2026-03-01T09:30:00.000+0100"),
            ]}),
        };
        sandbox.site.edit(|world| world.malform(odd, Some(how)));
        let session = sandbox.open(json!({})).await;
        let batch = session.fetch(&[hint(&sandbox, odd, Depth::Whole)]).await.unwrap();
        assert_eq!(batch.tasks.len(), 1, "{deployment:?}");
        assert_eq!(batch.quarantine[0].kind, "worklog");
        assert!(batch.quarantine[0].reason.starts_with("started"), "{:?}", batch.quarantine);
        let ids: Vec<_> = batch.worklogs.iter().map(|worklog| &*worklog.external_id).collect();
        assert_eq!((&*batch.quarantine[0].external_id, ids), ("7", vec!["8"]));
        assert_eq!(batch.worklog_sets[0].parts, ["7".into(), "8".into()]);
    }
}

#[tokio::test(start_paused = true)]
async fn remote_links_cost_only_the_issues_that_ever_had_one() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let session = sandbox.open(json!({})).await;
        let (known, _, cursor) = pass(&*session, None).await;
        assert_eq!(asked(&sandbox), 0, "a first pass asks for none");

        // The background reading asks for those whose past tells of one.
        let with_links: Vec<String> = {
            let world = sandbox.site.world();
            let keys = known.keys().map(|id| (id, by_id(&world, id)));
            keys.filter(|(_, key)| !world.remote_links_of(*key).is_empty())
                .map(|(id, _)| id.clone())
                .collect()
        };
        assert!(!with_links.is_empty() && with_links.len() * 4 < known.len());
        let all: Vec<Hint> = known
            .keys()
            .map(|id| Hint {
                external_id: Some(id.as_str().into()),
                locator: id.clone(),
                depth: Depth::History,
            })
            .collect();
        let batch = session.fetch(&all).await.unwrap();
        let told: BTreeMap<_, _> =
            batch.remote_links.iter().map(|set| (set.task.to_string(), set)).collect();
        assert_eq!(told.keys().collect::<Vec<_>>(), with_links.iter().collect::<Vec<_>>());
        assert!(told.values().all(|set| set.links[0].url.starts_with("https://github.com/")));
        assert_eq!(asked(&sandbox), with_links.len() as u64);

        // A pass over changes asks for the issue to be read whole where its past tells of one.
        sandbox.pass_time(3_600);
        let plain = known.keys().find(|id| !with_links.contains(id)).unwrap();
        let [linked, other] = {
            let world = sandbox.site.world();
            let others = known.keys().filter(|id| !with_links.contains(id) && *id != plain);
            [plain, others.last().unwrap()].map(|id| by_id(&world, id))
        };
        let made = link(&sandbox, linked, "Plan");
        sandbox.site.edit(|world| world.edit_summary(other, "Touched"));
        let (_, batches, cursor) = pass(&*session, cursor).await;
        let hints: Vec<_> = batches.iter().flat_map(|batch| batch.hints.clone()).collect();
        assert_eq!(hints, [hint(&sandbox, linked, Depth::Whole)], "{deployment:?}");
        let batch = session.fetch(&hints).await.unwrap();
        assert_eq!(titles_of(&batch.remote_links[0]), ["Plan"]);
        assert_eq!(asked(&sandbox), with_links.len() as u64 + 1);

        // So does its removal.
        sandbox.pass_time(3_600);
        sandbox.site.edit(|world| world.unlink_elsewhere(made));
        let (_, batches, _) = pass(&*session, cursor).await;
        let hints: Vec<_> = batches.iter().flat_map(|batch| batch.hints.clone()).collect();
        let batch = session.fetch(&hints).await.unwrap();
        assert!(batch.remote_links[0].links.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_reading_tells_remote_links_whatever_the_past_says() {
    for deployment in BOTH {
        let sandbox = Sandbox::new(small(deployment));
        let [linked, bare] = {
            let world = sandbox.site.world();
            let mut bare = world.issues().filter(|issue| world.remote_links_of(*issue).is_empty());
            [bare.next().unwrap(), bare.next().unwrap()]
        };
        link(&sandbox, linked, "b");
        link(&sandbox, linked, "a");
        let session = sandbox.open(json!({})).await;
        let hints = [linked, bare].map(|issue| hint(&sandbox, issue, Depth::Whole));
        let batch = session.fetch(&hints).await.unwrap();
        let told: BTreeMap<_, _> =
            batch.remote_links.iter().map(|set| (set.task.to_string(), titles_of(set))).collect();
        let id = hints[0].external_id.as_deref().unwrap();
        assert_eq!(told[id], ["a", "b"]);
        assert_eq!(told.len(), 2, "that there are none is told too");
    }
}
