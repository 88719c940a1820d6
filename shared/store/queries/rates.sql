-- name: take
-- Takes one of `capacity` tokens, which come back evenly over `per` seconds. No row: the key is
-- paused, or fewer than `keep` tokens would be left. `resuming`: a pause ended within ten seconds.
-- The table is unlogged, so nobody waits for the disk.
insert into rate_bucket as b (key, tokens, at)
select %(key)s::text, %(capacity)s::float8 - 1, clock_timestamp()
  from set_config('synchronous_commit', 'off', true)
on conflict (key) do update
   set tokens = least(%(capacity)s::float8, b.tokens
         + greatest(extract(epoch from clock_timestamp() - b.at)::float8, 0) * %(capacity)s / %(per)s) - 1,
       at = greatest(b.at, clock_timestamp())
 where b.not_before <= clock_timestamp()
   and least(%(capacity)s::float8, b.tokens
         + greatest(extract(epoch from clock_timestamp() - b.at)::float8, 0) * %(capacity)s / %(per)s) - 1 >= %(keep)s
returning tokens, not_before > clock_timestamp() - interval '10 seconds' as resuming

-- name: wait
-- How many seconds until `take` may succeed.
select greatest(
         extract(epoch from b.not_before - clock_timestamp())::float8,
         extract(epoch from b.at - clock_timestamp())::float8
           + (%(keep)s + 1 - b.tokens) * %(per)s / %(capacity)s,
         0.001)
  from rate_bucket b where b.key = %(key)s

-- name: paused
-- Seconds until the pause of a key ends; not positive: it ended that long ago. No row: there was none.
select extract(epoch from not_before - clock_timestamp())::float8
  from rate_bucket where key = %(key)s and not_before > '-infinity'

-- name: pause
-- Stops a key in every replica; a longer pause that is already there holds. What comes after it is
-- metered by a second bucket, which begins to fill when the pause ends; it is paused as well, for
-- those who looked at the first one just before.
with stop as (
  insert into rate_bucket as b (key, tokens, at, not_before)
  select %(key)s::text, 'infinity', clock_timestamp(), clock_timestamp() + make_interval(secs => %(seconds)s)
    from set_config('synchronous_commit', 'off', true)
  on conflict (key) do update set not_before = greatest(b.not_before, excluded.not_before)
  returning not_before)
insert into rate_bucket as b (key, tokens, at, not_before)
select %(key)s::text || '+resume', 1, not_before, not_before from stop
on conflict (key) do update set tokens = 1, at = excluded.at, not_before = excluded.not_before

-- name: sweep
-- Forgets the keys that nobody used for a day: a bucket is full again by then.
delete from rate_bucket where at < now() - interval '1 day' and not_before < now()
