-- name: lock_accounts
-- Locks accounts in one order and returns those that may publish. Whoever publishes for an account
-- holds this lock, so a deletion that has committed is seen, and versions are compared one after another.
select id, user_id from connected_account
where id = any(%(ids)s) and status not in ('deleting', 'revoked') and sync_enabled
order by id for no key update;

-- name: stage
-- A page on its way in. Created once a connection, emptied at every commit.
create temp table if not exists staged (
    account_id uuid, source text, id text, type text, revision text collate "C",
    digest bytea, gone smallint, stream text, resource text, walk uuid
) on commit delete rows;

-- name: copy_staged
-- The page, in binary.
copy staged (account_id, source, id, type, revision, digest, gone, stream, resource, walk) from stdin (format binary);

-- name: apply
-- Keeps what is newer than what was published: a later revision, other content under the same
-- revision, a first deletion, a return after an absence. An older version never passes a newer one.
insert into item as i (account_id, source, id, type, revision, digest, gone, stream, resource, walk)
select s.account_id, s.source, s.id, s.type, s.revision, s.digest, s.gone, s.stream, s.resource, s.walk
from staged s left join lateral (
    select o.id, o.revision, o.digest, o.gone from item o
    where o.account_id = s.account_id and o.source = s.source and o.id = s.id
    offset 0  -- each row by its key: a plan that was made while the table was empty would read all of it
) o on true
where o.id is null
   or (s.revision > o.revision and not (o.gone > 0 and s.gone > 0))
   or (s.revision = o.revision and case o.gone
        when 0 then s.gone > 0 or s.digest <> o.digest
        when 1 then s.gone = 0
        else false end)
on conflict (account_id, source, id) do update
set type = excluded.type, revision = excluded.revision, digest = excluded.digest, gone = excluded.gone,
    life = i.life + (i.gone > 0 and excluded.gone = 0)::int,
    stream = case excluded.stream when '' then i.stream else excluded.stream end,
    resource = case excluded.stream when '' then i.resource else excluded.resource end,
    walk = coalesce(excluded.walk, i.walk)
returning i.account_id, i.source, i.id, i.life, (xmax = 0);

-- name: mark_walk
-- What a complete walk listed again without a change was seen all the same.
update item i set walk = s.walk, stream = s.stream, resource = s.resource
from staged s
where i.account_id = s.account_id and i.source = s.source and i.id = s.id
  and s.walk is not null and i.walk is distinct from s.walk;

-- name: clear_staged
-- Makes room for the next version of items that a page holds twice.
delete from staged;

-- name: sweep
-- What a complete walk did not list is gone.
update item set gone = 1
where account_id = %(account_id)s and source = %(source)s and stream = %(stream)s
  and resource = %(resource)s and gone = 0 and walk is distinct from %(walk)s
returning id, type, revision, life;

-- name: copy_outbox
-- Events in the order in which they are to be published.
copy outbox (shard, account_id, subject, event_id, headers, payload) from stdin (format binary);
