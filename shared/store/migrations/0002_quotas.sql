-- A bucket that was refused is smaller for a while: halved for each ten minutes until it is whole.
alter table rate_bucket add column whole_at timestamptz not null default 'epoch';
