/* Adjoints by equation: a reverse sweep from a root A, lazily, as far down as somebody asks. */
#include "gen/calculus/sweep.h"

#include <stdlib.h>
#include <string.h>

/* --- the sweep's own data --- */

static sweep_var *var_of(sweep *s, int var)
{
    if (var >= s->var_room) {
        int room = s->var_room ? s->var_room : 64;
        while (room <= var)
            room *= 2;
        s->var = xrealloc(s->var, (size_t)room * sizeof *s->var);
        memset(s->var + s->var_room, 0, (size_t)(room - s->var_room) * sizeof *s->var);
        s->var_room = room;
    }
    return &s->var[var];
}

static void heap_push(calculus *x, sweep *s, int var)
{
    if (s->heap_count == s->heap_room) {
        s->heap_room = s->heap_room ? 2 * s->heap_room : 32;
        s->heap = xrealloc(s->heap, (size_t)s->heap_room * sizeof *s->heap);
    }
    int i = s->heap_count++;
    for (; i > 0 && x->position[s->heap[(i - 1) / 2]] < x->position[var]; i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = var;
}

static int heap_pop(calculus *x, sweep *s)
{
    int top = s->heap[0], last = s->heap[--s->heap_count], i = 0;
    for (;;) {
        int child = 2 * i + 1;
        if (child >= s->heap_count)
            break;
        if (child + 1 < s->heap_count && x->position[s->heap[child + 1]] > x->position[s->heap[child]])
            child++;
        if (x->position[s->heap[child]] <= x->position[last])
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

static void receive(calculus *x, sweep *s, const contribution *c)
{
    sweep_var *v = var_of(s, c->var);
    if (c->why) {
        v->why = c->why;
    } else {
        if (v->to.count == v->to.room) {
            v->to.room = v->to.room ? 2 * v->to.room : 4;
            v->to.list = xrealloc(v->to.list, (size_t)v->to.room * sizeof *v->to.list);
        }
        v->to.list[v->to.count++] = *c;
    }
    if (!v->pending && x->position[c->var] >= 0) {
        v->pending = true;
        heap_push(x, s, c->var);
    }
}

/* --- index sets --- */

static int axis_index(calculus *x, int var, int k)
{
    model *m = x->m;
    dag *d = m->dag;
    const model_var *v = &m->var[var];
    const int *list;
    if (k == 0 && v->sample)
        return m->sample_index[v->population];
    int count = model_equations_of(m, var, &list);
    sym name = 0;
    for (int i = 0; i < count; i++) {
        node at = m->equation[list[i]].at[k];
        if (dag_kind(d, at) != NODE_INDEX)
            continue;
        name = dag_index_get(d, dag_payload(d, at))->name;
        if (count == 1)
            return dag_payload(d, at);
    }
    if (!name) {
        char text[16];
        snprintf(text, sizeof text, "·%d", k - (v->sample ? 1 : 0));
        name = intern_puts(m->names, text);
    }
    node lo = v->axis_start[k] ? v->axis_start[k] : dag_int(d, -v->pad[k]);
    node hi = v->axis_stop[k] ? v->axis_stop[k] : dag_add(d, 3, (node[]){v->axis_size[k], dag_int(d, -1), dag_int(d, v->pad[k])});
    return dag_index(d, name, lo, hi);
}

static void own_indices(calculus *x, sweep_var *v, int var)
{
    v->own_count = x->m->var[var].axis_count;
    for (int k = 0; k < v->own_count; k++) {
        v->own[k] = axis_index(x, var, k);
        for (int j = 0; j < k; j++) /* two axes of one size and name */
            if (v->own[j] == v->own[k])
                v->own[k] = dag_index_like(x->m->dag, v->own[k]);
    }
}

static void own_nodes(const calculus *x, const sweep_var *v, node *out)
{
    for (int k = 0; k < v->own_count; k++)
        out[k] = dag_index_node(x->m->dag, v->own[k]);
}

/* --- adjoint variables --- */

static sym adjoint_name(calculus *x, const sweep *s, int var)
{
    model *m = x->m;
    buffer t = {0};
    buffer_puts(&t, "∂");
    if (s->whole) {
        buffer_puts(&t, model_var_name(m, dag_payload(m->dag, s->key)));
    } else if (dag_kind(m->dag, s->key) == NODE_ENTRY) { /* one step of a recurrence */
        model_print_index(m, &t, s->key);
    } else {
        buffer_puts(&t, "(");
        model_print_index(m, &t, s->key);
        buffer_puts(&t, ")");
    }
    buffer_printf(&t, "/∂%s", model_var_name(m, var));
    if (s->hold) {
        buffer_puts(&t, " |_{");
        for (int i = 0; i < dag_hold_count(m->dag, s->hold); i++)
            buffer_printf(&t, "%s%s", i ? ", " : "", model_var_name(m, dag_hold_get(m->dag, s->hold, i)));
        buffer_puts(&t, "}");
    }
    sym name = intern_add(m->names, t.text, t.length);
    buffer_free(&t);
    return name;
}

/* A new variable with axes [own sample,] kept roots, own rest; returns its entry over those indices. *index receives the ids in axis order. */
static int new_adjoint(calculus *x, sweep *s, int var, const sweep_var *v, const peeled *p, int *index)
{
    model *m = x->m;
    dag *d = m->dag;
    model_var of = m->var[var], a = {.role = ROLE_ADJOINT, .of = s->key, .by = var, .hold = s->hold, .at = of.at, .line = of.line, .population = of.population};
    int n = 0, own = 0;
    bool own_sample = v->own_count && dag_index_get(d, v->own[0])->sample;
    if (own_sample)
        index[n++] = v->own[own++];
    for (int i = 0; i < p->kept_count && n < MODEL_MAX_AXES; i++)
        index[n++] = p->kept[i];
    for (; own < v->own_count && n < MODEL_MAX_AXES; own++)
        index[n++] = v->own[own];
    a.axis_count = n;
    for (int k = 0; k < n; k++) {
        const dag_index_info *info = dag_index_get(d, index[k]);
        a.axis_size[k] = dag_add2(d, info->hi, dag_int(d, 1));
        a.axis_start[k] = info->lo;
        a.axis_stop[k] = info->hi;
        if (k == 0)
            a.sample = info->sample;
    }
    a.text = adjoint_name(x, s, var);
    return model_add_var(m, &a);
}

static node entry_over(calculus *x, int var, int count, const int *index)
{
    node at[2 * MODEL_MAX_AXES];
    for (int k = 0; k < count; k++)
        at[k] = dag_index_node(x->m->dag, index[k]);
    return dag_entry(x->m->dag, var, count, at);
}

static void adjoint_equation(calculus *x, int adjoint, int count, const int *index, node rhs, int var)
{
    model *m = x->m;
    model_equation e = {.var = adjoint, .index_count = count, .line = m->var[var].line, .where = m->var[var].at};
    for (int k = 0; k < count; k++) {
        /* A per-sample root of a parameter's adjoint is shown and computed as the sample index itself. */
        e.index[k] = index[k];
        e.at[k] = dag_index_node(m->dag, index[k]);
    }
    e.rhs = rhs;
    model_add_equation(m, &e);
}

static bool trivial(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER)
        n = dag_child(d, n, 1);
    return dag_kind(d, n) == NODE_ENTRY || !dag_has_kind(d, n, NODE_ENTRY);
}

static node total_of(calculus *x, const sweep_var *v)
{
    dag *d = x->m->dag;
    node own[MODEL_MAX_AXES];
    node *term = xmalloc((size_t)(v->to.count + 1) * sizeof *term);
    own_nodes(x, v, own);
    for (int i = 0; i < v->to.count; i++)
        term[i] = sweep_collect(x->m, &v->to.list[i], v->own_count, own);
    node total = v->to.count ? dag_add(d, v->to.count, term) : dag_int(d, 0);
    free(term);
    return total;
}

/* Is the sample index in use, in the value or by another root? */
static bool is_taken(dag *d, int sample, node total, const node *to, int renamed)
{
    for (int i = 0; i < renamed; i++)
        if (to[i] == dag_index_node(d, sample))
            return true;
    return dag_has_index(d, total, sample);
}

/* The kept sample root becomes the model's own sample index, unless that is already in use. */
static void settle_roots(calculus *x, const sweep_var *v, peeled *p, node *total, node *from, node *to, int *renamed)
{
    dag *d = x->m->dag;
    *renamed = 0;
    for (int i = 0; i < p->kept_count; i++) {
        if (!dag_index_get(d, p->kept[i])->sample || (v->own_count && dag_index_get(d, v->own[0])->sample))
            continue;
        for (int q = 0; q < x->m->population_count; q++) {
            int s = x->m->sample_index[q];
            if (dag_index_get(d, s)->hi != dag_index_get(d, p->kept[i])->hi || is_taken(d, s, *total, to, *renamed))
                continue;
            from[*renamed] = dag_index_node(d, p->kept[i]);
            to[(*renamed)++] = dag_index_node(d, s);
            p->kept[i] = s;
            break;
        }
    }
    *total = dag_substitute(d, *total, *renamed, from, to, false);
}

static void finish(calculus *x, sweep *s, int var)
{
    dag *d = x->m->dag;
    sweep_var *v = var_of(s, var);
    peeled p;
    bool ok;
    int index[2 * MODEL_MAX_AXES], renamed;
    node from[2 * MODEL_MAX_AXES], to[2 * MODEL_MAX_AXES];
    own_indices(x, v, var);
    v->done = true;
    node total = sweep_peel(x, s, v, total_of(x, v), false, &ok, &p);
    if (trivial(d, total)) {
        v->value = dag_mul2(d, p.deltas, total);
        return;
    }
    settle_roots(x, v, &p, &total, from, to, &renamed);
    sweep_var copy = *v;
    int adjoint = new_adjoint(x, s, var, &copy, &p, index), count = x->m->var[adjoint].axis_count;
    adjoint_equation(x, adjoint, count, index, total, var);
    calculus_place(x, adjoint);
    node entry = entry_over(x, adjoint, count, index);
    entry = dag_substitute(d, entry, renamed, to, from, false);
    v = var_of(s, var);
    v->value = dag_mul2(d, p.deltas, entry);
}

/* --- pushing through the equations of a variable --- */

static void push_equation(calculus *x, sweep *s, int var, const model_equation *given)
{
    model *m = x->m;
    dag *d = m->dag;
    model_equation e = *given;
    sweep_var *v = var_of(s, var);
    node own[MODEL_MAX_AXES], rhs = e.rhs;
    own_nodes(x, v, own);
    node seed = dag_substitute(d, v->value, v->own_count, own, e.at, false);
    contribution_list out = {0};
    sweep_expression(m, rhs, seed, rhs, dag_entry(d, var, v->own_count, e.at), -1, &out);
    for (int i = 0; i < out.count; i++) {
        contribution c = out.list[i];
        if (!c.why) {
            if (c.scope_count + e.index_count > 16) {
                c.why = "an expression with more than 16 indices";
            } else {
                memmove(c.scope + e.index_count, c.scope, (size_t)c.scope_count * sizeof *c.scope);
                memcpy(c.scope, e.index, (size_t)e.index_count * sizeof *c.scope);
                c.scope_count += e.index_count;
            }
        }
        receive(x, s, &c);
    }
    free(out.list);
}

static bool held(const calculus *x, const sweep *s, int var)
{
    for (int i = 0; i < dag_hold_count(x->m->dag, s->hold); i++)
        if (dag_hold_get(x->m->dag, s->hold, i) == var)
            return true;
    return false;
}

static void push(calculus *x, sweep *s, int var)
{
    const int *list;
    sweep_var *v = var_of(s, var);
    if (held(x, s, var))
        return;
    int count = model_equations_of(x->m, var, &list);
    if (v->why) { /* what lies below a variable that cannot be differentiated cannot either */
        const char *why = v->why;
        for (int i = 0; i < count; i++) {
            contribution_list out = {0};
            sweep_expression(x->m, x->m->equation[list[i]].rhs, dag_int(x->m->dag, 1), 0, 0, -1, &out);
            for (int k = 0; k < out.count; k++) {
                out.list[k].why = why;
                receive(x, s, &out.list[k]);
            }
            free(out.list);
        }
        return;
    }
    s->through_derivative |= x->m->var[var].role == ROLE_ADJOINT;
    if (dag_is_int(x->m->dag, v->value, 0))
        return;
    for (int i = 0; i < count; i++) {
        model_equation e = x->m->equation[list[i]];
        push_equation(x, s, var, &e);
    }
}

/* --- recurrences: the adjoints of the members refer to one another --- */

static void begin_member(calculus *x, sweep *s, int var, int *adjoint, int index[2 * MODEL_MAX_AXES])
{
    dag *d = x->m->dag;
    sweep_var *v = var_of(s, var);
    peeled p = {.deltas = dag_int(d, 1)};
    own_indices(x, v, var);
    v->done = v->pending = true;
    bool own_sample = v->own_count && dag_index_get(d, v->own[0])->sample;
    for (int i = 0; i < s->root_count; i++) {
        if (own_sample && dag_index_get(d, s->root[i])->sample)
            p.deltas = dag_mul2(d, p.deltas, dag_raw_compare(d, COMPARE_EQUAL, dag_index_node(d, s->root[i]), dag_index_node(d, v->own[0])));
        else
            p.kept[p.kept_count++] = s->root[i];
    }
    sweep_var copy = *v;
    *adjoint = new_adjoint(x, s, var, &copy, &p, index);
    v = var_of(s, var);
    v->value = dag_mul2(d, p.deltas, entry_over(x, *adjoint, x->m->var[*adjoint].axis_count, index));
}

static void recurrent(calculus *x, sweep *s, const recurrence *r)
{
    dag *d = x->m->dag;
    int *adjoint = xmalloc((size_t)r->count * sizeof *adjoint);
    int(*index)[2 * MODEL_MAX_AXES] = xmalloc((size_t)r->count * sizeof *index);
    for (int i = 0; i < r->count; i++)
        begin_member(x, s, r->member[i], &adjoint[i], index[i]);
    for (int i = r->count - 1; i >= 0; i--)
        push(x, s, r->member[i]);
    for (int i = 0; i < r->count; i++) {
        sweep_var *v = var_of(s, r->member[i]);
        peeled p;
        bool ok;
        node total = sweep_peel(x, s, v, total_of(x, v), true, &ok, &p);
        if (!ok)
            v->why = "a recurrence that couples the samples of a batch";
        adjoint_equation(x, adjoint[i], x->m->var[adjoint[i]].axis_count, index[i], total, r->member[i]);
    }
    (void)d;
    int group = calculus_recurrence(x, r->count, adjoint);
    for (int i = 0; i < r->count; i++) {
        calculus_place(x, adjoint[i]);
        x->group[adjoint[i]] = group;
    }
    free(adjoint), free(index);
}

/* Everything pending at or above `limit`. */
static void run(calculus *x, sweep *s, int limit)
{
    while (s->heap_count && x->position[s->heap[0]] >= limit) {
        int var = heap_pop(x, s);
        if (var_of(s, var)->done)
            continue;
        if (x->group[var] >= 0 && !held(x, s, var)) {
            recurrence r = x->recurrence[x->group[var]];
            recurrent(x, s, &r);
        } else {
            finish(x, s, var);
            push(x, s, var);
        }
    }
}

/* --- roots --- */

static sweep *new_sweep(calculus *x, node key, int hold)
{
    if (x->sweep_count == x->sweep_room) {
        x->sweep_room = x->sweep_room ? 2 * x->sweep_room : 16;
        x->sweeps = xrealloc(x->sweeps, (size_t)x->sweep_room * sizeof *x->sweeps);
    }
    sweep *s = xcalloc(1, sizeof *s);
    s->key = key;
    s->hold = hold;
    return x->sweeps[x->sweep_count++] = s;
}

static sweep *sweep_of_entry(calculus *x, int var, int hold)
{
    dag *d = x->m->dag;
    for (int i = 0; i < x->sweep_count; i++)
        if (x->sweeps[i]->hold == hold && x->sweeps[i]->whole && dag_payload(d, x->sweeps[i]->key) == var)
            return x->sweeps[i];
    int index[2 * MODEL_MAX_AXES], axes = x->m->var[var].axis_count;
    for (int k = 0; k < axes; k++)
        index[k] = dag_index_like(d, axis_index(x, var, k));
    sweep *s = new_sweep(x, entry_over(x, var, axes, index), hold);
    s->whole = true;
    s->root_count = axes;
    memcpy(s->root, index, sizeof s->root);
    receive(x, s, &(contribution){.entry = s->key, .value = dag_int(d, 1), .var = var});
    return s;
}

static sweep *sweep_of_expression(calculus *x, node a, int hold)
{
    dag *d = x->m->dag;
    for (int i = 0; i < x->sweep_count; i++)
        if (x->sweeps[i]->hold == hold && !x->sweeps[i]->whole && x->sweeps[i]->key == a)
            return x->sweeps[i];
    sweep *s = new_sweep(x, a, hold);
    int free_index[2 * MODEL_MAX_AXES], count = dag_free_indices(d, a, free_index, 2 * MODEL_MAX_AXES);
    node to[2 * MODEL_MAX_AXES];
    for (int i = 0; i < count && i < 2 * MODEL_MAX_AXES; i++) {
        s->root[i] = dag_index_like(d, free_index[i]);
        s->original[i] = dag_index_node(d, free_index[i]);
        to[i] = dag_index_node(d, s->root[i]);
        s->root_count++;
    }
    node root = dag_substitute(d, a, s->root_count, s->original, to, true);
    contribution_list out = {0};
    sweep_expression(x->m, root, dag_int(d, 1), 0, 0, -1, &out);
    for (int i = 0; i < out.count; i++)
        receive(x, s, &out.list[i]);
    free(out.list);
    return s;
}

static bool forbidden(calculus *x, const sweep *s, int by, span at)
{
    if (!s->through_derivative || x->m->var[by].role != ROLE_DEFINED)
        return false;
    for (int v = 0; v < s->var_room && v < x->m->var_count; v++) {
        if (!s->var[v].done || x->m->var[v].role != ROLE_ADJOINT)
            continue;
        int inner = x->m->var[v].by;
        if (inner == by || !calculus_depends(x, by, inner) || !calculus_reaches(x, s->key, v, by))
            continue;
        diagnostic *g = diag_add(x->m->diagnostics, DIAG_ERROR, at, "this contains a derivative by `%s`, from which `%s` is computed: the derivative by `%s` has no clear meaning",
                                 model_var_name(x->m, inner), model_var_name(x->m, by), model_var_name(x->m, by));
        diag_hint(g, "differentiate by a parameter, an input or by `%s`", model_var_name(x->m, inner));
        return true;
    }
    return false;
}

/* How far down a sweep must go until every contribution to `by` has arrived: to its own place, or to the first that mentions it; a recurrence is one place. */
static int sweep_limit(const calculus *x, int by)
{
    int limit = x->position[by] >= 0 ? x->position[by] : x->first_use[by] >= 0 ? x->first_use[by] : 0;
    int group = x->order_count ? x->group[x->order[limit]] : -1;
    for (int i = 0; group >= 0 && i < x->recurrence[group].count; i++) {
        int member = x->position[x->recurrence[group].member[i]];
        limit = member >= 0 && member < limit ? member : limit;
    }
    return limit;
}

/* Is it one step of a recurrence, such as its last? Then its sweep is from that step: from all of them it would cost the square of their number. */
static bool fixes_step(const calculus *x, node a)
{
    const dag *d = x->m->dag;
    for (int k = 0; x->group[dag_payload(d, a)] >= 0 && k < dag_count(d, a); k++)
        if (!dag_has_kind(d, dag_child(d, a, k), NODE_INDEX))
            return true;
    return false;
}

node sweep_adjoint(calculus *x, node a, node b, int hold, span at)
{
    model *m = x->m;
    dag *d = m->dag;
    int by = dag_payload(d, b);
    bool entry = dag_kind(d, a) == NODE_ENTRY;
    const int *list;
    /* A batch mean made after the page was expanded has no place yet; without one it would count as a leaf. */
    if (entry && x->position[dag_payload(d, a)] < 0 && model_equations_of(m, dag_payload(d, a), &list) > 0)
        calculus_place(x, dag_payload(d, a));
    if (entry && hold) { /* the root's own equation is what the partial derivative looks at */
        for (int i = 0; i < dag_hold_count(d, hold); i++)
            if (dag_hold_get(d, hold, i) == dag_payload(d, a)) {
                node at_index[MODEL_MAX_AXES];
                for (int k = 0; k < dag_count(d, a); k++)
                    at_index[k] = dag_child(d, a, k);
                node unfolded = model_unfold(m, dag_payload(d, a), at_index, true);
                entry = false;
                a = unfolded ? unfolded : a;
                break;
            }
    }
    entry = entry && !fixes_step(x, a);
    sweep *s = entry ? sweep_of_entry(x, dag_payload(d, a), hold) : sweep_of_expression(x, a, hold);
    run(x, s, sweep_limit(x, by));
    sweep_var *v = var_of(s, by);
    if (!v->done)
        finish(x, s, by), v = var_of(s, by);
    if (v->why) {
        diag_add(m->diagnostics, DIAG_ERROR, at, "%s (on the way to `%s`)", v->why, model_var_name(m, by));
        return 0;
    }
    if (forbidden(x, s, by, at))
        return 0;
    node from[3 * MODEL_MAX_AXES], to[3 * MODEL_MAX_AXES];
    int n = 0;
    for (int i = 0; i < s->root_count; i++) {
        from[n] = dag_index_node(d, s->root[i]);
        to[n++] = entry ? dag_child(d, a, i) : s->original[i];
    }
    for (int k = 0; k < v->own_count; k++) {
        from[n] = dag_index_node(d, v->own[k]);
        to[n++] = dag_child(d, b, k);
    }
    return dag_substitute(d, v->value, n, from, to, false);
}
