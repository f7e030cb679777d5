-- Only the end of an owner's role can leave an organization without an owner. One that had none before 0347 lets its members go: they leave
-- and are erased as everywhere.
create or replace function organization_owners_changed() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare changed record;
begin
    update public.organizations set owner_ids = public.organization_owners(id)
    where id = coalesce(new.resource_id, old.resource_id)
    returning id, status, owner_ids into changed;
    if tg_op = 'DELETE' and old.role = 'organization-owner' and changed.owner_ids = '{}' and changed.status <> 'closed' then
        raise exception 'organization % would have no owner', changed.id using errcode = 'restrict_violation';
    end if;
    return null;
end $$;

-- Whoever migrates learns of those that have none, and hands them over: POST /v1/organizations/{id}/handovers.
do $$
declare one record;
begin
    for one in select id from organizations where owner_ids = '{}' and status <> 'closed' order by id loop
        raise warning 'organization % has no owner: hand it over', one.id;
    end loop;
end $$;
