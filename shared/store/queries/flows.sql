-- name: add
insert into oauth_flow (id, ticket_sha256, user_id, provider, verifier_ct, scopes, redirect_uri,
                        return_to, expires_at)
values (%(id)s, %(ticket)s, %(user_id)s, %(provider)s, %(verifier_ct)s, %(scopes)s,
        %(redirect_uri)s, %(return_to)s, now() + make_interval(secs => %(life)s))
returning expires_at

-- name: open
-- The one-time link, opened once: from here on the flow belongs to one browser.
update oauth_flow set ticket_sha256 = null, state_sha256 = %(state)s, session_sha256 = %(session)s
where ticket_sha256 = %(ticket)s and provider = %(provider)s and used_at is null
  and expires_at > now()
returning id, user_id, verifier_ct, scopes, redirect_uri, return_to

-- name: consume
-- The callback, once, in the browser that opened the link; of many at the same time one gets a row.
update oauth_flow set used_at = now()
where state_sha256 = %(state)s and session_sha256 = %(session)s and provider = %(provider)s
  and used_at is null and expires_at > now()
returning id, user_id, verifier_ct, scopes, redirect_uri, return_to

-- name: forget
-- Flows that ended a day ago.
delete from oauth_flow where expires_at < now() - interval '1 day'
