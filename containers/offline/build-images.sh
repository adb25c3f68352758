#!/bin/sh
# Build every image of docker-compose.yml from Debian's packages and Python wheels: no image registry is asked.
#
#   containers/offline/build-images.sh                build what is missing or out of date
#   containers/offline/build-images.sh --force        build all of it anew
#   containers/offline/build-images.sh --save FILE    and write all of it to a file; elsewhere: docker load -i FILE
#
# Needs a running engine (start-engine.sh), uv (where it is missing, make puts it into .venv), a Debian mirror and a Python
# index; what pip and uv are told of mirrors by their own variables holds here too. Names: rexlab/base:1, rexlab/packages, rexlab/platform,
# rexlab/db, rexlab/broker.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"
force='' archive=''
while [ $# -gt 0 ]; do
    case $1 in
        --force) force=1 ;;
        --save) archive=${2:?--save needs a file}; shift ;;
        *) echo "unknown option $1; see the head of $0" >&2; exit 2 ;;
    esac
    shift
done

# The older builder: it is in every engine, and BuildKit would look for the local base in a registry.
export DOCKER_BUILDKIT=0
docker=/usr/bin/docker
[ -x "$docker" ] || docker=$(command -v docker || true)
uv=$here/.venv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    uv=$here/.venv/bin/uv
    if ! command -v make >/dev/null || ! make --silent .venv/bin/uv; then
        echo "uv is missing, and make cannot install it; on Debian and Ubuntu: apt-get install make python3-venv" >&2
        exit 1
    fi
fi

# one at a time: a second one waits, and then finds everything up to date
exec 9<containers/offline/build-images.sh
flock 9

containers/offline/build-base.sh ${force:+--force}
base=$("$docker" image inspect --format '{{.Id}}' rexlab/base:1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# digest FILE...: of the names and contents of these files, and of the files in these folders
digest() {
    find "$@" -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
}

# is_current IMAGE DIGEST: whether the image was made from just this
is_current() {
    [ -z "$force" ] && [ "$("$docker" image inspect --format '{{index .Config.Labels "rexlab.inputs"}}' "$1" 2>/dev/null)" = "$2" ]
}

# build IMAGE DIGEST CONTEXT [ARGUMENT...]
build() {
    image=$1 inputs=$2 context=$3
    shift 3
    echo "building $image"
    "$docker" build --quiet --force-rm --label "rexlab.inputs=$inputs" --tag "$image" "$@" "$context" >/dev/null
}

for name in db broker; do
    inputs=$(digest "containers/$name")-$base
    is_current "rexlab/$name:latest" "$inputs" || build "rexlab/$name:latest" "$inputs" "containers/$name"
done

# Wheels for Python 3.11 and any glibc since 2.28, whatever this machine runs.
install_to() {
    site=$1
    shift
    "$uv" pip install --quiet --target "$site" --python-version 3.11 --python-platform "$(uname -m)-manylinux_2_28" \
        --only-binary :all: --link-mode copy --no-deps "$@"
}

"$uv" export --quiet --frozen --no-dev --extra flower --no-emit-project --format requirements-txt --output-file "$work/requirements.txt"
grep -v '^#' "$work/requirements.txt" >"$work/pinned.txt"
packages=$( (cat "$work/pinned.txt" containers/packages/Dockerfile; echo "$base") | sha256sum | cut -c1-16)
if ! is_current rexlab/packages:latest "$packages"; then
    mkdir "$work/packages"
    install_to "$work/packages/site" --require-hashes --compile-bytecode -r "$work/pinned.txt"
    cp containers/packages/Dockerfile "$work/packages/"
    build rexlab/packages:latest "$packages" "$work/packages"
    rm -rf "$work/packages"
fi

platform=$(digest pyproject.toml platform tasks harnesses containers webui LICENSE README.md)-$packages
if ! is_current rexlab/platform:latest "$platform"; then
    mkdir "$work/platform"
    "$uv" build --quiet --wheel --out-dir "$work/wheel"
    install_to "$work/platform/site" "$work"/wheel/*.whl
    cp containers/platform/Dockerfile containers/platform/rexlab "$work/platform/"
    build rexlab/platform:latest "$platform" "$work/platform"
fi

# what the new ones took the names of; one that a container still uses stays
"$docker" image prune --force --filter label=rexlab.inputs >/dev/null

if [ -n "$archive" ]; then
    "$docker" save -o "$archive" rexlab/base:1 rexlab/packages rexlab/platform rexlab/db rexlab/broker
    echo "wrote $archive"
fi
echo "rexlab/base:1, rexlab/packages, rexlab/platform, rexlab/db and rexlab/broker are up to date"
