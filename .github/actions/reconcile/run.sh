#!/usr/bin/env bash
# Runs one command of reconciler. What it writes for others goes into one folder, for keep.sh to look at.
set -euo pipefail

PATH=$RUNNER_TEMP/venv-of-reconciler/bin:$PATH
if ! command -v reconciler > /dev/null; then
    echo "::error::reconciler is not installed: use this action with \`command: install\` first, in a step without secrets"
    exit 1
fi

folder=$RUNNER_TEMP/reconciler-$COMMAND
rm -rf "$folder"
mkdir "$folder"

code=0
case "$COMMAND" in
plan)
    if [ "${REHEARSE:-false}" = true ]; then rehearse=--rehearse; fi
    reconciler -C "$PROJECT" plan ${PLAN:+--reviewed "$PLAN"} ${rehearse:+"$rehearse"} --values "${VALUES:-mask}" \
        --out "$folder/plan.json" --markdown "$folder/plan.md" --html "$folder/plan.html" || code=$?
    # What was not reviewed is left out of the plan: the rest can be applied, and whoever asks for `code` is told.
    if [ "$code" = 5 ] && [ -n "$PLAN" ] && [ -e "$folder/plan.json" ]; then is_answer=true; fi
    ;;
apply)
    # In place of this shell, so that the signal of a job that is cancelled reaches it: it then finishes the
    # calls in flight and records them.
    exec reconciler -C "$PROJECT" apply "$PLAN" --values "${VALUES:-mask}" \
        --report "$folder/report.json" --lock-timeout 10m
    ;;
drift)
    reconciler -C "$PROJECT" drift --values "${VALUES:-mask}" --markdown "$folder/drift.md" || code=$?
    if [ "$code" = 2 ]; then is_answer=true; fi
    ;;
check)
    read -ra types <<< "${OBJECTS//,/ }"
    for object in "${types[@]}"; do
        found=0
        reconciler -C "$PROJECT" import --check -- "$object" | tee -a "$folder/unnamed.txt" || found=$?
        if [ "$found" != 0 ] && [ "$code" != 1 ]; then code=$found; fi
    done
    { echo '```text' && cat "$folder/unnamed.txt" && echo '```'; } >> "$GITHUB_STEP_SUMMARY"
    if [ "$code" = 2 ]; then
        is_answer=true
        echo "::warning::there are records that no manifest names: the summary of this job lists them"
    fi
    ;;
*)
    echo "::error::command is plan, apply, drift or check, not $COMMAND"
    exit 1
    ;;
esac

echo "code=$code" >> "$GITHUB_OUTPUT"
[ "$code" = 0 ] || [ -n "${is_answer:-}" ] || exit "$code"
