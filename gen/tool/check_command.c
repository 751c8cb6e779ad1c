#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/tool/check.h"
#include "gen/tool/commands.h"
#include "gen/tool/notes.h"
#include "gen/tool/options.h"

static const char usage[] = "usage: deltac check FILE… [options]\n"
                            "\n"
                            "A verdict for every claim of the pages (.delta) and documents (.tex, .md, .ipynb, .txt with $$): proved, refuted (with a counterexample and the smallest repair), or undecided.\n"
                            "\n"
                            "  --json              one object for all files, for programs\n"
                            "  --hints LEVEL       none, line, kind or full (default): how much a refuted line reveals\n"
                            "  --define 'f(u) = …' a body for an abstract function of the page; repeatable\n"
                            "  --lang LANGUAGE     delta, tex, md, ipynb or txt, whatever the file's name says\n"
                            "  --jobs N            N claims side by side, each in a process of its own: one that fails leaves the others unaffected\n"
                            "  --limit SECONDS     of processor time for one claim, which is undecided when they are over\n"
                            "  --strict            warnings count as refuted\n"
                            "  --color WHEN        always, never or auto\n"
                            "\n"
                            "Exit status: 0 all proved, 1 a claim refuted, 2 a claim undecided, 3 a page that cannot be read, 4 the machine failed, 64 usage.\n"
                            "Example: deltac check examples/two_layer.delta\n";

typedef struct {
    int proved, refuted, undecided, not_understood, vacuous;
} totals;

static void add_totals(totals *t, const check_result *r)
{
    t->proved += r->proved;
    t->refuted += r->refuted;
    t->undecided += r->undecided;
    t->not_understood += r->not_understood;
    t->vacuous += r->vacuous;
}

static void print_json(json_t *files, const totals *t)
{
    json_t *root = json_object(), *summary = json_object();
    json_object_set_new(root, "files", files);
    json_object_set_new(summary, "proved", json_integer(t->proved));
    json_object_set_new(summary, "refuted", json_integer(t->refuted));
    json_object_set_new(summary, "undecided", json_integer(t->undecided));
    json_object_set_new(summary, "not understood", json_integer(t->not_understood));
    json_object_set_new(summary, "vacuous", json_integer(t->vacuous));
    json_object_set_new(root, "summary", summary);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

/* A document instead of a page. */
static int check_notes(const char *path, document_kind kind, bool colour, const char *hints, json_t *files, totals *t)
{
    json_t *file = NULL;
    notes_totals found = {0};
    int status = notes_check(path, kind, colour, hints, files ? &file : NULL, &found);
    if (file)
        json_array_append_new(files, file);
    fflush(stdout);
    t->proved += found.proved;
    t->refuted += found.refuted;
    t->undecided += found.undecided;
    t->not_understood += found.not_understood;
    t->vacuous += found.vacuous;
    return status;
}

static bool read_number(const char *text, double least, double most, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == 0 && *out >= least && *out <= most;
}

int command_check(int argc, char **argv)
{
    bool json = false;
    const char *hints = "full";
    const char *lang = NULL, *jobs_text = NULL, *limit_text = NULL;
    option list[] = {{"json", 0, false, NULL, &json}, {"hints", 0, true, &hints, NULL}, {"lang", 0, true, &lang, NULL}, {"jobs", 0, true, &jobs_text, NULL}, {"limit", 0, true, &limit_text, NULL}, {0}};
    options o = {.command = "check", .usage = usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && o.file_count == 0)
        status = options_usage(&o, "no file given");
    if (status < 0 && strcmp(hints, "none") && strcmp(hints, "line") && strcmp(hints, "kind") && strcmp(hints, "full"))
        status = options_usage(&o, "--hints is none, line, kind or full");
    long jobs = limit_text ? 1 : 0;
    double limit = 0;
    if (status < 0 && jobs_text && !read_number(jobs_text, 1, 1000, &limit))
        status = options_usage(&o, "--jobs is a number from 1 on");
    if (jobs_text)
        jobs = (long)limit;
    limit = 0;
    if (status < 0 && limit_text && !read_number(limit_text, 0.001, 1e6, &limit))
        status = options_usage(&o, "--limit is a number of seconds");
    if (status >= 0) {
        options_free(&o);
        return status;
    }
    bool colour = o.page.colour && isatty(STDOUT_FILENO);
    json_t *files = json_array();
    totals t = {0};
    status = STATUS_GOOD;
    for (int i = 0; i < o.file_count; i++) {
        page p;
        int kind = document_kind_of(o.file[i], lang);
        if (kind >= 0) {
            status = status_worse(status, check_notes(o.file[i], (document_kind)kind, colour, hints, json ? files : NULL, &t));
            continue;
        }
        int opened = page_open(&p, o.file[i], &o.page);
        status = status_worse(status, opened);
        if (opened == 0) {
            check_result r = check_page_apart(&p, o.page.strict, (int)jobs, limit);
            page_report(&p, &o.page);
            if (json)
                json_array_append_new(files, check_json(&r));
            else
                check_print(&r, colour, hints);
            fflush(stdout);
            add_totals(&t, &r);
            status = status_worse(status, r.status);
        }
        page_close(&p);
    }
    if (json)
        print_json(files, &t);
    else
        json_decref(files);
    options_free(&o);
    return status;
}
