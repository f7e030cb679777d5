-- Run once by the superuser of a new cluster: psql -v owner_password=… -v service_password=… -f roles.sql
-- The owner migrates. The service reads and writes as gpugrants_runtime, and cannot become the owner. Neither is a superuser.
create role gpugrants_runtime nologin;
-- The first migration makes the role above where nobody has made it, so it asks for this right.
create role gpugrants_owner login createrole password :'owner_password';
create role gpugrants_service login password :'service_password' in role gpugrants_runtime;
create database gpugrants owner gpugrants_owner;
revoke connect on database gpugrants from public;
grant connect on database gpugrants to gpugrants_service;
