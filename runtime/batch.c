/* Shuffling by index, gathering, noise. */
#include "batch.h"

#include <stdio.h>
#include <string.h>

#include "delta_random.h"
#include "report.h"

#define SHUFFLE_STREAM UINT64_C(0x73687566666c6500)
#define NOISE_STREAM   UINT64_C(0x6e6f697365000000)

/* floor(bits * count / 2^64): a number from 0 to count - 1 without a division (count below 2^32). */
static uint64_t below(uint64_t bits, uint64_t count)
{
    uint64_t low = (bits & 0xffffffff) * count, high = (bits >> 32) * count;
    return (high + (low >> 32)) >> 32;
}

void delta_shuffle(int64_t *order, int64_t count, uint64_t seed, int population, int64_t epoch)
{
    uint64_t stream = delta_mix(SHUFFLE_STREAM + (uint64_t)population) ^ (uint64_t)epoch;
    for (int64_t i = 0; i < count; i++)
        order[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)below(delta_bits(seed, stream, (uint64_t)i), (uint64_t)i + 1);
        int64_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static double noise_value(const delta_array *array, uint64_t seed, uint64_t stream, uint64_t counter)
{
    switch (array->distribution) {
    case DELTA_NORMAL: return array->a + array->b * delta_normal(seed, stream, counter);
    case DELTA_UNIFORM: return array->a + (array->b - array->a) * delta_uniform(seed, stream, counter);
    default: return delta_uniform(seed, stream, counter) < array->a;
    }
}

void delta_noise_fill(const delta_array *array, const delta_place *place, int number, uint64_t seed, uint64_t step, int64_t row, unsigned char *memory)
{
    uint64_t stream = delta_mix(NOISE_STREAM + (uint64_t)number) ^ step, first = (uint64_t)row * place->count;
    delta_place here = *place;
    here.memory = memory;
    for (size_t i = 0; i < place->count; i++)
        delta_entry_set(array, &here, i, noise_value(array, seed, stream, first + i));
}

void delta_feeder_make(delta_pool *pool, delta_feeder *feeder, delta_instance *instance, delta_dataset *set, const int64_t *batch, uint64_t seed, int shuffle)
{
    size_t populations = (size_t)instance->model->population_count;
    *feeder = (delta_feeder){.instance = instance, .set = set, .seed = seed, .batch = batch ? batch : instance->batch};
    feeder->parts = delta_pool_get(pool, populations, sizeof *feeder->parts);
    for (int i = 0; i < set->count; i++)
        feeder->late |= set->fields[i].descriptor >= 0;
    feeder->noises = delta_pool_get(pool, (size_t)instance->model->array_count, sizeof *feeder->noises);
    for (int i = 0; i < instance->model->array_count; i++)
        if (instance->model->arrays[i].role == DELTA_NOISE)
            feeder->noises[feeder->noise_count++] = i;
    feeder->orders = delta_pool_get(pool, populations, sizeof *feeder->orders);
    for (size_t p = 0; p < populations; p++) {
        feeder->orders[p].epoch = -1;
        if (shuffle && set->rows[p] > feeder->batch[p]) /* a batch of everything needs no order */
            feeder->orders[p].order = delta_pool_get(pool, (size_t)set->rows[p], sizeof(int64_t));
    }
}

int64_t delta_feeder_batches(const delta_feeder *feeder, int population)
{
    int64_t rows = feeder->set->rows[population], batch = feeder->batch[population];
    return rows ? (rows + batch - 1) / batch : 1;
}

static int64_t part_row(const delta_part *part, int64_t k)
{
    return part->order ? part->first + part->order[k] : part->first + k;
}

/* Rows that lie together are used where they are. */
static void field_point(delta_instance *instance, const delta_field *field, int64_t row)
{
    delta_instance_point(instance, field->array, field->values + (size_t)row * field->width * field->element);
    if (field->given)
        delta_instance_point(instance, field->known, field->given + (size_t)row * field->width * instance->places[field->known].size);
}

static void field_gather(delta_instance *instance, const delta_field *field, const delta_part *part)
{
    unsigned char *to = instance->places[field->array].memory;
    size_t bytes = field->width * field->element;
    delta_instance_point(instance, field->array, to);
    for (int64_t k = 0; k < part->count; k++, to += bytes)
        memcpy(to, field->values + (size_t)part_row(part, k) * bytes, bytes);
    if (!field->given)
        return;
    to = instance->places[field->known].memory;
    bytes = field->width * instance->places[field->known].size;
    delta_instance_point(instance, field->known, to);
    for (int64_t k = 0; k < part->count; k++, to += bytes)
        memcpy(to, field->given + (size_t)part_row(part, k) * bytes, bytes);
}

/* From the file: row by row, or as many together as lie together. */
static int field_stream(delta_instance *instance, delta_field *field, const delta_part *part)
{
    const delta_place *place = &instance->places[field->array];
    size_t bytes = field->width * field->element;
    delta_instance_point(instance, field->array, place->memory);
    size_t known_bytes = field->known >= 0 ? field->width * instance->places[field->known].size : 0;
    unsigned char *given = field->known >= 0 ? instance->places[field->known].memory : NULL;
    int64_t piece = part->order ? 1 : field->tensor.bytes ? part->count : field->raw_rows;
    for (int64_t k = 0; k < part->count; k += piece) {
        int64_t count = part->count - k < piece ? part->count - k : piece, row = part_row(part, k);
        const unsigned char *raw = delta_field_raw(field, row, count);
        if (!raw)
            return DELTA_EXIT_UNUSABLE;
        int status =
            delta_field_convert(instance->model, field, raw, row, count, place->memory + (size_t)k * bytes, given ? given + (size_t)k * known_bytes : NULL);
        if (status)
            return status;
    }
    return 0;
}

static void noise_gather(const delta_feeder *feeder, int number, const delta_part *part, uint64_t step)
{
    const delta_instance *instance = feeder->instance;
    const delta_place *place = &instance->places[number];
    unsigned char *to = place->memory;
    for (int64_t k = 0; k < part->count; k++, to += place->count * place->size)
        delta_noise_fill(&instance->model->arrays[number], place, number, feeder->seed, step, part_row(part, k), to);
}

static int population_feed(delta_feeder *feeder, int population, const delta_part *part, uint64_t step)
{
    const delta_model *model = feeder->instance->model;
    int status = 0;
    feeder->parts[population] = *part;
    for (int i = 0; i < feeder->set->count && !status; i++) {
        delta_field *field = &feeder->set->fields[i];
        if (model->arrays[field->array].population != population)
            continue;
        if (!field->values)
            status = field_stream(feeder->instance, field, part);
        else if (!part->order || part->count == 1)
            field_point(feeder->instance, field, part_row(part, 0));
        else
            field_gather(feeder->instance, field, part);
    }
    for (int i = 0; i < feeder->noise_count; i++)
        if (model->arrays[feeder->noises[i]].population == population)
            noise_gather(feeder, feeder->noises[i], part, step);
    if (model->set_batch)
        model->set_batch(feeder->instance->in, population, (ptrdiff_t)part->count);
    return status;
}

/* The k-th batch of a population's epoch. */
static delta_part population_part(const delta_feeder *feeder, int population, int64_t k, const int64_t *order)
{
    int64_t rows = feeder->set->rows[population], batch = feeder->batch[population];
    if (rows == 0)
        return (delta_part){0, batch, NULL};
    int64_t begin = k * batch, left = rows - begin;
    delta_part part = {feeder->set->first[population], left < batch ? left : batch, NULL};
    if (order)
        part.order = order + begin;
    else
        part.first += begin;
    return part;
}

/* Batch step mod batches of epoch step / batches; the next step needs no division. */
static const delta_order *order_at(delta_feeder *feeder, int population, int64_t step)
{
    delta_order *order = &feeder->orders[population];
    int64_t epoch = order->epoch;
    if (epoch >= 0 && step == order->step + 1) {
        if (++order->batch == order->batches) {
            order->batch = 0;
            epoch++;
        }
    } else if (epoch < 0 || step != order->step) {
        order->batches = delta_feeder_batches(feeder, population);
        order->batch = step % order->batches;
        epoch = step / order->batches;
    }
    order->step = step;
    if (epoch != order->epoch && order->order)
        delta_shuffle(order->order, feeder->set->rows[population], feeder->seed, population, epoch);
    order->epoch = epoch;
    return order;
}

/* Where row `row` of a population was read. */
static const delta_tensor *row_source(const delta_feeder *feeder, int population)
{
    for (int i = 0; i < feeder->set->count; i++)
        if (feeder->set->model->arrays[feeder->set->fields[i].array].population == population)
            return &feeder->set->fields[i].tensor;
    return NULL;
}

static int assumption_failed(const delta_feeder *feeder, const delta_assumption *assumption, int64_t row)
{
    const delta_tensor *tensor = row_source(feeder, assumption->population);
    const char *file = tensor ? tensor->file : feeder->set->model->page;
    int status = delta_fail(DELTA_EXIT_UNUSABLE, file, tensor && tensor->lines ? tensor->lines[row] : 0, "row %lld does not satisfy `assume %s`",
                            (long long)row + 1, assumption->text);
    delta_hint("the assumption is on line %d of %s", assumption->line, feeder->set->model->page);
    return status;
}

static int has_field(const delta_dataset *set, int array)
{
    for (int i = 0; i < set->count; i++)
        if (set->fields[i].array == array)
            return 1;
    return 0;
}

/* Predictions need no targets. */
static int has_targets(const delta_feeder *feeder)
{
    const delta_model *model = feeder->set->model;
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_TARGET && !has_field(feeder->set, i))
            return 0;
    return 1;
}

