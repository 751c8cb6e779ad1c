/* From options to a model in memory with its data: the part that training and predicting have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "phase.h"
#include "report.h"
#include "run.h"

enum { DEFAULT_BATCH = 32 };

double delta_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Splits "NAME=VALUE" or "NAME: VALUE"; NULL when the sign is missing. */
static const char *split_at(const char *text, char sign, char *name, size_t room)
{
    const char *at = strchr(text, sign);
    size_t length = at ? (size_t)(at - text) : 0;
    if (!at || length >= room)
        return NULL;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    memcpy(name, text, length);
    name[length] = 0;
    for (at++; *at == ' '; at++)
        ;
    return at;
}

static int unknown_setting(const delta_run *run, const char *option, const char *text, const char *name)
{
    char names[300];
    int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--%s %s: the page has no setting named %s", option, text, name);
    delta_names_list(run->model, 1u << DELTA_HYPER, names, sizeof names);
    delta_hint("it has %s", *names ? names : "none; `hyper NAME = VALUE` declares one");
    return status;
}

static int hyper_named(const delta_run *run, const char *name)
{
    int number = delta_array_named(run->model, name);
    return number >= 0 && run->model->arrays[number].role == DELTA_HYPER && run->model->arrays[number].rank == 0 ? number : -1;
}

/* --set of sizes (before shapes are known) or of settings (after). */
static int apply_sets(delta_run *run, int sizes)
{
    const delta_list *list = &run->options->set;
    for (int i = 0; i < list->count; i++) {
        char name[256];
        double value;
        const char *text = split_at(list->items[i], '=', name, sizeof name);
        if (!text || !delta_number_read(text, &value))
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--set %s: NAME=VALUE with a number is expected", list->items[i]);
        int hyper = hyper_named(run, name), size = hyper < 0 ? delta_size_named(run->model, name) : -1;
        if (hyper < 0 && (size < 0 || run->model->sizes[size].value != 0))
            return unknown_setting(run, "set", list->items[i], name);
        if (sizes && size >= 0) {
            if (value < 1 || value > 1e9 || value != (double)(int64_t)value)
                return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--set %s: a size is a whole number above 0", list->items[i]);
            run->instance.sizes[size] = (int64_t)value;
        } else if (!sizes && hyper >= 0) {
            delta_entry_set(&run->model->arrays[hyper], &run->instance.places[hyper], 0, value);
        }
    }
    return 0;
}

static int apply_batches(delta_run *run)
{
    const delta_list *list = &run->options->batch;
    int populations = run->model->population_count;
    int64_t usual = DEFAULT_BATCH;
    int64_t *own = delta_pool_get(run->pool, (size_t)populations, sizeof *own);
    for (int i = 0; i < list->count; i++) {
        char name[256], *end;
        const char *text = split_at(list->items[i], '=', name, sizeof name);
        int population = text ? delta_population_named(run->model, name) : 0;
        int64_t value = strtoll(text ? text : list->items[i], &end, 10);
        if (population < 0 || *end || value < 1 || value > INT32_MAX)
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--batch %s: a number above 0 or POPULATION=NUMBER is expected", list->items[i]);
        *(text ? &own[population] : &usual) = value;
    }
    run->batch = delta_pool_get(run->pool, (size_t)populations, sizeof *run->batch);
    for (int p = 0; p < populations; p++) {
        int64_t batch = own[p] ? own[p] : usual, rows = run->data.rows[p];
        if (run->has_valid && run->valid.rows[p] > rows)
            rows = run->valid.rows[p];
        run->batch[p] = rows && batch > rows ? rows : batch;
        run->instance.batch[p] = run->has_lbfgs && rows ? rows : run->batch[p]; /* lbfgs sees everything at once */
    }
    return 0;
}

/* A main population without data or noise is one sample: all its values are the same. */
static void lone_main(delta_run *run)
{
    for (int i = 0; i < run->model->array_count; i++)
        if (run->model->arrays[i].per_sample && run->model->arrays[i].population == 0 && run->model->arrays[i].role < DELTA_PARAM)
            return;
    run->instance.batch[0] = run->batch[0] = 1;
}

