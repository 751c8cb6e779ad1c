#!/bin/sh
# make demo: what deltac says of the lecture page, of the page with one term left out, the derivation, and the training of y = 2x + 1.
set -u
cd "$(dirname "$0")/.." || exit 4
deltac=${BUILD:-build}/deltac
work=$(mktemp -d) || exit 4
trap 'rm -rf "$work"' EXIT
failed=0

# show STATUS COMMAND…: prints the command and what it says; STATUS is what it should end with.
show() {
    wanted=$1
    shift
    printf '\n$ %s\n' "$(echo "$*" | sed "s|^$deltac|deltac|; s|$work/||g")"
    "$@"
    status=$?
    if [ "$status" != "$wanted" ]; then
        echo "demo: ended with status $status, not $wanted" >&2
        failed=1
    fi
}

echo 'The lecture page, one hidden unit: is every line of the derivation true?'
show 0 "$deltac" check examples/two_layer.delta

printf '\n%s\n' 'The same page, the last term of one gradient left out:'
show 0 "$deltac" check examples/two_layer_slip.delta

printf '\n%s\n' 'The derivation, from the definitions alone:'
show 0 "$deltac" derive examples/two_layer.delta

printf '\n%s\n' 'A straight line through noisy points of y = 2x + 1, by a C program made from the page:'
show 0 "$deltac" train examples/one_layer.delta --data examples/one_layer.csv --every 140 --weights "$work/one_layer.npz"

exit "$failed"
