/* A verdict, and what stands behind it. */
#include <string.h>

#include "gen/tool/report.h"

static const char *class_of(const verdict *v)
{
    static const char *const classes[] = {"proved", "refuted", "open", "open"};
    return v->kind == VERDICT_PROVED && v->vacuous ? "open" : classes[v->kind];
}

static const char *mark_of(const verdict *v)
{
    static const char *const marks[] = {"✓", "✗", "?", "?"};
    return v->kind == VERDICT_PROVED && v->vacuous ? "○" : marks[v->kind];
}

void report_verdict(report *r, const model_claim *c, const verdict *v)
{
    buffer_printf(r->out, "<span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> %s</span>", class_of(v), mark_of(v),
                  v->kind == VERDICT_PROVED && v->vacuous ? "says nothing" : verdict_name(v->kind));
    if (c->expect)
        buffer_printf(r->out, " <span class=\"note\">%s</span>", strcmp(intern_text(r->page->names, c->expect), verdict_name(v->kind)) == 0 ? "as expected" : "not as expected");
}

/* --- details --- */

static void term(report *r, const char *name)
{
    buffer_printf(r->out, "<dt>%s</dt><dd>", name);
}

static void line(report *r, const char *name, const char *text)
{
    if (!text)
        return;
    term(r, name);
    report_text(r, text);
    buffer_puts(r->out, "</dd>\n");
}

/* An equation in the language of pages, typeset where it can be read. */
static void equation(report *r, const char *name, const char *text)
{
    notation *left, *right;
    const char *sign;
    if (!text)
        return;
    if (!derive_read_statement(r->page->model, r->memory, text, &left, &sign, &right)) {
        line(r, name, text);
        return;
    }
    term(r, name);
    buffer_puts(r->out, "<math displaystyle=\"true\">");
    box_mathml(r->out, box_of(r->memory, left));
    buffer_printf(r->out, "<mo>%s</mo>", sign);
    box_mathml(r->out, box_of(r->memory, right));
    buffer_puts(r->out, "</math></dd>\n");
}

static void pairs(report *r, const verdict_pairs *p, const char *form, bool *any)
{
    for (int i = 0; i < p->count; i++) {
        char *text = arena_printf(r->memory, form, p->list[i].name, p->list[i].value);
        buffer_puts(r->out, *any ? ", " : "");
        report_text(r, text);
        *any = true;
    }
}

static void witness(report *r, const verdict_witness *w)
{
    bool any = false;
    if (!w->left)
        return;
    term(r, "at");
    pairs(r, &w->sizes, "%s = %s", &any);
    pairs(r, &w->instance, "%s = %s", &any);
    pairs(r, &w->point, "%s = %s", &any);
    pairs(r, &w->functions, "%s(u) = %s", &any);
    buffer_puts(r->out, any ? "</dd>\n" : "every point</dd>\n");
    line(r, "left side", w->left_short ? w->left_short : w->left);
    line(r, "right side", w->right_short ? w->right_short : w->right);
}

void report_verdict_details(report *r, const model_claim *c, const verdict *v)
{
    static const char *const summary[] = {"How it was proved", "What is wrong", "Why it is open", "Why it was not understood"};
    bool said = v->condition || v->diagnosis || v->suggestion || v->reason || v->left_is || c->shape_error || v->witness.left || v->kind == VERDICT_UNDECIDED;
    if (!said)
        return;
    buffer_printf(r->out, "<details><summary>%s", summary[v->kind]);
    if (v->diagnosis) {
        buffer_puts(r->out, ": ");
        report_text(r, v->diagnosis);
    }
    if (v->kind == VERDICT_PROVED && v->condition) {
        buffer_puts(r->out, ": ");
        report_text(r, v->condition);
    }
    buffer_printf(r->out, "<span class=\"note\"> (line %d, step %d)</span></summary><dl>\n", c->line, c->step);
    line(r, "shapes", c->shape_error);
    equation(r, "true would be", v->suggestion);
    line(r, "left side is", v->left_is);
    witness(r, &v->witness);
    line(r, "condition", v->condition);
    line(r, "reason", v->reason);
    if (v->kind == VERDICT_UNDECIDED && v->points)
        line(r, "numbers", v->digits == VERDICT_EXACT ? arena_printf(r->memory, "the sides agree exactly at %d points; that is no proof", v->points)
                                                      : arena_printf(r->memory, "the sides agree to %d digits at %d points; that is no proof", v->digits, v->points));
    line(r, "method", v->method);
    buffer_puts(r->out, "</dl></details>\n");
}
