# For the scripts of this folder: . tests/generated/common.bash
# pages: every page to try. emit_page PAGE DIRECTORY [OPTION…]: emits it; functions without a body become those that deltac's hint proposes.
set -u
ROOT=${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${BUILD:-$ROOT/build}
DELTAC=${DELTAC:-$BUILD/deltac}
CC=${CC:-cc}
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
STRICT='-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wdouble-promotion -Werror'

pages() {
    local page
    for page in "$ROOT"/examples/*.delta "$ROOT"/tests/generated/pages/*.delta; do
        # The page with a slip is two_layer once more.
        case $page in *_slip.delta) ;; *) echo "$page" ;; esac
    done
}

# The C name of a page.
name_of() {
    local name
    name=$(basename "$1" .delta)
    case $name in xor) name=xor_page ;; esac # a word of C++
    echo "${name//-/_}"
}

emit_page() {
    local page=$1 directory=$2 hints define=()
    shift 2
    mkdir -p "$directory"
    "$DELTAC" emit "$page" -o "$directory" "$@" 2>"$directory/errors" >"$directory/summary" && return 0
    while read -r hints; do define+=(--define "$hints"); done < <(sed -n "s/.*--define '\(.*\)'.*/\1/p" "$directory/errors")
    if ((${#define[@]} == 0)); then
        cat "$directory/errors"
        return 1
    fi
    "$DELTAC" emit "$page" -o "$directory" "$@" "${define[@]}" 2>"$directory/errors" >"$directory/summary" || {
        cat "$directory/errors"
        return 1
    }
}

# verdict NAME STATUS
verdict() {
    if [ "$2" = 0 ]; then echo "ok $1"; else echo "not ok $1"; fi
}

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
