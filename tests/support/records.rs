//! Records as a connector would hand them over: small, plausible, and decided by a number.

use mainstem_model::record::{
    Batch, CommentRecord, NoticeKind, NoticeRecord, NoticeSet, ParentRecord, PersonRecord,
    ProjectRecord, TaskRecord, TaskReference, WorklogRecord,
};
use mainstem_model::{Priority, Status, StatusCategory, TaskKind, Timestamp};

use super::database::start;

/// The external id of the one project that [`task_record`] speaks of.
pub const PROJECT: &str = "project-1";

/// A moment some seconds after the tests' clock starts.
pub const fn at(seconds: i64) -> Timestamp {
    start().plus_seconds(seconds)
}

/// The tool's id of task `n`.
pub fn task_external_id(n: u32) -> String {
    format!("{}", 1000 + n)
}

/// Task `n`, open, unassigned, created and updated `n` seconds after the start.
pub fn task_record(n: u32) -> TaskRecord {
    let moment = at(i64::from(n));
    TaskRecord {
        external_id: task_external_id(n).into(),
        locator: format!("acme/api/{n}"),
        project: PROJECT.into(),
        key: format!("acme/api#{n}"),
        kind: TaskKind::Issue,
        title: format!("Task number {n}"),
        url: Some(format!("https://tool.example/acme/api/issues/{n}")),
        status: Status { name: "open".to_owned(), category: StatusCategory::Todo },
        priority: Priority::NONE,
        assignees: Vec::new(),
        author: None,
        labels: Vec::new(),
        milestone: None,
        sprint: None,
        parent: ParentRecord::None,
        start_on: None,
        due_on: None,
        created_at: moment,
        updated_at: moment,
        started_at: None,
        closed_at: None,
        estimate_seconds: None,
        time_spent_seconds: None,
        body: Some(format!("The body of task {n}.")),
        criteria: Vec::new(),
        fields: Vec::new(),
        version: moment.0,
        census_token: None,
        history: Vec::new(),
        raw: format!("{{\"number\":{n}}}").into(),
    }
}

/// The same task, updated at a later moment.
pub fn updated(mut task: TaskRecord, moment: Timestamp) -> TaskRecord {
    task.updated_at = moment;
    task.version = moment.0;
    task
}

/// Person `n`.
pub fn person_record(n: u32) -> PersonRecord {
    PersonRecord {
        external_id: format!("{n}").into(),
        handle: Some(format!("person{n}")),
        name: Some(format!("Person {n}")),
        email: None,
        self_asserted: false,
    }
}

/// The project that every task of these records belongs to.
pub fn project_record() -> ProjectRecord {
    ProjectRecord {
        external_id: PROJECT.into(),
        key: "acme/api".to_owned(),
        name: "API".to_owned(),
        url: None,
    }
}

/// Comment `n` on task `task`, written `n` seconds after the start.
pub fn comment_record(n: u32, task: u32) -> CommentRecord {
    let moment = at(i64::from(n));
    CommentRecord {
        external_id: format!("comment-{n}").into(),
        task: TaskReference {
            key: format!("acme/api#{task}"),
            external_id: Some(task_external_id(task).into()),
        },
        author: None,
        body: format!("Comment {n}"),
        created_at: moment,
        updated_at: moment,
        url: None,
        version: moment.0,
        raw: format!("{{\"comment\":{n}}}").into(),
    }
}

/// Worklog `n` of task `task`: `n` minutes of work that began and were logged `n` seconds after the
/// start.
pub fn worklog_record(n: u32, task: u32) -> WorklogRecord {
    let moment = at(i64::from(n));
    WorklogRecord {
        external_id: format!("worklog-{n}").into(),
        task: TaskReference {
            key: format!("acme/api#{task}"),
            external_id: Some(task_external_id(task).into()),
        },
        author: None,
        started_at: moment,
        time_spent_seconds: i64::from(n) * 60,
        note: Some(format!("Note {n}")),
        updated_at: moment,
        version: moment.0,
        raw: format!("{{\"worklog\":{n}}}").into(),
    }
}

/// A batch of these tasks, with their project.
pub fn batch_of(tasks: Vec<TaskRecord>) -> Batch {
    Batch { projects: vec![project_record()], tasks, ..Batch::default() }
}

/// The site that [`notice_record`] speaks of.
pub const MAIL_SITE: &str = "tool.example";

/// Mail `n`, which tells of task `task` and was sent `n` seconds after the start.
pub fn notice_record(n: u32, task: u32) -> NoticeRecord {
    NoticeRecord {
        external_id: format!("mail-{n}").into(),
        site: MAIL_SITE.into(),
        key: format!("acme/api#{task}"),
        kind: NoticeKind::Told {
            event: Some("mention".to_owned()),
            actor: Some("person1".to_owned()),
        },
        body: format!("Mail {n}"),
        sent_at: at(i64::from(n)),
        url: Some(format!("https://tool.example/acme/api/issues/{task}#{n}")),
        version: 0,
    }
}

/// Mail `n`, in which person 1 of the mailbox answers a notice of task `task`.
pub fn reply_record(n: u32, task: u32) -> NoticeRecord {
    let kind = NoticeKind::Reply { author: Some("1".into()) };
    NoticeRecord { kind, body: format!("Answer {n}"), url: None, ..notice_record(n, task) }
}

/// A group of mail, whole.
pub fn notices_of(group: &str, notices: Vec<NoticeRecord>) -> Batch {
    Batch {
        people: vec![person_record(1)],
        notices: vec![NoticeSet { group: group.to_owned(), notices }],
        ..Batch::default()
    }
}
