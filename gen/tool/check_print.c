/* Verdicts for people. */
#include <stdio.h>
#include <string.h>

#include "gen/tool/check.h"

static const char *mark(const verdict *v)
{
    static const char *const marks[] = {"✓", "✗", "?", "?"};
    return v->kind == VERDICT_PROVED && v->vacuous ? "○" : marks[v->kind];
}

static const char *colour_of(const verdict *v, bool colour)
{
    static const char *const colours[] = {"\033[32m", "\033[31m", "\033[33m", "\033[33m"};
    return colour ? colours[v->kind] : "";
}

/* Blanks folded, comments cut: a claim may stand on several lines. */
static void put_text(buffer *out, const char *text)
{
    bool blank = false;
    for (; *text; text++) {
        if (*text == ' ' || *text == '\t' || *text == '\n') {
            blank = out->length > 0;
            continue;
        }
        if (blank)
            buffer_puts(out, " ");
        blank = false;
        buffer_add(out, text, 1);
    }
}

static void put_line(const model_claim *c, const char *text, const verdict *v, int steps, bool colour)
{
    int width = text_width(text, strlen(text));
    printf("  %4d  %s%s%s %s%*s  %s%s%s", c->line, colour_of(v, colour), mark(v), colour ? "\033[0m" : "", text, width < 44 ? 44 - width : 0, "", colour_of(v, colour), verdict_name(v->kind),
           colour ? "\033[0m" : "");
    if (steps > 1)
        printf(" (%d steps)", steps);
    if (v->condition || v->assumed)
        printf(" (%s%s%s%s)", v->condition ? v->condition : "", v->condition && v->assumed ? ", " : "", v->assumed ? "assuming " : "",
               v->assumed ? v->assumed : "");
    putchar('\n');
}

static void put_pairs(const verdict_pairs *p, const char *between, int most)
{
    for (int i = 0; i < p->count && i < most; i++)
        printf("%s%s%s%s", i ? ", " : "", p->list[i].name, between, p->list[i].value);
    if (p->count > most)
        printf(", …");
}

static void put_witness(const verdict_witness *w)
{
    const char *sep = "at ";
    printf("        ");
    const verdict_pairs *parts[] = {&w->sizes, &w->instance, &w->point};
    for (int i = 0; i < 3; i++) {
        if (!parts[i]->count)
            continue;
        printf("%s", sep);
        put_pairs(parts[i], " = ", 8);
        sep = ", ";
    }
    bool placed = *sep != 'a';
    if (w->functions.count) {
        printf("%s", placed ? " (" : "with ");
        for (int i = 0; i < w->functions.count && i < 3; i++)
            printf("%s%s(u) = %s", i ? ", " : "", w->functions.list[i].name, w->functions.list[i].value);
        printf("%s%s", w->functions.count > 3 ? ", …" : "", placed ? ")" : "");
    }
    const char *colon = w->functions.count || placed ? ": " : "";
    printf("%sleft %s, right %s\n", colon, w->left_short ? w->left_short : w->left, w->right_short ? w->right_short : w->right);
}

const char *check_kind(const char *diagnosis)
{
    static const struct {
        const char *has, *kind;
    } kinds[] = {{"the order of the factors", "the order of factors is wrong"}, /* phrases: a name is one word */
                 {"parentheses are", "parentheses are missing"},
                 {" sum over ", "a sum is missing or too much"},
                 {" division by ", "a factor is missing or too much"},
                 {"the factor ", "a factor is missing or too much"},
                 {"the term ", "a term is missing or too much"},
                 {"the number ", "a number is wrong"},
                 {" in place of ", "a name or sign is wrong"},
                 {" is meant", "an operation is wrong"},
                 {"a root is", "a root is missing"},
                 {"a prime is", "a prime is missing or too much"},
                 {"an exponent is", "an exponent is wrong"},
                 {"the sign ", "a sign is wrong"},
                 {"an index is", "an index is wrong"},
                 {"because of ", "it follows from an earlier slip"},
                 {"the other layout", "it is true under the other layout"},
                 {"false in general", "it is true for one function only"},
                 {"true if ", "an assumption is missing"},
                 {" is missing", "something is missing"},
                 {" is too much", "something is too much"},
                 {"transposed", "something is transposed"}};
    for (size_t i = 0; diagnosis && i < sizeof kinds / sizeof *kinds; i++)
        if (strstr(diagnosis, kinds[i].has))
            return kinds[i].kind;
    return NULL;
}

static void put_refutation(const model_claim *c, const verdict *v, hint_level hints)
{
    if (hints == HINTS_NONE)
        return;
    if (c->shape_error)
        printf("        %s\n", c->shape_error);
    else if (hints > HINTS_LINE && v->witness.left)
        put_witness(&v->witness);
    if (hints == HINTS_KIND && check_kind(v->diagnosis))
        printf("        %s\n", check_kind(v->diagnosis));
    if (hints < HINTS_FULL)
        return;
    if (v->diagnosis)
        printf("        %s%s%s\n", v->diagnosis, v->suggestion ? ":  " : "", v->suggestion ? v->suggestion : "");
    else if (v->suggestion)
        printf("        did you mean:  %s\n", v->suggestion);
    if (v->left_is && (!v->suggestion || v->other_left))
        printf("        the left side is  %s\n", v->left_is);
}

