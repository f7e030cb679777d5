-- Endpoints that are disabled when a client is revoked count too: their owner may enable them again.
drop index webhook_endpoints_by_url_setter;
drop index webhook_endpoints_by_secret_maker;
create index webhook_endpoints_by_url_setter on webhook_endpoints (url_set_by) where status <> 'deleted';
create index webhook_endpoints_by_secret_maker on webhook_endpoints (secret_made_by) where status <> 'deleted';
