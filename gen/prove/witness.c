#include "gen/prove/witness.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SHOWN 400

static void add_pair(model *m, verdict_pairs *list, const char *name, const char *value)
{
    if (list->count >= MOST_SHOWN)
        return;
    if ((list->count & (list->count - 1)) == 0) {
        verdict_pair *more = arena_alloc(m->memory, (size_t)(list->count ? 2 * list->count : 1) * sizeof *more);
        if (list->count)
            memcpy(more, list->list, (size_t)list->count * sizeof *more);
        list->list = more;
    }
    list->list[list->count++] = (verdict_pair){name, value};
}

static const char *rational_text(model *m, const fmpq_t q)
{
    char *text = fmpq_get_str(NULL, 10, q);
    const char *copy = arena_printf(m->memory, "%s", text);
    flint_free(text);
    return copy;
}

/* "W[0,1]"; the sample axis is shown only for later samples. */
static const char *leaf_name(model *m, int variable, int count, const int64_t *indices)
{
    buffer b = {0};
    const char *separator = "[";
    bool sample = m->var[variable].sample && count > 0;
    buffer_puts(&b, model_var_name(m, variable));
    for (int i = sample ? 1 : 0; i < count; i++) {
        buffer_printf(&b, "%s%ld", separator, (long)indices[i]);
        separator = ",";
    }
    if (*separator == ',')
        buffer_puts(&b, "]");
    if (sample && indices[0] > 0)
        buffer_printf(&b, " (sample %ld)", (long)indices[0] + 1);
    const char *text = arena_printf(m->memory, "%s", b.text);
    buffer_free(&b);
    return text;
}

