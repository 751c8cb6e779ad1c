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
    "$DELTAC" emit "$page" -o "$directory" "$@" 2>"$directory/errors" >/dev/null && return 0
    while read -r hints; do define+=(--define "$hints"); done < <(sed -n "s/.*--define '\(.*\)'.*/\1/p" "$directory/errors")
    if ((${#define[@]} == 0)); then
        cat "$directory/errors"
        return 1
    fi
    "$DELTAC" emit "$page" -o "$directory" "$@" "${define[@]}" >"$directory/errors" 2>&1 || {
        cat "$directory/errors"
        return 1
    }
}

# verdict NAME STATUS
verdict() {
    if [ "$2" = 0 ]; then echo "ok $1"; else echo "not ok $1"; fi
}
