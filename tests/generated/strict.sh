#!/bin/bash
# The generated C of every page compiles without a warning, in double and in float, with gcc and with clang, and is the same bytes twice.
. "$(dirname "$0")/common.bash"
for page in $(pages); do
    name=$(name_of "$page")
    for real in double float; do
        out=$SCRATCH/$name-$real
        emit_page "$page" "$out" --real $real
        verdict "$name-$real-emitted" $? | grep '^not' && continue
        for compiler in gcc clang; do
            command -v $compiler >/dev/null || { echo "SKIP $name-$real-$compiler not installed"; continue; }
            # Some warnings of gcc need its optimizer.
            how=-fsyntax-only
            [ $compiler-$real = gcc-double ] && how='-O1 -S -o /dev/null'
            # shellcheck disable=SC2086
            $compiler $STRICT $how -I"$ROOT/runtime" -I"$out" "$out/$name.c"
            verdict "$name-$real-$compiler" $?
        done
    done
    emit_page "$page" "$SCRATCH/again"
    cmp "$SCRATCH/again/$name.c" "$SCRATCH/$name-double/$name.c" && cmp "$SCRATCH/again/$name.h" "$SCRATCH/$name-double/$name.h"
    verdict "$name-same-bytes" $?
done
