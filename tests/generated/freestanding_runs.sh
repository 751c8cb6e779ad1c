#!/bin/bash
# Freestanding programs at work: gradients against differences, MISRA, XOR on the host, hosted, and on an emulated Cortex-M3.
. "$(dirname "$0")/common.bash"

# Pages with and without products of matrices, recurrences, padding.
for name in one_layer two_layer mlp digits anomaly rnn ridge softmax attn conv; do
    out=$SCRATCH/$name-double
    page=$(pages | grep "/$name.delta\$")
    emit_free "$page" "$out" double
    gcc $STRICT -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I"$out" -DNAME=$name -DHEADER="\"$name.h\"" \
        "$ROOT/tests/generated/freestanding_differences.c" "$out/$name.c" -o "$out/differences" -lm && ASAN_OPTIONS=detect_leaks=0 "$out/differences" >"$out/worst" || { cat "$out/worst"; false; }
    verdict "$name-differences" $?
done

# The rules of MISRA C that are reported are those that docs/embedded.md explains.
if command -v cppcheck >/dev/null; then
    explained=$(sed -n 's/^| \([0-9][0-9., ]*\) |.*/\1/p' "$ROOT/docs/embedded.md" | tr ', ' '\n\n' | sed '/^$/d;s/^/misra-c2012-/')
    for name in anomaly adam_hand grid softmax; do
        page=$(pages | grep "/$name.delta\$")
        [ -e "$SCRATCH/$name-double" ] || emit_free "$page" "$SCRATCH/$name-double" double
        cppcheck --addon=misra --std=c99 --quiet "$SCRATCH/$name-double/$name.c" 2>>"$SCRATCH/misra"
    done
    [ -s "$SCRATCH/misra" ] && ! grep -o 'misra-c2012-[0-9.]*' "$SCRATCH/misra" | sort -u | grep -vxF "$explained"
    verdict misra-rules $?
else
    echo "SKIP misra-rules cppcheck not installed"
fi

message=$("$DELTAC" emit "$ROOT/examples/mlp.delta" -o "$SCRATCH/none" --target freestanding 2>&1)
[ $? = 3 ] && grep -q 'the size k has no value' <<<"$message" && [ ! -e "$SCRATCH/none/mlp.c" ]
verdict size-without-value $?

train=$ROOT/tests/generated/freestanding.c
free=$SCRATCH/xor-free hosted=$SCRATCH/xor-hosted
emit_page "$ROOT/examples/xor.delta" "$free" --target freestanding --batch 4 && gcc $STRICT -O2 -I"$free" "$train" "$free/xor_page.c" -o "$free/train" -lm && "$free/train" >"$free/numbers"
verdict trains $?
emit_page "$ROOT/examples/xor.delta" "$hosted" &&
    $CC -std=c99 -O2 -DHOSTED -I"$ROOT/runtime" -I"$hosted" "$train" "$hosted/xor_page.c" -o "$hosted/train" "$BUILD/libdelta.a" -lz -lm $(cat "$BUILD/libdelta.link") &&
    "$hosted/train" >"$hosted/numbers" && diff "$hosted/numbers" "$free/numbers"
verdict equals-hosted $?

if command -v arm-none-eabi-gcc >/dev/null && command -v qemu-system-arm >/dev/null; then
    arm-none-eabi-gcc $STRICT -Os -mcpu=cortex-m3 -mthumb -nostartfiles --specs=rdimon.specs -T "$ROOT/tests/generated/freestanding.ld" -I"$free" \
        "$train" "$ROOT/tests/generated/freestanding_start.c" "$free/xor_page.c" -o "$free/board" -lm &&
        timeout 600 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -semihosting-config enable=on,target=native -kernel "$free/board" >"$free/board-numbers" </dev/null &&
        diff "$free/board-numbers" "$free/numbers"
    verdict equals-board $?
else
    echo "SKIP equals-board arm-none-eabi-gcc or qemu-system-arm not installed"
fi
