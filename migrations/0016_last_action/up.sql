-- A remark and a clock that ran out leave a record where it stands: they are no `last_action` any more. What an older
-- version still writes while it is replaced shows in `verify-audit`, and is mended by this statement.
update declarations d set last_action = (
    select a.action from actions a
    where a.declaration = d.number and a.action not in ('remark', 'clock.breach')
    order by a.seq desc limit 1)
where d.last_action in ('remark', 'clock.breach');
