//! The fields that issues have. System fields have fixed ids; the ids of custom fields follow from the
//! seed, since no two sites agree on them.

use crate::generate::mix;
use crate::jira::Deployment;

/// A field of the tool itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    StatusCategoryChangeDate,
    IssueType,
    Parent,
    TimeSpent,
    Project,
    FixVersions,
    AggregateTimeSpent,
    Resolution,
    ResolutionDate,
    WorkRatio,
    LastViewed,
    Watches,
    Created,
    Priority,
    Labels,
    TimeEstimate,
    AggregateTimeOriginalEstimate,
    Versions,
    IssueLinks,
    Assignee,
    Updated,
    Status,
    Components,
    TimeOriginalEstimate,
    Description,
    TimeTracking,
    Security,
    Attachment,
    AggregateTimeEstimate,
    Summary,
    Creator,
    Subtasks,
    Reporter,
    AggregateProgress,
    Environment,
    DueDate,
    Progress,
    Votes,
    Comment,
    Worklog,
    ArchivedDate,
    ArchivedBy,
}

/// A field that an administrator has added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Custom {
    /// The sprints that an issue is and was in.
    Sprint,
    /// The key of the epic.
    EpicLink,
    /// The short name of an epic.
    EpicName,
    /// How much work it is, in points.
    StoryPoints,
    /// When work starts.
    StartDate,
    /// A check box: something stands in the way.
    Flagged,
    /// The place in the backlog.
    Rank,
    /// One of a list.
    Severity,
    /// Several of a list.
    Platforms,
    /// One person.
    Reviewer,
    /// Several people.
    Approvers,
    /// A number.
    CustomersAffected,
    /// A date.
    TargetDate,
    /// A date and a time.
    MaintenanceWindow,
    /// One of a list, and one of the list below it.
    Area,
    /// A line of text.
    VendorReference,
    /// Several paragraphs of text.
    AcceptanceCriteria,
    /// Labels of another kind.
    Topics,
    /// One of a list. Another field has the same name.
    Team,
    /// A line of text with the same name as another field.
    TeamText,
}

impl Custom {
    pub(crate) const ALL: [Self; 20] = [
        Self::EpicName,
        Self::EpicLink,
        Self::StartDate,
        Self::StoryPoints,
        Self::Rank,
        Self::Sprint,
        Self::Flagged,
        Self::Severity,
        Self::Platforms,
        Self::Reviewer,
        Self::Approvers,
        Self::CustomersAffected,
        Self::TargetDate,
        Self::MaintenanceWindow,
        Self::Area,
        Self::VendorReference,
        Self::AcceptanceCriteria,
        Self::Topics,
        Self::Team,
        Self::TeamText,
    ];

    /// The choices of a field that has some; a cascading field's second level follows each first.
    pub(crate) const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Severity => &["Critical", "Major", "Minor", "Cosmetic"],
            Self::Platforms => &["iOS", "Android", "Browser", "Desktop"],
            Self::Area => &["Backend", "Database", "Queues", "Frontend", "Forms", "Charts"],
            Self::Team => &["Atlas", "Borealis", "Comet", "Drift"],
            Self::Flagged => &["Impediment"],
            _ => &[],
        }
    }
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    System(System),
    Custom(Custom),
}

/// A field as `/field` lists it.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub kind: Kind,
    pub id: String,
    pub name: &'static str,
    /// The type, such as `string` or `array`.
    pub schema_type: &'static str,
    /// The type of an array's items.
    pub items: Option<&'static str>,
    /// What a custom field is made from.
    pub custom: Option<&'static str>,
    /// The number in a custom field's id.
    pub custom_id: u32,
    /// Whether `*navigable` shows it.
    pub navigable: bool,
    pub clause_names: &'static [&'static str],
}

/// All fields of a site.
#[derive(Debug, Clone)]
pub(crate) struct Fields(Vec<Field>);

