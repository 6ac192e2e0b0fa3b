do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        alter default privileges in schema public revoke usage on sequences from border_gate_service;
        alter default privileges in schema public revoke select, insert, update, delete on tables from border_gate_service;
        revoke select on __diesel_schema_migrations from border_gate_service;
        revoke usage on schema public from border_gate_service;
    end if;
end
$$;
drop table throughput, idempotency_keys, vehicles_present, actions, declarations, firms;
-- The role stays: other databases of the cluster may use it.
