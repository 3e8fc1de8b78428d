#!/usr/bin/env bash
# Installs dedupkit as it stands beside action.yml, with the versions that its tests have passed with.
set -euo pipefail

environment="$RUNNER_TEMP/dedupkit"
"$PYTHON" -m venv --clear "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint "$GITHUB_ACTION_PATH/constraints.txt" "$GITHUB_ACTION_PATH"
