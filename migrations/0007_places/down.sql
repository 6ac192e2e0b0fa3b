update reference set entry = entry - 'because' where list = 'track_rules';
drop table places;
