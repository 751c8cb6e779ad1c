/* The models of the suite with ADOL-C: the objective is taped once, what is timed is its gradient from the tape. Three go other ways, as their users do: large gmm tapes one point; ba tapes one
 * observation and asks for its Jacobian at each; kmeans looks for the nearest centres in doubles, tapes the distances to them and takes the gradient and the Hessian
 * times a vector of ones, the taping timed too. Compile with -DNAME='"gmm"', link with measure.c. */
#include <adolc/adolc.h>

#include <cmath>
#include <cstring>
#include <vector>

extern "C" {
#include "suite.h"
ptrdiff_t suite_count(const char *name);
int adolc_begin(void); /* 0: the tape would be too large */
void adolc_run(void);
}

namespace {

typedef std::vector<adouble> numbers;

const double most_operations = 3e7;
std::vector<const char *> names;
std::vector<double> point, slopes;

void take(const char *name, numbers &a)
{
    const double *values = suite_array(name);
    names.push_back(name);
    a.resize((size_t)suite_count(name));
    for (size_t i = 0; i < a.size(); i++) {
        a[i] <<= values[i];
        point.push_back(values[i]);
    }
}

void give(const adouble &cost)
{
    double value;
    adouble result = cost;
    result >>= value;
    trace_off();
    slopes.resize(point.size());
}

adouble logsumexp(const numbers &x, bool follows = false)
{
    adouble moves = x[0];
    double most = x[0].value();
    for (const adouble &a : x)
        most = std::fmax(most, a.value());
    for (size_t i = 1; i < x.size() && follows; i++)
        moves = fmax(moves, x[i]);
    adouble sum = 0;
    for (const adouble &a : x)
        sum += follows ? exp(a - moves) : exp(a - most);
    return follows ? log(sum) + moves : log(sum) + most;
}

bool llsq()
{
    ptrdiff_t n = suite_size("n"), m = suite_size("m");
    numbers x;
    trace_on(1);
    take("x", x);
    adouble sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        double t = -1 + (double)i * 2 / (double)(n - 1);
        adouble r = (double)(t > 0) - (double)(t < 0);
        for (ptrdiff_t j = 0; j < m; j++)
            r -= x[(size_t)j] * std::pow(t, (double)j);
        sum += r * r;
    }
    give(sum / 2);
    return true;
}

bool lse()
{
    numbers x;
    trace_on(1);
    take("x", x);
    give(logsumexp(x));
    return true;
}

/* `points` of them; of one, its place is a parameter of the tape. */
void gmm_tape(short tag, size_t points, bool rest)
{
    size_t n = (size_t)suite_size("N"), k = (size_t)suite_size("K"), d = (size_t)suite_size("D");
    const double *x = suite_array("X"), gamma = suite_setting("gamma"), m = suite_setting("m");
    numbers alpha, mu, q, l, diagonal(k * d), term(k), away(d);
    names.clear(), point.clear();
    trace_on(tag);
    take("alpha", alpha), take("mu", mu), take("q", q), take("l", l);
    std::vector<adouble> sum(k);
    adouble likelihood = 0, prior = 0;
    for (size_t i = 0; i < k * d; i++) {
        diagonal[i] = exp(q[i]);
        sum[i / d] = i % d ? sum[i / d] + q[i] : q[i];
    }
    for (size_t s = 0; s < points; s++) {
        numbers at(d);
        for (size_t i = 0; i < d; i++)
            at[i] = rest ? adouble(x[s * d + i]) : adouble(mkparam(x[s * d + i]));
        for (size_t c = 0; c < k; c++) {
            adouble square = 0;
            for (size_t i = 0; i < d; i++)
                away[i] = rest ? x[s * d + i] - mu[c * d + i] : at[i] - mu[c * d + i];
            for (size_t i = 0; i < d; i++) {
                adouble z = diagonal[c * d + i] * away[i];
                for (size_t j = 0; j < i; j++)
                    z += l[(c * d + i) * d + j] * away[j];
                square += z * z;
            }
            term[c] = alpha[c] + sum[c] - 0.5 * square;
        }
        likelihood += logsumexp(term, !rest);
    }
    for (size_t c = 0; c < k && rest; c++) {
        adouble square = 0;
        for (size_t i = 0; i < d; i++) {
            square += diagonal[c * d + i] * diagonal[c * d + i];
            for (size_t j = 0; j < i; j++)
                square += l[(c * d + i) * d + j] * l[(c * d + i) * d + j];
        }
        prior += 0.5 * gamma * gamma * square - m * sum[c];
    }
    give(rest ? likelihood - (double)n * logsumexp(alpha) - prior : likelihood);
}

