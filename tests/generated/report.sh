#!/bin/bash
# Reports and derivations in LaTeX: what a browser and TeX make of them, of difficult pages and of hostile ones.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
python=${PYTHON:-python3}
difficult=tests/golden/show/pages/difficult.delta

# Names, comments and file names that would act in another language.
hostile="$dir/<script>alert(1)<\\script> & \"q\" %d.delta"
printf '%s\n' '# <script>window.reached = 1</script> </style> */ %n \input{x} $$ &amp; "' "# direction: $(printf '\342\200\256')evil$(printf '\342\201\246')" \
    'input x  # <img src=x onerror="window.reached=1">' 'target y' 'param w, b  # */ } \end{document} %' 'p = w x + b' 'C = ½(p − y)²' 'minimize C' \
    '∂C/∂w = (p − y) x  # ]]> -->' '∂C/∂b = p' > "$hostile"

# --- reports ---
pages=() all=()
for page in examples/*.delta "$difficult"; do
    name=$(basename "$page" .delta)
    "$DELTAC" report "$page" -o "$dir/$name.html" > "$dir/out" 2>&1
    if [ -s "$dir/$name.html" ] && ! grep -q "error:" "$dir/out"; then
        echo "ok report:$name"
        all+=("$dir/$name.html")
        case $name in two_layer_slip | mlp | rnn | difficult) pages+=("$dir/$name.html") ;; esac
    else
        echo "not ok report:$name"; cat "$dir/out"
    fi
done
"$DELTAC" report "$hostile" -o "$dir/hostile.html" > "$dir/out" 2>&1
pages+=("$dir/hostile.html")
if grep -q '<script\|<img\|<\\script' "$dir/hostile.html" || LC_ALL=C grep -q "$(printf '\342\200\256')" "$dir/hostile.html"; then
    echo "not ok report:inert"
else
    echo "ok report:inert"
fi
# Initial values are told as on the page, in round brackets.
grep -q '<mi>normal</mi><mo>&#8289;</mo><mo stretchy="false">(</mo>' "$dir/decay.html" && echo "ok report:initial-values" || echo "not ok report:initial-values"
size=$(stat -c %s "$dir/two_layer.html")
[ "$size" -le 200000 ] && echo "ok report:two_layer-200kB" || echo "not ok report:two_layer-200kB $size bytes"
# Time of the processor, Graphviz included: a busy machine is no reason to fail.
TIMEFORMAT='%U %S'
for _ in 1 2 3; do { time "$DELTAC" report examples/two_layer.delta -o "$dir/again.html"; } 2>> "$dir/times"; done
seconds=$(awk '{ print $1 + $2 }' "$dir/times" | sort -n | head -1)
awk -v s="$seconds" -v most="$("$python" tests/pace.py 0.3)" 'BEGIN { exit !(s <= most) }' && echo "ok report:two_layer-0.3s" || echo "not ok report:two_layer-0.3s $seconds"
cmp -s "$dir/two_layer.html" "$dir/again.html" && echo "ok report:same-bytes" || echo "not ok report:same-bytes"

# Without Graphviz there is a notice in place of the picture.
mkdir "$dir/empty"
PATH="$dir/empty" "$DELTAC" report examples/two_layer.delta -o "$dir/plain.html" 2> "$dir/out"
grep -q 'There is no picture' "$dir/plain.html" && grep -q 'graphviz' "$dir/out" && echo "ok report:without-graphviz" || echo "not ok report:without-graphviz"

# A chain of 1,000 layers: repetitions are left out.
printf '%s\n' 'size n = 8' 'input x[n]' 'target y[n]' 'for l in 1..1000 { param W{l}[n, n], b{l}[n] }' 'a{0} = x' \
    'for l in 1..1000 { z{l} = W{l} a{l-1} + b{l}; a{l} = tanh(z{l}) }' 'C = ½ Σ (a{1000} − y)²' 'minimize C' 'optimize with sgd(η = 0.1)' > "$dir/chain.delta"
"$DELTAC" report "$dir/chain.delta" -o "$dir/chain.html" > "$dir/out" 2>&1
size=$(stat -c %s "$dir/chain.html")
[ "$size" -le 400000 ] && grep -q 'more of this form' "$dir/chain.html" && echo "ok report:1000-layers" || echo "not ok report:1000-layers $size bytes"
pages+=("$dir/chain.html")

# A run.
{
    echo '{"epoch": 1, "step": 5, "loss": 2.5, "metrics": {"</title>": 0.5}, "valid_loss": 3}'
    echo '{"epoch": 2, "step": 10, "loss": 0.01, "metrics": {"</title>": 0.75}, "valid_loss": 0.02}'
} > "$dir/run.jsonl"
"$DELTAC" report examples/one_layer.delta -o "$dir/run.html" --run "$dir/run.jsonl" && grep -q 'validation loss: 3 → 0.02' "$dir/run.html" && echo "ok report:run" || echo "not ok report:run"
pages+=("$dir/run.html")
# The learnt function: a line through the samples, and bands over two inputs.
"$DELTAC" train examples/one_layer.delta --data examples/one_layer.csv --epochs 100 --quiet --weights "$dir/one.npz" > /dev/null 2>&1
"$DELTAC" report examples/one_layer.delta -o "$dir/learnt1.html" --weights "$dir/one.npz" --data examples/one_layer.csv 2> "$dir/out"
"$python" tests/generated/learnt.py "$dir/learnt1.html" line "$(($(wc -l < examples/one_layer.csv) - 1))"
"$DELTAC" train examples/xor.delta --data examples/xor.csv --epochs 300 --seed 3 --quiet --weights "$dir/xor.npz" > /dev/null 2>&1
"$DELTAC" report examples/xor.delta -o "$dir/learnt2.html" --weights "$dir/xor.npz" --data examples/xor.csv 2> "$dir/out"
"$python" tests/generated/learnt.py "$dir/learnt2.html" bands 4
pages+=("$dir/learnt1.html" "$dir/learnt2.html")
"$DELTAC" report examples/xor.delta -o "$dir/no.html" --weights "$dir/xor.npz" 2> /dev/null
[ $? = 64 ] && echo "ok report:weights-need-data" || echo "not ok report:weights-need-data"
echo 'no json' > "$dir/bad.jsonl"
"$DELTAC" report examples/one_layer.delta -o "$dir/bad.html" --run "$dir/bad.jsonl" 2> "$dir/out"
[ $? = 3 ] && grep -q 'bad.jsonl:1:' "$dir/out" && echo "ok report:bad-run" || echo "not ok report:bad-run"

# --- the browser ---
if command -v chromium > /dev/null; then
    "$python" tests/generated/browser.py check "${pages[@]}" > "$dir/browser" 2>&1
    "$python" tests/generated/browser.py formulas "${all[@]}" >> "$dir/browser" 2>&1
    grep '^not ok' "$dir/browser"
    if grep -q Traceback "$dir/browser"; then cat "$dir/browser"; echo "not ok browser"; fi
    echo "ok browser:$(grep -c '^ok' "$dir/browser")-questions"
else
    echo "SKIP browser chromium is not installed"
fi

# --- LaTeX ---
if command -v pdflatex > /dev/null; then
    for steps in terse full; do
        {
            printf '%s\n' '\documentclass{article}' '\usepackage{amsmath}' '\begin{document}'
            for page in examples/*.delta "$difficult" "$hostile" "$dir/chain.delta"; do "$DELTAC" derive "$page" --to latex --steps $steps 2> /dev/null; done
            echo '\end{document}'
        } > "$dir/all.tex"
        if (cd "$dir" && pdflatex -halt-on-error -interaction=nonstopmode all.tex > tex.log 2>&1); then echo "ok latex:$steps"; else echo "not ok latex:$steps"; tail -20 "$dir/tex.log"; fi
    done
else
    echo "SKIP latex texlive-latex-base is not installed"
fi
exit 0
