//! What a sync costs, in requests and rows: in proportion to what changed, never to what there is.

use mainstem_engine::SyncOptions;
use mainstem_sandbox::SiteOptions;

use crate::support::database::both_databases;
use crate::support::hub::Hub;

fn one_repository(issues: usize) -> SiteOptions {
    SiteOptions { repositories: 1, issues, pull_requests: 0, ..SiteOptions::default() }
}

both_databases! {
    async fn an_unchanged_site_costs_a_handful_of_requests_and_no_row(db) {
        let hub = Hub::new(db, one_repository(2_000)).await;
        let first = hub.sync().await;
        assert!(first.ok);
        assert_eq!(first.totals.tasks_added, 2_000);
        hub.pass_time(300);
        hub.sync().await;
        hub.pass_time(60);
        hub.site.reset_stats();
        let second = hub.sync().await;
        assert_eq!(second.totals.rows_written, 0);
        assert_eq!(second.totals.changes, 0);
        assert!(hub.site.stats().requests <= 5, "{:?}", hub.site.stats());
    }
}

both_databases! {
    async fn edits_cost_in_proportion_to_edits(db) {
        let hub = Hub::new(db, one_repository(3_000)).await;
        hub.sync().await;
        for edits in [10_usize, 100] {
            hub.pass_time(300);
            hub.site.edit(|world| world.bulk_edit(edits));
            hub.site.reset_stats();
            let report = hub.sync().await;
            assert_eq!(report.totals.tasks_changed, edits as u64);
            assert!(report.totals.rows_written <= 2 * edits as u64, "{:?}", report.totals);
            let requests = hub.site.stats().requests;
            assert!(requests <= 8 + 2 * (edits as u64 / 50), "{requests} requests for {edits} edits");
        }
    }
}

both_databases! {
    async fn a_first_sync_costs_one_request_for_a_hundred_items(db) {
        let hub = Hub::new(db, one_repository(1_000)).await;
        let report = hub.sync().await;
        let stats = hub.site.stats();
        let pages = 10 + report.totals.comments.div_ceil(100);
        let rest = stats.requests - stats.asked("POST /graphql");
        assert!(rest <= pages + 5, "{rest} requests for {pages} pages: {stats:?}");
    }
}

both_databases! {
    async fn the_past_costs_one_request_for_25_issues_and_only_where_it_is_asked_for(db) {
        let hub = Hub::new(db, one_repository(510)).await;
        hub.sync().await;
        hub.site.reset_stats();
        hub.sync().await;
        assert_eq!(hub.site.stats().asked("POST /graphql"), 0);
        let history = SyncOptions { history: true, ..SyncOptions::default() };
        hub.site.reset_stats();
        let report = hub.sync_into(&hub.database.store, &history).await;
        assert_eq!(report.sources[0].histories, 510);
        // A fetch names a hundred issues, and each question 25 of them.
        let stats = hub.site.stats();
        assert_eq!(stats.asked("POST /graphql"), 21, "{stats:?}");
        assert!(stats.requests <= 21 + 5, "{stats:?}");
        hub.site.reset_stats();
        hub.sync_into(&hub.database.store, &history).await;
        assert_eq!(hub.site.stats().asked("POST /graphql"), 0);
    }
}
