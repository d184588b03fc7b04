//! `Source` and the small objects that belong to it.

use mainstem_model::{CredentialRef, Source, SourceError, SourceId, SourceState, TokenScope};
use mainstem_read_model::{
    Comparison, Filter, PageRequest, ProjectPredicate, ProjectRef, SourcePredicate, SourceRef,
    TextPredicate,
};
use mainstem_store::ScopeState;

use super::connection;
use super::project::ProjectNode;
use super::refused;
use crate::arguments::Arguments;
use crate::error::Problem;
use crate::plan::Field;
use crate::writer::{Object, Writer, unplanned};

/// A source.
#[derive(Clone, Copy)]
pub struct SourceNode<'a>(pub SourceRef<'a>);

impl<'a> Object<'a> for SourceNode<'a> {
    const TYPE: &'static str = "Source";

    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let source = self.0.get();
        match field.name.as_str() {
            "id" => writer.id(SourceId::PREFIX, source.id.0),
            "name" => writer.string(&source.name),
            "connector" => writer.string(&source.connector),
            "baseUrl" => {
                let url = source.settings.get("base_url").and_then(serde_json::Value::as_str);
                writer.optional(url, Writer::string);
            }
            "state" => writer.word(source.state.as_str()),
            "lastError" => return writer.optional_object(source.last_error.as_ref(), field),
            "lastSyncedAt" => writer.optional(source.last_synced_at, Writer::instant),
            "lag" => {
                let lag = self.0.lag_seconds(writer.from.now);
                writer.optional(lag, Writer::duration);
            }
            "credential" => return writer.object(Credential(source), field),
            "projects" => {
                let Arguments::Page(page) = &field.arguments else { return Err(unplanned(field)) };
                let of_this = Filter::Is(of_source(source.id));
                let view = writer.from.view;
                let page = view.projects(Some(&of_this), page).map_err(refused)?;
                let page = connection::map(page, ProjectNode);
                return connection::write(writer, field, &page, |node| view.project_cursor(node.0));
            }
            "completeness" => return self.completeness(field, writer),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

fn of_source(id: SourceId) -> ProjectPredicate {
    ProjectPredicate::Source(Filter::Is(SourcePredicate::Id(Comparison::Eq(id))))
}

impl<'a> SourceNode<'a> {
    /// The censuses of those scopes that are a project.
    fn completeness(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let view = writer.from.view;
        let source = self.0.get().id;
        let project = |scope: &ScopeState| -> Result<Option<ProjectRef<'a>>, Problem> {
            let key = TextPredicate::Is(Comparison::Eq(scope.key.clone()));
            let filter = Filter::And(vec![
                Filter::Is(of_source(source)),
                Filter::Is(ProjectPredicate::Key(key)),
            ]);
            let found =
                view.projects(Some(&filter), &PageRequest { limit: 1, ..PageRequest::default() });
            Ok(found.map_err(refused)?.items.first().copied())
        };
        let mut censuses = Vec::new();
        for scope in self.0.scopes() {
            if let (Some(_), Some(project)) = (scope.census_at, project(scope)?) {
                censuses.push(Completeness { scope, project });
            }
        }
        writer.list(censuses, |writer, census| writer.object(census, field))
    }
}

#[derive(Clone, Copy)]
struct Completeness<'a> {
    scope: &'a ScopeState,
    project: ProjectRef<'a>,
}

impl<'a> Object<'a> for Completeness<'a> {
    const TYPE: &'static str = "Completeness";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "project" => return writer.object(ProjectNode(self.project), field),
            "atSource" => writer.integer(self.scope.at_source.unwrap_or_default()),
            "inStore" => writer.integer(self.scope.in_store.unwrap_or_default()),
            "checkedAt" => writer.optional(self.scope.census_at, Writer::instant),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

impl<'a> Object<'a> for &'a SourceError {
    const TYPE: &'static str = "SourceError";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        match field.name.as_str() {
            "code" => writer.string(&self.code),
            "message" => writer.string(&self.message),
            "at" => writer.instant(self.at),
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}

/// A credential that ends by itself wants attention a day before.
const SOON_SECONDS: i64 = 24 * 60 * 60;

#[derive(Clone, Copy)]
struct Credential<'a>(&'a Source);

impl<'a> Object<'a> for Credential<'a> {
    const TYPE: &'static str = "CredentialStatus";
    fn write(self, field: &Field, writer: &mut Writer<'a>) -> Result<(), Problem> {
        let source = self.0;
        match field.name.as_str() {
            "kind" if source.credential_kind.is_empty() => writer.word("none"),
            "kind" => writer.string(&source.credential_kind),
            "keyId" => writer.word(match source.credential {
                None => "none",
                Some(CredentialRef::Env { .. }) => "env",
                Some(CredentialRef::File { .. }) => "file",
                Some(CredentialRef::Sealed) => "sealed",
            }),
            "setAt" => writer.instant(source.credential_set_at),
            "expiresAt" => writer.optional(source.credential_expires_at, Writer::instant),
            "needsAttention" => {
                let soon = writer.from.now.plus_seconds(SOON_SECONDS);
                let ends = source.credential_expires_at.is_some_and(|at| at <= soon);
                writer.boolean(ends || source.state == SourceState::NeedsCredential);
            }
            "hint" => {
                let hint = match &source.credential {
                    Some(CredentialRef::Env { name })
                        if writer.from.caller.scope == TokenScope::Admin =>
                    {
                        Some(name)
                    }
                    _ => None,
                };
                writer.optional(hint, |writer, name| writer.string(name));
            }
            _ => return Err(unplanned(field)),
        }
        Ok(())
    }
}
