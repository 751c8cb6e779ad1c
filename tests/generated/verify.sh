#!/bin/bash
# Every example and every page of these tests: the generated program agrees with the page's equations to 1e-9 and with differences of its own cost.
. "$(dirname "$0")/common.bash"
cd "$ROOT" || exit 1
for page in $(pages) tests/generated/verify/*.delta; do
    "$DELTAC" verify "$page" >"$SCRATCH/out" 2>&1
    code=$?
    if [ $code != 0 ]; then cat "$SCRATCH/out"; fi
    verdict "$(basename "$page" .delta)" $code
done

# Without a working C compiler the status is 4, and nothing is left behind.
mkdir -p "$SCRATCH/tmp"
CC=false TMPDIR=$SCRATCH/tmp "$DELTAC" verify examples/one_layer.delta >"$SCRATCH/out" 2>&1
[ $? = 4 ] && [ -z "$(ls -A "$SCRATCH/tmp")" ]
verdict compiler_fails $?

# What `emit --tests` writes: strict C99, and it passes.
for page in examples/mlp.delta examples/gan.delta tests/generated/pages/conv.delta; do
    name=$(name_of "$page")
    emit_page "$page" "$SCRATCH/$name" --tests >"$SCRATCH/out" 2>&1 &&
        $CC $STRICT -O1 -I "$BUILD/include" -I "$SCRATCH/$name" -o "$SCRATCH/$name/test" "$SCRATCH/$name/${name}_test.c" "$SCRATCH/$name/$name.c" \
            "$BUILD/libdelta.a" -lcmocka -lz $(cat "$BUILD/libdelta.link" 2>/dev/null) -lm >>"$SCRATCH/out" 2>&1 &&
        "$SCRATCH/$name/test" >>"$SCRATCH/out" 2>&1
    code=$?
    if [ $code != 0 ]; then cat "$SCRATCH/out"; fi
    verdict "tests_of_$name" $code
done
