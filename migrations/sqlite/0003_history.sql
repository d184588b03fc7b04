-- How far the past of a scope's tasks has been read: the last task of those that were read, in the order
-- of ids, and when the last one of all was.
ALTER TABLE scope ADD COLUMN history_after BLOB;
ALTER TABLE scope ADD COLUMN history_read_at INTEGER;

-- The tasks of a scope in the order of ids.
DROP INDEX task_by_scope;
CREATE INDEX task_by_scope ON task (source, scope, id);
