/* The runtime: a model written by hand is trained, stopped, resumed and asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/batch.h"
#include "runtime/delta_random.h"
#include "runtime/schedule.h"
#include "runtime_support.h"

static void trains_to_the_answer(void **state)
{
    (void)state;
    runtime_put_line("line.csv", 200, 0);
    assert_int_equal(runtime_run("--data line.csv --epochs 300 --weights w.npz --log run.jsonl"), 0);
    runtime_assert_said("epoch 300/300");
    runtime_assert_near(runtime_npz_number("w.npz", "w", 0), 2, 1e-9);
    runtime_assert_near(runtime_npz_number("w.npz", "b", 0), 1, 1e-9);
    assert_int_equal((int)runtime_npz_number("w.npz", "steps", 0), 300 * 7);
    assert_int_equal(runtime_run_model(&runtime_float_model, "--data line.csv --epochs 300 --weights w4.npz -q"), 0);
    assert_string_equal(runtime_said, "");
    runtime_assert_near(runtime_npz_number("w4.npz", "w", 0), 2, 1e-4);
    assert_int_equal(runtime_run("predict --data line.csv --weights w4.npz"), 0);
    assert_true(!strncmp(runtime_said, "p\n", 2));
}

static void predicts_what_the_weights_say(void **state)
{
    (void)state;
    runtime_put_text("three.csv", "x,y\n0,0\n1,0\n-1,0\n");
    assert_int_equal(runtime_run("--data three.csv --steps 1 --set eta=0 --weights zero.npz -q"), 0);
    assert_int_equal(runtime_run("predict --data three.csv --weights zero.npz"), 0);
    assert_string_equal(runtime_said, "p\n0\n0\n0\n");
    assert_int_equal(runtime_run("predict --data three.csv --weights zero.npz -o p.npy"), 0);
    size_t size;
    unsigned char *data = runtime_get_file("p.npy", &size);
    assert_non_null(strstr((char *)data + 10, "'shape': (3,)"));
    assert_int_equal(size, 128 + 24);
    free(data);
    assert_int_equal(runtime_run("predict --data three.csv --weights zero.npz -o p.npz"), 0);
    runtime_assert_near(runtime_npz_number("p.npz", "p", 2), 0, 0);
}

/* The log without `seconds` and `samples_per_second`. */
static void log_without_times(const char *name, char *text, size_t room)
{
    size_t size, used = 0;
    unsigned char *data = runtime_get_file(name, &size);
    for (char *line = strtok((char *)data, "\n"); line && used < room; line = strtok(NULL, "\n")) {
        char *times = strstr(line, ", \"seconds\"");
        assert_non_null(times);
        used += (size_t)snprintf(text + used, room - used, "%.*s\n", (int)(times - line), line);
    }
    free(data);
}

static char log_one[1 << 16], log_two[1 << 16];

static void assert_same_logs(const char *one, const char *two)
{
    log_without_times(one, log_one, sizeof log_one);
    log_without_times(two, log_two, sizeof log_two);
    assert_string_equal(log_one, log_two);
}

#define SETTINGS "--data line.csv --split 0.25 --set jitter=0.3 --patience 200 --seed 9 --schedule η:cosine(0.3,0.01,90) -q "

static void resumes_to_the_same_bits(void **state)
{
    (void)state;
    runtime_put_line("line.csv", 150, 0.2);
    assert_int_equal(system("rm -rf ck"), 0);
    assert_int_equal(runtime_run(SETTINGS "--steps 90 --weights whole.npz --log whole.jsonl"), 0);
    for (int stop = 1; stop < 90; stop += 17) {
        char text[300];
        assert_int_equal(system("rm -rf ck"), 0);
        snprintf(text, sizeof text, SETTINGS "--steps %d --checkpoint ck --log parts.jsonl --checkpoint-every %d", stop, stop);
        assert_int_equal(runtime_run(text), 0);
        if (stop > 4) { /* an epoch of 4 steps has been logged */
            assert_int_equal(runtime_run(SETTINGS "--steps 90 --checkpoint ck --resume --log other.jsonl"), 3);
            runtime_assert_said("other.jsonl: error: is shorter than the checkpoint says");
            unlink("other.jsonl");
        }
        assert_int_equal(runtime_run(SETTINGS "--steps 90 --checkpoint ck --resume --log parts.jsonl --weights parts.npz"), 0);
        runtime_assert_same_files("whole.npz", "parts.npz");
        assert_same_logs("whole.jsonl", "parts.jsonl");
    }
}

