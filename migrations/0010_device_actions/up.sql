-- What devices say that they did while they were cut off, and what became of each: taken as an action of a
-- declaration, or refused with a problem. Written with the effect itself, by the device's own sequence: nothing is
-- taken twice. Distributed by device.
create table device_actions (
    device text not null,
    sequence bigint not null,
    -- As the device sent it, without its sequence.
    said json not null,
    at timestamptz,
    declaration bigint,
    -- The declaration's, or the device's own where the declaration was not found.
    crossing_point text,
    recorded_at timestamptz not null,
    -- The action as which it was taken;
    seq integer,
    -- or the problem document with which it was refused.
    problem json,
    primary key (device, sequence),
    constraint device_actions_outcome check ((seq is null) <> (problem is null))
);
-- The report, newest first: of everything, and of one device.
create index device_actions_recorded_at on device_actions (recorded_at, device, sequence);
create index device_actions_of_device on device_actions (device, recorded_at, sequence);

do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        -- Like actions: added to, never changed.
        revoke update, delete on device_actions from border_gate_service;
    end if;
end
$$;
