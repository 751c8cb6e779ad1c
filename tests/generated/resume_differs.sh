#!/bin/sh
# --resume refuses data of the same size with another value in them, other settings and other schedules, and says what differs; what is the same goes on.
set -u
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cat >page.delta <<'PAGE'
input x
target y
hyper η = 1/10
param w, b
z = w x + b
C = (z − y)²
minimize C
optimize with sgd(η = η)
PAGE
{ echo x,y; for i in 1 2 3 4 5 6 7 8; do echo "0.$i,1.$i"; done; } >data.csv
sed 's/^0\.5,1\.5$/0.5,1.6/' data.csv >other.csv
"$DELTAC" build page.delta -o page || exit 1

# NAME STATUS TEXT OPTION…: runs on from the same checkpoint.
resumed() {
    name=$1 wanted=$2 text=$3
    shift 3
    rm -rf again
    cp -R ck again
    ./page --epochs 5 --checkpoint again --resume --weights w.npz "$@" >said.txt 2>&1
    status=$?
    if [ "$status" = "$wanted" ] && grep -qF "$text" said.txt; then echo "ok $name"; else sed 's/^/    /' said.txt; echo "not ok $name: $status"; fi
}

./page --data data.csv --epochs 3 --batch 4 --quiet --checkpoint ck --weights w.npz || exit 1
resumed 'the same goes on' 0 'going on from step 6' --data data.csv --batch 4
resumed 'one value of the data' 3 'other data: the values of y differ' --data other.csv --batch 4
resumed 'a setting' 3 'written with η = 0.1, this run has 0.05' --data data.csv --batch 4 --set η=0.05
resumed 'a schedule' 3 "written with --schedule 'none', this run has 'η: cosine(0.1, 0.01)'" --data data.csv --batch 4 --schedule 'η: cosine(0.1, 0.01)'
resumed 'validation data come' 3 'without validation data for x' --data data.csv --batch 4 --valid other.csv
rm -rf ck
./page --data data.csv --valid data.csv --epochs 3 --batch 4 --quiet --checkpoint ck --weights w.npz || exit 1
resumed 'one value of the validation data' 3 'other validation data: the values of y differ' --data data.csv --batch 4 --valid other.csv
