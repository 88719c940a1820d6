-- One service's role, made or given a new password, after services.sql:
-- psql -v provider=github -v password=... -f service.sql
\set role integration_ :provider
select format('create role %I login in role integration connection limit 60', :'role')
where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" password :'password';
