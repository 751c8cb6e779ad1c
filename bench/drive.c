/* Times the training steps of a generated program through the table that the runtime uses: MODEL is its name, BATCH and SAMPLES are given on the command line. */
#include "delta.h"

#include <string.h>

#include "floor/bench.h"
#include "runtime/pool.h"

#define JOIN(a, b) a##b
#define MODEL_OF(name) JOIN(name, _model)
extern const delta_model MODEL_OF(MODEL);

/* Where the generated program looks for an array of data, its first sample, and the bytes of one. */
typedef struct {
    unsigned char *place, *data;
    size_t row;
} fed_array;

typedef struct {
    const delta_model *model;
    void *params, *state, *in, *out, *work;
    unsigned char **data; /* per array: samples of the whole set */
    size_t *row;          /* bytes of a sample */
    int64_t batch, samples, passes;
    fed_array fed[64];
    int fed_count;
    long before;            /* bytes of the process at its beginning */
} driver;

/* As the runtime has its memory. */
static void *zeroed(size_t bytes)
{
    static delta_pool pool;
    return delta_pool_get(&pool, bytes, 1);
}

static void *struct_of(const driver *d, delta_role role)
{
    return role == DELTA_PARAM ? d->params : role == DELTA_STATE || role == DELTA_GIVEN || role == DELTA_HYPER ? d->state : role == DELTA_OUTPUT ? d->out : d->in;
}

/* Targets with several entries get one 1 per sample. */
static void fill(const driver *d, int number, int64_t entries)
{
    const delta_array *a = &d->model->arrays[number];
    for (int64_t s = 0; s < d->samples; s++)
        for (int64_t k = 0; k < entries; k++) {
            double v = bench_uniform((uint64_t)a->role, (uint64_t)(s * entries + k));
            if (a->role == DELTA_TARGET && entries > 1)
                v = (int64_t)(bench_uniform(9, (uint64_t)s) * (double)entries) == k;
            unsigned char *at = d->data[number] + (size_t)(s * entries + k) * (size_t)d->model->real_bytes;
            if (d->model->real_bytes == 4)
                *(float *)(void *)at = (float)v;
            else
                *(double *)(void *)at = v;
        }
}

static void take(driver *d, int number)
{
    const delta_model *m = d->model;
    const delta_array *a = &m->arrays[number];
    int64_t dims[DELTA_MAX_RANK], sizes[64] = {0}, count = 1;
    for (int i = 0; i < m->size_count; i++)
        sizes[i] = m->sizes[i].value;
    if (a->rank)
        m->shape(number, sizes, dims);
    for (int k = 0; k < a->rank; k++)
        count *= dims[k];
    if (!a->pointer)
        return;
    d->row[number] = (size_t)count * (size_t)m->real_bytes;
    void *memory = zeroed(d->row[number] * (size_t)(a->per_sample ? d->samples : 1));
    if (a->per_sample && a->role != DELTA_OUTPUT) {
        d->data[number] = memory;
        d->fed[d->fed_count++] = (fed_array){(unsigned char *)d->in + a->offset, memory, d->row[number]};
        fill(d, number, count);
    }
    memcpy((char *)struct_of(d, a->role) + a->offset, &memory, sizeof memory);
}

/* Points the arrays of data at sample s. */
static void feed(const driver *d, int64_t s)
{
    for (int i = 0; i < d->fed_count; i++) {
        void *at = d->fed[i].data + (size_t)s * d->fed[i].row;
        memcpy(d->fed[i].place, &at, sizeof at);
    }
}

static void pass(void *context)
{
    driver *d = context;
    const delta_model *m = d->model;
    int64_t last = 0;
    for (int64_t p = 0; p < d->passes; p++)
        for (int64_t s = 0; s < d->samples; s += d->batch) {
            int64_t count = d->samples - s < d->batch ? d->samples - s : d->batch;
            feed(d, s);
            if (count != last)
                m->set_batch(d->in, 0, (ptrdiff_t)count);
            last = count;
            if (m->step(d->params, d->state, d->in, NULL, d->work) != DELTA_OK) {
                fprintf(stderr, "not finite\n");
                exit(1);
            }
        }
}

/* The most that was resident at once. Not getrusage: it counts what the parent had before the program was started. */
static long peak_bytes(void)
{
    char line[256];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1)
            break;
    if (status)
        fclose(status);
    return kilobytes * 1024;
}

/* FNV-1a of all parameters, bytes of work memory, and bytes that the process had at most before its memory was taken and after a pass. */
static void report_once(driver *d)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    pass(d);
    for (int i = 0; i < d->model->array_count; i++) {
        const delta_array *a = &d->model->arrays[i];
        unsigned char *memory = (unsigned char *)d->params + a->offset;
        if (a->role != DELTA_PARAM)
            continue;
        if (a->pointer)
            memcpy(&memory, memory, sizeof memory);
        for (size_t k = 0; k < (a->pointer ? d->row[i] : (size_t)d->model->real_bytes); k++)
            hash = (hash ^ memory[k]) * UINT64_C(1099511628211);
    }
    printf("%016llx %ld %ld\n", (unsigned long long)hash, d->before, peak_bytes());
}

/* What products keep for their copies of operands, OpenBLAS and runtime/matmul_pieces.h, is no part of a model's memory: it is there before. One large product of each. */
static long warm(void)
{
    enum { ROWS = 512, COLUMNS = 1024, INNER = 256 };
    float *a = zeroed((ROWS * INNER + COLUMNS * INNER + ROWS * COLUMNS) * sizeof *a), *b = a + ROWS * INNER, *c = b + COLUMNS * INNER;
    delta_matmul_float(DELTA_A_TRANSPOSED, ROWS, COLUMNS, INNER, 1, a, ROWS, b, COLUMNS, c, COLUMNS);
    delta_matmul_float(DELTA_B_TRANSPOSED, ROWS, COLUMNS, INNER, 1, a, INNER, b, INNER, c, COLUMNS);
    return peak_bytes();
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    const delta_model *m = &MODEL_OF(MODEL);
    driver d = {.model = m, .batch = atoll(argv[1]), .samples = atoll(argv[2]), .passes = atoll(argv[3])};
    int64_t sizes[64] = {0}, batch[64];
    d.before = warm();
    for (int i = 0; i < m->size_count; i++)
        sizes[i] = m->sizes[i].value;
    for (int i = 0; i < 64; i++)
        batch[i] = d.batch;
    d.params = zeroed(m->params_bytes), d.state = zeroed(m->state_bytes), d.in = zeroed(m->in_bytes), d.out = zeroed(m->out_bytes), d.work = zeroed(m->work_bytes);
    d.data = zeroed((size_t)m->array_count * sizeof *d.data);
    d.row = zeroed((size_t)m->array_count * sizeof *d.row);
    for (int i = 0; i < m->array_count; i++)
        take(&d, i);
    m->work_bind(d.work, sizes, batch, zeroed(m->work_memory(sizes, batch)));
    if (m->init(d.params, d.state, d.work, 1) != DELTA_OK)
        return 1;
    if (argc > 5)
        report_once(&d);
    else
        bench_report(pass, &d, atof(argv[4]));
    return 0;
}
