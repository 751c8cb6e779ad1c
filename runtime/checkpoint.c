/* The checkpoint's format, all little-endian: "DELTACK3", the model's hash, 32-bit and 64-bit fields as checkpoint_write puts them, every kept array with name and
 * shape, the best arrays, and the CRC-32 of all before it. */
#include "checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "report.h"

static const char magic[] = "DELTACK3";

#define ANY_DATA UINT64_MAX /* in place of a checksum, which has 32 bits */

static char *checkpoint_path(delta_run *run)
{
    size_t room = strlen(run->options->checkpoint) + strlen(run->model->name) + 16;
    char *path = delta_pool_get(run->pool, room, 1);
    snprintf(path, room, "%s/%s.checkpoint", run->options->checkpoint, run->model->name);
    return path;
}

/* Before the first step: schedules change the settings. */
static void take_settings(delta_run *run)
{
    const delta_model *model = run->model;
    run->settings = delta_pool_get(run->pool, (size_t)model->array_count, sizeof *run->settings);
    for (int i = 0; i < model->array_count; i++) {
        if (model->arrays[i].role != DELTA_HYPER || model->arrays[i].rank)
            continue;
        double value = delta_entry_get(&model->arrays[i], &run->instance.places[i], 0);
        delta_trait *t = &run->settings[run->setting_count++];
        t->name = model->arrays[i].spelling;
        memcpy(&t->value, &value, sizeof value);
    }
}

static int take_checks(delta_run *run, delta_dataset *set, int valid)
{
    int status = 0;
    for (int i = 0; i < set->count && !status; i++) {
        uint32_t check = 0;
        status = delta_field_check(&set->fields[i], &check);
        run->checks[run->check_count++] = (delta_trait){run->model->arrays[set->fields[i].array].spelling, check, valid};
    }
    return status;
}

static int take_traits(delta_run *run)
{
    int apart = run->has_valid && run->valid.fields != run->data.fields; /* the parts of a split are one set */
    take_settings(run);
    run->checks = delta_pool_get(run->pool, (size_t)(run->data.count + run->valid.count), sizeof *run->checks);
    int status = take_checks(run, &run->data, 0);
    return status || !apart ? status : take_checks(run, &run->valid, 1);
}

void delta_checkpoint_any_data(delta_run *run)
{
    for (int i = 0; i < run->check_count; i++)
        run->checks[i].value = ANY_DATA;
}

int delta_checkpoint_prepare(delta_run *run)
{
    if (!run->options->checkpoint)
        return 0;
    int status = take_traits(run);
    if (status)
        return status;
    if (mkdir(run->options->checkpoint, 0777) && errno != EEXIST)
        return delta_fail(DELTA_EXIT_UNUSABLE, run->options->checkpoint, 0, "cannot be made: %s", strerror(errno));
    delta_output_prepare(run->pool, &run->checkpoint, checkpoint_path(run));
    return 0;
}

static void put_double(delta_output *output, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    delta_output_little(output, bits, 8);
}

static void put_text(delta_output *output, const char *text)
{
    delta_output_little(output, strlen(text), 4);
    delta_output_text(output, text);
}

static void put_position(delta_output *output, const delta_position *at, int sums)
{
    const int64_t whole[] = {at->step, at->passes, at->reports, at->samples, at->log_length, at->has_best, at->waiting, at->finished};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        delta_output_little(output, (uint64_t)whole[i], 8);
    put_double(output, at->seconds);
    put_double(output, at->report_seconds);
    put_double(output, at->best);
    put_double(output, at->best_epochs);
    for (int i = 0; i < sums; i++)
        put_double(output, at->sums[i]);
}

static void put_traits(delta_output *output, const delta_trait *traits, int count)
{
    delta_output_little(output, (uint64_t)count, 4);
    for (int i = 0; i < count; i++) {
        put_text(output, traits[i].name);
        delta_output_little(output, traits[i].value, 8);
        delta_output_little(output, (uint64_t)traits[i].valid, 4);
    }
}

