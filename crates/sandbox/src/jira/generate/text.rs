//! Titles and texts, made when asked for: the seed of a text holds its template and its subject.

use crate::generate::{Dice, words};
use crate::jira::text::{Block, Inline, Text};
use crate::jira::world::{IssueName, UserKey, World};

/// What an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Template {
    Bug,
    Story,
    Task,
    Epic,
    Part,
}

const TEMPLATES: [Template; 5] =
    [Template::Bug, Template::Story, Template::Task, Template::Epic, Template::Part];

pub(super) const LABELS: [&str; 10] = [
    "backend",
    "customer",
    "flaky",
    "gdpr",
    "needs-design",
    "on-call",
    "performance",
    "quick-win",
    "regression",
    "tech-debt",
];

/// A seed that carries its template.
pub(super) fn seed(template: Template, dice: &mut Dice) -> u64 {
    let place = TEMPLATES.iter().position(|&other| other == template).unwrap_or_default();
    dice.roll() << 3 | place as u64
}

fn template(seed: u64) -> Template {
    TEMPLATES.get((seed & 7) as usize).copied().unwrap_or(Template::Task)
}

fn component(seed: u64) -> &'static str {
    words::COMPONENTS[((seed >> 3) % words::COMPONENTS.len() as u64) as usize]
}

pub(super) fn title(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let component = component(seed);
    let title = match template(seed) {
        Template::Bug => {
            let symptom = dice.pick(&words::SYMPTOMS);
            format!("{component} {symptom} {}", dice.pick(&words::CONDITIONS))
        }
        Template::Story => format!("{} {component}", dice.pick(&words::FEATURES)),
        Template::Task => format!("{} {component}", dice.pick(&words::CHORES)),
        Template::Epic => format!("{} {component}", dice.pick(&words::EPICS)),
        Template::Part => format!("{} the {component}", dice.pick(&words::CHANGES)),
    };
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The parts of a text that the seed decides.
pub(crate) fn blocks(world: &World, text: &Text) -> Vec<Block> {
    match text {
        Text::Description(seed, about) => description(world, *seed, *about),
        Text::Comment(seed, about) => comment(world, *seed, *about),
        Text::Note(seed) => {
            let mut dice = Dice::new(*seed);
            vec![Block::Paragraph(vec![plain(*dice.pick(&words::REMARKS))])]
        }
        Text::Empty | Text::Wiki(_) | Text::Document(_) => Vec::new(),
    }
}

fn plain(text: impl Into<String>) -> Inline {
    Inline::Text(text.into())
}

fn sentence(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&words::SENTENCES)
}

fn description(world: &World, seed: u64, about: IssueName) -> Vec<Block> {
    let mut dice = Dice::new(seed ^ 0x626f_6479);
    let component = component(seed);
    let mut blocks = match template(seed) {
        Template::Bug => bug(&mut dice, component),
        Template::Epic => epic(&mut dice, component),
        _ => work(&mut dice, component),
    };
    blocks.extend(mention(world, &mut dice, about));
    blocks
}

fn bug(dice: &mut Dice, component: &str) -> Vec<Block> {
    let symptom = *dice.pick(&words::SYMPTOMS);
    let mut blocks = vec![
        Block::Heading("What happens"),
        Block::Paragraph(vec![
            plain("The "),
            Inline::Strong(component.to_owned()),
            plain(format!(" {symptom}. {}", sentence(dice))),
        ]),
        Block::Heading("Steps to reproduce"),
        Block::Numbers((0..3).map(|_| vec![plain(*dice.pick(&words::STEPS))]).collect()),
        Block::Heading("Expected"),
        Block::Paragraph(vec![plain(sentence(dice)), Inline::Break, plain(sentence(dice))]),
    ];
    if dice.chance(55) {
        let place = component.replace(' ', "_");
        let line = 10 + dice.below(400);
        blocks.push(Block::Code(format!(
            "ERROR {place}: deadline exceeded after 30000 ms\n    at handler (src/{place}.rs:{line})"
        )));
    }
    blocks
}

fn work(dice: &mut Dice, component: &str) -> Vec<Block> {
    let mut blocks = vec![
        Block::Paragraph(vec![
            plain(format!("{} ", sentence(dice))),
            Inline::Code(component.replace(' ', "-")),
            plain(format!(" {}", sentence(dice))),
        ]),
        Block::Heading("Acceptance criteria"),
        Block::Bullets(
            (0..2 + dice.below(3)).map(|_| vec![plain(*dice.pick(&words::CRITERIA))]).collect(),
        ),
    ];
    if dice.chance(15) {
        let row = |first: &str, second: &str| [first.to_owned(), second.to_owned()];
        blocks.push(Block::Table(vec![
            row("Case", "Expected"),
            row(dice.pick::<&str>(&words::CONDITIONS), dice.pick::<&str>(&words::CRITERIA)),
            row(dice.pick::<&str>(&words::CONDITIONS), dice.pick::<&str>(&words::CRITERIA)),
        ]));
    }
    blocks
}

fn epic(dice: &mut Dice, component: &str) -> Vec<Block> {
    vec![
        Block::Heading("Goal"),
        Block::Paragraph(vec![plain(format!(
            "A {component} that holds for the next two years. {}",
            sentence(dice)
        ))]),
        Block::Warning(vec![plain(sentence(dice))]),
        Block::Heading("Done when"),
        Block::Bullets((0..4).map(|_| vec![plain(*dice.pick(&words::CRITERIA))]).collect()),
    ]
}

/// Sometimes a text names what stands in another tool, or another issue here.
fn mention(world: &World, dice: &mut Dice, about: IssueName) -> Option<Block> {
    let organization = &world.organization;
    let repository = words::REPOSITORIES[dice.below(4)].0;
    let number = 1 + dice.below(24);
    let earlier = about.number.saturating_sub(1 + dice.below(9) as u32).max(1);
    let inlines = match dice.below(100) {
        0..7 => vec![plain(format!("Blocked by {organization}/{repository}#{number}"))],
        7..12 => vec![plain(format!("Depends on {organization}/{repository}#{number}."))],
        12..16 => vec![
            plain("See "),
            Inline::Link(
                format!("{organization}/{repository}#{number}"),
                format!("https://github.com/{organization}/{repository}/issues/{number}"),
            ),
        ],
        16..20 => vec![plain(format!("Waiting for {}-{earlier}.", world[about.project].key))],
        _ => return None,
    };
    Some(Block::Paragraph(inlines))
}

fn comment(world: &World, seed: u64, about: IssueName) -> Vec<Block> {
    let mut dice = Dice::new(seed);
    let remark = *dice.pick(&words::REMARKS);
    let mut first = Vec::new();
    if dice.chance(25) {
        let people: Vec<UserKey> = world.people().collect();
        first.extend([Inline::Mention(*dice.pick(&people)), plain(" ")]);
    }
    first.push(plain(remark));
    let mut blocks = vec![Block::Paragraph(first)];
    if dice.chance(35) {
        blocks.push(Block::Paragraph(vec![plain(sentence(&mut dice))]));
    }
    if dice.chance(12) {
        blocks.extend(mention(world, &mut dice, about));
    }
    blocks
}
