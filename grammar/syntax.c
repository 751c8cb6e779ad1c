#include "syntax.h"

#include <string.h>

const char *syn_kind_name(syn_kind kind) {
    static const char *const name[] = {
#define K(name) #name,
        SYNTAX_KINDS(K)
#undef K
    };
    return (unsigned)kind < SYN_KIND_COUNT ? name[kind] : "?";
}

syn *syn_new(arena *a, syn_kind kind, span at, int count) {
    size_t children = count > 0 ? (size_t)count * sizeof(syn *) : 0;
    syn *s = arena_alloc(a, sizeof *s + children); /* the children stand directly behind their node */
    s->kind = kind;
    s->at = at;
    s->count = count;
    if (count > 0) s->child = (syn **)(void *)(s + 1);
    return s;
}

static int same_text(const char *x, const char *y) { return x == y || (x && y && !strcmp(x, y)); }

/* '·' and '*' are the same operator to the reader of ASCII; only hints tell them apart. Before a number they are nothing else than a blank. */
static int same_operators(const syn *x, const syn *y) {
    for (int i = 0; i < x->count; i++) {
        char a = x->text[i] == '.' ? '*' : x->text[i], b = y->text[i] == '.' ? '*' : y->text[i];
        int number = x->child[i]->kind == SYN_NUMBER && (a == ' ' || a == '*') && (b == ' ' || b == '*');
        if (a != b && !number) return 0;
    }
    return 1;
}

int syn_equal(const syn *x, const syn *y) {
    if (x == y) return 1;
    if (!x || !y) return 0;
    if (x->kind != y->kind || x->flags != y->flags || x->name != y->name || x->number != y->number || x->count != y->count || x->expect != y->expect)
        return 0;
    if (x->kind == SYN_PRODUCT && x->text && y->text ? !same_operators(x, y) : !same_text(x->text, y->text)) return 0;
    for (int i = 0; i < x->count; i++)
        if (!syn_equal(x->child[i], y->child[i])) return 0;
    return 1;
}

static void dump_node(buffer *out, const syn *s, const intern *names, int depth) {
    buffer_printf(out, "%*s", 2 * depth, "");
    if (!s) {
        buffer_puts(out, "-\n");
        return;
    }
    buffer_puts(out, s->kind == SYN_FILE_ ? "FILE" : syn_kind_name(s->kind));
    if (s->name) buffer_printf(out, " %s", intern_text(names, s->name));
    if (s->text) buffer_printf(out, " \"%s\"", s->text);
    if (s->number) buffer_printf(out, " number %d", s->number);
    if (s->flags & SYN_INT) buffer_puts(out, " int");
    if (s->flags & SYN_MISSING) buffer_puts(out, " missing");
    if (s->expect) buffer_printf(out, " expect %s", intern_text(names, s->expect));
    buffer_puts(out, "\n");
    for (int i = 0; i < s->count; i++) dump_node(out, s->child[i], names, depth + 1);
}

void syn_dump(buffer *out, const syn *tree, const intern *names) { dump_node(out, tree, names, 0); }
