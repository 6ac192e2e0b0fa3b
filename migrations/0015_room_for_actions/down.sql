alter table declarations set (fillfactor = 85);