static int apply_scales(delta_run *run)
{
    const delta_list *list = &run->options->scale;
    for (int i = 0; i < list->count; i++) {
        char name[256];
        double value;
        const char *text = split_at(list->items[i], '=', name, sizeof name);
        int number = text ? delta_array_named(run->model, name) : -1;
        if (number < 0 || !delta_number_read(text, &value) || run->model->arrays[number].role > DELTA_TARGET)
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--scale %s: NAME=FACTOR with data of the page is expected", list->items[i]);
        size_t width = run->instance.places[number].count;
        delta_transform *transform = &run->transforms[number];
        *transform = (delta_transform){width, delta_pool_get(run->pool, width, sizeof(double)), delta_pool_get(run->pool, width, sizeof(double))};
        for (size_t k = 0; k < width; k++)
            transform->factor[k] = value;
    }
    return 0;
}

static int apply_normalize(delta_run *run)
{
    const delta_list *list = &run->options->normalize;
    for (int i = 0; i < list->count; i++) {
        int number = delta_array_named(run->model, list->items[i]);
        if (number < 0 || run->model->arrays[number].role > DELTA_TARGET)
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--normalize %s: the page has no data of that name", list->items[i]);
        int status = delta_transform_normalize(run->pool, &run->data, number, &run->transforms[number]);
        for (int f = 0; f < run->valid.count; f++)
            if (run->valid.fields[f].array == number)
                run->valid.fields[f].transform = &run->transforms[number];
        if (status)
            return status;
    }
    return 0;
}

static int transforms_check(const delta_run *run)
{
    for (int i = 0; i < run->model->array_count; i++)
        if (run->transforms[i].factor && run->transforms[i].width != run->instance.places[i].count)
            return delta_fail(DELTA_EXIT_UNUSABLE, run->model->page, run->model->arrays[i].line, "the weights' transform of %s is for %zu entries, not %zu",
                              run->model->arrays[i].spelling, run->transforms[i].width, run->instance.places[i].count);
    return 0;
}

static int has_per_sample_data(const delta_model *model)
{
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_INPUT || model->arrays[i].role == DELTA_TARGET)
            return 1;
    return 0;
}

/* predict --need A,B: of the data of samples exactly these. */
static int needed_complete(const delta_run *run, const delta_binding *data)
{
    char name[256];
    for (const char *at = run->options->need; *at;) {
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        int number = delta_array_named(run->model, name);
        if (number < 0)
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--need %s: the page has no data of that name", name);
        if (!data[number].bound)
            return delta_bindings_missing(run->model, number);
        at += length + (at[length] == ',');
    }
    return 0;
}

static int bindings_prepare(delta_run *run, delta_binding *data, delta_binding *valid, const delta_tensors *weights)
{
    const delta_options *options = run->options;
    delta_source_options how = {options->columns, options->whole};
    int predicting = options->command == DELTA_PREDICT;
    unsigned roles = 1u << DELTA_INPUT | 1u << DELTA_TARGET | (predicting ? 0 : 1u << DELTA_GIVEN);
    if (options->need)
        roles = 0;
    int status = delta_bindings_read(run->pool, run->model, options->data.items, options->data.count, &how, data);
    if (!status && weights->count == 0)
        status = delta_bindings_complete(run->model, data, roles, predicting);
    else if (!status)
        status = delta_bindings_complete(run->model, data, roles & ~(1u << DELTA_GIVEN), predicting);
    if (!status && options->need)
        status = needed_complete(run, data);
    if (!status && options->valid.count)
        status = delta_bindings_read(run->pool, run->model, options->valid.items, options->valid.count, &how, valid);
    if (!status && options->valid.count)
        status = delta_bindings_complete(run->model, valid, 1u << DELTA_INPUT | 1u << DELTA_TARGET, 0);
    return status;
}

