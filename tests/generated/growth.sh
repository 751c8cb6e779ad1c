#!/bin/bash
# The text does not grow with the sizes, and grows in step with the number of equations; so does the time.
. "$(dirname "$0")/common.bash"

mlp() {
    cat <<PAGE
size n = 784, h = $1, k = 10
input x[n]
target y[k]
param W1[h,n], b1[h], W2[k,h], b2[k]
a1 = tanh(W1 x + b1)
p = softmax(W2 a1 + b2)
C = −Σ_i y[i] log(p[i])
minimize C
output p
metric accuracy = argmax(p) == argmax(y)
optimize with adam(η = 1e-3)
PAGE
}

chain() {
    printf 'input x\ntarget y\n'
    for ((i = 1; i <= $1; i++)); do echo "param w$i = 0.5, b$i"; done
    echo 'a0 = x'
    for ((i = 1; i <= $1; i++)); do
        echo "z$i = w$i a$((i - 1)) + b$i"
        echo "a$i = tanh(z$i)"
    done
    printf 'C = ½ (a%d − y)²\nminimize C\noptimize with sgd(η = 0.01)\n' "$1"
}

# A file that is not there has more lines than any. What marks a loop that is long enough for several threads depends on sizes, as it should.
lines_of() { if [ -s "$SCRATCH/$1/$1.c" ]; then grep -vcE '^ *(DELTA_(SHARED|EACH_PART)|const ptrdiff_t (parts|from|end)|for \(ptrdiff_t part |if \(part == 0|\})' "$SCRATCH/$1/$1.c"; else echo $RANDOM$RANDOM; fi; }

for h in 128 1024; do
    mlp $h >"$SCRATCH/mlp$h.delta"
    emit_page "$SCRATCH/mlp$h.delta" "$SCRATCH/mlp$h"
done
echo "lines: $(lines_of mlp128) for 128 hidden units, $(lines_of mlp1024) for 1024"
[ "$(lines_of mlp128)" = "$(lines_of mlp1024)" ]
verdict lines-do-not-depend-on-sizes $?

declare -A took
TIMEFORMAT='%U %S' # time of the processor: a busy machine is no reason to fail
for n in 100 1000; do
    chain $n >"$SCRATCH/chain$n.delta"
    best=999999
    for _ in 1 2 3; do
        { time emit_page "$SCRATCH/chain$n.delta" "$SCRATCH/chain$n"; } 2>"$SCRATCH/time"
        spent=$(awk 'NF == 2 && /^[0-9. ]+$/ { printf "%d", 1000 * ($1 + $2) }' "$SCRATCH/time")
        ((best = spent < best ? spent : best))
    done
    took[$n]=$best
    echo "$n layers: $best ms, $(lines_of chain$n) lines"
done
(($(lines_of chain1000) < 11 * $(lines_of chain100)))
verdict lines-grow-with-equations $?
# Ten times the layers in at most twenty times the time; the first milliseconds are the program's start.
((took[1000] < 20 * took[100] + 50))
verdict time-grows-with-equations $?
# gcc is superlinear in the length of a function.
longest=$(awk '/^{/ { from = NR } /^}$/ { if (NR - from > longest) longest = NR - from } END { print longest }' "$SCRATCH/chain1000/chain1000.c")
echo "longest function: $longest lines"
((longest > 50 && longest < 1200))
verdict functions-stay-short $?

# Derivatives by an input inside the cost: up to order 4 the work of a step grows no faster than the square of the order.
declare -A work
for order in 1 2 3 4; do
    sign=(x '' ² ³ ⁴)
    cat >"$SCRATCH/order$order.delta" <<PAGE
size h = 16
input t
param W1[h], b1[h], W2[h,h], b2[h], w[h]
a = tanh(W1 t + b1)
c = tanh(W2 a + b2)
u = w·c
r = ∂${sign[order]}u/∂t${sign[order]} + u
C = r²
minimize C
optimize with sgd(η = 1e-3)
PAGE
    work[$order]=$("$DELTAC" emit "$SCRATCH/order$order.delta" -o "$SCRATCH/order$order" | sed -n 's/^step .* + \([0-9]*\) for each sample.*/\1/p')
done
echo "operations for each sample: ${work[1]}, ${work[2]}, ${work[3]}, ${work[4]}"
((work[1] > 100 && work[2] > work[1] && work[2] <= 4 * work[1] && work[3] <= 9 * work[1] && work[4] > work[3] && work[4] <= 16 * work[1]))
verdict derivatives-by-an-input-grow-polynomially $?
