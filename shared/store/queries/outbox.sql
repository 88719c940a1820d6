-- name: lanes
-- The shards that have something to publish.
select s from generate_series(0, %(shards)s - 1) s
where exists (select from outbox where shard = s and dead_reason is null);

-- name: lock_shard
-- One relay at a time works on a shard, over all replicas; freed at the end of the transaction.
select pg_advisory_xact_lock(%(space)s, %(shard)s);

-- name: try_shard
select pg_try_advisory_xact_lock(%(space)s, %(shard)s);

-- name: due
select id, account_id, subject, event_id, headers, payload from outbox
where shard = %(shard)s and dead_reason is null order by id limit %(limit)s;

-- name: delete
delete from outbox where id = any(%(ids)s);

-- name: bury
-- Never publishable: a copy goes to the dead letters, the row makes way for those behind it.
with dead as (
    delete from outbox where id = %(id)s returning account_id, event_id, headers, payload, subject
)
insert into dead_letter (kind, provider, account_id, what, headers, body, error)
select 'event', coalesce(a.provider, ''), dead.account_id, dead.event_id,
       convert_to((convert_from(dead.headers, 'UTF8')::jsonb || jsonb_build_object('subject', dead.subject))::text, 'UTF8'),
       dead.payload, %(reason)s
from dead left join connected_account a on a.id = dead.account_id;

-- name: depth
select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::float8
from outbox where dead_reason is null;

-- name: count
-- In one order, so that two relays never wait for each other.
insert into event_count (source, type, hour, n)
select source, type, date_trunc('hour', now()), n
from unnest(%(sources)s::text[], %(types)s::text[], %(counts)s::bigint[]) t (source, type, n)
order by source, type
on conflict (source, type, hour) do update set n = event_count.n + excluded.n;

-- name: counts
select source, type, sum(n)::bigint from event_count
where hour > now() - interval '24 hours' and source = any(%(sources)s) group by source, type order by source, type;

-- name: forget_counts
delete from event_count where hour < now() - interval '48 hours';
