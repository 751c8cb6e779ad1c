/* Numbers, sums and products: signs, fractions, means. */
#include <string.h>

#include "gen/model/print_private.h"

/* --- numbers --- */

static const char *integer_text(const show *s, const mpz_t z)
{
    char *text = arena_alloc(s->memory, mpz_sizeinbase(z, 10) + 2);
    return mpz_get_str(text, 10, z);
}

/* At most six decimals, for denominators that hold a 5 (1/8 stays a fraction): the number of decimals, 0 if it is not of that kind. */
static int decimals_of(const mpz_t denominator)
{
    mpz_t power;
    mpz_init_set_ui(power, 1);
    int digits = 0;
    while (digits < 7 && !mpz_divisible_p(power, denominator)) {
        mpz_mul_ui(power, power, 10);
        digits++;
    }
    mpz_clear(power);
    return digits < 7 && mpz_divisible_ui_p(denominator, 5) ? digits : 0;
}

static const char *decimal_text(const show *s, const mpq_t value, int digits)
{
    mpz_t scaled, power;
    mpz_inits(scaled, power, NULL);
    mpz_ui_pow_ui(power, 10, (unsigned long)digits);
    mpz_mul(scaled, mpq_numref(value), power);
    mpz_divexact(scaled, scaled, mpq_denref(value));
    const char *text = integer_text(s, scaled);
    while (strlen(text) <= (size_t)digits)
        text = arena_printf(s->memory, "0%s", text);
    int whole = (int)strlen(text) - digits;
    mpz_clears(scaled, power, NULL);
    return arena_printf(s->memory, "%.*s.%s", whole, text, text + whole);
}

/* "1/2", "3/4": one sign, so it may stand before other factors. */
static bool is_small_fraction(const mpq_t v)
{
    return mpq_cmp_si(v, 1, 2) == 0 || mpq_cmp_si(v, 1, 3) == 0 || mpq_cmp_si(v, 2, 3) == 0 || mpq_cmp_si(v, 1, 4) == 0 || mpq_cmp_si(v, 3, 4) == 0;
}

/* 1e-5 and 2.5e-8: small numbers of at most four digits. NULL for others. */
static const char *scientific_text(const show *s, const mpq_t value)
{
    enum { LEAST = 3, MOST = 30, DIGITS = 4 };
    mpq_t v;
    const char *text = NULL;
    mpq_init(v);
    mpq_set(v, value);
    for (int shift = 0; shift <= MOST && !text; shift++) {
        if (mpz_cmp_ui(mpq_denref(v), 1) == 0) {
            const char *digits = integer_text(s, mpq_numref(v));
            int count = (int)strlen(digits), power = shift - count + 1;
            if (power <= LEAST || count > DIGITS)
                break;
            text = arena_printf(s->memory, count > 1 ? "%c.%se-%d" : "%c%se-%d", digits[0], digits + 1, power);
        }
        mpz_mul_ui(mpq_numref(v), mpq_numref(v), 10);
        mpq_canonicalize(v);
    }
    mpq_clear(v);
    return text;
}

static const char *ratio_text(const show *s, const mpq_t value)
{
    if (mpz_cmp_ui(mpq_denref(value), 1) == 0)
        return integer_text(s, mpq_numref(value));
    const char *small = mpq_cmp_ui(value, 1, 1000) < 0 ? scientific_text(s, value) : NULL;
    if (small)
        return small;
    int digits = decimals_of(mpq_denref(value));
    if (digits)
        return decimal_text(s, value, digits);
    return arena_printf(s->memory, "%s/%s", integer_text(s, mpq_numref(value)), integer_text(s, mpq_denref(value)));
}

notation *show_number(show *s, const mpq_t value)
{
    mpq_t v;
    mpq_init(v);
    mpq_abs(v, value);
    notation *t = notation_text(s->memory, NOTATION_NUMBER, ratio_text(s, v));
    mpq_clear(v);
    return mpq_sgn(value) < 0 ? show_negative(s, t) : t;
}

/* --- sums --- */

notation *show_negative(show *s, notation *t)
{
    return t->kind == NOTATION_NEGATE ? t->child[0] : notation_one(s->memory, NOTATION_NEGATE, t);
}

