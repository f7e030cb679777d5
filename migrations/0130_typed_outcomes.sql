-- The counter-offer of a decision, which nobody has to read out of its explanation.
alter table decisions add column max_grantable_gpu_seconds bigint not null default 0 check (max_grantable_gpu_seconds >= 0);
