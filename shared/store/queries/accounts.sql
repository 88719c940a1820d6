-- name: one
-- One account as its owner may see it; a user who is not the owner gets nothing.
select id, provider, user_id, provider_account_id, name, email, status, error_message, scopes,
       sync_enabled, last_sync_at, token_expires_at, created_at
from connected_account
where id = %(id)s and provider = %(provider)s
  and (%(user_id)s::text is null or user_id = %(user_id)s)

-- name: page
-- One provider's accounts in the order of their ids, after the given one.
select id, provider, user_id, provider_account_id, name, email, status, error_message, scopes,
       sync_enabled, last_sync_at, token_expires_at, created_at
from connected_account
where provider = %(provider)s and id > %(after)s
  and (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(status)s::text is null or status = %(status)s)
order by id
limit %(limit)s

-- name: claim
-- The account's row, new or known, locked until the transaction ends; nothing while it is being deleted.
insert into connected_account (user_id, provider, provider_account_id, name, email, scopes)
values (%(user_id)s, %(provider)s, %(provider_account_id)s, %(name)s, %(email)s, %(scopes)s)
on conflict (user_id, provider, provider_account_id) do update
    set name = excluded.name, email = excluded.email, scopes = excluded.scopes, updated_at = now()
    where connected_account.status <> 'deleting'
returning id

-- name: connect
-- The account is open with new credentials; a refresh that was running loses its fence.
update connected_account
set token_ct = %(token_ct)s, dek_wrapped = %(dek_wrapped)s, token_kid = %(token_kid)s,
    token_expires_at = %(expires_at)s, token_gen = token_gen + 1, status = 'active',
    error_message = '', error_since = null, refresh_lease_until = '-infinity',
    refresh_started_at = now(), refresh_refused_at = null, updated_at = now()
where id = %(id)s
returning id, provider, user_id, provider_account_id, name, email, status, error_message, scopes,
          sync_enabled, last_sync_at, token_expires_at, created_at

-- name: set_sync
-- Switch an account's sync on or off, for its owner only.
update connected_account set sync_enabled = %(enabled)s, updated_at = now()
where id = %(id)s and provider = %(provider)s and status <> 'deleting'
  and (%(user_id)s::text is null or user_id = %(user_id)s)
returning id, provider, user_id, provider_account_id, name, email, status, error_message, scopes,
          sync_enabled, last_sync_at, token_expires_at, created_at

-- name: set_status
-- What became of an account; one that is being deleted stays so. Nothing when it was so already.
update connected_account
set status = %(status)s, error_message = %(message)s, updated_at = now(),
    error_since = case when %(status)s = 'active' then null else coalesce(error_since, now()) end
where id = %(id)s and status not in ('deleting', %(status)s)
  and (%(gen)s::bigint is null or token_gen = %(gen)s)
returning id, provider, user_id, provider_account_id, name, email, status, error_message, scopes,
          sync_enabled, last_sync_at, token_expires_at, created_at

-- name: credentials
-- The encrypted credentials and everything that decides whether they are to be refreshed.
select status, error_message, token_ct, dek_wrapped, token_kid, token_gen,
       refresh_lease_until > now(),
       refresh_refused_at > now() - make_interval(secs => %(again)s)
from connected_account
where id = %(id)s

-- name: take_lease
-- T_a: the right to refresh these credentials, to one caller at a time over all replicas. A lease that
-- ran out says that its holder died, maybe with the answer: the provider's next refusal is the last one.
update connected_account
set token_gen = token_gen + 1, refresh_started_at = now(),
    refresh_refused_at = case
        when refresh_lease_until >= refresh_started_at + make_interval(secs => %(lease)s)
        then '-infinity' else refresh_refused_at end,
    refresh_lease_until = now() + make_interval(secs => %(lease)s)
where id = %(id)s and status in ('active', 'error') and token_gen = %(gen)s
  and refresh_lease_until < now()
returning token_gen

