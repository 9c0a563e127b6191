#!/bin/sh
# Write both locks anew from pyproject.toml; needs a network. Versions already locked are kept: `tools/lock.sh --upgrade`
# takes the newest. The locks hold names, versions and hashes only: no index, no folder, nothing of this machine.
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch"
"$scratch/bin/pip" install --quiet --disable-pip-version-check uv

# The build backend comes from standard input: it is needed at run time too, because the project is installed from here.
compile() {
    echo hatchling | env -u UV_FIND_LINKS -u UV_EXTRA_INDEX_URL -u UV_INDEX "$scratch/bin/uv" --no-config --quiet \
        pip compile --universal --python-version 3.11 --only-binary :all: --generate-hashes --no-emit-index-url \
        --no-annotate --custom-compile-command "make lock" "$@" pyproject.toml -
}
# The larger lock first: what is tested together is what runs.
compile --output-file requirements-dev.lock --extra dev "$@"
compile --output-file requirements.lock --constraint requirements-dev.lock "$@"
