#!/bin/bash
# Small pages have a step on one sample that is written out: as the step on batches, for every page that has one, and for every optimizer.
. tests/generated/common.bash
compare() { # compare PAGE LABEL [OPTION…]: prints a verdict when the page has such a step
    local page=$1 label=$2 name directory=$SCRATCH/$2 found
    shift 2
    name=$(name_of "$page")
    emit_page "$page" "$directory" "$@" >/dev/null || return
    grep -q "${name}_train_one(" "$directory/$name.c" || return
    # shellcheck disable=SC2046
    $CC -std=gnu11 -O2 -ffp-contract=off -DMODEL="$name" -DMODEL_FILE="\"$name.c\"" -I"$BUILD/include" -I"$directory" tests/generated/one_sample.c "$BUILD/libdelta.a" -o "$directory/test" \
        -lz -lm $(cat "$BUILD/libdelta.link") || return
    found=$("$directory/test")
    verdict "$label: the step written out ($found)" $?
}
for page in $(pages); do compare "$page" "$(basename "$page" .delta)"; done | tee "$SCRATCH/pages"
[ "$(grep -c '^ok' "$SCRATCH/pages")" -ge 3 ]
verdict 'several pages have one' $?
cat >"$SCRATCH/small.delta" <<'PAGE'
size   n = 2, h = 3
input  x[n]
target y
param  W[h,n] ~ normal(0, 1), b[h], w[h] ~ normal(0, 1), c
a = relu(W x + b)
p = softmax(a)
z = w·p + c
C = ½(z − y)² + max(a)² / 100
minimize C
optimize with sgd(η = 0.1)
PAGE
for optimizer in 'sgd(η = 0.1)' 'momentum(η = 0.01)' 'adam(η = 0.01)' 'adamw(η = 0.01)' 'rmsprop(η = 0.01)' 'adagrad(η = 0.01)'; do
    compare "$SCRATCH/small.delta" "${optimizer%%(*}" --optimizer "$optimizer"
done | tee "$SCRATCH/optimizers"
[ "$(grep -c '^ok' "$SCRATCH/optimizers")" -ge 5 ]
verdict 'so have the optimizers' $?
# A page of sigmoids: on large values its step gives up.
compare bench/pages/gates.delta sigmoids | tee "$SCRATCH/large"
grep -q ', [1-9][0-9]* given up' "$SCRATCH/large"
verdict 'large values are left to the step on batches' $?
