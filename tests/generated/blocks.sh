#!/bin/bash
# Functions over one long range are called block by block (gen/lower/block.c): the gradient agrees with central differences, whether the range is shorter than a block
# or ends inside one. Sums over the range go through all blocks, arrays between them are as long as a block.
. tests/generated/common.bash
cat >"$SCRATCH/blocks.delta" <<'PAGE'
size  n
given x[n]
param a[n], m[3], v
z[k in 0..2, s] = tanh(a[s] x[s] − m[k])
p[k in 0..2, s] = exp(z[k,s]) v
r[s] = Σ_k p[k,s]²
q[s] = sin(r[s]) + z[0,s] z[1,s]
t[k in 0..2] = Σ_s q[s] z[k,s]
C = Σ_k t[k]²/n + (Σ_s logsumexp_{k in 0..2} p[k,s])/n
minimize C
optimize with sgd(η = 0.1)
PAGE
"$DELTAC" emit "$SCRATCH/blocks.delta" -o "$SCRATCH" >/dev/null || exit 1
grep -q 'begin += work->size.block' "$SCRATCH/blocks.c" && grep -q 'size->block = 1;' "$SCRATCH/blocks.c"
verdict "the range is run through in blocks" $?
for n in 1 7 32 1500 2049; do
    # shellcheck disable=SC2046,SC2086
    $CC -std=gnu11 -O2 -DFREE_SIZE=$n -DMODEL=blocks_model -I"$BUILD/include" -I"$SCRATCH" tests/generated/differences.c "$SCRATCH/blocks.c" "$BUILD/libdelta.a" -o "$SCRATCH/program" \
        -lz -lm $(cat "$BUILD/libdelta.link") && "$SCRATCH/program"
    verdict "gradient with n = $n" $?
done
