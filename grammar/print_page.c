/* Statements as text, in the house layout. */
#include <string.h>

#include "print.h"

enum { LINE_WIDTH = 100, INDENT = 2 };

static void print_statement(printer *p, const syn *s);

static void print_axes(printer *p, const syn *s) {
    printer inner = *p;
    inner.tight = true;
    bool atoms = true;
    for (int i = 0; i < s->count; i++) atoms &= s->child[i]->kind == SYN_NAME || s->child[i]->kind == SYN_NUMBER;
    print_puts(p, "[");
    print_list(&inner, s, 0, atoms ? "," : ", ");
    print_puts(p, "]");
}

static void print_decl(printer *p, const syn *s) {
    if (s->child[0])
        print_expression(p, s->child[0], LEVEL_ALL);
    else
        print_name(p, s->name);
    if (s->flags & SYN_INT) print_puts(p, " : int");
    if (s->child[1]) print_axes(p, s->child[1]);
    if (s->flags & SYN_MISSING) print_puts(p, " missing");
    if (!s->child[2]) return;
    buffer_printf(p->out, " %s ", s->text);
    print_expression(p, s->child[2], LEVEL_ALL);
}

static void print_decls(printer *p, const syn *s) {
    for (int i = 0; i < s->count; i++) {
        if (i) print_puts(p, ", ");
        print_decl(p, s->child[i]);
    }
}

static void print_declare(printer *p, const syn *s) {
    buffer_printf(p->out, "%s ", s->text);
    print_decls(p, s);
}

static void new_line(printer *p, int indent) { buffer_printf(p->out, "\n%*s", indent, ""); }

static void print_block(printer *p, const syn *s) {
    print_puts(p, "{");
    p->indent += INDENT;
    for (int i = 0; i < s->count; i++) {
        new_line(p, p->indent);
        print_statement(p, s->child[i]);
    }
    p->indent -= INDENT;
    new_line(p, p->indent);
    print_puts(p, "}");
}

static void print_function(printer *p, const syn *s) {
    print_puts(p, "function ");
    if (s->count > 3)
        print_expression(p, s->child[3], LEVEL_ALL);
    else
        print_name(p, s->name);
    if (s->child[0]) {
        print_puts(p, "(");
        print_decls(p, s->child[0]);
        print_puts(p, ")");
    }
    if (s->child[1]) {
        print_puts(p, " : ");
        print_axes(p, s->child[1]);
    }
    if (!s->child[2]) return;
    if (s->child[2]->kind == SYN_BLOCK) {
        print_puts(p, " ");
        print_block(p, s->child[2]);
    } else {
        print_puts(p, " = ");
        print_expression(p, s->child[2], LEVEL_ALL);
    }
}

static void print_mark(printer *p, sym verdict) { buffer_printf(p->out, "  #= %s", intern_text(p->names, verdict)); }

/* A chain that is too wide, or has a mark inside, gets a line for each '=' from the second on, under the first. */
static void print_equation(printer *p, const syn *s) {
    size_t begin = p->out->length;
    bool split = false;
    for (int i = 1; i < s->count - 1; i++) split |= s->child[i]->expect != 0;
    for (int pass = 0; pass < 2; pass++) {
        p->out->length = begin;
        if (s->number) print_puts(p, "claim ");
        print_expression(p, s->child[0], LEVEL_ALL);
        int column = p->indent + text_width(p->out->text + begin, p->out->length - begin) + 1;
        for (int i = 1; i < s->count; i++) {
            if (split && i > 1) {
                if (s->child[i - 1]->expect) print_mark(p, s->child[i - 1]->expect);
                new_line(p, column);
            } else {
                print_puts(p, " ");
            }
            buffer_printf(p->out, "%s ", s->text);
            print_expression(p, s->child[i], LEVEL_ALL);
        }
        bool wide = p->indent + text_width(p->out->text + begin, p->out->length - begin) > LINE_WIDTH;
        if (split || s->count < 3 || !wide) break;
        split = true;
    }
    if (s->expect) print_mark(p, s->expect);
}