static int concerns_rows(const delta_assumption *assumption, int population, int targets)
{
    return !assumption->given && assumption->population == population && (targets || !assumption->targets);
}

/* The samples of this part are in `in`. */
static int assumptions_test(const delta_feeder *feeder, int population, const delta_part *part)
{
    const delta_model *model = feeder->instance->model;
    int targets = has_targets(feeder);
    for (int64_t s = 0; s < part->count; s++)
        for (int a = 0; a < model->assumption_count; a++) {
            const delta_assumption *assumption = &model->assumptions[a];
            if (concerns_rows(assumption, population, targets) && assumption->test(feeder->instance->in, feeder->instance->work, (ptrdiff_t)s))
                return assumption_failed(feeder, assumption, part_row(part, s));
        }
    return 0;
}

/* `in` holds this part now. */
static int part_feed(delta_feeder *feeder, int population, const delta_part *part, uint64_t step)
{
    int status = population_feed(feeder, population, part, step);
    return !status && feeder->late ? assumptions_test(feeder, population, part) : status;
}

int delta_feed_step(delta_feeder *feeder, int64_t step, int64_t *count)
{
    int populations = feeder->instance->model->population_count, status = 0;
    for (int p = 0; p < populations && !status; p++) {
        const delta_order *order = order_at(feeder, p, step);
        delta_part part = population_part(feeder, p, order->batch, order->order);
        status = part_feed(feeder, p, &part, (uint64_t)step);
        if (p == 0)
            *count = part.count;
    }
    return status;
}

