//! The tables on PostgreSQL; a test compares them with the migrated catalogue.

diesel::table! {
    workspaces (id) {
        id -> Uuid,
        name -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        subject -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    workspace_members (workspace_id, user_id) {
        workspace_id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    workspace_features (workspace_id, feature) {
        workspace_id -> Uuid,
        feature -> Text,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Uuid,
        workspace_id -> Uuid,
        role -> Text,
        secret_hash -> Binary,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    documents (id) {
        id -> Uuid,
        workspace_id -> Uuid,
        document_type -> Text,
        title -> Text,
        content -> Text,
        status -> Text,
        version -> BigInt,
        created_by -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        generation_lease_id -> Nullable<Uuid>,
        generation_started_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    document_blocks (id) {
        id -> Uuid,
        document_id -> Uuid,
        position -> Integer,
        block_type -> Text,
        title -> Text,
        content -> Text,
        start_line -> Integer,
        end_line -> Integer,
    }
}

diesel::table! {
    document_coverage (document_id) {
        document_id -> Uuid,
        document_version -> BigInt,
        coverage -> Jsonb,
        notes -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    execution_tickets (id) {
        id -> Uuid,
        workspace_id -> Uuid,
        document_id -> Uuid,
        block_id -> Nullable<Uuid>,
        source -> Text,
        fingerprint -> Text,
        item_id -> Nullable<Text>,
        source_section -> Jsonb,
        source_text -> Text,
        source_line -> Nullable<Integer>,
        source_end_line -> Nullable<Integer>,
        title -> Text,
        description -> Text,
        ticket_type -> Text,
        priority -> Nullable<Text>,
        labels -> Jsonb,
        acceptance_criteria -> Jsonb,
        estimated_effort -> Nullable<Text>,
        assignee -> Nullable<Text>,
        due_on -> Nullable<Date>,
        parent_id -> Nullable<Uuid>,
        parent_key -> Nullable<Text>,
        depends_on -> Jsonb,
        fields -> Jsonb,
        status -> Text,
        platform -> Nullable<Text>,
        external_site_id -> Nullable<Text>,
        external_id -> Nullable<Text>,
        external_key -> Nullable<Text>,
        external_url -> Nullable<Text>,
        external_ref -> Nullable<Jsonb>,
        external -> Nullable<Jsonb>,
        differs_from_document -> Bool,
        synced_status -> Nullable<Text>,
        external_status -> Nullable<Text>,
        push_error -> Nullable<Jsonb>,
        delivery_id -> Nullable<Uuid>,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        pushed_at -> Nullable<Timestamptz>,
        synced_at -> Nullable<Timestamptz>,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    oauth_states (state_hash) {
        state_hash -> Binary,
        browser_hash -> Binary,
        workspace_id -> Uuid,
        actor -> Text,
        return_to -> Nullable<Text>,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    pending_connections (confirm_hash) {
        confirm_hash -> Binary,
        workspace_id -> Uuid,
        actor -> Text,
        sites -> Jsonb,
        access_token_encrypted -> Binary,
        refresh_token_encrypted -> Nullable<Binary>,
        access_token_expires_at -> Timestamptz,
        scope -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    integrations (id) {
        id -> Uuid,
        workspace_id -> Uuid,
        integration_type -> Text,
        is_active -> Bool,
        site_id -> Nullable<Text>,
        config -> Jsonb,
        access_token_encrypted -> Nullable<Binary>,
        refresh_token_encrypted -> Nullable<Binary>,
        spare_refresh_token_encrypted -> Nullable<Binary>,
        access_token_expires_at -> Nullable<Timestamptz>,
        generation -> BigInt,
        refresh_lease_id -> Nullable<Uuid>,
        refresh_started_at -> Nullable<Timestamptz>,
        needs_reconnect -> Nullable<Text>,
        connected_by -> Text,
        connected_at -> Timestamptz,
        disconnected_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    pushes (id) {
        id -> Uuid,
        workspace_id -> Uuid,
        document_id -> Uuid,
        platform -> Text,
        site_id -> Text,
        account_id -> Text,
        project_id -> Text,
        project_key -> Text,
        fence -> Text,
        state -> Text,
        quota_points -> BigInt,
        change_number -> BigInt,
        created_by -> Text,
        created_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
        idempotency_caller -> Nullable<Text>,
        idempotency_key -> Nullable<Text>,
        idempotency_hash -> Nullable<Binary>,
        next_look_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    deliveries (id) {
        id -> Uuid,
        push_id -> Uuid,
        workspace_id -> Uuid,
        ticket_id -> Uuid,
        site_id -> Text,
        state -> Text,
        attempts -> Integer,
        retry_at -> Nullable<Timestamptz>,
        lease_id -> Nullable<Uuid>,
        fence -> Nullable<Text>,
        payload -> Nullable<Text>,
        warnings -> Jsonb,
        error -> Nullable<Jsonb>,
        external_id -> Nullable<Text>,
        external_key -> Nullable<Text>,
        external_url -> Nullable<Text>,
        change_number -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        attempt_id -> Nullable<Uuid>,
        attempted_at -> Nullable<Timestamptz>,
        is_resent -> Bool,
        answered_lease_id -> Nullable<Uuid>,
        waits_for -> Nullable<Uuid>,
    }
}

diesel::table! {
    push_tickets (push_id, position) {
        push_id -> Uuid,
        position -> Integer,
        ticket_id -> Uuid,
        delivery_id -> Nullable<Uuid>,
        change_number -> Nullable<BigInt>,
    }
}

diesel::table! {
    tracker_pauses (scope) {
        scope -> Text,
        paused_until -> Timestamptz,
        reason -> Text,
    }
}

diesel::table! {
    audit_entries (id) {
        id -> Uuid,
        workspace_id -> Nullable<Uuid>,
        actor -> Text,
        action -> Text,
        subject -> Text,
        result -> Text,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    schema_changes (version) {
        version -> Text,
        breaks_older -> Bool,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    workspaces,
    users,
    workspace_members,
    workspace_features,
    api_tokens,
    documents,
    document_blocks,
    document_coverage,
    execution_tickets,
    oauth_states,
    pending_connections,
    integrations,
    pushes,
    deliveries,
    push_tickets,
    tracker_pauses,
    audit_entries,
    schema_changes,
);

diesel::allow_columns_to_appear_in_same_group_by_clause!(push_tickets::push_id, deliveries::state);
