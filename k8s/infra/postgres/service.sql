-- One service's role: psql -v provider=github -v password=... -f service.sql, after services.sql.
\set role integration_ :provider
create role :"role" login password :'password' in role integration connection limit 60;
