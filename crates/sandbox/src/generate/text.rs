//! Titles and texts. Texts are made when asked for: the seed of a text holds its template and its
//! subject, so a hundred thousand of them cost eight bytes each.

use std::borrow::Cow;
use std::fmt::Write;

use crate::generate::{Dice, words};
use crate::world::{CommentKey, Commit, IssueKey, Mention, ORGANIZATION, Reference, Text, World};

/// What a title and a text are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Template {
    Bug,
    Feature,
    Chore,
    Epic,
    Change,
    Bump,
}

const TEMPLATES: [Template; 6] = [
    Template::Bug,
    Template::Feature,
    Template::Chore,
    Template::Epic,
    Template::Change,
    Template::Bump,
];

/// A seed that carries its template.
pub(super) fn seed(template: Template, dice: &mut Dice) -> u64 {
    let place = TEMPLATES.iter().position(|&other| other == template).unwrap_or_default();
    dice.roll() << 3 | place as u64
}

fn template(seed: u64) -> Template {
    TEMPLATES.get((seed & 7) as usize).copied().unwrap_or(Template::Chore)
}

fn component(seed: u64) -> &'static str {
    words::COMPONENTS[((seed >> 3) % words::COMPONENTS.len() as u64) as usize]
}

pub(super) fn title(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let component = component(seed);
    match template(seed) {
        Template::Bug => {
            let symptom = dice.pick(&words::SYMPTOMS);
            sentence(&format!("{component} {symptom} {}", dice.pick(&words::CONDITIONS)))
        }
        Template::Feature => format!("{} {component}", dice.pick(&words::FEATURES)),
        Template::Chore => format!("{} {component}", dice.pick(&words::CHORES)),
        Template::Epic => format!("{} {component}", dice.pick(&words::EPICS)),
        Template::Change => format!("{} the {component}", dice.pick(&words::CHANGES)),
        Template::Bump => {
            let package = dice.pick(&words::PACKAGES);
            let minor = dice.below(40);
            format!("Bump {package} from 1.{minor}.{} to 1.{}.0", dice.below(9), minor + 1)
        }
    }
}

/// The text of an issue or a pull request.
pub(crate) fn issue_body(world: &World, key: IssueKey) -> Option<Cow<'_, str>> {
    let issue = &world[key];
    match &issue.body {
        Text::Empty => None,
        Text::Written(text) => Some(Cow::Borrowed(text)),
        Text::Seeded(seed) => {
            let mut body = seeded_body(*seed);
            mentions(world, key, &issue.references, &mut body);
            Some(Cow::Owned(body))
        }
    }
}

/// The text of a comment.
pub(crate) fn comment_body(world: &World, key: CommentKey) -> Cow<'_, str> {
    match &world[key].body {
        Text::Empty => Cow::Borrowed(""),
        Text::Written(text) => Cow::Borrowed(text),
        Text::Seeded(seed) => Cow::Owned(seeded_comment(world, *seed)),
    }
}

/// The message of a commit.
pub(crate) fn commit_message(commit: &Commit) -> Cow<'_, str> {
    match &commit.message {
        Text::Empty => Cow::Borrowed(""),
        Text::Written(text) => Cow::Borrowed(text),
        Text::Seeded(seed) => {
            let mut dice = Dice::new(*seed);
            let subject = format!("{} the {}", dice.pick(&words::CHANGES), component(*seed));
            Cow::Owned(if dice.chance(40) {
                format!("{subject}\n\n{}", dice.pick(&words::SENTENCES))
            } else {
                subject
            })
        }
    }
}

fn seeded_body(seed: u64) -> String {
    let mut dice = Dice::new(seed ^ 0x626f_6479);
    let component = component(seed);
    let mut body = String::with_capacity(700);
    // Writing to a String cannot fail.
    let _ = match template(seed) {
        Template::Bug => bug(&mut dice, component, &mut body),
        Template::Feature | Template::Chore => work(&mut dice, component, &mut body),
        Template::Epic => epic(&mut dice, component, &mut body),
        Template::Change => change(&mut dice, component, &mut body),
        Template::Bump => {
            write!(body, "Release notes and changelog are below.\n\n- Fixes and improvements.\n")
        }
    };
    body
}

