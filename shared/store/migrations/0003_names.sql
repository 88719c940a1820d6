-- What an account's provider calls the ids that payloads mention: people, channels.
create table known_name (
    account_id  uuid not null references connected_account on delete cascade,
    id          text not null,
    name        text not null,
    primary key (account_id, id)
);
