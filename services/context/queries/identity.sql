-- name: relink
-- Counts what joins two keys; tells what is new.
insert into context.link as l (key, alias, n)
select * from unnest(%(keys)s::uuid[], %(aliases)s::uuid[], %(counts)s::int[]) order by 1, 2
on conflict (key, alias) do update set n = l.n + excluded.n
returning key, alias, xmax = 0;

-- name: unlink
-- Drops what nothing says any more.
delete from context.link l using unnest(%(keys)s::uuid[], %(aliases)s::uuid[]) t (key, alias)
where l.key = t.key and l.alias = t.alias and l.n <= 0 returning l.key, l.alias;

-- name: known
select key, person from context.identity where key = any(%(keys)s);

-- name: unseen
-- Which of these keys are in no item any more.
select k from unnest(%(keys)s::uuid[]) k
where not exists (select from context.appearance where key = k)
  and not exists (select from context.link where alias = k);

-- name: members
select key from context.identity where person = any(%(people)s);

-- name: links
select key, alias from context.link where key = any(%(keys)s)
union select key, alias from context.link where alias = any(%(keys)s);

-- name: drop
delete from context.identity where key = any(%(keys)s);

-- name: add
insert into context.identity (key, user_id, kind, value, person)
select * from unnest(%(keys)s::uuid[], %(users)s::text[], %(kinds)s::text[], %(values)s::text[], %(people)s::uuid[]);

-- name: move
update context.identity i set person = t.person
from unnest(%(keys)s::uuid[], %(people)s::uuid[]) t (key, person) where i.key = t.key and i.person <> t.person;

-- name: refresh
-- What a key's appearances say, each found by an index: nothing here grows with their number.
update context.identity i set
    name = coalesce(n.name, ''), named_at = n.at, first_seen = f.at, last_seen = l.at,
    automated = exists (select from context.appearance where key = k and automated),
    own = exists (select from context.appearance where key = k and own)
from unnest(%(keys)s::uuid[]) k
left join lateral (select name, at from context.appearance where key = k and name <> '' order by at desc, name desc limit 1) n on true
left join lateral (select at from context.appearance where key = k order by at limit 1) f on true
left join lateral (select at from context.appearance where key = k order by at desc limit 1) l on true
where i.key = k;

-- name: tell
-- A person is what its keys say together.
insert into context.person (id, user_id, name, first_seen, last_seen, automated, own)
select person, user_id,
       coalesce((array_agg(name order by named_at desc, name desc) filter (where name <> ''))[1], ''),
       min(first_seen), max(last_seen), bool_or(automated), bool_or(own)
from context.identity where person = any(%(people)s) group by person, user_id
on conflict (id) do update set
    name = excluded.name, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
    automated = excluded.automated, own = excluded.own;

-- name: drop_people
-- Whoever has no key left is nobody.
delete from context.person p where id = any(%(people)s)
    and not exists (select from context.identity where person = p.id);
