-- The store's tables. The other dialect's file of the same name says the same; where the two differ,
-- only type names and table options do. Ids are 16 bytes, instants are microseconds since 1970 in
-- UTC, dates and JSON are text.
--
-- Rows that a batch writes by the thousand carry no foreign keys: apply_batch is the only writer, and
-- the check of each key would cost more than the rest of the row.

CREATE TABLE installation (
    singleton SMALLINT PRIMARY KEY CHECK (singleton = 1),
    id TEXT NOT NULL
);

CREATE TABLE source (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    connector TEXT NOT NULL,
    settings TEXT NOT NULL,
    credential_kind TEXT NOT NULL,
    credential_public TEXT NOT NULL,
    credential TEXT,
    credential_set_at BIGINT NOT NULL,
    poll_interval_seconds BIGINT NOT NULL,
    provisioned BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    error_at BIGINT,
    last_synced_at BIGINT
);

-- Apart from the source, so that no listing of sources can carry a secret by accident.
CREATE TABLE source_secret (
    source UUID PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
    sealed BYTEA NOT NULL
);

-- A scope that is no longer configured keeps its row, inactive, so that its cursor is not lost when
-- it comes back.
CREATE TABLE scope (
    source UUID NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    cursor TEXT,
    next_run_at BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    error_at BIGINT,
    synced_at BIGINT,
    census_at BIGINT,
    at_source BIGINT,
    in_store BIGINT,
    PRIMARY KEY (source, key)
);

-- The row stays when a lease is given back, because its fence must never be handed out twice.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    fence BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE person (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT
);

CREATE TABLE identity (
    source UUID NOT NULL,
    external_id TEXT NOT NULL,
    person UUID NOT NULL,
    handle TEXT,
    name TEXT,
    email TEXT,
    PRIMARY KEY (source, external_id)
);
CREATE INDEX identity_by_person ON identity (person);

CREATE TABLE project (
    id UUID PRIMARY KEY,
    source UUID NOT NULL,
    external_id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT
);

-- What one filters, orders, groups and links by. `first_learned_at` is when this store came to know
-- the task; `content_hash` covers every field of the record, those of task_detail included.
CREATE TABLE task (
    id UUID PRIMARY KEY,
    source UUID NOT NULL,
    external_id TEXT NOT NULL,
    locator TEXT NOT NULL,
    scope TEXT NOT NULL,
    version BIGINT NOT NULL,
    content_hash BYTEA NOT NULL,
    census_token TEXT,
    first_learned_at BIGINT NOT NULL,
    project UUID NOT NULL,
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
    author UUID,
    labels TEXT NOT NULL,
    milestone TEXT,
    sprint TEXT,
    parent_task UUID,
    parent_key TEXT,
    start_on TEXT,
    due_on TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    started_at BIGINT,
    closed_at BIGINT,
    estimate_seconds BIGINT,
    time_spent_seconds BIGINT,
    presence TEXT NOT NULL
);
CREATE INDEX task_by_key ON task (source, key);
CREATE INDEX task_by_scope ON task (source, scope);

-- The bulky part, and the payload as the tool gave it (zstd). Apart, so that reading every task for
-- the read model does not read these. What fits a page stays in its row, and what is compressed
-- already is not compressed again: both would double the price of a write.
CREATE TABLE task_detail (
    task UUID PRIMARY KEY,
    body TEXT,
    criteria TEXT,
    fields TEXT,
    raw BYTEA NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE task_detail ALTER COLUMN raw SET STORAGE EXTERNAL;

-- Keys that a task had before, to find it by.
CREATE TABLE previous_key (
    source UUID NOT NULL,
    key TEXT NOT NULL,
    task UUID NOT NULL,
    PRIMARY KEY (source, key, task)
);

-- Ids under which a task was once known, or under which the tool shows it since it moved.
CREATE TABLE task_redirect (
    from_id UUID PRIMARY KEY,
    to_id UUID NOT NULL,
    source UUID NOT NULL
);

-- `task` is null while the task has not arrived; `task_key` then says which one it waits for.
CREATE TABLE comment (
    id UUID PRIMARY KEY,
    source UUID NOT NULL,
    task UUID,
    task_key TEXT NOT NULL,
    author UUID,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    url TEXT,
    version BIGINT NOT NULL,
    content_hash BYTEA NOT NULL,
    raw BYTEA NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE comment ALTER COLUMN raw SET STORAGE EXTERNAL;
CREATE INDEX comment_by_task ON comment (task, created_at, id);
CREATE INDEX comment_waiting ON comment (source, task_key) WHERE task IS NULL;

-- One row for each interval in which a link held. A link that both ends state has a row for each.
CREATE TABLE link (
    stated_by UUID NOT NULL,
    id UUID NOT NULL,
    since_at BIGINT NOT NULL,
    until_at BIGINT,
    source UUID NOT NULL,
    kind TEXT NOT NULL,
    from_task UUID,
    from_key TEXT NOT NULL,
    to_task UUID,
    to_key TEXT NOT NULL,
    origin TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    review TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (stated_by, id, since_at)
);

-- The newest reading of a task's native links, so that an older one never wins.
CREATE TABLE relation_reading (
    task UUID PRIMARY KEY,
    version BIGINT NOT NULL
);

-- The newest position of the change log. Whoever appends takes positions from this one row, last in
-- the transaction: see apply/changes.rs for why a sequence would not do.
CREATE TABLE change_head (
    singleton SMALLINT PRIMARY KEY CHECK (singleton = 1),
    position BIGINT NOT NULL
);
INSERT INTO change_head (singleton, position) VALUES (1, 0);

-- `subject_kind` is task, person, project or source. `history_key` names a change that the tool's own
-- history told, so that it is logged once.
CREATE TABLE change (
    position BIGINT PRIMARY KEY,
    source UUID NOT NULL,
    subject_kind TEXT NOT NULL,
    subject UUID NOT NULL,
    field TEXT NOT NULL,
    before_value TEXT,
    after_value TEXT,
    actor UUID,
    occurred_at BIGINT NOT NULL,
    learned_at BIGINT NOT NULL,
    cause TEXT NOT NULL,
    history_key TEXT
);
CREATE INDEX change_by_subject ON change (subject, occurred_at);
CREATE INDEX change_by_occurrence ON change (occurred_at);
CREATE UNIQUE INDEX change_by_history_key ON change (subject, history_key) WHERE history_key IS NOT NULL;

-- Bytes of a record that could not be read, with a hash to tell a repetition from news.
CREATE TABLE quarantine (
    source UUID NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    payload_hash BYTEA NOT NULL,
    raw BYTEA NOT NULL,
    PRIMARY KEY (source, kind, external_id)
);

CREATE TABLE hint (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source UUID NOT NULL,
    scope TEXT NOT NULL,
    external_id TEXT,
    locator TEXT NOT NULL,
    depth TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    UNIQUE (source, scope, locator, depth)
);
CREATE INDEX hint_by_due ON hint (source, due_at);

CREATE TABLE census (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source UUID NOT NULL,
    scope TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    UNIQUE (source, scope)
);

CREATE TABLE census_entry (
    census BIGINT NOT NULL REFERENCES census (id) ON DELETE CASCADE,
    task UUID NOT NULL,
    external_id TEXT NOT NULL,
    locator TEXT NOT NULL,
    token TEXT,
    PRIMARY KEY (census, task)
);

CREATE TABLE token (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    scope TEXT NOT NULL,
    sources TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