static void print_optimize(printer *p, const syn *s) {
    print_puts(p, "optimize with ");
    for (int i = 0; i + 1 < s->count; i += 2) {
        if (i) print_puts(p, " then ");
        print_expression(p, s->child[i], LEVEL_ALL);
        if (!s->child[i + 1]) continue;
        print_puts(p, " for ");
        print_expression(p, s->child[i + 1], LEVEL_SUM);
        print_puts(p, " steps");
    }
}

static void print_optimizer(printer *p, const syn *s) {
    print_puts(p, "optimizer ");
    print_name(p, s->name);
    if (s->child[0]) {
        print_puts(p, "(");
        print_decls(p, s->child[0]);
        print_puts(p, ")");
    }
    print_puts(p, " for ");
    print_expression(p, s->child[1], LEVEL_ALL);
    print_puts(p, " ");
    print_block(p, s->child[2]);
}

static void print_minimize(printer *p, const syn *s) {
    print_puts(p, "minimize ");
    print_expression(p, s->child[0], LEVEL_ALL);
    if (s->count > 1) print_puts(p, " over ");
    print_list(p, s, 1, ", ");
}

/* An assumption has '=' where a condition elsewhere has '=='. */
static void print_assume(printer *p, const syn *s) {
    const syn *condition = s->child[0];
    print_puts(p, "assume ");
    if (condition->kind == SYN_COMPARE && !strcmp(condition->text, "==")) {
        print_expression(p, condition->child[0], LEVEL_SUM);
        print_puts(p, " = ");
        print_expression(p, condition->child[1], LEVEL_SUM);
    } else {
        print_expression(p, condition, LEVEL_ALL);
    }
}

static void print_statement(printer *p, const syn *s) {
    switch (s->kind) {
    case SYN_DECLARE: print_declare(p, s); break;
    case SYN_FUNCTION: print_function(p, s); break;
    case SYN_EQUATION: print_equation(p, s); break;
    case SYN_ASSUME: print_assume(p, s); break;
    case SYN_MINIMIZE: print_minimize(p, s); break;
    case SYN_UPDATE:
        print_expression(p, s->child[0], LEVEL_ALL);
        print_symbol(p, " ← ", " <- ");
        print_expression(p, s->child[1], LEVEL_ALL);
        break;
    case SYN_THEN: print_puts(p, "then"); break;
    case SYN_OPTIMIZE: print_optimize(p, s); break;
    case SYN_OPTIMIZER: print_optimizer(p, s); break;
    case SYN_METRIC: print_puts(p, "metric "); print_name(p, s->name); print_puts(p, " = "); print_expression(p, s->child[0], LEVEL_ALL); break;
    case SYN_OUTPUT: print_puts(p, "output "); print_list(p, s, 0, ", "); break;
    case SYN_FOR: print_puts(p, "for "); print_expression(p, s->child[0], LEVEL_ALL); print_puts(p, " "); print_block(p, s->child[1]); break;
    case SYN_POPULATION: print_puts(p, "set "); print_name(p, s->name); print_puts(p, ": "); print_declare(p, s->child[0]); break;
    case SYN_USE: buffer_printf(p->out, "use \"%s\"", s->text); break;
    case SYN_LAYOUT: buffer_printf(p->out, "layout %s", s->text); break;
    case SYN_BLOCK: print_block(p, s); break;
    case SYN_AXES: print_axes(p, s); break;
    case SYN_PARAMS: print_decls(p, s); break;
    case SYN_DECL: print_decl(p, s); break;
    case SYN_BROKEN: break;
    default: print_expression(p, s, LEVEL_ALL); break;
    }
}

void syn_print(buffer *out, const syn *tree, const intern *names, int unicode) {
    if (!tree) return;
    printer p = {.out = out, .names = names, .unicode = unicode};
    buffer_puts(out, "");
    if (tree->kind != SYN_FILE_) {
        print_statement(&p, tree);
        return;
    }
    for (int i = 0; i < tree->count; i++) {
        print_statement(&p, tree->child[i]);
        buffer_puts(out, "\n");
    }
}
