-- Who may ask: accounts of people, clients of machines, the sessions of people, and what keeps guessing slow.

-- Whether a role's scope is of its kind: a declarant has a firm, a quarantine officer a kind, only officers have
-- crossing points, only yard operators have yards. Null crossing points or yards mean all of them.
create function mandate_fits(role text, firm bigint, quarantine_kind text, crossing_points text[], yards text[])
returns boolean language sql immutable parallel safe as $$
    select role in ('declarant', 'customs_officer', 'border_guard', 'quarantine_officer', 'yard_operator',
                    'fee_collector', 'gate_manager', 'analyst', 'auditor', 'admin')
       and (firm is not null) = (role = 'declarant')
       and (quarantine_kind is not null) = (role = 'quarantine_officer')
       and (quarantine_kind is null or quarantine_kind in ('health', 'animal', 'plant'))
       and (crossing_points is null or role not in ('declarant', 'analyst', 'auditor', 'admin'))
       and (yards is null or role = 'yard_operator')
       and (crossing_points is null
            or (cardinality(crossing_points) > 0 and array_position(crossing_points, null) is null))
       and (yards is null or (cardinality(yards) > 0 and array_position(yards, null) is null))
$$;

create table accounts (
    id bigint generated always as identity primary key,
    username text not null,
    password_hash text not null,
    role text not null,
    firm bigint references firms (id),
    quarantine_kind text,
    crossing_points text[],
    yards text[],
    -- Made by `--demo`, with a password that everybody knows.
    demo boolean not null default false,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    disabled_at timestamptz,
    constraint accounts_username_form check (username ~ '^[A-Za-z0-9][A-Za-z0-9._-]{1,62}[A-Za-z0-9]$'),
    constraint accounts_mandate_fits check (mandate_fits(role, firm, quarantine_kind, crossing_points, yards))
);
-- Nobody may pass for another by the case of a letter.
create unique index accounts_username on accounts (lower(username));
create index accounts_firm on accounts (firm) where firm is not null;
create index accounts_demo on accounts (demo) where demo;

create table clients (
    id text primary key,
    -- SHA-256: the secret is 256 random bits, which no guessing finds.
    secret_hash bytea not null,
    name text not null,
    role text not null,
    firm bigint references firms (id),
    quarantine_kind text,
    crossing_points text[],
    yards text[],
    oauth_scopes text[] not null,
    -- Grows with every change; tokens of an older one are refused.
    generation integer not null default 1,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    disabled_at timestamptz,
    constraint clients_mandate_fits check (mandate_fits(role, firm, quarantine_kind, crossing_points, yards)),
    constraint clients_oauth_scopes check (
        cardinality(oauth_scopes) > 0
        and oauth_scopes <@ array['declarations:write', 'declarations:read', 'actions:write', 'statistics:read'])
);
create index clients_created_at on clients (created_at, id);
create index clients_changed_at on clients (changed_at);
create index clients_firm on clients (firm) where firm is not null;

create table sessions (
    id text primary key,
    account bigint not null references accounts (id),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index sessions_open on sessions (account) where ended_at is null;
create index sessions_ended_at on sessions (ended_at) where ended_at is not null;
create index sessions_expires_at on sessions (expires_at);

-- Each is used once, for the next. One that comes again was stolen or kept: the whole session ends.
create table refresh_tokens (
    hash bytea primary key,
    session text not null references sessions (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index refresh_tokens_session on refresh_tokens (session);

-- When somebody tried to sign in of late, by account and by address. `key` is a digest of which: people type
-- passwords into the field of the name. One row a key, so that tries at the same moment wait for each other.
create table sign_in_tries (
    key bytea primary key,
    tries timestamptz[] not null,
    last_at timestamptz not null
);
create index sign_in_tries_last_at on sign_in_tries (last_at);
