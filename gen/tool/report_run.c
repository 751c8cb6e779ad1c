/* Training curves from run.jsonl. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/report.h"

enum { MOST_SERIES = 8, MOST_POINTS = 400, WIDTH = 640, HEIGHT = 300, LEFT = 64, BOTTOM = 40, TOP = 12, RIGHT = 14 };

typedef struct {
    char *name;
    double *x, *y;
    int count, room;
} series;

typedef struct {
    series list[MOST_SERIES];
    int count;
    const char *axis; /* what x is: "epoch" or "step" */
    arena *memory;
} curves;

static void add_point(curves *c, const char *name, double x, double y)
{
    int i = 0;
    while (i < c->count && strcmp(c->list[i].name, name) != 0)
        i++;
    if (i == MOST_SERIES || !isfinite(y))
        return;
    series *s = &c->list[i];
    if (i == c->count)
        c->list[c->count++] = (series){.name = arena_strndup(c->memory, name, strlen(name))};
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 64;
        s->x = xrealloc(s->x, (size_t)s->room * sizeof *s->x);
        s->y = xrealloc(s->y, (size_t)s->room * sizeof *s->y);
    }
    s->x[s->count] = x;
    s->y[s->count++] = y;
}

static void add_metrics(curves *c, const json_t *metrics, const char *prefix, double x)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)metrics, key, value) if (json_is_number(value)) add_point(c, arena_printf(c->memory, "%s%s", prefix, key), x, json_number_value(value));
}

static void add_record(curves *loss, curves *metrics, const json_t *o, int line)
{
    const json_t *epoch = json_object_get(o, "epoch"), *step = json_object_get(o, "step");
    const json_t *at = json_is_number(epoch) ? epoch : step;
    double x = json_is_number(at) ? json_number_value(at) : line;
    loss->axis = metrics->axis = json_is_number(epoch) ? "epoch" : "step";
    const json_t *y = json_object_get(o, "loss"), *v = json_object_get(o, "valid_loss");
    if (json_is_number(y))
        add_point(loss, "loss", x, json_number_value(y));
    if (json_is_number(v))
        add_point(loss, "validation loss", x, json_number_value(v));
    add_metrics(metrics, json_object_get(o, "metrics"), "", x);
    add_metrics(metrics, json_object_get(o, "valid_metrics"), "validation ", x);
}

/* --- axes --- */

typedef struct {
    double x0, x1, y0, y1; /* ranges; logarithms when `log` */
    bool log;
} frame;

static double chart_x(const frame *f, double x)
{
    return LEFT + (x - f->x0) / (f->x1 - f->x0) * (WIDTH - LEFT - RIGHT);
}
static double chart_y(const frame *f, double y)
{
    double v = f->log ? log10(y) : y;
    return HEIGHT - BOTTOM - (v - f->y0) / (f->y1 - f->y0) * (HEIGHT - BOTTOM - TOP);
}

static frame frame_of(const curves *c, bool may_log)
{
    frame f = {.x0 = HUGE_VAL, .x1 = -HUGE_VAL, .y0 = HUGE_VAL, .y1 = -HUGE_VAL};
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->list[i].count; k++) {
            f.x0 = fmin(f.x0, c->list[i].x[k]), f.x1 = fmax(f.x1, c->list[i].x[k]);
            f.y0 = fmin(f.y0, c->list[i].y[k]), f.y1 = fmax(f.y1, c->list[i].y[k]);
        }
    f.log = may_log && f.y0 > 0 && f.y1 > 30 * f.y0;
    if (f.log) {
        f.y0 = log10(f.y0);
        f.y1 = log10(f.y1);
    }
    if (!(f.x1 > f.x0))
        f.x1 = f.x0 + 1;
    double margin = f.y1 > f.y0 ? 0.04 * (f.y1 - f.y0) : fabs(f.y1) * 0.1 + 0.5;
    f.y0 -= margin;
    f.y1 += margin;
    return f;
}

/* A round step that gives about `count` ticks. */
static double tick_step(double range, int count)
{
    double raw = range / count, power = pow(10, floor(log10(raw))), part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static void put_axes(buffer *out, const frame *f, const char *x_name)
{
    double sx = tick_step(f->x1 - f->x0, 6), sy = f->log ? fmax(1, ceil((f->y1 - f->y0) / 6)) : tick_step(f->y1 - f->y0, 5);
    int ticks = 0;
    for (double v = ceil(f->y0 / sy) * sy; v <= f->y1 && ticks < 20; v += sy, ticks++) {
        double y = chart_y(f, f->log ? pow(10, v) : v);
        buffer_printf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"soft\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\" font-size=\"12\">%.4g</text>", LEFT, y, WIDTH - RIGHT,
                      LEFT - 8, y + 4, f->log ? pow(10, v) : fabs(v) < 1e-12 * sy ? 0.0 : v);
    }
    for (double v = ceil(f->x0 / sx) * sx; v <= f->x1 + 1e-9 * sx; v += sx)
        buffer_printf(out, "<text class=\"soft\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"12\">%.4g</text>", chart_x(f, v), HEIGHT - BOTTOM + 18, fabs(v) < 1e-12 * sx ? 0.0 : v);
    buffer_printf(out, "<text class=\"soft\" x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"12\">", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4);
    write_html_text(out, x_name);
    buffer_puts(out, "</text>\n");
}