static void put_settings(delta_output *output, const delta_run *run)
{
    const delta_model *model = run->model;
    put_text(output, model->page);
    delta_output_little(output, run->options->seed, 8);
    delta_output_little(output, (uint64_t)run->options->ordered, 4);
    delta_output_little(output, (uint64_t)model->real_bytes, 4);
    delta_output_little(output, (uint64_t)model->sum_count, 4);
    delta_output_little(output, (uint64_t)model->population_count, 4);
    for (int p = 0; p < model->population_count; p++) {
        delta_output_little(output, (uint64_t)run->data.rows[p], 8);
        delta_output_little(output, (uint64_t)run->batch[p], 8);
    }
}

static void put_arrays(delta_output *output, const delta_run *run)
{
    const delta_model *model = run->model;
    int kept = 0;
    for (int i = 0; i < model->array_count; i++)
        kept += delta_array_kept(&model->arrays[i]);
    delta_output_little(output, (uint64_t)kept, 4);
    for (int i = 0; i < model->array_count; i++) {
        const delta_place *place = &run->instance.places[i];
        if (!delta_array_kept(&model->arrays[i]))
            continue;
        put_text(output, model->arrays[i].name);
        delta_output_little(output, (uint64_t)place->rank, 4);
        for (int k = 0; k < place->rank; k++)
            delta_output_little(output, (uint64_t)place->dims[k], 8);
    }
}

/* What is compared once the model is known to be the same. */
static void put_origin(delta_output *output, const delta_run *run)
{
    const delta_list *schedule = &run->options->schedule;
    put_traits(output, run->settings, run->setting_count);
    delta_output_little(output, (uint64_t)schedule->count, 4);
    for (int i = 0; i < schedule->count; i++)
        put_text(output, schedule->items[i]);
    put_traits(output, run->checks, run->check_count);
}

static void put_values(delta_output *output, const delta_run *run)
{
    const delta_model *model = run->model;
    for (int i = 0; i < model->array_count; i++)
        if (delta_array_kept(&model->arrays[i]))
            delta_output_put(output, run->instance.places[i].memory, run->instance.places[i].count * run->instance.places[i].size);
}

static void put_doubles(delta_output *output, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_double(output, values[i]);
}

static void put_average(delta_output *output, const delta_average *average)
{
    delta_output_little(output, (uint64_t)average->kind, 4);
    delta_output_little(output, (uint64_t)average->count, 8);
    put_doubles(output, average->values, average->entries);
}

static void put_history(delta_output *output, const delta_history *history)
{
    const int64_t whole[] = {history->stride, history->seen, history->count};
    for (size_t i = 0; i < 3; i++)
        delta_output_little(output, (uint64_t)whole[i], 8);
    put_doubles(output, history->values, (size_t)history->count * history->width);
    put_doubles(output, history->values + DELTA_HISTORY_POINTS * history->width, history->width);
}

static void put_lbfgs(delta_output *output, const delta_lbfgs *lbfgs)
{
    const int whole[] = {lbfgs->room, lbfgs->count, lbfgs->next};
    size_t all = lbfgs->entries * (size_t)lbfgs->room;
    for (size_t i = 0; i < 3; i++)
        delta_output_little(output, (uint64_t)whole[i], 4);
    put_doubles(output, lbfgs->steps, all);
    put_doubles(output, lbfgs->changes, all);
    put_doubles(output, lbfgs->curvature, (size_t)lbfgs->room);
}

int delta_checkpoint_write(delta_run *run)
{
    delta_output *output = &run->checkpoint;
    if (!run->options->checkpoint)
        return 0;
    if (run->log >= 0)
        fsync(run->log);
    int status = delta_output_open(output);
    if (status)
        return status;
    delta_output_text(output, magic);
    delta_output_little(output, run->model->hash, 8);
    put_settings(output, run);
    put_arrays(output, run);
    put_origin(output, run);
    put_values(output, run);
    put_position(output, &run->position, run->model->sum_count);
    int has_best = run->best_arrays && run->position.has_best;
    delta_output_little(output, (uint64_t)has_best, 4);
    if (has_best)
        delta_output_put(output, run->best_arrays, run->kept_bytes);
    put_average(output, &run->average);
    put_history(output, &run->history);
    if (run->has_lbfgs)
        put_lbfgs(output, &run->lbfgs);
    delta_output_little(output, output->crc, 4);
    return delta_output_commit(output);
}