/* In order, but 1 − p for −p + 1: the first term without a sign goes first. */
notation *show_sum_of(show *s, int count, notation **terms)
{
    notation *t = notation_new(s->memory, NOTATION_SUM, count);
    int first = 0;
    while (first < count && terms[first]->kind == NOTATION_NEGATE)
        first++;
    for (int i = 0; i < count; i++) {
        notation *term = first == count || i > first ? terms[i] : i == 0 ? terms[first] : terms[i - 1];
        bool minus = term->kind == NOTATION_NEGATE;
        t->marks[i] = minus ? '-' : '+';
        t->child[i] = minus ? term->child[0] : term;
    }
    return t;
}

/* --- products --- */

void show_factors_init(const show *s, show_factors *f, int room)
{
    mpq_init(f->coefficient);
    mpq_set_si(f->coefficient, 1, 1);
    f->over = arena_alloc(s->memory, (size_t)(room + 2) * sizeof *f->over);
    f->under = arena_alloc(s->memory, (size_t)(room + 2) * sizeof *f->under);
    f->marks = arena_alloc(s->memory, (size_t)room + 2);
    f->over_count = f->under_count = 0;
}

void show_factors_over(show_factors *f, notation *t, char mark)
{
    f->marks[f->over_count] = mark;
    f->over[f->over_count++] = t;
}

bool show_is_inverse(const show *s, node n)
{
    const dag *d = s->m->dag;
    if (dag_kind(d, n) != NODE_POW || dag_kind(d, dag_child(d, n, 1)) != NODE_NUMBER)
        return false;
    const mpq_t *e = dag_value(d, dag_child(d, n, 1));
    return mpq_sgn(*e) < 0;
}

void show_factors_add(show *s, show_factors *f, node factor)
{
    const dag *d = s->m->dag;
    if (dag_kind(d, factor) == NODE_NUMBER)
        mpq_mul(f->coefficient, f->coefficient, *dag_value(d, factor));
    else if (show_is_inverse(s, factor))
        f->under[f->under_count++] = show_power(s, show_node(s, dag_child(d, factor, 0)), dag_child(d, factor, 1), true);
    else
        show_factors_over(f, show_node(s, factor), ' ');
}

/* The coefficient's absolute value goes before the factors, its denominator below them unless it is one sign. */
static void place_coefficient(show *s, show_factors *f)
{
    mpq_abs(f->coefficient, f->coefficient);
    if (mpq_cmp_si(f->coefficient, 1, 1) == 0 && f->over_count)
        return;
    const char *text = ratio_text(s, f->coefficient);
    bool split = strchr(text, '/') && (f->under_count || !is_small_fraction(f->coefficient));
    if (split) {
        memmove(f->under + 1, f->under, (size_t)f->under_count * sizeof *f->under);
        f->under[0] = notation_text(s->memory, NOTATION_NUMBER, integer_text(s, mpq_denref(f->coefficient)));
        f->under_count++;
        if (mpz_cmp_ui(mpq_numref(f->coefficient), 1) == 0 && f->over_count)
            return;
        text = integer_text(s, mpq_numref(f->coefficient));
    }
    memmove(f->over + 1, f->over, (size_t)f->over_count * sizeof *f->over);
    memmove(f->marks + 1, f->marks, (size_t)f->over_count);
    f->over[0] = notation_text(s->memory, NOTATION_NUMBER, text);
    f->marks[0] = ' ';
    f->over_count++;
}

static notation *product_tree(show *s, int count, notation *const *list, const char *marks)
{
    if (count == 1)
        return list[0];
    notation *t = notation_new(s->memory, NOTATION_PRODUCT, count);
    for (int i = 0; i < count; i++) {
        t->child[i] = list[i];
        t->marks[i] = marks && i ? marks[i] : ' ';
    }
    return t;
}

notation *show_factors_end(show *s, show_factors *f)
{
    bool minus = mpq_sgn(f->coefficient) < 0;
    if (f->over_count == 1 && f->over[0]->kind == NOTATION_NEGATE) {
        minus = !minus;
        f->over[0] = f->over[0]->child[0];
    }
    place_coefficient(s, f);
    notation *t = product_tree(s, f->over_count, f->over, f->marks);
    if (f->under_count)
        t = notation_two(s->memory, NOTATION_QUOTIENT, t, product_tree(s, f->under_count, f->under, NULL));
    return minus ? show_negative(s, t) : t;
}

