-- A grant that ends is first `ending`: usage from before its end is still charged, until its provider says that this was all or the offer's
-- settlement period is over. Then it has `ended`, and what is left returns.

do $$
declare
    one text;
begin
    for one in select conname from pg_constraint
        where conrelid = 'grants'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%status%'
    loop
        execute format('alter table grants drop constraint %I', one);
    end loop;
end $$;

alter table grants
    -- How it ended: by whom, or by itself.
    add column ended_as text check (ended_as in ('closed', 'expired', 'revoked')),
    -- How long usage from before the end is still charged, as the offer said at the award.
    add column settlement_seconds bigint not null default 86400 check (settlement_seconds between 0 and 2592000),
    -- When what is left returns, or has returned.
    add column settles_at timestamptz check (settles_at >= ended_at);
update grants set ended_as = status, status = 'ended', settles_at = ended_at where status <> 'active';
alter table grants
    add constraint grants_status_check check (status in ('active', 'ending', 'ended')),
    add constraint grants_end_whole check ((status = 'active') = (ended_at is null) and (status = 'active') = (ended_as is null)
        and (status = 'active') = (settles_at is null)),
    add constraint grants_ended_empty check (status <> 'ended' or used_gpu_seconds + returned_gpu_seconds = gpu_seconds);
create index grants_to_settle on grants (settles_at) where status = 'ending';

alter table offers add column settlement_seconds bigint not null default 86400 check (settlement_seconds between 0 and 2592000);

-- A programme accepts an offer with its settlement period. It may only become shorter.
create function refuse_longer_settlement() returns trigger language plpgsql as $$
begin
    raise exception 'the programme accepted a shorter settlement period' using errcode = 'restrict_violation';
end $$;
create trigger settlement_only_shrinks before update on offers for each row
    when (old.accepted_at is not null and new.settlement_seconds > old.settlement_seconds)
    execute function refuse_longer_settlement();
