-- Who changed the reference data, when, why, and what was said of which days. The table `reference` is what the files
-- that come with the program and these changes add up to. A local table on a distributed PostgreSQL.
create table reference_changes (
    id bigint generated always as identity primary key,
    list text not null,
    code text not null,
    valid_from date not null,
    valid_to date,
    -- What the entry of these days says; null where none holds on them any more.
    entry jsonb check (jsonb_typeof(entry) = 'object'),
    reason text not null,
    changed_by text not null,
    changed_at timestamptz not null,
    constraint reference_changes_hold_on_some_day check (valid_to > valid_from)
);
create index reference_changes_code on reference_changes (list, code, id);

do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        -- Like actions: added to, never changed.
        revoke update, delete on reference_changes from border_gate_service;
    end if;
end
$$;