/* Is `factor` 1/size, and `sum` the sum over 0 … size−1? */
static bool makes_mean(const show *s, node factor, node sum)
{
    dag *d = s->m->dag;
    if (dag_kind(d, factor) != NODE_POW || !dag_is_int(d, dag_child(d, factor, 1), -1) || dag_kind(d, sum) != NODE_REDUCE || dag_payload(d, sum) != REDUCE_SUM)
        return false;
    node size = dag_child(d, factor, 0);
    return dag_has_kind(d, size, NODE_SIZE) && dag_is_int(d, dag_child(d, sum, 0), 0) &&
           dag_index_eq(d, dag_child(d, sum, 1), dag_sub(d, size, dag_int(d, 1))) == TRUTH_YES;
}

bool show_find_mean(const show *s, int count, const node *factors, show_mean *mean)
{
    const dag *d = s->m->dag;
    for (mean->inverse = 0; mean->inverse < count; mean->inverse++)
        for (mean->sum = 0; mean->sum < count; mean->sum++)
            if (makes_mean(s, factors[mean->inverse], factors[mean->sum])) {
                node sum = factors[mean->sum];
                mean->population = show_population(s, dag_child(d, sum, 0), dag_child(d, sum, 1));
                return true;
            }
    return false;
}

/* A number times a product is one product: 2λ w, not 2 (λ w). */
node *show_flat(const show *s, node *factors, int *count)
{
    const dag *d = s->m->dag;
    int number = *count == 2 && dag_kind(d, factors[0]) == NODE_NUMBER ? 0 : 1;
    if (*count != 2 || dag_kind(d, factors[number]) != NODE_NUMBER || dag_kind(d, factors[1 - number]) != NODE_MUL)
        return factors;
    int inner;
    node *product = show_operands(s, factors[1 - number], &inner), *list = arena_alloc(s->memory, (size_t)(inner + 1) * sizeof *list);
    list[0] = factors[number];
    memcpy(list + 1, product, (size_t)inner * sizeof *list);
    *count = inner + 1;
    return list;
}

typedef struct {
    const show *s;
    bool found;
} lead_search;

static bool search_lead(void *context, node n)
{
    lead_search *q = context;
    const dag *d = q->s->m->dag;
    q->found |= dag_kind(d, n) == NODE_ENTRY && q->s->lead[dag_payload(d, n)];
    return !q->found;
}

static bool leads(const show *s, node n)
{
    lead_search q = {.s = s};
    dag_visit(s->m->dag, n, search_lead, &q);
    return q.found;
}

node *show_operands(const show *s, node n, int *count)
{
    const dag *d = s->m->dag;
    *count = dag_count(d, n);
    node *list = arena_alloc(s->memory, 2 * (size_t)*count * sizeof *list), *rest = list + *count;
    int first = 0, others = 0;
    for (int i = 0; i < *count; i++) {
        node c = dag_child(d, n, i);
        if (!s->lead || leads(s, c))
            list[first++] = c;
        else
            rest[others++] = c;
    }
    memmove(list + first, rest, (size_t)others * sizeof *rest);
    return dag_kind(d, n) == NODE_MUL ? show_flat(s, list, count) : list;
}

notation *show_product(show *s, node n)
{
    int count;
    node *list = show_operands(s, n, &count);
    show_mean mean;
    notation *called = NULL;
    if (show_find_mean(s, count, list, &mean)) {
        if (mean.population >= 0)
            called = show_batch_call(s, list[mean.sum], "mean", mean.population, 0, NULL);
        else if (s->matrix)
            called = show_mean_call(s, list[mean.sum]);
    }
    show_factors f;
    show_factors_init(s, &f, count);
    for (int i = 0; i < count; i++) {
        if (called && i == mean.sum)
            show_factors_over(&f, called, ' ');
        else if (!called || i != mean.inverse)
            show_factors_add(s, &f, list[i]);
    }
    notation *t = show_factors_end(s, &f);
    mpq_clear(f.coefficient);
    return t;
}
