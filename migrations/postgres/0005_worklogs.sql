-- Work logged on tasks. As with comments, `task` is null while the task has not arrived; `task_key`
-- then says which one it waits for.
CREATE TABLE worklog (
    id UUID PRIMARY KEY,
    source UUID NOT NULL,
    task UUID,
    task_key TEXT NOT NULL,
    author UUID,
    started_at BIGINT NOT NULL,
    time_spent_seconds BIGINT NOT NULL,
    note TEXT,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    content_hash BYTEA NOT NULL,
    raw BYTEA NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE worklog ALTER COLUMN raw SET STORAGE EXTERNAL;
CREATE INDEX worklog_by_task ON worklog (task, started_at, id);
CREATE INDEX worklog_waiting ON worklog (source, task_key) WHERE task IS NULL;

-- Links to what lies outside the tool, as JSON; null where there are none or none were read.
ALTER TABLE task_detail ADD COLUMN remote_links TEXT;

-- What was read from Jira before had neither, so its scopes are read once more.
UPDATE scope SET cursor = NULL, history_after = NULL, history_read_at = NULL
WHERE source IN (SELECT id FROM source WHERE connector = 'jira');
