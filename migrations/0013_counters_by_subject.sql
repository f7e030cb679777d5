-- A subject's counters lie together: whoever asks where it stands finds them in one place, and a decision that changes them touches fewer
-- pages.
-- Subjects are compared as bytes, whatever the database's language.
alter table quota_counters drop constraint quota_counters_pkey;
alter table quota_counters alter column subject_id type text collate "C";
alter table quota_counters add primary key (root_programme_id, subject_id, signature_id);
