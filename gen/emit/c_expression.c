/* Expressions as C text: real values and conditions (index arithmetic: c_index.c). The order of evaluation is that of the DAG's children, from the left. */
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/dag/ops.h"
#include "gen/emit/c_private.h"

/* --- numbers --- */

/* The shortest decimal that reads back as the correctly rounded value. */
void put_literal(emitter *e, const mpq_t value)
{
    bool single = e->suffix[0] != 0;
    mpfr_t rounded;
    mpfr_init2(rounded, single ? 24 : 53);
    mpfr_set_q(rounded, value, MPFR_RNDN);
    double x = mpfr_get_d(rounded, MPFR_RNDN);
    mpfr_clear(rounded);
    if (isinf(x) || (single && fabs(x) > (double)FLT_MAX)) {
        buffer_printf(e->out, "%sHUGE_VAL%s", x < 0 ? "-" : "", single ? "F" : "");
        return;
    }
    char text[40];
    for (int digits = 1; digits <= (BROKEN("digits") ? 7 : 17); digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (single ? (double)strtof(text, NULL) == x : strtod(text, NULL) == x)
            break;
    }
    buffer_printf(e->out, "%s%s%s", text, strpbrk(text, ".e") ? "" : ".0", e->suffix);
}

/* A decimal fraction with few digits is written as such; others as numerator and divisor. */
static bool is_decimal(const mpq_t v)
{
    mpz_t rest;
    mpz_init_set(rest, mpq_denref(v));
    while (mpz_divisible_ui_p(rest, 2))
        mpz_divexact_ui(rest, rest, 2);
    while (mpz_divisible_ui_p(rest, 5))
        mpz_divexact_ui(rest, rest, 5);
    bool decimal = mpz_cmp_ui(rest, 1) == 0;
    mpz_clear(rest);
    return decimal;
}

static void put_integer_literal(emitter *e, const mpz_t value)
{
    mpq_t q;
    mpq_init(q);
    mpq_set_z(q, value);
    put_literal(e, q);
    mpq_clear(q);
}

static void put_number(emitter *e, node n, int strength)
{
    mpq_t v;
    mpq_init(v);
    mpq_set(v, *dag_value(e->d, n));
    bool decimal = is_decimal(v), brackets = decimal ? mpq_sgn(v) < 0 && strength > STRENGTH_PRODUCT : strength > STRENGTH_PRODUCT;
    open_if(e, brackets);
    if (decimal) {
        put_literal(e, v);
    } else {
        put_integer_literal(e, mpq_numref(v));
        buffer_puts(e->out, " / ");
        put_integer_literal(e, mpq_denref(v));
    }
    close_if(e, brackets);
    mpq_clear(v);
}

/* --- entries --- */

static void put_entry(emitter *e, node n)
{
    if (e->p->var[dag_payload(e->d, n)].integer)
        buffer_printf(e->out, "(%s)", e->real);
    put_place(e, n);
}

/* --- powers --- */

static void put_repeated(emitter *e, node base, long times, int strength)
{
    open_if(e, strength > STRENGTH_PRODUCT);
    for (long i = 0; i < times; i++) {
        if (i)
            buffer_puts(e->out, " * ");
        put_real(e, base, STRENGTH_UNARY);
    }
    close_if(e, strength > STRENGTH_PRODUCT);
}

static void put_general_power(emitter *e, node base, const mpq_t *number, node exponent)
{
    buffer_printf(e->out, "pow%s(", e->suffix);
    put_real(e, base, STRENGTH_ANY);
    buffer_puts(e->out, ", ");
    if (number && is_decimal(*number)) {
        put_literal(e, *number);
    } else if (number) {
        put_integer_literal(e, mpq_numref(*number));
        buffer_puts(e->out, " / ");
        put_integer_literal(e, mpq_denref(*number));
    } else {
        put_real(e, exponent, STRENGTH_ANY);
    }
    buffer_puts(e->out, ")");
}

