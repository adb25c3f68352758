#!/bin/sh
# Start a Docker engine where none runs: on a machine without an init system, such as a bare CI machine. Needs root.
#
#   containers/offline/start-engine.sh          start it, unless one answers already
#   REXLAB_ENGINE_LOG=FILE ...                  where its log goes (default /var/log/rexlab-dockerd.log)
set -eu

log=${REXLAB_ENGINE_LOG:-/var/log/rexlab-dockerd.log}
answers() { "$docker" version --format '{{.Server.Version}}' 2>/dev/null; }

# A newer client may stand first on PATH; the one beside the engine always fits it.
docker=/usr/bin/docker
[ -x "$docker" ] || docker=$(command -v docker || true)
engine=$(command -v dockerd || true)
if [ -z "$docker" ] || [ -z "$engine" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "there is no Docker engine here; install one (Debian: apt-get install docker.io)" >&2
        exit 1
    fi
    apt-get install -y --no-install-recommends docker.io >/dev/null
    docker=/usr/bin/docker
    engine=$(command -v dockerd || echo /usr/sbin/dockerd)
fi

if version=$(answers) && [ -n "$version" ]; then
    echo "Docker engine $version runs already"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "no Docker engine answers, and only root can start one" >&2
    exit 1
fi

setsid "$engine" >"$log" 2>&1 </dev/null &
waited=0
while [ "$waited" -lt 60 ]; do
    if version=$(answers) && [ -n "$version" ]; then
        echo "Docker engine $version started (log: $log)"
        exit 0
    fi
    sleep 1
    waited=$((waited + 1))
done
echo "the Docker engine did not start within a minute; the end of its log:" >&2
tail -n 20 "$log" >&2
exit 1
