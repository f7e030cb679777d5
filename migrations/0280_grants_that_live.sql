-- A grant whose start lies ahead is scheduled. A grant gets more time, other dates, other people, and goes on as another one.

alter domain grant_status drop constraint grant_status_check;
alter domain grant_status add constraint grant_status_check
    check (value in ('scheduled', 'active', 'suspended', 'ending', 'ended'));
alter domain grant_end drop constraint grant_end_check;
alter domain grant_end add constraint grant_end_check check (value in ('closed', 'expired', 'revoked', 'moved'));
alter domain fact_kind drop constraint fact_kind_check;
alter domain fact_kind add constraint fact_kind_check
    check (value in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended', 'request-closed', 'reasked',
        'awarded', 'referred', 'refused', 'released', 'unused', 'topped-up', 'held-more', 'moved-out', 'moved-in'));

alter table grants
    -- Time that was asked for and added after the award. It is part of gpu_seconds.
    add column added_gpu_seconds nonnegative not null default 0,
    -- Who holds it, once it was handed to another member; null for whoever asked.
    add column holder_id uuid,
    -- The grant that it continues.
    add column continues_grant_id uuid,
    drop constraint grants_end_whole,
    add constraint grants_end_whole check ((status in ('scheduled', 'active', 'suspended')) = (ended_at is null)
        and (ended_at is null) = (ended_as is null) and (ended_at is null) = (settles_at is null));
-- Grants that start at once are never in it.
create index grants_to_start on grants (starts_at) where status = 'scheduled';

-- A request may ask for a change of a grant, and not for a new one.
create domain asked_change as text check (value in ('top-up', 'extend', 'renew'));
alter table requests
    add column change asked_change,
    add column changes_grant_id uuid,
    add constraint requests_change_whole check ((change is null) = (changes_grant_id is null));

-- A later end of a grant holds nothing while a person decides.
do $$
declare one name;
begin
    for one in select conname from pg_constraint
        where conrelid = 'requests'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%time_hold_id%'
    loop
        execute format('alter table requests drop constraint %I', one);
    end loop;
end $$;
alter table requests add constraint requests_held check (status <> 'in-review' or (offer_id is not null
    and millicredits_per_gpu_hour is not null and credits is not null and (time_hold_id is not null or change = 'extend')));

-- Whether who renews a grant has to report how the one before it went. One of a programme above counts for all below it.
alter table programmes add column renewals_need_report boolean not null default false;

create table renewal_reports (
    root_programme_id uuid not null,
    request_id        uuid not null,
    grant_id          uuid not null,
    report            text not null check (length(report) between 1 and 8000),
    author_id         uuid not null,
    created_at        timestamptz not null,
    primary key (root_programme_id, request_id),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id)
);
create trigger renewal_reports_append_only before update or delete or truncate on renewal_reports
    for each statement execute function refuse_change();
grant select, insert on renewal_reports to gpugrants_runtime;
