-- A grant that moves ends like any other: what may have been used and was not reported stays with it until it is settled. What is left
-- then goes on to the grant that continues it. That one may begin with nothing, where all of the old one may have been used.

do $$
declare one name;
begin
    for one in select conname from pg_constraint
        where conrelid = 'grants'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%grace_gpu_seconds%'
    loop
        execute format('alter table grants drop constraint %I', one);
    end loop;
end $$;
alter table grants
    alter column gpu_seconds type nonnegative,
    -- An award is of more than nothing.
    add constraint grants_granted check (grace_gpu_seconds between 0 and
        gpu_seconds - case when continues_grant_id is null then 1 else 0 end);

create table grant_moves (
    root_programme_id uuid not null,
    grant_id          uuid not null,
    -- The grant as which it goes on.
    moved_grant_id    uuid not null,
    primary key (root_programme_id, grant_id),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id),
    foreign key (root_programme_id, moved_grant_id) references grants (root_programme_id, id)
);
create trigger grant_moves_append_only before update or delete or truncate on grant_moves
    for each statement execute function refuse_change();
grant select, insert on grant_moves to gpugrants_runtime;