/* base^exponent for a positive rational exponent. */
static void put_positive_power(emitter *e, node base, const mpq_t exponent, int strength)
{
    if (mpq_cmp_si(exponent, 1, 2) == 0) {
        buffer_printf(e->out, "sqrt%s(", e->suffix);
        put_real(e, base, STRENGTH_ANY);
        buffer_puts(e->out, ")");
    } else if (mpz_cmp_ui(mpq_denref(exponent), 1) == 0 && mpz_cmp_ui(mpq_numref(exponent), 4) <= 0) {
        long times = mpz_get_si(mpq_numref(exponent));
        if (times == 1)
            put_real(e, base, strength);
        else
            put_repeated(e, base, times, strength);
    } else {
        put_general_power(e, base, (const mpq_t *)exponent, 0);
    }
}

static void put_power(emitter *e, node n, int strength)
{
    dag *d = e->d;
    node base = dag_child(d, n, 0), exponent = dag_child(d, n, 1);
    if (dag_kind(d, exponent) != NODE_NUMBER) {
        put_general_power(e, base, NULL, exponent);
        return;
    }
    mpq_t x;
    mpq_init(x);
    mpq_set(x, *dag_value(d, exponent));
    if (mpq_sgn(x) == 0) {
        buffer_printf(e->out, "1.0%s", e->suffix);
    } else if (mpq_sgn(x) > 0) {
        put_positive_power(e, base, x, strength);
    } else {
        mpq_neg(x, x);
        open_if(e, strength > STRENGTH_PRODUCT);
        buffer_printf(e->out, "1.0%s / ", e->suffix);
        put_positive_power(e, base, x, STRENGTH_UNARY);
        close_if(e, strength > STRENGTH_PRODUCT);
    }
    mpq_clear(x);
}

/* --- products --- */

static bool is_divisor(const emitter *e, node n)
{
    return dag_kind(e->d, n) == NODE_POW && dag_kind(e->d, dag_child(e->d, n, 1)) == NODE_NUMBER && mpq_sgn(*dag_value(e->d, dag_child(e->d, n, 1))) < 0;
}

static void put_divisor(emitter *e, node n)
{
    mpq_t x;
    mpq_init(x);
    mpq_neg(x, *dag_value(e->d, dag_child(e->d, n, 1)));
    buffer_puts(e->out, " / ");
    put_positive_power(e, dag_child(e->d, n, 0), x, STRENGTH_UNARY);
    mpq_clear(x);
}

/* In code that is written out each value waits for those before it, an adjoint for the longest chain of all: what it is multiplied by comes first, so that it waits for
 * one multiplication only. */
static bool put_late_factor(emitter *e, node n)
{
    dag *d = e->d;
    node late = dag_child(d, n, 0), rest[8];
    int count = dag_count(d, n), var = dag_kind(d, late) == NODE_ENTRY ? dag_payload(d, late) : -1;
    if (!e->unrolled || count < 3 || count > 8 || var < 0 || e->p->var[var].model_var < 0 || e->m->var[e->p->var[var].model_var].role != ROLE_ADJOINT)
        return false;
    for (int i = 1; i < count; i++) {
        rest[i - 1] = dag_child(d, n, i);
        if (is_divisor(e, rest[i - 1]))
            return false;
    }
    put_real(e, late, STRENGTH_PRODUCT);
    buffer_puts(e->out, " * ");
    put_real(e, dag_raw_mul(d, count - 1, rest), STRENGTH_UNARY);
    return true;
}

/* The factors after the coefficient, from the left; a product never begins with a division when it has a factor to begin with. */
static void put_factors(emitter *e, node n, int from, bool begun)
{
    int count = dag_count(e->d, n), first = from;
    if (!begun && !from && put_late_factor(e, n))
        return;
    if (!begun) {
        while (first < count && is_divisor(e, dag_child(e->d, n, first)))
            first++;
        if (first < count)
            put_real(e, dag_child(e->d, n, first), STRENGTH_PRODUCT);
        else
            buffer_printf(e->out, "1.0%s", e->suffix);
    }
    for (int i = from; i < count; i++) {
        node c = dag_child(e->d, n, i);
        if (!begun && i == first)
            continue;
        if (is_divisor(e, c)) {
            put_divisor(e, c);
        } else {
            buffer_puts(e->out, " * ");
            put_real(e, c, STRENGTH_UNARY);
        }
    }
}