typedef struct {
    const unsigned char *at, *end;
    int short_of; /* something was missing */
    const char *path;
} checkpoint_reader;

static const unsigned char *take(checkpoint_reader *in, size_t size)
{
    static const unsigned char nothing[8];
    const unsigned char *at = in->at;
    if ((size_t)(in->end - in->at) < size) {
        in->short_of = 1;
        return nothing;
    }
    in->at += size;
    return at;
}

static uint64_t take_little(checkpoint_reader *in, int bytes)
{
    return delta_little(take(in, (size_t)bytes), bytes);
}

static double take_double(checkpoint_reader *in)
{
    uint64_t bits = take_little(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void take_text(checkpoint_reader *in, char *text, size_t room)
{
    size_t length = (size_t)take_little(in, 4);
    const unsigned char *from = in->at;
    take(in, length);
    snprintf(text, room, "%.*s", in->short_of ? 0 : length < room ? (int)length : (int)room - 1, (const char *)from);
}

static int refused(const checkpoint_reader *in)
{
    delta_hint("remove %s to begin anew, or choose another --checkpoint directory", in->path);
    return DELTA_EXIT_UNUSABLE;
}

static int setting_differs(const checkpoint_reader *in, const char *what, uint64_t there, uint64_t here)
{
    delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint was written with %s %llu, this run has %llu", what, (unsigned long long)there,
               (unsigned long long)here);
    return refused(in);
}

static double number_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Pages with the same hash have the same settings; data may have come or gone. */
static int compare_traits(checkpoint_reader *in, const delta_trait *traits, int have, int data)
{
    int count = (int)take_little(in, 4);
    for (int i = 0; i < count && !in->short_of; i++) {
        char name[256];
        take_text(in, name, sizeof name);
        uint64_t value = take_little(in, 8);
        int valid = (int)take_little(in, 4), same = i < have && strcmp(name, traits[i].name) == 0 && valid == traits[i].valid;
        if (same && (value == traits[i].value || (data && value == ANY_DATA)))
            continue;
        if (!data && same)
            delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint was written with %s = %.15g, this run has %.15g", name, number_of(value), number_of(traits[i].value));
        else if (!data)
            delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint is of another model: it has a setting %s", name);
        else
            delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint was written with other %sdata: the values of %s differ", valid ? "validation " : "", name);
        return refused(in);
    }
    if (count < have && !in->short_of) {
        delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint was written without %s%s", traits[count].valid ? "validation data for " : "", traits[count].name);
        return refused(in);
    }
    return 0;
}

static int compare_schedules(checkpoint_reader *in, const delta_list *schedule)
{
    int count = (int)take_little(in, 4);
    for (int i = 0; i < (count > schedule->count ? count : schedule->count) && !in->short_of; i++) {
        char there[1024] = "none";
        const char *here = i < schedule->count ? schedule->items[i] : "none";
        if (i < count)
            take_text(in, there, sizeof there);
        if (strncmp(there, here, sizeof there - 1) == 0)
            continue;
        delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint was written with --schedule '%s', this run has '%s'", there, here);
        return refused(in);
    }
    return 0;
}

static int compare_settings(checkpoint_reader *in, const delta_run *run)
{
    static const char *const names[] = {"seed", "--ordered", "bytes of a number", "sums", "populations"};
    const delta_model *model = run->model;
    const uint64_t here[] = {run->options->seed, (uint64_t)run->options->ordered, (uint64_t)model->real_bytes, (uint64_t)model->sum_count,
                             (uint64_t)model->population_count};
    for (int i = 0; i < 5; i++) {
        uint64_t there = take_little(in, i == 0 ? 8 : 4);
        if (there != here[i])
            return setting_differs(in, names[i], there, here[i]);
    }
    for (int p = 0; p < model->population_count; p++) {
        uint64_t rows = take_little(in, 8), batch = take_little(in, 8);
        if (rows != (uint64_t)run->data.rows[p])
            return setting_differs(in, "a number of samples of", rows, (uint64_t)run->data.rows[p]);
        if (batch != (uint64_t)run->batch[p])
            return setting_differs(in, "a batch of", batch, (uint64_t)run->batch[p]);
    }
    return 0;
}

/* The next kept array after `number`, or array_count. */
static int next_kept(const delta_model *model, int number)
{
    do
        number++;
    while (number < model->array_count && !delta_array_kept(&model->arrays[number]));
    return number;
}

static int compare_arrays(checkpoint_reader *in, const delta_run *run)
{
    const delta_model *model = run->model;
    int count = (int)take_little(in, 4), number = -1;
    for (int i = 0; i < count && !in->short_of; i++) {
        char name[256], have[160], want[160];
        int64_t dims[DELTA_MAX_RANK] = {0};
        take_text(in, name, sizeof name);
        int rank = (int)take_little(in, 4);
        for (int k = 0; k < rank && k < DELTA_MAX_RANK; k++)
            dims[k] = (int64_t)take_little(in, 8);
        number = next_kept(model, number);
        if (number >= model->array_count || strcmp(name, model->arrays[number].name)) {
            delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint is of another model: it has %s where %s has %s", name, model->page,
                       number < model->array_count ? model->arrays[number].name : "nothing more");
            return refused(in);
        }
        const delta_place *place = &run->instance.places[number];
        if (rank != place->rank || memcmp(dims, place->dims, (size_t)rank * sizeof *dims)) {
            delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint is of another model: %s has shape %s there, %s here", name,
                       delta_dims_text(dims, rank < DELTA_MAX_RANK ? rank : DELTA_MAX_RANK, have, sizeof have),
                       delta_dims_text(place->dims, place->rank, want, sizeof want));
            return refused(in);
        }
    }
    if (next_kept(model, number) < model->array_count && !in->short_of) {
        delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint is of another model: it has no %s", model->arrays[next_kept(model, number)].name);
        return refused(in);
    }
    return 0;
}

