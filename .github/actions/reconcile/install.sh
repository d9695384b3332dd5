#!/usr/bin/env bash
# Installs reconciler into the folder VENV: what requirements.lock names, held against its hashes, as wheels only,
# and reconciler itself from the checkout that this script is part of.
#
# What is installed cannot take what it does not get: of the environment pip sees the variables named here alone.
set -euo pipefail

venv=$1
source=$(realpath "${BASH_SOURCE[0]%/*}/../../..")
[ ! -x "$venv/bin/reconciler" ] || exit 0

kept=()
for name in PATH HOME TMPDIR LANG {HTTP,HTTPS,ALL,NO}_PROXY {http,https,all,no}_proxy SSL_CERT_FILE SSL_CERT_DIR \
    REQUESTS_CA_BUNDLE PIP_CACHE_DIR PIP_CERT PIP_CONFIG_FILE PIP_INDEX_URL PIP_PROXY; do
    [ -z "${!name:-}" ] || kept+=("$name=${!name}")
done
clean() { env -i "${kept[@]}" "$@"; }
pip() { clean "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }

clean python3 -m venv "$venv"
pip --require-hashes --only-binary :all: --requirement "$source/requirements.lock"
pip --no-index --no-build-isolation "$source"
