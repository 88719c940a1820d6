-- The ledger: accounts, what is known of them, what arrived, and what is still to be published.
-- Bodies are bytea: text and jsonb refuse NUL, \u0000 and lone surrogates, which providers do send.

create table connected_account (
    id                  uuid primary key default gen_random_uuid(),
    user_id             text not null check (user_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    provider            text not null,
    provider_account_id text not null,
    name                text not null default '',
    email               text not null default '',
    status              text not null default 'active'
                        check (status in ('active', 'expired', 'revoked', 'error', 'deleting')),
    error_message       text not null default '',
    sync_enabled        boolean not null default true,
    scopes              text[] not null default '{}',
    token_ct            bytea,                       -- encrypted token set; null when nothing opens the account
    dek_wrapped         bytea,                       -- the account's data key, wrapped by the key named token_kid
    token_kid           integer,
    token_expires_at    timestamptz,
    token_gen           bigint not null default 0,   -- the fence: whoever refreshes or deletes raises it
    refresh_lease_until timestamptz not null default '-infinity',
    refresh_started_at  timestamptz,
    refresh_refused_at  timestamptz,                 -- first "this grant is dead"; a second one ends it
    last_sync_at        timestamptz,
    error_since         timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    unique (user_id, provider, provider_account_id)
);
create index connected_account_due on connected_account (provider, token_expires_at) where status = 'active';

-- Which account a webhook is for: repo:555, team:T1, * (whatever nobody claims).
create table route (
    provider    text not null,
    key         text not null,
    account_id  uuid not null references connected_account on delete cascade,
    origin      text not null,                       -- identity, caller, or the resource that brought it
    primary key (provider, key, account_id, origin)
);
create index route_account on route (account_id);

-- Parts of an account with cursors of their own: repositories, channels, calendars.
create table resource (
    account_id  uuid not null references connected_account on delete cascade,
    stream      text not null,                       -- the stream that discovers it
    id          text not null,
    name        text not null default '',
    facts       jsonb not null default '{}',
    walk        uuid,                                -- the last complete walk that listed it
    primary key (account_id, stream, id)
);

-- One run over an account: started by a person, a connection or a recovery.
create table sync_run (
    id          uuid primary key default gen_random_uuid(),
    account_id  uuid not null references connected_account on delete cascade,
    stream      text not null default '',            -- empty: all of them
    mode        text not null check (mode in ('full', 'incremental')),
    status      text not null default 'queued' check (status in ('queued', 'running', 'success', 'failed', 'cancelled')),
    units       integer not null default 0,          -- walks that belong to the run
    units_done  integer not null default 0,
    units_failed integer not null default 0,
    pages       integer not null default 0,
    listed      bigint not null default 0,
    published   bigint not null default 0,
    unchanged   bigint not null default 0,
    excluded    jsonb not null default '{}',         -- reason -> count
    expected    bigint,                              -- the provider's own count, when it tells
    error       text not null default '',
    created_at  timestamptz not null default now(),
    started_at  timestamptz,
    finished_at timestamptz
);
create index sync_run_account on sync_run (account_id, created_at desc);

-- One cursor. The live lane goes on while a full walk runs beside it in the full lane.
create table sync_state (
    account_id  uuid not null references connected_account on delete cascade,
    stream      text not null,
    resource    text not null default '',
    lane        text not null default 'live' check (lane in ('live', 'full')),
    cursor      bytea,                               -- the stream's own struct as JSON; null: from the beginning
    walk        uuid,                                -- set while a walk runs that proves absence
    run_id      uuid references sync_run on delete set null,
    gen         bigint not null default 0,           -- the fence of the lease
    lease_owner text,
    lease_until timestamptz not null default '-infinity',
    next_run_at timestamptz not null default now(),
    walking     boolean not null default false,      -- between the first page of a walk and its end
    nudged_at   timestamptz,                         -- a webhook asked while the walk was running
    last_success_at timestamptz,
    page_no     integer not null default 0,
    error_count integer not null default 0,
    last_error  text not null default '',
    enabled     boolean not null default true,
    primary key (account_id, stream, resource, lane)
);
create index sync_state_due on sync_state (next_run_at) where enabled;
create index sync_state_run on sync_state (run_id) where run_id is not null;

-- The newest version of every item that was ever published, one row an item.
create table item (
    account_id  uuid not null references connected_account on delete cascade,
    source      text not null,
    id          text not null,
    type        text not null,
    revision    text collate "C" not null,
    digest      bytea not null,
    gone        smallint not null default 0,         -- 0 there, 1 absent from a complete walk, 2 deleted by the provider
    life        integer not null default 0,          -- how often it came back after being gone
    stream      text not null default '',
    resource    text not null default '',
    walk        uuid,                                -- the last complete walk that listed it
    primary key (account_id, source, id)
);

create table webhook_seen (
    provider    text not null,
    key         bytea not null,                      -- sha256 of the delivery id, or of the body when there is none
    seen_at     timestamptz not null default now(),
    primary key (provider, key)
);
create index webhook_seen_age on webhook_seen (seen_at);

create table webhook_inbox (
    id          bigserial primary key,
    provider    text not null,
    delivery_id text not null,
    method      text not null,
    query       text not null,
    headers     bytea not null,                      -- JSON
    body        bytea not null,
    received_at timestamptz not null default now(),
    traceparent text not null default '',
    state       text not null default 'due' check (state in ('due', 'unrouted')),
    keys        text[] not null default '{}',        -- what it would be routed by, once unrouted
    attempts    integer not null default 0,
    next_at     timestamptz not null default now(),
    lease_until timestamptz not null default '-infinity',
    gen         bigint not null default 0,
    last_error  text not null default ''
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
-- Bodies stay for milliseconds: compressing one costs more than all that PostgreSQL does for it otherwise.
alter table webhook_inbox alter column body set storage external, alter column headers set storage external;
create index webhook_inbox_due on webhook_inbox (provider, next_at) where state = 'due';
create index webhook_inbox_keys on webhook_inbox using gin (keys) where state = 'unrouted';

create table outbox (
    id          bigserial primary key,
    shard       smallint not null,
    account_id  uuid not null,
    subject     text not null,
    event_id    text not null,
    headers     bytea not null,                      -- JSON
    payload     bytea not null,
    created_at  timestamptz not null default now(),
    attempts    integer not null default 0,
    dead_reason text                                 -- set: published never, kept for a person
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index outbox_due on outbox (shard, id) where dead_reason is null;
create index outbox_account on outbox (account_id);

create table dead_letter (
    id          bigserial primary key,
    kind        text not null check (kind in ('webhook', 'unsupported', 'record', 'event')),
    provider    text not null,
    account_id  uuid,
    what        text not null,                       -- delivery id, record kind or event id
    headers     bytea not null default '',
    body        bytea not null,
    error       text not null,
    attempts    integer not null default 1,
    at          timestamptz not null default now(),
    replayed_at timestamptz
);
create index dead_letter_open on dead_letter (provider, id) where replayed_at is null;

create table oauth_flow (
    id            uuid primary key default gen_random_uuid(),
    ticket_sha256 bytea unique,                      -- the one-time link; null once it was opened
    state_sha256  bytea unique,
    session_sha256 bytea,                            -- the browser that opened the link
    user_id       text not null,
    provider      text not null,
    verifier_ct   bytea not null,
    scopes        text[] not null,
    redirect_uri  text not null,
    return_to     text not null default '',
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    used_at       timestamptz
);
create index oauth_flow_age on oauth_flow (expires_at);

create table subscription (
    account_id  uuid not null references connected_account on delete cascade,
    name        text not null,
    resource    text not null default '',
    remote_id   text not null default '',
    facts       jsonb not null default '{}',
    expires_at  timestamptz,
    renew_at    timestamptz,                         -- two thirds of its life; null: it never expires
    status      text not null default 'wanted' check (status in ('wanted', 'active', 'failed', 'skipped')),
    last_error  text not null default '',
    checked_at  timestamptz,
    repaired    bigint not null default 0,           -- deliveries asked for again
    next_check_at timestamptz not null default now(),
    gen         bigint not null default 0,
    lease_until timestamptz not null default '-infinity',
    error_count integer not null default 0,
    primary key (account_id, name, resource)
);
create index subscription_due on subscription (next_check_at);

create table api_key (
    id          text primary key,
    secret_sha256 bytea not null,
    name        text not null,
    scopes      text[] not null,
    user_id     text,                                -- bound to one user; null: a backend
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null,
    last_used_at timestamptz,
    revoked_at  timestamptz
);

create unlogged table rate_bucket (
    key         text primary key,
    tokens      double precision not null,
    at          timestamptz not null,
    not_before  timestamptz not null default '-infinity'
);

-- Published events per hour, for /status; counted in the transaction that deletes their outbox rows.
create table event_count (
    source      text not null,
    type        text not null,
    hour        timestamptz not null,
    n           bigint not null,
    primary key (source, type, hour)
);

-- Append only: no statement of the hub updates or deletes here.
create table audit_log (
    id          bigserial primary key,
    at          timestamptz not null default now(),
    actor       text not null,
    user_id     text not null default '',
    account_id  uuid,
    action      text not null,
    outcome     text not null,
    detail      jsonb not null default '{}'
);
create function audit_is_append_only() returns trigger language plpgsql as
$$ begin raise exception 'the audit log is append only'; end $$;
create trigger audit_append_only before update or delete or truncate on audit_log
    for each statement execute function audit_is_append_only();
