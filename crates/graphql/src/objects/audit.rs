//! `AuditRecord`: who did what over the API.

use mainstem_model::TokenId;
use mainstem_read_model::Page;
use mainstem_store::AuditRecord;

use super::connection;
use super::task::one_more;
use crate::arguments::Arguments;
use crate::cursor;
use crate::error::Problem;
use crate::mutation::require_admin;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

impl<'a> Object<'a> for &'a AuditRecord {
    const TYPE: &'static str = "AuditRecord";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "at" => writer.instant(self.at),
            "token" => writer.id(TokenId::PREFIX, self.token.0),
            "tokenName" => writer.string(&self.token_name),
            "action" => writer.string(&self.action),
            "before" => writer.json(&self.before),
            "after" => writer.json(&self.after),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

/// Writes a page of the records, the newest first.
///
/// # Errors
/// The caller may not see them, or the page cannot be used.
pub fn audit<'a>(writer: &mut Writer<'a>, field: &Field) -> Result<(), Problem> {
    require_admin(writer.from.caller)?;
    let Arguments::Page(asked) = &field.arguments else { return Err(unplanned(field)) };
    let before = asked.after.as_deref().map(cursor::read_audit).transpose()?;
    let query = (before, one_more(asked));
    let Some(records) = writer.from.loaded.audits.get(&query) else {
        writer.needs.audits.insert(query);
        writer.null();
        return Ok(());
    };
    let page = Page {
        items: records.iter().take(asked.limit).collect(),
        has_previous: before.is_some(),
        has_next: records.len() > asked.limit,
        total: None,
    };
    connection::write(writer, field, &page, |record: &AuditRecord| cursor::audit(record.id))
}
