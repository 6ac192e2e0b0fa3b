-- Receipts: each number stands for one payment in the province, and for at most one refund of it. Written in the
-- statement that writes the action; on a distributed PostgreSQL distributed by receipt.
create table receipts (
    receipt text not null,
    -- payment or refund
    kind text not null,
    declaration bigint not null,
    -- The action that says so.
    seq integer not null,
    crossing_point text not null,
    -- The local day on which it counts.
    day date not null,
    at timestamptz not null,
    -- In whole dong; below zero for a refund.
    amount_vnd bigint not null,
    actor text not null,
    primary key (receipt, kind)
);
-- A day's takings.
create index receipts_day on receipts (day, crossing_point);

-- What was paid before there was this table. Where a number was used twice the first payment has it, and
-- `border-gate doctor` names the others.
insert into receipts (receipt, kind, declaration, seq, crossing_point, day, at, amount_vnd, actor)
select upper(p.receipt), 'payment', p.declaration, p.seq, d.crossing_point,
       (p.at at time zone 'Asia/Ho_Chi_Minh')::date, p.at, p.amount_vnd, p.actor
  from (
        select a.declaration, a.seq, a.actor, a.at, a.details ->> 'receipt' as receipt,
               (select (b.details ->> 'amount_vnd')::bigint from actions b
                 where b.declaration = a.declaration and b.seq < a.seq and b.action = 'fee.assess'
                 order by b.seq desc limit 1) as amount_vnd
          from actions a where a.action = 'fee.pay'
        union all
        select a.declaration, a.seq, a.actor, (fee -> 'payments' -> 0 ->> 'at')::timestamptz, fee ->> 'receipt',
               (fee -> 'payments' -> 0 ->> 'amount_vnd')::bigint
          from actions a, lateral (select a.details -> 'carried' -> 'fee' as fee) carried
         where a.action = 'take_over' and fee ->> 'receipt' is not null
       ) p
  join declarations d on d.number = p.declaration
 where p.amount_vnd is not null and length(p.receipt) <= 64
 order by p.at, p.declaration, p.seq
on conflict do nothing;

-- What was refunded: the payment before it in the same history, or the one that came over with the record's first action.
insert into receipts (receipt, kind, declaration, seq, crossing_point, day, at, amount_vnd, actor)
select upper(p.receipt), 'refund', a.declaration, a.seq, d.crossing_point,
       (a.at at time zone 'Asia/Ho_Chi_Minh')::date, a.at, -p.amount_vnd, a.actor
  from actions a
  join declarations d on d.number = a.declaration
 cross join lateral (
        select b.seq, b.details ->> 'receipt' as receipt,
               (select (c.details ->> 'amount_vnd')::bigint from actions c
                 where c.declaration = b.declaration and c.seq < b.seq and c.action = 'fee.assess'
                 order by c.seq desc limit 1) as amount_vnd
          from actions b
         where b.declaration = a.declaration and b.seq < a.seq and b.action = 'fee.pay'
        union all
        select b.seq, b.details -> 'carried' -> 'fee' ->> 'receipt',
               (b.details -> 'carried' -> 'fee' ->> 'amount_vnd')::bigint
          from actions b
         where b.declaration = a.declaration and b.seq = 1
         order by 1 desc limit 1
       ) p
 where a.action = 'fee.refund' and p.amount_vnd is not null and length(p.receipt) <= 64
 order by a.at, a.declaration, a.seq
on conflict do nothing;

do $$
begin
    if exists (select from pg_roles where rolname = 'border_gate_service') then
        -- Like actions: added to, never changed.
        revoke update, delete on receipts from border_gate_service;
    end if;
end
$$;
