CREATE TABLE kept_push_tickets AS SELECT * FROM push_tickets;
DROP TABLE push_tickets;
DROP INDEX deliveries_one_per_ticket;
DROP INDEX deliveries_list;
DROP INDEX deliveries_push;
DROP INDEX deliveries_unsettled;
DROP INDEX deliveries_sending;
DROP INDEX deliveries_lease;
DROP INDEX deliveries_open;
DROP INDEX deliveries_attempt;
DROP INDEX deliveries_uncertain;
DROP INDEX deliveries_waiting;
ALTER TABLE deliveries RENAME TO former_deliveries;
CREATE TABLE deliveries (
    id BLOB PRIMARY KEY NOT NULL,
    push_id BLOB NOT NULL REFERENCES pushes (id),
    workspace_id BLOB NOT NULL,
    ticket_id BLOB NOT NULL,
    site_id TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'sending', 'uncertain', 'confirmed', 'rejected', 'cancelled',
            'needs_attention', 'abandoned')),
    attempts INTEGER NOT NULL,
    retry_at TEXT,
    lease_id BLOB,
    fence TEXT,
    payload TEXT,
    warnings TEXT NOT NULL,
    error TEXT,
    external_id TEXT,
    external_key TEXT,
    external_url TEXT,
    change_number INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    attempt_id BLOB,
    attempted_at TEXT,
    is_resent INTEGER NOT NULL DEFAULT 0 CHECK (is_resent IN (0, 1)),
    answered_lease_id BLOB,
    CHECK ((state = 'sending') = (lease_id IS NOT NULL)),
    CHECK (state <> 'confirmed' OR external_id IS NOT NULL),
    CHECK ((external_id IS NULL) = (external_key IS NULL)),
    CHECK ((external_id IS NULL) = (external_url IS NULL))
) STRICT;
INSERT INTO deliveries (
    id, push_id, workspace_id, ticket_id, site_id, state, attempts, retry_at, lease_id, fence, payload,
    warnings, error, external_id, external_key, external_url, change_number, created_at, updated_at,
    attempt_id, attempted_at, is_resent, answered_lease_id
)
SELECT
    id,
    push_id,
    workspace_id,
    ticket_id,
    site_id,
    CASE state WHEN 'unlinked' THEN 'abandoned' ELSE state END,
    attempts,
    retry_at,
    lease_id,
    fence,
    payload,
    warnings,
    error,
    external_id,
    external_key,
    external_url,
    change_number,
    created_at,
    updated_at,
    attempt_id,
    attempted_at,
    is_resent,
    answered_lease_id
FROM former_deliveries;
DROP TABLE former_deliveries;
CREATE UNIQUE INDEX deliveries_one_per_ticket ON deliveries (ticket_id)
    WHERE state NOT IN ('rejected', 'cancelled', 'abandoned');
CREATE INDEX deliveries_list ON deliveries (workspace_id, id);
CREATE UNIQUE INDEX deliveries_push ON deliveries (push_id, ticket_id);
CREATE INDEX deliveries_unsettled ON deliveries (push_id, state, id)
    WHERE state IN ('queued', 'sending', 'uncertain');
CREATE INDEX deliveries_sending ON deliveries (workspace_id, lease_id) WHERE state = 'sending';
CREATE INDEX deliveries_lease ON deliveries (lease_id) WHERE state = 'sending';
CREATE INDEX deliveries_open ON deliveries (workspace_id, state, id)
    WHERE state IN ('queued', 'sending', 'uncertain', 'needs_attention');
CREATE INDEX deliveries_uncertain ON deliveries (push_id, attempt_id) WHERE state = 'uncertain';
CREATE INDEX deliveries_attempt ON deliveries (attempt_id, change_number) WHERE attempt_id IS NOT NULL;
CREATE TABLE push_tickets (
    push_id BLOB NOT NULL REFERENCES pushes (id),
    "position" INTEGER NOT NULL,
    ticket_id BLOB NOT NULL,
    delivery_id BLOB REFERENCES deliveries (id),
    change_number INTEGER,
    PRIMARY KEY (push_id, "position")
) STRICT;
INSERT INTO push_tickets (push_id, "position", ticket_id, delivery_id, change_number)
SELECT push_id, "position", ticket_id, delivery_id, change_number FROM kept_push_tickets;
DROP TABLE kept_push_tickets;
CREATE INDEX push_tickets_delivery ON push_tickets (delivery_id);

