-- name: active
-- A run that already does what is asked for.
select id from sync_run
where account_id = %(account_id)s and mode = %(mode)s and stream = %(stream)s and status in ('queued', 'running')
order by created_at desc limit 1;

-- name: create
insert into sync_run (account_id, mode, stream, units, started_at, status)
values (%(account_id)s, %(mode)s, %(stream)s, 0, now(), 'running') returning id;

-- name: adopt_live
-- The account's live walks belong to the run and are due now.
update sync_state set run_id = %(run_id)s, next_run_at = now(), enabled = true, error_count = 0,
    nudged_at = case when walking then now() end
where account_id = %(account_id)s and lane = 'live' and (%(stream)s = '' or stream = %(stream)s);

-- name: add_full
-- A second lane from the beginning beside each live cursor, which goes on meanwhile.
insert into sync_state (account_id, stream, resource, lane, run_id)
select account_id, stream, resource, 'full', %(run_id)s from sync_state
where account_id = %(account_id)s and lane = 'live' and (%(stream)s = '' or stream = %(stream)s)
on conflict (account_id, stream, resource, lane) do update
set cursor = null, walk = null, walking = false, run_id = excluded.run_id, gen = sync_state.gen + 1, next_run_at = now();

-- name: add_units
update sync_run set units = units + %(n)s where id = %(run_id)s;

-- name: count
-- What one page brought; the figures of a run are the sums of its pages.
update sync_run
set pages = pages + %(pages)s, listed = listed + %(listed)s, published = published + %(published)s,
    unchanged = unchanged + %(unchanged)s,
    excluded = (
        select coalesce(jsonb_object_agg(k, coalesce((excluded ->> k)::bigint, 0) + coalesce((%(excluded)s::jsonb ->> k)::bigint, 0)), '{}')
        from (select jsonb_object_keys(excluded) k union select jsonb_object_keys(%(excluded)s::jsonb)) keys
    ),
    expected = case when %(expected)s::bigint is null then expected else coalesce(expected, 0) + %(expected)s end
where id = %(run_id)s;

-- name: unit_done
-- One walk less to do; the last one ends the run. Success needs every walk, and every item accounted for.
update sync_run
set units_done = units_done + 1, units_failed = units_failed + %(failed)s::int,
    error = case when %(error)s <> '' then %(error)s else error end,
    status = case
        when units_done + 1 < units then status
        when units_failed + %(failed)s::int > 0 then 'failed'
        when listed <> published + unchanged + (select coalesce(sum(value::bigint), 0) from jsonb_each_text(excluded)) then 'failed'
        else 'success' end,
    finished_at = case when units_done + 1 < units then null else now() end
where id = %(run_id)s and status = 'running'
returning status, listed, published, unchanged, mode;

-- name: detach
-- A walk that failed leaves its run; its cursor stays where it is and is tried again later.
update sync_state set run_id = null
where account_id = %(account_id)s and stream = %(stream)s and resource = %(resource)s and lane = %(lane)s
  and run_id = %(run_id)s;

-- name: drop_full
delete from sync_state
where account_id = %(account_id)s and stream = %(stream)s and resource = %(resource)s and lane = 'full';

-- name: cancel
update sync_run set status = 'cancelled', finished_at = now(), error = %(error)s
where account_id = %(account_id)s and status in ('queued', 'running');

-- name: get
-- A run waits when each of its walks was told to, and none is due before `waiting_seconds`.
select r.id, r.account_id, a.user_id, r.stream, r.mode, r.status, r.units, r.units_done, r.units_failed, r.pages,
       r.listed, r.published, r.unchanged, r.excluded, r.expected, r.error, r.created_at, r.started_at, r.finished_at,
       null, coalesce(waits.reason, ''), waits.seconds
from sync_run r join connected_account a on a.id = r.account_id
left join lateral (
    select min(s.last_error) as reason, extract(epoch from min(s.next_run_at) - now())::float8 as seconds
    from sync_state s where s.account_id = r.account_id and s.run_id = r.id
    having bool_and(s.last_error <> '' and s.next_run_at > now() and s.lease_until < now())
) waits on r.status = 'running'
where a.provider = %(provider)s and (%(id)s::uuid is null or r.id = %(id)s) and (%(user_id)s::text is null or a.user_id = %(user_id)s)
  and (%(account_id)s::uuid is null or r.account_id = %(account_id)s)
  and (%(before)s::timestamptz is null or r.created_at < %(before)s)
order by r.created_at desc limit %(limit)s;

-- name: forget
-- Runs older than thirty days.
delete from sync_run r using connected_account a
where a.id = r.account_id and a.provider = %(provider)s and r.finished_at < now() - interval '30 days';
