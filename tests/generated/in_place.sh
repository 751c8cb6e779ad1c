#!/bin/bash
# Updates that are added to a parameter by a product of matrices: the same as gradient() and a subtraction by hand; and nothing changes when something is not finite.
. tests/generated/common.bash
cat >"$SCRATCH/wide.delta" <<'PAGE'
size   n = 24, h = 20, k = 8
input  x[n]
target y[k]
param  W1[h,n] ~ normal(0, 0.3), b1[h], W2[k,h] ~ normal(0, 0.3), b2[k]
a = tanh(W1 x + b1)
p = W2 a + b2
C = Σ_j (p[j] − y[j])²
minimize C
optimize with sgd(η = 0.05)
PAGE
"$DELTAC" dump --stage loops "$SCRATCH/wide.delta" >"$SCRATCH/loops" || exit 1
grep -q '^after step0: W1 in place' "$SCRATCH/loops" && grep -q '^after step0: W2 in place' "$SCRATCH/loops" && ! grep -q 'new_W' "$SCRATCH/loops"
verdict 'weights are updated in place, biases are not' $?
for real in double float; do
    mkdir "$SCRATCH/$real"
    "$DELTAC" emit "$SCRATCH/wide.delta" -o "$SCRATCH/$real" --real $real >/dev/null || exit 1
    # shellcheck disable=SC2046,SC2086
    $CC -std=gnu11 -O2 -Wall -Wextra -Werror -DREAL=$real -I"$BUILD/include" -I"$SCRATCH/$real" tests/generated/in_place.c "$SCRATCH/$real/wide.c" "$BUILD/libdelta.a" \
        -o "$SCRATCH/$real/test" -lz -lm $(cat "$BUILD/libdelta.link") || exit 1
    "$SCRATCH/$real/test" | sed "s/\$/ ($real)/"
done
