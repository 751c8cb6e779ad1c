#!/bin/sh
# A page's own Adam, written by hand, and `optimize with adam` give the same weights to the last bit: batch 64, double.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat > "$dir/head" <<'PAGE'
size   n = 3, h = 8
input  x[n]
target y
param  W1[h,n], b1[h], w2[h] ~ normal(0, 1), b2
a = tanh(W1 x + b1)
p = w2·a + b2
C = ½(p − y)²
minimize C
PAGE
{ cat "$dir/head"; echo 'optimize with adam(η = 0.01)'; } > "$dir/model.delta"
mkdir "$dir/hand"
{
    cat "$dir/head"
    echo 'hyper η = 0.01, β1 = 0.9, β2 = 0.999, ε = 1e-8'
    echo 'state t = 0'
    echo 't ← t + 1'
    for p in 'W1 [h,n]' 'b1 [h]' 'w2 [h]' 'b2 '; do
        set -- $p
        axes=${2:-}
        echo "state m_$1$axes = 0, v_$1$axes = 0"
        echo "m_$1 ← β1 m_$1 + (1 − β1) ∂C/∂$1"
        if [ -n "$axes" ]; then echo "v_$1 ← β2 v_$1 + (1 − β2) (∂C/∂$1 ⊙ ∂C/∂$1)"; else echo "v_$1 ← β2 v_$1 + (1 − β2) (∂C/∂$1)²"; fi
    done
    echo 'then'
    for p in W1 b1 w2 b2; do
        echo "$p ← $p − η (m_$p/(1 − β1^t)) ⊘ (sqrt(v_$p/(1 − β2^t)) + ε)"
    done
} > "$dir/hand/model.delta"
awk 'BEGIN { srand(7); print "x[0],x[1],x[2],y"; for (i = 0; i < 300; i++) { a = rand(); b = rand(); c = rand(); print a "," b "," c "," sin(3*a) + b*c } }' > "$dir/data.csv"
status=0
for d in . hand; do
    if ! "$DELTAC" train "$dir/$d/model.delta" --data "$dir/data.csv" --epochs 20 --batch 64 --seed 3 --weights "$dir/$d/w.npz" --quiet > "$dir/out" 2>&1; then
        echo "not ok adam $d trains"
        cat "$dir/out"
        exit 0
    fi
done
"${PYTHON:-/usr/bin/python3}" - "$dir/w.npz" "$dir/hand/w.npz" <<'PY' || status=1
import sys, zipfile
a, b = (zipfile.ZipFile(p) for p in sys.argv[1:])
for name in ('W1', 'b1', 'w2', 'b2'):
    x, y = a.read(name + '.npy'), b.read(name + '.npy')
    print(('ok' if x == y else 'not ok') + ' adam by hand equals the optimizer, last bit: ' + name)
sys.exit(0)
PY
exit $status
