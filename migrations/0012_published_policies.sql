-- What was published is what decisions were made by: only a draft is edited or thrown away. A published version may be retired, and nothing
-- else.

create function quota_policy_versions_guard() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.status = 'draft' then
        return case tg_op when 'DELETE' then old else new end;
    end if;
    if tg_op = 'DELETE'
        or (new.root_programme_id, new.policy_id, new.number, new.document, new.effective_from, new.created_by, new.created_at,
            new.published_by, new.published_at)
            is distinct from
           (old.root_programme_id, old.policy_id, old.number, old.document, old.effective_from, old.created_by, old.created_at,
               old.published_by, old.published_at)
        or new.status = 'draft' then
        raise exception 'version % of policy % is published: it may only be retired', old.number, old.policy_id
            using errcode = 'restrict_violation',
                  hint = 'Publish another version.';
    end if;
    return new;
end $$;

create trigger quota_policy_versions_published_stays before update or delete on quota_policy_versions
    for each row execute function quota_policy_versions_guard();
create trigger quota_policy_versions_no_truncate before truncate on quota_policy_versions
    for each statement execute function refuse_change();
