-- name: people
-- The user's people, who was seen last first.
select p.id, p.name, p.first_seen, p.last_seen, p.automated, p.own,
       array(select value from context.identity where person = p.id and kind = 'email' order by value)
from context.person p
where user_id = %(user)s and (not automated or %(automated)s)
  and (%(like)s::text is null or name ilike %(like)s or exists (
      select from context.identity i where i.person = p.id and i.value ilike %(like)s))
  and (%(at)s::timestamptz is null or (last_seen, id) < (%(at)s, %(id)s::uuid))
order by last_seen desc, id desc limit %(limit)s;

-- name: whose
-- The keys of the person that one of its keys names; none for somebody else's.
select k.key from context.identity i join context.identity k on k.person = i.person
where i.key = %(id)s and i.user_id = %(user)s and k.user_id = %(user)s;

-- name: person
select p.id, p.name, p.first_seen, p.last_seen, p.automated, p.own,
       array(select value from context.identity where person = p.id and kind = 'email' order by value)
from context.person p
where user_id = %(user)s and id = (select person from context.identity where key = %(id)s and user_id = %(user)s);

-- name: handles
select kind, value from context.identity where key = any(%(keys)s) and kind <> 'email' order by kind, value;

-- name: names
select name from context.appearance where key = any(%(keys)s) and name <> ''
group by name order by max(at) desc, name limit 20;

-- name: roles
select role, count(*) from context.appearance where key = any(%(keys)s) group by role order by role;

-- name: timeline
-- Everything that the person is in, newest first.
select i.at, i.id, i.body, array_agg(distinct a.role order by a.role)
from context.appearance a join context.item i on i.id = a.item
where a.key = any(%(keys)s) and i.user_id = %(user)s
  and (%(at)s::timestamptz is null or (a.at, a.item) < (%(at)s, %(id)s::bigint))
group by i.id order by i.at desc, i.id desc limit %(limit)s;

-- name: events
-- Each event once, by the row that knows best, in the order in which they take place.
select coalesce(e.starts, 'infinity') = 'infinity', e.starts, e.series, e.kind, e.uid, e.title,
       e.start_text, e.end_text, e.all_day, e.cancelled, e.location, e.link, e.item,
       array(select row(i.source, i.message_id, o.kind) from context.event o join context.item i on i.id = o.item
             where o.series = e.series order by o.precedence desc)
from context.event e
where e.user_id = %(user)s
  and not exists (select from context.event o where o.series = e.series and o.precedence > e.precedence)
  and (%(since)s::timestamptz is null or coalesce(e.ends, e.starts) >= %(since)s)
  and (%(until)s::timestamptz is null or e.starts < %(until)s)
  and (not e.cancelled or %(cancelled)s)
  and (%(id)s::uuid is null or (coalesce(e.starts, 'infinity'), e.series) > (coalesce(%(at)s::timestamptz, 'infinity'), %(id)s))
order by coalesce(e.starts, 'infinity'), e.series limit %(limit)s;

-- name: involved
-- Who has these roles in these items.
select a.item, a.role, p.id, p.name, a.name from context.appearance a
join context.identity k on k.key = a.key join context.person p on p.id = k.person
where a.item = any(%(items)s) and a.role = any(%(roles)s) and p.user_id = %(user)s
order by a.item, a.role, p.name, p.id;

-- name: tasks
-- What the user says of a task counts more than what its item says.
select t.at, t.id, t.rule, t.title, t.evidence, coalesce(m.state, t.state), m.state is not null, t.due,
       i.source, i.message_id, i.type, t.item
from context.task t join context.item i on i.id = t.item left join context.mark m on m.id = t.id
where t.user_id = %(user)s and (%(task)s::uuid is null or t.id = %(task)s)
  and (%(state)s::text is null or coalesce(m.state, t.state) = %(state)s)
  and (%(rule)s::text is null or t.rule = %(rule)s)
  and (%(at)s::timestamptz is null or (t.at, t.id) < (%(at)s, %(id)s::uuid))
order by t.at desc, t.id desc limit %(limit)s;

-- name: mark
insert into context.mark (id, item, user_id, state)
select id, item, user_id, %(state)s from context.task where id = %(task)s and user_id = %(user)s
on conflict (id) do update set state = excluded.state, at = now();

-- name: unmark
delete from context.mark where id = %(task)s and user_id = %(user)s;

