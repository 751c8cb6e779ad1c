/* The data readers: every format, labels and missing cells, large files, and broken data that end in messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "runtime/batch.h"
#include "runtime_support.h"

/* An npy text; returns its size. */
static size_t make_npy(unsigned char *to, int version, const char *dictionary, const void *data, size_t size)
{
    size_t start = version == 1 ? 10 : 12, length = strlen(dictionary);
    memcpy(to, "\x93NUMPY", 6);
    to[6] = (unsigned char)version;
    to[7] = 0;
    memset(to + 8, 0, 4);
    to[8] = (unsigned char)length;
    memcpy(to + start, dictionary, length);
    memcpy(to + start + length, data, size);
    return start + length + size;
}

static void assert_weights_fit(const char *arguments)
{
    assert_int_equal(runtime_run(arguments), 0);
    runtime_assert_near(runtime_npz_number("fit.npz", "w", 0), 2, 1e-6);
    runtime_assert_near(runtime_npz_number("fit.npz", "w", 1), -1, 1e-6);
    runtime_assert_near(runtime_npz_number("fit.npz", "b", 0), 1, 1e-6);
}

/* y = 2 x0 - x1 + 1 in every format. */
static void reads_every_format(void **state)
{
    (void)state;
    const int8_t x[] = {0, 0, 0, 1, 1, 0, 1, 1}, columns[] = {0, 0, 1, 1, 0, 1, 0, 1};
    const float y[] = {1, 0, 3, 2};
    const unsigned char image[] = {0, 0, 8, 2, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1, 1, 0, 1, 1};
    unsigned char text[1000];
    runtime_put_file("x.npy", text, make_npy(text, 1, "{'descr': '|i1', 'fortran_order': False, 'shape': (4, 2), }\n", x, 8));
    runtime_put_file("f.npy", text, make_npy(text, 3, "{'descr': '|i1', 'fortran_order': True, 'shape': (4, 2), }\n", columns, 8));
    runtime_put_file("y.npy", text, make_npy(text, 2, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }\n", y, 16));
    runtime_put_file("x.idx", image, sizeof image);
    runtime_put_text("xy.csv", "\xef\xbb\xbf\"y\",\"x[1]\",note,x[0]\r\n1,0,\"a, \"\"b\"\"\",0\r\n0,1,c,0\r\n3,0,,1\r\n\"2\",1,\"two\nlines\",1");
    runtime_put_text("plain.csv", "0,0,1\n0,1,0\n1,0,3\n1,1,2\n");
    gzFile packed = gzopen("xy.csv.gz", "wb");
    gzputs(packed, "x[0];x[1];y\n0;0;1\n0;1;0\n1;0;3\n1;1;2\n");
    gzclose(packed);
    assert_weights_fit("--data x.npy --data y.npy --set eta=0.5 --steps 2000 --weights fit.npz -q");
    assert_weights_fit("--data x=f.npy --data y.npy --set η=1/2 --steps 2000 --weights fit.npz -q");
    assert_weights_fit("--data x=x.idx --data y=y.npy --set eta=0.5 --steps 2000 --weights fit.npz -q");
    assert_weights_fit("--data xy.csv --set eta=0.5 --steps 2000 --weights fit.npz -q");
    assert_weights_fit("--data xy.csv.gz --set eta=0.5 --steps 2000 --weights fit.npz -q");
    assert_weights_fit("--data plain.csv --columns x=1..2,y=3 --set eta=0.5 --steps 2000 --weights fit.npz -q");
    assert_weights_fit("--data xy.csv --from fit.npz --steps 1 --weights fit.npz -q");
}

/* More than 128 MB of x stay in the file; its holes read as 0. */
static void large_files_are_read_in_pieces(void **state)
{
    (void)state;
    enum { ROWS = 34000, WIDTH = 1000 };
    unsigned char text[200];
    const float one = 1, nan = NAN;
    char dictionary[128];
    snprintf(dictionary, sizeof dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }\n", ROWS, WIDTH);
    size_t head = make_npy(text, 1, dictionary, "", 0);
    runtime_put_file("x.npy", text, head);
    int file = open("x.npy", O_WRONLY);
    assert_int_equal(ftruncate(file, (off_t)(head + (size_t)ROWS * WIDTH * 4)), 0);
    for (size_t row = 0; row < ROWS; row += 2)
        assert_true(pwrite(file, &one, 4, (off_t)(head + row * WIDTH * 4)) == 4);
    FILE *csv = fopen("y.csv", "w");
    fprintf(csv, "y\n");
    for (int row = 0; row < ROWS; row++)
        fprintf(csv, "%d\n", row % 2 ? 1 : 3);
    fclose(csv);
    assert_int_equal(runtime_run("--data x.npy --data y.csv --steps 400 --split 0.1 --set eta=0.5 --weights fit.npz -q"), 0);
    runtime_assert_near(runtime_npz_number("fit.npz", "w", 0), 2, 1e-3);
    runtime_assert_near(runtime_npz_number("fit.npz", "b", 0), 1, 1e-3);
    assert_true(pwrite(file, &nan, 4, (off_t)(head + 40 * WIDTH * 4 + 28)) == 4);
    close(file);
    assert_int_equal(runtime_run("--data x.npy --data y.csv --ordered --epochs 1 -q"), 3);
    runtime_assert_said("x.npy: error: row 41: x[7] is nan");
    unlink("x.npy");
}

/* Input x[2] with missing cells, labels y[k], a second population edge with xb and noise. */
static const delta_array mixed_arrays[] = {
    {.name = "x", .spelling = "x", .role = DELTA_INPUT, .rank = 1, .axis_size = {0}, .offset = 0, .pointer = 1, .per_sample = 1, .missing = 1},
    {.name = "known_x", .spelling = "known(x)", .role = DELTA_KNOWN, .rank = 1, .axis_size = {0}, .offset = 8, .pointer = 1, .per_sample = 1, .of = 0},
    {.name = "y", .spelling = "y", .role = DELTA_TARGET, .rank = 1, .axis_size = {1}, .offset = 16, .pointer = 1, .per_sample = 1},
    {.name = "xb", .spelling = "xb", .role = DELTA_INPUT, .type = DELTA_INT32, .offset = 24, .pointer = 1, .per_sample = 1, .population = 1},
    {.name = "g", .spelling = "g", .role = DELTA_GIVEN, .rank = 1, .axis_size = {2}, .offset = 0, .pointer = 1, .from_data = 1},
};

static void mixed_shape(int array, const int64_t *sizes, int64_t *dims)
{
    dims[0] = sizes[array == 2 ? 1 : array == 4 ? 2 : 0];
}

static int mixed_init(void *params, void *state, const void *work, uint64_t seed)
{
    (void)params, (void)state, (void)work, (void)seed;
    return 0;
}

static void mixed_set_batch(void *in, int population, ptrdiff_t count)
{
    ((ptrdiff_t *)in)[4 + population] = count;
}

static void labels_missing_cells_and_populations(void **state)
{
    static const delta_size sizes[] = {{"n", "n", 2}, {"k", "k", 0}, {"m", "m", 0}};
    static const char *const populations[] = {"main", "edge"}, *const files[] = {"main.csv", "edge=edge.csv", "g=g.csv"};
    const delta_model model = {.name = "mixed",
                               .page = "mixed.delta",
                               .real_bytes = 8,
                               .size_count = 3,
                               .sizes = sizes,
                               .population_count = 2,
                               .populations = populations,
                               .array_count = 5,
                               .arrays = mixed_arrays,
                               .params_bytes = 8,
                               .state_bytes = 8,
                               .in_bytes = 48,
                               .out_bytes = 8,
                               .work_bytes = 8,
                               .shape = mixed_shape,
                               .set_batch = mixed_set_batch,
                               .init = mixed_init};
    delta_pool pool = {0};
    delta_binding bindings[5] = {{0}};
    int64_t values[3] = {2, 0, 0}, batch[2] = {2, 2}, count = 0;
    delta_instance instance = {.model = &model, .sizes = values, .batch = batch};
    delta_dataset set;
    delta_feeder feeder;
    (void)state;
    runtime_put_text("main.csv", "x[0],x[1],y\n1,,2\n,4,0\n5,6,1\n");
    runtime_put_text("edge.csv", "xb,y\n-3,9\n7,9\n");
    runtime_put_text("g.csv", "0.5\n1.5\n2.5\n3.5\n");
    assert_int_equal(delta_bindings_read(&pool, &model, files, 3, &(delta_source_options){0}, bindings), 0);
    delta_sizes_from_bindings(&model, bindings, values);
    assert_int_equal(values[1], 3);
    assert_int_equal(values[2], 4);
    delta_instance_shapes(&pool, &instance);
    assert_int_equal(delta_bindings_check(&instance, bindings, 1), 0);
    assert_int_equal(delta_dataset_bind(&pool, &instance, bindings, NULL, &set), 0);
    assert_int_equal(delta_dataset_load(&pool, &instance, &set), 0);
    assert_int_equal(delta_instance_start(&pool, &instance, 1), 0);
    assert_int_equal(delta_given_set(&instance, 4, &bindings[4]), 0);
    runtime_assert_near((*(double **)instance.state)[3], 3.5, 0);
    delta_feeder_make(&pool, &feeder, &instance, &set, NULL, 1, 0);
    assert_int_equal(delta_feed_step(&feeder, 0, &count), 0);
    assert_int_equal(count, 2);
    double **in = instance.in;
    const double x[] = {1, 0, 0, 4}, known[] = {1, 0, 0, 1}, y[] = {0, 0, 1, 1, 0, 0};
    assert_memory_equal(in[0], x, sizeof x);
    assert_memory_equal(in[1], known, sizeof known);
    assert_memory_equal(in[2], y, sizeof y);
    assert_int_equal(((int32_t *)(void *)in[3])[1], 7);
    assert_int_equal(delta_feed_step(&feeder, 1, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(((ptrdiff_t *)instance.in)[5], 2);
    runtime_assert_near(in[2][1], 1, 0);
    delta_dataset_close(&set);
    delta_pool_free(&pool);
}

static void transforms_are_kept_with_weights(void **state)
{
    (void)state;
    runtime_put_text("wide.csv", "x,y\n100,1\n200,2\n300,3\n400,4\n");
    assert_int_equal(runtime_run("--data wide.csv --normalize x --set eta=0.5 --epochs 500 --weights n.npz -q"), 0);
    assert_int_equal(runtime_run("predict --data wide.csv --weights n.npz"), 0);
    double first = strtod(runtime_said + 2, NULL);
    runtime_assert_near(first, 1, 1e-9);
    assert_int_equal(runtime_run("--data wide.csv --scale x=1/400 --set eta=0.5 --epochs 3000 --weights n.npz -q"), 0);
    runtime_assert_near(runtime_npz_number("n.npz", "w", 0), 4, 1e-6);
    runtime_assert_near(runtime_npz_number("n.npz", "__transform_x", 1), 1. / 400, 0);
}

typedef struct {
    const char *name, *text;
    size_t size; /* 0: strlen */
    const char *arguments, *expected;
} broken_row;

#define BINARY(text) text, sizeof(text) - 1

static const broken_row broken_rows[] = {
    {"a.csv", "x,y\n1,2\nabc,3\n", 0, "--data a.csv", "a.csv:3: error: row 2, column x: 'abc' is not a number"},
    {"a.csv", "x,y\n1,2\n3\n", 0, "--data a.csv", "a.csv:3: error: row 2 has 1 cell, the first line 2"},
    {"a.csv", "x,y\n1,2\n,3\n", 0, "--data a.csv", "a.csv:3: error: row 2: x[0] is empty or nan"},
    {"a.csv", "x,y\n1,2\n1,inf\n", 0, "--data a.csv", "a.csv:3: error: row 2: y is infinite"},
    {"a.csv", "x,y\n1,nan\n", 0, "--data a.csv", "a.csv:2: error: row 1: y is empty or nan"},
    {"a.csv", "x,y\n", 0, "--data a.csv", "a.csv: error: has no rows"},
    {"a.csv", "x,z\n1,2\n", 0, "--data a.csv", "line.delta:3: error: there are no data for y"},
    {"a.csv", "1,2\n1,2\n", 0, "--data a.csv", "the first line is numbers"},
    {"a.csv", "x[0],x[2],y\n1,2,3\n", 0, "--data a.csv", "the columns of x do not have every index once"},
    {"a.csv", "x[0],x[0],y\n1,2,3\n", 0, "--data a.csv", "the columns of x"},
    {"a.csv", "x,y\n1,\"2\n", 0, "--data a.csv", "a quote is not closed"},
    {"a.csv", "x,y\n1,NA\n", 0, "--data a.csv", "declare `input y missing`"},
    {"a.csv", "x,y\n0x10,2\n", 0, "--data a.csv", "'0x10' is not a number"},
    {"a.csv", "x,y\n1,1\n1,1\n1,1\n1,1\n1,1\n1,1\n1,1000\n", 0, "--data a.csv", "a.csv:8: error: row 7 does not satisfy `assume y < 1000`"},
    {"a.csv", "", 0, "--data a.csv", "a.csv: error: is empty"},
    {"a.csv", BINARY("x,y\n1,2\n\0\0\0"), "--data a.csv", "is not a data file"},
    {"a.bin", BINARY("\x01\x02\x03\x04junk"), "--data x=a.bin", "is not a data file"},
    {"a.h5", BINARY("\x89HDF\r\n\x1a\n"), "--data a.h5", "this is HDF5"},
    {"a.gz", BINARY("\x1f\x8b\x08\0\0\0\0\0\0\3KLJ"), "--data a.gz", "the gzip data ends too early"},
    {"a.gz", BINARY("\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff\xff\xff"), "--data a.gz", "the gzip data is damaged"},
    {"x.npy", BINARY("\x93NUMPX\1\0"), "--data x.npy", "does not begin as an npy file does"},
    {"x.npy", BINARY("\x93NUMPY\1\0\xff\0{}"), "--data x.npy", "it is cut short"},
    {"x.npy", BINARY("\x93NUMPY\1\0\x3b\0{'descr': '<f8', 'fortran_order': False, 'shape': (99,), } \n12345678"), "--data x.npy",
     "claims shape (99,), 792 bytes, but only"},
    {"x.npy", BINARY("\x93NUMPY\1\0\x45\0{'descr': '<f8', 'fortran_order': False, 'shape': (400000000, 1), }  \n"), "--data x.npy", "3200000000 bytes"},
    {"x.npy", BINARY("\x93NUMPY\1\0\x3b\0{'descr': '<c8', 'fortran_order': False, 'shape': (99,), } \n12345678"), "--data x.npy",
     "elements of type '<c8' cannot be read"},
    {"x.npy", BINARY("\x93NUMPY\x09\0\x3b\0{}"), "--data x.npy", "npy version 9 is not known"},
    {"x.npz", BINARY("PK\3\4nothing else"), "--data x.npz", "its directory is missing"},
    {"x.idx", BINARY("\0\0\x08\3\0\1\0\0\0\1\0\0\0\0\0\1"), "--data x=x.idx", "the header claims shape (65536, 65536, 1), 4294967296 bytes"},
    {"x.idx", BINARY("\0\0\x0a\1\0\0\0\1\0"), "--data x=x.idx", "idx type 0x0a is not known"},
    {"train-images-idx3-ubyte", BINARY("\1\0\x08\1\0\0\0\1\0"), "--data x=train-images-idx3-ubyte", "does not begin as an idx file does"},
    {"a.csv", "x,y\n1,2\n", 0, "--data none.csv", "none.csv: error: cannot be opened"},
    {"a.csv", "x,y\n1,2\n", 0, "--data ck", "is a directory"},
    {"a.csv", "x,y\n1,2\n", 0, "--data a.csv --from a.csv", "is not an .npz file"},
    {"a.csv", "x,y\n1,2\n", 0, "", "there are no data for x"},
    {"b.csv", "y\n1\n2\n3\n", 0, "--data x.csv --data y=b.csv", "b.csv: error: has 3 samples of y, but x.csv has 2 of x"},
    {"b.csv", "x[0],x[1],y\n1,2,3\n", 0, "--data b.csv --from one.npz",
     "b.csv: error: has shape (2,) for each sample of x, but x has shape (1,) on line 2 of line.delta"},
};

static void broken_data_end_in_messages(void **state)
{
    (void)state;
    runtime_put_text("x.csv", "x\n1\n2\n");
    runtime_put_text("one.csv", "x,y\n1,2\n");
    mkdir("ck", 0700);
    assert_int_equal(runtime_run("--data one.csv --steps 1 --weights one.npz"), 0);
    for (size_t i = 0; i < sizeof broken_rows / sizeof *broken_rows; i++) {
        const broken_row *row = &broken_rows[i];
        char arguments[400];
        runtime_put_file(row->name, row->text, row->size ? row->size : strlen(row->text));
        snprintf(arguments, sizeof arguments, "%s --weights none.npz --log none.jsonl", row->arguments);
        int status = runtime_run(arguments);
        runtime_assert_said(row->expected);
        assert_int_equal(status, 3);
        assert_int_not_equal(access("none.npz", F_OK), 0);
        assert_int_not_equal(access("none.jsonl", F_OK), 0);
        unlink(row->name);
    }
}

/* Every prefix of good files, and every file with a byte changed, ends in success or a message. */
static void damaged_files_do_not_crash(void **state)
{
    (void)state;
    unsigned char text[400];
    const double y[] = {1, 2, 3};
    runtime_put_text("three.csv", "x,y\n1,2\n2,3\n3,4\n");
    assert_int_equal(runtime_run("--data three.csv --steps 3 --weights good.npz -q"), 0);
    size_t size, length = make_npy(text, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", y, 24);
    unsigned char *data = runtime_get_file("good.npz", &size);
    for (size_t cut = 0; cut < size; cut += 3) {
        runtime_put_file("cut.npz", data, cut);
        assert_int_equal(runtime_run("predict --data three.csv --weights cut.npz"), 3);
    }
    for (size_t place = 0; place < size; place++) {
        data[place] ^= 0x81;
        runtime_put_file("cut.npz", data, size);
        int status = runtime_run("predict --data three.csv --weights cut.npz");
        assert_true(status == 0 || status == 3);
        data[place] ^= 0x81;
    }
    free(data);
    for (size_t place = 0; place < length; place++) {
        text[place] ^= 0x11;
        runtime_put_file("y.npy", text, length);
        int status = runtime_run("--data x=three.csv --columns x=1 --data y=y.npy --steps 1");
        assert_true(status == 0 || status == 3 || status == 64);
        text[place] ^= 0x11;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_format),
        cmocka_unit_test(large_files_are_read_in_pieces),
        cmocka_unit_test(labels_missing_cells_and_populations),
        cmocka_unit_test(transforms_are_kept_with_weights),
        cmocka_unit_test(broken_data_end_in_messages),
        cmocka_unit_test(damaged_files_do_not_crash),
    };
    return cmocka_run_group_tests(tests, runtime_in_own_directory, runtime_remove_directory);
}
