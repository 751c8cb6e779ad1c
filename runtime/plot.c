/* Panels of curves. Each has its own scale; a logarithmic one when positive values range over more than a factor of 20. */
#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 720, HEIGHT = 230, LEFT = 74, RIGHT = 24, TOP = 36, BOTTOM = 36, MOST_PANELS = 7, COLUMNS = 64, ROWS = 8 };

typedef struct {
    const char *title;
    size_t train, valid; /* places in a point */
    int logarithmic, has_valid, has_any;
    double least, most; /* of the values */
    double low, high;   /* what is drawn, logarithms or not */
    double first, last; /* epochs */
} panel;

static double drawn(const panel *p, double value)
{
    return p->logarithmic ? log10(value) : value;
}

static void panel_include(panel *p, double value)
{
    if (!isfinite(value))
        return;
    p->least = p->has_any && p->least < value ? p->least : value;
    p->most = p->has_any && p->most > value ? p->most : value;
    p->has_any = 1;
}

static panel panel_make(const delta_history *history, const char *title, size_t train, size_t valid)
{
    panel p = {.title = title, .train = train, .valid = valid};
    const double *point;
    for (int64_t i = 0; (point = delta_history_point(history, i)); i++) {
        panel_include(&p, point[train]);
        panel_include(&p, point[valid]);
        p.has_valid |= isfinite(point[valid]);
        p.first = i ? p.first : point[0];
        p.last = point[0];
    }
    p.logarithmic = p.has_any && p.least > 0 && p.most > 20 * p.least;
    p.low = p.has_any ? drawn(&p, p.least) : 0;
    p.high = p.has_any ? drawn(&p, p.most) : 1;
    double margin = p.high > p.low ? 0.04 * (p.high - p.low) : p.high != 0 ? 0.1 * fabs(p.high) : 1;
    p.low -= margin;
    p.high += margin;
    if (!(p.last > p.first))
        p.last = p.first + 1;
    return p;
}

static int panels_make(const delta_model *model, const delta_history *history, panel *panels)
{
    size_t metrics = (size_t)model->metric_count;
    int count = 0;
    if (model->has_cost)
        panels[count++] = panel_make(history, "loss", 1, 2);
    for (size_t i = 0; i < metrics && count < MOST_PANELS; i++)
        panels[count++] = panel_make(history, model->metrics[i], 3 + i, 3 + metrics + i);
    return count;
}

/* 1, 2 or 5 times a power of ten, so that about `wanted` steps cover the range. */
static double tick_step(double range, int wanted)
{
    double raw = range / wanted, power = pow(10, floor(log10(raw))), mantissa = raw / power;
    return power * (mantissa < 1.5 ? 1 : mantissa < 3.5 ? 2 : mantissa < 7.5 ? 5 : 10);
}

typedef struct {
    delta_output *out;
    int top; /* of the panel, in pixels */
    const panel *p;
} canvas;

static double place_x(const canvas *c, double epoch)
{
    return LEFT + (epoch - c->p->first) / (c->p->last - c->p->first) * (WIDTH - LEFT - RIGHT);
}

static double place_y(const canvas *c, double value)
{
    return c->top + TOP + (c->p->high - value) / (c->p->high - c->p->low) * (HEIGHT - TOP - BOTTOM);
}

static void put_tick_y(const canvas *c, double at, double value)
{
    char text[320];
    double y = place_y(c, at);
    snprintf(text, sizeof text, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" class=\"end\">%.4g</text>\n", LEFT, y, WIDTH - RIGHT,
             LEFT - 8, y + 4, value);
    delta_output_text(c->out, text);
}

/* Powers of ten, and 2 and 5 times these when there are few. */
static void put_ticks_logarithmic(const canvas *c)
{
    static const double steps[] = {1, 2, 5};
    double range = c->p->high - c->p->low;
    int gap = range > 6 ? (int)ceil(range / 6) : 1;
    for (int power = (int)floor(c->p->low) - 1; power <= (int)ceil(c->p->high); power++)
        for (int k = 0; k < (range < 2.5 ? 3 : 1); k++) {
            double at = power + log10(steps[k]);
            if (at >= c->p->low && at <= c->p->high && power % gap == 0)
                put_tick_y(c, at, steps[k] * pow(10, power));
        }
}