fn bug(dice: &mut Dice, component: &str, body: &mut String) -> std::fmt::Result {
    write!(
        body,
        "### What happens\n\nThe {component} {}. {}\n",
        dice.pick(&words::SYMPTOMS),
        dice.pick(&words::SENTENCES)
    )?;
    write!(body, "\n### Steps to reproduce\n\n")?;
    for step in 1..=3 {
        writeln!(body, "{step}. {}", dice.pick(&words::STEPS))?;
    }
    write!(
        body,
        "\n### Expected\n\n{} {}\n",
        dice.pick(&words::SENTENCES),
        dice.pick(&words::SENTENCES)
    )?;
    if dice.chance(60) {
        write!(
            body,
            "\n```text\nERROR {}: deadline exceeded after 30000 ms\n    at handler (src/{}.rs:{})\n```\n",
            component.replace(' ', "_"),
            component.replace(' ', "_"),
            10 + dice.below(400)
        )?;
    }
    Ok(())
}

fn work(dice: &mut Dice, component: &str, body: &mut String) -> std::fmt::Result {
    write!(body, "### Why\n\n{} {}\n", dice.pick(&words::SENTENCES), dice.pick(&words::SENTENCES))?;
    write!(
        body,
        "\n### What\n\nThe {component} should cover this without a detour. {}\n",
        dice.pick(&words::SENTENCES)
    )?;
    write!(body, "\n### Acceptance criteria\n\n")?;
    for _ in 0..2 + dice.below(4) {
        let done = if dice.chance(35) { 'x' } else { ' ' };
        writeln!(body, "- [{done}] {}", dice.pick(&words::CRITERIA))?;
    }
    Ok(())
}

fn epic(dice: &mut Dice, component: &str, body: &mut String) -> std::fmt::Result {
    write!(
        body,
        "### Goal\n\nA {component} that holds for the next two years. {}\n",
        dice.pick(&words::SENTENCES)
    )?;
    write!(
        body,
        "\n### Out of scope\n\n- {}\n- {}\n",
        dice.pick(&words::CRITERIA),
        dice.pick(&words::CRITERIA)
    )?;
    write!(body, "\n### Done when\n\n")?;
    for _ in 0..4 {
        writeln!(body, "- [ ] {}", dice.pick(&words::CRITERIA))?;
    }
    Ok(())
}

fn change(dice: &mut Dice, component: &str, body: &mut String) -> std::fmt::Result {
    write!(body, "{} the {component}.\n\n", dice.pick(&words::CHANGES))?;
    write!(
        body,
        "{} {}\n\n### How to test\n\n",
        dice.pick(&words::SENTENCES),
        dice.pick(&words::SENTENCES)
    )?;
    for step in 1..=2 {
        writeln!(body, "{step}. {}", dice.pick(&words::STEPS))?;
    }
    Ok(())
}

fn seeded_comment(world: &World, seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut body = (*dice.pick(&words::REMARKS)).to_owned();
    if dice.chance(25) {
        let people: Vec<_> = world.people().collect();
        body = format!("@{} {body}", world[*dice.pick(&people)].login);
    }
    if dice.chance(40) {
        body.push_str("\n\n");
        body.push_str(dice.pick::<&str>(&words::SENTENCES));
    }
    body
}

fn mentions(world: &World, key: IssueKey, references: &[Reference], body: &mut String) {
    for &Reference { mention, issue } in references {
        let phrase = match mention {
            Mention::Closes => "Closes",
            Mention::BlockedBy => "Blocked by",
            Mention::PartOf => "Part of",
            Mention::SeeAlso => "See also",
        };
        let other = &world[issue];
        let _ = if other.repository == world[key].repository {
            write!(body, "\n{phrase} #{}", other.number)
        } else {
            let name = &world[other.repository].first_name;
            write!(body, "\n{phrase} {}/{name}#{}", world[ORGANIZATION].login, other.number)
        };
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