-- name: relationships
-- Who did what to whom, counted. `keys` narrows it to one person's, before anything is joined.
with said as (
    select i.id, i.type, i.account_id, i.source, i.parent_id, i.at from context.item i
    where i.user_id = %(user)s and not i.deleted and (%(keys)s::uuid[] is null or i.id in (
        select item from context.appearance where key = any(%(keys)s)
        union
        select c.id from context.appearance a join context.item p on p.id = a.item
        join context.item c on c.account_id = p.account_id and c.source = p.source and c.parent_id = p.message_id
        where a.key = any(%(keys)s) and a.role = 'author' and c.parent_id <> '' and not c.deleted))
), who as (
    select distinct s.id, s.type, s.account_id, s.source, s.parent_id, s.at, a.role, k.person
    from said s join context.appearance a on a.item = s.id join context.identity k on k.key = a.key
    where a.counted
), pairs as (
    select distinct f.id, f.at, f.person as one, w.person as other,
           case w.role when 'assignee' then 'assigned' when 'reviewer' then 'asked_for_review'
                       when 'mentioned' then 'mentioned' else 'emailed' end as kind
    from who f join who w on w.id = f.id
    where f.role = 'author' and (w.role in ('assignee', 'reviewer', 'mentioned')
        or (w.role in ('to', 'cc', 'bcc') and f.type = 'email'))
    union all
    select distinct f.id, f.at, f.person, k.person,
           case f.type when 'review' then 'reviewed' else 'replied' end
    from who f
    join context.item p on p.account_id = f.account_id and p.source = f.source and p.message_id = f.parent_id
    join context.appearance a on a.item = p.id and a.role = 'author' and a.counted
    join context.identity k on k.key = a.key
    where f.role = 'author' and f.parent_id <> ''
      and f.type in ('email', 'message', 'comment', 'review', 'review_comment', 'discussion', 'post')
    union all
    select distinct f.id, e.starts, least(f.person, w.person), greatest(f.person, w.person), 'met'
    from context.event e join who f on f.id = e.item join who w on w.id = e.item
    where f.role in ('organizer', 'attendee') and w.role in ('organizer', 'attendee')
      and not e.cancelled and e.kind <> 'invitation' and e.starts <= now()
      and not exists (select from context.event o where o.series = e.series and o.precedence > e.precedence)
)
select count(*), kind, one, other, a.name, b.name, min(at), max(at)
from pairs join context.person a on a.id = one join context.person b on b.id = other
where one <> other and (%(keys)s::uuid[] is null or one = %(person)s or other = %(person)s)
  and (%(kind)s::text is null or kind = %(kind)s)
group by kind, one, other, a.name, b.name
having %(n)s::bigint is null or (count(*), kind, one, other) < (%(n)s, %(after)s::text, %(one)s::uuid, %(other)s::uuid)
order by count(*) desc, kind desc, one desc, other desc limit %(limit)s;

-- name: search
-- The user's own items alone have the user's own word, so the index finds no one else's.
select i.at, i.id, i.body from context.item i
where i.user_id = %(user)s and not i.deleted
  and i.words @@ (websearch_to_tsquery('simple', %(q)s) && quote_literal(chr(1) || %(user)s::text)::tsquery)
  and (%(type)s::text is null or i.type = %(type)s)
  and (%(source)s::text is null or i.source = %(source)s)
  and (%(keys)s::uuid[] is null or exists (select from context.appearance where item = i.id and key = any(%(keys)s)))
  and (%(since)s::timestamptz is null or i.at >= %(since)s)
  and (%(until)s::timestamptz is null or i.at < %(until)s)
  and (%(at)s::timestamptz is null or (i.at, i.id) < (%(at)s, %(id)s::bigint))
order by i.at desc, i.id desc limit %(limit)s;

-- name: snippets
-- Where the words stand in the texts, in the same order; between the marks of `options`.
select ts_headline('simple', t, websearch_to_tsquery('simple', %(q)s), %(options)s)
from unnest(%(texts)s::text[]) with ordinality u (t, n) order by n;

-- name: thread
-- One conversation of the user, oldest first.
select i.at, i.id, i.body from context.item i
where i.user_id = %(user)s and not i.deleted and i.source = %(source)s
  and md5(i.thread_id) = md5(%(thread)s) and i.thread_id = %(thread)s
  and (%(at)s::timestamptz is null or (i.at, i.id) > (%(at)s, %(id)s::bigint))
order by i.at, i.id limit %(limit)s;

-- name: letters
select count(*) from context.dead_letter;
