-- What of an offer's tranches passed and was delivered to nobody is no capacity any more. Until when that was looked at.
alter table offers add column passed_seconds bigint not null default 0 check (passed_seconds between 0 and capacity_seconds);
alter table offers add column passed_until timestamptz;
update offers o set passed_seconds = p.seconds
from (select t.debit_account_id, sum(t.amount) as seconds from transfers t where t.reason = 'undelivered' group by 1) p
where o.tranches > 0 and p.debit_account_id = o.capacity_account_id;

-- Reserved GPUs change hands at full seconds. Grants of before, which a person approved, may lie between two: they have the seconds that
-- lie within them.
create or replace function is_over_reserved(root uuid, offer uuid, since timestamptz) returns boolean language sql stable as $$
    with reserved as (
        select to_timestamp(ceil(extract(epoch from starts_at))) as starts_at, to_timestamp(floor(extract(epoch from expires_at)))
            as expires_at, gpus
        from grants
        where root_programme_id = root and offer_id = offer and mode is not null and mode = 'reserved'
            and status not in ('ending', 'ended') and expires_at > since),
    tranches as (
        select starts_at, ends_at, gpus from offer_tranches
        where root_programme_id = root and offer_id = offer and status = 'open' and ends_at > since),
    instants as (
        select greatest(starts_at, since) as at from reserved
        union select ends_at from tranches)
    select exists (
        select from instants i
        where (select coalesce(sum(r.gpus), 0) from reserved r where r.starts_at <= i.at and i.at < r.expires_at)
            > (select coalesce(sum(t.gpus), 0) from tranches t where t.starts_at <= i.at and i.at < t.ends_at))
$$;

create or replace function refuse_over_reservation() returns trigger language plpgsql as $$
begin
    if is_over_reserved(new.root_programme_id, new.offer_id, new.updated_at) then
        raise exception 'more GPUs would be reserved than there are' using errcode = 'restrict_violation';
    end if;
    if tg_table_name = 'grants' and tg_op = 'INSERT' then
        if extract(microseconds from new.starts_at)::bigint % 1000000 <> 0
            or extract(microseconds from new.expires_at)::bigint % 1000000 <> 0 then
            raise exception 'reserved GPUs change hands at full seconds' using errcode = 'restrict_violation';
        end if;
    end if;
    return null;
end $$;
