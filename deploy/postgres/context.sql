-- The context service's role, made or given a new password, after its tables: everything in its own
-- schema, and of the fleet's what it takes to know callers and count their requests.
\set role integration_ :provider
select format('create role %I login connection limit 60', :'role')
where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" password :'password';
grant usage on schema public, context to :"role";
grant select, insert, update, delete on all tables in schema context to :"role";
revoke insert, update, delete on context.schema_migration from :"role";
grant select, update on api_key to :"role";
grant select, insert, update, delete on rate_bucket to :"role";
