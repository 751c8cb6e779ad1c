/* delta_main: the command line of a program built from a page. */
#include "delta.h"
#include "matmul.h"
#include "options.h"
#include "run.h"

int delta_main(const delta_model *model, int argc, char **argv)
{
    delta_pool pool = {0};
    delta_options options;
    int status = delta_options_read(&pool, model, argc, argv, &options);
    if (!status && !options.finished) {
        delta_threads_set((int)options.threads);
        delta_run run = {.pool = &pool, .model = model, .options = &options};
        status = delta_run_prepare(&run);
        if (!status)
            status = options.command == DELTA_PREDICT ? delta_predict(&run) : delta_train(&run);
        delta_run_close(&run);
    }
    delta_pool_free(&pool);
    return status;
}
