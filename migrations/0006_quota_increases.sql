-- Asking for a higher limit, and each verdict on it.

create table quota_increases (
    -- That of the policy; the nil id for one of the platform.
    root_programme_id uuid not null,
    id                uuid not null,
    policy_id         uuid not null,
    programme_id      uuid references programmes (id),
    rule_id           text not null check (length(rule_id) between 1 and 100),
    -- Whose limit: the organization, one of its projects, or a member.
    subject_id        text not null,
    organization_id   uuid not null references organizations (id),
    project_id        uuid references projects (id),
    status            text not null check (status in ('approved', 'in-review', 'denied', 'withdrawn')),
    -- In the rule's measure: GPU-seconds, 1/3,600,000 credit, or a count.
    unit              text not null check (unit in ('gpuHours', 'credits', 'count')),
    limit_then        bigint not null check (limit_then >= 0),
    wanted            bigint not null check (wanted >= 0),
    granted           bigint check (granted > 0 and granted <= wanted),
    reason            text not null check (length(reason) between 1 and 2000),
    override_id       uuid,
    decision_id       uuid not null,
    requested_by      uuid not null,
    client_id         text not null,
    version           bigint not null check (version > 0),
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (root_programme_id, id),
    foreign key (root_programme_id, policy_id) references quota_policies (root_programme_id, id),
    foreign key (root_programme_id, override_id) references quota_overrides (root_programme_id, id) deferrable initially deferred,
    check ((status = 'approved') = (granted is not null)),
    check ((status = 'approved') = (override_id is not null))
);
create unique index quota_increases_by_id on quota_increases (id);
create index quota_increases_by_organization on quota_increases (organization_id, id);
create index quota_increases_in_review on quota_increases (programme_id, id) where status = 'in-review';

create table quota_increase_decisions (
    root_programme_id uuid not null,
    id                uuid not null,
    increase_id       uuid not null,
    verdict           text not null check (verdict in ('approved', 'review', 'denied', 'withdrawn')),
    decided_by        text not null check (decided_by in ('rule', 'person')),
    -- The limit that was granted.
    granted           bigint check (granted > 0),
    code              text not null,
    message           text not null,
    actor_id          uuid not null,
    client_id         text not null,
    on_behalf_of      uuid,
    created_at        timestamptz not null,
    primary key (root_programme_id, id),
    foreign key (root_programme_id, increase_id) references quota_increases (root_programme_id, id) deferrable initially deferred,
    check ((verdict = 'approved') = (granted is not null))
);
create index quota_increase_decisions_by_increase on quota_increase_decisions (increase_id, id);
create trigger quota_increase_decisions_append_only before update or delete or truncate on quota_increase_decisions
    for each statement execute function refuse_change();

grant select, insert, update on quota_increases to gpugrants_runtime;
grant select, insert on quota_increase_decisions to gpugrants_runtime;
