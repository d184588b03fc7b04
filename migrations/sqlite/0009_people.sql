-- Who people are is told by their identities alone, so there is no table of people any more: an
-- identity has the id that derives from it, and what it is called. Of a sender of mail the name is
-- what the sender wrote.
DROP TABLE person;
DROP INDEX identity_by_person;
ALTER TABLE identity RENAME COLUMN person TO id;
ALTER TABLE identity ADD COLUMN self_asserted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX identity_by_id ON identity (id);
UPDATE identity SET self_asserted = 1
WHERE source IN (SELECT id FROM source WHERE connector = 'email');

-- Whoever wrote a mail for whom nobody vouches is a stranger from now on: mail is read once more.
UPDATE scope SET cursor = NULL WHERE source IN (SELECT id FROM source WHERE connector = 'email');

-- What an admin said of who is one person. It outlives the identity: where its source is removed and
-- comes back, the decision holds still.
CREATE TABLE person_decision (
    source BLOB NOT NULL,
    external_id TEXT NOT NULL,
    person BLOB NOT NULL,
    PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_decision_by_person ON person_decision (person);

-- The absence that somebody told of last, with the words that say so.
CREATE TABLE availability (
    source BLOB NOT NULL,
    external_id TEXT NOT NULL,
    until_at INTEGER NOT NULL,
    quote TEXT NOT NULL,
    url TEXT,
    said_at INTEGER NOT NULL,
    PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;

-- What was done over the API, and by whom. The token may be gone meanwhile; its name stays.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    token BLOB NOT NULL,
    token_name TEXT NOT NULL,
    action TEXT NOT NULL,
    before_value TEXT NOT NULL,
    after_value TEXT NOT NULL
) STRICT;
