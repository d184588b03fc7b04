//! Repositories.

use crate::ids::DatabaseId;
use crate::wire::Wire;
use crate::world::{ORGANIZATION, RepositoryKey};

/// The URLs below a repository's own: the field and what follows the repository's URL.
const URLS: [(&str, &str); 37] = [
    ("forks_url", "/forks"),
    ("keys_url", "/keys{/key_id}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("teams_url", "/teams"),
    ("hooks_url", "/hooks"),
    ("issue_events_url", "/issues/events{/number}"),
    ("events_url", "/events"),
    ("assignees_url", "/assignees{/user}"),
    ("branches_url", "/branches{/branch}"),
    ("tags_url", "/tags"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("trees_url", "/git/trees{/sha}"),
    ("statuses_url", "/statuses/{sha}"),
    ("languages_url", "/languages"),
    ("stargazers_url", "/stargazers"),
    ("contributors_url", "/contributors"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("commits_url", "/commits{/sha}"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("comments_url", "/comments{/number}"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("contents_url", "/contents/{+path}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("merges_url", "/merges"),
    ("archive_url", "/{archive_format}{/ref}"),
    ("downloads_url", "/downloads"),
    ("issues_url", "/issues{/number}"),
    ("pulls_url", "/pulls{/number}"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("labels_url", "/labels{/name}"),
    ("releases_url", "/releases{/id}"),
    ("deployments_url", "/deployments"),
    ("url", ""),
];

impl Wire<'_> {
    /// `simple-repository`, also the beginning of every other.
    pub fn minimal_repository(&mut self, key: RepositoryKey) {
        self.object(|wire| wire.minimal_repository_fields(key));
    }

    fn minimal_repository_fields(&mut self, key: RepositoryKey) {
        let world = self.world;
        let base = self.base;
        let repository = &world[key];
        let name = world.full_name(key);
        self.field("id", &key.database_id());
        self.plain("node_id", world.repository_node_id(key));
        self.field("name", &repository.name);
        self.field("full_name", &name);
        self.field("private", &false);
        self.optional_field("owner", Some(ORGANIZATION), Wire::user);
        self.plain("html_url", format_args!("{}/{name}", base.site));
        self.field("description", &repository.description);
        self.field("fork", &false);
        for (field, path) in URLS {
            self.plain(field, format_args!("{}/repos/{name}{path}", base.api));
        }
    }

    /// `repository`, as lists show it.
    pub fn repository(&mut self, key: RepositoryKey) {
        self.object(|wire| wire.repository_fields(key));
    }

    fn repository_fields(&mut self, key: RepositoryKey) {
        let world = self.world;
        let base = self.base;
        let repository = &world[key];
        let page = format!("{}/{}", base.site, world.full_name(key));
        self.minimal_repository_fields(key);
        self.time("created_at", Some(repository.created_at));
        self.time("updated_at", Some(repository.updated_at));
        self.time("pushed_at", Some(repository.updated_at));
        self.plain("git_url", format_args!("{}.git", page.replacen("http", "git", 1)));
        self.plain("ssh_url", format_args!("git@sandbox:{}.git", world.full_name(key)));
        self.plain("clone_url", format_args!("{page}.git"));
        self.plain("svn_url", &page);
        self.null("homepage");
        for zero in
            ["size", "stargazers_count", "watchers_count", "forks_count", "forks", "watchers"]
        {
            self.field(zero, &0);
        }
        self.field("language", &repository.language);
        for (feature, on) in [
            ("has_issues", true),
            ("has_projects", true),
            ("has_downloads", false),
            ("has_wiki", false),
            ("has_pages", false),
            ("has_discussions", false),
            ("archived", false),
            ("disabled", false),
            ("allow_forking", true),
            ("is_template", false),
            ("web_commit_signoff_required", false),
        ] {
            self.field(feature, &on);
        }
        self.null("mirror_url");
        self.field("open_issues_count", &repository.open_issues);
        self.field("open_issues", &repository.open_issues);
        self.null("license");
        self.array_field("topics", [repository.language], |wire, topic| {
            wire.value(&topic.to_lowercase())
        });
        self.plain("visibility", "public");
        self.plain("default_branch", "main");
        self.object_field("permissions", |wire| {
            for (permission, granted) in [
                ("admin", false),
                ("maintain", false),
                ("push", true),
                ("triage", true),
                ("pull", true),
            ] {
                wire.field(permission, &granted);
            }
        });
    }

    /// `full-repository`.
    pub fn full_repository(&mut self, key: RepositoryKey) {
        self.object(|wire| {
            wire.repository_fields(key);
            wire.null("temp_clone_token");
            wire.optional_field("organization", Some(ORGANIZATION), Wire::user);
            wire.field("network_count", &0);
            wire.field("subscribers_count", &0);
        });
    }
}
