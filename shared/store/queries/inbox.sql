-- name: put
-- Stores what arrived together; a delivery that was seen in the last 35 days is left out.
with arrived as (
    select * from unnest(
        %(keys)b::bytea[], %(ids)b::text[], %(methods)b::text[], %(queries)b::text[],
        %(headers)b::bytea[], %(bodies)b::bytea[], %(traces)b::text[]
    ) with ordinality as t (key, delivery_id, method, query, headers, body, traceparent, n)
), fresh as (
    insert into webhook_seen (provider, key)
    select distinct %(provider)s, key from arrived order by key
    on conflict do nothing returning key
), once as (
    select distinct on (key) * from arrived order by key, n
)
insert into webhook_inbox (provider, delivery_id, method, query, headers, body, traceparent)
select %(provider)s, delivery_id, method, query, headers, body, traceparent
from once join fresh using (key) order by n
returning id;

-- name: lease
-- The oldest due deliveries that nobody works on; whoever dies holding them loses them after the lease.
update webhook_inbox set gen = gen + 1, attempts = attempts + 1, lease_until = now() + %(lease)s * interval '1 second'
where id in (
    select id from webhook_inbox
    where provider = %(provider)s and state = 'due' and next_at <= now() and lease_until < now()
    order by id limit %(limit)s for update skip locked
)
returning id, gen, attempts, delivery_id, method, query, headers, body, extract(epoch from received_at)::float8, traceparent;

-- name: settle
-- Done with: only by the holder of the lease.
delete from webhook_inbox i using unnest(%(ids)s::bigint[], %(gens)s::bigint[]) as t (id, gen)
where i.id = t.id and i.gen = t.gen;

-- name: park
-- Genuine, but nobody claims it: kept for an account that connects later.
update webhook_inbox set state = 'unrouted', keys = %(keys)s, lease_until = '-infinity'
where id = %(id)s and gen = %(gen)s;

-- name: postpone
-- Not this time; the next try comes after a growing pause.
update webhook_inbox set lease_until = '-infinity', last_error = %(error)s,
    next_at = now() + %(seconds)s * interval '1 second'
where id = %(id)s and gen = %(gen)s;

-- name: revive
-- Somebody claims these keys now.
update webhook_inbox set state = 'due', keys = '{}', next_at = now(), attempts = 0
where provider = %(provider)s and state = 'unrouted' and keys && %(keys)s;

-- name: revive_claimed
-- What was parked while its route was being written, or waited for an account to be switched on.
update webhook_inbox i set state = 'due', keys = '{}', next_at = now(), attempts = 0
where i.provider = %(provider)s and i.state = 'unrouted' and exists (
    select from route r join connected_account a on a.id = r.account_id
    where r.provider = i.provider and (r.key = any(i.keys) or r.key = '*')
      and a.status not in ('deleting', 'revoked') and a.sync_enabled
);

-- name: depth
select count(*) filter (where state = 'due'), count(*) filter (where state = 'unrouted'),
       coalesce(extract(epoch from now() - min(received_at) filter (where state = 'due')), 0)::float8
from webhook_inbox where provider = %(provider)s;

-- name: forget
-- Deliveries seen long ago, and unrouted ones that nobody claimed in seven days.
with old as (delete from webhook_seen where provider = %(provider)s and seen_at < now() - interval '35 days')
delete from webhook_inbox
where provider = %(provider)s and state = 'unrouted' and received_at < now() - interval '7 days';
