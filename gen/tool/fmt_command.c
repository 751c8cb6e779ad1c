/* fmt: the same program in the house layout. Nothing is written that does not read back as the same tree with the same comments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/commands.h"
#include "gen/tool/options.h"
#include "gen/tool/output.h"
#include "grammar/parse.h"

static const char fmt_usage[] = "usage: deltac fmt FILE… [options]\n"
                                "\n"
                                "Rewrites pages in the house layout; comments stay. `-` reads standard input and writes standard output.\n"
                                "One statement a line, at most one blank line; names of neighbouring declarations in one column; no blanks in an index;\n"
                                "a comment behind a statement keeps its column, a chain its lines.\n"
                                "\n"
                                "  --check     writes nothing; exits 1 and names the files that would change\n"
                                "  --unicode   Greek letters and signs: σ, ∂, ½, ←\n"
                                "  --ascii     only ASCII: sigma, d/d, 1/2, <-\n"
                                "\n"
                                "Without either, names stay as they are at their first place, signs become Unicode.\n"
                                "Example: deltac fmt --check examples/two_layer.delta\n";

typedef struct {
    bool check, ascii, unicode;
} fmt_options;

typedef struct {
    arena *memory;
    intern *names;
    source_set *sources;
    diag_list diagnostics;
} reading;

/* --- comments, in order, without the blanks around them --- */

static void add_comment(buffer *out, const char *begin, const char *end)
{
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    buffer_add(out, begin, (size_t)(end - begin));
    buffer_add(out, "\n", 1);
}

static void collect_comments(const char *text, size_t length, buffer *out)
{
    bool quoted = false;
    for (const char *c = text, *end = text + length; c < end; c++) {
        if (*c == '"' || *c == '\n')
            quoted = *c == '"' && !quoted;
        if (*c != '#' || quoted)
            continue;
        const char *stop = memchr(c, '\n', (size_t)(end - c));
        add_comment(out, c, stop ? stop : end);
        c = stop ? stop : end;
    }
}

static bool same_comments(const source *s, const buffer *printed)
{
    buffer before = {0}, after = {0};
    collect_comments(s->text, s->length, &before);
    collect_comments(printed->text, printed->length, &after);
    bool same = before.length == after.length && (before.length == 0 || memcmp(before.text, after.text, before.length) == 0);
    buffer_free(&before);
    buffer_free(&after);
    return same;
}

/* --- one file --- */

static bool reads_back(reading *r, const syn *tree, const source *s, const buffer *printed)
{
    diag_list d = {0};
    int number = source_add(r->sources, "<formatted>", printed->text, printed->length);
    const syn *again = parse_delta(r->memory, r->names, r->sources, number, &d);
    bool same = d.errors == 0 && syn_equal(tree, again) && same_comments(s, printed);
    diag_free(&d);
    return same;
}

static int put_result(const fmt_options *f, const char *path, const source *s, const buffer *printed)
{
    bool same = s->length == printed->length && memcmp(s->text, printed->text, s->length) == 0, standard = strcmp(path, "-") == 0;
    if (f->check) {
        if (!same)
            printf("%s would change\n", standard ? "<stdin>" : path);
        return same ? STATUS_GOOD : STATUS_NO;
    }
    if (standard) {
        fwrite(printed->text, 1, printed->length, stdout);
        return STATUS_GOOD;
    }
    return same ? STATUS_GOOD : write_file(path, printed->text, printed->length);
}

static int format_source(reading *r, const fmt_options *f, const char *path, int number, bool colour)
{
    buffer printed = {0};
    int status;
    const syn *tree = parse_delta(r->memory, r->names, r->sources, number, &r->diagnostics);
    diag_print(&r->diagnostics, r->sources, stderr, colour);
    if (r->diagnostics.errors)
        return STATUS_UNUSABLE;
    buffer_add(&printed, "", 0);
    syn_print_page(&printed, tree, r->names, source_get(r->sources, number), f->ascii ? 0 : f->unicode ? 2 : 1);
    if (reads_back(r, tree, source_get(r->sources, number), &printed)) {
        status = put_result(f, path, source_get(r->sources, number), &printed);
    } else {
        fprintf(stderr, "deltac: %s: the formatted page would not read back as the same page, so it is left alone. This is an error of deltac.\n", path);
        status = STATUS_MACHINE;
    }
    buffer_free(&printed);
    return status;
}

static int format_file(const fmt_options *f, const char *path, bool colour)
{
    reading r = {.memory = arena_new(), .names = intern_new(), .sources = source_set_new()};
    int number = source_read(r.sources, path), status = STATUS_UNUSABLE;
    if (number < 0)
        fprintf(stderr, "deltac: cannot read `%s`: %s\n", path, strerror(errno));
    else
        status = format_source(&r, f, path, number, colour);
    diag_free(&r.diagnostics);
    source_set_free(r.sources);
    intern_free(r.names);
    arena_free(r.memory);
    return status;
}

int command_fmt(int argc, char **argv)
{
    fmt_options f = {0};
    option list[] = {{"check", 0, false, NULL, &f.check}, {"ascii", 0, false, NULL, &f.ascii}, {"unicode", 0, false, NULL, &f.unicode}, {0}};
    options o = {.command = "fmt", .usage = fmt_usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && (o.file_count == 0 || (f.ascii && f.unicode)))
        status = options_usage(&o, o.file_count == 0 ? "no file given" : "--ascii or --unicode, not both");
    if (status < 0) {
        status = STATUS_GOOD;
        for (int i = 0; i < o.file_count; i++)
            status = status_worse(status, format_file(&f, o.file[i], o.page.colour));
    }
    options_free(&o);
    return status;
}
