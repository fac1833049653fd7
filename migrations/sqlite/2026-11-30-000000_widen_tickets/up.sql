-- Whether a program that does not know a change can go on beside it; each change says so of itself.
CREATE TABLE schema_changes (
    version TEXT PRIMARY KEY NOT NULL,
    breaks_older INTEGER NOT NULL CHECK (breaks_older IN (0, 1))
) STRICT;
INSERT INTO schema_changes (version, breaks_older) VALUES
    ('20261123000000', 1), ('20261124000000', 1), ('20261129000000', 1), ('20261130000000', 0);

CREATE TABLE document_coverage (
    document_id BLOB PRIMARY KEY NOT NULL REFERENCES documents (id),
    document_version INTEGER NOT NULL,
    coverage TEXT NOT NULL,
    notes TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

ALTER TABLE integrations ADD COLUMN site_id TEXT;
UPDATE integrations SET site_id = json_extract(config, '$.cloud_id') WHERE integration_type = 'jira';

-- SQLite changes no constraint of a table, so the tables are made anew, under the old name from the start: what refers to
-- a table would follow its renaming.
DROP INDEX execution_tickets_document;
DROP INDEX execution_tickets_linked;
DROP INDEX execution_tickets_block;
ALTER TABLE execution_tickets RENAME TO former_tickets;
CREATE TABLE execution_tickets (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    document_id BLOB NOT NULL REFERENCES documents (id),
    block_id BLOB REFERENCES document_blocks (id) ON DELETE SET NULL,
    source TEXT NOT NULL DEFAULT 'scoped' CHECK (source IN ('scoped', 'manual')),
    fingerprint TEXT NOT NULL,
    item_id TEXT,
    source_section TEXT NOT NULL DEFAULT '[]',
    source_text TEXT NOT NULL DEFAULT '',
    source_line INTEGER,
    source_end_line INTEGER,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    ticket_type TEXT NOT NULL CHECK (ticket_type IN ('task', 'story', 'bug', 'epic', 'subtask')),
    priority TEXT,
    labels TEXT NOT NULL,
    acceptance_criteria TEXT NOT NULL,
    estimated_effort TEXT CHECK (estimated_effort IN ('trivial', 'small', 'medium', 'large', 'xlarge')),
    assignee TEXT,
    due_on TEXT,
    parent_id BLOB REFERENCES execution_tickets (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    parent_key TEXT,
    depends_on TEXT NOT NULL DEFAULT '[]',
    fields TEXT NOT NULL DEFAULT '{}',
    status TEXT NOT NULL CHECK (status IN ('generated', 'reviewed', 'pushed', 'synced', 'push_failed')),
    platform TEXT,
    external_site_id TEXT,
    external_id TEXT,
    external_key TEXT,
    external_url TEXT,
    external_ref TEXT,
    external TEXT,
    differs_from_document INTEGER NOT NULL DEFAULT 0 CHECK (differs_from_document IN (0, 1)),
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
    UNIQUE (platform, external_site_id, external_id),
    CHECK ((external_id IS NULL) = (external_site_id IS NULL)),
    CHECK ((external_id IS NULL) = (external_key IS NULL)),
    CHECK ((external_id IS NULL) = (external_url IS NULL)),
    CHECK (parent_id IS NULL OR parent_key IS NULL)
) STRICT;
INSERT INTO execution_tickets (
    id, workspace_id, document_id, block_id, fingerprint, source_line, title, description, ticket_type,
    priority, labels, acceptance_criteria, estimated_effort, status, platform, external_site_id, external_id,
    external_key, external_url, synced_status, external_status, push_error, delivery_id, version, created_at,
    updated_at, pushed_at, synced_at, deleted_at,
    item_id
)
SELECT
    id, workspace_id, document_id, block_id, fingerprint, source_line, title, description, ticket_type,
    priority, labels, acceptance_criteria, estimated_effort, status, known_platform, external_site_id,
    external_id, external_key, external_url, synced_status, external_status, push_error, delivery_id,
    version, created_at, updated_at, pushed_at, synced_at, deleted_at,
    -- The number that the document gave the item is the first part of such a fingerprint.
    CASE WHEN fingerprint LIKE 'id:%' THEN
        CASE WHEN instr(fingerprint, '#') > 0 THEN substr(fingerprint, 4, instr(fingerprint, '#') - 4)
        ELSE substr(fingerprint, 4) END
    END
FROM (
    SELECT
        former_tickets.*,
        -- Jira was the only tracker that there was.
        CASE WHEN external_id IS NOT NULL THEN COALESCE(platform, 'jira') ELSE platform END AS known_platform
    FROM former_tickets
);
DROP TABLE former_tickets;
CREATE INDEX execution_tickets_document ON execution_tickets (document_id, id) WHERE deleted_at IS NULL;
CREATE INDEX execution_tickets_linked ON execution_tickets (workspace_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX execution_tickets_block ON execution_tickets (block_id) WHERE block_id IS NOT NULL;
CREATE INDEX execution_tickets_every ON execution_tickets (document_id, id);
CREATE INDEX execution_tickets_parent ON execution_tickets (parent_id) WHERE parent_id IS NOT NULL;

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
ALTER TABLE deliveries RENAME TO former_deliveries;
CREATE TABLE deliveries (
    id BLOB PRIMARY KEY NOT NULL,
    push_id BLOB NOT NULL REFERENCES pushes (id),
    workspace_id BLOB NOT NULL,
    ticket_id BLOB NOT NULL,
    site_id TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'sending', 'uncertain', 'confirmed', 'rejected', 'cancelled',
            'needs_attention', 'abandoned', 'unlinked')),
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
    waits_for BLOB,
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
    id, push_id, workspace_id, ticket_id, site_id, state, attempts, retry_at, lease_id, fence, payload,
    warnings, error, external_id, external_key, external_url, change_number, created_at, updated_at,
    attempt_id, attempted_at, is_resent, answered_lease_id
FROM former_deliveries;
DROP TABLE former_deliveries;
CREATE UNIQUE INDEX deliveries_one_per_ticket ON deliveries (ticket_id)
    WHERE state NOT IN ('rejected', 'cancelled', 'abandoned', 'unlinked');
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
CREATE INDEX deliveries_waiting ON deliveries (waits_for) WHERE waits_for IS NOT NULL;
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
