-- A delivery of an event keeps no copy of the body: the event has it. A table of deliveries has one index, which the list of an endpoint
-- reads. Endpoints are never deleted, so no delivery has to prove that its endpoint is there.
alter table webhook_deliveries drop constraint webhook_deliveries_endpoint_id_fkey;

alter table webhook_deliveries drop constraint webhook_deliveries_pkey, add primary key (endpoint_id, id);

drop index webhook_deliveries_by_endpoint;
