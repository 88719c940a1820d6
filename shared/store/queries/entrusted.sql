-- name: put
-- The first one stays: whoever comes later is not told from a stranger.
insert into entrusted_secret (provider, sealed) values (%(provider)s, %(sealed)s) on conflict do nothing;

-- name: get
select sealed from entrusted_secret where provider = %(provider)s;

-- name: lock_all
select provider, sealed from entrusted_secret order by provider for update;

-- name: store
update entrusted_secret set sealed = %(sealed)s where provider = %(provider)s;

-- name: drop
delete from entrusted_secret where provider = %(provider)s;
