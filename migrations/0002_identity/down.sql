drop table sign_in_tries;
drop table refresh_tokens;
drop table sessions;
drop table clients;
drop table accounts;
drop function mandate_fits;
