//! Filters on people, projects and sources, over those that a view shows.

use mainstem_model::{Identity, PersonId, Project, Source};
use roaring::RoaringBitmap;

use crate::filter::{
    Comparison, Filter, PersonFilter, PersonPredicate, ProjectFilter, ProjectPredicate,
    SourceFilter, SourcePredicate, TextPredicate,
};
use crate::matcher::TextMatcher;
use crate::names::Symbol;
use crate::refs::PersonRef;
use crate::view::View;

/// A predicate ready to be asked of many.
type Test<'v, T> = Box<dyn Fn(T) -> bool + 'v>;

/// The leaders of the people whom a filter matches.
pub(crate) fn people(view: &View, filter: &PersonFilter) -> RoaringBitmap {
    let visible = view.visible_people();
    let candidates = match exact_names(view, filter) {
        Some(candidates) => candidates.into_iter().collect::<RoaringBitmap>() & visible,
        None => visible.clone(),
    };
    let filter = filter.map(&|predicate| person_test(view, predicate));
    matching(candidates.iter(), &filter, |symbol| view.person_ref(symbol))
}

/// The projects that a filter matches.
pub(crate) fn projects(view: &View, filter: &ProjectFilter) -> RoaringBitmap {
    let filter = filter.map(&|predicate| project_test(view, predicate));
    let all = 0..view.snapshot().projects.len() as Symbol;
    matching(all, &filter, |symbol| view.project_row(symbol))
}

/// The sources that a filter matches.
pub(crate) fn sources(view: &View, filter: &SourceFilter) -> RoaringBitmap {
    let filter = filter.map(&source_test);
    let all = 0..view.snapshot().sources.len() as Symbol;
    matching(all, &filter, |symbol| view.source_row(symbol).map(|row| &row.source))
}

fn matching<T: Copy>(
    candidates: impl Iterator<Item = Symbol>,
    filter: &Filter<Test<'_, T>>,
    row: impl Fn(Symbol) -> Option<T>,
) -> RoaringBitmap {
    candidates
        .filter(|symbol| row(*symbol).is_some_and(|row| filter.holds(&|test| test(row))))
        .collect()
}

fn person_test<'v>(view: &'v View, predicate: &PersonPredicate) -> Test<'v, PersonRef<'v>> {
    match predicate {
        PersonPredicate::Id(comparison) => {
            // Whoever holds the id of any of their identities means the person.
            let person = |id: &PersonId| view.person(*id).map_or(*id, PersonRef::id);
            let comparison = comparison.map(person).sorted();
            Box::new(move |person| comparison.holds(Some(&person.id())))
        }
        PersonPredicate::Name(text) => {
            let (negated, matcher) = TextMatcher::split(text, false);
            Box::new(move |person| matcher.matches(person.name()) != negated)
        }
        PersonPredicate::Email(text) => any_of(view, text, |identity| identity.email.as_deref()),
        PersonPredicate::Handle(text) => any_of(view, text, |identity| identity.handle.as_deref()),
    }
}

/// Whether one of a person's identities matches; what is negated holds where none does.
fn any_of<'v>(
    view: &'v View,
    text: &TextPredicate,
    value: fn(&Identity) -> Option<&str>,
) -> Test<'v, PersonRef<'v>> {
    let (negated, matcher) = TextMatcher::split(text, true);
    Box::new(move |person| {
        let mut values = view.identities(person.symbol).filter_map(value).peekable();
        let one = match values.peek() {
            None => matcher.matches_option(None),
            Some(_) => values.any(|value| matcher.matches(value)),
        };
        one != negated
    })
}

fn project_test<'v>(view: &'v View, predicate: &ProjectPredicate) -> Test<'v, &'v Project> {
    match predicate {
        ProjectPredicate::Id(comparison) => {
            let comparison = comparison.sorted();
            Box::new(move |project| comparison.holds(Some(&project.id)))
        }
        ProjectPredicate::Key(text) => {
            let (negated, matcher) = TextMatcher::split(text, true);
            Box::new(move |project| matcher.matches(&project.key) != negated)
        }
        ProjectPredicate::Name(text) => {
            let (negated, matcher) = TextMatcher::split(text, false);
            Box::new(move |project| matcher.matches(&project.name) != negated)
        }
        ProjectPredicate::Source(filter) => {
            let wanted = sources(view, filter);
            Box::new(move |project| {
                let source = view.names().sources.find(&project.source);
                source.is_some_and(|source| wanted.contains(source))
            })
        }
    }
}

fn source_test<'v>(predicate: &SourcePredicate) -> Test<'v, &'v Source> {
    match predicate {
        SourcePredicate::Id(comparison) => {
            let comparison = comparison.sorted();
            Box::new(move |source| comparison.holds(Some(&source.id)))
        }
        SourcePredicate::Name(text) => {
            let (negated, matcher) = TextMatcher::split(text, false);
            Box::new(move |source| matcher.matches(&source.name) != negated)
        }
        SourcePredicate::Connector(text) => {
            let (negated, matcher) = TextMatcher::split(text, false);
            Box::new(move |source| matcher.matches(&source.connector) != negated)
        }
    }
}

/// People that an index finds where one exact name, handle, address or id is asked for; there may
/// be too many among them.
fn exact_names(view: &View, filter: &PersonFilter) -> Option<Vec<Symbol>> {
    let Filter::Is(predicate) = filter else { return None };
    let find = |id| Some(view.snapshot().people.leader(view.names().people.find(id)?));
    let names = match predicate {
        PersonPredicate::Id(Comparison::Eq(id)) => return Some(find(id).into_iter().collect()),
        PersonPredicate::Id(Comparison::In(ids)) => {
            return Some(ids.iter().filter_map(find).collect());
        }
        PersonPredicate::Name(TextPredicate::Is(comparison))
        | PersonPredicate::Handle(TextPredicate::Is(comparison))
        | PersonPredicate::Email(TextPredicate::Is(comparison)) => match comparison {
            Comparison::Eq(name) => std::slice::from_ref(name),
            Comparison::In(names) => names,
            _ => return None,
        },
        PersonPredicate::Name(_) | PersonPredicate::Handle(_) | PersonPredicate::Email(_) => {
            return None;
        }
        PersonPredicate::Id(_) => return None,
    };
    Some(names.iter().flat_map(|name| view.snapshot().people.called(name)).collect())
}
