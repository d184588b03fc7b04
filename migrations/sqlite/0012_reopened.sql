-- When a task that was finished was last opened again: what it holds up it has held up since then.
ALTER TABLE task ADD COLUMN reopened_at INTEGER;
UPDATE task SET reopened_at = (
    SELECT MAX(occurred_at) FROM change
    WHERE subject = task.id AND field = 'status'
        AND json_extract(before_value, '$.category') IN ('DONE', 'CANCELED')
        AND json_extract(after_value, '$.category') NOT IN ('DONE', 'CANCELED')
);
