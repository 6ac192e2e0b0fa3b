-- Since when the legal clocks run on a declaration. When a clock falls due depends on a calendar that may change while
-- it runs; the later it began the later it falls due, so what is due by an instant is what began early enough.
alter table declarations
    add column documents_since timestamptz,
    add column inspection_since timestamptz,
    -- Until when the inspection was given more time: then that is when it falls due.
    add column inspection_until timestamptz;
-- Few among many: those on which a clock runs.
create index declarations_clocks on declarations (number) include (crossing_point)
    where documents_since is not null or inspection_since is not null;

alter table throughput add column clock_breaches bigint not null default 0;
