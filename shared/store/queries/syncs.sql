-- name: ensure
-- A live cursor for every stream and resource named; those that exist stay as they are.
insert into sync_state (account_id, stream, resource, run_id)
select %(account_id)s, s.stream, s.resource, %(run_id)s
from unnest(%(streams)s::text[], %(resources)s::text[]) s (stream, resource)
on conflict do nothing;

-- name: lease
-- The walk that has been due longest, of an account that is not in `skip`.
update sync_state u
set gen = u.gen + 1, lease_owner = %(owner)s, lease_until = now() + %(lease)s * interval '1 second',
    nudged_at = case when u.walking then u.nudged_at end,
    walk = case when u.walking then u.walk end,
    page_no = case when u.walking then u.page_no else 0 end
from (
    select s.account_id, s.stream, s.resource, s.lane, a.scopes
    from sync_state s
    join connected_account a on a.id = s.account_id
    where a.provider = %(provider)s and a.status in ('active', 'error') and a.sync_enabled
      and s.enabled and s.next_run_at <= now() and s.lease_until < now()
      and s.account_id <> all(%(skip)s)
    order by s.next_run_at limit 1 for update of s skip locked
) due
where (u.account_id, u.stream, u.resource, u.lane) = (due.account_id, due.stream, due.resource, due.lane)
returning u.account_id, u.stream, u.resource, u.lane, u.cursor, u.walk, u.walking, u.run_id, u.gen, u.error_count,
    (select coalesce(max(r.name), '') from resource r where r.account_id = u.account_id and r.id = u.resource),
    (select facts from resource r where r.account_id = u.account_id and r.id = u.resource limit 1), due.scopes,
    (select o.walk from sync_state o
     where (o.account_id, o.stream, o.resource, o.lane)
         = (u.account_id, u.stream, u.resource, case u.lane when 'live' then 'full' else 'live' end));

-- name: keep
-- Still working: only while the lease is ours.
update sync_state set lease_until = now() + %(lease)s * interval '1 second'
where account_id = %(account_id)s and stream = %(stream)s and resource = %(resource)s and lane = %(lane)s
  and gen = %(gen)s;

-- name: advance
-- The cursor moves in the transaction that wrote what it passed, and only for the holder of the lease.
update sync_state
set cursor = %(cursor)s, walk = %(walk)s, walking = true, page_no = page_no + %(pages)s, error_count = 0, last_error = '',
    lease_until = now() + %(lease)s * interval '1 second'
where account_id = %(account_id)s and stream = %(stream)s and resource = %(resource)s and lane = %(lane)s
  and gen = %(gen)s;

-- name: release
-- Give the walk back in the middle: it goes on from its cursor when it is due again, at once for a run
-- that took it up meanwhile.
update sync_state
set lease_until = '-infinity', lease_owner = null,
    next_run_at = case when run_id is distinct from %(run_id)s::uuid then now() else now() + %(seconds)s * interval '1 second' end,
    error_count = case when %(failed)s then error_count + 1 else error_count end, last_error = %(error)s
where account_id = %(account_id)s and stream = %(stream)s and resource = %(resource)s and lane = %(lane)s
  and gen = %(gen)s;

-- name: finish
-- The walk is complete; a webhook or a run that asked meanwhile makes it due again at once, and such a
-- run keeps it: what the walk had read before does not count for it.
update sync_state
set lease_until = '-infinity', lease_owner = null, walking = false, walk = null, error_count = 0,
    run_id = case when run_id is distinct from %(run_id)s::uuid then run_id end, last_error = %(note)s, last_success_at = now(), nudged_at = null,
    next_run_at = case when nudged_at is not null or run_id is distinct from %(run_id)s::uuid then now() else now() + %(seconds)s * interval '1 second' end
where account_id = %(account_id)s and stream = %(stream)s and resource = %(resource)s and lane = %(lane)s
  and gen = %(gen)s;

-- name: swap
-- A full walk is complete: its cursor becomes the live one, and whoever walks from the old one is fenced off.
with full_lane as (
    delete from sync_state
    where account_id = %(account_id)s and stream = %(stream)s and resource = %(resource)s and lane = 'full'
    returning cursor
)
update sync_state s
set cursor = full_lane.cursor, gen = s.gen + 1, lease_until = '-infinity', walking = false, walk = null,
    next_run_at = now(), last_success_at = now(), error_count = 0, last_error = ''
from full_lane
where s.account_id = %(account_id)s and s.stream = %(stream)s and s.resource = %(resource)s and s.lane = 'live';