/* A product; `opposite` leaves the coefficient's minus sign out. */
static void put_product(emitter *e, node n, int strength, bool opposite)
{
    dag *d = e->d;
    node first = dag_child(d, n, 0);
    mpq_t c;
    mpq_init(c);
    mpq_set_si(c, 1, 1);
    int from = dag_kind(d, first) == NODE_NUMBER;
    if (from)
        mpq_set(c, *dag_value(d, first));
    bool minus = mpq_sgn(c) < 0, brackets = strength > STRENGTH_PRODUCT, decimal = is_decimal(c);
    mpq_abs(c, c);
    open_if(e, brackets);
    if (minus && !opposite)
        buffer_puts(e->out, "-");
    bool begun = decimal ? mpq_cmp_si(c, 1, 1) != 0 : mpz_cmp_ui(mpq_numref(c), 1) != 0;
    if (begun && decimal)
        put_literal(e, c);
    else if (begun)
        put_integer_literal(e, mpq_numref(c));
    put_factors(e, n, from, begun);
    if (!decimal) {
        buffer_puts(e->out, " / ");
        put_integer_literal(e, mpq_denref(c));
    }
    close_if(e, brackets);
    mpq_clear(c);
}

/* --- sums --- */

static bool is_negative(const emitter *e, node n)
{
    node c = dag_kind(e->d, n) == NODE_MUL ? dag_child(e->d, n, 0) : n;
    return dag_kind(e->d, c) == NODE_NUMBER && mpq_sgn(*dag_value(e->d, c)) < 0;
}

/* A number or an entry, perhaps with a minus sign: no rounding of its own. */
static bool is_leaf(const emitter *e, node n)
{
    return dag_kind(e->d, n) == NODE_NUMBER || dag_kind(e->d, n) == NODE_ENTRY;
}

static bool is_square(const emitter *e, node n)
{
    return dag_kind(e->d, n) == NODE_POW && dag_is_int(e->d, dag_child(e->d, n, 1), 2) && is_leaf(e, dag_child(e->d, n, 0));
}

/* u·v as its last factor and what stands before it; false: no product, or one with a division. */
static bool split_product(const emitter *e, node n, node *before, node *last)
{
    dag *d = e->d;
    int count = dag_count(d, n);
    node list[8];
    if (is_square(e, n)) {
        *before = *last = dag_child(d, n, 0);
        return true;
    }
    if (dag_kind(d, n) != NODE_MUL || count > 6)
        return false;
    /* −(η·g) is −η·g */
    node nested = count == 2 && dag_is_int(d, dag_child(d, n, 0), -1) && dag_kind(d, dag_child(d, n, 1)) == NODE_MUL ? dag_child(d, n, 1) : 0;
    if (nested)
        count = 1 + dag_count(d, nested);
    if (count > 7)
        return false;
    for (int i = 0; i < count; i++) {
        list[i] = !nested ? dag_child(d, n, i) : i == 0 ? dag_child(d, n, 0) : dag_child(d, nested, i - 1);
        if (is_divisor(e, list[i]) || dag_is_affine(d, list[i]) != (dag_kind(d, list[i]) == NODE_NUMBER))
            return false;
    }
    bool sign = dag_is_int(d, list[0], -1), fraction = dag_kind(d, list[0]) == NODE_NUMBER && !is_decimal(*dag_value(d, list[0]));
    if (is_square(e, list[count - 1]))
        list[count - 1] = dag_child(d, list[count - 1], 0), list[count] = list[count - 1], count++;
    if (fraction || count < (sign ? 3 : 2))
        return false;
    *last = list[count - 1];
    *before = count == 2 ? list[0] : dag_raw_mul(d, count - 1, list);
    return true;
}