static void take_position(checkpoint_reader *in, delta_position *at, int sums)
{
    int64_t *const whole[] = {&at->step, &at->passes, &at->reports, &at->samples, &at->log_length, &at->has_best, &at->waiting, &at->finished};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        *whole[i] = (int64_t)take_little(in, 8);
    double *const real[] = {&at->seconds, &at->report_seconds, &at->best, &at->best_epochs};
    for (size_t i = 0; i < sizeof real / sizeof *real; i++)
        *real[i] = take_double(in);
    for (int i = 0; i < sums; i++)
        at->sums[i] = take_double(in);
}

static void take_doubles(checkpoint_reader *in, double *values, size_t count)
{
    for (size_t i = 0; i < count && !in->short_of; i++)
        values[i] = take_double(in);
}

static int take_average(checkpoint_reader *in, delta_average *average)
{
    static const char *const names[] = {"no --average", "--average ema", "--average mean"};
    int kind = (int)take_little(in, 4);
    int64_t count = (int64_t)take_little(in, 8);
    if (kind != average->kind && !in->short_of) {
        delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint was written with %s, this run has %s", names[kind > 0 && kind < 3 ? kind : 0],
                   names[average->kind]);
        return refused(in);
    }
    average->count = count;
    take_doubles(in, average->values, average->entries);
    return 0;
}

static void take_history(checkpoint_reader *in, delta_history *history)
{
    int64_t *const whole[] = {&history->stride, &history->seen, &history->count};
    for (size_t i = 0; i < 3; i++)
        *whole[i] = (int64_t)take_little(in, 8);
    in->short_of |= history->stride < 1 || history->count < 0 || history->count > DELTA_HISTORY_POINTS;
    take_doubles(in, history->values, in->short_of ? 0 : (size_t)history->count * history->width);
    take_doubles(in, history->values + DELTA_HISTORY_POINTS * history->width, history->width);
}