static void put_ticks(const canvas *c)
{
    char text[320];
    const panel *p = c->p;
    double step = tick_step(p->high - p->low, 4);
    if (p->logarithmic)
        put_ticks_logarithmic(c);
    for (double k = ceil(p->low / step); !p->logarithmic && k * step <= p->high; k++)
        put_tick_y(c, k * step, k * step);
    step = tick_step(p->last - p->first, 7);
    for (double k = ceil(p->first / step); k * step <= p->last + step / 1e6; k++) {
        snprintf(text, sizeof text, "<text x=\"%.1f\" y=\"%d\" class=\"mid\">%.6g</text>\n", place_x(c, k * step), c->top + HEIGHT - BOTTOM + 18, k * step);
        delta_output_text(c->out, text);
    }
}

static void put_curve(const canvas *c, const delta_history *history, size_t place, const char *class)
{
    char text[120];
    const double *point;
    int drawing = 0, alone = 0;
    double x = 0, y = 0;
    snprintf(text, sizeof text, "<path class=\"%s\" d=\"", class);
    delta_output_text(c->out, text);
    for (int64_t i = 0; (point = delta_history_point(history, i)); i++) {
        if (!isfinite(point[place])) {
            drawing = 0;
            continue;
        }
        x = place_x(c, point[0]);
        y = place_y(c, drawn(c->p, point[place]));
        snprintf(text, sizeof text, "%s%.1f %.1f", drawing ? "L" : "M", x, y);
        delta_output_text(c->out, text);
        alone = !drawing;
        drawing = 1;
    }
    delta_output_text(c->out, "\"/>\n");
    if (alone) { /* a path of one point is not seen */
        snprintf(text, sizeof text, "<circle class=\"%s dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n", class, x, y);
        delta_output_text(c->out, text);
    }
}

static void put_last(const canvas *c, const delta_history *history, size_t place, const char *name, const char *class, int x)
{
    char text[320];
    const double *point = NULL, *next;
    for (int64_t i = 0; (next = delta_history_point(history, i)); i++)
        point = next;
    snprintf(text, sizeof text, "<path class=\"%s\" d=\"M%d %dh18\"/><text x=\"%d\" y=\"%d\">%s %.4g</text>\n", class, x, c->top + TOP - 16, x + 24,
             c->top + TOP - 12, name, point ? point[place] : NAN);
    delta_output_text(c->out, text);
}

static void put_escaped(delta_output *out, const char *text)
{
    char sign[2] = {0, 0};
    for (; *text; text++) {
        sign[0] = *text;
        delta_output_text(out, *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : sign);
    }
}

static void put_panel(const canvas *c, const delta_history *history)
{
    char text[320];
    snprintf(text, sizeof text, "<text x=\"%d\" y=\"%d\" class=\"title\">", LEFT, c->top + TOP - 12);
    delta_output_text(c->out, text);
    put_escaped(c->out, c->p->title);
    delta_output_text(c->out, "</text>\n");
    put_last(c, history, c->p->train, "training", "train", WIDTH - RIGHT - (c->p->has_valid ? 330 : 150));
    if (c->p->has_valid)
        put_last(c, history, c->p->valid, "validation", "valid", WIDTH - RIGHT - 165);
    put_ticks(c);
    snprintf(text, sizeof text, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, c->top + TOP, c->top + HEIGHT - BOTTOM, WIDTH - RIGHT);
    delta_output_text(c->out, text);
    put_curve(c, history, c->p->train, "train");
    if (c->p->has_valid)
        put_curve(c, history, c->p->valid, "valid");
}

