-- The ledger's first version: every submission, its replies, and what is in the Parquet parts.

-- One row a submission: a recording, sent to one model with one set of parameters.
CREATE TABLE submissions (
    seq            INTEGER PRIMARY KEY,          -- order in which they were planned
    transcript_id  TEXT NOT NULL UNIQUE,         -- the submission's key
    source         TEXT NOT NULL,                -- without signature
    provider       TEXT NOT NULL,
    model          TEXT NOT NULL,
    parameters     TEXT NOT NULL,                -- canonical JSON
    address        TEXT NOT NULL,                -- base URL it was sent to
    state          TEXT NOT NULL CHECK (state IN (
                       'planned', 'sending', 'accepted', 'completed', 'failed', 'in_doubt', 'lost')),
    is_resendable  INTEGER NOT NULL DEFAULT 0,   -- refused before it was accepted: costs nothing to send again
    attempts       INTEGER NOT NULL DEFAULT 0,
    task_id        TEXT,
    request_id     TEXT,
    estimated_s    REAL,
    cost           REAL,
    cost_unit      TEXT,
    error_kind     TEXT,
    error          TEXT,
    advice         TEXT,
    planned_at     INTEGER NOT NULL,             -- microseconds since 1970, UTC, as all times here
    submitted_at   INTEGER,
    completed_at   INTEGER,
    part           INTEGER                       -- Parquet part its final row stands in
);
CREATE INDEX submissions_by_state ON submissions (state) WHERE state <> 'completed';
CREATE INDEX submissions_by_part ON submissions (part) WHERE part IS NOT NULL;
CREATE INDEX submissions_without_part ON submissions (state, seq) WHERE part IS NULL;

-- What became of earlier attempts, kept when a submission is sent anew.
CREATE TABLE past_attempts (
    transcript_id  TEXT NOT NULL,
    attempt        INTEGER NOT NULL,
    state          TEXT NOT NULL,
    task_id        TEXT,
    request_id     TEXT,
    cost           REAL,
    cost_unit      TEXT,
    error_kind     TEXT,
    error          TEXT,
    submitted_at   INTEGER,
    completed_at   INTEGER,
    PRIMARY KEY (transcript_id, attempt)
);

-- Raw replies as received, compressed (zstd).
CREATE TABLE replies (
    transcript_id  TEXT NOT NULL,
    attempt        INTEGER NOT NULL,
    stage          TEXT NOT NULL CHECK (stage IN ('submit', 'result')),
    received_at    INTEGER NOT NULL,
    status         INTEGER NOT NULL,             -- HTTP status
    content_type   TEXT,
    size_bytes     INTEGER NOT NULL,             -- of the uncompressed body
    body           BLOB NOT NULL,
    PRIMARY KEY (transcript_id, attempt, stage)
);

-- The Parquet files that count; any other file in the tables' folders is a leftover.
CREATE TABLE parts (
    part           INTEGER NOT NULL,
    table_name     TEXT NOT NULL,
    n_rows         INTEGER NOT NULL,
    written_at     INTEGER NOT NULL,
    PRIMARY KEY (part, table_name)
);

-- Content hashes of local files, so that an unchanged file is read once.
CREATE TABLE files (
    path           BLOB PRIMARY KEY,
    size_bytes     INTEGER NOT NULL,
    mtime_ns       INTEGER NOT NULL,
    digest         TEXT NOT NULL
);
