//! Accounts.

use crate::ids::DatabaseId;
use crate::wire::Wire;
use crate::world::{ORGANIZATION, UserKey, UserKind};

impl Wire<'_> {
    /// `simple-user`.
    pub fn user(&mut self, key: UserKey) {
        self.object(|wire| wire.user_fields(key));
    }

    fn user_fields(&mut self, key: UserKey) {
        let world = self.world;
        let base = self.base;
        let user = &world[key];
        let login = url_name(user.kind, &user.login);
        let api = format!("{}/users/{login}", base.api);
        self.field("login", &user.login);
        self.field("id", &key.database_id());
        self.plain("node_id", world.user_node_id(key));
        self.plain("avatar_url", format_args!("{}/avatars/u/{}?v=4", base.site, key.database_id()));
        self.plain("gravatar_id", "");
        self.plain("url", &api);
        if user.kind == UserKind::Bot {
            self.plain(
                "html_url",
                format_args!("{}/apps/{}", base.site, user.login.trim_end_matches("[bot]")),
            );
        } else {
            self.plain("html_url", format_args!("{}/{}", base.site, user.login));
        }
        self.plain("followers_url", format_args!("{api}/followers"));
        self.plain("following_url", format_args!("{api}/following{{/other_user}}"));
        self.plain("gists_url", format_args!("{api}/gists{{/gist_id}}"));
        self.plain("starred_url", format_args!("{api}/starred{{/owner}}{{/repo}}"));
        self.plain("subscriptions_url", format_args!("{api}/subscriptions"));
        self.plain("organizations_url", format_args!("{api}/orgs"));
        self.plain("repos_url", format_args!("{api}/repos"));
        self.plain("events_url", format_args!("{api}/events{{/privacy}}"));
        self.plain("received_events_url", format_args!("{api}/received_events"));
        self.plain("type", kind_word(user.kind));
        self.plain("user_view_type", "public");
        self.field("site_admin", &false);
    }

    /// `public-user`.
    pub fn public_user(&mut self, key: UserKey) {
        self.object(|wire| {
            wire.user_fields(key);
            wire.profile_fields(key);
        });
    }

    fn profile_fields(&mut self, key: UserKey) {
        let world = self.world;
        let user = &world[key];
        self.field("name", &user.name);
        self.field("company", &world[ORGANIZATION].name);
        self.plain("blog", "");
        for unknown in ["location", "email", "hireable", "bio", "twitter_username"] {
            self.null(unknown);
        }
        for zero in ["public_repos", "public_gists", "followers", "following"] {
            self.field(zero, &0);
        }
        let created = world.repositories.first().map_or(world.now(), |first| first.created_at);
        self.time("created_at", Some(created));
        self.time("updated_at", Some(created));
    }

    /// `organization-full`, without what only owners see.
    pub fn organization(&mut self) {
        let world = self.world;
        let base = self.base;
        let organization = &world[ORGANIZATION];
        let api = format!("{}/orgs/{}", base.api, organization.login);
        let visible = world.repositories().filter(|&key| !world[key].hidden).count();
        let created = world.repositories.first().map_or(world.now(), |first| first.created_at);
        self.object(|wire| {
            wire.field("login", &organization.login);
            wire.field("id", &ORGANIZATION.database_id());
            wire.plain("node_id", world.user_node_id(ORGANIZATION));
            wire.plain("url", &api);
            for part in ["repos", "events", "hooks", "issues"] {
                wire.plain(&format!("{part}_url"), format_args!("{api}/{part}"));
            }
            wire.plain("members_url", format_args!("{api}/members{{/member}}"));
            wire.plain("public_members_url", format_args!("{api}/public_members{{/member}}"));
            wire.plain(
                "avatar_url",
                format_args!("{}/avatars/u/{}?v=4", base.site, ORGANIZATION.database_id()),
            );
            wire.null("description");
            wire.field("name", &organization.name);
            wire.field("has_organization_projects", &true);
            wire.field("has_repository_projects", &true);
            wire.field("public_repos", &visible);
            for zero in ["public_gists", "followers", "following"] {
                wire.field(zero, &0);
            }
            wire.plain("html_url", format_args!("{}/{}", base.site, organization.login));
            wire.time("created_at", Some(created));
            wire.time("updated_at", Some(created));
            wire.null("archived_at");
            wire.plain("type", "Organization");
        });
    }
}

fn kind_word(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "User",
        UserKind::Bot => "Bot",
        UserKind::Organization => "Organization",
    }
}

/// A bot's login ends in `[bot]`, which a URL must escape.
fn url_name(kind: UserKind, login: &str) -> String {
    match kind {
        UserKind::Bot => login.replace('[', "%5B").replace(']', "%5D"),
        _ => login.to_owned(),
    }
}
