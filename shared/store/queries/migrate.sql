-- name: lock
-- Promises that one process at a time migrates this database; the connection holds it until unlock.
select pg_advisory_lock(hashtextextended('self-integrations migrate', 0))

-- name: unlock
-- Gives the lock back.
select pg_advisory_unlock(hashtextextended('self-integrations migrate', 0))

-- name: exists
-- Whether any migration was ever applied here.
select to_regclass('schema_migration') is not null

-- name: enter
-- What is named without a schema is in this one.
select set_config('search_path', %s, false)

-- name: leave
reset search_path

-- name: create_schema
create schema if not exists {}

-- name: create_table
-- The book of what was applied; it is written in the transaction of the migration itself.
create table if not exists schema_migration (
    number     integer primary key,
    name       text not null,
    sha256     text not null,
    applied_at timestamptz not null default now()
)

-- name: applied
-- Everything that was applied, in order.
select number, name, sha256 from schema_migration order by number

-- name: record
-- Writes down one migration.
insert into schema_migration (number, name, sha256) values (%s, %s, %s)

-- name: yield_way
-- Half of PostgreSQL's own deadlock_timeout: a migration that waits for tables of a running service in
-- another order than it gives way first, so that nobody's statement is chosen as the victim.
set local lock_timeout = '500ms';
