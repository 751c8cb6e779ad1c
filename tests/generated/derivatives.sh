#!/bin/bash
# The derivative suite of bench/derivatives: entries of every gradient against the gradient by hand, at the smallest sizes.
. "$(dirname "$0")/common.bash"
"$PYTHON" "$ROOT/bench/derivatives/run" --smoke --json "$SCRATCH/rows" >"$SCRATCH/out" 2>&1
code=$?
for page in llsq lse gmm lstm kmeans ode ba; do
    grep -q "^$page .* ms\|^$page .* µs" "$SCRATCH/out" && ! grep -q "^$page .*WRONG\|^$page *failed" "$SCRATCH/out"
    good=$?
    if [ $good != 0 ]; then cat "$SCRATCH/out"; fi
    verdict "$page" $good
done
verdict all_entries_agree $code
"$PYTHON" "$ROOT/tests/generated/gradbench.py"
