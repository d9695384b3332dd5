#!/usr/bin/env bash
# Installs reconciler into a folder of its own, once a job.
set -euo pipefail

venv=$RUNNER_TEMP/venv-of-reconciler
if [ ! -x "$venv/bin/reconciler" ]; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        "${PACKAGE:-$(realpath "$GITHUB_ACTION_PATH/../../..")[postgres,tables]}"
fi
echo "$venv/bin" >> "$GITHUB_PATH"
