-- name: lock_users
-- One transaction at a time changes what is known of a user, over all replicas: people are joined from
-- rows that two transactions would not see of each other.
select pg_advisory_xact_lock(h) from (
    select distinct hashtextextended(u, 8020) h from unnest(%(users)s::text[]) u order by h
) t;

-- name: close
-- The last word of an account: whatever comes of it later is ignored.
insert into context.closed (account_id) select unnest(%(accounts)s::uuid[]) on conflict do nothing;

-- name: closed
select account_id from context.closed where account_id = any(%(accounts)s);

-- name: unsee_accounts
-- Takes everybody out of the items of these accounts, and tells how often who was in them.
with gone as (
    delete from context.appearance a using context.item i
    where a.item = i.id and i.account_id = any(%(accounts)s) returning key, alias
)
select key, alias, count(*) from gone group by key, alias;

-- name: drop_accounts
-- What belongs to the items goes with them.
delete from context.item where account_id = any(%(accounts)s);

-- name: drop_letters
delete from context.dead_letter where account_id = any(%(accounts)s::text[]);

-- name: stage
create temp table if not exists staged (
    user_id text, account_id uuid, source text, message_id text, sequence bigint, deleted boolean,
    type text, at timestamptz, thread_id text, parent_id text, body bytea, words text
) on commit delete rows;

-- name: copy_staged
copy staged from stdin (format binary);

-- name: apply
-- Takes what is newer than what is there, and tells which that was, and whether an older version was.
insert into context.item as i
    (user_id, account_id, source, message_id, sequence, deleted, type, at, thread_id, parent_id, body, words)
select user_id, account_id, source, message_id, sequence, deleted, type, at, thread_id, parent_id, body,
       case when not deleted then
           to_tsvector('simple', words) || array_to_tsvector(array[chr(1) || user_id]) end
from staged order by account_id, source, message_id
on conflict (account_id, source, message_id) do update set
    sequence = excluded.sequence, deleted = excluded.deleted, type = excluded.type, at = excluded.at,
    thread_id = excluded.thread_id, parent_id = excluded.parent_id, body = excluded.body,
    words = excluded.words, changed_at = now()
where excluded.sequence > i.sequence
returning i.id, i.account_id, i.source, i.message_id, i.xmax <> 0;

-- name: unsee
-- Takes everybody out of these items, and tells how often who was in them.
with gone as (
    delete from context.appearance where item = any(%(items)s) returning key, alias
)
select key, alias, count(*) from gone group by key, alias;

-- name: drop_tasks
delete from context.task where item = any(%(items)s);

-- name: drop_events
delete from context.event where item = any(%(items)s);

-- name: drop_marks
delete from context.mark where item = any(%(items)s);

-- name: copy_seen
copy context.appearance (item, role, key, alias, name, at, automated, counted, own) from stdin (format binary);

-- name: copy_tasks
copy context.task (id, item, user_id, at, rule, title, evidence, state, due) from stdin (format binary);

-- name: copy_events
copy context.event (item, user_id, series, precedence, kind, uid, title, starts, ends, start_text, end_text,
    all_day, cancelled, location, link) from stdin (format binary);

-- name: forget
-- The stream holds seven days: no older version comes any more, nor anything of a closed account.
with items as (delete from context.item where deleted and changed_at < now() - interval '30 days'),
     letters as (delete from context.dead_letter where at < now() - interval '30 days')
delete from context.closed where at < now() - interval '30 days';

-- name: bury
insert into context.dead_letter (sequence, event_id, account_id, reason)
values (%(sequence)s, %(event_id)s, %(account_id)s, %(reason)s) on conflict do nothing;
