#!/bin/sh
# What the official image's entry point does, as far as compose.yaml uses it.
set -eu

[ "$(id -u)" != 0 ] || {
    find . ! -user valkey -exec chown valkey {} +
    exec setpriv --reuid=valkey --regid=valkey --init-groups "$0" "$@"
}
exec "$@"
