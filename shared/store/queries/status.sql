-- name: accounts
select status, count(*) from connected_account where provider = %(provider)s group by status order by status;

-- name: last_sync
select max(last_sync_at) from connected_account where provider = %(provider)s;

-- name: subscriptions
select s.status, count(*), min(s.expires_at) from subscription s
join connected_account a on a.id = s.account_id
where a.provider = %(provider)s group by s.status order by s.status;

-- name: trace
-- What is known of a delivery or an event of the provider, wherever it stands at the moment, oldest first.
select stage, detail, note, at from (
    select 'seen' as stage, '' as detail, '' as note, seen_at as at from webhook_seen
    where provider = %(provider)s and key = sha256(convert_to('id', 'UTF8') || '\x00'::bytea || convert_to(%(what)s, 'UTF8'))
    union all
    select state, attempts::text, case state when 'unrouted' then array_to_string(keys, ', ') else last_error end, received_at
    from webhook_inbox where provider = %(provider)s and delivery_id = %(what)s
    union all
    select 'outbox', o.subject, coalesce(o.dead_reason, ''), o.created_at
    from outbox o join connected_account a on a.id = o.account_id
    where a.provider = %(provider)s and o.event_id = %(what)s
    union all
    select case when replayed_at is null then 'dead' else 'replayed' end, kind, error, at
    from dead_letter where provider = %(provider)s and what = %(what)s
) found order by at, stage = 'seen' desc;
