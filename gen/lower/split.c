/* The loop of a recurrence is cut where the conditions on its index change: at the steps that have nothing before or behind them. In what is left without conditions
 * rows that follow each other join into one loop, whose values stay in registers. (Index set splitting: U. Banerjee, "Speedup of ordinary programs", 1979.)
 * Needs: functions, after drop.c, which looks for the one loop that walks an axis. Keeps: every iteration and their order. */
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"

enum { MOST_CUTS = 3, MOST_STATEMENTS = 100 };

/* The parts of a loop: cut[i] is the first index of part i + 1. */
typedef struct {
    lower_program *p;
    dag *d;
    int index;
    node lo, hi, cut[MOST_CUTS];
    int count;
    bool fits;  /* cuts can be compared with each other and with the ends */
    bool gains; /* a condition decides about rows */
} splitting;

static node past(dag *d, node n)
{
    return dag_index_tidy(d, dag_add2(d, n, dag_int(d, 1)));
}

static bool is_le(dag *d, node a, node b)
{
    return dag_index_le(d, a, b) == TRUTH_YES;
}

/* --- where to cut --- */

static void add_cut(splitting *x, node at)
{
    dag *d = x->d;
    at = dag_index_tidy(d, at);
    if (is_le(d, at, x->lo) || is_le(d, past(d, x->hi), at))
        return;
    x->fits = x->fits && is_le(d, x->lo, at) && is_le(d, at, past(d, x->hi));
    int place = 0;
    for (; place < x->count; place++) {
        if (dag_index_eq(d, at, x->cut[place]) == TRUTH_YES)
            return;
        if (is_le(d, at, x->cut[place]))
            break;
        x->fits = x->fits && is_le(d, x->cut[place], at);
    }
    if (x->count == MOST_CUTS) {
        x->fits = false;
        return;
    }
    memmove(&x->cut[place + 1], &x->cut[place], (size_t)(x->count - place) * sizeof *x->cut);
    x->cut[place] = at;
    x->count++;
}

/* The condition as index <= bound (sign 1), index >= bound (−1) or index = bound (0); false: it is none of these. */
static bool read_condition(const splitting *x, node c, int *sign, node *bound)
{
    dag *d = x->d;
    long a, b;
    node left, right;
    if (dag_kind(d, c) != NODE_COMPARE || !dag_affine_split(d, dag_child(d, c, 0), x->index, &a, &left) ||
        !dag_affine_split(d, dag_child(d, c, 1), x->index, &b, &right) || (a - b != 1 && a - b != -1))
        return false;
    bool less = dag_payload(d, c) == COMPARE_LESS;
    if (!less && dag_payload(d, c) != COMPARE_LESS_EQUAL && dag_payload(d, c) != COMPARE_EQUAL)
        return false;
    node gap = dag_add(d, 3, (node[]){right, dag_neg(d, left), dag_int(d, less ? -1 : 0)}); /* (a − b) index <= gap */
    *sign = dag_payload(d, c) == COMPARE_EQUAL ? 0 : a - b > 0 ? 1 : -1;
    *bound = dag_index_tidy(d, a - b > 0 ? gap : dag_neg(d, gap));
    return !dag_has_kind(d, *bound, NODE_INDEX) && !dag_has_kind(d, *bound, NODE_ENTRY);
}

static void add_cuts(splitting *x, node condition, bool rows)
{
    int sign;
    node bound;
    if (dag_kind(x->d, condition) == NODE_IF && dag_is_int(x->d, dag_child(x->d, condition, 2), 0)) {
        add_cuts(x, dag_child(x->d, condition, 0), rows);
        add_cuts(x, dag_child(x->d, condition, 1), rows);
        return;
    }
    if (!read_condition(x, condition, &sign, &bound))
        return;
    x->gains = x->gains || rows;
    if (sign <= 0)
        add_cut(x, bound);
    if (sign >= 0)
        add_cut(x, past(x->d, bound));
}

static int find_cuts(splitting *x, const lower_statement *s)
{
    int count = 0;
    for (; s; s = s->next) {
        if (s->kind == LOWER_WHEN)
            add_cuts(x, s->value, lower_has_loop(s->body));
        count += 1 + find_cuts(x, s->body) + find_cuts(x, s->otherwise);
    }
    return count;
}

/* --- the parts --- */

