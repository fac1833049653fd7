CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    subject text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);

CREATE TABLE workspace_members (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX workspace_members_user ON workspace_members (user_id, workspace_id);

CREATE TABLE workspace_features (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    feature text NOT NULL,
    PRIMARY KEY (workspace_id, feature)
);

CREATE TABLE api_tokens (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    role text NOT NULL CHECK (role IN ('member', 'admin', 'owner')),
    secret_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_tokens_workspace ON api_tokens (workspace_id, id);

CREATE TABLE documents (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    document_type text NOT NULL
        CHECK (document_type IN ('prd', 'spec', 'memo', 'user_story', 'roadmap_update', 'release_notes')),
    title text NOT NULL,
    content text NOT NULL,
    status text NOT NULL CHECK (status IN ('draft', 'review', 'approved', 'published')),
    version bigint NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    generation_lease_id uuid,
    generation_started_at timestamptz,
    CHECK ((generation_lease_id IS NULL) = (generation_started_at IS NULL))
);
CREATE INDEX documents_list ON documents (workspace_id, id) WHERE deleted_at IS NULL;

CREATE TABLE document_blocks (
    id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES documents (id),
    "position" integer NOT NULL,
    block_type text NOT NULL
        CHECK (block_type IN ('problem', 'persona', 'goal', 'solution', 'user_story', 'requirement', 'task',
            'metrics', 'non_goal', 'risk', 'timeline', 'open_question', 'note')),
    title text NOT NULL,
    content text NOT NULL,
    start_line integer NOT NULL,
    end_line integer NOT NULL
);
CREATE INDEX document_blocks_document ON document_blocks (document_id, "position");

CREATE TABLE execution_tickets (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    document_id uuid NOT NULL REFERENCES documents (id),
    block_id uuid REFERENCES document_blocks (id) ON DELETE SET NULL,
    fingerprint text NOT NULL,
    source_line integer NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    ticket_type text NOT NULL CHECK (ticket_type IN ('task', 'story', 'bug', 'epic')),
    priority text,
    labels jsonb NOT NULL,
    acceptance_criteria jsonb NOT NULL,
    estimated_effort text CHECK (estimated_effort IN ('trivial', 'small', 'medium', 'large', 'xlarge')),
    status text NOT NULL CHECK (status IN ('generated', 'reviewed', 'pushed', 'synced', 'push_failed')),
    platform text,
    external_site_id text,
    external_id text,
    external_key text,
    external_url text,
    synced_status text CHECK (synced_status IN ('open', 'in_progress', 'done', 'missing')),
    external_status text,
    push_error jsonb,
    delivery_id uuid,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    pushed_at timestamptz,
    synced_at timestamptz,
    deleted_at timestamptz,
    UNIQUE (document_id, fingerprint),
    UNIQUE (external_site_id, external_id),
    CHECK ((external_id IS NULL) = (external_site_id IS NULL)),
    CHECK ((external_id IS NULL) = (external_key IS NULL)),
    CHECK ((external_id IS NULL) = (external_url IS NULL))
);
CREATE INDEX execution_tickets_document ON execution_tickets (document_id, id) WHERE deleted_at IS NULL;
CREATE INDEX execution_tickets_linked ON execution_tickets (workspace_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX execution_tickets_block ON execution_tickets (block_id) WHERE block_id IS NOT NULL;

CREATE TABLE oauth_states (
    state_hash bytea PRIMARY KEY,
    browser_hash bytea NOT NULL,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    actor text NOT NULL,
    return_to text,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_states_expiry ON oauth_states (expires_at);

CREATE TABLE pending_connections (
    confirm_hash bytea PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    actor text NOT NULL,
    sites jsonb NOT NULL,
    access_token_encrypted bytea NOT NULL,
    refresh_token_encrypted bytea,
    access_token_expires_at timestamptz NOT NULL,
    scope text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX pending_connections_expiry ON pending_connections (expires_at);

CREATE TABLE integrations (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    integration_type text NOT NULL,
    is_active boolean NOT NULL,
    config jsonb NOT NULL,
    access_token_encrypted bytea,
    refresh_token_encrypted bytea,
    spare_refresh_token_encrypted bytea,
    access_token_expires_at timestamptz,
    generation bigint NOT NULL,
    refresh_lease_id uuid,
    refresh_started_at timestamptz,
    needs_reconnect text CHECK (needs_reconnect IN ('grant_ended', 'no_refresh_token')),
    connected_by text NOT NULL,
    connected_at timestamptz NOT NULL,
    disconnected_at timestamptz,
    updated_at timestamptz NOT NULL,
    UNIQUE (workspace_id, integration_type),
    CHECK ((access_token_encrypted IS NULL) = (access_token_expires_at IS NULL)),
    CHECK (access_token_encrypted IS NOT NULL OR refresh_token_encrypted IS NULL),
    CHECK ((refresh_lease_id IS NULL) = (refresh_started_at IS NULL))
);
CREATE INDEX integrations_idle ON integrations (updated_at) WHERE is_active AND needs_reconnect IS NULL;

-- The ledger and the audit record outlive what they speak of, so they reference nothing outside themselves.
CREATE TABLE pushes (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    document_id uuid NOT NULL,
    platform text NOT NULL,
    site_id text NOT NULL,
    account_id text NOT NULL,
    project_id text NOT NULL,
    project_key text NOT NULL,
    fence text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'settled')),
    quota_points bigint NOT NULL,
    change_number bigint NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    idempotency_caller text,
    idempotency_key text,
    idempotency_hash bytea,
    CHECK ((state = 'settled') = (settled_at IS NOT NULL)),
    CHECK ((idempotency_key IS NULL) = (idempotency_caller IS NULL)),
    CHECK ((idempotency_key IS NULL) = (idempotency_hash IS NULL))
);
CREATE UNIQUE INDEX pushes_idempotency ON pushes (workspace_id, idempotency_caller, idempotency_key);
CREATE INDEX pushes_list ON pushes (workspace_id, id);
CREATE INDEX pushes_document ON pushes (document_id, id);
CREATE INDEX pushes_running ON pushes (id) WHERE state = 'running';

CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    push_id uuid NOT NULL REFERENCES pushes (id),
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    site_id text NOT NULL,
    state text NOT NULL
        CHECK (state IN ('queued', 'sending', 'uncertain', 'confirmed', 'rejected', 'cancelled',
            'needs_attention', 'abandoned')),
    attempts integer NOT NULL,
    retry_at timestamptz,
    lease_id uuid,
    fence text,
    payload text,
    warnings jsonb NOT NULL,
    error jsonb,
    external_id text,
    external_key text,
    external_url text,
    change_number bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'sending') = (lease_id IS NOT NULL)),
    CHECK (state <> 'confirmed' OR external_id IS NOT NULL),
    CHECK ((external_id IS NULL) = (external_key IS NULL)),
    CHECK ((external_id IS NULL) = (external_url IS NULL))
);
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
    push_id uuid NOT NULL REFERENCES pushes (id),
    "position" integer NOT NULL,
    ticket_id uuid NOT NULL,
    delivery_id uuid REFERENCES deliveries (id),
    PRIMARY KEY (push_id, "position")
);
CREATE INDEX push_tickets_delivery ON push_tickets (delivery_id);

CREATE TABLE tracker_pauses (
    scope text PRIMARY KEY,
    paused_until timestamptz NOT NULL,
    reason text NOT NULL
);

CREATE TABLE audit_entries (
    id uuid PRIMARY KEY,
    workspace_id uuid,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    result text NOT NULL,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX audit_entries_list ON audit_entries (workspace_id, id);
