#!/bin/sh
# PostgreSQL's image runs this once, when it makes the cluster.
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$OWNER_PASSWORD" -v service_password="$SERVICE_PASSWORD" \
    --username "$POSTGRES_USER" --dbname postgres --file /etc/gpugrants/roles.sql
