-- Names are compared by what people see. They are stored in the composed form (NFC), however they were typed.

create function name_composed() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    new.name := normalize(new.name, NFC);
    return new;
end $$;
do $$
declare
    named text;
begin
    foreach named in array array['organizations', 'projects', 'providers', 'programmes', 'partners', 'people', 'principals', 'api_clients',
        'gpu_models', 'quota_policies'] loop
        -- The service counts characters as people do: one of them may have several code points.
        execute format('alter table %I drop constraint %I', named, named || '_name_check');
        execute format('alter table %I add constraint %I check (length(name) between 1 and 1600)', named, named || '_name_check');
        execute format('update %I set name = normalize(name, NFC) where name is not nfc normalized', named);
        execute format('create trigger names_are_composed before insert or update of name on %I for each row '
            'when (new.name is not nfc normalized) execute function name_composed()', named);
    end loop;
end $$;

-- Two providers of one name would be taken for each other. Letter case, width and spaces make no other name.
create function folded_name(name text) returns text
    language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
    select regexp_replace(lower(normalize(name, NFKC)), '\s+', ' ', 'g')
$$;
update providers p set name = left(p.name, 190) || ' ' || left(p.id::text, 8)
where exists (select from providers o where folded_name(o.name) = folded_name(p.name) and o.id < p.id);
create unique index providers_by_name on providers (folded_name(name));
