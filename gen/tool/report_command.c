/* deltac report: the parts of the page in order. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/tool/commands.h"
#include "gen/tool/compile.h"
#include "gen/tool/options.h"
#include "gen/tool/output.h"
#include "gen/tool/report.h"

static const char usage[] = "usage: deltac report FILE -o page.html [options]\n"
                            "\n"
                            "One self-contained page: equations typeset, a verdict beside each claim, the derivation, the graph, the generated C.\n"
                            "It needs no network and no scripts.\n"
                            "\n"
                            "  -o, --output PAGE     where to write it\n"
                            "  --run RUN.jsonl       loss and metrics of a run: what `deltac train --log` wrote\n"
                            "  -w, --weights W.npz   of a trained page, with\n"
                            "  -d, --data [NAME=]FILE  its data: the learnt function over them, for one or two numbers as input\n"
                            "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable\n"
                            "  --optimizer 'adam(η = 1e-3)'  in place of the page's `optimize with`\n"
                            "\n"
                            "The exit status is that of `deltac check`. The graph is laid out by Graphviz' `dot`, if there is one.\n"
                            "Example: deltac report examples/two_layer.delta -o two_layer.html\n";

enum { ROOM = 34 };

static void tally(report *r, int count, const char *kind, const char *mark, const char *word)
{
    if (count)
        buffer_printf(r->out, "<li class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> %d %s</li>", kind, mark, count, word);
}

static void put_head(report *r, bool whole, bool run)
{
    const check_result *c = r->check;
    buffer *out = r->out;
    buffer_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"generator\" "
                     "content=\"deltac\"><meta name=\"referrer\" content=\"no-referrer\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                     "'unsafe-inline'\">\n<title>");
    report_text(r, r->path);
    buffer_puts(out, "</title>\n<style>");
    for (int i = 0; report_style[i]; i++)
        buffer_puts(out, report_style[i]);
    buffer_puts(out, "</style></head>\n<body><a class=\"skip\" href=\"#page\">Skip to the page</a>\n<header><h1>");
    report_text(r, r->path);
    int claims = c->proved + c->refuted + c->undecided + c->not_understood + c->vacuous;
    buffer_printf(out, "</h1>\n<p class=\"lead\">%d claim%s</p>\n<ul class=\"tally\">", claims, claims == 1 ? "" : "s");
    tally(r, c->proved, "proved", "✓", "proved");
    tally(r, c->refuted, "refuted", "✗", "refuted");
    tally(r, c->undecided, "open", "?", "undecided");
    tally(r, c->not_understood, "open", "?", "not understood");
    tally(r, c->vacuous, "open", "○", "saying nothing");
    tally(r, r->page->diagnostics.errors, "refuted", "!", "errors");
    buffer_puts(out, "</ul>\n<nav aria-label=\"Parts\"><ul><li><a href=\"#page\">The page</a></li>");
    if (whole)
        buffer_puts(out, "<li><a href=\"#derivation\">Derivation</a></li><li><a href=\"#graph\">Graph</a></li><li><a href=\"#code\">C</a></li><li><a href=\"#counts\">Counts</a></li>");
    if (run)
        buffer_puts(out, "<li><a href=\"#run\">Run</a></li>");
    if (r->weights)
        buffer_puts(out, "<li><a href=\"#learnt\">Learnt function</a></li>");
    buffer_puts(out, "<li><a href=\"#source\">Source</a></li></ul></nav></header>\n<main>\n");
}

static void put_derivation(report *r)
{
    model *m = r->page->model;
    derive_name *names = arena_alloc(r->memory, (size_t)(m->var_count + 1) * sizeof *names);
    derive_options d = {.names = names, .name_count = report_adjoint_names(r->check, names), .steps = STEPS_FULL};
    derivation *all = derive_build(m, &d, r->memory);
    buffer_puts(r->out, "<section aria-labelledby=\"derivation\"><h2 id=\"derivation\">The derivation</h2>\n");
    for (int i = 0; i < all->count; i++) {
        if (all->section[i].count == 0)
            continue;
        derive_rows rows = derive_rows_of(r->memory, &all->section[i], &d, ROOM);
        if (*all->section[i].title)
            buffer_printf(r->out, "<h3>%s</h3>\n", derive_title(r->memory, all->section[i].title));
        derive_html_rows(m, &rows, true, r->out);
    }
    buffer_puts(r->out, "</section>\n");
}

static void put_source(report *r)
{
    const source *s = source_get(r->page->sources, r->page->source);
    buffer_puts(r->out, "<section aria-labelledby=\"source\"><h2 id=\"source\">Source</h2><details><summary>The page as text</summary><pre class=\"sourcebox\" tabindex=\"0\">");
    write_html_bytes(r->out, s->text, s->length);
    buffer_puts(r->out, "</pre></details></section>\n");
}

static int put_report(report *r, page *prepared)
{
    bool good = r->page->diagnostics.errors == 0;
    report_generated g = {0};
    report_generate(r, prepared, &g);
    put_head(r, good, r->run != NULL);
    buffer_puts(r->out, "<section aria-labelledby=\"page\"><h2 id=\"page\">The page</h2>\n");
    report_page(r);
    buffer_puts(r->out, "</section>\n");
    report_messages(r);
    if (good)
        put_derivation(r);
    int status = report_run(r, r->out);
    if (!status && good)
        status = report_learnt(r);
    if (good) {
        report_graph(r);
        report_code(r, &g);
        report_counts(r, prepared, &g);
    }
    put_source(r);
    buffer_puts(r->out, "</main>\n<footer><p>Made by deltac. A claim counts as proved only by an exact argument.</p></footer></body></html>\n");
    buffer_free(&g.c);
    buffer_free(&g.h);
    return status;
}

typedef struct {
    const char *output, *run, *weights, *data;
} report_files;

static int write_report(page *p, page *prepared, const options *o, const report_files *files)
{
    buffer out = {0};
    const char *output = files->output, *data = files->data;
    check_result check = check_page(p, &(check_options){.strict = o->page.strict, .hints = HINTS_FULL});
    int lines = source_get(p->sources, p->source)->line_count + 2;
    report r = {.page = p, .check = &check, .options = &o->page, .memory = p->memory, .path = o->file[0], .run = files->run, .weights = files->weights, .data = &data, .data_count = data != NULL, .line_count = lines, .out = &out};
    r.code_of_line = arena_alloc(p->memory, (size_t)lines + 1);
    int status = put_report(&r, prepared);
    page_report(p, &o->page);
    if (!status)
        status = write_file(output, out.text, out.length);
    buffer_free(&out);
    return status ? status : check.status;
}

int command_report(int argc, char **argv)
{
    report_files f = {0};
    option list[] = {{"output", 'o', true, &f.output, NULL}, {"run", 0, true, &f.run, NULL}, {"weights", 'w', true, &f.weights, NULL}, {"data", 'd', true, &f.data, NULL}, {0}};
    options o = {.command = "report", .usage = usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && !f.weights != !f.data)
        status = options_usage(&o, "--weights and --data go together: the learnt function is drawn over the data");
    if (status < 0 && (o.file_count != 1 || !f.output))
        status = options_usage(&o, o.file_count != 1 ? "one file is needed" : "-o PAGE is needed");
    if (status < 0) {
        page p, prepared = {0}; /* the training program changes a model: the C is made from a second one */
        page_options running = o.page;
        running.run = true;
        status = page_open(&p, o.file[0], &o.page);
        const source *s = status ? NULL : source_get(p.sources, p.source);
        if (!status && page_open_text(&prepared, s->path, s->text, s->length, &running) == 0)
            status = write_report(&p, &prepared, &o, &f);
        if (prepared.memory)
            page_close(&prepared);
        page_close(&p);
    }
    options_free(&o);
    return status;
}
