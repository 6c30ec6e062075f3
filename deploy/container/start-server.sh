#!/bin/sh
# Start PostgreSQL with TLS alone: the certificate and key of the secrets, where the server may read them.
set -eu
home=/run/nicu-tls
install -d -o postgres -m 700 "$home"
install -o postgres -m 600 /run/secrets/db-certificate "$home/server.pem"
install -o postgres -m 600 /run/secrets/db-key "$home/server.key"
exec docker-entrypoint.sh postgres \
  -c ssl=on -c ssl_cert_file="$home/server.pem" -c ssl_key_file="$home/server.key" -c ssl_min_protocol_version=TLSv1.2 \
  -c password_encryption=scram-sha-256 -c shared_preload_libraries=timescaledb,pg_stat_statements \
  -c log_connections=on -c log_disconnections=on -c log_line_prefix='%m [%p] %u@%d %h '
