//! The tables on SQLite; a test compares them with the migrated catalogue.

diesel::table! {
    workspaces (id) {
        id -> Binary,
        name -> Text,
        created_at -> TimestamptzSqlite,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        subject -> Text,
        created_at -> TimestamptzSqlite,
    }
}

diesel::table! {
    workspace_members (workspace_id, user_id) {
        workspace_id -> Binary,
        user_id -> Binary,
        role -> Text,
        created_at -> TimestamptzSqlite,
    }
}

diesel::table! {
    workspace_features (workspace_id, feature) {
        workspace_id -> Binary,
        feature -> Text,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Binary,
        workspace_id -> Binary,
        role -> Text,
        secret_hash -> Binary,
        created_at -> TimestamptzSqlite,
        expires_at -> Nullable<TimestamptzSqlite>,
        revoked_at -> Nullable<TimestamptzSqlite>,
    }
}

diesel::table! {
    documents (id) {
        id -> Binary,
        workspace_id -> Binary,
        document_type -> Text,
        title -> Text,
        content -> Text,
        status -> Text,
        version -> BigInt,
        created_by -> Text,
        created_at -> TimestamptzSqlite,
        updated_at -> TimestamptzSqlite,
        deleted_at -> Nullable<TimestamptzSqlite>,
        generation_lease_id -> Nullable<Binary>,
        generation_started_at -> Nullable<TimestamptzSqlite>,
    }
}

diesel::table! {
    document_blocks (id) {
        id -> Binary,
        document_id -> Binary,
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
        document_id -> Binary,
        document_version -> BigInt,
        coverage -> Json,
        notes -> Json,
        created_at -> TimestamptzSqlite,
    }
}

diesel::table! {
    execution_tickets (id) {
        id -> Binary,
        workspace_id -> Binary,
        document_id -> Binary,
        block_id -> Nullable<Binary>,
        source -> Text,
        fingerprint -> Text,
        item_id -> Nullable<Text>,
        source_section -> Json,
        source_text -> Text,
        source_line -> Nullable<Integer>,
        source_end_line -> Nullable<Integer>,
        title -> Text,
        description -> Text,
        ticket_type -> Text,
        priority -> Nullable<Text>,
        labels -> Json,
        acceptance_criteria -> Json,
        estimated_effort -> Nullable<Text>,
        assignee -> Nullable<Text>,
        due_on -> Nullable<Date>,
        parent_id -> Nullable<Binary>,
        parent_key -> Nullable<Text>,
        depends_on -> Json,
        fields -> Json,
        status -> Text,
        platform -> Nullable<Text>,
        external_site_id -> Nullable<Text>,
        external_id -> Nullable<Text>,
        external_key -> Nullable<Text>,
        external_url -> Nullable<Text>,
        external_ref -> Nullable<Json>,
        external -> Nullable<Json>,
        differs_from_document -> Bool,
        synced_status -> Nullable<Text>,
        external_status -> Nullable<Text>,
        push_error -> Nullable<Json>,
        delivery_id -> Nullable<Binary>,
        version -> BigInt,
        created_at -> TimestamptzSqlite,
        updated_at -> TimestamptzSqlite,
        pushed_at -> Nullable<TimestamptzSqlite>,
        synced_at -> Nullable<TimestamptzSqlite>,
        deleted_at -> Nullable<TimestamptzSqlite>,
    }
}

diesel::table! {
    oauth_states (state_hash) {
        state_hash -> Binary,
        browser_hash -> Binary,
        workspace_id -> Binary,
        actor -> Text,
        return_to -> Nullable<Text>,
        expires_at -> TimestamptzSqlite,
    }
}

diesel::table! {
    pending_connections (confirm_hash) {
        confirm_hash -> Binary,
        workspace_id -> Binary,
        actor -> Text,
        sites -> Json,
        access_token_encrypted -> Binary,
        refresh_token_encrypted -> Nullable<Binary>,
        access_token_expires_at -> TimestamptzSqlite,
        scope -> Text,
        expires_at -> TimestamptzSqlite,
    }
}

diesel::table! {
    integrations (id) {
        id -> Binary,
        workspace_id -> Binary,
        integration_type -> Text,
        is_active -> Bool,
        site_id -> Nullable<Text>,
        config -> Json,
        access_token_encrypted -> Nullable<Binary>,
        refresh_token_encrypted -> Nullable<Binary>,
        spare_refresh_token_encrypted -> Nullable<Binary>,
        access_token_expires_at -> Nullable<TimestamptzSqlite>,
        generation -> BigInt,
        refresh_lease_id -> Nullable<Binary>,
        refresh_started_at -> Nullable<TimestamptzSqlite>,
        needs_reconnect -> Nullable<Text>,
        connected_by -> Text,
        connected_at -> TimestamptzSqlite,
        disconnected_at -> Nullable<TimestamptzSqlite>,
        updated_at -> TimestamptzSqlite,
    }
}

diesel::table! {
    pushes (id) {
        id -> Binary,
        workspace_id -> Binary,
        document_id -> Binary,
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
        created_at -> TimestamptzSqlite,
        settled_at -> Nullable<TimestamptzSqlite>,
        idempotency_caller -> Nullable<Text>,
        idempotency_key -> Nullable<Text>,
        idempotency_hash -> Nullable<Binary>,
        next_look_at -> Nullable<TimestamptzSqlite>,
        cancelled_at -> Nullable<TimestamptzSqlite>,
    }
}

diesel::table! {
    deliveries (id) {
        id -> Binary,
        push_id -> Binary,
        workspace_id -> Binary,
        ticket_id -> Binary,
        site_id -> Text,
        state -> Text,
        attempts -> Integer,
        retry_at -> Nullable<TimestamptzSqlite>,
        lease_id -> Nullable<Binary>,
        fence -> Nullable<Text>,
        payload -> Nullable<Text>,
        warnings -> Json,
        error -> Nullable<Json>,
        external_id -> Nullable<Text>,
        external_key -> Nullable<Text>,
        external_url -> Nullable<Text>,
        change_number -> BigInt,
        created_at -> TimestamptzSqlite,
        updated_at -> TimestamptzSqlite,
        attempt_id -> Nullable<Binary>,
        attempted_at -> Nullable<TimestamptzSqlite>,
        is_resent -> Bool,
        answered_lease_id -> Nullable<Binary>,
        waits_for -> Nullable<Binary>,
    }
}

diesel::table! {
    push_tickets (push_id, position) {
        push_id -> Binary,
        position -> Integer,
        ticket_id -> Binary,
        delivery_id -> Nullable<Binary>,
        change_number -> Nullable<BigInt>,
    }
}

diesel::table! {
    tracker_pauses (scope) {
        scope -> Text,
        paused_until -> TimestamptzSqlite,
        reason -> Text,
    }
}

diesel::table! {
    audit_entries (id) {
        id -> Binary,
        workspace_id -> Nullable<Binary>,
        actor -> Text,
        action -> Text,
        subject -> Text,
        result -> Text,
        occurred_at -> TimestamptzSqlite,
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