static int sizes_prepare(delta_run *run, delta_binding *data, delta_binding *valid, const delta_tensors *weights)
{
    const delta_model *model = run->model;
    delta_instance *instance = &run->instance;
    *instance = (delta_instance){.model = model};
    instance->sizes = delta_pool_get(run->pool, (size_t)model->size_count, sizeof *instance->sizes);
    instance->batch = delta_pool_get(run->pool, (size_t)model->population_count, sizeof *instance->batch);
    for (int i = 0; i < model->size_count; i++)
        instance->sizes[i] = model->sizes[i].value;
    int status = apply_sets(run, 1);
    if (status)
        return status;
    delta_sizes_from_weights(model, weights, instance->sizes);
    delta_sizes_from_bindings(model, data, instance->sizes);
    status = delta_sizes_complete(model, instance->sizes);
    if (status)
        return status;
    delta_instance_shapes(run->pool, instance);
    status = delta_bindings_check(instance, data, run->options->quiet);
    if (!status && run->options->valid.count)
        status = delta_bindings_check(instance, valid, 1);
    return status;
}

static int datasets_prepare(delta_run *run, const delta_binding *data, const delta_binding *valid)
{
    const delta_options *options = run->options;
    int status = apply_scales(run);
    if (!status)
        status = transforms_check(run);
    if (!status)
        status = delta_dataset_bind(run->pool, &run->instance, data, run->transforms, &run->data);
    if (!status && options->valid.count)
        status = delta_dataset_bind(run->pool, &run->instance, valid, run->transforms, &run->valid);
    else if (!status && options->split > 0)
        status = delta_dataset_split(run->pool, &run->data, options->split, &run->valid);
    run->has_valid = !status && (options->valid.count || options->split > 0);
    if (!status)
        status = apply_normalize(run);
    if (!status)
        status = apply_batches(run);
    if (!status)
        status = delta_dataset_load(run->pool, &run->instance, &run->data);
    if (!status && run->has_valid)
        status = delta_dataset_load(run->pool, &run->instance, &run->valid);
    return status;
}

static int instance_prepare(delta_run *run, const delta_binding *data, const delta_tensors *weights)
{
    lone_main(run);
    int status = delta_instance_start(run->pool, &run->instance, run->options->seed);
    if (!status && weights->count)
        status = delta_weights_apply(&run->instance, weights, run->options->quiet || run->options->command == DELTA_PREDICT);
    for (int i = 0; i < run->model->array_count && !status; i++)
        if (data[i].bound && !run->model->arrays[i].per_sample)
            status = delta_given_set(&run->instance, i, &data[i]);
    if (!status)
        status = apply_sets(run, 0);
    if (status)
        return status;
    delta_feeder_make(run->pool, &run->feeder, &run->instance, &run->data, run->batch, run->options->seed,
                      run->options->command == DELTA_TRAIN && !run->options->ordered);
    status = delta_assumptions_check(&run->feeder);
    if (!status && run->has_valid) {
        delta_feeder_make(run->pool, &run->valid_feeder, &run->instance, &run->valid, run->batch, run->options->seed, 0);
        status = delta_assumptions_check(&run->valid_feeder);
    }
    return status;
}

/* Schedules are read when the number of steps is known; here only their names. */
static int schedules_prepare(delta_run *run)
{
    const delta_list *list = &run->options->schedule;
    run->schedules = delta_pool_get(run->pool, (size_t)list->count, sizeof *run->schedules);
    for (int i = 0; i < list->count; i++) {
        char name[256];
        const char *text = split_at(list->items[i], ':', name, sizeof name);
        if (!text)
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--schedule '%s': 'NAME: SCHEDULE' is expected", list->items[i]);
        run->schedules[i].array = hyper_named(run, name);
        if (run->schedules[i].array < 0)
            return unknown_setting(run, "schedule", list->items[i], name);
        int status = delta_schedule_read(text, run->total_steps, run->epoch_steps, &run->schedules[i]);
        if (status)
            return status;
    }
    return 0;
}

/* A setting "lbfgs.m"; the page always declares it. */
static double phase_setting(const delta_run *run, const char *phase, const char *setting)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%s", phase, setting);
    int number = hyper_named(run, name);
    return number < 0 ? 0 : delta_entry_get(&run->model->arrays[number], &run->instance.places[number], 0);
}

