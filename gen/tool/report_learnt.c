/* The learnt function over the data, for pages with one or two numbers as input. The values are those of the page's own program: `deltac eval` is run over the
 * data, which says where the samples are, and over a grid. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/tool/output.h"
#include "gen/tool/report.h"

enum { CURVE = 240, GRID = 40, BANDS = 8, MOST_DRAWN = 600, MOST_COLUMNS = 4 };

typedef struct {
    report *r;
    const char *axis[2]; /* "x", or "x[0]": as eval and csv call them */
    int axes;
    int output, target;  /* variables; target −1 */
    char folder[64];
} learnt;

/* Columns of numbers. */
typedef struct {
    double *value;
    int rows, columns;
} numbers;

/* --- which function --- */

static bool is_data(const model_var *v, var_role role)
{
    return v->role == role && v->key && v->population == 0 && !v->integer;
}

/* The axes of the picture; false when the page has no input, or more numbers than two. */
static bool find_axes(learnt *l)
{
    model *m = l->r->page->model;
    for (int i = 0; i < m->var_count; i++) {
        const model_var *v = &m->var[i];
        if (v->role != ROLE_INPUT || v->population != 0)
            continue;
        int own = v->axis_count - v->sample;
        node size = own == 1 ? v->axis_size[v->axis_count - 1] : 0;
        long count = own == 0 ? 1 : 0;
        if (size && dag_kind(m->dag, size) == NODE_SIZE)
            count = m->size[dag_payload(m->dag, size)].value;
        if (!is_data(v, ROLE_INPUT) || v->missing || count < 1 || l->axes + count > 2)
            return false;
        const char *name = intern_text(m->names, v->key);
        for (long k = 0; k < count; k++)
            l->axis[l->axes++] = own ? arena_printf(l->r->memory, "%s[%ld]", name, k) : name;
    }
    return l->axes > 0;
}

/* The page's first output that is a number, and its first target that is one. */
static bool find_values(learnt *l)
{
    const model *m = l->r->page->model;
    l->output = l->target = -1;
    for (int i = 0; i < m->output_count && l->output < 0; i++) {
        const model_var *v = &m->var[m->output[i]];
        if (v->sample && v->axis_count == 1 && v->population == 0)
            l->output = m->output[i];
    }
    for (int i = 0; i < m->var_count && l->target < 0; i++)
        if (is_data(&m->var[i], ROLE_TARGET) && m->var[i].axis_count == m->var[i].sample)
            l->target = i;
    return l->output >= 0;
}

/* --- deltac eval --- */

static const char *file_in(const learnt *l, const char *name)
{
    return arena_printf(l->r->memory, "%s/%s", l->folder, name);
}

static int evaluate(const learnt *l, const char *const *expression, int count, const char *const *data, int data_count, const char *output)
{
    const report *r = l->r;
    const char **word = arena_alloc(r->memory, (size_t)(count + 2 * data_count + 2 * r->options->define_count + 12) * sizeof *word);
    int n = 0;
    word[n++] = "deltac";
    word[n++] = "eval";
    word[n++] = r->path;
    for (int i = 0; i < count; i++)
        word[n++] = expression[i];
    word[n++] = "--weights";
    word[n++] = r->weights;
    for (int i = 0; i < data_count; i++) {
        word[n++] = "--data";
        word[n++] = data[i];
    }
    for (int i = 0; i < r->options->define_count; i++) {
        word[n++] = "--define";
        word[n++] = r->options->define[i];
    }
    word[n++] = "--quiet";
    word[n++] = "-o";
    word[n++] = output;
    word[n] = NULL;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        execv("/proc/self/exe", (char *const *)word);
        fprintf(stderr, "deltac: cannot start itself: %s\n", strerror(errno));
        _exit(STATUS_MACHINE);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_MACHINE;
}

/* The csv that eval has written: one line of names, then numbers. */
static bool read_numbers(const char *path, int columns, numbers *out)
{
    FILE *f = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0;
    int space = 0;
    *out = (numbers){.columns = columns};
    for (int i = 0; f && getline(&line, &room, f) > 0; i++) {
        char *at = line;
        if (i == 0)
            continue;
        if (out->rows == space) {
            space = space ? 2 * space : 256;
            out->value = xrealloc(out->value, (size_t)(space * columns) * sizeof *out->value);
        }
        for (int k = 0; k < columns; k++, at += *at == ',')
            out->value[out->rows * columns + k] = strtod(at, &at);
        out->rows++;
    }
    if (f)
        fclose(f);
    free(line);
    return out->rows > 0;
}

static double at_of(const numbers *n, int row, int column)
{
    return n->value[row * n->columns + column];
}