static int take_lbfgs(checkpoint_reader *in, delta_lbfgs *lbfgs)
{
    uint64_t room = take_little(in, 4);
    if (room != (uint64_t)lbfgs->room && !in->short_of)
        return setting_differs(in, "lbfgs.m =", room, (uint64_t)lbfgs->room);
    lbfgs->count = (int)take_little(in, 4);
    lbfgs->next = (int)take_little(in, 4);
    in->short_of |= lbfgs->count < 0 || lbfgs->count > lbfgs->room || lbfgs->next < 0 || lbfgs->next >= lbfgs->room;
    take_doubles(in, lbfgs->steps, lbfgs->entries * (size_t)lbfgs->room);
    take_doubles(in, lbfgs->changes, lbfgs->entries * (size_t)lbfgs->room);
    take_doubles(in, lbfgs->curvature, (size_t)lbfgs->room);
    return 0;
}

static int compare_origin(checkpoint_reader *in, const delta_run *run)
{
    int status = compare_traits(in, run->settings, run->setting_count, 0);
    if (!status)
        status = compare_schedules(in, &run->options->schedule);
    return status ? status : compare_traits(in, run->checks, run->check_count, 1);
}

static int checkpoint_load(checkpoint_reader *in, delta_run *run)
{
    char page[1024];
    uint64_t hash = take_little(in, 8);
    take_text(in, page, sizeof page);
    int status = compare_settings(in, run);
    if (!status)
        status = compare_arrays(in, run);
    if (status)
        return status;
    if (hash != run->model->hash) {
        delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint is of another model: same arrays, but %s had other equations (%016llx, now %016llx)", page,
                   (unsigned long long)hash, (unsigned long long)run->model->hash);
        return refused(in);
    }
    if ((status = compare_origin(in, run)) != 0)
        return status;
    const unsigned char *arrays = take(in, run->kept_bytes);
    take_position(in, &run->position, run->model->sum_count);
    const unsigned char *best = take_little(in, 4) ? take(in, run->kept_bytes) : NULL;
    status = take_average(in, &run->average);
    take_history(in, &run->history);
    if (!status && run->has_lbfgs)
        status = take_lbfgs(in, &run->lbfgs);
    if (status)
        return status;
    if (in->short_of)
        return delta_fail(DELTA_EXIT_UNUSABLE, in->path, 0, "the checkpoint is damaged");
    delta_run_restore(run, arrays);
    if (best && run->best_arrays)
        memcpy(run->best_arrays, best, run->kept_bytes);
    else
        run->position.has_best = 0;
    return 0;
}

int delta_checkpoint_read(delta_run *run)
{
    delta_file file;
    const char *path = run->checkpoint.path;
    if (!run->options->resume)
        return 0;
    if (access(path, F_OK)) {
        if (!run->options->quiet)
            delta_notice("%s is not there yet: training begins at step 0", path);
        return 0;
    }
    int status = delta_file_read(run->pool, path, &file);
    if (status)
        return status;
    size_t head = sizeof magic - 1;
    if (file.size > head && !memcmp(file.data, magic, head - 1) && file.data[head - 1] != magic[head - 1]) {
        delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "the checkpoint was written by another version of deltac");
        return refused(&(checkpoint_reader){.path = path});
    }
    if (file.size < head + 4 || memcmp(file.data, magic, head))
        return delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "is not a checkpoint");
    if ((uint32_t)crc32_z(0, file.data, file.size - 4) != delta_little(file.data + file.size - 4, 4))
        return delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "the checkpoint is damaged: its checksum is wrong");
    checkpoint_reader in = {file.data + head, file.data + file.size - 4, 0, path};
    status = checkpoint_load(&in, run);
    delta_pool_release(run->pool, file.data);
    if (!status && !run->options->quiet)
        delta_notice("going on from step %lld", (long long)run->position.step);
    return status;
}