static void killed_runs_resume(void **state)
{
    (void)state;
    int status = 0;
    runtime_put_line("line.csv", 150, 0.2);
    assert_int_equal(system("rm -rf ck killed.jsonl"), 0);
    assert_int_equal(runtime_run(SETTINGS "--steps 4000 --every 100 --weights whole.npz --log whole.jsonl"), 0);
    for (int i = 0; i < 30; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(runtime_run(SETTINGS "--steps 4000 --every 100 --checkpoint ck --checkpoint-every 50 --resume --log killed.jsonl --weights killed.npz"));
        usleep((useconds_t)(1000 + delta_bits(3, 0, (uint64_t)i) % 12000));
        kill(child, i % 3 ? SIGKILL : SIGTERM);
        waitpid(child, &status, 0);
    }
    assert_int_equal(runtime_run(SETTINGS "--steps 4000 --every 100 --checkpoint ck --resume --log killed.jsonl --weights killed.npz"), 0);
    runtime_assert_same_files("whole.npz", "killed.npz");
    assert_same_logs("whole.jsonl", "killed.jsonl");
}

static void signals_leave_a_checkpoint(void **state)
{
    (void)state;
    int status = 0;
    runtime_put_line("line.csv", 150, 0.2);
    static const int numbers[] = {SIGTERM, SIGUSR1, SIGINT};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(system("rm -rf ck"), 0);
        pid_t child = fork();
        if (child == 0)
            _exit(runtime_run("--data line.csv --time 20 --checkpoint ck --every 100000"));
        usleep(200000);
        kill(child, numbers[i]);
        waitpid(child, &status, 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), numbers[i] == SIGINT ? 130 : 75);
        assert_int_equal(access("ck/line.checkpoint", R_OK), 0);
    }
    assert_int_equal(runtime_run("--data line.csv --time 20 --checkpoint ck --resume --seed 2"), 3);
    runtime_assert_said("the checkpoint was written with seed 1, this run has 2");
    delta_model other = runtime_double_model;
    other.hash++;
    assert_int_equal(runtime_run_model(&other, "--data line.csv --time 20 --checkpoint ck --resume"), 3);
    runtime_assert_said("the checkpoint is of another model");
    size_t size;
    unsigned char *data = runtime_get_file("ck/line.checkpoint", &size);
    data[size / 2] ^= 1;
    runtime_put_file("ck/line.checkpoint", data, size);
    free(data);
    assert_int_equal(runtime_run("--data line.csv --time 20 --checkpoint ck --resume"), 3);
    runtime_assert_said("its checksum is wrong");
}

