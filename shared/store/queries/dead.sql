-- name: put
insert into dead_letter (kind, provider, account_id, what, headers, body, error, attempts)
values (%(kind)s, %(provider)s, %(account_id)s, %(what)s, %(headers)s, %(body)s, %(error)s, %(attempts)s);

-- name: list
select id, kind, account_id, what, error, attempts, at, replayed_at, octet_length(body) from dead_letter
where provider = %(provider)s and (%(before)s::bigint is null or id < %(before)s)
  and (%(open)s is false or replayed_at is null)
order by id desc limit %(limit)s;

-- name: take
-- For a replay: only once at a time.
update dead_letter set replayed_at = now()
where id = %(id)s and provider = %(provider)s and replayed_at is null
returning kind, account_id, what, headers, body;

-- name: replay_webhook
insert into webhook_inbox (provider, delivery_id, method, query, headers, body)
values (%(provider)s, %(what)s, %(method)s, %(query)s, %(headers)s, %(body)s);

-- name: count
select kind, count(*) from dead_letter where provider = %(provider)s and replayed_at is null group by kind;

-- name: forget
-- Kinds that nobody declared are kept for a week; everything else until a person looked at it, 90 days at most.
delete from dead_letter
where provider = %(provider)s
  and at < now() - case kind when 'unsupported' then interval '7 days' else interval '90 days' end;
