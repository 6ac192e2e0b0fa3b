update declarations d set last_action = (
    select a.action from actions a where a.declaration = d.number order by a.seq desc limit 1)
where exists (
    select from actions a
    where a.declaration = d.number and a.action in ('remark', 'clock.breach') and a.seq = d.revision);
