#!/usr/bin/env bash
# Removes from the folder what must not leave the machine. Comments and pages are masked and may. Plans and
# reports hold the values themselves, and artifacts can be read by everybody who can read the repository:
# they stay here, unless they are encrypted or of an emulator.
set -euo pipefail

folder=$RUNNER_TEMP/reconciler-$COMMAND
[ -d "$folder" ] || exit 0
echo "folder=$folder" >> "$GITHUB_OUTPUT"

# A pull request whose manifests cannot be read gets a comment too: the last one is no longer true.
if [ "$COMMAND" = plan ] && [ ! -e "$folder/plan.md" ]; then
    cat > "$folder/plan.md" <<END
<!-- reconciler plan $RECONCILER_ENV - -->
### There is no plan

It ended with an error, which stands beside the lines it is about and in
[the job's log]($GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID).
END
fi

is_refused=
for file in "$folder"/{plan,report}.json; do
    if [ ! -e "$file" ] || [ "$EMULATOR" = true ] || head -c 21 "$file" | grep -q '^reconciler encrypted '; then
        continue
    fi
    rm "$file"
    echo "::error::${file##*/} is not uploaded, because it is not encrypted: set the secret RECONCILER_PLAN_KEY"
    is_refused=true
done
[ -z "$is_refused" ]
