-- The select of one declaration.
\set place random(1, :last)
select d.number, d.revision, d.state, d.firm, d.declarant, d.content, d.people, d.people_salt, d.people_digest, d.progress, d.created_at, d.declared_at, d.registered_at, d.arrived_at, d.cleared_at, d.yard_in_at, d.yard_out_at, d.ready_at, d.completed_at, d.ended_at, d.left_at, d.last_action, d.last_action_at, d.head from declarations d where d.number = ('{{{numbers}}}'::bigint[])[(:place)::int];
