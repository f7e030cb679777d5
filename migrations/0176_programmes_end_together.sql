-- Below an ended programme nothing is open. Programmes that were left open there end as the one above did.
with ended as (
    update programmes below
    set status = 'ended',
        ends_at = greatest(
            below.starts_at + interval '1 microsecond',
            (select min(above.ends_at) from programmes above where above.id = any (below.path) and above.status = 'ended')
        ),
        version = below.version + 1
    where below.status <> 'ended'
      and exists (select from programmes above where above.id = any (below.path) and above.status = 'ended')
    returning below.root_programme_id
)
update programme_trees
set version = version + 1, config_version = config_version + 1
where root_programme_id in (select root_programme_id from ended);

create function programmes_open_below_open() returns trigger language plpgsql as $$
begin
    if new.status <> 'ended' and exists (select from programmes where id = new.parent_id and status = 'ended') then
        raise exception 'Programme % is below a programme that has ended.', new.id using errcode = 'check_violation';
    end if;
    return null;
end $$;

-- At the commit: one statement may write a programme and the one above it in any order.
create constraint trigger programmes_open_below_open after insert or update of status on programmes
deferrable initially deferred for each row execute function programmes_open_below_open();
