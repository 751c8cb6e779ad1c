/* Recurrences: names that need themselves or one another. Their shapes are found first. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/piece.h"

/* --- recurrences: shapes first --- */

/* Is it the name of a mean, a sum or a maximum over samples, behind which its argument stands? */
static bool is_over_samples(builder *b, const syn *tree)
{
    const char *text = tree->kind == SYN_NAME ? intern_text(b->m->names, tree->name) : "", *end = strstr(text, "_batch");
    return page_over_population(b, text, NULL) > 0 || (end && !end[strlen("_batch")] && page_find_array_function(text));
}

/* Does a name stand in the text that each sample has its own value of? */
static bool reads_samples(builder *b, const syn *tree, int *population)
{
    int var = tree && tree->kind == SYN_NAME ? model_find_var(b->m, tree->name) : -1;
    if (var >= 0 && b->m->var[var].sample) {
        *population = b->m->var[var].population;
        return true;
    }
    bool found = false;
    for (int i = 0; tree && i < tree->count && !found; i++)
        found = !(i && tree->child[i - 1] && is_over_samples(b, tree->child[i - 1])) && reads_samples(b, tree->child[i], population);
    return found;
}

/* What could not be read yet may still tell that each sample has its own values: h[t-1] x[t] of h[t-1] x[t] + b. */
static void find_samples(builder *b, const definition *d, model_var *v)
{
    for (int i = 0; i < d->piece_count && !v->sample; i++)
        v->sample = reads_samples(b, d->piece[i]->tree->child[1], &v->population);
}

static bool trial_shape(builder *b, int number, bool *sample)
{
    definition *d = &b->defs[number];
    piece *pieces = arena_alloc(b->m->memory, (size_t)d->piece_count * sizeof *pieces);
    int count = 0;
    b->active = number;
    b->quiet++;
    b->trial = true;
    for (int i = 0; i < d->piece_count; i++) {
        b->failed = false;
        if (piece_read(b, d->piece[i], &pieces[count]))
            count++;
    }
    b->trial = false;
    model_var v = {0};
    bool general = false;
    for (int i = 0; i < count; i++)
        general |= !piece_special(b, pieces[i].left);
    /* Where only starts could be read, they tell the shape if nothing else can (s[t] = a s[t-1]): see shape_of_start. */
    find_samples(b, d, &v);
    bool ok = count > 0 && (general || count == d->piece_count) && piece_shape(b, d, count, pieces, &v);
    b->quiet--;
    b->active = -1;
    b->env = NULL;
    if (!ok)
        return false;
    *sample |= v.sample;
    piece_declare(b, d, &v);
    d->shape_known = true;
    return true;
}

/* Left side only: the places and ranges, with a value that is known from elsewhere. */
static bool read_range(builder *b, const item *it, const model_value *value, piece *p)
{
    index_frame *saved = b->indices;
    b->env = it->env;
    b->indices = piece_indices(b, it);
    *p = (piece){.left = it->tree->child[0], .right = it->tree->child[1], .value = *value};
    bool ok = piece_read_left(b, p);
    b->indices = saved;
    return ok;
}

/* s[t] = a s[t-1] with s[0] = 1: the general piece says nothing about the shape; take that of the start. */
static bool shape_of_start(builder *b, int number, bool *sample)
{
    definition *d = &b->defs[number];
    piece *pieces = arena_alloc(b->m->memory, (size_t)d->piece_count * sizeof *pieces), start;
    model_var v = {0};
    bool found = false, ok;
    b->quiet++;
    b->active = number;
    for (int i = 0; i < d->piece_count && !found; i++) {
        b->failed = false;
        found = piece_special(b, d->piece[i]->tree->child[0]) && piece_read(b, d->piece[i], &start);
    }
    ok = found;
    for (int i = 0; i < d->piece_count && ok; i++)
        ok = read_range(b, d->piece[i], &start.value, &pieces[i]);
    find_samples(b, d, &v); /* the start may know nothing of the data */
    ok = ok && piece_shape(b, d, d->piece_count, pieces, &v);
    *sample |= ok && v.sample;
    b->quiet--;
    b->active = -1;
    b->env = NULL;
    if (ok) {
        piece_declare(b, d, &v);
        d->shape_known = true;
    }
    return ok;
}

void page_define_cycle(builder *b, int count, const int *members)
{
    bool sample = false, progress = true;
    int known = 0;
    for (int i = 0; i < count; i++)
        b->defs[members[i]].state = DEFINE_ACTIVE;
    while (progress && known < count) {
        progress = false;
        for (int i = 0; i < count; i++)
            if (!b->defs[members[i]].shape_known && trial_shape(b, members[i], &sample))
                known++, progress = true;
        for (int i = 0; i < count && !progress; i++)
            if (!b->defs[members[i]].shape_known && shape_of_start(b, members[i], &sample))
                known++, progress = true;
        for (int i = 0; i < count && !progress; i++) {
            definition *d = &b->defs[members[i]];
            if (d->shape_known || d->borrows)
                continue;
            d->borrows = true;
            progress = trial_shape(b, members[i], &sample) || shape_of_start(b, members[i], &sample);
            known += progress;
        }
    }
    for (int i = 0; i < count && sample; i++) { /* one member depends on data: all do */
        definition *d = &b->defs[members[i]];
        if (!d->shape_known || b->m->var[d->var].sample)
            continue;
        model_var v = b->m->var[d->var];
        for (int k = v.axis_count; k > 0; k--)
            v.axis_size[k] = v.axis_size[k - 1], v.axis_start[k] = v.axis_start[k - 1], v.axis_stop[k] = v.axis_stop[k - 1];
        v.axis_count++;
        v.sample = true;
        v.axis_start[0] = v.axis_stop[0] = 0;
        v.axis_size[0] = dag_add2(b->m->dag, dag_index_get(b->m->dag, b->m->sample_index[v.population])->hi, dag_int(b->m->dag, 1));
        b->m->var[d->var] = v;
    }
    for (int i = 0; i < count; i++) {
        definition *d = &b->defs[members[i]];
        const syn *tree = d->piece[0]->tree;
        if (d->shape_known && tree->child[0]->kind == SYN_INDEX) {
            page_define(b, members[i]);
            continue;
        }
        d->state = DEFINE_FAILED;
        if (i == 0 || tree->child[0]->kind != SYN_INDEX) {
            diagnostic *g = page_error(b, tree->child[0]->at, "`%s` is defined by itself", page_spelling(b, d->key));
            if (g)
                diag_hint(g, tree->child[0]->kind == SYN_INDEX ? "a recurrence needs a start (`h[-1] = 0`) and a shape that can be told from its other terms"
                                                               : "a recurrence has an index: h[t] = … h[t-1]; one training step is w ← …");
        }
        if (d->var < 0)
            piece_declare(b, d, &(model_var){0});
    }
}
