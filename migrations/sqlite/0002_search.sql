-- Full-text search. The words stand in a contentless index: the texts are in task and
-- task_detail. `search_task` gives the index's row numbers to tasks.

CREATE TABLE search_head (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    position INTEGER NOT NULL
) STRICT;
INSERT INTO search_head (singleton, position) VALUES (1, 0);

CREATE TABLE search_task (
    id INTEGER PRIMARY KEY,
    task BLOB NOT NULL UNIQUE
) STRICT;

-- The program has already told the words apart (search/words.rs). The tokenizer "ascii" leaves them
-- as they are: it parts text at spaces and takes whatever is not ASCII for a letter.
-- `head` holds the words of key, title and labels, which rank first; `body` the others.
CREATE VIRTUAL TABLE search_words USING fts5 (
    head, body,
    content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
);
