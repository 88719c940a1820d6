-- name: accounts
select status, count(*) from connected_account where provider = %(provider)s group by status order by status;

-- name: last_sync
select max(last_sync_at) from connected_account where provider = %(provider)s;

-- name: subscriptions
select s.status, count(*), min(s.expires_at) from subscription s
join connected_account a on a.id = s.account_id
where a.provider = %(provider)s group by s.status order by s.status;

-- name: trace
-- What is known of a delivery or an event, wherever it stands at the moment.
select 'inbox', state || case when last_error <> '' then ': ' || last_error else '' end, received_at
from webhook_inbox where provider = %(provider)s and delivery_id = %(what)s
union all
select 'outbox', subject, created_at from outbox where event_id = %(what)s
union all
select 'dead letter', kind || ': ' || error, at from dead_letter where provider = %(provider)s and what = %(what)s
union all
select 'seen', 'the delivery was stored', seen_at from webhook_seen
where provider = %(provider)s and key = sha256(convert_to('id', 'UTF8') || '\x00'::bytea || convert_to(%(what)s, 'UTF8'));