/* What was tried, with --why. */
static void put_why(const verdict *v)
{
    for (int i = 0; i < v->why.count; i++) {
        int width = text_width(v->why.list[i].name, strlen(v->why.list[i].name));
        printf("        %s%*s  %s\n", v->why.list[i].name, width < 12 ? 12 - width : 0, "", v->why.list[i].value);
    }
}

static void put_claim(const check_result *r, int i, int steps, bool colour)
{
    const model *m = r->page->model;
    const model_claim *c = &m->claim[i], *last = &m->claim[i + steps - 1];
    const verdict *v = &r->claim[i];
    buffer text = {0};
    if (steps > 1) {
        const source *s = source_get(r->page->sources, c->at.source);
        span left = c->left_syntax->at, right = last->right_syntax->at;
        put_text(&text, arena_strndup(r->page->memory, s->text + left.begin, (size_t)(left.end - left.begin)));
        buffer_puts(&text, " = … = ");
        buffer end = {0};
        put_text(&end, arena_strndup(r->page->memory, s->text + right.begin, (size_t)(right.end - right.begin)));
        buffer_puts(&text, end.text);
        buffer_free(&end);
    } else {
        put_text(&text, c->text);
    }
    put_line(c, text.text, v, steps, colour);
    buffer_free(&text);
    if (v->kind == VERDICT_REFUTED)
        put_refutation(c, v, r->options.hints);
    else if (v->kind == VERDICT_UNDECIDED && v->reason)
        printf("        %s\n", v->reason);
    if (last->expect && strcmp(intern_text(r->page->names, last->expect), verdict_name(v->kind)) != 0)
        printf("        the page expects: %s\n", intern_text(r->page->names, last->expect));
    for (int k = i; k < i + steps; k++)
        put_why(&r->claim[k]);
}

/* Steps of one chain that were all proved alike are one line. */
static int chain_length(const check_result *r, int i)
{
    const model *m = r->page->model;
    int n = 1;
    while (!r->options.why && i + n < m->claim_count && m->claim[i + n].step == m->claim[i].step + n && r->decided[i + n] &&
           m->claim[i + n].left_syntax == m->claim[i + n - 1].right_syntax && r->claim[i + n].kind == VERDICT_PROVED && !r->claim[i + n].vacuous &&
           !r->claim[i + n].condition && !r->claim[i + n].assumed)
        n++;
    return r->claim[i].kind == VERDICT_PROVED && !r->claim[i].vacuous && !r->claim[i].condition && !r->claim[i].assumed ? n : 1;
}

static void put_count(const char **separator, int count, const char *word)
{
    if (!count)
        return;
    printf("%s%d %s", *separator, count, word);
    *separator = ", ";
}

static void put_updates(const check_result *r)
{
    const model *m = r->page->model;
    int written = 0, along = 0, against = 0;
    for (int i = 0; i < m->update_count; i++) {
        written += !m->update[i].generated;
        along += r->update[i] == UPDATE_ALONG;
        against += r->update[i] == UPDATE_AGAINST;
    }
    if (!written)
        return;
    printf(" · %d update%s", written, written == 1 ? "" : "s");
    if (along == written)
        printf(written == 1 ? ", along the gradient" : ", all along the gradient");
    else if (against)
        printf(", %d not along the gradient", against);
}

void check_print(const check_result *r, bool colour)
{
    const model *m = r->page->model;
    const char *path = source_get(r->page->sources, r->page->source)->path, *separator = ": ";
    int claims = 0, definitions = 0, decided = 0;
    for (int i = 0; i < m->claim_count; i++)
        decided += r->decided[i];
    if (decided == 0 && r->page->diagnostics.errors)
        return; /* nothing to say beside the errors */
    printf("%s\n", path);
    for (int i = 0; i < m->claim_count;) {
        int steps = 1;
        if (r->decided[i]) {
            steps = chain_length(r, i);
            put_claim(r, i, steps, colour);
            claims += steps;
        }
        i += steps;
    }
    for (int i = 0; i < m->var_count; i++)
        definitions += m->var[i].role == ROLE_DEFINED;
    printf("%d claim%s", claims, claims == 1 ? "" : "s");
    put_count(&separator, r->proved, "proved");
    put_count(&separator, r->refuted, "refuted");
    put_count(&separator, r->undecided, "undecided");
    put_count(&separator, r->not_understood, "not understood");
    put_count(&separator, r->vacuous, "vacuous");
    printf(" · %d definition%s", definitions, definitions == 1 ? "" : "s");
    put_updates(r);
    putchar('\n');
}
