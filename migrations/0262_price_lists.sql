-- Providers import their price lists. What an import names by itself (instance type and region) is one offer per programme and provider.

alter table offers add column import_key text check (length(import_key) between 1 and 200);
create unique index offers_by_import_key on offers (root_programme_id, programme_id, provider_id, import_key)
    where import_key is not null and status in ('proposed', 'open', 'paused');

-- A model that a price list names and nobody knows waits for an administrator. Nothing is offered on it before.
alter table gpu_models
    drop constraint gpu_models_status_check,
    add constraint gpu_models_status_check check (status in ('proposed', 'active', 'retired'));
