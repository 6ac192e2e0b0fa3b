drop index declarations_people_until;
drop table checkpoints;
drop index actions_transaction;
alter table actions drop column transaction;
drop function settled_transactions;
