-- An organization that is not closed has an owner: only owners name owners, so one without would be stuck for good. Removals, handovers
-- and erasures refuse before; this is the last line of defence.
create or replace function organization_owners_changed() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare changed record;
begin
    update public.organizations set owner_ids = public.organization_owners(id)
    where id = coalesce(new.resource_id, old.resource_id)
    returning id, status, owner_ids into changed;
    if changed.owner_ids = '{}' and changed.status <> 'closed' then
        raise exception 'organization % would have no owner', changed.id using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
