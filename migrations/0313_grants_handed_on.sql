-- What was used of a grant stays with the project and the member that had it then, however late it is reported. So it is kept in which
-- context a grant counted until when.

-- How often it was handed on; null while it never was.
alter table grants add column handovers positive_int;

create table grant_handovers (
    root_programme_id uuid not null,
    grant_id          uuid not null,
    -- From 1 on, in the order of time.
    number            integer not null check (number > 0),
    handed_at         timestamptz not null,
    -- The decision that pins the context in which it counted until then.
    context_id        uuid not null,
    primary key (root_programme_id, grant_id, number),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id)
);
create trigger grant_handovers_append_only before update or delete or truncate on grant_handovers
    for each statement execute function refuse_change();
grant select, insert on grant_handovers to gpugrants_runtime;
