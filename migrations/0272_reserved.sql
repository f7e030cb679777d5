-- Reserved GPUs are a grant's own from start to end, and charged by time.

alter table requests add column mode grant_mode;
alter table grants add column charged_until timestamptz;
-- The service's own records: time of reserved GPUs.
alter table usage_records add column by_time boolean not null default false;

-- At every instant from a moment on, reserved grants of an offer have at most the GPUs of its tranches.
create function is_over_reserved(root uuid, offer uuid, since timestamptz) returns boolean language sql stable as $$
    with reserved as (
        select starts_at, expires_at, gpus from grants
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

create function refuse_over_reservation() returns trigger language plpgsql as $$
begin
    if is_over_reserved(new.root_programme_id, new.offer_id, new.updated_at) then
        raise exception 'more GPUs would be reserved than there are' using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create constraint trigger reserved_gpus_are_there after insert on grants
    deferrable initially deferred for each row when (new.mode = 'reserved') execute function refuse_over_reservation();
create constraint trigger reserved_gpus_stay after update on offer_tranches
    deferrable initially deferred for each row when (new.gpus < old.gpus and old.status = 'open')
    execute function refuse_over_reservation();
