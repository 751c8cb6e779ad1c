/* Is the set where an argument vanishes thin? Away from u = 0 means little where u is 0 on an open set, as max(x, 1) − 1 is, or on half of the values that there are, as
 * y is with y ∈ {0, 1}: nothing of the kind may be left out. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/normal.h"

#define MOST_TERMS 64

typedef struct {
    session *s;
    char *seen; /* per variable */
    int *todo, todo_count;
    int leaf; /* variable that is looked for, −1: none */
    bool thick, found;
} look;

static bool is_leaf(const model *m, int variable)
{
    return m->var[variable].role >= ROLE_INPUT && m->var[variable].role <= ROLE_VARIABLE;
}

/* Has the variable few values, or is it bound to others by an equation that is assumed? */
static bool is_pinned(const session *s, int variable)
{
    const model *m = s->m;
    if (session_has_few(&s->fact[variable]) || m->var[variable].integer || m->var[variable].role == ROLE_SYSTEM)
        return true;
    for (int i = 0; i < m->assumption_count; i++) {
        node n = m->assumption[i].condition;
        bool range = n && dag_kind(s->d, n) == NODE_COMPARE && dag_payload(s->d, n) != COMPARE_EQUAL;
        if (n && !range && dag_has_variable(s->d, n, variable))
            return true;
    }
    return false;
}

static bool note(void *context, node n)
{
    look *x = context;
    dag *d = x->s->d;
    int payload = dag_payload(d, n);
    switch (dag_kind(d, n)) {
    case NODE_FUN: x->thick = x->thick || op_get((op)payload)->kinks; break;
    case NODE_COMPARE: x->thick = x->thick || dag_has_kind(d, n, NODE_ENTRY); break; /* of indices: a constant */
    case NODE_REDUCE: x->thick = x->thick || payload == REDUCE_MAX || payload == REDUCE_MIN || payload == REDUCE_ARGMAX || payload == REDUCE_ARGMIN; break;
    case NODE_ENTRY:
        x->found = x->found || payload == x->leaf;
        x->thick = x->thick || is_pinned(x->s, payload);
        if (!x->seen[payload] && !is_leaf(x->s->m, payload)) {
            x->seen[payload] = 1;
            x->todo[x->todo_count++] = payload;
        }
        break;
    default: break;
    }
    return true;
}

/* Through all definitions below n. */
static void look_through(look *x, node n)
{
    model *m = x->s->m;
    size_t room = (size_t)m->var_count + 1;
    x->seen = xcalloc(room, 1);
    x->todo = xmalloc(room * sizeof *x->todo);
    dag_visit(x->s->d, n, note, x);
    while (x->todo_count) {
        const int *list;
        int count = model_equations_of(m, x->todo[--x->todo_count], &list);
        for (int i = 0; i < count; i++)
            dag_visit(x->s->d, m->equation[list[i]].rhs, note, x);
    }
    free(x->seen);
    free(x->todo);
}

/* The terms of a sum, sums that have names opened; −1: too many. */
static int terms_of(session *s, node n, node *term)
{
    dag *d = s->d;
    node rest[MOST_TERMS] = {n};
    int count = 0, left = 1;
    while (left) {
        node one = rest[--left], opened = 0;
        if (dag_kind(d, one) == NODE_ENTRY && !is_leaf(s->m, dag_payload(d, one))) {
            node at[MODEL_MAX_AXES];
            for (int k = 0; k < dag_count(d, one); k++)
                at[k] = dag_child(d, one, k);
            opened = model_unfold(s->m, dag_payload(d, one), at, true);
        }
        node sum = opened ? opened : one;
        if (dag_kind(d, sum) == NODE_ADD) {
            if (left + dag_count(d, sum) > MOST_TERMS)
                return -1;
            for (int k = 0; k < dag_count(d, sum); k++)
                rest[left++] = dag_child(d, sum, k);
            continue;
        }
        if (count == MOST_TERMS)
            return -1;
        term[count++] = one;
    }
    return count;
}

/* The variable of b in a term ±b or 3 b; −1: it is something else, or cannot take any value. */
static int free_name(session *s, node term)
{
    dag *d = s->d;
    node n = term;
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER)
        n = dag_child(d, n, 1);
    return dag_kind(d, n) == NODE_ENTRY && is_leaf(s->m, dag_payload(d, n)) && !is_pinned(s, dag_payload(d, n)) ? dag_payload(d, n) : -1;
}

/* u = b + rest, where b stands nowhere in the rest, is 0 at one value of b for each of the others. */
static bool has_free_term(session *s, node n)
{
    node term[MOST_TERMS];
    int count = terms_of(s, n, term);
    for (int i = 0; i < count; i++) {
        look x = {.s = s, .leaf = free_name(s, term[i])};
        for (int j = 0; x.leaf >= 0 && j < count && !x.found; j++)
            if (j != i)
                look_through(&x, term[j]);
        if (x.leaf >= 0 && !x.found)
            return true;
    }
    return false;
}

/* Are there sizes, or values of an index, for which n may be 0 whatever the names are? So may n − 1, i v[i], a sum over 1 … n−1; subscripts and ranges say nothing. */
static bool depends_on_sizes(session *s, node n)
{
    dag *d = s->d;
    table seen = {0};
    bool found = false;
    table_add(&seen, 1, (int64_t[]){n});
    for (int done = 0; done < seen.count && !found; done++) {
        int length, count, first = 0;
        node one = (node)*table_key(&seen, done, &length);
        const int *list;
        node_kind kind = dag_kind(d, one);
        found = kind == NODE_SIZE || kind == NODE_INDEX || kind == NODE_BOUND;
        count = dag_count(d, one);
        if (kind == NODE_REDUCE) {
            found = dag_index_le(d, dag_child(d, one, 0), dag_child(d, one, 1)) != TRUTH_YES;
            first = count - 1;
        }
        if (kind == NODE_ENTRY) {
            first = count;
            for (int i = model_equations_of(s->m, dag_payload(d, one), &list); i > 0; i--)
                table_add(&seen, 1, (int64_t[]){s->m->equation[list[i - 1]].rhs});
        }
        for (int i = first; i < count; i++)
            table_add(&seen, 1, (int64_t[]){dag_child(d, one, i)});
    }
    table_free(&seen);
    return found;
}

bool normal_is_thin(session *s, node n)
{
    int64_t key = n;
    int known = table_find(&s->thin, 1, &key);
    if (known >= 0)
        return s->thin.entry[known].value == 1;
    look x = {.s = s, .leaf = -1};
    look_through(&x, n);
    bool thin = !x.thick || has_free_term(s, n);
    int at = table_add(&s->thin, 1, &key);
    s->thin.entry[at].value = thin;
    return thin;
}

bool normal_is_thin_everywhere(session *s, node n)
{
    return normal_is_thin(s, n) && (!depends_on_sizes(s, n) || has_free_term(s, n));
}
