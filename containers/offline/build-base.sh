#!/bin/sh
# Build the image that docker sandboxes use, from Debian packages alone: no registry is asked.
#
#   containers/offline/build-base.sh            build it, unless it is there already
#   containers/offline/build-base.sh --force    build it anew
#
# Needs a running engine (start-engine.sh) and root, or mmdebstrap and a user who may make user namespaces.
# REXLAB_MIRROR names a Debian mirror in place of mmdebstrap's own choice. Takes about a minute and a half.
set -eu

# Change the number with anything below that changes what is in the image; rexlab/sandbox/docker.py names the same.
image=rexlab/base:1
suite=bookworm
python=3.11
# The libraries are those that binary wheels expect of every Linux system.
packages=python3,python3-distutils,git,ca-certificates,libgomp1,libstdc++6

# A newer client may stand first on PATH; the one beside the engine always fits it.
docker=/usr/bin/docker
[ -x "$docker" ] || docker=$(command -v docker || true)
if [ -z "$docker" ] || ! "$docker" version >/dev/null 2>&1; then
    echo "no Docker engine answers; start one (containers/offline/start-engine.sh)" >&2
    exit 1
fi
if [ "${1:-}" != --force ] && "$docker" image inspect "$image" >/dev/null 2>&1; then
    echo "$image is there already"
    exit 0
fi
if ! command -v mmdebstrap >/dev/null || [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "mmdebstrap and debian-archive-keyring are needed; install them and try again" >&2
        exit 1
    fi
    apt-get install -y --no-install-recommends mmdebstrap debian-archive-keyring >/dev/null
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM

mmdebstrap --quiet --variant=apt --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/*' \
    "$suite" "$folder/root.tar" ${REXLAB_MIRROR:+"$REXLAB_MIRROR"}

"$docker" import \
    --change "LABEL rexlab.base=1 rexlab.python=$python rexlab.interpreter=/usr/bin/python$python" \
    --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8' \
    --change 'CMD ["/bin/sh"]' \
    "$folder/root.tar" "$image" >/dev/null
echo "built $image ($(du -h "$folder/root.tar" | cut -f1))"
