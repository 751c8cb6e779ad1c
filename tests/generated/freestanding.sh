#!/bin/bash
# emit --target freestanding: of every page, with sizes given where it has none. Warnings, headers, stack and memory; then XOR is trained by the freestanding
# program, by the hosted one and on an emulated Cortex-M3, and the numbers are compared.
. "$(dirname "$0")/common.bash"
STACK=256

# A page whose sizes all have values, from a page and the messages of emit.
fix_sizes() {
    local page=$1 fixed=$2 size
    cp "$page" "$fixed"
    while read -r size; do
        sed -i -E "/^ *size/ s/(^|[ ,])$size( *)([,#]|$)/\1$size = 3\2\3/" "$fixed"
    done < <("$DELTAC" emit "$page" -o "$SCRATCH/none" --target freestanding 2>&1 | sed -n 's/.*the size \([^ ]*\) has no value.*/\1/p')
}

emit_free() {
    emit_page "$1" "$2" --target freestanding --batch 3 --real "$3" >"$2-messages" && return 0
    fix_sizes "$1" "$2/$(basename "$1")"
    emit_page "$2/$(basename "$1")" "$2" --target freestanding --batch 3 --real "$3"
}

only_three_headers() {
    ! grep -h '#include' "$1" "${1%.c}.h" | grep -v -e '<math.h>' -e '<stddef.h>' -e '<stdint.h>' -e "\"$(basename "${1%.c}").h\""
}

# Functions whose frame is larger, and frames whose size is not known; data and bss, which may be written.
is_small() {
    local object=$2.o
    gcc $STRICT $1 -fstack-usage -c "$2.c" -o "$object" || return 1
    awk -F'\t' -v most=$STACK '$2 > most || $3 ~ /^dynamic$/ { print; bad = 1 } END { exit bad }' "$2.su" || return 1
    size -A "$object" | awk '($1 ~ /^\.(data|bss)/) && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print; bad = 1 } END { exit bad }'
}

for page in $(pages); do
    name=$(name_of "$page")
    for real in double float; do
        out=$SCRATCH/$name-$real
        emit_free "$page" "$out" $real
        verdict "$name-$real-emitted" $? | grep '^not' && continue
        text=$(basename "$out"/*.c .c)
        only_three_headers "$out/$text.c"
        verdict "$name-$real-headers" $?
        is_small -O2 "$out/$text" && is_small -Os "$out/$text"
        verdict "$name-$real-gcc" $?
        command -v clang >/dev/null || { echo "SKIP $name-$real-clang not installed"; continue; }
        # shellcheck disable=SC2086
        clang $STRICT -fsyntax-only "$out/$text.c"
        verdict "$name-$real-clang" $?
    done
done

# Pages with and without products of matrices, recurrences, padding.
for name in one_layer two_layer mlp digits anomaly rnn ridge softmax attn conv; do
    out=$SCRATCH/$name-double
    gcc $STRICT -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I"$out" -DNAME=$name -DHEADER="\"$name.h\"" \
        "$ROOT/tests/generated/freestanding_differences.c" "$out/$name.c" -o "$out/differences" -lm && ASAN_OPTIONS=detect_leaks=0 "$out/differences" >"$out/worst" || { cat "$out/worst"; false; }
    verdict "$name-differences" $?
done

# The rules of MISRA C that are reported are those that docs/embedded.md explains.
if command -v cppcheck >/dev/null; then
    explained=$(sed -n 's/^| \([0-9][0-9., ]*\) |.*/\1/p' "$ROOT/docs/embedded.md" | tr ', ' '\n\n' | sed '/^$/d;s/^/misra-c2012-/')
    for name in anomaly mlp adam_hand grid softmax; do
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
        timeout 60 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -semihosting-config enable=on,target=native -kernel "$free/board" >"$free/board-numbers" </dev/null &&
        diff "$free/board-numbers" "$free/numbers"
    verdict equals-board $?
else
    echo "SKIP equals-board arm-none-eabi-gcc or qemu-system-arm not installed"
fi
