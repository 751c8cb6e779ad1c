/* Which array of which file feeds which array of the page. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "names.h"
#include "report.h"

enum { FED_BY_DATA = 1 << DELTA_INPUT | 1 << DELTA_TARGET | 1 << DELTA_GIVEN };

typedef struct {
    const delta_model *model;
    int array, population; /* what the file is bound to by name; -1: nothing */
} wanted_names;

/* A fixed array whose value stands on the page: what was proved holds for that value. */
static int has_value(const delta_array *array)
{
    return array->role == DELTA_GIVEN && !array->from_data;
}

static int array_takes_data(const delta_model *model, int array)
{
    return array >= 0 && (FED_BY_DATA >> model->arrays[array].role & 1) && !has_value(&model->arrays[array]);
}

static int name_wanted(const void *context, const char *name)
{
    const wanted_names *wanted = context;
    int array = delta_array_named(wanted->model, name);
    if (!array_takes_data(wanted->model, array))
        return 0;
    if (wanted->array >= 0)
        return array == wanted->array;
    return wanted->population < 0 || wanted->model->arrays[array].population == wanted->population;
}

static int bind_one(const delta_model *model, int array, const delta_tensor *tensor, int whole, delta_binding *binding)
{
    const delta_array *about = &model->arrays[array];
    if (binding->bound) {
        int status = delta_fail(DELTA_EXIT_USAGE, tensor->file, 0, "has %s, which comes from %s already", about->spelling, binding->tensor.file);
        delta_hint("say --data %s=FILE for the one to use", about->name);
        return status;
    }
    binding->bound = 1;
    binding->tensor = *tensor;
    if (!about->per_sample)
        return 0;
    if (whole) {
        if (tensor->rank == DELTA_TENSOR_RANK)
            return delta_fail(DELTA_EXIT_UNUSABLE, tensor->file, 0, "has too many axes for --whole");
        binding->whole = 1;
        memmove(binding->tensor.dims + 1, binding->tensor.dims, (size_t)tensor->rank * sizeof *tensor->dims);
        binding->tensor.dims[0] = 1;
        binding->tensor.rank++;
        return 0;
    }
    if (tensor->rank == 0)
        return delta_fail(DELTA_EXIT_UNUSABLE, tensor->file, 0, "has a single number for %s, not one for each sample", about->spelling);
    return tensor->dims[0] > 0 ? 0 : delta_fail(DELTA_EXIT_UNUSABLE, tensor->file, 0, "has no samples: the first axis of %s is 0", about->spelling);
}

/* "dir/x.npy.gz" to "x". */
static void file_stem(const char *path, char *stem, size_t room)
{
    const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path;
    snprintf(stem, room, "%s", from);
    stem[strcspn(stem, ".")] = 0;
}

static int unnamed_failed(const delta_model *model, const delta_tensor *tensor)
{
    char text[300];
    int status = delta_fail(DELTA_EXIT_USAGE, tensor->file, 0, "does not say which array of the page it holds");
    delta_names_list(model, FED_BY_DATA, text, sizeof text);
    delta_hint("say --data NAME=%s; the page has %s", tensor->file, text);
    return status;
}

static int entry_missing(const delta_model *model, int array, const delta_tensors *tensors)
{
    int status = delta_fail(DELTA_EXIT_UNUSABLE, tensors->items[0].file, 0, "has several entries, none is named %s", model->arrays[array].name);
    delta_hint("the first is named %s", tensors->items[0].name);
    return status;
}

/* The file was given as NAME=FILE. */
static int bind_named(const delta_model *model, const wanted_names *wanted, const delta_tensors *tensors, int whole, delta_binding *bindings)
{
    const delta_tensor *found = tensors->count == 1 ? tensors->items : NULL;
    for (int i = 0; i < tensors->count && tensors->count > 1; i++)
        if (delta_array_named(model, tensors->items[i].name) == wanted->array)
            found = &tensors->items[i];
    if (tensors->count == 0)
        return 0;
    return found ? bind_one(model, wanted->array, found, whole, &bindings[wanted->array]) : entry_missing(model, wanted->array, tensors);
}

