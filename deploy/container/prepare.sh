#!/bin/sh
# Make what compose.yaml needs and nobody else may have: passwords, an authority for the database's TLS, the audit key.
#   ./prepare.sh nicu.example.org
# What is there already is kept. Copy secrets/audit.key to a place that no copy of the database reaches.
set -eu
cd "$(dirname "$0")"
if [ $# -ne 1 ]; then
  echo "usage: prepare.sh NAME-OF-THE-SITE, as browsers will ask for it" >&2
  exit 2
fi
umask 077
mkdir -p secrets
printf 'NICU_SITE=%s\n' "$1" > .env
cd secrets
for name in postgres app owner; do
  [ -s "$name-password" ] || openssl rand -hex 24 | tr -d '\n' > "$name-password"
done
if [ ! -s authority.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=NICU database authority" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout authority.key \
    -out authority.pem 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=db -keyout db.key -out db.csr 2>/dev/null
  printf 'subjectAltName=DNS:db\nextendedKeyUsage=serverAuth\n' > db.ext
  openssl x509 -req -in db.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 825 -extfile db.ext \
    -out db.pem 2>/dev/null
  rm -f db.csr db.ext
fi
tls='sslmode=verify-full&sslrootcert=/run/secrets/authority'
printf 'postgresql://postgres:%s@db/nicu?%s' "$(cat postgres-password)" "$tls" > care-url
printf 'postgresql://nicu_app:%s@db/nicu?%s' "$(cat app-password)" "$tls" > database-url
for name in audit secret; do
  [ -s "$name.key" ] || openssl rand -hex 32 > "$name.key"
done
# The program in its container is user 10001, and the files of secrets keep their owner.
for name in care-url database-url authority.pem audit.key secret.key; do
  chown 10001 "$name" 2>/dev/null || chmod 644 "$name"
done
echo "Ready; next: podman compose up -d"