static void shuffle_is_a_permutation(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    int64_t one[COUNT], two[COUNT], seen[COUNT] = {0};
    int moved = 0;
    delta_shuffle(one, COUNT, 5, 0, 3);
    delta_shuffle(two, COUNT, 5, 0, 3);
    assert_memory_equal(one, two, sizeof one);
    for (int i = 0; i < COUNT; i++) {
        assert_in_range(one[i], 0, COUNT - 1);
        seen[one[i]]++;
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(seen[i], 1);
    delta_shuffle(two, COUNT, 5, 0, 4);
    for (int i = 0; i < COUNT; i++)
        moved += one[i] != two[i];
    assert_true(moved > COUNT * 9 / 10);
}

static void noise_does_not_depend_on_order(void **state)
{
    (void)state;
    const delta_array array = {.name = "e", .spelling = "e", .role = DELTA_NOISE, .distribution = DELTA_NORMAL, .a = 1, .b = 2};
    const delta_place place = {.rank = 1, .dims = {4}, .count = 4, .size = 8};
    double forward[100][4], backward[100][4], sum = 0, squares = 0;
    for (int row = 0; row < 100; row++)
        delta_noise_fill(&array, &place, 2, 11, 5, row, (unsigned char *)forward[row]);
    for (int row = 99; row >= 0; row--)
        delta_noise_fill(&array, &place, 2, 11, 5, row, (unsigned char *)backward[row]);
    assert_memory_equal(forward, backward, sizeof forward);
    delta_noise_fill(&array, &place, 2, 11, 6, 0, (unsigned char *)backward[0]);
    assert_memory_not_equal(forward[0], backward[0], sizeof forward[0]);
    for (int i = 0; i < 400; i++) {
        double value = forward[i / 4][i % 4];
        sum += value;
        squares += (value - 1) * (value - 1);
    }
    runtime_assert_near(sum / 400, 1, 0.4);
    runtime_assert_near(squares / 400, 4, 1);
}

static double schedule_at(const char *text, int64_t total, int64_t step)
{
    delta_schedule schedule = {0};
    assert_int_equal(delta_schedule_read(text, total, 10, &schedule), 0);
    return delta_schedule_value(&schedule, step);
}

static void schedules_follow_their_formulas(void **state)
{
    (void)state;
    for (int t = 0; t < 120; t++) {
        double cosine = t >= 100 ? 0.001 : 0.001 + (0.1 - 0.001) * (1 + cos(acos(-1) * t / 100)) / 2;
        runtime_assert_near(schedule_at("cosine(0.1, 0.001)", 100, t), cosine, 1e-16);
        runtime_assert_near(schedule_at("linear(0.1, 0.02)", 100, t), t >= 100 ? 0.02 : 0.1 - 0.08 * t / 100, 1e-16);
        runtime_assert_near(schedule_at("constant(1/4)", 100, t), 0.25, 0);
        runtime_assert_near(schedule_at("step(0.1, 0.5, 30)", 0, t), 0.1 * pow(0.5, t / 30), 1e-17);
        runtime_assert_near(schedule_at("step(0.1, 0.5, 3 epochs)", 0, t), 0.1 * pow(0.5, t / 30), 1e-17);
        runtime_assert_near(schedule_at("exponential(0.1, 0.99)", 0, t), 0.1 * pow(0.99, t), 1e-17);
        runtime_assert_near(schedule_at("warmup(20, constant(2))", 0, t), t < 20 ? 2 * (t + 1) / 20. : 2, 1e-15);
        runtime_assert_near(schedule_at("warmup(20, cosine(2, 1, 50))", 0, t),
                            t < 20   ? 2 * (t + 1) / 20.
                            : t < 70 ? 1 + (1 + cos(acos(-1) * (t - 20) / 50)) / 2
                                     : 1,
                            1e-15);
    }
    assert_int_equal(runtime_run("--data line.csv --schedule η:cosine(1)"), 64);
    runtime_assert_said("the number of arguments is wrong");
    assert_int_equal(runtime_run("--data line.csv --schedule λ:cosine(1,0)"), 64);
    runtime_assert_said("the page has no setting named λ");
}

static void divergence_is_told(void **state)
{
    (void)state;
    unlink("never.npz");
    runtime_put_line("line.csv", 100, 0);
    assert_int_equal(runtime_run("--data line.csv --set eta=1e200 --weights never.npz"), 3);
    runtime_assert_said("training diverged in epoch 1, step ");
    runtime_assert_said("line 9: C is infinite");
    runtime_assert_said("η = 1e+200");
    assert_int_not_equal(access("never.npz", F_OK), 0);
}

static void best_weights_are_kept(void **state)
{
    (void)state;
    runtime_put_line("line.csv", 100, 0.5);
    assert_int_equal(runtime_run("--data line.csv --split 0.5 --best rmse:min --epochs 60 --set eta=0.9 --batch 2 --weights best.npz --log best.jsonl"), 0);
    assert_int_equal(runtime_run("--data line.csv --patience 3 --epochs 100000 --set eta=0.5 -q --log short.jsonl"), 0);
    size_t size;
    unsigned char *data = runtime_get_file("short.jsonl", &size);
    assert_true(size < 100000);
    free(data);
    assert_int_equal(runtime_run("--data line.csv --best speed:max"), 64);
}

static void usage_is_explained(void **state)
{
    (void)state;
    assert_int_equal(runtime_run("--help"), 0);
    runtime_assert_said("Usage: line [train] --data");
    assert_int_equal(runtime_run("predict --help"), 0);
    runtime_assert_said("Example:");
    assert_int_equal(runtime_run("fit"), 64);
    assert_int_equal(runtime_run("--epochs no"), 64);
    assert_int_equal(runtime_run("--unknown"), 64);
    assert_int_equal(runtime_run("--resume"), 64);
    assert_int_equal(runtime_run("predict --data x.csv"), 64);
    assert_int_equal(runtime_run("--data z=x.csv"), 64);
    runtime_assert_said("the page has no data named z");
}

/* Blocks below and above the size of a large page, whole numbers of such pages or not: clean, aligned, kept when they grow. */
static void blocks_of_any_size(void **state)
{
    static const size_t sizes[] = {1, 64, 4096, (1 << 21) - 64, 1 << 21, (1 << 21) + 1, (1 << 22) - 1, (3 << 21) + 100};
    (void)state;
    delta_pool pool = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *block = delta_pool_get(&pool, sizes[i], 1);
        assert_int_equal((uintptr_t)block % 64, 0);
        for (size_t k = 0; k < sizes[i]; k += sizes[i] / 7 + 1)
            assert_int_equal(block[k], 0);
        block[0] = 1;
        block[sizes[i] - 1] = 1;
        block = delta_pool_resize(&pool, block, 2 * sizes[i] + 3);
        assert_true(block[0] == 1 && block[sizes[i] - 1] == 1 && block[sizes[i]] == 0 && block[2 * sizes[i] + 2] == 0);
        if (i % 2)
            delta_pool_release(&pool, block);
    }
    delta_pool_free(&pool);
    assert_null(pool.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trains_to_the_answer),
        cmocka_unit_test(predicts_what_the_weights_say),
        cmocka_unit_test(resumes_to_the_same_bits),
        cmocka_unit_test(killed_runs_resume),
        cmocka_unit_test(signals_leave_a_checkpoint),
        cmocka_unit_test(shuffle_is_a_permutation),
        cmocka_unit_test(noise_does_not_depend_on_order),
        cmocka_unit_test(schedules_follow_their_formulas),
        cmocka_unit_test(divergence_is_told),
        cmocka_unit_test(best_weights_are_kept),
        cmocka_unit_test(usage_is_explained),
        cmocka_unit_test(blocks_of_any_size),
    };
    return cmocka_run_group_tests(tests, runtime_in_own_directory, runtime_remove_directory);
}
