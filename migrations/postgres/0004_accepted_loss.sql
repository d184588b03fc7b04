-- Tasks of a scope that its last census missed, where they were so many that nothing was concluded.
-- `accepted` says that a person takes the loss for real: the next census asks the tool about each.
CREATE TABLE missing_task (
    source UUID NOT NULL,
    scope TEXT NOT NULL,
    task UUID NOT NULL,
    accepted BOOLEAN NOT NULL,
    PRIMARY KEY (source, scope, task)
);

-- When a census was asked for ahead of its time; null once one has begun since.
ALTER TABLE scope ADD COLUMN census_asked_at BIGINT;