int delta_plot_svg(const delta_model *model, const delta_history *history, delta_output *output)
{
    panel panels[MOST_PANELS];
    char text[900];
    int count = panels_make(model, history, panels), height = count * HEIGHT + 20, status = delta_output_open(output);
    if (status)
        return status;
    snprintf(text, sizeof text,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
             "<style>path,.dot{fill:none;stroke-width:1.6}text{fill:#333}.title{font-size:14px;font-weight:bold}.end{text-anchor:end}.mid{text-anchor:middle}"
             ".grid{stroke:#e4e4e4;stroke-width:1}.axis{stroke:#777;stroke-width:1}.train{stroke:#1f5fbf}.valid{stroke:#d2601a}</style>\n"
             "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
             WIDTH, height, WIDTH, height, WIDTH, height);
    delta_output_text(output, text);
    for (int i = 0; i < count; i++)
        put_panel(&(canvas){output, i * HEIGHT, &panels[i]}, history);
    snprintf(text, sizeof text, "<text x=\"%d\" y=\"%d\" class=\"mid\">epoch</text>\n</svg>\n", (LEFT + WIDTH - RIGHT) / 2, count * HEIGHT + 10);
    delta_output_text(output, text);
    return delta_output_commit(output);
}

/* --- terminal: each sign has 2 × 4 dots --- */

typedef struct {
    unsigned char sign[ROWS][COLUMNS];
} dots;

static void dot_set(dots *d, int x, int y)
{
    static const unsigned char bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    if (x >= 0 && x < 2 * COLUMNS && y >= 0 && y < 4 * ROWS)
        d->sign[y / 4][x / 2] = (unsigned char)(d->sign[y / 4][x / 2] | bits[y % 4][x % 2]);
}

static void dots_line(dots *d, double x0, double y0, double x1, double y1)
{
    double longest = fabs(x1 - x0) > fabs(y1 - y0) ? fabs(x1 - x0) : fabs(y1 - y0);
    int steps = (int)ceil(longest) + 1;
    for (int k = 0; k <= steps; k++)
        dot_set(d, (int)lround(x0 + (x1 - x0) * k / steps), (int)lround(y0 + (y1 - y0) * k / steps));
}

static void dots_curve(dots *d, const panel *p, const delta_history *history, size_t place)
{
    const double *point;
    double x = 0, y = 0;
    int drawing = 0;
    for (int64_t i = 0; (point = delta_history_point(history, i)); i++) {
        double before_x = x, before_y = y;
        int was = drawing;
        drawing = isfinite(point[place]);
        if (!drawing)
            continue;
        x = (point[0] - p->first) / (p->last - p->first) * (2 * COLUMNS - 1);
        y = (p->high - drawn(p, point[place])) / (p->high - p->low) * (4 * ROWS - 1);
        dots_line(d, was ? before_x : x, was ? before_y : y, x, y);
    }
}

static void print_dots(const panel *p, const dots *d, const char *title)
{
    printf("%s\n", title);
    for (int row = 0; row < ROWS; row++) {
        if (row == 0 || row == ROWS - 1)
            printf("%10.4g ", row == 0 ? p->most : p->least);
        else
            printf("%11s", "");
        printf("│");
        for (int column = 0; column < COLUMNS; column++) {
            int sign = d->sign[row][column];
            if (sign) /* U+2800 + dots in UTF-8 */
                printf("\xe2%c%c", 0xa0 + (sign >> 6), 0x80 + (sign & 63));
            else
                putchar(' ');
        }
        putchar('\n');
    }
    printf("%11s└", "");
    for (int column = 0; column < COLUMNS; column++)
        printf("─");
    printf("\n%12s%-8.6gepoch%*.6g\n", "", p->first, COLUMNS - 13, p->last);
}

void delta_plot_terminal(const delta_model *model, const delta_history *history)
{
    panel panels[MOST_PANELS];
    int count = panels_make(model, history, panels);
    for (int i = 0; i < count; i++) {
        const panel *p = &panels[i];
        char title[300];
        for (int valid = 0; valid <= p->has_valid; valid++) {
            dots d = {{{0}}};
            snprintf(title, sizeof title, "%s%s%s", valid ? "validation " : "", p->title, p->logarithmic ? " (logarithmic)" : "");
            dots_curve(&d, p, history, valid ? p->valid : p->train);
            print_dots(p, &d, title);
        }
    }
    fflush(stdout);
}
