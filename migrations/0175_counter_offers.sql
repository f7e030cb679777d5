-- A denied request's counter-offer is taken once. The denied request names the request that took it.
alter table requests add column accepted_as uuid;
alter table requests add constraint requests_counter_offer_of_denied check (accepted_as is null or status = 'denied');
