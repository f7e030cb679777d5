-- Organizations, programmes, offers, requests, decisions, grants, usage, quotas and events.
-- Amounts: GPU time in GPU-seconds, rates in millicredits per GPU-hour, credits in 1/3,600,000 credit.

create table organizations (
    id                     uuid primary key,
    kind                   text not null check (kind in ('startup', 'individual', 'student', 'school', 'university', 'nonprofit',
        'enterprise')),
    name                   text not null check (length(name) between 1 and 200),
    country                text not null check (country ~ '^[A-Z]{2}$'),
    verified_at            timestamptz,
    verified_email_domains text[] not null default '{}',
    partner_id             uuid,
    livemode               boolean not null default true,
    status                 text not null check (status in ('active', 'suspended', 'closed')),
    version                bigint not null check (version > 0),
    created_by             uuid,
    created_at             timestamptz not null,
    updated_at             timestamptz not null
);
create index organizations_by_age on organizations (created_at, id);

create table projects (
    id              uuid primary key,
    organization_id uuid not null references organizations (id),
    name            text not null check (length(name) between 1 and 200),
    description     text check (length(description) <= 2000),
    status          text not null check (status in ('active', 'closed')),
    version         bigint not null check (version > 0),
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index projects_by_organization on projects (organization_id, created_at, id);

create table partners (
    id         uuid primary key,
    name       text not null check (length(name) between 1 and 200),
    status     text not null check (status in ('active', 'suspended', 'closed')),
    version    bigint not null check (version > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table programmes (
    id                    uuid primary key,
    root_programme_id     uuid not null,
    parent_id             uuid references programmes (id),
    path                  uuid[] not null,
    name                  text not null check (length(name) between 1 and 200),
    description           text check (length(description) <= 4000),
    sponsor               text check (length(sponsor) <= 200),
    -- Whose budget this programme spends: its own, or that of the nearest programme above that has one.
    budget_programme_id   uuid not null,
    time_zone             text not null,
    starts_at             timestamptz not null,
    ends_at               timestamptz,
    eligible_kinds        text[] not null default '{}',
    eligible_countries    text[] not null default '{}',
    eligible_email_domains text[] not null default '{}',
    requires_verification boolean not null default false,
    review_hold_hours     integer not null check (review_hold_hours between 1 and 2160),
    max_grant_days        integer not null check (max_grant_days between 1 and 730),
    livemode              boolean not null default true,
    status                text not null check (status in ('active', 'suspended', 'ended')),
    version               bigint not null check (version > 0),
    created_at            timestamptz not null,
    updated_at            timestamptz not null,
    check (ends_at is null or ends_at > starts_at),
    check (path[1] = id and path[cardinality(path)] = root_programme_id),
    check (cardinality(path) between 1 and 8),
    check ((parent_id is null) = (root_programme_id = id)),
    check (parent_id is not null or budget_programme_id = id),
    check (budget_programme_id = any (path))
);
create index programmes_by_tree on programmes (root_programme_id, id);
create index programmes_by_age on programmes (created_at, id);

create table gpu_models (
    id         text primary key check (id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    name       text not null check (length(name) between 1 and 100),
    gpu_class  text not null check (gpu_class ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    memory_gib integer not null check (memory_gib between 1 and 4096),
    vendor     text not null check (length(vendor) between 1 and 100),
    status     text not null check (status in ('active', 'retired')),
    version    bigint not null check (version > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table providers (
    id         uuid primary key,
    name       text not null check (length(name) between 1 and 200),
    country    text not null check (country ~ '^[A-Z]{2}$'),
    website    text check (length(website) <= 500),
    status     text not null check (status in ('active', 'suspended', 'closed')),
    version    bigint not null check (version > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index providers_by_age on providers (created_at, id);

create table offers (
    root_programme_id  uuid not null,
    id                 uuid not null,
    -- The offer serves this programme and those below it.
    programme_id       uuid not null references programmes (id),
    provider_id        uuid not null references providers (id),
    gpu_model_id       text not null references gpu_models (id),
    region             text not null check (region ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    capacity_account_id uuid not null,
    min_gpu_seconds    bigint not null check (min_gpu_seconds >= 0),
    max_gpu_seconds    bigint check (max_gpu_seconds >= min_gpu_seconds),
    max_gpus           integer not null check (max_gpus between 1 and 100000),
    starts_at          timestamptz not null,
    ends_at            timestamptz check (ends_at > starts_at),
    status             text not null check (status in ('open', 'paused', 'ended')),
    version            bigint not null check (version > 0),
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    primary key (root_programme_id, id)
);
create unique index offers_by_id on offers (id);
create index offers_by_age on offers (created_at, id);
create index offers_by_provider on offers (provider_id, created_at, id);

create table offer_rates (
    root_programme_id         uuid not null,
    offer_id                  uuid not null,
    effective_from            timestamptz not null,
    millicredits_per_gpu_hour bigint not null check (millicredits_per_gpu_hour between 0 and 1000000),
    created_at                timestamptz not null,
    primary key (root_programme_id, offer_id, effective_from),
    foreign key (root_programme_id, offer_id) references offers (root_programme_id, id)
);

create table requests (
    root_programme_id  uuid not null,
    id                 uuid not null,
    programme_id       uuid not null,
    organization_id    uuid not null,
    project_id         uuid,
    partner_id         uuid,
    status             text not null check (status in ('approved', 'in-review', 'denied', 'withdrawn', 'expired')),
    gpu_seconds        bigint not null check (gpu_seconds > 0),
    gpus               integer not null check (gpus > 0),
    gpu_models         text[] not null,
    min_gpu_memory_gib integer,
    region             text,
    purpose            text not null check (length(purpose) between 1 and 2000),
    tags               text[] not null,
    starts_at          timestamptz not null,
    duration_seconds   bigint not null check (duration_seconds > 0),
    -- What is held while a person decides; null when nothing is.
    offer_id           uuid,
    provider_id        uuid,
    gpu_model_id       text,
    offer_region       text,
    budget_programme_id uuid,
    rate               bigint,
    credits            bigint,
    time_hold_id       uuid,
    credit_hold_id     uuid,
    hold_expires_at    timestamptz,
    approvals_needed   integer not null check (approvals_needed between 0 and 10),
    approvals_given    integer not null check (approvals_given between 0 and 10),
    approver_roles     text[] not null,
    approved_by        uuid[] not null,
    grant_id           uuid,
    decision_id        uuid not null,
    -- The decision whose snapshot pins what rules know of this request: later facts are counted by it.
    context_id         uuid not null,
    counts_at          timestamptz not null,
    amends             integer not null check (amends >= 0),
    requested_by       uuid not null,
    client_id          text not null,
    livemode           boolean not null,
    version            bigint not null check (version > 0),
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    primary key (id, root_programme_id),
    check ((status = 'in-review') = (hold_expires_at is not null)),
    check (status <> 'in-review' or (offer_id is not null and rate is not null and credits is not null and time_hold_id is not null)),
    -- A request in review has the id that its grant would get, so that the hold already names the grant's accounts.
    check ((status in ('approved', 'in-review')) = (grant_id is not null))
);
create index requests_by_organization on requests (organization_id, id);
create index requests_in_review on requests (hold_expires_at) where status = 'in-review';

create table decisions (
    root_programme_id uuid not null,
    id                uuid not null,
    request_id        uuid not null,
    verdict           text not null check (verdict in ('approved', 'review', 'endorsed', 'denied', 'withdrawn', 'expired')),
    decided_by        text not null check (decided_by in ('rule', 'person')),
    gpu_seconds       bigint not null check (gpu_seconds >= 0),
    explanation       jsonb not null,
    snapshot          bytea,
    comment           text check (length(comment) <= 4000),
    actor_id          uuid not null,
    client_id         text not null,
    on_behalf_of      uuid,
    created_at        timestamptz not null,
    primary key (root_programme_id, id)
);
create index decisions_by_request on decisions (request_id, id);

create table grants (
    root_programme_id uuid not null,
    id                uuid not null,
    request_id        uuid not null,
    programme_id      uuid not null,
    -- Whose budget paid, and gets back what is not used.
    budget_programme_id uuid not null,
    organization_id   uuid not null,
    project_id        uuid,
    provider_id       uuid not null,
    offer_id          uuid not null,
    gpu_model_id      text not null,
    region            text not null,
    gpus              integer not null check (gpus > 0),
    rate              bigint not null check (rate >= 0),
    gpu_seconds       bigint not null check (gpu_seconds > 0),
    used_gpu_seconds  bigint not null check (used_gpu_seconds >= 0),
    returned_gpu_seconds bigint not null check (returned_gpu_seconds >= 0),
    time_account_id   uuid not null,
    credit_account_id uuid not null,
    status            text not null check (status in ('active', 'closed', 'expired', 'revoked')),
    end_reason        text check (length(end_reason) <= 2000),
    starts_at         timestamptz not null,
    expires_at        timestamptz not null check (expires_at > starts_at),
    ended_at          timestamptz,
    context_id        uuid not null,
    -- The instant in whose quota windows the grant counts: that of the hold it came from, else of the award.
    counts_at         timestamptz not null,
    livemode          boolean not null,
    version           bigint not null check (version > 0),
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (id, root_programme_id),
    check (used_gpu_seconds + returned_gpu_seconds <= gpu_seconds),
    check ((status = 'active') = (ended_at is null)),
    check (status = 'active' or used_gpu_seconds + returned_gpu_seconds = gpu_seconds)
);
create unique index grants_by_request on grants (root_programme_id, request_id);
create index grants_by_organization on grants (organization_id, id);
create index grants_by_provider on grants (provider_id, id);
create index grants_to_expire on grants (expires_at) where status = 'active';

create table usage_records (
    root_programme_id uuid not null,
    grant_id          uuid not null,
    id                uuid not null,
    gpu_seconds       bigint not null check (gpu_seconds > 0),
    credits           bigint not null check (credits >= 0),
    started_at        timestamptz not null,
    ended_at          timestamptz not null check (ended_at > started_at),
    transfer_id       uuid not null,
    reported_by       uuid not null,
    client_id         text not null,
    created_at        timestamptz not null,
    primary key (root_programme_id, grant_id, id)
);

create table quota_policies (
    root_programme_id uuid not null,
    id                uuid not null,
    -- Null in the nil tree: the policy holds platform-wide.
    programme_id      uuid references programmes (id),
    name              text not null check (length(name) between 1 and 200),
    version           bigint not null check (version > 0),
    created_by        uuid not null,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (root_programme_id, id)
);
create unique index quota_policies_by_id on quota_policies (id);

create table quota_policy_versions (
    root_programme_id uuid not null,
    policy_id         uuid not null,
    number            integer not null check (number > 0),
    status            text not null check (status in ('draft', 'published', 'retired')),
    document          jsonb not null,
    effective_from    timestamptz,
    retired_from      timestamptz,
    created_by        uuid not null,
    created_at        timestamptz not null,
    published_by      uuid,
    published_at      timestamptz,
    primary key (root_programme_id, policy_id, number),
    foreign key (root_programme_id, policy_id) references quota_policies (root_programme_id, id),
    check ((status = 'draft') = (published_at is null)),
    check (status = 'draft' or effective_from is not null)
);
create unique index quota_policy_one_draft on quota_policy_versions (root_programme_id, policy_id) where status = 'draft';

create table quota_overrides (
    root_programme_id uuid not null,
    id                uuid not null,
    policy_id         uuid not null,
    rule_id           text not null,
    subject_id        text not null,
    effect            text not null check (effect in ('add', 'multiply', 'replace')),
    amount            bigint not null check (amount >= 0),
    starts_at         timestamptz not null,
    expires_at        timestamptz check (expires_at > starts_at),
    ended_at          timestamptz,
    reason            text not null check (length(reason) between 1 and 2000),
    author_id         uuid not null,
    request_id        uuid,
    version           bigint not null check (version > 0),
    created_at        timestamptz not null,
    primary key (root_programme_id, id),
    foreign key (root_programme_id, policy_id) references quota_policies (root_programme_id, id)
);

-- Which signatures the pipeline keeps counters for: a rule whose signature is missing here needs its history folded first.
create table quota_signatures (
    root_programme_id uuid not null,
    signature_id      uuid not null,
    canonical         text not null,
    created_at        timestamptz not null,
    primary key (root_programme_id, signature_id)
);

create table quota_counters (
    root_programme_id uuid not null,
    signature_id      uuid not null,
    subject_id        text not null,
    starts            bigint[] not null,
    used              bigint[] not null,
    held              bigint[] not null,
    carried           bigint[] not null,
    primary key (root_programme_id, signature_id, subject_id),
    check (cardinality(starts) = cardinality(used) and cardinality(starts) = cardinality(held)),
    check (0 <= all (used) and 0 <= all (held))
) with (fillfactor = 70);

-- What the counters are the fold of: recounting these facts from the start must give the counters.
create table quota_facts (
    root_programme_id uuid not null,
    event_sequence    bigint not null,
    ordinal           integer not null,
    kind              text not null check (kind in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended',
        'request-closed')),
    context_id        uuid not null,
    at                timestamptz not null,
    counts_at         timestamptz not null check (counts_at <= at),
    gpu_seconds       bigint not null check (gpu_seconds >= 0),
    credits           bigint not null check (credits >= 0),
    gpus              integer not null check (gpus >= 0),
    is_whole          boolean not null,
    primary key (root_programme_id, event_sequence, ordinal)
);

create table events (
    root_programme_id uuid not null,
    sequence          bigint not null check (sequence > 0),
    id                uuid not null,
    type              text not null check (type ~ '^[a-z-]+(\.[a-z-]+)+$'),
    resource_type     text not null,
    resource_id       text not null,
    organization_id   uuid,
    data              jsonb not null,
    actor_id          uuid not null,
    client_id         text not null,
    on_behalf_of      uuid,
    livemode          boolean not null,
    occurred_at       timestamptz not null,
    primary key (root_programme_id, sequence)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger decisions_append_only before update or delete or truncate on decisions for each statement execute function refuse_change();
create trigger usage_records_append_only before update or delete or truncate on usage_records
    for each statement execute function refuse_change();
create trigger quota_facts_append_only before update or delete or truncate on quota_facts
    for each statement execute function refuse_change();
create trigger events_append_only before update or delete or truncate on events for each statement execute function refuse_change();

grant select, insert, update on organizations, projects, partners, programmes, gpu_models, providers, offers, requests, grants,
    quota_policies, quota_policy_versions, quota_overrides, quota_signatures, quota_counters to gpugrants_runtime;
grant delete on quota_counters, quota_signatures to gpugrants_runtime;
grant delete on quota_policy_versions to gpugrants_runtime;
grant select, insert on offer_rates, decisions, usage_records, quota_facts, events to gpugrants_runtime;
