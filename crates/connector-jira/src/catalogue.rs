//! What the fields and statuses of a site are called: every site makes its own.

use std::collections::{BTreeMap, HashMap};

use crate::wire;

/// The custom fields of a site, by id.
#[derive(Debug, Default)]
pub struct Fields(BTreeMap<String, Field>);

/// A custom field.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The name people see; with the id behind it where several fields share the name.
    pub name: String,
    /// What it is to us.
    pub role: Role,
}

/// What a custom field is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A field like any other.
    Plain,
    /// Several paragraphs of rich text.
    Rich,
    /// The sprints that an issue is and was in.
    Sprint,
    /// Data Center: the key of what the issue is part of, an epic or what stands above epics.
    Epic,
    /// When work starts.
    Start,
}

impl Fields {
    /// Takes in what `/field` lists. What only machines read, such as a rank, is left out.
    pub fn new(listed: Vec<wire::Field>) -> Self {
        let mut shared: HashMap<String, usize> = HashMap::new();
        for field in &listed {
            *shared.entry(field.name.to_lowercase()).or_default() += 1;
        }
        let custom = listed.into_iter().filter(|field| field.custom);
        let fields = custom.filter_map(|field| {
            let role = role(&field)?;
            let is_shared = shared.get(&field.name.to_lowercase()).is_some_and(|count| *count > 1);
            let name =
                if is_shared { format!("{} ({})", field.name, field.id) } else { field.name };
            Some((field.id, Field { name, role }))
        });
        Self(fields.collect())
    }

    /// The field of this id.
    pub fn get(&self, id: &str) -> Option<&Field> {
        self.0.get(id)
    }

    /// All ids, to ask for them.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The ids of the fields that name an epic.
    pub fn epics(&self) -> impl Iterator<Item = &str> {
        let epics = self.0.iter().filter(|(_, field)| field.role == Role::Epic);
        epics.map(|(id, _)| id.as_str())
    }
}

fn role(field: &wire::Field) -> Option<Role> {
    let schema = field.schema.as_ref()?;
    let made_from = schema.custom.as_deref().unwrap_or_default();
    let kind = made_from.rsplit(':').next().unwrap_or_default();
    match kind {
        "gh-sprint" => Some(Role::Sprint),
        "gh-epic-link" | "jpo-custom-field-parent" => Some(Role::Epic),
        "gh-lexo-rank" | "gh-global-rank" | "devsummary" | "devsummarycf" => None,
        "textarea" => Some(Role::Rich),
        "jpo-custom-field-baseline-start" => Some(Role::Start),
        "sd-customer-organizations" | "cmdb-object-cftype" => Some(Role::Plain),
        _ if schema.kind == "any" => None,
        _ if schema.kind == "date" && field.name.eq_ignore_ascii_case("start date") => {
            Some(Role::Start)
        }
        _ => Some(Role::Plain),
    }
}

/// The category of each status of a site, by the status's id.
#[derive(Debug, Default)]
pub struct Statuses(HashMap<String, String>);

impl Statuses {
    /// Takes in what `/status` lists.
    pub fn new(listed: Vec<wire::Status>) -> Self {
        let categories =
            listed.into_iter().filter_map(|status| Some((status.id, status.status_category?.key)));
        Self(categories.collect())
    }

    /// The key of the status's category; `None` for a status that has been deleted.
    pub fn category(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_type_of_a_field_tells_what_it_is() {
        let jira = "com.atlassian.jira.plugin.system.customfieldtypes";
        for (name, kind, custom, expected) in [
            ("Size", "option", format!("{jira}:select"), Some(Role::Plain)),
            ("Area", "option-with-child", format!("{jira}:cascadingselect"), Some(Role::Plain)),
            ("Notes", "string", format!("{jira}:textarea"), Some(Role::Rich)),
            ("Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint".into(), Some(Role::Sprint)),
            ("Epic", "any", "com.pyxis.greenhopper.jira:gh-epic-link".into(), Some(Role::Epic)),
            (
                "Parent Link",
                "any",
                "com.atlassian.jpo:jpo-custom-field-parent".into(),
                Some(Role::Epic),
            ),
            ("Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank".into(), None),
            ("Begin", "date", format!("{jira}:datepicker"), Some(Role::Plain)),
            ("Start date", "date", format!("{jira}:datepicker"), Some(Role::Start)),
            (
                "Organizations",
                "any",
                "com.atlassian.servicedesk:sd-customer-organizations".into(),
                Some(Role::Plain),
            ),
            ("Time in Status", "any", "com.atlassian.jira.ext.charting:timeinstatus".into(), None),
        ] {
            let listed = json!([{"id": "customfield_1", "name": name, "custom": true,
                "schema": {"type": kind, "custom": custom}}]);
            let fields = Fields::new(serde_json::from_value(listed).unwrap());
            assert_eq!(fields.get("customfield_1").map(|field| field.role), expected, "{name}");
        }
    }
}
