#!/bin/sh
# deb.sh STAGE BUILD CC: makes BUILD/deltac_VERSION_ARCHITECTURE.deb from what `make install PREFIX=/usr DESTDIR=STAGE` has put into STAGE. Needs dpkg-dev, no network.
set -eu
stage=$1 build=$2
version=$("$stage/usr/bin/deltac" --version | cut -d' ' -f2)
architecture=$(dpkg --print-architecture)
strip --strip-unneeded "$stage/usr/bin/deltac" "$stage/usr/lib/deltac/deltac-prover"
strip --strip-debug "$stage/usr/lib/libdelta.a"
doc=$stage/usr/share/doc/deltac
install -d "$doc" "$stage/DEBIAN"
cp LICENSE "$doc/copyright"
printf 'deltac (%s) unstable; urgency=medium\n\n  * See the project'\''s history.\n\n -- deltac <deltac@localhost>  %s\n' "$version" "$(date -R -u -d "@${SOURCE_DATE_EPOCH:-$(stat -c %Y LICENSE)}")" | gzip -9n >"$doc/changelog.gz"
cp README.md docs/language.md docs/commands.md "$doc"
cp -R examples "$doc/examples"
# What the program is linked with, and what programs that it compiles need.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/debian"
printf 'Source: deltac\n\nPackage: deltac\nArchitecture: any\n' >"$scratch/debian/control"
program=$(realpath "$stage/usr/lib/deltac/deltac-prover")
depends=$(cd "$scratch" && dpkg-shlibdeps -O --ignore-missing-info "$program" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
blas=
if grep -q openblas "$stage/usr/lib/libdelta.link"; then blas=', libopenblas-dev'; fi
gold=
if grep -q fuse-ld=gold "$stage/usr/lib/libdelta.link"; then gold=', binutils-gold | binutils (<< 2.44)'; fi # until Debian 13 gold is in binutils
cat >"$stage/DEBIAN/control" <<CONTROL
Package: deltac
Version: $version
Architecture: $architecture
Maintainer: deltac <deltac@localhost>
Section: math
Priority: optional
Installed-Size: $(du -sk "$stage/usr" | cut -f1)
Depends: $depends, gcc | c-compiler, libc6-dev, zlib1g-dev$blas$gold
Suggests: graphviz, pkg-config
Description: checks, derives, generates and trains from pages of mathematics
 deltac reads a page of mathematics about a neural network, checks every derivative
 on it, derives the gradients itself, writes C that trains the network, and shows
 that the C computes the derivative that was proved.
CONTROL
(cd "$stage" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod -R u=rwX,go=rX "$stage"
dpkg-deb --root-owner-group --build "$stage" "$build/deltac_${version}_$architecture.deb"
