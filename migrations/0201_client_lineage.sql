-- Which client made which. A client never does more or lives longer than the one through which its principal made it.
alter table api_clients add column made_by text references api_clients (client_id);
create index api_clients_by_maker on api_clients (made_by) where made_by is not null;

-- Managing clients is a scope of its own. Clients that only read never had to manage any.
update api_clients set scopes = scopes || '{clients}'::text[], version = version + 1
    where not 'clients' = any (scopes) and not scopes <@ '{read}'::text[];

create function api_clients_lineage() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare maker record;
begin
    if tg_op = 'UPDATE' then
        if new.made_by is distinct from old.made_by or new.expires_at is distinct from old.expires_at then
            raise exception 'the maker and the end of client % never change', old.client_id using errcode = 'restrict_violation';
        end if;
        return new;
    end if;
    select c.principal_id, c.scopes, c.expires_at into maker from public.api_clients c where c.client_id = new.made_by;
    if maker.principal_id = new.principal_id
        and (not new.scopes <@ maker.scopes or maker.expires_at is not null and coalesce(new.expires_at > maker.expires_at, true)) then
        raise exception 'client % exceeds its maker %', new.client_id, new.made_by using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger api_clients_keep_lineage before insert or update on api_clients
    for each row execute function api_clients_lineage();