static void put_curve(buffer *out, const frame *f, const series *s, int number)
{
    int step = s->count > MOST_POINTS ? (s->count + MOST_POINTS - 1) / MOST_POINTS : 1;
    buffer_printf(out, "<path class=\"curve c%d\" d=\"", number % 4);
    for (int k = 0; k < s->count; k += k + step < s->count || k == s->count - 1 ? step : s->count - 1 - k)
        buffer_printf(out, "%s%.1f %.1f", k ? "L" : "M", chart_x(f, s->x[k]), chart_y(f, s->y[k]));
    buffer_puts(out, "\"/>\n");
}

static void open_chart(buffer *out, const char *title, const char *id)
{
    buffer_printf(out, "<div class=\"figure\"><svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"%s\"><title id=\"%s\">", WIDTH, HEIGHT, WIDTH, HEIGHT, id, id);
    write_html_text(out, title);
    buffer_puts(out, "</title>\n");
}

static void put_legend(buffer *out, const curves *c)
{
    buffer_puts(out, "<ul class=\"legend\">");
    for (int i = 0; i < c->count; i++) {
        buffer_printf(out, "<li><svg width=\"34\" height=\"10\" aria-hidden=\"true\"><path class=\"curve c%d\" d=\"M0 5h34\"/></svg>", i % 4);
        write_html_text(out, c->list[i].name);
        buffer_printf(out, ": %.4g → %.4g</li>", c->list[i].y[0], c->list[i].y[c->list[i].count - 1]);
    }
    buffer_puts(out, "</ul>\n");
}

static void put_chart(buffer *out, const curves *c, const char *title, const char *id, bool may_log)
{
    if (c->count == 0)
        return;
    frame f = frame_of(c, may_log);
    buffer_printf(out, "<h3>%s%s</h3>\n", title, f.log ? " (logarithmic)" : "");
    open_chart(out, title, id);
    put_axes(out, &f, c->axis);
    for (int i = 0; i < c->count; i++)
        put_curve(out, &f, &c->list[i], i);
    buffer_puts(out, "</svg></div>\n");
    put_legend(out, c);
}

static void free_curves(curves *c)
{
    for (int i = 0; i < c->count; i++) {
        free(c->list[i].x);
        free(c->list[i].y);
    }
}

int report_run(report *r, buffer *out)
{
    FILE *f = r->run ? fopen(r->run, "rb") : NULL;
    curves loss = {.memory = r->memory, .axis = "epoch"}, metrics = {.memory = r->memory, .axis = "epoch"};
    char *line = NULL;
    size_t room = 0;
    int number = 0, status = 0;
    if (!r->run)
        return 0;
    if (!f) {
        fprintf(stderr, "deltac: cannot read `%s`: %s\n", r->run, strerror(errno));
        return STATUS_UNUSABLE;
    }
    while (!status && getline(&line, &room, f) > 0) {
        json_error_t error;
        number++;
        if (line[strspn(line, " \t\r\n")] == 0)
            continue;
        json_t *o = json_loads(line, 0, &error);
        if (json_is_object(o)) {
            add_record(&loss, &metrics, o, number);
        } else {
            fprintf(stderr, "%s:%d:%d: error: this line of the run is no JSON object: %s\n", r->run, number, error.column > 0 ? error.column : 1, o ? "something else" : error.text);
            status = STATUS_UNUSABLE;
        }
        json_decref(o);
    }
    if (!status && loss.count + metrics.count == 0) {
        fprintf(stderr, "%s: error: there is no loss and no metric in this file\nhint: `deltac train … --log run.jsonl` writes one\n", r->run);
        status = STATUS_UNUSABLE;
    }
    if (!status) {
        buffer_puts(out, "<section aria-labelledby=\"run\"><h2 id=\"run\">The run</h2>\n");
        put_chart(out, &loss, "Loss", "loss-title", true);
        put_chart(out, &metrics, "Metrics", "metric-title", false);
        buffer_puts(out, "</section>\n");
    }
    free_curves(&loss);
    free_curves(&metrics);
    free(line);
    fclose(f);
    return status;
}
