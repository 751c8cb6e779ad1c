/* Times a page's gradient beside the objective and the gradient written by hand, and compares the two gradients entry by entry.
 * usage: measure SECONDS [SIZE=NUMBER …]. Prints one JSON object. Compile with -DMODEL=NAME_model and link with NAME.c of deltac and of this folder. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "delta.h"
#include "suite.h"

extern const delta_model MODEL;

enum { MAX_ARRAYS = 64, MAX_SIZES = 64, SLOW = 2 /* seconds: once is enough */ };

static struct {
    void *params, *state, *in, *out, *work, *grad;
    int64_t sizes[MAX_SIZES], batch[16];
    double *by_hand[MAX_ARRAYS];
} x;

static void *taken(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) {
        fprintf(stderr, "out of memory\n");
        exit(4);
    }
    memset(p, 0, (bytes + 127) / 64 * 64);
    return p;
}

static void *struct_of(const delta_array *a)
{
    return a->role == DELTA_PARAM                                                       ? x.params
           : a->role == DELTA_OUTPUT                                                    ? x.out
           : a->role == DELTA_STATE || a->role == DELTA_GIVEN || a->role == DELTA_HYPER ? x.state
                                                                                        : x.in;
}

static ptrdiff_t entries(int number)
{
    int64_t dims[DELTA_MAX_RANK] = {0}, count = 1;
    const delta_array *a = &MODEL.arrays[number];
    if (a->rank)
        MODEL.shape(number, x.sizes, dims);
    for (int k = 0; k < a->rank; k++)
        count *= dims[k];
    return (ptrdiff_t)count;
}

static double *entries_of(void *memory, const delta_array *a)
{
    char *member = (char *)memory + a->offset;
    return a->pointer ? *(double **)(void *)member : (double *)(void *)member;
}

static int number_of(const char *name, int role)
{
    for (int i = 0; i < MODEL.array_count; i++)
        if (strcmp(MODEL.arrays[i].name, name) == 0 && (role < 0 ? MODEL.arrays[i].role != DELTA_OUTPUT : (int)MODEL.arrays[i].role == role))
            return i;
    fprintf(stderr, "the page has no %s\n", name);
    exit(1);
}

ptrdiff_t suite_size(const char *name)
{
    for (int i = 0; i < MODEL.size_count; i++)
        if (strcmp(MODEL.sizes[i].name, name) == 0)
            return (ptrdiff_t)x.sizes[i];
    fprintf(stderr, "the page has no size %s\n", name);
    exit(1);
}

const double *suite_array(const char *name)
{
    const delta_array *a = &MODEL.arrays[number_of(name, -1)];
    return entries_of(struct_of(a), a);
}

const int *suite_indices(const char *name)
{
    return (const int *)suite_array(name);
}

double *suite_output(const char *name)
{
    return x.by_hand[number_of(name, DELTA_OUTPUT)];
}

__attribute__((weak)) void model_indices(const char *name, int *values, ptrdiff_t count)
{
    (void)name, (void)values, (void)count;
}

double suite_setting(const char *name)
{
    return *suite_array(name);
}

double *suite_gradient(const char *name)
{
    return x.by_hand[number_of(name, -1)];
}

static double uniform(uint64_t number, uint64_t i)
{
    uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) + (number + 7) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1.0;
}

static void set_size(const char *word, size_t length)
{
    const char *is = memchr(word, '=', length);
    for (int i = 0; is && i < MODEL.size_count; i++)
        if (strlen(MODEL.sizes[i].name) == (size_t)(is - word) && strncmp(MODEL.sizes[i].name, word, (size_t)(is - word)) == 0)
            x.sizes[i] = strtoll(is + 1, NULL, 10);
}

static void read_sizes(int count, char **words)
{
    for (int i = 0; i < MODEL.size_count; i++)
        x.sizes[i] = MODEL.sizes[i].value;
    for (const char *w = model_sizes; *w; w += strcspn(w, " ") + (w[strcspn(w, " ")] == ' '))
        set_size(w, strcspn(w, " "));
    for (int i = 0; i < count; i++)
        set_size(words[i], strlen(words[i]));
}

