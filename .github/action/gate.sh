#!/usr/bin/env bash
# Cleans a candidate if asked to, and gates it. action.yml gives every input in the environment, as INPUT_NAME.
#
# Ends with the gate's own status: 0 passed, 1 failed, 2 wrong usage or setting, 3 it could not be done.
set -euo pipefail

candidate="${INPUT_CANDIDATE:-}"
report="${INPUT_REPORT:-reports}"

# A later step reads "name=value", line by line.
output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

finish() {
    case "$1" in
        0) output status passed ;;
        1) output status failed ;;
        *) output status 'could not run' ;;
    esac
    exit "$1"
}

refuse() {
    printf '::error title=dedupkit::%s\n' "$1" # fixed sentences only: what an input says could be a command
    finish 2
}

[[ -n "$candidate" ]] || refuse 'The input "candidate" is empty.'
[[ "$report" != *[$'\r\n']* ]] || refuse 'The input "report" is more than one line.'
[[ "${INPUT_CLEAN:=false}" =~ ^(true|false)$ ]] || refuse 'The input "clean" is neither true nor false.'
[[ "${INPUT_SARIF:=false}" =~ ^(true|false)$ ]] || refuse 'The input "sarif" is neither true nor false.'

# --name=value and a "--" before the candidate: nothing that begins with a dash is taken for a flag.
flags=(--quiet)

if [[ "$INPUT_CLEAN" == true ]]; then
    dedupkit clean "${flags[@]}" --out=cleaned --report="$report" -- "$candidate" || finish "$?"
    # a review shows an annotation on the dump's line: sources are named below the input
    if [[ -d "$candidate" ]]; then flags+=("--sources=$candidate"); else flags+=("--sources=$(dirname -- "$candidate")"); fi
    candidate=cleaned
fi

[[ -z "${INPUT_SUITE:-}" ]] || flags+=("--suite=$INPUT_SUITE")
[[ -z "${INPUT_AGAINST:-}" ]] || flags+=("--against=$INPUT_AGAINST")
[[ -z "${INPUT_BASELINE:-}" ]] || flags+=("--baseline=$INPUT_BASELINE")

status=0
dedupkit gate "${flags[@]}" --format=github -- "$candidate" || status=$?

if [[ "$INPUT_SARIF" == true && "$status" -le 1 ]]; then
    mkdir -p -- "$report"
    again=0
    dedupkit gate "${flags[@]}" --format=sarif --output="$report/gate.sarif" -- "$candidate" || again=$?
    [[ "$again" -le 1 ]] || finish "$again"
    output sarif "$report/gate.sarif"
fi

finish "$status"
