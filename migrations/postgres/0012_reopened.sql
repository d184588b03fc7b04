-- When a task that was finished was last opened again: what it holds up it has held up since then.
ALTER TABLE task ADD COLUMN reopened_at BIGINT;
UPDATE task SET reopened_at = (
    SELECT MAX(occurred_at) FROM change
    WHERE subject = task.id AND field = 'status'
        AND before_value::json->>'category' IN ('DONE', 'CANCELED')
        AND after_value::json->>'category' NOT IN ('DONE', 'CANCELED')
);
