-- name: put
-- Names that were told, the newest of each id; what is known already is not written again.
insert into known_name as k (account_id, id, name)
select a, n.id, n.name
from unnest(%(accounts)s::uuid[]) a, unnest(%(ids)s::text[], %(names)s::text[]) n (id, name)
on conflict (account_id, id) do update set name = excluded.name where k.name <> excluded.name;

-- name: of_account
select id, name from known_name where account_id = %(account_id)s and id = any(%(ids)s);

-- name: of_routes
-- What the accounts that a key leads to call an id; where they differ, it is the same one every time.
select r.key, k.id, max(k.name)
from route r join known_name k on k.account_id = r.account_id
where r.provider = %(provider)s and r.key = any(%(keys)s) and k.id = any(%(ids)s)
group by r.key, k.id;
