drop table device_actions;
