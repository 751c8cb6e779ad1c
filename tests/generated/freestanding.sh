#!/bin/bash
# emit --target freestanding: of every page, with sizes given where it has none. Warnings, headers, stack and memory.
. "$(dirname "$0")/common.bash"
STACK=256

# The bytes that emit states are those of the structs.
is_as_large() {
    local name=$1 folder=$2 real=$3 upper totals
    upper=$(tr '[:lower:]' '[:upper:]' <<<"$name")
    totals=$(grep -o "${upper}_TOTALS_BYTES" "$folder/$name.h")
    {
        echo "#include <stdio.h>"
        echo "#include \"$name.h\""
        echo "int main(void) { const unsigned long n[] = {${upper}_PARAMS_BYTES, ${upper}_STATE_BYTES, ${upper}_WORK_BYTES${totals:+, $totals}}; size_t i;"
        echo "for (i = 0; i < sizeof n / sizeof *n; i++) printf(\"%lu\\n\", n[i]); return 0; }"
    } >"$folder/bytes.c"
    gcc -I"$folder" "$folder/bytes.c" -o "$folder/bytes" && "$folder/bytes" >"$folder/bytes.txt" &&
        sed -n 's/^\(parameters\|state\|work\|totals\) *\([0-9]*\) bytes$/\2/p' "$folder/summary" | diff - "$folder/bytes.txt"
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
        is_as_large "$text" "$out" "$real"
        verdict "$name-$real-bytes" $?
        is_small -O2 "$out/$text" && is_small -Os "$out/$text"
        verdict "$name-$real-gcc" $?
        command -v clang >/dev/null || { echo "SKIP $name-$real-clang not installed"; continue; }
        # shellcheck disable=SC2086
        clang $STRICT -fsyntax-only "$out/$text.c"
        verdict "$name-$real-clang" $?
    done
done