bool by_points()
{
    return (double)suite_size("N") * (double)suite_size("K") * (double)(suite_size("D") * suite_size("D")) > most_operations;
}

bool gmm()
{
    if (by_points())
        gmm_tape(2, 1, false);
    gmm_tape(1, by_points() ? 0 : (size_t)suite_size("N"), true);
    return true;
}

adouble sigmoid(const adouble &x)
{
    return 1 / (1 + exp(-x));
}

bool lstm()
{
    size_t layers = (size_t)suite_size("L"), times = (size_t)suite_size("T"), b = (size_t)suite_size("b");
    const double *x = suite_array("X"), *h0 = suite_array("h0"), *c0 = suite_array("c0");
    numbers w[4], bias[4], u, v, out, h(layers * b), c(layers * b), y(b);
    const char *const w_names[] = {"Wf", "Wi", "Wo", "Wg"}, *const bias_names[] = {"Bf", "Bi", "Bo", "Bg"};
    trace_on(1);
    for (int g = 0; g < 4; g++)
        take(w_names[g], w[g]), take(bias_names[g], bias[g]);
    take("u", u), take("v", v), take("w", out);
    for (size_t i = 0; i < layers * b; i++)
        h[i] = h0[i], c[i] = c0[i];
    adouble total = 0;
    for (size_t t = 0; t < times; t++) {
        for (size_t k = 0; k < b; k++)
            y[k] = x[t * b + k] * u[k];
        for (size_t at = 0; at < layers * b; at++) {
            adouble below = at < b ? y[at] : h[at - b];
            adouble forget = sigmoid(below * w[0][at] + bias[0][at]), in = sigmoid(h[at] * w[1][at] + bias[1][at]);
            adouble show = sigmoid(below * w[2][at] + bias[2][at]), change = tanh(h[at] * w[3][at] + bias[3][at]);
            c[at] = c[at] * forget + in * change;
            h[at] = show * tanh(c[at]);
        }
        adouble sum = 2;
        for (size_t k = 0; k < b; k++) {
            y[k] = h[(layers - 1) * b + k] * v[k] + out[k];
            sum += exp(y[k]);
        }
        sum = log(sum);
        for (size_t k = 0; k < b; k++)
            if (x[(t + 1) * b + k] != 0)
                total += x[(t + 1) * b + k] * (y[k] - sum);
    }
    give(-total / (double)(times * b));
    return true;
}

bool ode()
{
    size_t n = (size_t)suite_size("n"), s = (size_t)suite_size("s");
    const double h = 2.0 / (double)s, part[4] = {0, 0.5, 0.5, 1};
    numbers x, y(n), stage(n), slope[4] = {numbers(n), numbers(n), numbers(n), numbers(n)};
    trace_on(1);
    take("x", x);
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    for (size_t t = 0; t < s; t++) {
        for (int j = 0; j < 4; j++) {
            for (size_t i = 0; i < n && j; i++)
                stage[i] = y[i] + part[j] * h * slope[j - 1][i];
            slope[j][0] = x[0];
            for (size_t i = 1; i < n; i++)
                slope[j][i] = x[i] * (j ? stage : y)[i - 1];
        }
        for (size_t i = 0; i < n; i++)
            y[i] += h / 6 * (slope[0][i] + 2 * slope[1][i] + 2 * slope[2][i] + slope[3][i]);
    }
    give(y[n - 1]);
    return true;
}

/* gmm where one tape would be too large: that of one point, again at each. */
void add_points()
{
    size_t d = (size_t)suite_size("D");
    std::vector<double> one(point.size()), at(d);
    for (size_t s = 0; s < (size_t)suite_size("N"); s++) {
        std::memcpy(at.data(), suite_array("X") + s * d, d * sizeof(double));
        set_param_vec(2, d, at.data());
        gradient(2, (int)point.size(), point.data(), one.data());
        for (size_t i = 0; i < one.size(); i++)
            slopes[i] += one[i];
    }
}

void gradient_from_tape()
{
    size_t at = 0;
    gradient(1, (int)point.size(), point.data(), slopes.data());
    if (std::strcmp(NAME, "gmm") == 0 && by_points())
        add_points();
    for (const char *name : names) {
        std::memcpy(suite_gradient(name), slopes.data() + at, (size_t)suite_count(name) * sizeof(double));
        at += (size_t)suite_count(name);
    }
}

/* --- kmeans --- */

bool any()
{
    return true;
}

