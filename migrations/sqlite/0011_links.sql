-- What is read from text comes from one reader for all tools now, so what the mailboxes read is read
-- again. An end may name the host at which a text says that it stands.
DELETE FROM link WHERE origin = 'INFERRED';
ALTER TABLE link ADD COLUMN from_site TEXT;
ALTER TABLE link ADD COLUMN to_site TEXT;

-- What a person said of a link. It is kept apart from the link, so that it holds whenever the link
-- comes back.
ALTER TABLE link DROP COLUMN review;
CREATE TABLE link_review (
    link BLOB PRIMARY KEY,
    review TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Links that were made here. They belong to no source: where one is removed and comes back, they
-- hold still.
CREATE TABLE declared_link (
    stated_by BLOB NOT NULL,
    id BLOB NOT NULL,
    since_at INTEGER NOT NULL,
    until_at INTEGER,
    source BLOB NOT NULL,
    kind TEXT NOT NULL,
    from_task BLOB,
    from_key TEXT NOT NULL,
    from_site TEXT,
    to_task BLOB,
    to_key TEXT NOT NULL,
    to_site TEXT,
    origin TEXT NOT NULL,
    confidence REAL NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (stated_by, id, since_at)
) STRICT, WITHOUT ROWID;

-- Up to where the texts of tasks were read for links, and by which version of the reader.
CREATE TABLE inference_head (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    position INTEGER NOT NULL,
    reader INTEGER NOT NULL
) STRICT;
INSERT INTO inference_head (singleton, position, reader) VALUES (1, 0, 0);

-- The branch that carries out a task, whose name may say which one it is about.
ALTER TABLE task_detail ADD COLUMN branch TEXT;