static int bind_all(const delta_model *model, const wanted_names *wanted, const delta_tensors *tensors, const delta_source_options *options,
                    delta_binding *bindings)
{
    int status = 0;
    for (int i = 0; i < tensors->count && !status; i++) {
        const delta_tensor *tensor = &tensors->items[i];
        char stem[256];
        file_stem(tensor->file, stem, sizeof stem);
        const char *name = *tensor->name ? tensor->name : stem;
        int array = delta_array_named(model, name);
        if (name_wanted(wanted, name))
            status = bind_one(model, array, tensor, options->whole, &bindings[array]);
        else if (!*tensor->name)
            status = unnamed_failed(model, tensor);
        else if (options->columns)
            status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--columns: the page has no data named %s", name);
    }
    return status;
}

/* Splits NAME=FILE. A file whose own name has an = in it is still found. */
static int argument_split(const delta_model *model, const char *argument, wanted_names *wanted, const char **path)
{
    const char *equal = strchr(argument, '=');
    char name[256], text[300];
    *wanted = (wanted_names){model, -1, -1};
    *path = argument;
    if (!equal || (size_t)(equal - argument) >= sizeof name)
        return 0;
    snprintf(name, sizeof name, "%.*s", (int)(equal - argument), argument);
    wanted->array = delta_array_named(model, name);
    wanted->population = delta_population_named(model, name);
    if (array_takes_data(model, wanted->array) || wanted->population >= 0) {
        *path = equal + 1;
        return 0;
    }
    if (wanted->array >= 0 && has_value(&model->arrays[wanted->array]))
        return delta_fail(DELTA_EXIT_UNUSABLE, model->page, model->arrays[wanted->array].line, "%s has its value on the page and takes no data", name);
    wanted->array = -1;
    if (access(argument, F_OK) == 0)
        return 0;
    int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--data %s: the page has no data named %s", argument, name);
    delta_names_list(model, FED_BY_DATA, text, sizeof text);
    delta_hint("it has %s", *text ? text : "none");
    return status;
}

static int argument_read(delta_pool *pool, const delta_model *model, const char *argument, const delta_source_options *options, delta_binding *bindings)
{
    wanted_names wanted;
    const char *path;
    delta_tensors tensors = {0};
    int status = argument_split(model, argument, &wanted, &path);
    if (status)
        return status;
    const char *only = wanted.array >= 0 ? model->arrays[wanted.array].name : NULL;
    delta_reading reading = {name_wanted, &wanted, only, only ? NULL : options->columns};
    status = delta_tensors_read(pool, path, &reading, &tensors);
    if (status)
        return status;
    if (wanted.array >= 0)
        return bind_named(model, &wanted, &tensors, options->whole, bindings);
    return bind_all(model, &wanted, &tensors, options, bindings);
}

int delta_bindings_read(delta_pool *pool, const delta_model *model, const char *const *arguments, int count, const delta_source_options *options,
                        delta_binding *bindings)
{
    int status = 0;
    for (int i = 0; i < count && !status; i++)
        status = argument_read(pool, model, arguments[i], options, bindings);
    return status;
}

int delta_bindings_missing(const delta_model *model, int number)
{
    const delta_array *array = &model->arrays[number];
    int status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, array->line, "there are no data for %s", array->spelling);
    delta_hint("give a csv file with column%s %s%s: --data FILE, or --data %s=FILE", array->rank ? "s" : "", array->name,
               array->rank == 0   ? ""
               : array->rank == 1 ? "[0], …"
                                  : "[0,0], …",
               array->name);
    return status;
}

int delta_bindings_complete(const delta_model *model, const delta_binding *bindings, unsigned roles, int forward)
{
    for (int i = 0; i < model->array_count; i++) {
        const delta_array *array = &model->arrays[i];
        int needed = array->role == DELTA_GIVEN ? array->from_data : array->read || !forward;
        if (!bindings[i].bound && needed && (roles >> array->role & 1))
            return delta_bindings_missing(model, i);
    }
    return 0;
}