static void make_arrays(void)
{
    for (int i = 0; i < MODEL.array_count; i++) {
        const delta_array *a = &MODEL.arrays[i];
        ptrdiff_t count = entries(i);
        void *memory = taken((size_t)count * 8);
        if (a->pointer) {
            memcpy((char *)struct_of(a) + a->offset, &memory, sizeof memory);
            if (a->role == DELTA_PARAM) {
                void *other = taken((size_t)count * 8);
                memcpy((char *)x.grad + a->offset, &other, sizeof other);
            }
        }
        x.by_hand[i] = taken((size_t)count * 8);
    }
}

static void fill_arrays(void)
{
    for (int i = 0; i < MODEL.array_count; i++) {
        const delta_array *a = &MODEL.arrays[i];
        double *values = entries_of(struct_of(a), a);
        if (a->role != DELTA_PARAM && !(a->role == DELTA_GIVEN && a->from_data))
            continue;
        if (a->type == DELTA_INT32) {
            model_indices(a->name, (int *)(void *)values, entries(i));
            continue;
        }
        for (ptrdiff_t k = 0; k < entries(i); k++)
            values[k] = uniform((uint64_t)i, (uint64_t)k);
        model_prepare(a->name, values, entries(i));
    }
}

/* ADOL-C (adolc.cpp), where it is linked; they fill what model_gradient() fills. */
__attribute__((weak)) int adolc_begin(void);
__attribute__((weak)) void adolc_run(void);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static volatile double kept; /* so that no call is left out */

static void run_objective(void)
{
    kept = model_objective();
}

static void run_gradient(void)
{
    double cost = 0;
    int code = model_output ? MODEL.forward(x.params, x.state, x.in, x.out, x.work) : MODEL.gradient(x.params, x.state, x.in, x.grad, &cost, x.work);
    if (code != DELTA_OK) {
        fprintf(stderr, "the page's program fails with code %d\n", code);
        exit(1);
    }
    kept = cost;
}

static void run_forward(void)
{
    double sums[64] = {0};
    MODEL.measure(x.params, x.state, x.in, sums, x.work);
    kept = sums[0];
}

enum { MOST_RUNS = 500, ROUNDS = 9 };

static double median(const double *values, int count)
{
    double list[MOST_RUNS];
    memcpy(list, values, (size_t)count * sizeof *list);
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && list[k] < list[k - 1]; k--) {
            double swap = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
    return list[count / 2];
}

/* Median of at least three runs, for at least `seconds`, after one that is not counted. */
static double timed(void (*work)(void), double seconds)
{
    double list[MOST_RUNS], total = 0;
    int count = 0;
    work();
    while (count < MOST_RUNS && (count < 3 || total < seconds)) {
        double start = now();
        work();
        list[count] = now() - start;
        total += list[count++];
    }
    return median(list, count);
}

typedef struct {
    void (*run)(void);
    double round[ROUNDS];
} work;

/* All in turn, several times: a shared machine changes its speed within seconds, which times far apart would take for a difference. */
static void measure(work *list, int count, double seconds)
{
    for (int k = 0; k < ROUNDS; k++)
        for (int i = 0; i < count; i++)
            list[i].round[k] = timed(list[i].run, seconds / ROUNDS);
}

static double ratio(const work *a, const work *b)
{
    double list[ROUNDS];
    for (int k = 0; k < ROUNDS; k++)
        list[k] = a->round[k] / b->round[k];
    return median(list, ROUNDS);
}

/* Relative to the entry, or to 1e-6 of the array's largest where it is smaller: there the two ways of adding cancel differently. */
static double compare(const double *ours, const double *theirs, ptrdiff_t count, ptrdiff_t *zeros)
{
    double most = 0, worst = 0;
    for (ptrdiff_t k = 0; k < count; k++)
        most = fmax(most, fabs(theirs[k]));
    for (ptrdiff_t k = 0; k < count; k++) {
        double error = fabs(ours[k] - theirs[k]) / fmax(fmax(fabs(theirs[k]), 1e-6 * most), 1e-300);
        *zeros += theirs[k] == 0;
        if (ours[k] == theirs[k])
            error = 0;
        if (!(error <= worst))
            worst = error;
    }
    return worst;
}

