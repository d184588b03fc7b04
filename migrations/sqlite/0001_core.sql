-- The store's tables. The other dialect's file of the same name says the same; where the two differ,
-- only type names and table options do. Ids are 16 bytes, instants are microseconds since 1970 in
-- UTC, dates and JSON are text.
--
-- Rows that a batch writes by the thousand carry no foreign keys: apply_batch is the only writer, and
-- the check of each key would cost more than the rest of the row.

CREATE TABLE installation (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    id TEXT NOT NULL
) STRICT;

CREATE TABLE source (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    connector TEXT NOT NULL,
    settings TEXT NOT NULL,
    credential_kind TEXT NOT NULL,
    credential_public TEXT NOT NULL,
    credential TEXT,
    credential_set_at INTEGER NOT NULL,
    poll_interval_seconds INTEGER NOT NULL,
    provisioned INTEGER NOT NULL,
    state TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    error_at INTEGER,
    last_synced_at INTEGER
) STRICT, WITHOUT ROWID;

-- Apart from the source, so that no listing of sources can carry a secret by accident.
CREATE TABLE source_secret (
    source BLOB PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A scope that is no longer configured keeps its row, inactive, so that its cursor is not lost when
-- it comes back.
CREATE TABLE scope (
    source BLOB NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    active INTEGER NOT NULL,
    cursor TEXT,
    next_run_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    error_code TEXT,
    error_message TEXT,
    error_at INTEGER,
    synced_at INTEGER,
    census_at INTEGER,
    at_source INTEGER,
    in_store INTEGER,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

-- The row stays when a lease is given back, because its fence must never be handed out twice.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (
    source BLOB NOT NULL,
    external_id TEXT NOT NULL,
    person BLOB NOT NULL,
    handle TEXT,
    name TEXT,
    email TEXT,
    PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_by_person ON identity (person);

CREATE TABLE project (
    id BLOB PRIMARY KEY,
    source BLOB NOT NULL,
    external_id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT
) STRICT, WITHOUT ROWID;

-- What one filters, orders, groups and links by. `first_learned_at` is when this store came to know
-- the task; `content_hash` covers every field of the record, those of task_detail included.
CREATE TABLE task (
    id BLOB PRIMARY KEY,
    source BLOB NOT NULL,
    external_id TEXT NOT NULL,
    locator TEXT NOT NULL,
    scope TEXT NOT NULL,
    version INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    census_token TEXT,
    first_learned_at INTEGER NOT NULL,
    project BLOB NOT NULL,
    key TEXT NOT NULL,
    previous_keys TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT,
    status_name TEXT NOT NULL,
    status_category TEXT NOT NULL,
    priority_name TEXT,
    priority_level TEXT NOT NULL,
    assignees TEXT NOT NULL,
    author BLOB,
    labels TEXT NOT NULL,
    milestone TEXT,
    sprint TEXT,
    parent_task BLOB,
    parent_key TEXT,
    start_on TEXT,
    due_on TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    closed_at INTEGER,
    estimate_seconds INTEGER,
    time_spent_seconds INTEGER,
    presence TEXT NOT NULL
) STRICT;
CREATE INDEX task_by_key ON task (source, key);
CREATE INDEX task_by_scope ON task (source, scope);

-- The bulky part, and the payload as the tool gave it (zstd). Apart, so that reading every task for
-- the read model does not read these.
CREATE TABLE task_detail (
    task BLOB PRIMARY KEY,
    body TEXT,
    criteria TEXT,
    fields TEXT,
    raw BLOB NOT NULL
) STRICT;

-- Keys that a task had before, to find it by.
CREATE TABLE previous_key (
    source BLOB NOT NULL,
    key TEXT NOT NULL,
    task BLOB NOT NULL,
    PRIMARY KEY (source, key, task)
) STRICT, WITHOUT ROWID;

-- Ids under which a task was once known, or under which the tool shows it since it moved.
CREATE TABLE task_redirect (
    from_id BLOB PRIMARY KEY,
    to_id BLOB NOT NULL,
    source BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- `task` is null while the task has not arrived; `task_key` then says which one it waits for.
CREATE TABLE comment (
    id BLOB PRIMARY KEY,
    source BLOB NOT NULL,
    task BLOB,
    task_key TEXT NOT NULL,
    author BLOB,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    url TEXT,
    version INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    raw BLOB NOT NULL
) STRICT;
CREATE INDEX comment_by_task ON comment (task, created_at, id);
CREATE INDEX comment_waiting ON comment (source, task_key) WHERE task IS NULL;

-- One row for each interval in which a link held. A link that both ends state has a row for each.
CREATE TABLE link (
    stated_by BLOB NOT NULL,
    id BLOB NOT NULL,
    since_at INTEGER NOT NULL,
    until_at INTEGER,
    source BLOB NOT NULL,
    kind TEXT NOT NULL,
    from_task BLOB,
    from_key TEXT NOT NULL,
    to_task BLOB,
    to_key TEXT NOT NULL,
    origin TEXT NOT NULL,
    confidence REAL NOT NULL,
    review TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (stated_by, id, since_at)
) STRICT;

-- The newest reading of a task's native links, so that an older one never wins.
CREATE TABLE relation_reading (
    task BLOB PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest position of the change log. Whoever appends takes positions from this one row, last in
-- the transaction: see apply/changes.rs for why a sequence would not do.
CREATE TABLE change_head (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    position INTEGER NOT NULL
) STRICT;
INSERT INTO change_head (singleton, position) VALUES (1, 0);

-- `subject_kind` is task, person, project or source. `history_key` names a change that the tool's own
-- history told, so that it is logged once.
CREATE TABLE change (
    position INTEGER PRIMARY KEY,
    source BLOB NOT NULL,
    subject_kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    field TEXT NOT NULL,
    before_value TEXT,
    after_value TEXT,
    actor BLOB,
    occurred_at INTEGER NOT NULL,
    learned_at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    history_key TEXT
) STRICT;
CREATE INDEX change_by_subject ON change (subject, occurred_at);
CREATE INDEX change_by_occurrence ON change (occurred_at);
CREATE UNIQUE INDEX change_by_history_key ON change (subject, history_key) WHERE history_key IS NOT NULL;

-- Bytes of a record that could not be read, with a hash to tell a repetition from news.
CREATE TABLE quarantine (
    source BLOB NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    payload_hash BLOB NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (source, kind, external_id)
) STRICT;

CREATE TABLE hint (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source BLOB NOT NULL,
    scope TEXT NOT NULL,
    external_id TEXT,
    locator TEXT NOT NULL,
    depth TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    UNIQUE (source, scope, locator, depth)
) STRICT;
CREATE INDEX hint_by_due ON hint (source, due_at);

CREATE TABLE census (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source BLOB NOT NULL,
    scope TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    UNIQUE (source, scope)
) STRICT;

CREATE TABLE census_entry (
    census INTEGER NOT NULL REFERENCES census (id) ON DELETE CASCADE,
    task BLOB NOT NULL,
    external_id TEXT NOT NULL,
    locator TEXT NOT NULL,
    token TEXT,
    PRIMARY KEY (census, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    scope TEXT NOT NULL,
    sources TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