-- name: store_token
-- T_b: what the refresh brought, unless someone raised the fence meanwhile.
update connected_account
set token_ct = %(token_ct)s, dek_wrapped = %(dek_wrapped)s, token_kid = %(token_kid)s,
    token_expires_at = %(expires_at)s, refresh_lease_until = '-infinity',
    refresh_refused_at = null, updated_at = now()
where id = %(id)s and token_gen = %(gen)s
returning id

-- name: release_lease
-- The refresh did not work out; the next attempt is allowed after a pause.
update connected_account set refresh_lease_until = now() + make_interval(secs => %(pause)s)
where id = %(id)s and token_gen = %(gen)s

-- name: refuse_grant
-- The provider called the grant dead. The first refusal is remembered; true when one stood long enough.
update connected_account
set refresh_refused_at = coalesce(refresh_refused_at, now()), refresh_lease_until = '-infinity'
where id = %(id)s and token_gen = %(gen)s
returning refresh_refused_at <= now() - make_interval(secs => %(again)s)

-- name: due
-- Whose credentials expire soon, or have a refresh token that was not used for a day.
select id from connected_account
where provider = %(provider)s and status = 'active' and token_expires_at is not null
  and refresh_lease_until < now()
  and (refresh_refused_at is null or refresh_refused_at < now() - interval '60 seconds')
  and (token_expires_at < now() + interval '5 minutes'
       or (%(rotating)s and coalesce(refresh_started_at, created_at) < now() - interval '24 hours'))
order by token_expires_at
limit %(limit)s

-- name: lock_wrapped
-- Accounts whose key is wrapped by another than the current one; rows in use are passed over.
select id, provider, dek_wrapped from connected_account
where dek_wrapped is not null and token_kid <> %(kid)s and id > %(after)s
order by id
limit %(limit)s
for update skip locked

-- name: store_wrapped
update connected_account set dek_wrapped = %(dek_wrapped)s, token_kid = %(kid)s where id = %(id)s

-- name: begin_deletion
-- D1: the account stops for good, and any refresh that is running loses its fence.
update connected_account
set status = 'deleting', error_message = '', token_gen = token_gen + 1, sync_enabled = false,
    refresh_lease_until = '-infinity', updated_at = now()
where id = %(id)s and provider = %(provider)s and status <> 'deleting'
  and (%(user_id)s::text is null or user_id = %(user_id)s)
returning id, provider, user_id, provider_account_id, name, email, status, error_message, scopes,
          sync_enabled, last_sync_at, token_expires_at, created_at

-- name: forget_outbox
delete from outbox where account_id = %(id)s

-- name: forget_sync
delete from sync_state where account_id = %(id)s

-- name: forget_items
delete from item where account_id = %(id)s

-- name: forget_resources
delete from resource where account_id = %(id)s

-- name: forget_letters
delete from dead_letter where account_id = %(id)s

-- name: forget_inbox
-- Deliveries that wait for this account alone, because it was switched off.
delete from webhook_inbox i using route r
where r.account_id = %(id)s and i.provider = r.provider and i.state = 'unrouted'
  and i.keys && array[r.key]
  and not exists (select from route o where o.provider = i.provider and o.account_id <> %(id)s
                  and (o.key = any(i.keys) or o.key = '*'))

-- name: forget_routes
delete from route where account_id = %(id)s

-- name: lease_deletions
-- Deletions that nobody works on, leased to the caller.
update connected_account
set refresh_lease_until = now() + make_interval(secs => %(lease)s)
where id in (
    select id from connected_account
    where provider = %(provider)s and status = 'deleting' and refresh_lease_until < now()
    order by updated_at limit %(limit)s for update skip locked)
returning id, provider, user_id, provider_account_id, name, email, status, error_message, scopes,
          sync_enabled, last_sync_at, token_expires_at, created_at

-- name: erase_credentials
-- D3: nothing that is stored opens the account any more.
update connected_account set token_ct = null, dek_wrapped = null, token_kid = null
where id = %(id)s and status = 'deleting'

-- name: remove
-- D4
delete from connected_account where id = %(id)s and status = 'deleting'
