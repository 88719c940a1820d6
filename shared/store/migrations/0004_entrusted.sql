-- The secret that a provider made for its webhook and said once, sealed; one at a time.
create table entrusted_secret (
    provider    text primary key,
    sealed      bytea not null,
    received_at timestamptz not null default now()
);
