#!/bin/bash
# Vector functions (libmvec): each is called, in both precisions, and its error is measured against a wider type.
. "$(dirname "$0")/common.bash"
cd "$ROOT" || exit 1

flags=$(cat "$BUILD/libdelta.link")
case "$flags" in
*DELTA_VECTOR_MATH*) ;;
*) echo 'SKIP vector_error built without vector functions' && exit 0 ;;
esac
if $CC --version | grep -qi clang; then echo 'SKIP vector_error clang calls the plain functions' && exit 0; fi
$CC -std=gnu11 -O3 -march=native -ffp-contract=off -fno-math-errno -fno-trapping-math -fno-signed-zeros -I runtime tests/generated/vector_error.c -o "$SCRATCH/test" $flags -lm
verdict compiles $?
"$SCRATCH/test"
called=$(nm -D "$SCRATCH/test" | grep -o '_ZGV[^ @]*' | sed 's/.*_//' | sort -u | wc -l)
[ "$called" -eq $((2 * $(grep -c '^DELTA_VECTOR(' runtime/delta.h) + $(grep -c '^DELTA_VECTOR_FLOAT(' runtime/delta.h))) ]
verdict "all of libmvec are called as vectors: $called" $?
