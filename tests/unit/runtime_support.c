/* What the tests of the runtime share: running the hand-written models with their outputs caught, and files. */
#include "runtime_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "runtime/delta_random.h"

#define REAL    double
#define NAME(x) runtime_double_##x
#include "runtime_model.h"
#define REAL    float
#define NAME(x) runtime_float_##x
#include "runtime_model.h"

char runtime_said[1 << 16]; /* what the last run wrote to both outputs */

/* Runs delta_main on arguments separated by blanks, both outputs caught in `runtime_said`. */
int runtime_run_model(const delta_model *model, const char *arguments)
{
    char text[1024], *argv[40] = {(char *)(uintptr_t) "line"};
    int argc = 1, out = dup(1), err = dup(2), file = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);
    snprintf(text, sizeof text, "%s", arguments);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(stdout);
    dup2(file, 1);
    dup2(file, 2);
    int status = delta_main(model, argc, argv);
    fflush(stdout);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    ssize_t length = pread(file, runtime_said, sizeof runtime_said - 1, 0);
    runtime_said[length > 0 ? length : 0] = 0;
    close(file);
    return status;
}

int runtime_run(const char *arguments)
{
    return runtime_run_model(&runtime_double_model, arguments);
}

void runtime_put_file(const char *name, const void *data, size_t size)
{
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
}

void runtime_put_text(const char *name, const char *text)
{
    runtime_put_file(name, text, strlen(text));
}

unsigned char *runtime_get_file(const char *name, size_t *size)
{
    struct stat about;
    assert_int_equal(stat(name, &about), 0);
    unsigned char *data = malloc((size_t)about.st_size + 1);
    int file = open(name, O_RDONLY);
    assert_true(read(file, data, (size_t)about.st_size) == about.st_size);
    close(file);
    data[about.st_size] = 0;
    *size = (size_t)about.st_size;
    return data;
}

void runtime_assert_said(const char *text)
{
    if (!strstr(runtime_said, text))
        fail_msg("expected \"%s\" in:\n%s", text, runtime_said);
}

/* y = 2x + 1 + noise. */
void runtime_put_line(const char *name, int rows, double noise)
{
    FILE *file = fopen(name, "w");
    fprintf(file, "x,y\n");
    for (int i = 0; i < rows; i++) {
        double x = 2 * delta_uniform(7, 1, (uint64_t)i) - 1;
        fprintf(file, "%.17g,%.17g\n", x, 2 * x + 1 + noise * delta_normal(7, 2, (uint64_t)i));
    }
    fclose(file);
}

/* A second reader, independent of the runtime's: walks the local headers of a stored zip. Returns the entry's elements, which are doubles or floats. */
static const unsigned char *npz_entry(const unsigned char *data, size_t size, const char *name, char header[512])
{
    size_t at = 0;
    while (at + 30 < size && !memcmp(data + at, "PK\3\4", 4)) {
        size_t bytes = data[at + 18] | (size_t)data[at + 19] << 8 | (size_t)data[at + 20] << 16, length = data[at + 26];
        uint32_t crc = (uint32_t)data[at + 14] | (uint32_t)data[at + 15] << 8 | (uint32_t)data[at + 16] << 16 | (uint32_t)data[at + 17] << 24;
        const unsigned char *body = data + at + 30 + length;
        assert_int_equal(crc, (uint32_t)crc32(0, body, (uInt)bytes));
        assert_memory_equal(body, "\x93NUMPY\1\0", 8);
        size_t head = body[8] | (size_t)body[9] << 8;
        assert_int_equal((head + 10) % 64, 0);
        if (length == strlen(name) + 4 && !memcmp(data + at + 30, name, strlen(name))) {
            snprintf(header, 512, "%.*s", (int)head, (const char *)body + 10);
            return body + 10 + head;
        }
        at += 30 + length + bytes;
    }
    return NULL;
}

double runtime_npz_number(const char *file, const char *name, size_t element)
{
    size_t size;
    char header[512];
    unsigned char *data = runtime_get_file(file, &size);
    const unsigned char *at = npz_entry(data, size, name, header);
    assert_non_null(at);
    double value;
    if (strstr(header, "'<f4'")) {
        float single;
        memcpy(&single, at + 4 * element, 4);
        value = (double)single;
    } else {
        memcpy(&value, at + 8 * element, 8);
    }
    free(data);
    return value;
}

void runtime_assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", value, tolerance, expected);
}

void runtime_assert_same_files(const char *one, const char *two)
{
    size_t first, second;
    unsigned char *a = runtime_get_file(one, &first), *b = runtime_get_file(two, &second);
    assert_int_equal(first, second);
    assert_memory_equal(a, b, first);
    free(a);
    free(b);
}

int runtime_in_own_directory(void **state)
{
    static char path[] = "/tmp/deltac-runtime-XXXXXX";
    *state = mkdtemp(path);
    return *state && chdir(path) == 0 ? 0 : -1;
}

int runtime_remove_directory(void **state)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    return chdir("/") || system(command);
}
