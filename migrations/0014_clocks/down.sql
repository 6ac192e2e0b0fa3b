alter table throughput drop column clock_breaches;
drop index declarations_clocks;
alter table declarations
    drop column documents_since,
    drop column inspection_since,
    drop column inspection_until;