static double worst_entry(ptrdiff_t *compared, ptrdiff_t *zeros)
{
    double worst = 0;
    for (int i = 0; i < MODEL.array_count; i++) {
        const delta_array *a = &MODEL.arrays[i];
        double error = 0;
        if (model_output && a->role == DELTA_OUTPUT)
            error = compare(entries_of(x.out, a), x.by_hand[i], entries(i), zeros);
        else if (!model_output && a->role == DELTA_PARAM)
            error = compare(entries_of(x.grad, a), x.by_hand[i], entries(i), zeros);
        else
            continue;
        *compared += entries(i);
        worst = error <= worst ? worst : error;
    }
    return worst;
}

/* --- for a program that gives the values itself (gradbench.py loads this file as a library) --- */

/* Memory for these sizes ("N=1000"); settings and computed arrays have the page's values, all other numbers are 0. */
int suite_begin(int count, char **words)
{
    for (int i = 0; i < 16; i++)
        x.batch[i] = 1;
    x.params = taken(MODEL.params_bytes), x.state = taken(MODEL.state_bytes), x.in = taken(MODEL.in_bytes), x.out = taken(MODEL.out_bytes);
    x.work = taken(MODEL.work_bytes), x.grad = taken(MODEL.params_bytes);
    read_sizes(count, words);
    make_arrays();
    MODEL.work_bind(x.work, x.sizes, x.batch, taken(MODEL.work_memory(x.sizes, x.batch)));
    MODEL.set_batch(x.in, 0, 1);
    return MODEL.init(x.params, x.state, x.work, 1);
}

double *suite_values(const char *name)
{
    const delta_array *a = &MODEL.arrays[number_of(name, -1)];
    return entries_of(struct_of(a), a);
}

/* All outputs of the page. */
void suite_forward(void)
{
    MODEL.forward(x.params, x.state, x.in, x.out, x.work);
}

double *suite_shown(const char *name)
{
    const delta_array *a = &MODEL.arrays[number_of(name, DELTA_OUTPUT)];
    return entries_of(x.out, a);
}

ptrdiff_t suite_shown_count(const char *name)
{
    return entries(number_of(name, DELTA_OUTPUT));
}

/* Of the last suite_run(): the gradient by a parameter, or the output of that name. */
double *suite_result(const char *name)
{
    const delta_array *a = &MODEL.arrays[number_of(name, model_output ? DELTA_OUTPUT : -1)];
    return entries_of(model_output ? x.out : x.grad, a);
}

ptrdiff_t suite_count(const char *name)
{
    return entries(number_of(name, -1));
}

double suite_cost(void)
{
    run_forward();
    return kept;
}

void suite_run(void)
{
    run_gradient();
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 64;
    double seconds = atof(argv[1]);
    if (suite_begin(argc - 2, argv + 2) != DELTA_OK)
        return 1;
    fill_arrays();
    run_gradient();
    model_gradient();
    ptrdiff_t compared = 0, zeros = 0;
    double sums[64] = {0}, worst = worst_entry(&compared, &zeros), by_hand = model_objective();
    MODEL.measure(x.params, x.state, x.in, sums, x.work);
    work list[] = {{.run = run_objective}, {.run = model_gradient}, {.run = run_forward}, {.run = run_gradient}};
    const work *objective = list, *hand = list + 1, *forward = list + 2, *gradient = list + 3;
    measure(list, 4, seconds);
    double adolc = 0, adolc_worst = 0;
    if (adolc_begin && adolc_begin()) {
        double start = now();
        adolc_run();
        adolc = now() - start;
        if (adolc < SLOW)
            adolc = timed(adolc_run, seconds);
        adolc_worst = worst_entry(&compared, &zeros);
    }
    printf("{\"objective\": %.9g, \"gradient_by_hand\": %.9g, \"forward\": %.9g, \"gradient\": %.9g, \"ratio\": %.4g, \"ratio_by_hand\": %.4g, "
           "\"ratio_forward\": %.4g, ",
           median(objective->round, ROUNDS), median(hand->round, ROUNDS), median(forward->round, ROUNDS), median(gradient->round, ROUNDS),
           ratio(gradient, objective), ratio(gradient, hand), ratio(gradient, forward));
    printf("\"worst\": %.3g, \"cost_error\": %.3g, \"entries\": %td, \"zeros\": %td, \"adolc\": %.9g, \"adolc_worst\": %.3g}\n", worst,
           fabs(sums[0] - by_hand) / fabs(by_hand), compared, zeros, adolc, adolc_worst);
    return 0;
}