int delta_feed_plain(delta_feeder *feeder, int64_t batch, int64_t *count)
{
    int populations = feeder->instance->model->population_count, status = 0;
    for (int p = 0; p < populations && !status; p++) {
        delta_part part = population_part(feeder, p, batch % delta_feeder_batches(feeder, p), NULL);
        status = part_feed(feeder, p, &part, UINT64_MAX);
        if (p == 0)
            *count = part.count;
    }
    return status;
}

int delta_feed_all(delta_feeder *feeder, int64_t *count)
{
    int populations = feeder->instance->model->population_count, status = 0;
    for (int p = 0; p < populations && !status; p++) {
        int64_t rows = feeder->set->rows[p];
        delta_part part = {feeder->set->first[p], rows ? rows : feeder->instance->batch[p], NULL};
        status = part_feed(feeder, p, &part, UINT64_MAX);
        if (p == 0)
            *count = part.count;
    }
    return status;
}

static int given_test(const delta_feeder *feeder)
{
    const delta_model *model = feeder->instance->model;
    for (int a = 0; a < model->assumption_count; a++) {
        const delta_assumption *assumption = &model->assumptions[a];
        if (assumption->given && assumption->test(feeder->instance->state, feeder->instance->work, 0))
            return delta_fail(DELTA_EXIT_UNUSABLE, model->page, assumption->line, "the given data do not satisfy `assume %s`", assumption->text);
    }
    return 0;
}

int delta_assumptions_check(delta_feeder *feeder)
{
    const delta_model *model = feeder->instance->model;
    int status = given_test(feeder);
    for (int p = 0; p < model->population_count && model->assumption_count && !feeder->late; p++) {
        int64_t batches = feeder->set->rows[p] ? delta_feeder_batches(feeder, p) : 0, main_count;
        for (int64_t b = 0; b < batches && !status; b++) {
            status = delta_feed_plain(feeder, b, &main_count);
            if (!status)
                status = assumptions_test(feeder, p, &feeder->parts[p]);
        }
    }
    return status;
}

const char *delta_feeder_source(const delta_feeder *feeder, int population, int64_t sample, char *text, size_t room)
{
    const delta_tensor *tensor = row_source(feeder, population);
    const delta_part *part = &feeder->parts[population];
    *text = 0;
    if (!tensor || sample < 0 || sample >= part->count)
        return text;
    int64_t row = part_row(part, sample);
    size_t used = (size_t)snprintf(text, room, "row %lld of %s", (long long)row + 1, tensor->file);
    if (tensor->lines && used < room)
        snprintf(text + used, room - used, " (line %lld)", (long long)tensor->lines[row]);
    return text;
}
