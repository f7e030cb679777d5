-- Words that the service coins as values are in kebab-case.
alter table transfers drop constraint transfers_reason_given;
alter table transfers add constraint transfers_reason_given check (reason ~ '^[a-z][a-z0-9-]{0,63}$');

alter table quota_increases drop constraint quota_increases_unit_check;
alter table quota_increases add constraint quota_increases_unit_check check (unit in ('gpu-hours', 'credits', 'count'));

-- An override's amount is shown in the unit in which it was asked for, also when its rule is gone.
alter table quota_overrides
    add column unit text not null check (unit in ('gpu-hours', 'credits', 'count', 'factor')),
    add constraint quota_overrides_factor check ((unit = 'factor') = (effect = 'multiply'));
