#!/usr/bin/env bash
# Runs one command of reconciler. What it writes for others goes into one folder, for keep.sh to look at.
set -euo pipefail

folder=$RUNNER_TEMP/reconciler
rm -rf "$folder"
mkdir "$folder"

# Exit 2 of drift is an answer; of everything else but 0 the job is to fail.
end_with() {
    echo "code=$1" >> "$GITHUB_OUTPUT"
    exit "$(($1 == 2 ? 0 : $1))"
}

case "$COMMAND" in
plan)
    code=0
    reconciler -C "$PROJECT" plan ${PLAN:+--reviewed "$PLAN"} \
        --out "$folder/plan.json" --markdown "$folder/plan.md" --html "$folder/plan.html" || code=$?
    end_with "$code"
    ;;
apply)
    # In place of this shell, so that the signal of a job that is cancelled reaches it: it then finishes the
    # calls in flight and records them.
    exec reconciler -C "$PROJECT" apply "$PLAN" --report "$folder/report.json" --lock-timeout 10m
    ;;
drift)
    code=0
    reconciler -C "$PROJECT" drift --markdown "$folder/drift.md" || code=$?
    end_with "$code"
    ;;
*)
    echo "::error::command is plan, apply or drift, not $COMMAND"
    exit 1
    ;;
esac
