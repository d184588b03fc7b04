//! Who works there.

use crate::generate::{Dice, words};
use crate::site::SiteOptions;
use crate::world::{User, UserKind};

/// The organisation first, then the people, then the bot.
pub(super) fn people(options: &SiteOptions) -> Vec<User> {
    let mut dice = Dice::new(options.seed ^ 0x7065_6f70_6c65);
    let mut users = vec![User {
        login: options.organization.clone(),
        name: capitalised(&options.organization),
        kind: UserKind::Organization,
    }];
    let start = dice.below(words::FIRST_NAMES.len());
    for index in 0..options.people.max(1) {
        let first = words::FIRST_NAMES[(start + index) % words::FIRST_NAMES.len()];
        let last = dice.pick(&words::LAST_NAMES);
        let number =
            if index < words::FIRST_NAMES.len() { String::new() } else { index.to_string() };
        users.push(User {
            login: format!("{}-{}{number}", first.to_lowercase(), last.to_lowercase()),
            name: format!("{first} {last}"),
            kind: UserKind::Person,
        });
    }
    users.push(User {
        login: "keep-current[bot]".into(),
        name: "Keep Current".into(),
        kind: UserKind::Bot,
    });
    users
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
