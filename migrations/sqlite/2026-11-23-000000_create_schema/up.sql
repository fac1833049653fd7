CREATE TABLE workspaces (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    id BLOB PRIMARY KEY NOT NULL,
    subject TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE workspace_members (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT;
CREATE INDEX workspace_members_user ON workspace_members (user_id, workspace_id);

CREATE TABLE workspace_features (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    feature TEXT NOT NULL,
    PRIMARY KEY (workspace_id, feature)
) STRICT;

CREATE TABLE api_tokens (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    role TEXT NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
    secret_hash BLOB NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT
) STRICT;
CREATE INDEX api_tokens_workspace ON api_tokens (workspace_id, id);

CREATE TABLE documents (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    document_type TEXT NOT NULL
        CHECK (document_type IN ('prd', 'spec', 'memo', 'user_story', 'roadmap_update', 'release_notes')),
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'review', 'approved', 'published')),
    version INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    generation_lease_id BLOB,
    generation_started_at TEXT,
    CHECK ((generation_lease_id IS NULL) = (generation_started_at IS NULL))
) STRICT;
CREATE INDEX documents_list ON documents (workspace_id, id) WHERE deleted_at IS NULL;

CREATE TABLE document_blocks (
    id BLOB PRIMARY KEY NOT NULL,
    document_id BLOB NOT NULL REFERENCES documents (id),
    "position" INTEGER NOT NULL,
    block_type TEXT NOT NULL
        CHECK (block_type IN ('problem', 'persona', 'goal', 'solution', 'user_story', 'requirement', 'task',
            'metrics', 'non_goal', 'risk', 'timeline', 'open_question', 'note')),
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL
) STRICT;
CREATE INDEX document_blocks_document ON document_blocks (document_id, "position");

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
CREATE INDEX execution_tickets_document ON execution_tickets (document_id, id) WHERE deleted_at IS NULL;
CREATE INDEX execution_tickets_linked ON execution_tickets (workspace_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX execution_tickets_block ON execution_tickets (block_id) WHERE block_id IS NOT NULL;

CREATE TABLE oauth_states (
    state_hash BLOB PRIMARY KEY NOT NULL,
    browser_hash BLOB NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    actor TEXT NOT NULL,
    return_to TEXT,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX oauth_states_expiry ON oauth_states (expires_at);

CREATE TABLE pending_connections (
    confirm_hash BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    actor TEXT NOT NULL,
    sites TEXT NOT NULL,
    access_token_encrypted BLOB NOT NULL,
    refresh_token_encrypted BLOB,
    access_token_expires_at TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX pending_connections_expiry ON pending_connections (expires_at);

CREATE TABLE integrations (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    integration_type TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    config TEXT NOT NULL,
    access_token_encrypted BLOB,
    refresh_token_encrypted BLOB,
    spare_refresh_token_encrypted BLOB,
    access_token_expires_at TEXT,
    generation INTEGER NOT NULL,
    refresh_lease_id BLOB,
    refresh_started_at TEXT,
    needs_reconnect TEXT CHECK (needs_reconnect IN ('grant_ended', 'no_refresh_token')),
    connected_by TEXT NOT NULL,
    connected_at TEXT NOT NULL,
    disconnected_at TEXT,
    updated_at TEXT NOT NULL,
    UNIQUE (workspace_id, integration_type),
    CHECK ((access_token_encrypted IS NULL) = (access_token_expires_at IS NULL)),
    CHECK (access_token_encrypted IS NOT NULL OR refresh_token_encrypted IS NULL),
    CHECK ((refresh_lease_id IS NULL) = (refresh_started_at IS NULL))
) STRICT;
CREATE INDEX integrations_idle ON integrations (updated_at) WHERE is_active AND needs_reconnect IS NULL;

-- The ledger and the audit record outlive what they speak of, so they reference nothing outside themselves.
CREATE TABLE pushes (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB NOT NULL,
    document_id BLOB NOT NULL,
    platform TEXT NOT NULL,
    site_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    project_key TEXT NOT NULL,
    fence TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'settled')),
    quota_points INTEGER NOT NULL,
    change_number INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    settled_at TEXT,
    idempotency_caller TEXT,
    idempotency_key TEXT,
    idempotency_hash BLOB,
    CHECK ((state = 'settled') = (settled_at IS NOT NULL)),
    CHECK ((idempotency_key IS NULL) = (idempotency_caller IS NULL)),
    CHECK ((idempotency_key IS NULL) = (idempotency_hash IS NULL))
) STRICT;
CREATE UNIQUE INDEX pushes_idempotency ON pushes (workspace_id, idempotency_caller, idempotency_key);
CREATE INDEX pushes_list ON pushes (workspace_id, id);
CREATE INDEX pushes_document ON pushes (document_id, id);
CREATE INDEX pushes_running ON pushes (id) WHERE state = 'running';

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
    CHECK ((state = 'sending') = (lease_id IS NOT NULL)),
    CHECK (state <> 'confirmed' OR external_id IS NOT NULL),
    CHECK ((external_id IS NULL) = (external_key IS NULL)),
    CHECK ((external_id IS NULL) = (external_url IS NULL))
) STRICT;
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

CREATE TABLE push_tickets (
    push_id BLOB NOT NULL REFERENCES pushes (id),
    "position" INTEGER NOT NULL,
    ticket_id BLOB NOT NULL,
    delivery_id BLOB REFERENCES deliveries (id),
    PRIMARY KEY (push_id, "position")
) STRICT;
CREATE INDEX push_tickets_delivery ON push_tickets (delivery_id);

CREATE TABLE tracker_pauses (
    scope TEXT PRIMARY KEY NOT NULL,
    paused_until TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE audit_entries (
    id BLOB PRIMARY KEY NOT NULL,
    workspace_id BLOB,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    result TEXT NOT NULL,
    occurred_at TEXT NOT NULL
) STRICT;
CREATE INDEX audit_entries_list ON audit_entries (workspace_id, id);
