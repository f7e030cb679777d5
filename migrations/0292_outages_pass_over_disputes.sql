-- Disputes that were open when an outage was recorded: their records stay as they are until somebody has decided. The same outage, recorded
-- again, credits them. Records of grants whose earnings were payable are only counted.
alter table outages add column disputes uuid[] not null default '{}' check (cardinality(disputes) <= 1000);
alter table outages add column payable integer not null default 0 check (payable >= 0);
