/* Which optimizer's turn it is. */
#include "phase.h"

static int64_t counter(const delta_instance *instance)
{
    int number = instance->model->phase_counter;
    return (int64_t)delta_entry_get(&instance->model->arrays[number], &instance->places[number], 0);
}

int delta_phase_at(const delta_instance *instance, int64_t *left)
{
    const delta_model *model = instance->model;
    int last = model->phase_count - 1;
    int64_t end = 0, at = model->phase_count ? counter(instance) : 0;
    *left = INT64_MAX;
    for (int i = 0; i <= last; i++) {
        const delta_phase *phase = &model->phases[i];
        end += phase->steps;
        if (phase->steps && at < end) {
            *left = end - at;
            return i;
        }
        if (!phase->steps)
            return i;
    }
    return last < 0 ? 0 : last; /* all parts are over: the last one goes on */
}

int delta_phase_lbfgs(const delta_instance *instance)
{
    int64_t left;
    return instance->model->phase_count > 0 && instance->model->phases[delta_phase_at(instance, &left)].lbfgs;
}

void delta_phase_count(delta_instance *instance, int64_t steps)
{
    int number = instance->model->phase_counter;
    delta_entry_set(&instance->model->arrays[number], &instance->places[number], 0, (double)(counter(instance) + steps));
}

int delta_phase_has_lbfgs(const delta_model *model, int *number)
{
    for (int i = 0; i < model->phase_count; i++)
        if (model->phases[i].lbfgs) {
            *number = i;
            return 1;
        }
    return 0;
}

int64_t delta_phase_steps(const delta_model *model, int64_t epochs, int64_t epoch_steps)
{
    int64_t steps = 0;
    for (int i = 0; i < model->phase_count && epochs > 0; i++) {
        const delta_phase *phase = &model->phases[i];
        int64_t each = phase->lbfgs ? 1 : epoch_steps, wanted = epochs * each;
        int64_t taken = phase->steps && phase->steps < wanted && i + 1 < model->phase_count ? phase->steps : wanted;
        steps += taken;
        epochs -= (taken + each - 1) / each;
    }
    return model->phase_count ? steps : epochs * epoch_steps;
}

int64_t delta_phase_total(const delta_model *model, int64_t epoch_steps)
{
    int64_t steps = 0;
    for (int i = 0; i < model->phase_count; i++)
        steps += model->phases[i].steps ? model->phases[i].steps : model->phases[i].lbfgs ? 1000 : 100 * epoch_steps;
    return model->phase_count ? steps : 100 * epoch_steps;
}
