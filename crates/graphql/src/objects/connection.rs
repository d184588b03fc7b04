//! Connections: pages of lists with their cursors.

use mainstem_read_model::Page;

use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// Writes a connection of objects.
///
/// # Errors
/// As the objects themselves.
pub fn write<'a, T: Object<'a>>(
    writer: &mut Writer<'a>,
    field: &Field,
    page: &Page<T>,
    cursor: impl Fn(T) -> String,
) -> Result<(), Problem> {
    let at = |item: Option<&T>| item.map(|item| cursor(*item));
    let ends = || (at(page.items.first()), at(page.items.last()));
    write_with_ends(writer, field, page, &cursor, ends)
}

/// The same where the cursors of the page's ends are not simply those of its elements.
///
/// # Errors
/// As the objects themselves.
pub fn write_with_ends<'a, T: Object<'a>>(
    writer: &mut Writer<'a>,
    field: &Field,
    page: &Page<T>,
    cursor: impl Fn(T) -> String,
    ends: impl Fn() -> (Option<String>, Option<String>),
) -> Result<(), Problem> {
    let Some(selection) = field.selections.first() else { return Err(unplanned(field)) };
    writer.fields(selection, |part, writer| match part.name.as_str() {
        "nodes" => writer.list(&page.items, |writer, item| writer.object(*item, part)),
        "edges" => writer.list(&page.items, |writer, item| {
            let Some(edge) = part.selections.first() else { return Err(unplanned(part)) };
            writer.fields(edge, |field, writer| match field.name.as_str() {
                "cursor" => {
                    writer.string(&cursor(*item));
                    Ok(())
                }
                "node" => writer.object(*item, field),
                _ => Err(unplanned(field)),
            })
        }),
        "pageInfo" => {
            let Some(info) = part.selections.first() else { return Err(unplanned(part)) };
            writer.fields(info, |field, writer| {
                match field.name.as_str() {
                    "hasNextPage" => writer.boolean(page.has_next),
                    "hasPreviousPage" => writer.boolean(page.has_previous),
                    "startCursor" => writer.optional(ends().0, |writer, end| writer.string(&end)),
                    "endCursor" => writer.optional(ends().1, |writer, end| writer.string(&end)),
                    _ => return Err(unplanned(field)),
                }
                Ok(())
            })
        }
        "totalCount" => {
            writer.integer(page.total.unwrap_or_default());
            Ok(())
        }
        _ => Err(unplanned(part)),
    })
}

/// Maps the rows of a page.
pub fn map<T, U>(page: Page<T>, to: impl FnMut(T) -> U) -> Page<U> {
    Page {
        items: page.items.into_iter().map(to).collect(),
        has_previous: page.has_previous,
        has_next: page.has_next,
        total: page.total,
    }
}
