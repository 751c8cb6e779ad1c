#!/bin/bash
# The gradient of every page's generated code against central differences of its own cost, under the sanitizers.
. "$(dirname "$0")/common.bash"
for page in $(pages); do
    name=$(name_of "$page")
    out=$SCRATCH/$name
    emit_page "$page" "$out" &&
        $CC -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -I"$ROOT/runtime" -I"$out" -DMODEL="${name}_model" \
            "$ROOT/tests/generated/differences.c" "$out/$name.c" -o "$out/differences" "$BUILD/libdelta.a" -lz -lm $(cat "$BUILD/libdelta.link") &&
        ASAN_OPTIONS=detect_leaks=0 "$out/differences"
    verdict "$name" $?
done
