#!/bin/bash
# emit --target freestanding: a step made of samples that came one after the other is the step of the batch that they are.
. "$(dirname "$0")/common.bash"

mkdir -p "$SCRATCH/pages"
cat >"$SCRATCH/pages/groups.delta" <<'PAGE'
# sums and means over the batch inside what is not linear in them; groups; a price on the weights; a definition without a sample in between
size   n = 2
input  x[n], k
target y
param  w[n] = [0.3, -0.2], g = 0.4, b = 0.1
hyper  η = 0.05, λ = 0.01
state  m[n] = 0, q = 0, r = 1, s = 0
e2 = exp(g)
p = e2 (w·x) + b
C = ½ (p − y)² + λ w·w + λ e2²
minimize C over w, g
m ← 0.9 m + ∂C/∂w
q ← q + mean_batch((p − y) k)² + r sum_batch(k)
r ← 0.9 r + 0.1 mean_batch(x[0]) sum_batch(x[1] x[1])/(1 + mean_batch(k²))
then
w ← w − η m
g ← g − η ∂C/∂g e2
s ← s + q
b ← b − η mean_batch(p − y)
PAGE

# The page under two names: one takes 3 samples a call, the other one.
streams() {
    local page=$1 name
    name=$(name_of "$page")
    mkdir -p "$SCRATCH/$name"
    cp "$page" "$SCRATCH/$name/three.delta"
    cp "$page" "$SCRATCH/$name/one.delta"
    "$DELTAC" emit "$SCRATCH/$name/three.delta" -o "$SCRATCH/$name" --target freestanding --batch 3 "${@:2}" >"$SCRATCH/out" &&
        "$DELTAC" emit "$SCRATCH/$name/one.delta" -o "$SCRATCH/$name" --target freestanding "${@:2}" >>"$SCRATCH/out"
}

agrees() {
    local folder=$1 members
    members=$(sed -n '/data and noise/,/^}/s/^    [a-z0-9_]* \([A-Za-z0-9_]*\)\[.*/MEMBER(\1)/p' "$folder/one.h" | tr '\n' ' ')
    # shellcheck disable=SC2086
    gcc $STRICT -fstack-usage -O1 -I"$folder" -DTHREE=three -DONE=one "-DMEMBERS=$members" -include three.h -include one.h "$ROOT/tests/generated/stream.c" "$folder/three.c" \
        "$folder/one.c" -o "$folder/stream" -lm && "$folder/stream" >"$SCRATCH/out" || { cat "$SCRATCH/out"; false; }
}

for page in examples/xor.delta examples/anomaly.delta examples/one_layer.delta "$SCRATCH/pages/groups.delta" tests/generated/pages/adam_hand.delta; do
    streams "$page" && agrees "$SCRATCH/$(name_of "$page")"
    verdict "$(name_of "$page")" $?
done
streams examples/two_layer.delta --define 'σ1(u) = tanh(u)' --define 'σ2(u) = u' && agrees "$SCRATCH/two_layer"
verdict two_layer $?

# Where a sample sees the others of its batch there is no such step, and the header says so.
cat >"$SCRATCH/pages/norm.delta" <<'PAGE'
input  x
target y
param  w = 1
u = x − mean_batch(x)
C = ½ (w u − y)²
minimize C
optimize with sgd
PAGE
cat >"$SCRATCH/pages/turns.delta" <<'PAGE'
input  x
param  a = 1, b = 2
hyper  η = 0.1
C = (a x − b)²
minimize C
a ← a − η ∂C/∂a
then
b ← b − η ∂C/∂b
PAGE
for name in norm turns; do
    streams "$SCRATCH/pages/$name.delta" && grep -q 'There is no one_accumulate' "$SCRATCH/$name/one.h" && ! grep -q 'one_accumulate(' "$SCRATCH/$name/one.h"
    verdict "none-$name" $?
done
