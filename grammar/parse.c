/* Text to tree: the passes in order. */
#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "delta.tab.h"

static void prepare(scan *s, arena *a, intern *names, const source_set *sources, int number, diag_list *d) {
    *s = (scan){.memory = a, .names = names, .text = source_get(sources, number), .number = number, .errors = d};
}

static void read_tokens(scan *s) {
    size_t guess = s->text->length / 3 + 16; /* a token has two or three bytes and a blank */
    token_reserve(&s->raw, guess);
    token_reserve(&s->ready, guess);
    scan_source(s);
    layout_pair(s);
    layout_names(s);
    layout_split(s);
}

static syn *parse_tokens(scan *s) {
    parser p = {.memory = s->memory, .names = s->names, .errors = s->errors, .scan = s, .list = s->ready.list, .count = s->ready.count};
    p.scratch = arena_new();
    bool failed = delta_yyparse(&p);
    arena_free(p.scratch);
    if (failed || !p.result) {
        p.result = syn_new(s->memory, SYN_FILE_, span_at(s, 0, s->text->length), 1);
        p.result->child[0] = syn_new(s->memory, SYN_BROKEN, p.result->at, 0);
    }
    return p.result;
}

/* --- `#= refuted` --- */

typedef struct {
    syn **list;
    int count, capacity;
} equations;

static void collect(equations *e, syn *s) {
    if (!s) return;
    if (s->kind == SYN_EQUATION) {
        if (e->count == e->capacity) {
            e->capacity = e->capacity ? 2 * e->capacity : 64;
            e->list = xrealloc(e->list, (size_t)e->capacity * sizeof *e->list);
        }
        e->list[e->count++] = s;
    }
    if (s->kind == SYN_FILE_ || s->kind == SYN_BLOCK || s->kind == SYN_FOR || s->kind == SYN_FUNCTION || s->kind == SYN_OPTIMIZER)
        for (int i = 0; i < s->count; i++) collect(e, s->child[i]);
}

/* The mark belongs to the last step that begins before it; of the equation's last step the equation itself has it too. */
static void set_mark(scan *s, syn *equation, const token *mark) {
    int step = equation->count - 1;
    while (step > 1 && equation->child[step]->at.begin > mark->at.begin) step--;
    sym verdict = intern_puts(s->names, mark->text);
    equation->child[step]->expect = verdict;
    if (step == equation->count - 1) equation->expect = verdict;
}

static bool line_is_broken(const syn *s, int32_t begin, int32_t end) {
    if (!s || s->at.begin > end || (s->at.end < begin && s->kind != SYN_FILE_)) return false;
    if (s->kind == SYN_BROKEN) return true;
    if (s->kind != SYN_FILE_ && s->kind != SYN_BLOCK && s->kind != SYN_FOR && s->kind != SYN_FUNCTION && s->kind != SYN_OPTIMIZER) return false;
    for (int i = 0; i < s->count; i++)
        if (line_is_broken(s->child[i], begin, end)) return true;
    return false;
}

static void attach_marks(scan *s, syn *file) {
    if (!s->marks.count) return;
    equations e = {0};
    collect(&e, file);
    int at = 0;
    for (int i = 0; i < s->marks.count; i++) {
        const token *mark = &s->marks.list[i];
        if (mark->broken) continue;
        while (at + 1 < e.count && e.list[at + 1]->at.begin < mark->at.begin) at++;
        size_t line = s->text->line_start[source_line(s->text, (size_t)mark->at.begin) - 1];
        if (at < e.count && e.list[at]->at.begin < mark->at.begin && (size_t)e.list[at]->at.end >= line) {
            set_mark(s, e.list[at], mark);
        } else if (!line_is_broken(file, (int32_t)line, mark->at.begin)) {
            diagnostic *g = scan_error(s, mark->at, "no claim on this line for the verdict '%s'", mark->text);
            diag_hint(g, "the mark stands at the end of a claim's line");
        }
    }
    free(e.list);
}

syn *parse_delta(arena *a, intern *names, const source_set *sources, int number, diag_list *d) {
    scan s;
    prepare(&s, a, names, sources, number, d);
    read_tokens(&s);
    syn *file = parse_tokens(&s);
    attach_marks(&s, file);
    scan_free(&s);
    return file;
}

syn *parse_statement(arena *a, intern *names, const source_set *sources, int number, diag_list *d) {
    scan s;
    prepare(&s, a, names, sources, number, d);
    s.single = true;
    read_tokens(&s);
    syn *file = parse_tokens(&s);
    syn *result = file->count ? file->child[0] : NULL;
    if (!result) scan_error(&s, span_at(&s, 0, s.text->length), "expected an expression or an equation");
    if (file->count > 1) scan_error(&s, file->child[1]->at, "expected one expression or equation, and here a second one begins");
    if (!result || file->count > 1) result = syn_new(a, SYN_BROKEN, file->at, 0);
    scan_free(&s);
    return result;
}

/* --- dump --- */

static const char *kind_name(int kind) {
    switch (kind) {
    case T_NUMBER: return "number";
    case T_NAME: return "name";
    case T_STRING: return "text";
    case T_SUPER: return "power";
    case T_PARTIAL: return "derivative";
    case T_DENOMINATOR: return "derivative-by";
    case T_OVER_PARTIAL: return "derivative-over";
    case T_INDEX: return "index";
    case T_SUBSCRIPT: return "subscript";
    case T_SET: return "set";
    case T_BLOCK: return "block";
    case T_BINDER_IN: return "in-range";
    case T_SEPARATOR: return "end";
    case T_BROKEN: return "broken";
    case T_SIGN: case T_WORD: case T_CALL: return "reduction";
    default: return "sign";
    }
}

void parse_dump_tokens(buffer *out, intern *names, const source_set *sources, int number, diag_list *d) {
    scan s;
    arena *a = arena_new();
    prepare(&s, a, names, sources, number, d);
    read_tokens(&s);
    for (int i = 0; i < s.ready.count; i++) {
        const token *t = &s.ready.list[i];
        size_t begin = (size_t)t->at.begin;
        buffer_printf(out, "%d:%d %s", source_line(s.text, begin), source_column(s.text, begin), kind_name(t->kind));
        if (t->text) buffer_printf(out, " %s", t->text);
        if (!t->text && t->at.end > t->at.begin) buffer_printf(out, " %.*s", (int)(t->at.end - t->at.begin), s.text->text + begin);
        buffer_puts(out, "\n");
    }
    scan_free(&s);
    arena_free(a);
}
