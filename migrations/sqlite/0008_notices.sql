-- Mail about items of other sources: what the tool of an item tells, and what people answer. Which tasks
-- a mail stands on is no column: it follows from `source.site` and the keys that tasks have and had,
-- whenever it is asked, so a task that arrives later needs nothing done. `recorded_as` is the
-- tool's own comment that says the same as an answer; such an answer is not shown any more.
CREATE TABLE notice (
    id BLOB PRIMARY KEY,
    source BLOB NOT NULL,
    mail_group TEXT NOT NULL,
    site TEXT NOT NULL,
    item_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT,
    actor TEXT,
    author BLOB,
    body TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    url TEXT,
    version INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    recorded_as BLOB
) STRICT;
CREATE INDEX notice_by_item ON notice (site, item_key, kind, sent_at);
CREATE INDEX notice_unrecorded ON notice (kind) WHERE kind = 'REPLY' AND recorded_as IS NULL;
CREATE INDEX notice_by_group ON notice (source, mail_group);
CREATE INDEX previous_key_by_task ON previous_key (task);
CREATE INDEX identity_by_handle ON identity (source, handle);

-- Where people read what a source reads; null before it was asked.
ALTER TABLE source ADD COLUMN site TEXT;

-- When what a hint asks for was told of, by a webhook or a mail: until it is answered, we lag behind that.
ALTER TABLE hint ADD COLUMN told_at INTEGER;
CREATE INDEX hint_by_telling ON hint (source, external_id, told_at) WHERE told_at IS NOT NULL;

-- Mail was read without what is about items, and its keys began with the name of a folder, so it is read once
-- more.
UPDATE scope SET cursor = NULL WHERE source IN (SELECT id FROM source WHERE connector = 'email');
