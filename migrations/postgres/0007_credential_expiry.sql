-- When the credential of a source ends by itself, where it says so.
ALTER TABLE source ADD COLUMN credential_expires_at BIGINT;