/* before·last + addend in one operation where the machine has it (delta.h). Only where the addend is no product itself: u·v − u·v stays 0, and u² − v² keeps its
 * sign. */
static void put_fused(emitter *e, node before, node last, node addend)
{
    buffer_printf(e->out, "DELTA_FMA%s(", e->suffix[0] ? "F" : "");
    put_real(e, before, STRENGTH_ANY);
    buffer_puts(e->out, ", ");
    put_real(e, last, STRENGTH_ANY);
    buffer_puts(e->out, ", ");
    put_real(e, addend, STRENGTH_ANY);
    buffer_puts(e->out, ")");
}

static bool put_fused_sum(emitter *e, node n)
{
    dag *d = e->d;
    node before, last;
    if (e->free || dag_count(d, n) != 2)
        return false;
    for (int i = 0; i < 2; i++)
        if (is_leaf(e, dag_child(d, n, 1 - i)) && split_product(e, dag_child(d, n, i), &before, &last)) {
            if (BROKEN("minus") && is_negative(e, dag_child(d, n, 1)))
                before = dag_neg(d, before);
            put_fused(e, before, last, dag_child(d, n, 1 - i));
            return true;
        }
    return false;
}

bool put_fused_addition(emitter *e, node target, node value)
{
    node before, last;
    if (e->free || !split_product(e, value, &before, &last))
        return false;
    put_place(e, target);
    buffer_puts(e->out, " = ");
    put_fused(e, before, last, target);
    return true;
}

static void put_sum(emitter *e, node n, int strength)
{
    dag *d = e->d;
    int count = dag_count(d, n);
    if (put_fused_sum(e, n))
        return;
    open_if(e, strength > STRENGTH_SUM);
    for (int i = 0; i < count; i++) {
        node c = dag_child(d, n, i);
        bool minus = i > 0 && is_negative(e, c);
        if (i)
            buffer_puts(e->out, minus && !BROKEN("minus") ? " - " : " + ");
        if (minus && dag_kind(d, c) == NODE_MUL)
            put_product(e, c, STRENGTH_PRODUCT, true);
        else
            put_real(e, minus ? dag_neg(d, c) : c, i ? STRENGTH_PRODUCT : STRENGTH_SUM);
    }
    close_if(e, strength > STRENGTH_SUM);
}

/* --- functions and conditions --- */

static bool is_logic(const char *c)
{
    return strcmp(c, "delta_and") == 0 || strcmp(c, "delta_or") == 0 || strcmp(c, "delta_not") == 0;
}

static void put_function(emitter *e, node n)
{
    const char *c = op_get((op)dag_payload(e->d, n))->c;
    if (is_logic(c)) {
        buffer_printf(e->out, "(%s)(", e->real);
        put_condition(e, n, STRENGTH_ANY);
        buffer_puts(e->out, ")");
        return;
    }
    bool one;
    const char *helper = helper_use(e, c, &one);
    buffer_printf(e->out, "%s%s(", helper ? helper : c, helper ? "" : e->suffix);
    for (int i = 0; i < dag_count(e->d, n); i++) {
        if (i)
            buffer_puts(e->out, ", ");
        put_real(e, dag_child(e->d, n, i), STRENGTH_ANY);
    }
    buffer_puts(e->out, one ? ", &far)" : ")");
}

static bool is_index_like(const emitter *e, node n)
{
    return dag_is_affine(e->d, n) || (dag_kind(e->d, n) == NODE_ENTRY && e->p->var[dag_payload(e->d, n)].integer);
}

static void put_compare(emitter *e, node n, int strength)
{
    static const char *const text[] = {" == ", " != ", " < ", " <= "};
    dag *d = e->d;
    node a = dag_child(d, n, 0), b = dag_child(d, n, 1);
    bool index = is_index_like(e, a) && is_index_like(e, b);
    int own = dag_payload(d, n) <= COMPARE_UNEQUAL ? STRENGTH_EQUAL : STRENGTH_LESS;
    void (*put)(emitter *, node, int) = index ? put_index : put_real;
    open_if(e, strength >= own);
    put(e, a, STRENGTH_SUM);
    buffer_puts(e->out, text[dag_payload(d, n)]);
    put(e, b, STRENGTH_SUM);
    close_if(e, strength >= own);
}

