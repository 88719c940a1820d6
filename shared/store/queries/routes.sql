-- name: add
insert into route (provider, key, account_id, origin)
select %(provider)s, c.key, %(account_id)s, c.origin from unnest(%(origins)s::text[], %(keys)s::text[]) c (origin, key)
on conflict do nothing;

-- name: drop_others
-- What these origins no longer claim.
delete from route
where provider = %(provider)s and account_id = %(account_id)s and origin = any(%(all)s)
  and (origin, key) not in (select * from unnest(%(origins)s::text[], %(keys)s::text[]));

-- name: owners
-- Who claims these keys; `*` is asked for like any other key.
select distinct r.key, r.account_id from route r
join connected_account a on a.id = r.account_id and a.status not in ('deleting', 'revoked') and a.sync_enabled
where r.provider = %(provider)s and r.key = any(%(keys)s);

-- name: of_account
select key, origin from route where account_id = %(account_id)s order by key;