impl Fields {
    pub fn new(deployment: Deployment, seed: u64) -> Self {
        let shift = (mix(seed ^ 0x6669_656c_6473) % 60) as u32;
        let cloud = deployment == Deployment::Cloud;
        let system = SYSTEM.iter().filter(|row| match row.0 {
            System::ArchivedDate | System::ArchivedBy => !cloud,
            System::StatusCategoryChangeDate => cloud,
            _ => true,
        });
        let mut fields: Vec<Field> = system.map(system_field).collect();
        for (place, custom) in Custom::ALL.into_iter().enumerate() {
            // Gaps, as fields come and go over the years.
            let id = 10_010 + shift + place as u32 + if place > 6 { 20 } else { 0 };
            fields.push(custom_field(custom, id, cloud));
        }
        Self(fields)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    pub fn at(&self, place: usize) -> &Field {
        &self.0[place]
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The place of the field with this id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|field| field.id == id)
    }

    pub fn custom(&self, custom: Custom) -> Option<&Field> {
        self.0.iter().find(|field| field.kind == Kind::Custom(custom))
    }
}

type Row = (
    System,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    bool,
    &'static [&'static str],
);

fn system_field(&(kind, id, name, schema_type, items, navigable, clause_names): &Row) -> Field {
    Field {
        kind: Kind::System(kind),
        id: id.to_owned(),
        name,
        schema_type,
        items,
        custom: None,
        custom_id: 0,
        navigable,
        clause_names,
    }
}

const SYSTEM: [Row; 42] = [
    (
        System::StatusCategoryChangeDate,
        "statuscategorychangedate",
        "Status Category Changed",
        "datetime",
        None,
        true,
        &["statusCategoryChangedDate"],
    ),
    (System::IssueType, "issuetype", "Issue Type", "issuetype", None, true, &["issuetype", "type"]),
    (System::Parent, "parent", "Parent", "issuelink", None, false, &["parent"]),
    (System::TimeSpent, "timespent", "Time Spent", "number", None, false, &["timespent"]),
    (System::Project, "project", "Project", "project", None, true, &["project"]),
    (
        System::FixVersions,
        "fixVersions",
        "Fix versions",
        "array",
        Some("version"),
        true,
        &["fixVersion"],
    ),
    (System::AggregateTimeSpent, "aggregatetimespent", "Σ Time Spent", "number", None, true, &[]),
    (System::Resolution, "resolution", "Resolution", "resolution", None, true, &["resolution"]),
    (
        System::ResolutionDate,
        "resolutiondate",
        "Resolved",
        "datetime",
        None,
        true,
        &["resolutiondate", "resolved"],
    ),
    (System::WorkRatio, "workratio", "Work Ratio", "number", None, true, &["workratio"]),
    (System::LastViewed, "lastViewed", "Last Viewed", "datetime", None, true, &["lastViewed"]),
    (System::Watches, "watches", "Watchers", "watches", None, true, &["watchers"]),
    (System::Created, "created", "Created", "datetime", None, true, &["created", "createdDate"]),
    (System::Priority, "priority", "Priority", "priority", None, true, &["priority"]),
    (System::Labels, "labels", "Labels", "array", Some("string"), true, &["labels"]),
    (
        System::TimeEstimate,
        "timeestimate",
        "Remaining Estimate",
        "number",
        None,
        true,
        &["remainingEstimate", "timeestimate"],
    ),
    (
        System::AggregateTimeOriginalEstimate,
        "aggregatetimeoriginalestimate",
        "Σ Original Estimate",
        "number",
        None,
        true,
        &[],
    ),
    (
        System::Versions,
        "versions",
        "Affects versions",
        "array",
        Some("version"),
        true,
        &["affectedVersion"],
    ),
    (
        System::IssueLinks,
        "issuelinks",
        "Linked Issues",
        "array",
        Some("issuelinks"),
        true,
        &["issueLink"],
    ),
    (System::Assignee, "assignee", "Assignee", "user", None, true, &["assignee"]),
    (System::Updated, "updated", "Updated", "datetime", None, true, &["updated", "updatedDate"]),
    (System::Status, "status", "Status", "status", None, true, &["status"]),
    (
        System::Components,
        "components",
        "Components",
        "array",
        Some("component"),
        true,
        &["component"],
    ),
    (
        System::TimeOriginalEstimate,
        "timeoriginalestimate",
        "Original estimate",
        "number",
        None,
        true,
        &["originalEstimate", "timeoriginalestimate"],
    ),
    (System::Description, "description", "Description", "string", None, true, &["description"]),
    (System::TimeTracking, "timetracking", "Time tracking", "timetracking", None, false, &[]),
    (System::Security, "security", "Security Level", "securitylevel", None, true, &["level"]),
    (
        System::Attachment,
        "attachment",
        "Attachment",
        "array",
        Some("attachment"),
        false,
        &["attachments"],
    ),
    (
        System::AggregateTimeEstimate,
        "aggregatetimeestimate",
        "Σ Remaining Estimate",
        "number",
        None,
        true,
        &[],
    ),
    (System::Summary, "summary", "Summary", "string", None, true, &["summary"]),
    (System::Creator, "creator", "Creator", "user", None, true, &["creator"]),
    (System::Subtasks, "subtasks", "Sub-tasks", "array", Some("issuelinks"), true, &["subtasks"]),
    (System::Reporter, "reporter", "Reporter", "user", None, true, &["reporter"]),
    (System::AggregateProgress, "aggregateprogress", "Σ Progress", "progress", None, true, &[]),
    (System::Environment, "environment", "Environment", "string", None, true, &["environment"]),
    (System::DueDate, "duedate", "Due date", "date", None, true, &["due", "duedate"]),
    (System::Progress, "progress", "Progress", "progress", None, true, &["progress"]),
    (System::Votes, "votes", "Votes", "votes", None, true, &["votes"]),
    (System::Comment, "comment", "Comment", "comments-page", None, false, &["comment"]),
    (System::Worklog, "worklog", "Log Work", "array", Some("worklog"), false, &[]),
    (System::ArchivedDate, "archiveddate", "Archived", "datetime", None, true, &["archiveddate"]),
    (System::ArchivedBy, "archivedby", "Archiver", "user", None, true, &["archivedby"]),
];

