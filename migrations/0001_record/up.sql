-- The record: firms, declarations, their actions, the vehicles present, and the counters.
--
-- Distributed by declaration number (declarations, actions) or by their own keys (vehicles_present,
-- idempotency_keys) the tables keep what a distributed PostgreSQL asks: every unique index of such a
-- table contains its distribution column, no triggers, no foreign keys between differently distributed ones.

-- The role that the service takes on every connection: it may add actions and never change one.
-- Without the right to create roles the migration goes on: then only the code keeps that promise.
do $$
begin
    if not exists (select from pg_roles where rolname = 'border_gate_service') then
        create role border_gate_service nologin;
    end if;
    if current_user <> 'border_gate_service' and not pg_has_role(current_user, 'border_gate_service', 'member') then
        execute format('grant border_gate_service to %I', current_user);
    end if;
exception
    when insufficient_privilege then
        raise warning 'the role border_gate_service cannot be made here: actions are protected by the code alone';
    when duplicate_object or unique_violation then
        null; -- another database of the cluster made it at the same moment
end
$$;

create table firms (
    id bigint generated always as identity primary key,
    tax_code text not null unique,
    name text not null,
    created_at timestamptz not null,
    disabled_at timestamptz
);

-- The row is what the declaration's actions add up to. `content`, `people` and `progress` are kept as text
-- (json, not jsonb): they are passed on, compared by nobody, and cost no parsing.
create table declarations (
    number bigint primary key,
    revision integer not null,
    state text not null,
    firm bigint not null references firms (id),
    declarant text not null,
    direction text not null,
    crossing_point text not null,
    cargo_class text,
    -- The plate or wagon number as declared, normalised; what a search looks for.
    plate text,
    trader_tax_code text,
    -- The first eleven digits of each customs declaration; the twelfth counts its amendments.
    customs_declarations text[] not null,
    -- Each required track as `track:state`, such as `fee:done`.
    tracks text[] not null,
    content json not null,
    people json,
    people_salt text,
    people_digest text,
    progress json not null,
    created_at timestamptz not null,
    declared_at timestamptz,
    registered_at timestamptz,
    arrived_at timestamptz,
    cleared_at timestamptz,
    yard_in_at timestamptz,
    yard_out_at timestamptz,
    ready_at timestamptz,
    completed_at timestamptz,
    ended_at timestamptz,
    left_at timestamptz,
    last_action text not null,
    last_action_at timestamptz not null,
    -- Since when it waits for somebody to come or to answer; what `expire` counts from.
    waiting_since timestamptz,
    head bytea not null
) with (fillfactor = 85);

create index declarations_firm on declarations (firm, number);
create index declarations_crossing_point on declarations (crossing_point, number);
-- What has not crossed is what people look for by state: few among many.
create index declarations_not_completed on declarations (state, number) include (crossing_point)
    where state <> 'completed';
create index declarations_plate on declarations (plate, number);
create index declarations_trader on declarations (trader_tax_code, number) where trader_tax_code is not null;
create index declarations_declared_at on declarations (declared_at);
create index declarations_customs on declarations using gin (customs_declarations);
create index declarations_waiting on declarations (waiting_since) where waiting_since is not null;

-- Append-only. `details` is json, not jsonb: the hash covers its text exactly as it is stored.
create table actions (
    declaration bigint not null,
    seq integer not null,
    action text not null,
    actor text not null,
    role text not null,
    at timestamptz not null,
    recorded_at timestamptz not null,
    details json not null,
    hash bytea not null,
    primary key (declaration, seq)
);

-- One active declaration a vehicle and direction.
create table vehicles_present (
    vehicle text not null,
    direction text not null,
    declaration bigint not null,
    primary key (vehicle, direction)
);

-- What a request with an Idempotency-Key led to, for seven days; written with the effect itself.
create table idempotency_keys (
    caller text not null,
    route text not null,
    key text not null,
    request_hash bytea not null,
    status smallint not null,
    location text,
    etag text,
    body bytea not null,
    created_at timestamptz not null,
    primary key (caller, route, key)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);

-- One row a local day, crossing point, direction and cargo class; every change adds its delta in its own
-- transaction. Rows are updated all day long: room for that on the page, and vacuumed by count alone.
create table throughput (
    day date not null,
    crossing_point text not null,
    direction text not null,
    cargo_class text not null,
    declared bigint not null default 0,
    registered bigint not null default 0,
    arrived bigint not null default 0,
    cleared bigint not null default 0,
    completed bigint not null default 0,
    completed_kg bigint not null default 0,
    cancelled bigint not null default 0,
    rejected bigint not null default 0,
    expired bigint not null default 0,
    turned_back bigint not null default 0,
    transferred bigint not null default 0,
    transferred_in bigint not null default 0,
    "left" bigint not null default 0,
    fell_away bigint not null default 0,
    fees_vnd bigint not null default 0,
    primary key (day, crossing_point, direction, cargo_class)
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        grant usage on schema public to border_gate_service;
        grant select, insert, update, delete on firms, declarations, vehicles_present, idempotency_keys, throughput
            to border_gate_service;
        grant select, insert on actions to border_gate_service;
        -- Readiness asks whether the schema is the one that the program knows.
        grant select on __diesel_schema_migrations to border_gate_service;
        -- What later migrations make is the service's to use, unless they say otherwise.
        alter default privileges in schema public grant select, insert, update, delete on tables to border_gate_service;
        alter default privileges in schema public grant usage on sequences to border_gate_service;
    end if;
end
$$;
