drop table reference;
