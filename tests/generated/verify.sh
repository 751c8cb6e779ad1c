#!/bin/bash
# Every example and every page of these tests: the generated program agrees with the page's equations to 1e-9 and with differences of its own cost.
. "$(dirname "$0")/common.bash"
cd "$ROOT" || exit 1
for page in $(pages) tests/generated/verify/*.delta; do
    "$DELTAC" verify "$page" >"$SCRATCH/out" 2>&1
    code=$?
    if [ $code != 0 ]; then cat "$SCRATCH/out"; fi
    verdict "$(basename "$page" .delta)" $code
done
