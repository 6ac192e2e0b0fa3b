-- The backlog at an instant is the counters up to that local day and the day's own stamps up to the instant:
-- these find the day's stamps.
create index declarations_registered_at on declarations (registered_at) where registered_at is not null;
create index declarations_arrived_at on declarations (arrived_at) where arrived_at is not null;
create index declarations_completed_at on declarations (completed_at) where completed_at is not null;
create index declarations_ended_at on declarations (ended_at) where ended_at is not null;
