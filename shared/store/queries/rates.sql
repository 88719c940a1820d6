-- name: take
-- Takes `units` from a bucket, leaving `share` of it behind, or says how many seconds that has to wait.
-- The bucket holds `capacity` units, which come back evenly over `per` seconds. Each ten minutes that
-- are left until it is whole halve it, to a 64th at most, but not below one unit a minute.
-- `resumed`: the one of its keys whose pause ended within ten seconds. Neither left nor wait: somebody
-- made the row meanwhile. The table is unlogged, so nobody waits for the disk.
with clock as materialized (
  select extract(epoch from clock_timestamp())::float8 as now
    from set_config('synchronous_commit', 'off', true)
), held as materialized (
  select key, tokens, extract(epoch from at)::float8 as at, extract(epoch from whole_at)::float8 as whole_at,
         extract(epoch from not_before)::float8 as ends
    from rate_bucket where key = %(key)s for update
), stop as (
  -- Of its own key as it is now that it is locked: a pause may have come while this waited for it.
  select key, ends from held
  union all
  select key, extract(epoch from not_before)::float8 from rate_bucket where key = %(whole)s and key <> %(key)s
  order by ends desc limit 1
), observed as (
  select now, coalesce(tokens, 'infinity') as tokens, greatest(coalesce(at, 0), now) as at,
         greatest(now - at, 0) as passed,
         least(%(capacity)s, greatest(%(per)s / 60, %(capacity)s
           * power(0.5, least(ceil(greatest(coalesce(whole_at, 0) - now, 0) / 600), 6)))) as given
    from clock left join held on true
), bucket as (
  select now, at, given / %(per)s as rate, %(units)s + %(share)s * greatest(given, %(units)s) as needed,
         least(greatest(given, %(units)s + %(share)s * greatest(given, %(units)s)),
               tokens + coalesce(passed, 0) * given / %(per)s) as have,
         coalesce((select ends from stop), 0) - now as paused
    from observed
), taken as (
  insert into rate_bucket as b (key, tokens, at)
  select %(key)s, have - %(units)s, to_timestamp(at) from bucket where have >= needed and paused <= 0
  on conflict (key) do update set tokens = excluded.tokens, at = excluded.at where exists (select from held)
  returning tokens
)
select (select tokens from taken),
       case when have < needed or paused > 0
            then greatest(paused, at - now + (needed - have) / rate, 0.001) end,
       (select key from stop where ends > now - 10)
  from bucket

-- name: owe
-- Takes `units` from a bucket whether it holds them or not: what is missing has to come back first.
insert into rate_bucket as b (key, tokens, at)
select %(key)s::text, %(capacity)s::float8 - %(units)s, now
  from clock_timestamp() now, set_config('synchronous_commit', 'off', true)
on conflict (key) do update
   set tokens = least(%(capacity)s, b.tokens
         + greatest(extract(epoch from excluded.at - b.at)::float8, 0) * %(capacity)s / %(per)s) - %(units)s,
       at = greatest(b.at, excluded.at)

-- name: ease
-- Seconds until a bucket that was refused is whole again.
select extract(epoch from whole_at - clock_timestamp())::float8 from rate_bucket where key = %(key)s

-- name: paused
-- Which of two keys was paused last, and the seconds until that ends; not positive: it ended that long
-- ago. No row: there was none.
select key, extract(epoch from not_before - clock_timestamp())::float8 as ends
  from rate_bucket where key in (%(key)s, %(whole)s) and not_before > '-infinity'
 order by not_before desc limit 1

-- name: pause
-- Stops a key in every replica; a longer pause that is already there holds. One that `learns` has half
-- of its bucket for the next ten minutes: once for a pause, however many calls it meets. What comes
-- after a pause is metered by a second bucket, which begins to fill when the pause ends; it is paused
-- as well, for those who looked at the first one just before.
with stop as (
  insert into rate_bucket as b (key, tokens, at, not_before, whole_at)
  select %(key)s::text, 'infinity', now, now + make_interval(secs => %(seconds)s),
         case when %(learns)s then now + interval '10 minutes' else 'epoch' end
    from clock_timestamp() now, set_config('synchronous_commit', 'off', true)
  on conflict (key) do update
     set not_before = greatest(b.not_before, excluded.not_before),
         whole_at = case when %(learns)s and b.not_before <= excluded.at
           then least(greatest(b.whole_at, excluded.at) + interval '10 minutes', excluded.at + interval '1 hour')
           else b.whole_at end
  returning not_before)
insert into rate_bucket as b (key, tokens, at, not_before)
select %(key)s::text || '+resume', 1, not_before, not_before from stop
on conflict (key) do update set tokens = 1, at = excluded.at, not_before = excluded.not_before

-- name: sweep
-- Forgets the keys that nobody used for a day: a bucket is full again by then.
delete from rate_bucket where at < now() - interval '1 day' and not_before < now()
