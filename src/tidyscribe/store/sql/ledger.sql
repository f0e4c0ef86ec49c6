-- name: plan
-- Note a submission that is to be made, unless it is known already.
INSERT INTO submissions
    (transcript_id, source, provider, model, parameters, address, state, planned_at)
VALUES (:transcript_id, :source, :provider, :model, :parameters, :address, 'planned', :now)
ON CONFLICT (transcript_id) DO NOTHING;

-- name: sending
-- A submit is about to leave; from here on its fate may be unknown.
UPDATE submissions
SET state = 'sending', attempts = attempts + 1, submitted_at = :now, completed_at = NULL,
    address = :address, is_resendable = 0, task_id = NULL, request_id = NULL, estimated_s = NULL,
    cost = NULL, cost_unit = NULL, error_kind = NULL, error = NULL, advice = NULL
WHERE transcript_id = :transcript_id;

-- name: accepted
-- The service has the work; its task id is kept before anything is done with it.
UPDATE submissions
SET state = 'accepted', task_id = :task_id, estimated_s = :estimated_s,
    cost = coalesce(:cost, cost), cost_unit = coalesce(:cost_unit, cost_unit)
WHERE transcript_id = :transcript_id;

-- name: completed
-- The reply that holds the transcript is kept.
UPDATE submissions
SET state = 'completed', completed_at = :now, is_resendable = 0,
    cost = coalesce(:cost, cost), cost_unit = coalesce(:cost_unit, cost_unit),
    error_kind = NULL, error = NULL, advice = NULL
WHERE transcript_id = :transcript_id;

-- name: ended
-- It ended without a transcript: failed, in_doubt or lost.
UPDATE submissions
SET state = :state, is_resendable = :is_resendable, completed_at = :now,
    error_kind = :error_kind, error = :error, advice = :advice,
    request_id = coalesce(:request_id, request_id), cost = coalesce(:cost, cost)
WHERE transcript_id = :transcript_id;

-- name: unreadable
-- The reply is kept, but no transcript could be read out of it.
UPDATE submissions
SET error_kind = :error_kind, error = :error, advice = :advice, state = 'failed'
WHERE transcript_id = :transcript_id;

-- name: waiting
-- The waiting ended before the task did; it stays accepted.
UPDATE submissions
SET error_kind = :error_kind, error = :error, advice = :advice
WHERE transcript_id = :transcript_id AND state = 'accepted';

-- name: unsent
-- The run ended before their turn came.
UPDATE submissions
SET error_kind = :error_kind, error = :error, advice = :advice
WHERE state = 'planned' AND provider = :provider AND model = :model;

-- name: reply
-- Keep a raw reply of the current attempt.
INSERT OR REPLACE INTO replies
    (transcript_id, attempt, stage, received_at, status, content_type, size_bytes, body)
SELECT :transcript_id, attempts, :stage, :now, :status, :content_type, :size_bytes, :body
FROM submissions WHERE transcript_id = :transcript_id;

-- name: keep_attempt
-- Remember an attempt that came to an end before it is made anew.
INSERT OR REPLACE INTO past_attempts
SELECT transcript_id, attempts, state, task_id, request_id, cost, cost_unit, error_kind, error,
       submitted_at, completed_at
FROM submissions WHERE transcript_id = :transcript_id AND attempts > 0;

-- name: replan
-- Let a submission be sent anew.
UPDATE submissions SET state = 'planned', part = NULL WHERE transcript_id = :transcript_id;

-- name: restore
-- What was to be sent anew and was not is what it was before.
UPDATE submissions SET state = p.state
FROM past_attempts p
WHERE submissions.state = 'planned' AND p.transcript_id = submissions.transcript_id
  AND p.attempt = submissions.attempts;

-- name: doubt
-- Submits that were under way when their process ended: nobody knows whether they were accepted.
UPDATE submissions
SET state = 'in_doubt', completed_at = :now, error_kind = :error_kind, error = :error,
    advice = :advice
WHERE state = 'sending';

-- name: set_part
-- Note in which Parquet part a final row stands.
UPDATE submissions SET part = :part WHERE transcript_id = :transcript_id;

-- name: add_part
-- A file of a part that counts from now on.
INSERT INTO parts (part, table_name, n_rows, written_at)
VALUES (:part, :table_name, :n_rows, :now);

-- name: drop_part
-- The files of a part count no more.
DELETE FROM parts WHERE part = :part;

-- name: next_part
-- The number of the next part.
SELECT coalesce(max(part), 0) + 1 FROM (
    SELECT part FROM parts UNION ALL SELECT part FROM submissions WHERE part IS NOT NULL);

-- name: parts_of
-- Files that count, of one table.
SELECT part, n_rows FROM parts WHERE table_name = :table_name ORDER BY part;

-- name: all_parts
-- All files that count.
SELECT part, table_name FROM parts;

-- name: projectable
-- Rows that are final and stand in no Parquet part yet, with the size of their replies.
SELECT s.*, r.size_bytes, (
    SELECT sum(p.cost) FROM past_attempts p
    WHERE p.transcript_id = s.transcript_id AND p.attempt < s.attempts) AS past_cost
FROM submissions s LEFT JOIN replies r
  ON r.transcript_id = s.transcript_id AND r.attempt = s.attempts AND r.stage = 'result'
WHERE s.part IS NULL AND s.state IN ('completed', 'failed', 'in_doubt', 'lost')
  AND s.is_resendable = 0
LIMIT :limit OFFSET :skipped;

-- name: unprojected
-- Rows that no Parquet part holds.
SELECT s.*, (
    SELECT sum(p.cost) FROM past_attempts p
    WHERE p.transcript_id = s.transcript_id AND p.attempt < s.attempts) AS past_cost
FROM submissions s WHERE s.part IS NULL ORDER BY s.seq;

-- name: forget_parts
-- Let everything be written to Parquet anew.
UPDATE submissions SET part = NULL;

-- name: clear_parts
-- No file counts any more.
DELETE FROM parts;

-- name: result
-- The reply that holds the transcript of the current attempt.
SELECT r.status, r.content_type, r.size_bytes, r.body
FROM replies r JOIN submissions s
  ON s.transcript_id = r.transcript_id AND s.attempts = r.attempt
WHERE r.transcript_id = :transcript_id AND r.stage = 'result';

-- name: counts
-- Rows by state.
SELECT s.provider || '/' || s.model, s.state, count(*),
       sum(coalesce(s.cost, 0) + coalesce((
           SELECT sum(p.cost) FROM past_attempts p
           WHERE p.transcript_id = s.transcript_id AND p.attempt < s.attempts), 0)),
       max(s.cost_unit)
FROM submissions s
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: last_errors
-- The latest failures.
SELECT source, state, error_kind, error, advice FROM submissions
WHERE error_kind IS NOT NULL ORDER BY coalesce(completed_at, submitted_at) DESC LIMIT :limit;

-- name: file
-- What is known of a local file.
SELECT size_bytes, mtime_ns, digest FROM files WHERE path = :path;

-- name: add_file
-- Remember a local file's content hash.
INSERT OR REPLACE INTO files (path, size_bytes, mtime_ns, digest)
VALUES (:path, :size_bytes, :mtime_ns, :digest);