-- name: synced
update connected_account set last_sync_at = now(), error_message = '', error_since = null,
    status = case status when 'error' then 'active' else status end
where id = %(account_id)s and status in ('active', 'error');

-- name: fail_account
update connected_account
set status = 'error', error_message = %(sentence)s, error_since = coalesce(error_since, now()), updated_at = now()
where id = %(account_id)s and status in ('active', 'error');

-- name: nudge
-- Go and look, now; a walk that is under way looks once more afterwards.
update sync_state set nudged_at = now(), next_run_at = least(next_run_at, now()), enabled = true
where account_id = any(%(accounts)s) and lane = 'live'
  and (%(stream)s = '' or stream = %(stream)s) and (%(resource)s = '' or resource = %(resource)s);

-- name: found
-- A resource that nobody discovered yet, by no stream, and its live cursor.
with unknown as (
    insert into resource (account_id, stream, id, name, facts)
    select a, '', %(resource)s, %(resource)s, %(facts)s::jsonb from unnest(%(accounts)s::uuid[]) a
    where not exists (select from resource r where r.account_id = a and r.id = %(resource)s)
    on conflict do nothing
)
insert into sync_state (account_id, stream, resource)
select a, %(stream)s, %(resource)s from unnest(%(accounts)s::uuid[]) a
on conflict do nothing;

-- name: put_resources
-- Walks look again at what changed its facts, but for facts that another stream told before.
with told as (
    select * from unnest(%(ids)s::text[], %(facts)s::text[]) t (id, facts)
), changed as (
    update sync_state s set nudged_at = now(), next_run_at = least(s.next_run_at, now())
    from told t join resource r on r.account_id = %(account_id)s and r.stream = %(stream)s and r.id = t.id
    where s.account_id = %(account_id)s and s.resource = t.id and s.lane = 'live' and r.facts <> t.facts::jsonb
      and not exists (
        select from resource o where o.account_id = %(account_id)s and o.id = t.id and o.facts = t.facts::jsonb
      )
)
insert into resource (account_id, stream, id, name, facts, walk)
select %(account_id)s, %(stream)s, r.id, r.name, r.facts::jsonb, %(walk)s
from unnest(%(ids)s::text[], %(names)s::text[], %(facts)s::text[]) r (id, name, facts)
on conflict (account_id, stream, id) do update
set name = excluded.name, facts = excluded.facts, walk = coalesce(excluded.walk, resource.walk);

-- name: drop_resources
-- Resources that a complete walk did not list: access is gone, so their walks and routes go too.
with gone as (
    delete from resource
    where account_id = %(account_id)s and stream = %(stream)s and walk is distinct from %(walk)s
    returning id
), states as (
    delete from sync_state where account_id = %(account_id)s and resource in (select id from gone)
    returning run_id
), routes as (
    delete from route
    where account_id = %(account_id)s and origin in (select %(stream)s || ':' || id from gone)
), runs as (
    update sync_run r set units = units - n
    from (select run_id, count(*) n from states where run_id is not null group by run_id) s where r.id = s.run_id
)
select count(*) from gone;

-- name: resources
select id, name, facts from resource where account_id = %(account_id)s order by id;

-- name: told
select facts from resource where account_id = %(account_id)s and stream = '' and id = '';

-- name: tell
-- What is said of the account itself, for its own walks, which look at once.
with kept as (
    insert into resource (account_id, stream, id, facts) values (%(account_id)s, '', '', %(facts)s::jsonb)
    on conflict (account_id, stream, id) do update set facts = (resource.facts || excluded.facts) - %(gone)s::text[]
)
update sync_state set nudged_at = now(), next_run_at = least(next_run_at, now()), enabled = true
where account_id = %(account_id)s and resource = '' and lane = 'live';

-- name: attempted
-- Whether a stream of the account was walked to its end, failed, or is not there.
select not exists (
    select from sync_state where account_id = %(account_id)s and stream = %(stream)s and lane = 'live'
      and last_success_at is null and last_error = ''
);

-- name: lag
-- Per source: how many walks wait, and since when the longest-waiting one is due, in seconds.
select s.stream, count(*), count(*) filter (where s.error_count > 0),
       coalesce(extract(epoch from now() - min(s.next_run_at) filter (where s.next_run_at < now())), 0)::float8,
       max(s.last_success_at)
from sync_state s join connected_account a on a.id = s.account_id
where a.provider = %(provider)s and s.enabled and a.status = 'active' and a.sync_enabled
group by s.stream order by s.stream;
