-- All counters of a subject in one row: a decision writes one row per subject and not one per counter. The service packs and checks them.
create table subject_counters (
    root_programme_id uuid not null,
    subject_id        text collate "C" not null,
    -- Grows by one with each write.
    version           bigint not null check (version > 0),
    counters          bytea not null check (octet_length(counters) between 2 and 67108864),
    primary key (root_programme_id, subject_id)
) with (fillfactor = 70, toast_tuple_target = 8160);

-- Packed bytes do not compress. Up to a page they stay in the row.
alter table subject_counters alter column counters set storage external;

grant select, insert, update on subject_counters to gpugrants_runtime;

-- Without their signatures, the next batch of each tree folds all counters from the facts again.
delete from quota_signatures;
drop table quota_counters;
