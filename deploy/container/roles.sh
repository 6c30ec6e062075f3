#!/bin/sh
# Run once, by the empty server: the roles with their passwords, never on a command line; their rights come from
# `nicu db roles --apply`. No connection without TLS.
set -eu
for role in app owner; do
  psql --quiet --username postgres --dbname nicu --set role="nicu_$role" --set ON_ERROR_STOP=1 <<SQL
\set password \`cat /run/secrets/$role-password\`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
done
sed -i 's/^host all all all .*/hostssl all all all scram-sha-256/' "$PGDATA/pg_hba.conf"
