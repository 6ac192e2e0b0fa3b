-- Dated reference data: gates, crossing points, yards, type codes, track rules, countries. An entry holds from
-- valid_from up to and without valid_to. On a distributed PostgreSQL a local table: it is read as a whole, once.
create table reference (
    list text not null,
    code text not null,
    valid_from date not null,
    valid_to date,
    -- All that the entry says besides; what it must say depends on its list.
    entry jsonb not null check (jsonb_typeof(entry) = 'object'),
    primary key (list, code, valid_from),
    constraint reference_holds_on_some_day check (valid_to > valid_from)
);