static void range_of(const numbers *n, int column, double *lo, double *hi)
{
    *lo = HUGE_VAL;
    *hi = -HUGE_VAL;
    for (int i = 0; i < n->rows; i++)
        if (isfinite(at_of(n, i, column))) {
            *lo = fmin(*lo, at_of(n, i, column));
            *hi = fmax(*hi, at_of(n, i, column));
        }
    if (!(*hi > *lo)) {
        *lo = isfinite(*lo) ? *lo - 1 : -1;
        *hi = *lo + 2;
    }
}

/* --- pictures --- */

static const char *name_of(const learnt *l, int var)
{
    return model_var_name(l->r->page->model, var);
}

static int stride(int rows)
{
    return rows > MOST_DRAWN ? (rows + MOST_DRAWN - 1) / MOST_DRAWN : 1;
}

static void draw_curve(learnt *l, const numbers *samples, const numbers *grid, const double *lo, const double *hi)
{
    buffer *out = l->r->out;
    report_frame f = {.x0 = lo[0], .x1 = hi[0]};
    double y0, y1;
    range_of(grid, 1, &f.y0, &f.y1);
    if (l->target >= 0) {
        range_of(samples, 1, &y0, &y1);
        f.y0 = fmin(f.y0, y0);
        f.y1 = fmax(f.y1, y1);
    }
    report_chart_margin(&f);
    report_chart_open(out, arena_printf(l->r->memory, "%s over %s, learnt, with the samples", name_of(l, l->output), l->axis[0]), "learnt-title");
    report_chart_axes(out, &f, l->axis[0]);
    for (int i = 0; i < samples->rows && l->target >= 0; i += stride(samples->rows))
        if (isfinite(at_of(samples, i, 1)))
            buffer_printf(out, "<circle class=\"sample\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>", report_chart_x(&f, at_of(samples, i, 0)), report_chart_y(&f, at_of(samples, i, 1)));
    buffer_puts(out, "<path class=\"curve c0\" d=\"");
    bool pen = false;
    for (int i = 0; i < grid->rows; i++) {
        bool good = isfinite(at_of(grid, i, 1));
        if (good)
            buffer_printf(out, "%s%.1f %.1f", pen ? "L" : "M", report_chart_x(&f, at_of(grid, i, 0)), report_chart_y(&f, at_of(grid, i, 1)));
        pen = good;
    }
    buffer_puts(out, "\"/></svg></div>\n<p class=\"note\">");
    report_text(l->r, arena_printf(l->r->memory, l->target >= 0 ? "Line: %s. Circles: the samples' %s." : "Line: %s.", name_of(l, l->output), l->target >= 0 ? name_of(l, l->target) : ""));
    buffer_puts(out, "</p>\n");
}

static int band_of(double v, double lo, double hi)
{
    int band = (int)floor((v - lo) / (hi - lo) * BANDS);
    return band < 0 ? 0 : band >= BANDS ? BANDS - 1 : band;
}

/* Bands from light to dark, a line where one ends. */
static void draw_bands(learnt *l, const report_frame *f, const numbers *grid, double low, double high)
{
    buffer *out = l->r->out;
    double w = (f->x1 - f->x0) / (GRID - 1), h = (f->y1 - f->y0) / (GRID - 1);
    for (int i = 0; i + 1 < GRID; i++)
        for (int k = 0, end; k + 1 < GRID; k = end) {
            int band = band_of(at_of(grid, i * GRID + k, 2), low, high);
            for (end = k + 1; end + 1 < GRID && band_of(at_of(grid, i * GRID + end, 2), low, high) == band; end++)
                ;
            double x0 = report_chart_x(f, f->x0 + k * w), x1 = report_chart_x(f, f->x0 + end * w), y0 = report_chart_y(f, f->y0 + (i + 1) * h), y1 = report_chart_y(f, f->y0 + i * h);
            buffer_printf(out, "<path class=\"band\" fill-opacity=\"%.2f\" d=\"M%.1f %.1fH%.1fV%.1fH%.1fZ\"/>", 0.05 + 0.08 * band, x0, y0, x1, y1, x0);
        }
}

/* Samples whose target is high are filled circles, the others open ones. */
static void draw_samples(learnt *l, const report_frame *f, const numbers *samples, double middle)
{
    for (int i = 0; i < samples->rows; i += stride(samples->rows)) {
        bool high = l->target >= 0 && at_of(samples, i, 2) > middle;
        buffer_printf(l->r->out, "<circle class=\"sample%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>", high ? " high" : l->target >= 0 ? " low" : "", report_chart_x(f, at_of(samples, i, 0)),
                      report_chart_y(f, at_of(samples, i, 1)));
    }
}