DROP INDEX execution_tickets_document;
DROP INDEX execution_tickets_linked;
DROP INDEX execution_tickets_block;
DROP INDEX execution_tickets_every;
DROP INDEX execution_tickets_parent;
ALTER TABLE execution_tickets RENAME TO former_tickets;
CREATE TABLE execution_tickets (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    document_id BLOB NOT NULL REFERENCES documents (id),
    block_id BLOB REFERENCES document_blocks (id) ON DELETE SET NULL,
    fingerprint TEXT NOT NULL,
    source_line INTEGER NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    ticket_type TEXT NOT NULL CHECK (ticket_type IN ('task', 'story', 'bug', 'epic')),
    priority TEXT,
    labels TEXT NOT NULL,
    acceptance_criteria TEXT NOT NULL,
    estimated_effort TEXT CHECK (estimated_effort IN ('trivial', 'small', 'medium', 'large', 'xlarge')),
    status TEXT NOT NULL CHECK (status IN ('generated', 'reviewed', 'pushed', 'synced', 'push_failed')),
    platform TEXT,
    external_site_id TEXT,
    external_id TEXT,
    external_key TEXT,
    external_url TEXT,
    synced_status TEXT CHECK (synced_status IN ('open', 'in_progress', 'done', 'missing')),
    external_status TEXT,
    push_error TEXT,
    delivery_id BLOB,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    pushed_at TEXT,
    synced_at TEXT,
    deleted_at TEXT,
    UNIQUE (document_id, fingerprint),
    UNIQUE (external_site_id, external_id),
    CHECK ((external_id IS NULL) = (external_site_id IS NULL)),
    CHECK ((external_id IS NULL) = (external_key IS NULL)),
    CHECK ((external_id IS NULL) = (external_url IS NULL))
) STRICT;
-- A document may have two tickets of one fingerprint now, and an older program none; a sub-task is a task to it.
INSERT INTO execution_tickets (
    id, workspace_id, document_id, block_id, fingerprint, source_line, title, description, ticket_type,
    priority, labels, acceptance_criteria, estimated_effort, status, platform, external_site_id, external_id,
    external_key, external_url, synced_status, external_status, push_error, delivery_id, version, created_at,
    updated_at, pushed_at, synced_at, deleted_at
)
SELECT
    id,
    workspace_id,
    document_id,
    block_id,
    CASE WHEN earlier > 0 THEN fingerprint || '#' || hex(id) ELSE fingerprint END,
    COALESCE(source_line, 0),
    title,
    description,
    CASE ticket_type WHEN 'subtask' THEN 'task' ELSE ticket_type END,
    priority,
    labels,
    acceptance_criteria,
    estimated_effort,
    status,
    platform,
    external_site_id,
    external_id,
    external_key,
    external_url,
    synced_status,
    external_status,
    push_error,
    delivery_id,
    version,
    created_at,
    updated_at,
    pushed_at,
    synced_at,
    deleted_at
FROM (
    SELECT
        former_tickets.*,
        row_number() OVER (PARTITION BY document_id, fingerprint ORDER BY id) - 1 AS earlier
    FROM former_tickets
);
DROP TABLE former_tickets;
CREATE INDEX execution_tickets_document ON execution_tickets (document_id, id) WHERE deleted_at IS NULL;
CREATE INDEX execution_tickets_linked ON execution_tickets (workspace_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX execution_tickets_block ON execution_tickets (block_id) WHERE block_id IS NOT NULL;

ALTER TABLE integrations DROP COLUMN site_id;
DROP TABLE document_coverage;
DROP TABLE schema_changes;
