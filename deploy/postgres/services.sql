-- Once, and again after a migration that adds a table, as the owner of the tables: what every service's
-- role may do. psql --single-transaction -f services.sql
-- A role named integration_<provider> sees the rows of its own provider and no other's. The outbox is
-- everybody's, since whichever service is there publishes what all of them wrote; so are the items,
-- which are ids and digests, and the audit log, which nobody changes.
do $$ begin
    if not exists (select from pg_roles where rolname = 'integration') then
        create role integration nologin;
    end if;
end $$;

grant usage on schema public to integration;
grant select, insert, update, delete on all tables in schema public to integration;
grant usage on all sequences in schema public to integration;
revoke update, delete on audit_log from integration;
revoke insert, update, delete on schema_migration from integration;
alter default privileges in schema public grant select, insert, update, delete on tables to integration;
alter default privileges in schema public grant usage on sequences to integration;

do $$
declare it text;
begin
    foreach it in array array['connected_account', 'route', 'webhook_seen', 'webhook_inbox', 'oauth_flow', 'dead_letter', 'entrusted_secret'] loop
        execute format('alter table %I enable row level security', it);
        execute format('drop policy if exists own on %I', it);
        execute format('create policy own on %I to integration using (provider = substr(current_user, 13))', it);
    end loop;
    -- Whoever sees the account sees what belongs to it.
    foreach it in array array['resource', 'sync_run', 'sync_state', 'subscription', 'known_name'] loop
        execute format('alter table %I enable row level security', it);
        execute format('drop policy if exists own on %I', it);
        execute format('create policy own on %I to integration using (exists (select from connected_account a where a.id = account_id))', it);
    end loop;
end $$;

-- Whoever publishes may find that an event of another service can never be.
drop policy if exists bury on dead_letter;
create policy bury on dead_letter for insert to integration with check (true);
