-- Full-text search: the words of each task; the texts are in task and task_detail. `head` holds the
-- words of key, title and labels, which rank first; `words` holds those and the body's.

CREATE TABLE search_head (
    singleton SMALLINT PRIMARY KEY CHECK (singleton = 1),
    position BIGINT NOT NULL
);
INSERT INTO search_head (singleton, position) VALUES (1, 0);

CREATE TABLE search_task (
    task UUID PRIMARY KEY,
    head TSVECTOR NOT NULL,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_task_by_words ON search_task USING gin (words);
