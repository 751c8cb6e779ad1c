/* The frame of a chart: axes with round numbers. */
#include <math.h>

#include "gen/tool/report.h"

enum { WIDTH = 640, HEIGHT = 300, LEFT = 64, BOTTOM = 40, TOP = 12, RIGHT = 14 };

double report_chart_x(const report_frame *f, double x)
{
    return LEFT + (x - f->x0) / (f->x1 - f->x0) * (WIDTH - LEFT - RIGHT);
}

double report_chart_y(const report_frame *f, double y)
{
    double v = f->log ? log10(y) : y;
    return HEIGHT - BOTTOM - (v - f->y0) / (f->y1 - f->y0) * (HEIGHT - BOTTOM - TOP);
}

void report_chart_margin(report_frame *f)
{
    double margin = f->y1 > f->y0 ? 0.04 * (f->y1 - f->y0) : fabs(f->y1) * 0.1 + 0.5;
    f->y0 -= margin;
    f->y1 += margin;
}

/* A round step that gives about `count` ticks. */
static double tick_step(double range, int count)
{
    double raw = range / count, power = pow(10, floor(log10(raw))), part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

void report_chart_axes(buffer *out, const report_frame *f, const char *x_name)
{
    double sx = tick_step(f->x1 - f->x0, 6), sy = f->log ? fmax(1, ceil((f->y1 - f->y0) / 6)) : tick_step(f->y1 - f->y0, 5);
    int ticks = 0;
    for (double v = ceil(f->y0 / sy) * sy; v <= f->y1 && ticks < 20; v += sy, ticks++) {
        double y = report_chart_y(f, f->log ? pow(10, v) : v);
        buffer_printf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"soft\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\" font-size=\"12\">%.4g</text>", LEFT, y, WIDTH - RIGHT,
                      LEFT - 8, y + 4, f->log ? pow(10, v) : fabs(v) < 1e-12 * sy ? 0.0 : v);
    }
    for (double v = ceil(f->x0 / sx) * sx; v <= f->x1 + 1e-9 * sx; v += sx)
        buffer_printf(out, "<text class=\"soft\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" font-size=\"12\">%.4g</text>", report_chart_x(f, v), HEIGHT - BOTTOM + 18,
                      fabs(v) < 1e-12 * sx ? 0.0 : v);
    buffer_printf(out, "<text class=\"soft\" x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"12\">", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4);
    write_html_text(out, x_name);
    buffer_puts(out, "</text>\n");
}

void report_chart_open(buffer *out, const char *title, const char *id)
{
    buffer_printf(out, "<div class=\"figure\" tabindex=\"0\"><svg class=\"chart\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"%s\"><title id=\"%s\">", WIDTH, HEIGHT, WIDTH, HEIGHT, id, id);
    write_html_text(out, title);
    buffer_puts(out, "</title>\n");
}
