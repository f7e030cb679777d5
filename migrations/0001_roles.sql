-- The role that the running service acts as. It owns nothing: the ledger's past is out of its reach.
-- Roles belong to the whole cluster, so another database may have created it, even at this very moment.
do $$
begin
    create role gpugrants_runtime nologin;
exception when duplicate_object or unique_violation then
    null;
end $$;

revoke create on schema public from public;
grant usage on schema public to gpugrants_runtime;
