//! The tables as diesel sees them; a test compares them with the migrated database.

diesel::table! {
    firms (id) {
        id -> BigInt,
        tax_code -> Text,
        name -> Text,
        created_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    declarations (number) {
        number -> BigInt,
        revision -> Integer,
        state -> Text,
        firm -> BigInt,
        declarant -> Text,
        direction -> Text,
        crossing_point -> Text,
        cargo_class -> Nullable<Text>,
        plate -> Nullable<Text>,
        trader_tax_code -> Nullable<Text>,
        customs_declarations -> Array<Text>,
        tracks -> Array<Text>,
        content -> Json,
        people -> Nullable<Json>,
        people_salt -> Nullable<Text>,
        people_digest -> Nullable<Text>,
        progress -> Json,
        created_at -> Timestamptz,
        declared_at -> Nullable<Timestamptz>,
        registered_at -> Nullable<Timestamptz>,
        arrived_at -> Nullable<Timestamptz>,
        cleared_at -> Nullable<Timestamptz>,
        yard_in_at -> Nullable<Timestamptz>,
        yard_out_at -> Nullable<Timestamptz>,
        ready_at -> Nullable<Timestamptz>,
        completed_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        left_at -> Nullable<Timestamptz>,
        last_action -> Text,
        last_action_at -> Timestamptz,
        waiting_since -> Nullable<Timestamptz>,
        head -> Binary,
        documents_since -> Nullable<Timestamptz>,
        inspection_since -> Nullable<Timestamptz>,
        inspection_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    actions (declaration, seq) {
        declaration -> BigInt,
        seq -> Integer,
        action -> Text,
        actor -> Text,
        role -> Text,
        at -> Timestamptz,
        recorded_at -> Timestamptz,
        details -> Json,
        hash -> Binary,
        transaction -> crate::storage::column_types::Xid8,
    }
}

diesel::table! {
    vehicles_present (vehicle, direction) {
        vehicle -> Text,
        direction -> Text,
        declaration -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (caller, route, key) {
        caller -> Text,
        route -> Text,
        key -> Text,
        request_hash -> Binary,
        status -> SmallInt,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Binary,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    throughput (day, crossing_point, direction, cargo_class) {
        day -> Date,
        crossing_point -> Text,
        direction -> Text,
        cargo_class -> Text,
        declared -> BigInt,
        registered -> BigInt,
        arrived -> BigInt,
        cleared -> BigInt,
        completed -> BigInt,
        completed_kg -> BigInt,
        cancelled -> BigInt,
        rejected -> BigInt,
        expired -> BigInt,
        turned_back -> BigInt,
        transferred -> BigInt,
        transferred_in -> BigInt,
        left -> BigInt,
        fell_away -> BigInt,
        fees_vnd -> BigInt,
        clock_breaches -> BigInt,
    }
}

diesel::table! {
    reference (list, code, valid_from) {
        list -> Text,
        code -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        entry -> Jsonb,
    }
}

diesel::table! {
    accounts (id) {
        id -> BigInt,
        username -> Text,
        password_hash -> Text,
        role -> Text,
        firm -> Nullable<BigInt>,
        quarantine_kind -> Nullable<Text>,
        crossing_points -> Nullable<Array<Text>>,
        yards -> Nullable<Array<Text>>,
        demo -> Bool,
        created_at -> Timestamptz,
        changed_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        secret_hash -> Binary,
        name -> Text,
        role -> Text,
        firm -> Nullable<BigInt>,
        quarantine_kind -> Nullable<Text>,
        crossing_points -> Nullable<Array<Text>>,
        yards -> Nullable<Array<Text>>,
        oauth_scopes -> Array<Text>,
        generation -> Integer,
        created_at -> Timestamptz,
        changed_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        account -> BigInt,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Binary,
        session -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sign_in_tries (key) {
        key -> Binary,
        tries -> Array<Timestamptz>,
        last_at -> Timestamptz,
    }
}

diesel::joinable!(accounts -> firms (firm));
diesel::joinable!(clients -> firms (firm));
diesel::joinable!(sessions -> accounts (account));
diesel::allow_tables_to_appear_in_same_query!(firms, declarations, accounts, clients, sessions);

diesel::table! {
    sources (source, source_id) {
        source -> Text,
        source_id -> Text,
        declaration -> BigInt,
    }
}

diesel::table! {
    reference_changes (id) {
        id -> BigInt,
        list -> Text,
        code -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        entry -> Nullable<Jsonb>,
        reason -> Text,
        changed_by -> Text,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    stock (month, crossing_point, direction, cargo_class) {
        month -> Date,
        crossing_point -> Text,
        direction -> Text,
        cargo_class -> Text,
        inside -> BigInt,
        registered -> BigInt,
    }
}

diesel::table! {
    dwell (pair, day, crossing_point, direction, cargo_class, bucket) {
        day -> Date,
        crossing_point -> Text,
        direction -> Text,
        cargo_class -> Text,
        pair -> Text,
        bucket -> SmallInt,
        vehicles -> BigInt,
    }
}

diesel::table! {
    closings (seq) {
        seq -> BigInt,
        period -> Text,
        revision -> Integer,
        closed_at -> Timestamptz,
        closed_by -> Text,
        document -> Text,
        hash -> Binary,
        kid -> Text,
        signature -> Binary,
    }
}

diesel::table! {
    checkpoints (number) {
        number -> BigInt,
        previous -> Binary,
        key_id -> Text,
        made_at -> Timestamptz,
        transactions_from -> BigInt,
        transactions_to -> BigInt,
        actions -> BigInt,
        root -> Binary,
        gap_from -> Nullable<Timestamptz>,
        gap_until -> Nullable<Timestamptz>,
        signature -> Binary,
    }
}

diesel::table! {
    receipts (receipt, kind) {
        receipt -> Text,
        kind -> Text,
        declaration -> BigInt,
        seq -> Integer,
        crossing_point -> Text,
        day -> Date,
        at -> Timestamptz,
        amount_vnd -> BigInt,
        actor -> Text,
    }
}