fn custom_field(custom: Custom, number: u32, cloud: bool) -> Field {
    /// The names of the tool's own field types.
    macro_rules! own {
        ($name:literal) => {
            concat!("com.atlassian.jira.plugin.system.customfieldtypes:", $name)
        };
    }
    let (name, made_from, schema_type, items) = match custom {
        Custom::Sprint => {
            let items = if cloud { "json" } else { "string" };
            ("Sprint", "com.pyxis.greenhopper.jira:gh-sprint", "array", Some(items))
        }
        Custom::EpicLink => ("Epic Link", "com.pyxis.greenhopper.jira:gh-epic-link", "any", None),
        Custom::EpicName => {
            ("Epic Name", "com.pyxis.greenhopper.jira:gh-epic-label", "string", None)
        }
        Custom::StoryPoints if cloud => {
            let made_from = "com.pyxis.greenhopper.jira:jsw-story-points";
            ("Story point estimate", made_from, "number", None)
        }
        Custom::StoryPoints => ("Story Points", own!("float"), "number", None),
        Custom::StartDate => ("Start date", own!("datepicker"), "date", None),
        Custom::Flagged => ("Flagged", own!("multicheckboxes"), "array", Some("option")),
        Custom::Rank => ("Rank", "com.pyxis.greenhopper.jira:gh-lexo-rank", "any", None),
        Custom::Severity => ("Severity", own!("select"), "option", None),
        Custom::Platforms => ("Platforms", own!("multiselect"), "array", Some("option")),
        Custom::Reviewer => ("Reviewer", own!("userpicker"), "user", None),
        Custom::Approvers => ("Approvers", own!("multiuserpicker"), "array", Some("user")),
        Custom::CustomersAffected => ("Customers affected", own!("float"), "number", None),
        Custom::TargetDate => ("Target date", own!("datepicker"), "date", None),
        Custom::MaintenanceWindow => ("Maintenance window", own!("datetime"), "datetime", None),
        Custom::Area => ("Area", own!("cascadingselect"), "option-with-child", None),
        Custom::VendorReference => ("Vendor reference", own!("textfield"), "string", None),
        Custom::AcceptanceCriteria => ("Acceptance criteria", own!("textarea"), "string", None),
        Custom::Topics => ("Topics", own!("labels"), "array", Some("string")),
        Custom::Team => ("Team", own!("select"), "option", None),
        Custom::TeamText => ("Team", own!("textfield"), "string", None),
    };
    Field {
        kind: Kind::Custom(custom),
        id: format!("customfield_{number}"),
        name,
        schema_type,
        items,
        custom: Some(made_from),
        custom_id: number,
        navigable: true,
        clause_names: &[],
    }
}
