/* emit: the page as C, written or compared with what is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gen/emit/emit.h"
#include "gen/tool/commands.h"
#include "gen/tool/compile.h"
#include "gen/tool/derivatives.h"
#include "gen/tool/emit_print.h"
#include "gen/tool/options.h"
#include "gen/tool/output.h"
#include "gen/verify/verify.h"

static const char emit_usage[] = "usage: deltac emit FILE -o DIR [options]\n"
                                 "\n"
                                 "Writes NAME.c and NAME.h: forward pass, gradient and update of the page in plain C99.\n"
                                 "\n"
                                 "  -o, --output DIR      where to write\n"
                                 "  --check DIR           writes nothing; exits 1 with a difference when DIR is not what would be written\n"
                                 "  --tests               also NAME_test.c, a cmocka program that checks the gradient in your own build\n"
                                 "  --real double|float   arithmetic (double)\n"
                                 "  --target hosted|freestanding  freestanding: no heap, no stdio, no runtime; all sizes fixed (hosted)\n"
                                 "  --batch B             samples of a call when freestanding (1), or that --memory-limit counts (32)\n"
                                 "  --memory-limit SIZE   bytes of work memory at most: 64M, 2G; where that is too little, recurrences run in segments and the\n"
                                 "                        gradient computes each segment again\n"
                                 "  --derivatives 'E; F'  what NAME_forward puts out, in place of the page's outputs: values and derivatives, and products\n"
                                 "                        with vectors: '∂²C/∂W²·v' (of the mean of C), 'v·∂a/∂W', '∂a/∂W·v'; a new v becomes data\n"
                                 "  --json                bytes, operations of a step and functions of math.h as one JSON object\n"
                                 "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable\n"
                                 "  --optimizer 'adam(η = 1e-3)'  in place of the page's `optimize with`\n"
                                 "\n"
                                 "Example: deltac emit examples/one_layer.delta -o generated\n";

static char *read_whole(const char *path, size_t *length)
{
    FILE *f = fopen(path, "rb");
    buffer b = {0};
    char block[65536];
    size_t n;
    while (f && (n = fread(block, 1, sizeof block, f)) > 0)
        buffer_add(&b, block, n);
    if (f)
        fclose(f);
    *length = b.length;
    return f ? (b.text ? b.text : xcalloc(1, 1)) : NULL;
}

/* The first line that differs, in the manner of diff. */
static bool differs(const char *path, const buffer *wanted)
{
    size_t length;
    char *there = read_whole(path, &length);
    if (there && length == wanted->length && memcmp(there, wanted->text, length) == 0) {
        free(there);
        return false;
    }
    if (!there) {
        printf("--- %s does not exist\n", path);
        return true;
    }
    const char *a = there, *b = wanted->text;
    int line = 1;
    while (*a && *b) {
        size_t n = strcspn(a, "\n"), k = strcspn(b, "\n");
        if (n != k || memcmp(a, b, n) != 0)
            break;
        a += n + (a[n] != 0);
        b += k + (b[k] != 0);
        line++;
    }
    printf("--- %s\n+++ as it would be written\n@@ line %d @@\n-%.*s\n+%.*s\n", path, line, (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
    free(there);
    return true;
}

typedef struct {
    const char *output, *check; /* one of them: the directory */
    bool single, tests, json;
    emit_target target;
    long batch; /* freestanding; hosted: what --memory-limit counts, 0: not told */
} emit_request;

/* What is written, or compared with what is there. */
typedef struct {
    const char *suffix; /* behind the page's name */
    buffer text;
} emitted_file;

static int put_file(const emit_request *r, const char *path, const buffer *text)
{
    if (!r->output)
        return differs(path, text) ? STATUS_NO : STATUS_GOOD;
    return write_file(path, text->text, text->length);
}

static int emit_files(page *p, const options *o, const emit_request *r)
{
    int status = compile_prepare(p, &o->page);
    emitted_file file[] = {{".c", {0}}, {".h", {0}}, {"_test.c", {0}}};
    if (!status) {
        char *name = emit_name(p->memory, o->file[0]);
        emit_summary summary;
        emit_options e = {.name = name, .page = o->file[0], .single = r->single, .target = r->target, .batch = r->batch, .memory = o->page.memory, .summary = &summary};
        status = emit_c(p->model, &e, &file[0].text, &file[1].text);
        page_report(p, &o->page);
        verify_test_text(name, o->file[0], verify_stops(p->model), &file[2].text);
        if (!status && r->output && mkdir(r->output, 0777) != 0 && errno != EEXIST) {
            fprintf(stderr, "deltac: cannot make the directory `%s`: %s\n", r->output, strerror(errno));
            status = STATUS_MACHINE;
        }
        for (int i = 0; i < (r->tests ? 3 : 2) && (status == STATUS_GOOD || status == STATUS_NO); i++)
            status = status_worse(status, put_file(r, arena_printf(p->memory, "%s/%s%s", r->output ? r->output : r->check, name, file[i].suffix), &file[i].text));
        if (status == STATUS_GOOD && r->output)
            (r->json ? emit_print_json : emit_print)(&summary, r->target == EMIT_FREESTANDING ? r->batch : 0);
    }
    for (int i = 0; i < 3; i++)
        buffer_free(&file[i].text);
    return status;
}

/* --target and --batch. */
static int read_target(const options *o, const char *target, const char *batch, emit_request *r)
{
    bool free_target = strcmp(target, "freestanding") == 0;
    char *end = NULL;
    if (!free_target && strcmp(target, "hosted") != 0)
        return options_usage(o, "--target is hosted or freestanding");
    if (free_target && r->tests)
        return options_usage(o, "--tests goes with --target hosted");
    if (!free_target && batch && !(o->page.memory > 0))
        return options_usage(o, "--batch goes with --target freestanding or --memory-limit");
    r->target = free_target ? EMIT_FREESTANDING : EMIT_HOSTED;
    if (!free_target && !batch)
        return -1;
    r->batch = batch ? strtol(batch, &end, 10) : 1;
    return r->batch < 1 || r->batch > 1000000 || (end && *end) ? options_usage(o, "--batch is a whole number from 1 to 1000000") : -1;
}

/* --derivatives 'E; F': the page with these as its outputs. */
static int emit_derivatives(page *p, const char *list, const options *o, const emit_request *r)
{
    enum { MOST = 64 };
    const char *expression[MOST];
    int count = 0, status;
    page q = {0};
    char *text = arena_printf(p->memory, "%s", list), *rest = text;
    for (char *word = strtok_r(text, ";", &rest); word && count < MOST; word = strtok_r(NULL, ";", &rest))
        if (word[strspn(word, " ")])
            expression[count++] = word;
    if (count == 0)
        return options_usage(o, "--derivatives names nothing");
    status = derivatives_open(p, o->file[0], &o->page, count, expression, &q);
    if (!status)
        status = emit_files(&q, o, r);
    if (q.memory)
        page_close(&q);
    return status;
}

int command_emit(int argc, char **argv)
{
    emit_request r = {0};
    const char *real = "double", *target = "hosted", *batch = NULL, *derivatives = NULL;
    option list[] = {{"output", 'o', true, &r.output, NULL}, {"check", 0, true, &r.check, NULL}, {"real", 0, true, &real, NULL}, {"tests", 0, false, NULL, &r.tests}, {"json", 0, false, NULL, &r.json},
                     {"target", 0, true, &target, NULL}, {"batch", 0, true, &batch, NULL}, {"derivatives", 0, true, &derivatives, NULL}, {0}};
    options o = {.command = "emit", .usage = emit_usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && (o.file_count != 1 || !r.output == !r.check))
        status = options_usage(&o, o.file_count != 1 ? "one file is needed" : "-o DIR or --check DIR is needed");
    if (status < 0 && strcmp(real, "double") != 0 && strcmp(real, "float") != 0)
        status = options_usage(&o, "--real is double or float");
    if (status < 0)
        status = read_target(&o, target, batch, &r);
    if (status < 0) {
        page p;
        o.page.run = true;
        r.single = real[0] == 'f';
        status = page_open(&p, o.file[0], &o.page);
        if (!status)
            status = derivatives ? emit_derivatives(&p, derivatives, &o, &r) : emit_files(&p, &o, &r);
        page_close(&p);
    }
    options_free(&o);
    return status;
}
