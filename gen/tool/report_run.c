/* Training curves from run.jsonl. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/report.h"

enum { MOST_SERIES = 8, MOST_POINTS = 400 };

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

/* --- drawing --- */

static report_frame frame_of(const curves *c, bool may_log)
{
    report_frame f = {.x0 = HUGE_VAL, .x1 = -HUGE_VAL, .y0 = HUGE_VAL, .y1 = -HUGE_VAL};
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
    report_chart_margin(&f);
    return f;
}

static void put_curve(buffer *out, const report_frame *f, const series *s, int number)
{
    int step = s->count > MOST_POINTS ? (s->count + MOST_POINTS - 1) / MOST_POINTS : 1;
    buffer_printf(out, "<path class=\"curve c%d\" d=\"", number % 4);
    for (int k = 0; k < s->count; k += k + step < s->count || k == s->count - 1 ? step : s->count - 1 - k)
        buffer_printf(out, "%s%.1f %.1f", k ? "L" : "M", report_chart_x(f, s->x[k]), report_chart_y(f, s->y[k]));
    buffer_puts(out, "\"/>\n");
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
    report_frame f = frame_of(c, may_log);
    buffer_printf(out, "<h3>%s%s</h3>\n", title, f.log ? " (logarithmic)" : "");
    report_chart_open(out, title, id);
    report_chart_axes(out, &f, c->axis);
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
