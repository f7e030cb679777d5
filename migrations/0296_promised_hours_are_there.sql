-- Pooled hours are promised only where one schedule serves everybody. A maximum flow decides that in the service, and "verify" repeats it.
-- The database repeats what follows from it at once: in a stretch of time, grants that may run in it alone need at most what the tranches
-- have there. It asks so of a grant's own dates, of all time up to its end, and of all time. Offers without tranches are never asked.

-- The least that a grant on dated tranches still has to get from a moment on, in GPU-seconds: as if its holder had used all that its GPUs
-- can use before. Whoever used less may find less, and that is no promise broken.
create function least_promised(g grants, since timestamptz) returns numeric language sql immutable as $$
    select case when g.mode = 'reserved' then t.most
        else least(t.most, greatest(0, (g.gpu_seconds - g.used_gpu_seconds - g.returned_gpu_seconds)
            - greatest(0, coalesce(g.most_gpus, g.gpus) * t.passed - g.used_gpu_seconds))) end
    from (select g.gpus * greatest(0, floor(extract(epoch from g.expires_at))
                - ceil(greatest(extract(epoch from since), extract(epoch from g.starts_at)))) as most,
            greatest(0, ceil(extract(epoch from since)) - floor(extract(epoch from g.starts_at))) as passed) t
$$;

-- Whether grants that run between two moments alone need more than the tranches have there from a moment on.
create function is_over_promised(root uuid, offer uuid, since timestamptz, from_at timestamptz, until_at timestamptz) returns boolean
    language sql stable as $$
    select (select coalesce(sum(least_promised(g, since)), 0) from grants g
            where g.root_programme_id = root and g.offer_id = offer and g.mode is not null and g.status not in ('ending', 'ended')
                and g.starts_at >= from_at and g.expires_at <= until_at)
        > (select coalesce(sum(t.gpus
                * greatest(0, extract(epoch from least(t.ends_at, until_at) - greatest(t.starts_at, from_at, since)))), 0)
            from offer_tranches t where t.root_programme_id = root and t.offer_id = offer and t.status = 'open')
$$;

create function refuse_over_promise() returns trigger language plpgsql as $$
begin
    -- Use that is reported, and whatever else leaves what is promised as it was, asks nothing.
    if tg_op = 'UPDATE' and new.gpu_seconds <= old.gpu_seconds and new.starts_at = old.starts_at and new.expires_at = old.expires_at
        and new.gpus = old.gpus then
        return null;
    end if;
    if is_over_promised(new.root_programme_id, new.offer_id, new.updated_at, new.starts_at, new.expires_at)
        or is_over_promised(new.root_programme_id, new.offer_id, new.updated_at, '-infinity', new.expires_at)
        or is_over_promised(new.root_programme_id, new.offer_id, new.updated_at, '-infinity', 'infinity') then
        raise exception 'more GPU time would be promised than the tranches have' using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create constraint trigger promised_hours_are_there after insert on grants
    deferrable initially deferred for each row when (new.mode is not null) execute function refuse_over_promise();
create constraint trigger promised_hours_stay after update on grants
    deferrable initially deferred for each row when (new.mode is not null and new.status not in ('ending', 'ended'))
    execute function refuse_over_promise();

create function refuse_withdrawn_promise() returns trigger language plpgsql as $$
begin
    if is_over_promised(new.root_programme_id, new.offer_id, new.updated_at, '-infinity', 'infinity')
        or is_over_promised(new.root_programme_id, new.offer_id, new.updated_at, new.starts_at, new.ends_at) then
        raise exception 'hours of the tranche are promised' using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create constraint trigger promised_hours_are_not_withdrawn after update on offer_tranches
    deferrable initially deferred for each row when (new.gpus < old.gpus and old.status = 'open')
    execute function refuse_withdrawn_promise();
