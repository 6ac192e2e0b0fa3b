-- The order in which actions were committed, and the checkpoints that sign it.

-- What was there before has no transaction of its own: all of it comes first, in the order of number and seq. A
-- constant default rewrites nothing, however many rows there are; only then does every new row name its transaction.
alter table actions add column transaction xid8 not null default '0';
alter table actions alter column transaction set default pg_current_xact_id();
-- The oldest transaction that may still be under way: all before it have ended. After a dump was loaded elsewhere,
-- where transactions are counted anew, `border-gate migrate` puts what is missing into this and into the default above.
create function settled_transactions() returns bigint language sql stable
    as 'select pg_snapshot_xmin(pg_current_snapshot())::text::bigint';
-- Read from one transaction on, and no further than the oldest that is still under way: nothing that commits late is
-- passed over. On a distributed PostgreSQL a local table on the coordinator takes this index's place.
create index actions_transaction on actions (transaction, declaration, seq);

-- Every minute in which something was done: a Merkle root over the actions since the last one, chained and signed.
-- docs/AUDIT.md says what each part is made of.
create table checkpoints (
    number bigint primary key,
    -- SHA-256 of the checkpoint before, with its signature; zeros before the first.
    previous bytea not null check (octet_length(previous) = 32),
    key_id text not null,
    made_at timestamptz not null,
    -- The transactions whose actions it covers: from the first on, up to and without the second.
    transactions_from bigint not null,
    transactions_to bigint not null,
    actions bigint not null,
    root bytea not null check (octet_length(root) = 32),
    -- Between these it was not made when it should have been.
    gap_from timestamptz,
    gap_until timestamptz,
    signature bytea not null check (octet_length(signature) = 64),
    constraint checkpoints_span check (transactions_from <= transactions_to),
    constraint checkpoints_gap check ((gap_from is null) = (gap_until is null))
);

-- Ended records that still hold people, by the instant of their end: what the term of erasure counts from.
create index declarations_people_until on declarations ((coalesce(completed_at, ended_at)))
    where people is not null and coalesce(completed_at, ended_at) is not null;

do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        -- Like actions: added to, never changed.
        revoke update, delete on checkpoints from border_gate_service;
    end if;
end
$$;
