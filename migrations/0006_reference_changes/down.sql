drop table reference_changes;
