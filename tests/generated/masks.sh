#!/bin/bash
# What is read or written under a condition, along short axes: the C compiler's fastest code must give what its plainest gives. gcc 12 (-O3, AVX2 and up) unrolls such
# loops, and then the masked reads of a group get each other's masks.
. tests/generated/common.bash
for n in 3 5 6 7 9 11; do
    cat >"$SCRATCH/masks.delta" <<PAGE
input  q[4], x[2, 9 pad 1, $n pad 1]
param  V[5, 4], K[2, 2, 1, 2], b[2]
u[i in 0..4, j in 0..3] = V[i,j] q[j]
z[o in 0..1, i in 0..8, j in 0..$((n - 1))] = Σ_{r in 0..1, d in 0..1} K[o,r,0,d] x[r, i−1, j+2d−1] + b[o]
a = relu(z)
g = clip(u, −1, 1)
C = ½ Σ tanh(a)² + 0.1 Σ (g − 0.2)²
minimize C
optimize with sgd(η = 0.1)
PAGE
    "$DELTAC" emit "$SCRATCH/masks.delta" -o "$SCRATCH" >/dev/null || exit 1
    for level in 0 3; do
        # shellcheck disable=SC2046,SC2086
        $CC -std=gnu11 -O$level -march=native -fno-math-errno -fno-trapping-math -fno-signed-zeros -I"$BUILD/include" -I"$SCRATCH" tests/generated/masks.c "$SCRATCH/masks.c" \
            "$BUILD/libdelta.a" -o "$SCRATCH/program" -lz -lm $(cat "$BUILD/libdelta.link") && "$SCRATCH/program" >"$SCRATCH/$level" || exit 1
    done
    [ "$(wc -l <"$SCRATCH/0")" -eq 30 ] && paste "$SCRATCH/0" "$SCRATCH/3" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (!(d <= 1e-6 * (1 + ($1 < 0 ? -$1 : $1)))) bad = 1 } END { exit bad }'
    verdict "axis of $n entries" $?
done
