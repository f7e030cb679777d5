-- Columns say their unit.

alter table requests rename column rate to millicredits_per_gpu_hour;
alter table grants rename column rate to millicredits_per_gpu_hour;
