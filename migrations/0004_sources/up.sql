-- Where records that were imported come from: no older system's record, and no line of a file, is taken in twice.
-- Distributed by source_id; written in the statement that writes the declaration.
create table sources (
    source text not null,
    source_id text not null,
    declaration bigint not null,
    primary key (source, source_id)
);

do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        -- Like actions: added to, never changed.
        revoke update, delete on sources from border_gate_service;
    end if;
end
$$;
