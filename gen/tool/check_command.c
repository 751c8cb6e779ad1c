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
                            "A verdict for every claim of the pages (.delta) and documents (.tex, .md, .ipynb, .txt with $$): proved, refuted (with a "
                            "counterexample and the smallest repair), or undecided.\n"
                            "\n"
                            "  --json              one object for all files, for programs\n"
                            "  --hints LEVEL       none, line, kind or full (default): how much a refuted line reveals\n"
                            "  --why               how each verdict was reached: what was tried, sizes, times\n"
                            "  --at-values         decide for the numbers that the page gives to sizes, settings and parameters, not for all\n"
                            "  --define 'f(u) = …' a body for an abstract function of the page; repeatable\n"
                            "  --lang LANGUAGE     delta, tex, md, ipynb or txt, whatever the file's name says\n"
                            "  --jobs N            N claims side by side (default 1); the output does not depend on it\n"
                            "  --limit SECONDS     of processor time for one claim (default 60), which is undecided when they are over\n"
                            "  --memory MB         that one claim may use (default 1024), likewise\n"
                            "  --no-cache          decide also what has been decided before\n"
                            "  --junit FILE        the verdicts as JUnit test cases\n"
                            "  --sarif FILE        what is not good as SARIF 2.1.0\n"
                            "  --with PAGE         declarations, functions and assumptions (.delta) that settle how a document is read\n"
                            "  --annotate OUT      writes the document with verdict marks beside its equations\n"
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

static bool read_number(const char *text, double least, double most, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == 0 && *out >= least && *out <= most;
}

/* --- options --- */

typedef struct {
    options o;
    check_options check;
    bool json, colour;
    const char *hints, *lang, *junit, *sarif, *with, *annotate;
} request;

static int read_hints(request *q)
{
    static const char *const names[] = {"none", "line", "kind", "full"};
    for (int i = 0; i < 4; i++)
        if (strcmp(q->hints, names[i]) == 0) {
            q->check.hints = (hint_level)i;
            return -1;
        }
    return options_usage(&q->o, "--hints is none, line, kind or full");
}

static int read_limits(request *q, const char *jobs, const char *limit, const char *memory)
{
    double number = 1;
    if (jobs && !read_number(jobs, 1, 1000, &number))
        return options_usage(&q->o, "--jobs is a number from 1 on");
    q->check.jobs = (int)number;
    if (limit && !read_number(limit, 0.001, 1e6, &q->check.seconds))
        return options_usage(&q->o, "--limit is a number of seconds");
    number = 0;
    if (memory && !read_number(memory, 1, 1e6, &number))
        return options_usage(&q->o, "--memory is a number of megabytes");
    q->check.megabytes = (long)number;
    return -1;
}

static int read_request(request *q, int argc, char **argv)
{
    const char *jobs = NULL, *limit = NULL, *memory = NULL;
    *q = (request){.hints = "full"};
    option list[] = {{"json", 0, false, NULL, &q->json},
                     {"hints", 0, true, &q->hints, NULL},
                     {"why", 0, false, NULL, &q->check.why},
                     {"at-values", 0, false, NULL, &q->check.at_values},
                     {"lang", 0, true, &q->lang, NULL},
                     {"jobs", 0, true, &jobs, NULL},
                     {"limit", 0, true, &limit, NULL},
                     {"memory", 0, true, &memory, NULL},
                     {"no-cache", 0, false, NULL, &q->check.no_cache},
                     {"junit", 0, true, &q->junit, NULL},
                     {"sarif", 0, true, &q->sarif, NULL},
                     {"with", 0, true, &q->with, NULL},
                     {"annotate", 0, true, &q->annotate, NULL},
                     {0}};
    q->o = (options){.command = "check", .usage = usage, .list = list};
    int status = options_read(&q->o, argc, argv);
    if (status < 0 && q->o.file_count == 0)
        status = options_usage(&q->o, "no file given");
    if (status < 0 && q->annotate && (q->o.file_count != 1 || document_kind_of(q->o.file[0], q->lang) < 0))
        status = options_usage(&q->o, "--annotate is for one document (.tex, .md, .ipynb, .txt)");
    status = status < 0 ? read_hints(q) : status;
    status = status < 0 ? read_limits(q, jobs, limit, memory) : status;
    q->o.list = NULL;
    q->check.strict = q->o.page.strict;
    q->colour = q->o.page.colour && isatty(STDOUT_FILENO);
    return status;
}

/* --- files --- */

/* A document instead of a page. */
static int check_notes(const request *q, const char *path, document_kind kind, json_t **file, totals *t)
{
    notes_totals found = {0};
    bool wanted = q->json || q->junit || q->sarif;
    notes_request r = {.kind = kind,
                       .colour = q->colour,
                       .text = !q->json,
                       .hints = q->hints,
                       .with = q->with,
                       .annotate = q->annotate,
                       .seconds = q->check.seconds,
                       .megabytes = q->check.megabytes,
                       .jobs = q->check.jobs};
    int status = notes_check(path, &r, wanted ? file : NULL, &found);
    t->proved += found.proved;
    t->refuted += found.refuted;
    t->undecided += found.undecided;
    t->not_understood += found.not_understood;
    t->vacuous += found.vacuous;
    return status;
}

static int check_delta_page(const request *q, const char *path, json_t **file, totals *t)
{
    page p;
    int status = page_open(&p, path, &q->o.page);
    if (status == 0) {
        check_result r = check_page(&p, &q->check);
        page_report(&p, &q->o.page);
        if (q->json || q->junit || q->sarif)
            *file = check_json(&r);
        if (!q->json)
            check_print(&r, q->colour);
        add_totals(t, &r);
        status = r.status;
    }
    page_close(&p);
    return status;
}

static int check_files(const request *q, json_t *files, check_log *log, totals *t)
{
    int status = STATUS_GOOD;
    for (int i = 0; i < q->o.file_count; i++) {
        json_t *file = NULL;
        int kind = document_kind_of(q->o.file[i], q->lang);
        int one = kind >= 0 ? check_notes(q, q->o.file[i], (document_kind)kind, &file, t) : check_delta_page(q, q->o.file[i], &file, t);
        fflush(stdout);
        status = status_worse(status, one);
        if (!file)
            continue;
        if (q->junit || q->sarif)
            check_log_file(log, file);
        json_array_append_new(files, file);
    }
    return status;
}

int command_check(int argc, char **argv)
{
    request q;
    totals t = {0};
    int status = read_request(&q, argc, argv);
    if (status >= 0) {
        options_free(&q.o);
        return status;
    }
    json_t *files = json_array();
    check_log *log = check_log_new();
    status = check_files(&q, files, log, &t);
    if (q.junit)
        status = status_worse(status, check_log_junit(log, q.junit));
    if (q.sarif)
        status = status_worse(status, check_log_sarif(log, q.sarif));
    if (q.json)
        print_json(files, &t);
    else
        json_decref(files);
    check_log_free(log);
    options_free(&q.o);
    return status;
}
