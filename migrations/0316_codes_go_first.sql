-- Codes live for minutes and notices wait well: the service sends codes first.
create index mails_waiting on mails ((kind <> 'code'), next_attempt_at) where status = 'pending';
drop index mails_pending;
