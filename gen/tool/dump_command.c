/* dump: any stage as text. */
#include <string.h>

#include "gen/emit/emit.h"
#include "gen/tool/commands.h"
#include "gen/tool/compile.h"
#include "gen/tool/options.h"
#include "grammar/parse.h"

static const char dump_usage[] = "usage: deltac dump --stage STAGE FILE\n"
                                 "\n"
                                 "Any stage as text: tokens, syntax, model, dag, gradient, simplified, loops, memory, c.\n"
                                 "`model` has the equations as they are written, `simplified` as they are run: a log of a softmax or a sigmoid, log(1 + exp(u)) and\n"
                                 "their kin are rewritten there, before gradients are derived, so that large values do not overflow.\n"
                                 "\n"
                                 "  --memory-limit SIZE   work memory for 32 samples at most: 64M, 2G; recurrences run in segments where that is too little\n"
                                 "\n"
                                 "Example: deltac dump --stage loops examples/one_layer.delta\n";

static int dump_late(page *p, const options *o, const char *stage, buffer *text)
{
    int status = compile_prepare(p, &o->page);
    if (status)
        return status;
    if (strcmp(stage, "gradient") == 0 || strcmp(stage, "simplified") == 0) {
        model_dump(p->model, text);
        return 0;
    }
    if (strcmp(stage, "c") == 0) {
        buffer h = {0};
        emit_options e = {.page = o->file[0], .name = emit_name(p->memory, o->file[0]), .memory = o->page.memory};
        status = emit_c(p->model, &e, text, &h);
        buffer_free(&h);
        return status;
    }
    lower_program *l = emit_lower(p->model, &(emit_options){.memory = o->page.memory});
    page_report(p, &o->page);
    if (!l || l->failed)
        return STATUS_UNUSABLE;
    if (strcmp(stage, "memory") == 0)
        lower_dump_memory(l, text);
    else
        lower_dump(l, text);
    return 0;
}

static int dump_page(page *p, const options *o, const char *stage)
{
    buffer text = {0};
    int status = p->diagnostics.errors ? STATUS_UNUSABLE : 0;
    if (strcmp(stage, "tokens") == 0)
        parse_dump_tokens(&text, p->names, p->sources, p->source, &p->diagnostics);
    else if (strcmp(stage, "syntax") == 0)
        syn_dump(&text, p->file, p->names);
    else if (strcmp(stage, "model") == 0)
        model_dump(p->model, &text);
    else if (strcmp(stage, "dag") == 0)
        model_dump_dag(p->model, &text);
    else
        status = dump_late(p, o, stage, &text);
    fputs(text.text ? text.text : "", stdout);
    buffer_free(&text);
    page_report(p, &o->page);
    return status;
}

int command_dump(int argc, char **argv)
{
    static const char *const stages[] = {"tokens", "syntax", "model", "dag", "gradient", "simplified", "loops", "memory", "c"};
    const char *stage = NULL;
    option list[] = {{"stage", 0, true, &stage, NULL}, {0}};
    options o = {.command = "dump", .usage = dump_usage, .list = list};
    int status = options_read(&o, argc, argv);
    bool known = false;
    for (size_t i = 0; stage && i < sizeof stages / sizeof *stages; i++)
        known |= strcmp(stage, stages[i]) == 0;
    if (status < 0 && (o.file_count != 1 || !known))
        status = options_usage(&o, o.file_count != 1 ? "one file is needed" : "--stage is tokens, syntax, model, dag, gradient, simplified, loops, memory or c");
    if (status < 0) {
        page p;
        o.page.run = strcmp(stage, "simplified") == 0 || strcmp(stage, "loops") == 0 || strcmp(stage, "memory") == 0 || strcmp(stage, "c") == 0;
        status = page_open(&p, o.file[0], &o.page);
        if (!status)
            status = dump_page(&p, &o, stage);
        page_close(&p);
    }
    options_free(&o);
    return status;
}