static void draw_surface(learnt *l, const numbers *samples, const numbers *grid, const double *lo, const double *hi)
{
    buffer *out = l->r->out;
    report_frame f = {.x0 = lo[0], .x1 = hi[0], .y0 = lo[1], .y1 = hi[1]};
    double low, high, t0 = 0, t1 = 0;
    range_of(grid, 2, &low, &high);
    if (l->target >= 0)
        range_of(samples, 2, &t0, &t1);
    report_chart_open(out, arena_printf(l->r->memory, "%s over %s and %s, learnt, with the samples", name_of(l, l->output), l->axis[0], l->axis[1]), "learnt-title");
    draw_bands(l, &f, grid, low, high);
    draw_samples(l, &f, samples, (t0 + t1) / 2);
    report_chart_axes(out, &f, l->axis[0]);
    buffer_puts(out, "</svg></div>\n<p class=\"note\">");
    report_text(l->r, arena_printf(l->r->memory, "%s from %.4g (faint) to %.4g (strong), in %d bands; upwards %s.", name_of(l, l->output), low, high, BANDS, l->axis[1]));
    if (l->target >= 0)
        report_text(l->r, arena_printf(l->r->memory, " Filled circles: samples with %s above %.4g; open ones: the others.", name_of(l, l->target), (t0 + t1) / 2));
    buffer_puts(out, "</p>\n");
}

/* --- together --- */

static int write_grid(const learnt *l, const char *path, const double *lo, const double *hi)
{
    buffer b = {0};
    int count = l->axes == 1 ? CURVE : GRID * GRID, side = l->axes == 1 ? CURVE : GRID;
    buffer_printf(&b, l->axes == 1 ? "%s\n" : "%s,%s\n", l->axis[0], l->axis[1]);
    for (int i = 0; i < count; i++) {
        buffer_printf(&b, "%.17g", lo[0] + (hi[0] - lo[0]) * (i % side) / (side - 1));
        if (l->axes == 2)
            buffer_printf(&b, ",%.17g", lo[1] + (hi[1] - lo[1]) * (i / side) / (side - 1));
        buffer_puts(&b, "\n");
    }
    int status = write_file(path, b.text, b.length);
    buffer_free(&b);
    return status;
}

static int draw(learnt *l)
{
    const report *r = l->r;
    const char *expression[MOST_COLUMNS] = {l->axis[0]}, *path = file_in(l, "samples.csv"), *grid_path = file_in(l, "grid.csv"), *values = file_in(l, "values.csv");
    int count = 0;
    double lo[2], hi[2];
    numbers samples = {0}, grid = {0};
    for (int k = 0; k < l->axes; k++)
        expression[count++] = l->axis[k];
    if (l->target >= 0)
        expression[count++] = intern_text(r->page->names, r->page->model->var[l->target].key);
    int status = evaluate(l, expression, count, r->data, r->data_count, path);
    if (!status && !read_numbers(path, count, &samples))
        status = STATUS_UNUSABLE;
    for (int k = 0; k < l->axes && !status; k++) {
        range_of(&samples, k, &lo[k], &hi[k]);
        double margin = l->axes == 2 ? 0.08 * (hi[k] - lo[k]) : 0.02 * (hi[k] - lo[k]);
        lo[k] -= margin;
        hi[k] += margin;
    }
    status = status ? status : write_grid(l, grid_path, lo, hi);
    if (!status) {
        expression[l->axes] = intern_text(r->page->names, r->page->model->var[l->output].key);
        status = evaluate(l, expression, l->axes + 1, &grid_path, 1, values);
    }
    if (!status && !read_numbers(values, l->axes + 1, &grid))
        status = STATUS_UNUSABLE;
    if (!status && grid.rows == (l->axes == 1 ? CURVE : GRID * GRID)) {
        buffer_puts(r->out, "<section aria-labelledby=\"learnt\"><h2 id=\"learnt\">The learnt function</h2>\n");
        l->axes == 1 ? draw_curve(l, &samples, &grid, lo, hi) : draw_surface(l, &samples, &grid, lo, hi);
        buffer_puts(r->out, "</section>\n");
    }
    free(samples.value), free(grid.value);
    unlink(path), unlink(grid_path), unlink(values);
    return status;
}

int report_learnt(report *r)
{
    learnt l = {.r = r, .folder = "/tmp/deltac-report-XXXXXX"};
    if (!r->weights || r->data_count == 0)
        return 0;
    if (!find_axes(&l) || !find_values(&l)) {
        buffer_puts(r->out, "<section aria-labelledby=\"learnt\"><h2 id=\"learnt\">The learnt function</h2>\n<p class=\"note\">It is drawn for pages with one or two numbers as input "
                            "and a number as output.</p></section>\n");
        return 0;
    }
    const char *temporary = getenv("TMPDIR");
    if (temporary && strlen(temporary) < 30)
        snprintf(l.folder, sizeof l.folder, "%s/deltac-report-XXXXXX", temporary);
    if (!mkdtemp(l.folder)) {
        fprintf(stderr, "deltac: cannot make a folder for the learnt function: %s\n", strerror(errno));
        return STATUS_MACHINE;
    }
    int status = draw(&l);
    rmdir(l.folder);
    return status;
}
