/* The training loop. Between two steps everything is in delta_position and the arrays, so that is where it may be stopped. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "phase.h"
#include "plot.h"
#include "progress.h"
#include "report.h"
#include "run.h"

static volatile sig_atomic_t signal_received;

static void signal_note(int number)
{
    signal_received = number;
}

/* Signals end the run after the step: with a checkpoint, or with the weights as they are. A second one ends it at once. Without --checkpoint and --weights they
 * do what they always do. A file that may not grow any more gives an error, not a signal. */
static void signals_take(const delta_run *run)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action = {.sa_handler = signal_note, .sa_flags = (int)SA_RESETHAND}, ignore = {.sa_handler = SIG_IGN};
    int count = run->options->checkpoint ? 3 : run->options->weights ? 2 : 0;
    signal_received = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    for (int i = 0; i < count; i++)
        sigaction(numbers[i], &action, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

static void schedules_apply(delta_run *run)
{
    for (int i = 0; i < run->options->schedule.count; i++) {
        const delta_schedule *schedule = &run->schedules[i];
        delta_entry_set(&run->model->arrays[schedule->array], &run->instance.places[schedule->array], 0, delta_schedule_value(schedule, run->position.step));
    }
}

/* The clock is looked at about every 20 ms, whatever a step costs. */
typedef struct {
    int64_t next, gap;
    double last, drawn, checkpoint, plot;
    int64_t drawn_step;
} loop_watch;

static int watch_look(delta_run *run, loop_watch *watch)
{
    double now = delta_clock();
    if (now - watch->last < 0.01 && watch->gap < INT64_C(1) << 30)
        watch->gap *= 2;
    else if (now - watch->last > 0.04 && watch->gap > 1)
        watch->gap /= 2;
    watch->last = now;
    watch->next = run->position.step + watch->gap;
    if (now - watch->drawn > 0.2) {
        delta_progress_redraw(run, (double)(run->position.step - watch->drawn_step) / (now - watch->drawn));
        watch->drawn = now;
        watch->drawn_step = run->position.step;
    }
    return run->options->time > 0 && now - run->started >= run->options->time;
}

/* One iteration of lbfgs over all data; the report is of the point where it begins, as for every other step. *done: there is nothing left to do. */
static int lbfgs_step(delta_run *run, int64_t *count, int *done)
{
    delta_instance *instance = &run->instance;
    int status = delta_feed_all(&run->feeder, count);
    if (status)
        return status;
    if (run->options->schedule.count)
        run->lbfgs.known = 0;
    int code = run->model->measure(instance->params, instance->state, instance->in, run->position.sums, instance->work);
    if (!code)
        code = delta_lbfgs_step(instance, &run->lbfgs, done);
    run->diverged = code == DELTA_E_NONFINITE;
    if (code)
        return delta_step_failed(run, &run->feeder, code);
    delta_phase_count(instance, 1);
    run->position.passes++;
    return 0;
}

/* A part that is done before its steps are used up gives the turn to the next one; the last one ends the run. */
static int phase_done(delta_run *run)
{
    int64_t left;
    int last = delta_phase_at(&run->instance, &left) == run->model->phase_count - 1;
    if (!last)
        delta_phase_count(&run->instance, left);
    return last;
}

static int train_step(delta_run *run, int64_t *count)
{
    delta_position *at = &run->position;
    int status = delta_feed_step(&run->feeder, at->step, count);
    if (status)
        return status;
    int code = run->model->step(run->instance.params, run->instance.state, run->instance.in, at->sums, run->instance.work);
    if (!code && run->model->has_cost && !isfinite(at->sums[0]))
        code = DELTA_E_NONFINITE;
    run->diverged = code == DELTA_E_NONFINITE;
    return code ? delta_step_failed(run, &run->feeder, code) : 0;
}

/* After every report_steps-th step; no division, since a step may take no longer than one. */
static int report_due(delta_run *run)
{
    int64_t steps = run->position.step - run->position.passes;
    if (steps < run->next_report)
        return 0;
    run->next_report = (steps / run->report_steps + 1) * run->report_steps;
    return steps % run->report_steps == 0;
}

/* *done: lbfgs has come to its end, and the run with it. *report: one is due. */
static int one_step(delta_run *run, int *done, int *report)
{
    delta_position *at = &run->position;
    int64_t count = 0, every = run->options->every;
    int lbfgs = run->has_lbfgs && delta_phase_lbfgs(&run->instance), over = 0;
    schedules_apply(run);
    int status = lbfgs ? lbfgs_step(run, &count, &over) : train_step(run, &count);
    if (status)
        return status;
    at->step++;
    at->samples += count;
    if (run->average.kind)
        delta_average_add(&run->instance, &run->average, at->step);
    *done = over && phase_done(run);
    *report = lbfgs ? !every || at->passes % every == 0 : report_due(run);
    if (run->has_lbfgs && lbfgs != delta_phase_lbfgs(&run->instance)) /* a new part begins with a new report */
        *report = 1;
    return 0;
}

/* After a report: a checkpoint, but not more than one a second; each costs a wait for the disk. */
static int checkpoint_sometimes(delta_run *run, loop_watch *watch)
{
    double now = delta_clock();
    if (!run->options->checkpoint || now - watch->checkpoint < 1)
        return 0;
    watch->checkpoint = now;
    return delta_checkpoint_write(run);
}

/* Curves are drawn anew every two seconds at most. */
static int plot_sometimes(delta_run *run, loop_watch *watch)
{
    double now = delta_clock();
    if (!run->plots || now - watch->plot < 2)
        return 0;
    watch->plot = now;
    return delta_measure_plot(run);
}

/* The best weights, else the averaged ones, else those of the last step, take their place in the model and are written. */
static int weights_write(delta_run *run)
{
    if (run->position.has_best && run->best_arrays)
        delta_run_restore(run, run->best_arrays);
    else
        delta_average_show(&run->instance, &run->average);
    return run->options->weights ? delta_weights_write(run->pool, &run->instance, run->transforms, run->options->weights) : 0;
}

/* What was reached before a step that failed is kept; weights that diverged only when there is a best before. weights_only: the checkpoint stays as it was; after
 * a loss that is not finite, going on from here would end here. */
static int rescue(delta_run *run, int status, int weights_only)
{
    delta_position *at = &run->position;
    if (at->step == 0)
        return status;
    at->seconds = delta_clock() - run->started;
    if (status == DELTA_EXIT_UNUSABLE)
        delta_checkpoint_any_data(run);
    if (run->options->checkpoint && !weights_only && delta_checkpoint_write(run))
        return DELTA_EXIT_MACHINE;
    if (run->options->checkpoint && !weights_only)
        delta_notice("the checkpoint of step %lld is kept; --resume goes on from there", (long long)at->step);
    if (!run->options->weights || (run->diverged && !at->has_best))
        return status;
    if (weights_write(run))
        return DELTA_EXIT_MACHINE;
    if (at->has_best)
        delta_notice("the best weights so far, of epoch %g, are in %s", at->best_epochs, run->options->weights);
    else
        delta_notice("the weights of step %lld are in %s", (long long)at->step, run->options->weights);
    return status;
}

static int signal_stop(delta_run *run)
{
    int number = (int)signal_received;
    const char *name = number == SIGINT ? "Ctrl-C" : number == SIGTERM ? "SIGTERM" : "SIGUSR1";
    run->position.seconds = delta_clock() - run->started;
    int status = run->options->checkpoint ? delta_checkpoint_write(run) : weights_write(run);
    if (status)
        return status;
    if (!run->options->quiet && run->options->checkpoint)
        delta_notice("stopped by %s at step %lld; --resume goes on from here", name, (long long)run->position.step);
    else if (!run->options->quiet)
        delta_notice("stopped by %s at step %lld; the weights are in %s", name, (long long)run->position.step, run->options->weights);
    return number == SIGINT ? DELTA_EXIT_INTERRUPTED : run->options->checkpoint ? DELTA_EXIT_AGAIN : DELTA_EXIT_TERMINATED;
}

/* Runs to the end. *timed: stopped by --time before the last step. */
static int train_loop(delta_run *run, int *timed)
{
    delta_position *at = &run->position;
    loop_watch watch = {.next = at->step, .gap = 1, .last = delta_clock(), .drawn_step = at->step};
    watch.drawn = watch.checkpoint = watch.plot = watch.last;
    int enough = at->finished != 0, status = 0;
    while (!enough && !*timed && (!run->total_steps || at->step < run->total_steps)) {
        if (signal_received)
            return signal_stop(run);
        if (at->step >= watch.next && watch_look(run, &watch)) {
            *timed = 1;
            break;
        }
        int report = 0, done = 0;
        status = one_step(run, &done, &report);
        if (status)
            return rescue(run, status, run->diverged);
        if (report)
            status = delta_measure_report(run, &enough);
        if (status)
            return rescue(run, status, 1);
        enough |= done;
        if (run->options->checkpoint_every && at->step % run->options->checkpoint_every == 0)
            status = delta_checkpoint_write(run);
        else if (report)
            status = checkpoint_sometimes(run, &watch);
        if (!status && report)
            status = plot_sometimes(run, &watch);
        if (status)
            return status;
    }
    at->finished = enough;
    at->seconds = delta_clock() - run->started;
    return 0;
}

/* A place where weights cannot be written is better known before the training than after it. */
static int weights_writable(delta_run *run)
{
    delta_output output;
    if (!run->options->weights)
        return 0;
    delta_output_prepare(run->pool, &output, run->options->weights);
    int status = output.temporary ? delta_output_open(&output) : 0;
    if (!status)
        delta_output_abandon(&output);
    return status;
}

static int train_prepare(delta_run *run)
{
    if (!run->model->trains) {
        int status = delta_fail(DELTA_EXIT_UNUSABLE, run->model->page, 0, "the page says nothing about training");
        delta_hint("write updates (w ← w − η ∂C/∂w) or `minimize C` with `optimize with adam`");
        return status;
    }
    int status = delta_measure_prepare(run);
    if (!status)
        status = weights_writable(run);
    if (!status)
        status = delta_checkpoint_prepare(run);
    if (!status)
        status = delta_checkpoint_read(run);
    if (!status)
        status = delta_log_open(run);
    run->started = delta_clock() - run->position.seconds;
    return status;
}

/* After the last step: the last report, curves and weights. */
static int train_finish(delta_run *run)
{
    int enough = 0, status = 0;
    if (run->position.samples > 0) /* a last, shorter report; not in the checkpoint, so that a longer run goes on as if it had never ended */
        status = delta_measure_report(run, &enough);
    if (!status)
        status = delta_measure_plot(run);
    if (!status)
        status = weights_write(run);
    if (!status)
        delta_progress_finish(run);
    if (!status && run->options->memory)
        delta_progress_memory(run);
    if (!status && run->plots_terminal)
        delta_plot_terminal(run->model, &run->history);
    return status;
}

int delta_train(delta_run *run)
{
    int timed = 0;
    signals_take(run);
    int status = train_prepare(run);
    if (!status)
        status = train_loop(run, &timed);
    if (!status && run->options->checkpoint)
        status = delta_checkpoint_write(run);
    if (!status)
        status = train_finish(run);
    delta_log_close(run);
    return status;
}
