/* Notebooks: the Markdown cells joined to one text, with a table of where each begins. */
#include <jansson.h>
#include <string.h>

#include "document.h"

const char *document_join_notebook(document *d, arena *a, const char *json, size_t length, size_t *joined);

static int lines_in(const char *text, size_t length)
{
    int n = 0;
    for (size_t i = 0; i < length; i++)
        n += text[i] == '\n';
    return n;
}

static void add_cell(document *d, arena *a, size_t begin, int line, int number)
{
    if (d->cell_count == d->cell_capacity) {
        int capacity = d->cell_capacity ? 2 * d->cell_capacity : 32;
        document_cell *more = arena_alloc(a, (size_t)capacity * sizeof *more);
        if (d->cell_count)
            memcpy(more, d->cell, (size_t)d->cell_count * sizeof *more);
        d->cell = more;
        d->cell_capacity = capacity;
    }
    d->cell[d->cell_count++] = (document_cell){begin, line, number};
}

static void add_source(buffer *b, const json_t *lines)
{
    size_t i;
    json_t *line;
    if (json_is_string(lines))
        buffer_puts(b, json_string_value(lines));
    json_array_foreach(lines, i, line)
    {
        if (json_is_string(line))
            buffer_puts(b, json_string_value(line));
    }
}

const char *document_join_notebook(document *d, arena *a, const char *json, size_t length, size_t *joined)
{
    json_error_t error;
    json_t *root = json_loadb(json, length, 0, &error);
    const json_t *cells = root ? json_object_get(root, "cells") : NULL;
    if (!json_is_array(cells)) {
        d->problem = root ? "this is no notebook: it has no list `cells`" : arena_printf(a, "this is no notebook: %s (line %d)", error.text, error.line);
        json_decref(root);
        return NULL;
    }
    buffer b = {0};
    size_t i, counted = 0;
    int line = 1;
    json_t *cell;
    json_array_foreach(cells, i, cell)
    {
        const char *type = json_string_value(json_object_get(cell, "cell_type"));
        if (!type || strcmp(type, "markdown") != 0)
            continue;
        add_cell(d, a, b.length, line, (int)i + 1);
        add_source(&b, json_object_get(cell, "source"));
        buffer_puts(&b, "\n\n");
        line += lines_in(b.text + counted, b.length - counted);
        counted = b.length;
    }
    json_decref(root);
    *joined = b.length;
    const char *text = arena_strndup(a, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return text;
}
