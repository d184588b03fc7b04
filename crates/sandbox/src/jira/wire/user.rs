//! People, as each deployment names them.

use crate::jira::Deployment;
use crate::jira::wire::Wire;
use crate::jira::world::{UserKey, UserKind};

const AVATARS: &str =
    "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/initials";

impl Wire<'_> {
    pub fn user(&mut self, key: UserKey) {
        self.object(|wire| wire.user_fields(key));
    }

    /// `/myself`, which also tells the language.
    pub fn viewer(&mut self, key: UserKey) {
        self.object(|wire| {
            wire.user_fields(key);
            wire.plain("locale", "en_US");
            for list in ["groups", "applicationRoles"] {
                wire.object_field(list, |wire| {
                    wire.field("size", &1);
                    wire.array_field("items", std::iter::empty::<()>(), |_, ()| {});
                });
            }
            wire.plain("expand", "groups,applicationRoles");
        });
    }

    fn user_fields(&mut self, key: UserKey) {
        let world = self.world;
        let base = self.base;
        let user = &world[key];
        let address = format!("{}@{}.example", user.name, world.organization);
        match world.deployment {
            Deployment::Cloud => {
                let id = user.account_id.replace(':', "%3A");
                self.plain("self", format_args!("{}/user?accountId={id}", base.api));
                self.plain("accountId", &user.account_id);
                if user.shows_email {
                    self.plain("emailAddress", address);
                }
                let letters: String =
                    user.display_name.split(' ').filter_map(|word| word.chars().next()).collect();
                self.object_field("avatarUrls", |wire| {
                    for size in ["48x48", "24x24", "16x16", "32x32"] {
                        wire.plain(size, format_args!("{AVATARS}/{letters}-{}.png", key.0 % 7));
                    }
                });
            }
            Deployment::DataCenter => {
                self.plain("self", format_args!("{}/user?username={}", base.api, user.name));
                self.plain("name", &user.name);
                self.plain("key", &user.user_key);
                self.plain("emailAddress", address);
                self.object_field("avatarUrls", |wire| {
                    for (size, word) in [
                        ("48x48", ""),
                        ("24x24", "small"),
                        ("16x16", "xsmall"),
                        ("32x32", "medium"),
                    ] {
                        let url = format_args!(
                            "{}/secure/useravatar?size={word}&avatarId=10122",
                            base.site
                        );
                        wire.plain(size, url);
                    }
                });
            }
        }
        self.field("displayName", &user.display_name);
        self.field("active", &user.active);
        self.plain("timeZone", &user.time_zone);
        if world.deployment == Deployment::Cloud {
            let kind = match user.kind {
                UserKind::Person => "atlassian",
                UserKind::App => "app",
                UserKind::Customer => "customer",
            };
            self.plain("accountType", kind);
        }
    }
}
