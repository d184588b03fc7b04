-- The commits that carry out a task, whose messages may say which one they are about.
ALTER TABLE task_detail ADD COLUMN commits TEXT;

-- Those of pull requests that are known already come with their past, which is read again for it. What
-- of it is known writes nothing.
UPDATE scope SET history_after = NULL, history_read_at = NULL
    WHERE source IN (SELECT id FROM source WHERE connector = 'github');