/* What the condition is for all indices of a part. */
static truth decide(const splitting *x, node c, node lo, node hi)
{
    dag *d = x->d;
    int sign;
    node bound;
    if (!read_condition(x, c, &sign, &bound))
        return TRUTH_UNKNOWN;
    bool at_least = is_le(d, bound, lo), at_most = is_le(d, hi, bound), below = is_le(d, past(d, hi), bound), above = is_le(d, past(d, bound), lo);
    if (sign > 0 ? at_most : sign < 0 ? at_least : at_least && at_most)
        return TRUTH_YES;
    return (sign >= 0 && above) || (sign <= 0 && below) ? TRUTH_NO : TRUTH_UNKNOWN;
}

/* What is left of a condition in a part; 0: it holds. */
static node rest_of(const splitting *x, node c, node lo, node hi)
{
    dag *d = x->d;
    if (dag_kind(d, c) == NODE_IF && dag_is_int(d, dag_child(d, c, 2), 0)) {
        node a = rest_of(x, dag_child(d, c, 0), lo, hi), b = rest_of(x, dag_child(d, c, 1), lo, hi);
        return !a ? b : !b ? a : dag_is_int(d, a, 0) || dag_is_int(d, b, 0) ? dag_int(d, 0) : dag_raw_if(d, a, b, dag_int(d, 0));
    }
    truth holds = decide(x, c, lo, hi);
    return holds == TRUTH_YES ? 0 : holds == TRUTH_NO ? dag_int(d, 0) : c;
}

static lower_statement *part_of(const splitting *x, const lower_statement *s, node lo, node hi)
{
    lower_statement *head = NULL, **tail = &head;
    for (; s; s = s->next) {
        node rest = s->kind == LOWER_WHEN ? rest_of(x, s->value, lo, hi) : s->value;
        if (s->kind == LOWER_WHEN && (!rest || dag_is_int(x->d, rest, 0))) {
            *tail = part_of(x, rest ? s->otherwise : s->body, lo, hi);
        } else {
            lower_statement *c = lower_statement_new(x->p, s->kind);
            *c = *s;
            c->value = rest;
            c->next = NULL;
            c->body = part_of(x, s->body, lo, hi);
            c->otherwise = part_of(x, s->otherwise, lo, hi);
            if (c->body || c->otherwise || (c->kind != LOWER_FOR && c->kind != LOWER_WHEN && c->kind != LOWER_BIND))
                *tail = c;
        }
        while (*tail)
            tail = &(*tail)->next;
    }
    return head;
}

static void split_block(lower_program *p, lower_statement **block);

/* The loop in parts, linked; NULL: it stays whole. */
static lower_statement *split_loop(lower_program *p, const lower_statement *loop)
{
    splitting x = {.p = p, .d = p->m->dag, .index = loop->index, .lo = loop->lo, .hi = loop->hi, .fits = true};
    if (!loop->recurs || lower_has_call(loop->body) || find_cuts(&x, loop->body) > MOST_STATEMENTS || !x.fits || !x.gains || !x.count)
        return NULL;
    lower_statement *head = NULL, **tail = &head;
    for (int i = 0; i <= x.count; i++) {
        int part = loop->down ? x.count - i : i;
        lower_statement *c = lower_statement_new(p, LOWER_FOR);
        *c = *loop;
        c->next = NULL;
        c->lo = part == 0 ? x.lo : x.cut[part - 1];
        c->hi = part == x.count ? x.hi : dag_index_tidy(x.d, dag_add2(x.d, x.cut[part], dag_int(x.d, BROKEN("split") ? 0 : -1)));
        c->body = part_of(&x, loop->body, c->lo, c->hi);
        if (!c->body)
            continue;
        if (c->lo != c->hi)
            split_block(p, &c->body);
        c->goes_on = head != NULL;
        *tail = c;
        tail = &c->next;
    }
    return head;
}

static void split_block(lower_program *p, lower_statement **block)
{
    for (lower_statement **at = block; *at;) {
        lower_statement *parts = (*at)->kind == LOWER_FOR ? split_loop(p, *at) : NULL, *next = (*at)->next;
        if (!parts) {
            split_block(p, &(*at)->body);
            split_block(p, &(*at)->otherwise);
            at = &(*at)->next;
            continue;
        }
        *at = parts;
        while (*at)
            at = &(*at)->next;
        *at = next;
    }
}

void lower_split(lower_program *p)
{
    for (int i = 0; i < p->function_count; i++) {
        split_block(p, &p->function[i].body);
        lower_merge_inside(p, p->function[i].body);
    }
}
