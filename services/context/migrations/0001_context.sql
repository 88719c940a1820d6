-- What Messages say of people, events and tasks. Every row but `closed` goes with its account. Rows are
-- derived from the newest version of an item, so they can be made anew from the stream at any time.

create table item (
    id          bigint generated always as identity primary key,
    user_id     text not null,
    account_id  uuid not null,
    source      text not null,
    message_id  text not null,
    sequence    bigint not null,             -- ce-sequence: of two versions the greater one counts
    deleted     boolean not null default false,
    type        text not null,
    at          timestamptz not null,
    thread_id   text not null default '',
    parent_id   text not null default '',
    body        bytea,                       -- the Message; null when it is deleted
    words       tsvector,                    -- with one word that only the user's own items have
    changed_at  timestamptz not null default now(),
    unique (account_id, source, message_id)
);
create index item_of_user on item (user_id, at desc, id desc) where not deleted;
create index item_of_thread on item (user_id, source, md5(thread_id), at) where not deleted;
create index item_below on item (account_id, source, parent_id) where parent_id <> '' and not deleted;
create index item_words on item using gin (words);
create index item_gone on item (changed_at) where deleted;

-- Who was seen in an item. `key` and `alias` are hashes of a user's key of a person: an address, or an
-- id of a source. An appearance that carries both says that they are one person.
create table appearance (
    item        bigint not null references item on delete cascade,
    role        text not null,
    key         uuid not null,
    alias       uuid,
    name        text not null default '',
    at          timestamptz not null,
    automated   boolean not null default false,  -- a list, a robot, a room
    counted     boolean not null default true,   -- one of few enough to know each other by it
    own         boolean not null default false   -- the user, as far as the item tells
);
create index appearance_of_item on appearance (item);
create index appearance_of_key on appearance (key, at);
create index appearance_name on appearance (key, at, name) where name <> '';
create index appearance_automated on appearance (key) where automated;
create index appearance_own on appearance (key) where own;

-- How many appearances say that two keys are one person.
create table link (
    key         uuid not null,
    alias       uuid not null,
    n           integer not null,
    primary key (key, alias)
);
create index link_alias on link (alias);

-- Every key that appears, and the person it leads to: the least key of those that are joined.
create table identity (
    key         uuid primary key,
    user_id     text not null,
    kind        text not null,               -- email, or the source whose id it is
    value       text not null,
    person      uuid not null,
    name        text not null default '',    -- the newest
    named_at    timestamptz,
    first_seen  timestamptz,
    last_seen   timestamptz,
    automated   boolean not null default false,
    own         boolean not null default false
);
create index identity_of_person on identity (person);

create table person (
    id          uuid primary key,
    user_id     text not null,
    name        text not null default '',
    first_seen  timestamptz not null,
    last_seen   timestamptz not null,
    automated   boolean not null,
    own         boolean not null
);
create index person_of_user on person (user_id, last_seen desc, id desc);

create table event (
    item        bigint primary key references item on delete cascade,
    user_id     text not null,
    series      uuid not null,               -- one event, in however many calendars and mails
    precedence  text collate "C" not null,   -- of the rows of one series the greatest tells
    kind        text not null,
    uid         text not null,
    title       text not null,
    starts      timestamptz,
    ends        timestamptz,
    start_text  text not null,
    end_text    text not null,
    all_day     boolean not null,
    cancelled   boolean not null,
    location    text not null,
    link        text not null
);
create index event_of_series on event (series, precedence desc);
create index event_of_user on event (user_id, (coalesce(starts, 'infinity')), series);

create table task (
    id          uuid primary key,
    item        bigint not null references item on delete cascade,
    user_id     text not null,
    at          timestamptz not null,
    rule        text not null,
    title       text not null,
    evidence    text not null,
    state       text not null,               -- what the item says: open, done
    due         text not null default ''
);
create index task_of_user on task (user_id, at desc, id desc);
create index task_of_item on task (item);

-- What the user says of a task; it outlives versions of the item, and goes with the item.
create table mark (
    id          uuid primary key,            -- the task's
    item        bigint not null references item on delete cascade,
    user_id     text not null,
    state       text not null check (state in ('done', 'dismissed')),
    at          timestamptz not null default now()
);
create index mark_of_item on mark (item);

-- Accounts that were deleted, so that a message that comes late brings nothing back.
create table closed (
    account_id  uuid primary key,
    at          timestamptz not null default now()
);

-- Messages that were given up on: where they are in the stream, and why; nothing of what is in them.
create table dead_letter (
    sequence    bigint primary key,
    event_id    text not null,
    account_id  text not null,
    reason      text not null,
    at          timestamptz not null default now()
);
create index dead_letter_of_account on dead_letter (account_id);
