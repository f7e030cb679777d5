-- Limits on people: each organization knows the people who own it, so a decision reads them with the organization.

alter table organizations add column owner_ids uuid[] not null default '{}';

create function organization_owners(organization uuid) returns uuid[]
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select coalesce(array_agg(distinct p.person_id order by p.person_id), '{}')
    from public.role_assignments r join public.principals p on p.id = r.principal_id
    where r.role = 'organization-owner' and r.resource_id = organization
$$;

update organizations set owner_ids = organization_owners(id);

-- Nobody but the trigger says who owns an organization.
revoke update on organizations from gpugrants_runtime;
grant update (name, country, verified_at, verified_email_domains, partner_id, status, version, updated_at) on organizations
    to gpugrants_runtime;

-- At the commit: a batch writes roles, principals and organizations in any order. The lock of the platform's tree serializes changes
-- of roles.
create function organization_owners_changed() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    update public.organizations set owner_ids = public.organization_owners(id)
    where id = coalesce(new.resource_id, old.resource_id);
    return null;
end $$;
create constraint trigger role_assignments_change_owners after insert or delete on role_assignments
    deferrable initially deferred for each row execute function organization_owners_changed();
