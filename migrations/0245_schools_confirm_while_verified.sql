-- A school's confirmation of a minor counts as long as the school is verified.
alter table people
    -- When the present confirmation counts no more: the school's verification ends then.
    add column confirmed_until timestamptz,
    add constraint people_confirmed_until check (confirmed_until is null or confirmation_id is not null);
grant update (confirmed_until) on people to gpugrants_runtime;

alter table minor_confirmations
    drop constraint minor_confirmations_end_reason_check,
    add constraint minor_confirmations_end_reason_check
        check (end_reason in ('withdrawn', 'replaced', 'left', 'erased', 'unverified'));

create or replace function school_confirmations_end() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.role in ('organization-owner', 'organization-member') and not exists (
        select from public.role_assignments r
        where r.principal_id = new.principal_id and r.resource_id = new.resource_id
            and r.role in ('organization-owner', 'organization-member')
    ) then
        update public.people p set confirmation_id = null, confirmed_until = null
        from public.minor_confirmations c
        where c.person_id = new.principal_id and c.organization_id = new.resource_id and c.ended_at is null
            and p.id = c.person_id and p.confirmation_id = c.id;
        update public.minor_confirmations c set ended_at = new.until, end_reason = 'left'
        where c.person_id = new.principal_id and c.organization_id = new.resource_id and c.ended_at is null;
    end if;
    return null;
end $$;

-- Ends what the school confirmed. Its members' principals get another version, so whatever they have under way is judged again.
create function end_school_confirmations(school uuid, moment timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    with ended as (
        update public.minor_confirmations c set ended_at = greatest(moment, c.confirmed_at), end_reason = 'unverified'
        where c.organization_id = school and c.ended_at is null returning c.id, c.person_id
    ),
    people as (
        update public.people p set confirmation_id = null, confirmed_until = null
        from ended where p.id = ended.person_id and p.confirmation_id = ended.id returning p.id
    )
    update public.principals a set version = a.version + 1 from people where a.person_id = people.id;
$$;

create function school_confirmations_follow() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    school public.organizations;
begin
    -- As it is at the commit: one verification may have replaced another.
    select o.* into school from public.organizations o where o.id = new.id;
    if school.status = 'closed' or school.vouched_by is null
        and (school.verified_level is null or old.verified_until <= school.verified_at)
    then
        perform public.end_school_confirmations(school.id, coalesce(
            (select max(v.ended_at) from public.verifications v where v.organization_id = school.id and school.status <> 'closed'),
            school.updated_at));
    elsif school.vouched_by is null then
        with moved as (
            update public.people p set confirmed_until = school.verified_until
            from public.minor_confirmations c
            where c.organization_id = school.id and c.ended_at is null and p.confirmation_id = c.id
                and p.confirmed_until is distinct from school.verified_until
            returning p.id
        )
        update public.principals a set version = a.version + 1 from moved where a.person_id = moved.id;
    end if;
    return null;
end $$;
create constraint trigger schools_confirm_while_verified after update on organizations
    deferrable initially deferred for each row
    when (new.kind = 'school' and (old.status, old.verified_level, old.verified_at, old.verified_until)
        is distinct from (new.status, new.verified_level, new.verified_at, new.verified_until))
    execute function school_confirmations_follow();

-- Whose verification has lapsed by time. The rules do not wait for it.
create function end_lapsed_school_confirmations(moment timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public, pg_temp as $$
    select public.end_school_confirmations(o.id, o.verified_until)
    from public.organizations o
    where o.kind = 'school' and o.vouched_by is null and o.verified_until <= moment and exists (
        select from public.minor_confirmations c where c.organization_id = o.id and c.ended_at is null);
$$;

-- What was confirmed before.
update people p set confirmed_until = o.verified_until
from minor_confirmations c join organizations o on o.id = c.organization_id
where p.confirmation_id = c.id and o.vouched_by is null and o.verified_until is not null;
select end_school_confirmations(o.id, now()) from organizations o
where o.kind = 'school' and (o.status = 'closed' or o.vouched_by is null and o.verified_level is null);

revoke all on function end_school_confirmations(uuid, timestamptz), end_lapsed_school_confirmations(timestamptz) from public;
grant execute on function end_lapsed_school_confirmations(timestamptz) to gpugrants_runtime;
