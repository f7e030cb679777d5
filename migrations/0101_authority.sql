-- A principal's version grows with its roles. A command proves the version at which its caller was judged inside the transaction that
-- decides.
create function principal_roles_changed() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    update public.principals set version = version + 1 where id = coalesce(new.principal_id, old.principal_id);
    return null;
end $$;

create trigger role_assignments_change_principal after insert or update or delete on role_assignments
    for each row execute function principal_roles_changed();
