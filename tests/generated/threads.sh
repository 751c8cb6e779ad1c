#!/bin/bash
# The bits of the weights do not depend on how many threads there are: products in panels, long loops in pieces that begin where a vector does.
. "$(dirname "$0")/common.bash"
cd "$SCRATCH" || exit 1
cat >wide.delta <<'PAGE'
size   n = 300, h = 700, k = 10
input  x[n]
target y[k]
param  W1[h,n] ~ he, b1[h], W2[h,h] ~ he, b2[h], W3[k,h], b3[k]
a1 = tanh(W1 x + b1)
a2 = sigmoid(W2 a1 + b2) ⊙ a1
p  = softmax(W3 a2 + b3)
C  = −Σ_j y[j] log p[j] + 0.001 Σ a2²
minimize C
optimize with adam(η = 0.001)
PAGE
"$PYTHON" - <<'DATA'
import numpy as np
draw = np.random.default_rng(1)
np.savez('wide.npz', x=draw.normal(size=(450, 300)), y=np.eye(10)[draw.integers(10, size=450)])
DATA
for real in double float; do
    "$DELTAC" build --real $real wide.delta -o wide-$real || exit 1
    if nm -D wide-$real | grep -q GOMP_parallel; then :; else echo "SKIP threads built without OpenMP" && exit 0; fi
    grep -q 'DELTA_SHARED' <("$DELTAC" emit --real $real wide.delta -o text >/dev/null && cat text/wide.c)
    verdict "$real: loops are shared" $?
    grep -q 'DELTA_EACH_PART' text/wide.c
    verdict "$real: sums over samples are shared by columns" $?
    run() { OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=$1 ./wide-$real --data wide.npz --batch 200 --steps 4 --quiet --weights $real-$1.npz; }
    run 1 || exit 1
    for threads in 2 3 5; do
        run $threads || exit 1
        cmp $real-1.npz $real-$threads.npz
        verdict "$real: $threads threads" $?
    done
done

# A long loop that reads under conditions.
cat >long.delta <<'PAGE'
size n = 70000
given x[n], z[n]
param w[n] ~ normal(0, 1)
v[i in 0..n-1] = tanh(if x[i] > 0 then z[i] w[i] else w[i])
r[i in 0..n-2] = v[i+1] v[i]
C = Σ_{i in 0..n-2} r[i]²/n
minimize C
optimize with sgd(η = 0.1)
PAGE
"$PYTHON" -c "import numpy as np; d = np.random.default_rng(2); np.savez('long.npz', x=d.normal(size=70000), z=d.normal(size=70000))"
"$DELTAC" build long.delta -o long && for threads in 1 3; do
    OMP_NUM_THREADS=$threads ./long --data long.npz --steps 3 --quiet --weights long-$threads.npz || break
done
cmp long-1.npz long-3.npz
verdict "a long loop with conditions" $?
