-- The running stock, how long vehicles took, and the figures that were signed.

-- What each month added to the vehicles inside (arrived less left) and to those registered and not arrived. The
-- backlog at an instant is the months before it, the days before it in its month, and that one day's stamps.
-- Written in the transaction of the counters, of which it is a sum. Its rows are updated all day long, like theirs.
create table stock (
    -- The first day of the month.
    month date not null,
    crossing_point text not null,
    direction text not null,
    cargo_class text not null,
    inside bigint not null default 0,
    registered bigint not null default 0,
    primary key (month, crossing_point, direction, cargo_class)
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- How often vehicles took so long from one stamp to another, by the local day of the later one. Bucket 0 holds what
-- took less than a second; each further one goes from its fewest seconds up to 13/12 of them, and the next begins
-- there: fewest(1) = 1, fewest(n + 1) = floor(fewest(n) * 13 / 12) + 1.
create table dwell (
    day date not null,
    crossing_point text not null,
    direction text not null,
    cargo_class text not null,
    -- The two stamps, such as `arrived,cleared`.
    pair text not null,
    bucket smallint not null,
    vehicles bigint not null,
    primary key (pair, day, crossing_point, direction, cargo_class, bucket)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Figures of a period that was over, signed and chained: added to, never changed.
create table closings (
    -- Its place in the chain of all closings, from 1 on.
    seq bigint primary key,
    -- Such as 2025-03-31, 2025-W13, 2025-03, 2025-Q1 or 2025.
    period text not null,
    -- Which closing of the period it is, from 1 on.
    revision integer not null,
    closed_at timestamptz not null,
    closed_by text not null,
    -- Exactly what was signed: JSON as text, which no database writes anew.
    document text not null,
    -- SHA-256 of the document, which names the hash of the one before.
    hash bytea not null,
    -- The key that signed, by its RFC 7638 thumbprint, and its Ed25519 signature of the document.
    kid text not null,
    signature bytea not null,
    unique (period, revision)
);

do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        revoke update, delete on closings from border_gate_service;
    end if;
end
$$;

-- What is there already.
insert into stock (month, crossing_point, direction, cargo_class, inside, registered)
select date_trunc('month', day)::date, crossing_point, direction, cargo_class,
       sum(arrived - "left"), sum(registered - arrived - fell_away)
  from throughput
 group by 1, 2, 3, 4
having sum(arrived - "left") <> 0 or sum(registered - arrived - fell_away) <> 0;

insert into dwell (day, crossing_point, direction, cargo_class, pair, bucket, vehicles)
with recursive buckets (bucket, fewest) as (
    select 0, 0::bigint
    union all
    select bucket + 1, fewest * 13 / 12 + 1 from buckets where bucket < 244
), taken as (
    select (greatest(first, second) at time zone interval '7 hours')::date as day, crossing_point, direction, cargo_class,
           pair, greatest(trunc(extract(epoch from second) - extract(epoch from first)), 0)::bigint as seconds
      from declarations,
           lateral (values ('arrived,cleared', arrived_at, cleared_at),
                           ('arrived,completed', arrived_at, completed_at),
                           ('declared,completed', declared_at, completed_at)) as pairs (pair, first, second)
     where cargo_class is not null and first is not null and second is not null
)
select day, crossing_point, direction, cargo_class, pair,
       width_bucket(seconds, bounds)::smallint, count(*)
  from taken, (select array_agg(fewest order by bucket) as bounds from buckets where bucket > 0) as all_buckets
 group by 1, 2, 3, 4, 5, 6;