static void put_power(buffer *b, int k)
{
    static const char *digit[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    buffer_puts(b, "u");
    if (k >= 10)
        buffer_puts(b, digit[k / 10 % 10]);
    if (k > 1)
        buffer_puts(b, digit[k % 10]);
}

/* "u + u²/4 − u³/2 + tanh(u)", the function of one ridge form in u. */
static const char *polynomial_text(ball_evaluation *e, int function, int64_t output, int ridge)
{
    buffer b = {0};
    fmpq_t c;
    fmpq_init(c);
    for (int k = 0; k <= ball_point_degree(e->point); k++) {
        ball_point_coefficient(e->point, function, output, ridge, k, c);
        if (fmpq_is_zero(c))
            continue;
        long top = fmpz_get_si(fmpq_numref(c)), bottom = fmpz_get_si(fmpq_denref(c));
        buffer_puts(&b, top < 0 ? (b.length ? " − " : "−") : b.length ? " + " : "");
        top = labs(top);
        if (top != 1 || k == 0)
            buffer_printf(&b, "%ld%s", top, k ? " " : "");
        if (k)
            put_power(&b, k);
        if (bottom != 1)
            buffer_printf(&b, "/%ld", bottom);
    }
    fmpq_clear(c);
    if (e->point->curve != CURVE_NONE)
        buffer_printf(&b, "%s%s(u)", b.length ? " + " : "", e->point->curve == CURVE_TANH ? "tanh" : "exp");
    const char *text = arena_printf(e->s->m->memory, "%s", b.length ? b.text : "0");
    buffer_free(&b);
    return text;
}

/* A function of one scalar is a polynomial; of more arguments a sum of polynomials of linear forms. */
static const char *function_text(ball_evaluation *e, int function, bool alone)
{
    model *m = e->s->m;
    if (alone)
        return polynomial_text(e, function, 0, 0);
    buffer b = {0};
    for (int ridge = 0; ridge < 3; ridge++) {
        buffer_puts(&b, ridge ? " + p(" : "p(");
        for (int k = 0; k < m->function[function].param_count; k++)
            buffer_printf(&b, "%s%ld u%d", k ? " + " : "", ball_point_slope(e->point, function, ridge, k), k + 1);
        buffer_printf(&b, ") with p(u) = %s", polynomial_text(e, function, 0, ridge));
    }
    const char *text = arena_printf(m->memory, "%s", b.text);
    buffer_free(&b);
    return text;
}

static void fill_point(ball_evaluation *e, verdict_witness *out)
{
    model *m = e->s->m;
    for (int i = 0; i < e->point->leaf.count; i++) {
        int length;
        const int64_t *key = table_key(&e->point->leaf, i, &length);
        add_pair(m, &out->point, leaf_name(m, (int)key[0], length - 1, key + 1), rational_text(m, &e->point->value[i]));
    }
    for (int i = 0; i < e->point->function.count; i++) {
        int length, function = (int)*table_key(&e->point->function, i, &length);
        const char *name = intern_text(m->names, intern_spelling(m->names, m->function[function].key));
        add_pair(m, &out->functions, name, function_text(e, function, e->point->function.entry[i].value == 1));
    }
}

/* Digits behind the point of a shortened value; more where the sides would look the same. */
#define FEWEST_DIGITS 4
#define MOST_DIGITS   40

static const char *ball_text(model *m, const arb_t v, int digits)
{
    char *text = arb_get_str(v, 26 + digits, 0);
    const char *copy = text[0] == '[' ? arena_printf(m->memory, "%s", text) : arena_printf(m->memory, "[%s]", text);
    flint_free(text);
    return copy;
}

/* So many digits behind the point, with "…" when there are more. */
static const char *short_text(model *m, const arb_t v, int digits, bool trim)
{
    char *text = arb_get_str(v, 36 + digits, ARB_STR_NO_RADIUS), *point = strchr(text, '.'), *exponent = strchr(text, 'e');
    size_t whole = point ? (size_t)(point - text) : strlen(text), kept = whole + 1 + (size_t)digits;
    size_t all = exponent ? (size_t)(exponent - text) : strlen(text);
    bool longer = point && all > kept;
    if (trim && point && arb_is_exact(v)) { /* 1.2500 is 1.25 */
        while (text[all - 1] == '0')
            all--;
        all -= text[all - 1] == '.';
        longer = all > kept;
    }
    const char *copy = arena_printf(m->memory, "%.*s%s%s", (int)(longer ? kept : all), text, longer ? "…" : "", exponent ? exponent : "");
    if (strncmp(text, "0e-", 3) == 0) /* a ball around 0: all digits that are known */
        copy = arena_printf(m->memory, "0.%.*s…", digits, "0000000000000000000000000000000000000000");
    flint_free(text);
    return copy;
}

/* As many digits as show that the values differ; where they would fill the line, the difference. */
static void fill_values(model *m, const arb_t left, const arb_t right, verdict_witness *out)
{
    int digits = FEWEST_DIGITS;
    while (digits <= MOST_DIGITS && strcmp(short_text(m, left, digits, false), short_text(m, right, digits, false)) == 0)
        digits++;
    out->left_short = short_text(m, left, digits, true);
    out->right_short = short_text(m, right, digits, true);
    if (digits > MOST_DIGITS) {
        arb_t difference;
        arb_init(difference);
        arb_sub(difference, left, right, 64 + (arb_bits(left) > arb_bits(right) ? arb_bits(left) : arb_bits(right)));
        bool more = arb_is_positive(difference);
        arb_abs(difference, difference);
        digits = (int)-fmin(mag_get_d_log2_approx(arb_radref(left)), mag_get_d_log2_approx(arb_radref(right))) / 3;
        out->left_short = arena_printf(m->memory, "%s by %s", more ? "is larger" : "is smaller", short_text(m, difference, FEWEST_DIGITS, true));
        out->right_short = short_text(m, right, FEWEST_DIGITS, true);
        arb_clear(difference);
    }
    digits = digits > 4096 ? 4096 : digits < FEWEST_DIGITS ? FEWEST_DIGITS : digits;
    out->left = ball_text(m, left, digits);
    out->right = ball_text(m, right, digits);
}

/* Where a name stands in a text as a word of its own; the text's length if nowhere. */
static size_t place_of(const char *text, const char *pair)
{
    size_t length = strcspn(pair, "[ ");
    for (const char *t = text; (t = strstr(t, (char[]){pair[0], 0})); t++) {
        unsigned char before = t > text ? (unsigned char)t[-1] : ' ', after = strncmp(t, pair, length) == 0 ? (unsigned char)t[length] : 'x';
        if (!isalnum(before) && !isalnum(after) && after != '_')
            return (size_t)(t - text);
    }
    return strlen(text);
}

/* Two entries by their place in the text, those of one name by their indices; else as they were. */
static bool stands_after(const char *text, const char *a, const char *b)
{
    size_t x = place_of(text, a), y = place_of(text, b), name = strcspn(a, "[ ");
    if (x != y || name != strcspn(b, "[ ") || strncmp(a, b, name) != 0)
        return x > y;
    return strlen(a) != strlen(b) ? strlen(a) > strlen(b) : strcmp(a, b) > 0;
}

void witness_order(verdict_witness *w, const char *text)
{
    verdict_pair *list = w->point.list;
    for (int i = 1; i < w->point.count; i++) {
        verdict_pair p = list[i];
        int k = i;
        for (; k > 0 && stands_after(text, list[k - 1].name, p.name); k--)
            list[k] = list[k - 1];
        list[k] = p;
    }
}

typedef struct {
    const dag *d;
    int size;
    bool found;
} size_search;

static bool find_size(void *context, node n)
{
    size_search *x = context;
    x->found = x->found || (dag_kind(x->d, n) == NODE_SIZE && dag_payload(x->d, n) == x->size);
    return !x->found;
}

/* Does the claim, or the shape of an entry it looked at, depend on this size? */
static bool size_matters(ball_evaluation *e, const prove_sides *x, int size)
{
    model *m = e->s->m;
    size_search search = {m->dag, size, false};
    dag_visit(m->dag, x->left, find_size, &search);
    dag_visit(m->dag, x->right, find_size, &search);
    for (int i = 0; i < x->index_count && !search.found; i++)
        dag_visit(m->dag, dag_index_get(m->dag, x->indices[i])->hi, find_size, &search);
    for (int i = 0; i < e->point->leaf.count && !search.found; i++) {
        int length;
        const model_var *v = &m->var[*table_key(&e->point->leaf, i, &length)];
        for (int k = v->sample; k < v->axis_count; k++)
            dag_visit(m->dag, v->axis_size[k], find_size, &search);
    }
    return search.found;
}

void witness_fill(ball_evaluation *e, const prove_sides *x, const arb_t left, const arb_t right, verdict_witness *out)
{
    model *m = e->s->m;
    *out = (verdict_witness){0};
    fill_point(e, out);
    for (int i = 0; i < m->size_count; i++)
        if (m->size[i].population < 0 && size_matters(e, x, i)) /* the number of samples is not the page's */
            add_pair(m, &out->sizes, intern_text(m->names, intern_spelling(m->names, m->size[i].key)), arena_printf(m->memory, "%ld", e->point->size[i]));
    for (int i = 0; i < x->index_count; i++) {
        const dag_index_info *f = dag_index_get(m->dag, x->indices[i]);
        static const char *const place[] = {"i", "j", "k", "l"}; /* matrix notation has no names for them */
        const char *name = f->name ? intern_text(m->names, f->name) : "·";
        if (!f->sample)
            add_pair(m, &out->instance, strncmp(name, "·", 2) == 0 ? place[i % 4] : name, arena_printf(m->memory, "%ld", e->environment[x->indices[i]]));
    }
    fill_values(m, left, right, out);
}
