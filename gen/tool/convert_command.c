/* deltac convert: what was read in a document, as a page of the language. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/commands.h"
#include "gen/tool/notes.h"
#include "gen/tool/options.h"
#include "gen/tool/output.h"

static const char usage[] = "usage: deltac convert DOCUMENT [-o PAGE.delta]\n"
                            "\n"
                            "Writes what was read in a document (.tex, .md, .ipynb, .txt) as a page: the definitions in force at its end, the claims about them, the updates.\n"
                            "Lines that were not understood are left out, with a message.\n"
                            "\n"
                            "  -o, --output FILE   where to write; standard output otherwise\n"
                            "  --lang LANGUAGE     tex, md, ipynb or txt, whatever the file's name says\n"
                            "\n"
                            "Example: deltac convert examples/lecture/january-30.md -o january.delta\n";

/* The notes say; the page must hold. */
static void warn_left_out(const notes *n)
{
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->decided && i->v.kind == VERDICT_NOT_UNDERSTOOD)
            fprintf(stderr, "%s:%d: warning: left out: %s\n", n->path, i->line, i->v.reason ? i->v.reason : "not understood");
    }
}

static int write_page(notes *n, const char *output)
{
    buffer b = {0};
    buffer_printf(&b, "# from %s\n", n->path);
    syn_print(&b, notes_page(n), n->names, !n->squares);
    if (b.text[b.length - 1] != '\n')
        buffer_puts(&b, "\n");
    int status = write_file(output ? output : "-", b.text, b.length);
    buffer_free(&b);
    return status;
}

int command_convert(int argc, char **argv)
{
    const char *output = NULL, *lang = NULL;
    option list[] = {{"output", 'o', true, &output, NULL}, {"lang", 0, true, &lang, NULL}, {0}};
    options o = {.command = "convert", .usage = usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && o.file_count != 1)
        status = options_usage(&o, "one document is converted at a time");
    int kind = status < 0 ? document_kind_of(o.file[0], lang) : -1;
    if (status < 0 && kind < 0)
        status = options_usage(&o, "`%s` is no document (.tex, .md, .ipynb, .txt); --lang settles it", o.file[0]);
    if (status >= 0) {
        options_free(&o);
        return status;
    }
    notes n;
    if (!notes_open(&n, o.file[0], (document_kind)kind)) {
        fprintf(stderr, "deltac: cannot read `%s`: %s\n", o.file[0], strerror(errno));
        status = STATUS_UNUSABLE;
    } else if (n.problems) {
        status = STATUS_UNUSABLE;
    } else {
        notes_collect(&n);
        notes_assume(&n);
        notes_judge(&n);
        warn_left_out(&n);
        status = write_page(&n, output);
    }
    notes_close(&n);
    options_free(&o);
    return status;
}
