-- How a source hears of changes from its tool: JSON, without secrets.
ALTER TABLE source ADD COLUMN webhook TEXT;

-- What made us ask: SYNC or WEBHOOK. Whoever edits at the tool waits for the latter.
ALTER TABLE hint ADD COLUMN cause TEXT NOT NULL DEFAULT 'SYNC';
DROP INDEX hint_by_due;
CREATE INDEX hint_by_due ON hint (source, cause, due_at);

-- Deliveries that were heard, by the hash of their bodies, so that one that comes again says nothing new.
CREATE TABLE webhook_delivery (
    source BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (source, body_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_by_time ON webhook_delivery (source, received_at);
