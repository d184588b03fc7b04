//! Pages of people, projects and sources: by name, then id.

use std::cmp::Ordering;

use roaring::RoaringBitmap;
use uuid::Uuid;

use crate::QueryError;
use crate::cursor;
use crate::directory;
use crate::filter::{Filter, PersonFilter, ProjectFilter, SourceFilter};
use crate::limits::{Measured, check};
use crate::order::{SortKey, SortValue, Step};
use crate::page::{Page, PageRequest, pick};
use crate::refs::{PersonRef, ProjectRef, SourceRef};
use crate::view::View;

/// By name, whatever the case.
const BY_NAME: &[Step] = &[Step { key: SortKey::Name, descending: false }];
/// By key in natural order.
const BY_KEY: &[Step] = &[Step { key: SortKey::Key, descending: false }];

impl View {
    /// A page of people, by name, then id.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn people(
        &self,
        filter: Option<&PersonFilter>,
        page: &PageRequest,
    ) -> Result<Page<PersonRef<'_>>, QueryError> {
        let rows = match filter {
            Some(filter) => checked(filter, |filter| directory::people(self, filter))?,
            None => self.visible_people().clone(),
        };
        let rows = rows.iter().filter_map(|symbol| self.person_ref(symbol)).collect();
        listed(rows, BY_NAME, |person| (SortValue::text(person.name()), person.id().0), page)
    }

    /// The cursor of a person in [`View::people`].
    #[must_use]
    pub fn person_cursor(&self, person: PersonRef<'_>) -> String {
        cursor::encode(BY_NAME, [SortValue::text(person.name())].into_iter(), person.id().0)
    }

    /// A page of projects, by key in natural order, then id.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn projects(
        &self,
        filter: Option<&ProjectFilter>,
        page: &PageRequest,
    ) -> Result<Page<ProjectRef<'_>>, QueryError> {
        let all = ProjectFilter::And(Vec::new());
        let rows = checked(filter.unwrap_or(&all), |filter| directory::projects(self, filter))?;
        let rows = rows.iter().filter_map(|symbol| self.project_ref(symbol)).collect();
        listed(rows, BY_KEY, |project| (SortValue::text(project.key()), project.id().0), page)
    }

    /// The cursor of a project in [`View::projects`].
    #[must_use]
    pub fn project_cursor(&self, project: ProjectRef<'_>) -> String {
        cursor::encode(BY_KEY, [SortValue::text(project.key())].into_iter(), project.id().0)
    }

    /// A page of sources, by name.
    ///
    /// # Errors
    /// [`QueryError`] says what to change.
    pub fn sources(
        &self,
        filter: Option<&SourceFilter>,
        page: &PageRequest,
    ) -> Result<Page<SourceRef<'_>>, QueryError> {
        let all = SourceFilter::And(Vec::new());
        let rows = checked(filter.unwrap_or(&all), |filter| directory::sources(self, filter))?;
        let rows = rows.iter().filter_map(|symbol| self.source_ref(symbol)).collect();
        listed(
            rows,
            BY_NAME,
            |source| (SortValue::text(&source.get().name), source.get().id.0),
            page,
        )
    }

    /// The cursor of a source in [`View::sources`].
    #[must_use]
    pub fn source_cursor(&self, source: SourceRef<'_>) -> String {
        let source = source.get();
        cursor::encode(BY_NAME, [SortValue::text(&source.name)].into_iter(), source.id.0)
    }
}

fn checked<P: Measured>(
    filter: &Filter<P>,
    find: impl FnOnce(&Filter<P>) -> RoaringBitmap,
) -> Result<RoaringBitmap, QueryError> {
    check(filter)?;
    Ok(find(filter))
}

/// A page of rows that each have one value and an id to be ordered by.
pub(crate) fn listed<'v, T>(
    rows: Vec<T>,
    steps: &[Step],
    place: impl Fn(&T) -> (SortValue<'v>, Uuid),
    request: &PageRequest,
) -> Result<Page<T>, QueryError> {
    let step = steps[0];
    let mark = |cursor: &Option<String>| {
        cursor.as_deref().map(|cursor| cursor::decode(steps, cursor)).transpose()
    };
    let (after, before) = (mark(&request.after)?, mark(&request.before)?);
    // Looked up once: a row is compared several times, and lies anywhere in memory.
    let rows: Vec<_> = rows.into_iter().map(|row| (place(&row), row)).collect();
    let against = |row: &((SortValue<'v>, Uuid), T), mark: &cursor::Mark| -> Ordering {
        let ((own, id), _) = row;
        let value = mark.values().next().unwrap_or(SortValue::Absent);
        step.compare(*own, value).then(id.cmp(&mark.id))
    };
    let page = pick(
        rows,
        request,
        after.as_ref().map(|mark| |row: &_| against(row, mark)),
        before.as_ref().map(|mark| |row: &_| against(row, mark)),
        |((left, left_id), _), ((right, right_id), _)| {
            step.compare(*left, *right).then(left_id.cmp(right_id))
        },
    );
    Ok(page.map(|(_, row)| row))
}
