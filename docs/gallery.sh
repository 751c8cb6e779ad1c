#!/bin/sh
# A gallery: the report of every example, and a page that leads to them. docs/gallery.sh FOLDER; DELTAC names the program.
set -eu
deltac=${DELTAC:-build/deltac}
folder=${1:?a folder is needed}
mkdir -p "$folder"
{
    echo '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>deltac: gallery</title>'
    echo '<style>:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}</style></head><body><main><h1>Gallery</h1><ul>'
    for page in examples/*.delta; do
        name=$(basename "$page" .delta)
        "$deltac" report "$page" -o "$folder/$name.html" 2> /dev/null || true
        title=$(sed -n '1s/^# *//p' "$page" | sed 's/&/\&amp;/g; s/</\&lt;/g')
        if [ -s "$folder/$name.html" ]; then echo "<li><a href=\"$name.html\">$name</a>: $title</li>"; fi
    done
    echo '</ul></main></body></html>'
} > "$folder/index.html"
