#!/bin/bash
# What docs/make.py writes is as the program is; `make install-files` and packaging/deb.sh put everything where it belongs; an installed deltac trains, and the
# flags of deltac.pc link an emitted page.
. "$(dirname "$0")/common.bash"
cd "$ROOT" || exit 1
python=/usr/bin/python3

"$python" docs/make.py --check "$DELTAC" >"$SCRATCH/difference" 2>&1
status=$?
head -40 "$SCRATCH/difference"
verdict 'docs, man page and completions are what docs/make.py writes' $status
bash -n share/completions/deltac.bash
verdict 'completions for bash' $?
completed=$(bash -c '. share/completions/deltac.bash; COMP_WORDS=(deltac check --hints k); COMP_CWORD=3; _deltac; echo "${COMPREPLY[*]}"
    COMP_WORDS=(deltac train --sch); COMP_CWORD=2; _deltac; echo "${COMPREPLY[*]}"; COMP_WORDS=(deltac der); COMP_CWORD=1; _deltac; echo "${COMPREPLY[*]}"')
[ "$completed" = $'kind\n--schedule\nderive' ]
verdict 'bash completes a value, an option, a command' $?
for shell in zsh:_deltac fish:deltac.fish; do
    if command -v "${shell%%:*}" >/dev/null; then
        "${shell%%:*}" -n "share/completions/${shell##*:}"
        verdict "completions for ${shell%%:*}" $?
    else
        echo "SKIP completions_${shell%%:*} it is not installed"
    fi
done
if command -v groff >/dev/null; then
    problems=$(LC_ALL=C.UTF-8 groff -man -k -Tutf8 -ww docs/deltac.1 2>&1 >/dev/null)
    [ -z "$problems" ]
    verdict 'the man page is without warnings' $?
else
    echo 'SKIP man_page groff is not installed'
fi

make -s install-files BUILD="$BUILD" PREFIX=/usr DESTDIR="$SCRATCH/root" >"$SCRATCH/log" 2>&1 || cat "$SCRATCH/log"
missing=
for file in bin/deltac lib/libdelta.a lib/libdelta.link include/delta.h lib/pkgconfig/deltac.pc share/man/man1/deltac.1 share/bash-completion/completions/deltac \
    share/zsh/site-functions/_deltac share/fish/vendor_completions.d/deltac.fish; do
    [ -s "$SCRATCH/root/usr/$file" ] || missing="$missing $file"
done
[ -z "$missing" ]
verdict "make install$missing" $?
(cd "$SCRATCH" && root/usr/bin/deltac train "$ROOT/examples/one_layer.delta" --data "$ROOT/examples/one_layer.csv" --epochs 2 --quiet --weights w.npz) && [ -s "$SCRATCH/w.npz" ]
verdict 'the installed deltac trains' $?
if command -v pkg-config >/dev/null; then
    flags=$(PKG_CONFIG_PATH=$SCRATCH/root/usr/lib/pkgconfig pkg-config --define-variable=prefix="$SCRATCH/root/usr" --cflags --libs deltac)
    emit_page examples/one_layer.delta "$SCRATCH/emitted"
    printf '#include "delta.h"\n#include "one_layer.h"\nextern const delta_model one_layer_model;\nint main(int argc, char **argv)\n{\n    return delta_main(&one_layer_model, argc, argv);\n}\n' >"$SCRATCH/emitted/main.c"
    # shellcheck disable=SC2086
    $CC -std=c11 -I"$SCRATCH/emitted" -o "$SCRATCH/program" "$SCRATCH/emitted/main.c" "$SCRATCH/emitted/one_layer.c" $flags >"$SCRATCH/log" 2>&1 || cat "$SCRATCH/log"
    "$SCRATCH/program" --data examples/one_layer.csv --epochs 2 --quiet
    verdict 'pkg-config deltac links an emitted page' $?
else
    echo 'SKIP pkg-config it is not installed'
fi
if command -v dpkg-shlibdeps >/dev/null; then
    cp -a "$SCRATCH/root" "$SCRATCH/stage"
    mkdir "$SCRATCH/out"
    packaging/deb.sh "$SCRATCH/stage" "$SCRATCH/out" >"$SCRATCH/log" 2>&1 || cat "$SCRATCH/log"
    deb=$(echo "$SCRATCH"/out/deltac_*.deb)
    dpkg-deb -x "$deb" "$SCRATCH/unpacked" && "$SCRATCH/unpacked/usr/bin/deltac" check examples/two_layer.delta >/dev/null
    verdict 'the Debian package unpacks and runs' $?
    dpkg-deb -f "$deb" Depends | grep -q 'libc6 .*c-compiler'
    verdict 'the Debian package names what it needs' $?
else
    echo 'SKIP Debian_package dpkg-dev is not installed'
fi
