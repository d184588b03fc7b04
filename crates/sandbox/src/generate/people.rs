//! Who works there.

use crate::generate::{Dice, words};
use crate::site::SiteOptions;
use crate::world::{User, UserKind};

/// The organisation first, then the people, then the bot.
pub(super) fn people(options: &SiteOptions) -> Vec<User> {
    let organization = User {
        login: options.organization.clone(),
        name: capitalised(&options.organization),
        kind: UserKind::Organization,
    };
    let bot = User {
        login: "keep-current[bot]".into(),
        name: "Keep Current".into(),
        kind: UserKind::Bot,
    };
    let people = names(options.seed, options.people).into_iter().map(|(login, name)| User {
        login,
        name,
        kind: UserKind::Person,
    });
    std::iter::once(organization).chain(people).chain([bot]).collect()
}

/// Login and full name of each; the same seed gives every tool the same people.
pub(crate) fn names(seed: u64, count: usize) -> Vec<(String, String)> {
    let mut dice = Dice::new(seed ^ 0x7065_6f70_6c65);
    let start = dice.below(words::FIRST_NAMES.len());
    (0..count.max(1))
        .map(|index| {
            let first = words::FIRST_NAMES[(start + index) % words::FIRST_NAMES.len()];
            let last = dice.pick(&words::LAST_NAMES);
            let number =
                if index < words::FIRST_NAMES.len() { String::new() } else { index.to_string() };
            let login = format!("{}-{}{number}", first.to_lowercase(), last.to_lowercase());
            (login, format!("{first} {last}"))
        })
        .collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
