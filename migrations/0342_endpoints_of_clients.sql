-- Where an endpoint sends to, and who knows its secret, came through a client. When that client is revoked with all that was made through
-- it, the endpoint stops. Null where it was made before this was kept, or through no client.
alter table webhook_endpoints
    add column url_set_by text,
    add column secret_made_by text;
create index webhook_endpoints_by_url_setter on webhook_endpoints (url_set_by) where status = 'active';
create index webhook_endpoints_by_secret_maker on webhook_endpoints (secret_made_by) where status = 'active';
