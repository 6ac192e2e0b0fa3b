drop table closings;
drop table dwell;
drop table stock;
