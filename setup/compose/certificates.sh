#!/bin/sh
# certificates.sh DIRECTORY NAME…: a certificate for servers of these names, server.pem with
# server.key, and the authority that it is of, ca.pem. Makes them once.
set -eu

directory=$1
shift
cd "$directory"
[ ! -e server.pem ] || exit 0

names=
for name in "$@"; do
    names="$names${names:+,}DNS:$name"
done

new_key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
# shellcheck disable=SC2086 # These are options, not one.
openssl req -x509 $new_key -days 3650 -subj "/CN=pgfold, local" -keyout ca.key -out ca.pem \
    -addext keyUsage=critical,keyCertSign
# shellcheck disable=SC2086
openssl req $new_key -subj "/CN=$1" -addext "subjectAltName=$names" \
    -keyout server.key -out server.csr
openssl x509 -req -in server.csr -copy_extensions copy -CA ca.pem -CAkey ca.key -days 3650 \
    -out unfinished.pem

# The account that PostgreSQL and Valkey run as in their images.
chown 999 server.key
chmod 600 server.key
rm ca.key server.csr
mv unfinished.pem server.pem
