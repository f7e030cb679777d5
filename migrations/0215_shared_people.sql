-- Each organization knows the providers whose people are its people too, so that a rule's approval on their offers becomes a review.
-- Changes of roles keep it; a decision reads it with the organization.
alter table organizations
    -- Whose operators belong to the organization now.
    add column shared_provider_ids uuid[] not null default '{}',
    -- Whose operators did both once, and when that ended last.
    add column past_provider_ids uuid[] not null default '{}',
    add column past_providers_until timestamptz,
    add constraint organizations_past_providers check ((past_providers_until is null) = (past_provider_ids = '{}'));

create index past_roles_by_resource on past_roles (resource_id) where resource_id is not null;

create function organization_shared_providers(organization uuid, out present uuid[], out past uuid[], out past_until timestamptz)
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    with held as not materialized (
        select p.person_id, r.role, r.resource_id, null::timestamptz as until
        from public.role_assignments r join public.principals p on p.id = r.principal_id
        union all
        select p.person_id, r.role, r.resource_id, r.until from public.past_roles r join public.principals p on p.id = r.principal_id
    ), shared as (
        -- No end is left out by least: null when both last.
        select o.resource_id as provider, least(m.until, o.until) as until
        from held m join held o on o.person_id = m.person_id and o.role = 'provider-operator'
        where m.resource_id = organization and m.role in ('organization-owner', 'organization-member')
    )
    select coalesce(array_agg(distinct provider order by provider) filter (where until is null), '{}'),
        coalesce(array_agg(distinct provider order by provider) filter (where until is not null), '{}'), max(until)
    from shared
$$;

create function organization_shares(ids uuid[]) returns void
    language sql set search_path = pg_catalog, public, pg_temp as $$
    update public.organizations o set shared_provider_ids = s.present, past_provider_ids = s.past, past_providers_until = s.past_until
    from unnest(ids) as v(id) cross join lateral public.organization_shared_providers(v.id) s
    where o.id = v.id and (o.shared_provider_ids, o.past_provider_ids, o.past_providers_until)
        is distinct from (s.present, s.past, s.past_until)
$$;

select organization_shares(array(select id from organizations));

-- At the commit, as for owners: what an operator belongs to, or the organization itself.
create function organization_shares_changed() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    changed public.role_assignments := case when tg_op = 'DELETE' then old else new end;
begin
    if changed.role in ('organization-owner', 'organization-member') then
        perform public.organization_shares(array[changed.resource_id]);
    elsif changed.role = 'provider-operator' then
        perform public.organization_shares(array(
            select r.resource_id from public.principals me join public.principals p on p.person_id = me.person_id
                join public.role_assignments r on r.principal_id = p.id
            where me.id = changed.principal_id and r.role in ('organization-owner', 'organization-member')
            union
            select r.resource_id from public.principals me join public.principals p on p.person_id = me.person_id
                join public.past_roles r on r.principal_id = p.id
            where me.id = changed.principal_id and r.role in ('organization-owner', 'organization-member')));
    end if;
    return null;
end $$;
create constraint trigger role_assignments_change_shares after insert or delete on role_assignments
    deferrable initially deferred for each row execute function organization_shares_changed();
