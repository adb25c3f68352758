#!/bin/sh
# Write .env for docker-compose.yml: random passwords, the data root, and the ids that its files and the engine's socket have.
#
#   containers/make-env.sh                      images from a registry; /var/lib/rexlab as root, else ~/.local/share/rexlab
#   containers/make-env.sh --offline            the images that containers/offline/build-images.sh builds
#   REXLAB_DATA=/srv/rexlab containers/make-env.sh
#   ENV_FILE=FILE ...                           another file than .env
#
# A file that is there is never changed.
set -eu
umask 077

cd "$(dirname "$0")/.."
file=${ENV_FILE:-.env}
offline=''
case ${1:-} in
    '') ;;
    --offline) offline=1 ;;
    *) echo "unknown option $1; see the head of $0" >&2; exit 2 ;;
esac
if [ -e "$file" ]; then
    echo "$file is there already; remove it first, and know that its passwords are those of the volumes" >&2
    exit 1
fi

socket=${DOCKER_SOCKET:-/var/run/docker.sock}
if [ ! -S "$socket" ]; then
    echo "there is no engine's socket at $socket; start the engine, or set DOCKER_SOCKET" >&2
    exit 1
fi
# root's files must not be a sandbox's: a number of its own stands in for root
uid=$(id -u) gid=$(id -g) data=${REXLAB_DATA:-$HOME/.local/share/rexlab}
if [ "$uid" = 0 ]; then
    uid=10001 gid=10001 data=${REXLAB_DATA:-/var/lib/rexlab}
fi
case $data in
    /*) ;;
    *) echo "REXLAB_DATA=$data is no absolute path" >&2; exit 1 ;;
esac
mkdir -p "$data/home" "$data/tasks" "$data/harnesses"
if [ "$(id -u)" = 0 ]; then
    chown "$uid:$gid" "$data" "$data/home" "$data/tasks" "$data/harnesses"
fi

secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

authorities=''
for place in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
    if [ -z "$authorities" ] && [ -e "$place" ]; then authorities=$place; fi
done

{
    echo "# Written by containers/make-env.sh; docs/deployment.md says what each means. Keep it secret."
    echo "POSTGRES_PASSWORD=$(secret)"
    echo "REDIS_PASSWORD=$(secret)"
    echo "REXLAB_UI_TOKEN=$(secret)"
    echo "REXLAB_FLOWER_LOGIN=rexlab:$(secret)"
    echo "REXLAB_DATA=$data"
    echo "REXLAB_UID=$uid"
    echo "REXLAB_GID=$gid"
    echo "DOCKER_GID=$(stat -c %g "$socket")"
    echo "DOCKER_SOCKET=$socket"
    if [ -n "$authorities" ]; then echo "REXLAB_CA_FILE=$authorities"; fi
    if [ -n "$offline" ]; then
        echo "REXLAB_DB_IMAGE=rexlab/db:latest"
        echo "REXLAB_BROKER_IMAGE=rexlab/broker:latest"
    fi
} >"$file"
echo "wrote $file; the data root is $data"
