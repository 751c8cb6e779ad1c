#!/bin/bash
# cover.sh BUILD: after a run of programs built with --coverage, the part of the lines of each source file that ran, the least covered first.
set -u
cd "$(dirname "$0")/.." || exit 4
find "$1" -name '*.gcda' -print0 | xargs -0 -r gcov -n -r 2>/dev/null | awk '
    /^File / { file = substr($2, 2, length($2) - 2) }
    /^Lines executed:/ && file != "" {
        split(substr($0, 16), part, "% of ")
        if (file !~ /^(build|tests)/) { lines[file] = part[2]; ran[file] = part[1] * part[2] / 100 }
        file = ""
    }
    END {
        for (f in lines) { printf "%6.1f%% of %5d  %s\n", 100 * ran[f] / lines[f], lines[f], f; all += lines[f]; did += ran[f] }
        if (all) printf "%6.1f%% of %5d  together\n", 100 * did / all, all
    }' | sort -n
