#!/bin/bash
# Arrays of a recurrence with products lie step by step: a value that is not finite is still named by its own step and sample, and the row of the data is that sample's.
. "$(dirname "$0")/common.bash"
cd "$SCRATCH" || exit 1
cat >steps.delta <<'PAGE'
size T = 5, n = 8, m = 9
input x[T,n]
target y[m]
param W[m,n] ~ normal(0, 1), U[m,m], b[m]
h[-1] = 0
z[t] = W x[t] + U h[t-1] + b
h[t] = tanh(√(z[t] + 100))
C = ½ Σ_j (h[T-1,j] − y[j])²
minimize C
optimize with sgd(η = 0.01)
PAGE
"$PYTHON" - <<'DATA'
import numpy as np
draw = np.random.default_rng(1)
x = draw.normal(size=(12, 5, 8))
x[7, 3] = -1e9
np.savez('steps.npz', x=x, y=draw.normal(size=(12, 9)))
DATA
"$DELTAC" emit steps.delta -o text >/dev/null && grep -q '"t,sample,i"' text/steps.c
verdict 'steps lie outermost' $?
"$DELTAC" train steps.delta --data steps.npz --steps 3 --batch 12 --ordered --weights w.npz >said 2>&1
grep -q 'sample=7, i=[0-9]*\] is nan' said && grep -q 'row 8 of steps.npz' said
verdict "sample and row: $(head -1 said)" $?