static int lbfgs_prepare(delta_run *run)
{
    int number;
    if (!run->has_lbfgs || !delta_phase_has_lbfgs(run->model, &number))
        return 0;
    const char *phase = run->model->phases[number].name;
    double pairs = phase_setting(run, phase, "m"), tolerance = phase_setting(run, phase, "epsilon");
    if (!(pairs >= 1 && pairs <= 1000 && tolerance >= 0))
        return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "%s keeps m = 1 to 1000 pairs, and its ε is not negative", phase);
    delta_lbfgs_prepare(run->pool, &run->instance, (int)pairs, tolerance, &run->lbfgs);
    return 0;
}

/* An epoch is one pass over the main data, else over the largest other population, else 100 steps. */
static void steps_prepare(delta_run *run)
{
    const delta_options *options = run->options;
    run->epoch_steps = run->data.rows[0] ? delta_feeder_batches(&run->feeder, 0) : 0;
    for (int p = 1; p < run->model->population_count && !run->data.rows[0]; p++)
        if (run->data.rows[p] && delta_feeder_batches(&run->feeder, p) > run->epoch_steps)
            run->epoch_steps = delta_feeder_batches(&run->feeder, p);
    if (run->epoch_steps == 0)
        run->epoch_steps = 100;
    run->total_steps = options->steps;
    if (options->epochs) {
        int64_t steps = delta_phase_steps(run->model, options->epochs, run->epoch_steps);
        run->total_steps = run->total_steps && run->total_steps < steps ? run->total_steps : steps;
    } else if (!options->steps && !(options->time > 0)) {
        run->total_steps = delta_phase_total(run->model, run->epoch_steps);
    }
    run->report_steps = options->every ? options->every : run->epoch_steps;
}

int delta_run_prepare(delta_run *run)
{
    const delta_model *model = run->model;
    size_t count = (size_t)model->array_count;
    delta_binding *data = delta_pool_get(run->pool, count, sizeof *data), *valid = delta_pool_get(run->pool, count, sizeof *valid);
    const char *from = run->options->command == DELTA_PREDICT ? run->options->weights : run->options->from;
    delta_tensors weights = {0};
    run->transforms = delta_pool_get(run->pool, count, sizeof *run->transforms);
    run->log = -1;
    int phase;
    run->has_lbfgs = run->options->command == DELTA_TRAIN && delta_phase_has_lbfgs(model, &phase);
    if (run->options->data.count == 0 && has_per_sample_data(model))
        return delta_bindings_complete(model, data, 1u << DELTA_INPUT | 1u << DELTA_TARGET, 0);
    int status = from ? delta_weights_read(run->pool, model, from, &weights, run->transforms) : 0;
    if (!status)
        status = bindings_prepare(run, data, valid, &weights);
    if (!status)
        status = sizes_prepare(run, data, valid, &weights);
    if (!status)
        status = datasets_prepare(run, data, valid);
    if (!status)
        status = instance_prepare(run, data, &weights);
    if (status)
        return status;
    steps_prepare(run);
    status = lbfgs_prepare(run);
    return status ? status : schedules_prepare(run);
}

void delta_run_close(delta_run *run)
{
    delta_dataset_close(&run->data);
    delta_dataset_close(&run->valid);
}

void delta_run_save(const delta_run *run, unsigned char *memory)
{
    for (int i = 0; i < run->model->array_count; i++) {
        const delta_place *place = &run->instance.places[i];
        if (!delta_array_kept(&run->model->arrays[i]))
            continue;
        memcpy(memory, place->memory, place->count * place->size);
        memory += place->count * place->size;
    }
}

void delta_run_restore(delta_run *run, const unsigned char *memory)
{
    for (int i = 0; i < run->model->array_count; i++) {
        const delta_place *place = &run->instance.places[i];
        if (!delta_array_kept(&run->model->arrays[i]))
            continue;
        memcpy(place->memory, memory, place->count * place->size);
        memory += place->count * place->size;
    }
}