void kmeans()
{
    size_t n = (size_t)suite_size("N"), k = (size_t)suite_size("K"), d = (size_t)suite_size("D");
    const double *p = suite_array("P"), *values = suite_array("c");
    numbers c;
    names.clear(), point.clear();
    trace_on(1);
    take("c", c);
    adouble cost = 0;
    for (size_t s = 0; s < n; s++) {
        size_t nearest = 0;
        double least = INFINITY;
        for (size_t i = 0; i < k; i++) {
            double distance = 0;
            for (size_t j = 0; j < d; j++)
                distance += (p[s * d + j] - values[i * d + j]) * (p[s * d + j] - values[i * d + j]);
            if (distance < least)
                least = distance, nearest = i;
        }
        for (size_t j = 0; j < d; j++) {
            adouble away = p[s * d + j] - c[nearest * d + j];
            cost += away * away;
        }
    }
    give(cost);
    std::vector<double> ones(k * d, 1.0), diagonal(k * d);
    gradient(1, (int)point.size(), point.data(), slopes.data());
    hess_vec(1, (int)point.size(), point.data(), ones.data(), diagonal.data());
    for (size_t i = 0; i < k * d; i++)
        suite_output("step")[i] = slopes[i] / diagonal[i];
}

/* --- ba --- */

adouble dot(const adouble *a, const adouble *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* One observation: its 15 numbers, and the place where it is seen as parameters of the tape. */
void tape_observation()
{
    adouble in[15], away[3], w[3], cross[3], at[3], result[2];
    double value;
    trace_on(1);
    for (int i = 0; i < 15; i++)
        in[i] <<= 0.1 * (i + 1);
    for (int i = 0; i < 3; i++)
        away[i] = in[11 + i] - in[3 + i];
    adouble theta = sqrt(dot(in, in)), cosine = cos(theta), sine = sin(theta);
    for (int i = 0; i < 3; i++)
        w[i] = in[i] / theta;
    for (int i = 0; i < 3; i++)
        cross[i] = w[(i + 1) % 3] * away[(i + 2) % 3] - w[(i + 2) % 3] * away[(i + 1) % 3];
    adouble along = dot(w, away) * (1.0 - cosine);
    for (int i = 0; i < 3; i++)
        at[i] = away[i] * cosine + cross[i] * sine + w[i] * along;
    adouble x = at[0] / at[2], y = at[1] / at[2], square = x * x + y * y, stretch = 1.0 + in[9] * square + in[10] * square * square;
    result[0] = in[14] * (x * stretch * in[6] + in[7] - mkparam(1.0));
    result[1] = in[14] * (y * stretch * in[6] + in[8] - mkparam(1.0));
    result[0] >>= value, result[1] >>= value;
    trace_off();
}

bool ba_begin()
{
    tape_observation();
    return true;
}

void ba()
{
    const double *c = suite_array("c"), *p = suite_array("X"), *w = suite_array("w"), *seen = suite_array("seen");
    const int *by = suite_indices("by"), *of = suite_indices("of");
    double *f = suite_output("f"), *g = suite_output("g"), *by_camera = suite_output("Jc"), *by_point = suite_output("JX"), *by_weight = suite_output("Jw"), *of_g = suite_output("Jg");
    double in[15], out[2], row0[15], row1[15], *row[2] = {row0, row1};
    ptrdiff_t n = suite_size("o");
    for (ptrdiff_t s = 0; s < n; s++) {
        double place[2] = {seen[s], seen[n + s]};
        std::memcpy(in, c + 11 * by[s], 11 * sizeof *in);
        std::memcpy(in + 11, p + 3 * of[s], 3 * sizeof *in);
        in[14] = w[s];
        set_param_vec(1, 2, place);
        function(1, 2, 15, in, out);
        jacobian(1, 2, 15, in, row);
        for (int i = 0; i < 2; i++) {
            f[i * n + s] = out[i];
            for (int j = 0; j < 11; j++)
                by_camera[(11 * i + j) * n + s] = row[i][j];
            for (int j = 0; j < 3; j++)
                by_point[(3 * i + j) * n + s] = row[i][11 + j];
            by_weight[i * n + s] = row[i][14];
        }
        g[s] = 1 - w[s] * w[s];
        of_g[s] = -2 * w[s];
    }
}

const struct {
    const char *name;
    bool (*begin)();
    void (*run)();
} models[] = {{"llsq", llsq, gradient_from_tape}, {"lse", lse, gradient_from_tape},  {"gmm", gmm, gradient_from_tape}, {"lstm", lstm, gradient_from_tape},
              {"ode", ode, gradient_from_tape},   {"kmeans", any, kmeans}, {"ba", ba_begin, ba}};

} // namespace

int adolc_begin(void)
{
    for (const auto &m : models)
        if (std::strcmp(m.name, NAME) == 0)
            return m.begin();
    return 0;
}

void adolc_run(void)
{
    for (const auto &m : models)
        if (std::strcmp(m.name, NAME) == 0)
            m.run();
}
