/* See one_sample.sh. The step on one sample, written out, and the step on batches, from the same start on the same samples: the largest difference of a parameter or
 * state, relative to 1 + its size. */
#include MODEL_FILE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN(a, b)  a##b
#define NAME(a, b)  JOIN(a, b)
#define MODEL_TABLE NAME(MODEL, _model)

enum { STEPS = 20 };

typedef struct {
    void *params, *state, *in, *work;
} memory;

static void *zeroed(size_t bytes)
{
    void *made = aligned_alloc(64, (bytes + 127) / 64 * 64);
    memset(made, 0, (bytes + 127) / 64 * 64);
    return made;
}

static void *struct_of(const memory *m, delta_role role)
{
    return role == DELTA_PARAM ? m->params : role == DELTA_STATE || role == DELTA_GIVEN || role == DELTA_HYPER ? m->state : role == DELTA_OUTPUT ? NULL : m->in;
}

static ptrdiff_t entries(int number)
{
    int64_t sizes[64] = {0}, dims[DELTA_MAX_RANK];
    ptrdiff_t count = 1;
    for (int i = 0; i < MODEL_TABLE.size_count; i++)
        sizes[i] = MODEL_TABLE.sizes[i].value;
    if (MODEL_TABLE.arrays[number].rank)
        MODEL_TABLE.shape(number, sizes, dims);
    for (int k = 0; k < MODEL_TABLE.arrays[number].rank; k++)
        count *= dims[k];
    return count;
}

static char *place(const memory *m, int number)
{
    const delta_array *a = &MODEL_TABLE.arrays[number];
    char *member = struct_of(m, a->role), *array;
    if (!member)
        return NULL;
    member += a->offset;
    memcpy(&array, member, sizeof array * (size_t)a->pointer);
    return a->pointer ? array : member;
}

static memory begin(void)
{
    const delta_model *t = &MODEL_TABLE;
    memory m = {zeroed(t->params_bytes), zeroed(t->state_bytes), zeroed(t->in_bytes), zeroed(t->work_bytes)};
    int64_t sizes[64] = {0}, batch[64];
    for (int i = 0; i < 64; i++)
        batch[i] = 1;
    for (int i = 0; i < t->size_count; i++)
        sizes[i] = t->sizes[i].value;
    for (int i = 0; i < t->array_count; i++) {
        char *member = struct_of(&m, t->arrays[i].role), *array = zeroed((size_t)entries(i) * sizeof(double));
        if (member && t->arrays[i].pointer)
            memcpy(member + t->arrays[i].offset, &array, sizeof array);
    }
    t->work_bind(m.work, sizes, batch, zeroed(t->work_memory(sizes, batch)));
    t->set_batch(m.in, 0, 1);
    t->init(m.params, m.state, m.work, 3);
    return m;
}

/* Values between 0.1 and 0.9, times `scale`; integers become 0. */
static void draw(const memory *m, int number, int step, double scale)
{
    if (MODEL_TABLE.arrays[number].type != DELTA_REAL)
        return;
    for (ptrdiff_t i = 0; i < entries(number); i++)
        ((double *)(void *)place(m, number))[i] = scale * (0.5 + 0.4 * sin(17.0 * number + 3.0 * (double)i + step));
}

/* Not a number is the largest. */
static double larger(double worst, double d)
{
    return d > worst || d != d ? d : worst;
}

static double difference(const memory *a, const memory *b)
{
    double worst = 0;
    for (int n = 0; n < MODEL_TABLE.array_count; n++) {
        delta_role role = MODEL_TABLE.arrays[n].role;
        if ((role != DELTA_PARAM && role != DELTA_STATE) || MODEL_TABLE.arrays[n].type != DELTA_REAL)
            continue;
        for (ptrdiff_t i = 0; i < entries(n); i++) {
            double x = ((double *)(void *)place(a, n))[i], y = ((double *)(void *)place(b, n))[i];
            worst = larger(worst, fabs(x - y) / (1 + fabs(x)));
        }
    }
    return worst;
}

static void draw_all(const memory *one, const memory *batch, int step, double scale)
{
    for (int n = 0; n < MODEL_TABLE.array_count; n++)
        if (struct_of(one, MODEL_TABLE.arrays[n].role) == one->in)
            draw(one, n, step, scale), draw(batch, n, step, scale);
}

/* Large values, for which the exponential of the step that is written out was not made: it gives up and has changed nothing, then the other is taken, as NAME_train()
 * does. How often it did; −1: one of the two refused. */
static int far_samples(const memory *one, const memory *batch, double *sums, double *others)
{
    int given_up = 0;
    for (int s = 0; s < 4; s++) {
        draw_all(one, batch, s, s % 2 ? 2e3 : -2e3);
        int first = NAME(MODEL, _train_one)(one->params, one->state, one->in, sums);
        if (first)
            given_up++, first = NAME(MODEL, _train_batch)(one->params, one->state, one->in, sums, one->work);
        if (first != NAME(MODEL, _train_batch)(batch->params, batch->state, batch->in, others, batch->work))
            return -1;
    }
    return given_up;
}

int main(void)
{
    memory one = begin(), batch = begin();
    double worst = 0, sums[64] = {0}, others[64] = {0};
    for (int s = 0; s < STEPS; s++) {
        draw_all(&one, &batch, s, 1);
        int first = NAME(MODEL, _train_one)(one.params, one.state, one.in, sums),
            second = NAME(MODEL, _train_batch)(batch.params, batch.state, batch.in, others, batch.work);
        if (first || second) {
            printf("refused %d %d\n", first, second);
            return 1;
        }
    }
    int given_up = far_samples(&one, &batch, sums, others);
    for (int i = 0; i < MODEL_TABLE.sum_count; i++)
        worst = larger(worst, fabs(sums[i] - others[i]) / (1 + fabs(sums[i])));
    worst = larger(worst, difference(&one, &batch));
    printf("%g, %d given up\n", worst, given_up);
    return !(worst < 1e-12) || given_up < 0;
}
