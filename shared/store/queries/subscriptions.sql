-- name: want
-- A row for the account and one for each of its resources; those that exist stay as they are, unless
-- `afresh`: then the ones that could not be created are tried now.
insert into subscription as s (account_id, name, resource)
select %(account_id)s, n, '' from unnest(%(names)s::text[]) n
union all
select distinct r.account_id, n, r.id from unnest(%(per_resource)s::text[]) n, resource r
 where r.account_id = %(account_id)s and r.id <> ''
on conflict (account_id, name, resource) do update set next_check_at = now()
 where %(afresh)s and s.status in ('skipped', 'failed');

-- name: hurry_vanished
-- A subscription of a resource that is gone is stopped now, not at its next check.
update subscription s set next_check_at = now()
where s.account_id = %(account_id)s and s.name = any(%(per_resource)s) and s.next_check_at > now()
  and not exists (select from resource r where r.account_id = s.account_id and r.id = s.resource);

-- name: hurry
-- The provider says that one of these needs us: it is renewed at the next look, or created where it is gone.
-- Raising `gen` keeps a look that is under way, and began before, from saying that all is well.
update subscription
set renew_at = now() - interval '1 minute', next_check_at = now(), gen = gen + 1, lease_until = '-infinity'
where account_id = any(%(accounts)s) and name = %(name)s and remote_id <> '';

-- name: lease
-- The subscription that has been due longest, of an account whose token is good.
update subscription u
set gen = u.gen + 1, lease_until = now() + %(lease)s * interval '1 second'
from (
    select s.account_id, s.name, s.resource, a.user_id, a.scopes
    from subscription s
    join connected_account a on a.id = s.account_id
    where a.provider = %(provider)s and a.status in ('active', 'error')
      and s.name = any(%(names)s) and s.next_check_at <= now() and s.lease_until < now()
    order by s.next_check_at limit 1 for update of s skip locked
) due
left join lateral (
    select r.name, r.facts from resource r where r.account_id = due.account_id and r.id = due.resource limit 1
) part on true
where (u.account_id, u.name, u.resource) = (due.account_id, due.name, due.resource)
returning u.account_id, due.user_id, due.scopes, u.name, u.resource, coalesce(part.name, ''), coalesce(part.facts, '{}'),
    case when u.name = any(%(per_resource)s) then part.name is null else u.resource <> '' end,
    u.remote_id, u.facts, u.expires_at, u.renew_at, u.gen, u.error_count;

-- name: settle
-- The subscription lives; only for the holder of the lease.
update subscription
set status = 'active', remote_id = %(remote_id)s, facts = %(facts)s::jsonb, expires_at = %(expires_at)s,
    renew_at = %(renew_at)s, last_error = '', error_count = 0, repaired = repaired + %(repaired)s,
    checked_at = now(), next_check_at = now() + %(seconds)s * interval '1 second', lease_until = '-infinity'
where account_id = %(account_id)s and name = %(name)s and resource = %(resource)s and gen = %(gen)s;

-- name: postpone
-- It did not work, or is not possible: say why and try later; only for the holder of the lease.
update subscription
set status = %(status)s, last_error = %(reason)s, error_count = error_count + 1, checked_at = now(),
    next_check_at = now() + %(seconds)s * interval '1 second', lease_until = '-infinity'
where account_id = %(account_id)s and name = %(name)s and resource = %(resource)s and gen = %(gen)s;

-- name: skip
-- Not possible as things are; nothing exists at the provider. Only for the holder of the lease.
update subscription
set status = 'skipped', last_error = %(reason)s, error_count = 0, remote_id = '', facts = '{}', expires_at = null,
    renew_at = null, checked_at = now(), next_check_at = now() + %(seconds)s * interval '1 second',
    lease_until = '-infinity'
where account_id = %(account_id)s and name = %(name)s and resource = %(resource)s and gen = %(gen)s;

-- name: drop
delete from subscription
where account_id = %(account_id)s and name = %(name)s and resource = %(resource)s and gen = %(gen)s;

-- name: take_all
-- Every subscription of an account, at the end of its life; raising `gen` ends what others are doing.
update subscription u set gen = u.gen + 1, next_check_at = 'infinity'
from connected_account a
where u.account_id = %(account_id)s and a.id = u.account_id
returning u.account_id, a.user_id, a.scopes, u.name, u.resource,
    coalesce((select max(r.name) from resource r where r.account_id = u.account_id and r.id = u.resource), ''),
    coalesce((select r.facts from resource r where r.account_id = u.account_id and r.id = u.resource limit 1), '{}'),
    false, u.remote_id, u.facts, u.expires_at, u.renew_at, u.gen, u.error_count;

-- name: of_account
select name, resource, status, last_error, expires_at, checked_at, repaired
from subscription where account_id = %(account_id)s order by name, resource;

-- name: of_provider
-- What is subscribed for a provider's accounts: trouble first, then what expires soonest.
select a.id, a.user_id, coalesce(nullif(a.name, ''), a.provider_account_id),
       s.name, coalesce((select max(r.name) from resource r where r.account_id = s.account_id and r.id = s.resource), s.resource),
       s.status, s.last_error, s.expires_at, s.checked_at, s.repaired
from subscription s join connected_account a on a.id = s.account_id
where a.provider = %(provider)s and (%(user_id)s::text is null or a.user_id = %(user_id)s)
order by s.status in ('active', 'skipped'), s.expires_at nulls last, a.id, s.name, s.resource limit %(limit)s;
