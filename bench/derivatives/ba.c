/* Errors of observed points, and the rows of their Jacobian: by the 11 numbers of the camera, the 3 of the point, the weight. The rotation is that of the published
 * suites (an axis times an angle). The derivative by it is written as in G. Gallego and A. Yezzi, "A compact formula for the derivative of a 3-D rotation in
 * exponential coordinates" (J. Math. Imaging Vis. 51, 2015): −R [v]× (r rᵀ + (Rᵀ − 1) [r]×)/|r|², which is not how the page gets it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

const char *const model_sizes = "n=21 m=11315 o=36455", *const model_output = "f";

static const int *camera_of(void)
{
    return suite_indices("by");
}

static void rotate(const double *rot, const double *pt, double *out)
{
    double theta = sqrt(rot[0] * rot[0] + rot[1] * rot[1] + rot[2] * rot[2]), c = cos(theta), s = sin(theta), inverse = 1.0 / theta, w[3], cross[3];
    for (int i = 0; i < 3; i++)
        w[i] = rot[i] * inverse;
    cross[0] = w[1] * pt[2] - w[2] * pt[1];
    cross[1] = w[2] * pt[0] - w[0] * pt[2];
    cross[2] = w[0] * pt[1] - w[1] * pt[0];
    double along = (w[0] * pt[0] + w[1] * pt[1] + w[2] * pt[2]) * (1.0 - c);
    for (int i = 0; i < 3; i++)
        out[i] = pt[i] * c + cross[i] * s + w[i] * along;
}

static void error_of(const double *cam, const double *point, double w, double seen0, double seen1, double *e)
{
    double away[3], at[3];
    for (int i = 0; i < 3; i++)
        away[i] = point[i] - cam[3 + i];
    rotate(cam, away, at);
    double x = at[0] / at[2], y = at[1] / at[2], square = x * x + y * y, stretch = 1.0 + cam[9] * square + cam[10] * square * square;
    e[0] = w * (x * stretch * cam[6] + cam[7] - seen0);
    e[1] = w * (y * stretch * cam[6] + cam[8] - seen1);
}

double model_objective(void)
{
    const double *c = suite_array("c"), *p = suite_array("X"), *w = suite_array("w"), *seen = suite_array("seen");
    const int *by = camera_of(), *of = suite_indices("of");
    ptrdiff_t n = suite_size("o");
    double *f = suite_output("f"), *g = suite_output("g"), cost = 0;
    for (ptrdiff_t s = 0; s < n; s++) {
        double e[2];
        error_of(c + 11 * by[s], p + 3 * of[s], w[s], seen[s], seen[n + s], e);
        f[s] = e[0], f[n + s] = e[1];
    }
    for (ptrdiff_t s = 0; s < n; s++)
        g[s] = 1 - w[s] * w[s];
    for (ptrdiff_t s = 0; s < n; s++)
        cost += f[s] * f[s] + f[n + s] * f[n + s] + g[s] * g[s];
    return cost;
}

static void cross_matrix(const double *v, double m[3][3])
{
    const double given[3][3] = {{0, -v[2], v[1]}, {v[2], 0, -v[0]}, {-v[1], v[0], 0}};
    memcpy(m, given, sizeof given);
}

static void times(double a[3][3], double b[3][3], double out[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
}

/* R, and ∂(R v)/∂r */
static void rotation(const double *r, const double *v, double turn[3][3], double by_r[3][3])
{
    double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2], theta = sqrt(square), wedge[3][3], again[3][3], inner[3][3], of_v[3][3], product[3][3];
    cross_matrix(r, wedge);
    times(wedge, wedge, again);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            turn[i][j] = (i == j) + sin(theta) / theta * wedge[i][j] + (1 - cos(theta)) / square * again[i][j];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            inner[i][j] = turn[j][i] - (i == j);
    times(inner, wedge, product);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            product[i][j] = -(product[i][j] + r[i] * r[j]) / square;
    cross_matrix(v, of_v);
    times(turn, of_v, inner);
    times(inner, product, by_r);
}

static void rows_of(const double *cam, const double *point, double weight, double seen0, double seen1, double row[2][15])
{
    double turn[3][3], by_r[3][3], away[3], at[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++)
        away[i] = point[i] - cam[3 + i];
    rotation(cam, away, turn, by_r);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            at[i] += turn[i][j] * away[j];
    double z[2] = {at[0] / at[2], at[1] / at[2]}, square = z[0] * z[0] + z[1] * z[1], stretch = 1 + cam[9] * square + cam[10] * square * square;
    double slope = cam[9] + 2 * cam[10] * square, seen[2] = {seen0, seen1};
    for (int i = 0; i < 2; i++) {
        double by_z[2], by_at[3];
        for (int k = 0; k < 2; k++)
            by_z[k] = weight * cam[6] * ((i == k) * stretch + 2 * z[i] * z[k] * slope);
        by_at[0] = by_z[0] / at[2], by_at[1] = by_z[1] / at[2], by_at[2] = -(by_z[0] * z[0] + by_z[1] * z[1]) / at[2];
        for (int j = 0; j < 3; j++) {
            row[i][j] = by_at[0] * by_r[0][j] + by_at[1] * by_r[1][j] + by_at[2] * by_r[2][j];
            row[i][11 + j] = by_at[0] * turn[0][j] + by_at[1] * turn[1][j] + by_at[2] * turn[2][j];
            row[i][3 + j] = -row[i][11 + j];
        }
        row[i][6] = weight * z[i] * stretch;
        row[i][7] = weight * (i == 0), row[i][8] = weight * (i == 1);
        row[i][9] = weight * cam[6] * z[i] * square, row[i][10] = row[i][9] * square;
        row[i][14] = z[i] * stretch * cam[6] + cam[7 + i] - seen[i];
    }
}

void model_gradient(void)
{
    const double *c = suite_array("c"), *p = suite_array("X"), *w = suite_array("w"), *seen = suite_array("seen");
    const int *by = camera_of(), *of = suite_indices("of");
    double *by_camera = suite_output("Jc"), *by_point = suite_output("JX"), *by_weight = suite_output("Jw"), *of_g = suite_output("Jg");
    ptrdiff_t n = suite_size("o");
    model_objective();
    for (ptrdiff_t s = 0; s < n; s++) {
        double row[2][15];
        rows_of(c + 11 * by[s], p + 3 * of[s], w[s], seen[s], seen[n + s], row);
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 11; j++)
                by_camera[(11 * i + j) * n + s] = row[i][j];
            for (int j = 0; j < 3; j++)
                by_point[(3 * i + j) * n + s] = row[i][11 + j];
            by_weight[i * n + s] = row[i][14];
        }
        of_g[s] = -2 * w[s];
    }
}

void model_indices(const char *name, int *values, ptrdiff_t count)
{
    ptrdiff_t among = suite_size(strcmp(name, "by") == 0 ? "n" : "m");
    for (ptrdiff_t s = 0; s < count; s++)
        values[s] = (int)(s % among);
}

/* Cameras look along z at points some way off. */
void model_prepare(const char *name, double *values, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        if (strcmp(name, "X") == 0 && i % 3 == 2)
            values[i] += 6;
        if (strcmp(name, "c") == 0)
            values[i] = i % 11 < 3 ? 0.3 * values[i] + 0.1 : i % 11 == 6 ? 500 + 20 * values[i] : i % 11 > 8 ? 0.1 * values[i] : values[i];
        if (strcmp(name, "seen") == 0)
            values[i] *= 80;
    }
}
