-- name: add
insert into api_key (id, secret_sha256, name, scopes, user_id, expires_at)
values (%(id)s, %(secret_sha256)s, %(name)s, %(scopes)s, %(user_id)s,
        now() + make_interval(days => %(days)s))

-- name: live
-- A key that is neither revoked nor over.
select id, secret_sha256, name, scopes, user_id from api_key
where id = %(id)s and revoked_at is null and expires_at > now()

-- name: used
-- Note the use, at most once a minute.
update api_key set last_used_at = now()
where id = %(id)s and (last_used_at is null or last_used_at < now() - interval '1 minute')

-- name: revoke
update api_key set revoked_at = now() where id = %(id)s and revoked_at is null

-- name: all
select id, name, scopes, user_id, created_at, expires_at, last_used_at, revoked_at
from api_key order by created_at