static void put_logic(emitter *e, node n, int strength)
{
    const char *c = op_get((op)dag_payload(e->d, n))->c;
    if (strcmp(c, "delta_not") == 0) {
        buffer_puts(e->out, "!");
        put_condition(e, dag_child(e->d, n, 0), STRENGTH_UNARY);
        return;
    }
    bool both = strcmp(c, "delta_and") == 0;
    int own = both ? STRENGTH_AND : STRENGTH_OR;
    open_if(e, strength > own || strength == STRENGTH_OR || strength == STRENGTH_AND);
    put_condition(e, dag_child(e->d, n, 0), own);
    buffer_puts(e->out, both ? " && " : " || ");
    put_condition(e, dag_child(e->d, n, 1), own);
    close_if(e, strength > own || strength == STRENGTH_OR || strength == STRENGTH_AND);
}

void put_condition(emitter *e, node n, int strength)
{
    dag *d = e->d;
    if (dag_kind(d, n) == NODE_COMPARE) {
        put_compare(e, n, strength);
    } else if (dag_kind(d, n) == NODE_FUN && is_logic(op_get((op)dag_payload(d, n))->c)) {
        put_logic(e, n, strength);
    } else if (dag_kind(d, n) == NODE_IF) {
        buffer_puts(e->out, "(");
        put_condition(e, dag_child(d, n, 0), STRENGTH_OR);
        buffer_puts(e->out, " ? ");
        put_condition(e, dag_child(d, n, 1), STRENGTH_OR);
        buffer_puts(e->out, " : ");
        put_condition(e, dag_child(d, n, 2), STRENGTH_OR);
        buffer_puts(e->out, ")");
    } else {
        open_if(e, strength >= STRENGTH_EQUAL);
        put_real(e, n, STRENGTH_SUM);
        buffer_printf(e->out, " != 0.0%s", e->suffix);
        close_if(e, strength >= STRENGTH_EQUAL);
    }
}

static void put_choice(emitter *e, node n)
{
    dag *d = e->d;
    bool holds;
    if (e->unrolled && small_condition(e, dag_child(d, n, 0), &holds)) {
        put_real(e, dag_child(d, n, holds ? 1 : 2), STRENGTH_UNARY);
        return;
    }
    buffer_puts(e->out, "(");
    put_condition(e, dag_child(d, n, 0), STRENGTH_OR);
    buffer_puts(e->out, " ? ");
    put_real(e, dag_child(d, n, BROKEN("branches") ? 2 : 1), STRENGTH_OR);
    buffer_puts(e->out, " : ");
    put_real(e, dag_child(d, n, BROKEN("branches") ? 1 : 2), STRENGTH_OR);
    buffer_puts(e->out, ")");
}

void put_real(emitter *e, node n, int strength)
{
    dag *d = e->d;
    node_kind kind = dag_kind(d, n);
    if (kind != NODE_NUMBER && dag_is_affine(d, n)) {
        buffer_printf(e->out, "(%s)", e->real);
        put_index(e, n, STRENGTH_UNARY);
        return;
    }
    switch (kind) {
    case NODE_NUMBER: put_number(e, n, strength); return;
    case NODE_ENTRY: put_entry(e, n); return;
    case NODE_ADD: put_sum(e, n, strength); return;
    case NODE_MUL: put_product(e, n, strength, false); return;
    case NODE_POW: put_power(e, n, strength); return;
    case NODE_FUN: put_function(e, n); return;
    case NODE_IF: put_choice(e, n); return;
    case NODE_COMPARE:
        buffer_printf(e->out, "(%s)(", e->real);
        put_compare(e, n, STRENGTH_ANY);
        buffer_puts(e->out, ")");
        return;
    default: buffer_puts(e->out, "0 /* ? */"); return;
    }
}
