#!/bin/bash
# Derivatives as values: products with vectors against differences; what derivatives of higher order cost; one entry of an array by one entry is no matrix.
. "$(dirname "$0")/common.bash"
cd "$ROOT" || exit 1

"$DELTAC" emit tests/generated/vectors/net.delta -o "$SCRATCH/net" --derivatives '∂²C/∂W²·v; u·∂z/∂W; ∂z/∂W·r; ∂z/∂x; ∂z/∂x·q; z' >"$SCRATCH/out" 2>&1 &&
    $CC $STRICT -O1 -I runtime -I "$SCRATCH/net" -o "$SCRATCH/net/test" tests/generated/vectors/vectors.c "$SCRATCH/net/net.c" "$BUILD/libdelta.a" -lz \
        $(cat "$BUILD/libdelta.link") -lm >>"$SCRATCH/out" 2>&1
verdict compiles $?
cat "$SCRATCH/out" | grep error
"$SCRATCH/net/test" || echo 'not ok products'

# Operations of a sample's step with a derivative of order n in the cost: at most n² times those of the first.
order() {
    cat >"$SCRATCH/order.delta" <<END
size h = 8
input t
param W1[h], b1[h], W2[h, h], b2[h], w3[h]
N(t) = w3·tanh(W2 tanh(W1 t + b1) + b2)
u = N(t)
C = (∂$1u/∂t$1 + u)² + (N(0) − 1)²
minimize C
optimize with sgd(η = 0.001)
END
    "$DELTAC" emit "$SCRATCH/order.delta" -o "$SCRATCH/order" 2>/dev/null | sed -n 's/^step .* + \([0-9]*\) for each sample$/\1/p'
}
first=$(order '')
n=1
for power in ² ³ ⁴; do
    n=$((n + 1))
    now=$(order $power)
    echo "# order $n: $now operations, $first for the first"
    [ -n "$now" ] && [ "$now" -gt "$first" ] && [ "$now" -le $((n * n * first)) ]
    verdict "order_$n" $?
done

# ∂u[k]/∂X[k] for all k: as many operations for each entry whether there are 10 or 1000 of them.
diagonal() {
    cat >"$SCRATCH/diagonal.delta" <<END
size K = $1
input X[K]
param a, b
u[k] = tanh(a X[k] + b)
d[k] = ∂u[k]/∂X[k]
C = Σ_k d[k]²
minimize C
optimize with sgd
END
    "$DELTAC" emit "$SCRATCH/diagonal.delta" -o "$SCRATCH/diagonal" 2>/dev/null | sed -n 's/^step .* + \([0-9]*\) for each sample$/\1/p'
}
ten=$(diagonal 10) many=$(diagonal 1000)
echo "# a diagonal: $ten operations for 10 entries, $many for 1000"
[ -n "$ten" ] && [ "$many" -le $((100 * ten)) ]
verdict diagonal_is_linear $?
