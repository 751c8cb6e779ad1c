/* Functions that C's library lacks, as C text; only those used are written. In the text $r stands for the real type and $f for the suffix of literals and library
 * functions. A row with $e( for the exponential, or NAME$o( for a helper that has it, has a twin NAME_one(…, &far) for the step on one sample that is written out:
 * see delta_exp.h. */
#include <string.h>

#include "gen/emit/c_private.h"

typedef struct {
    const char *name, *needs, *arguments, *body;
} helper_row;

/* No branches around library functions: a choice between values vectorises, a choice between calls does not. What is not a number stays so. */
static const helper_row rows[] = {
    {"delta_sec", "", "$r u", "return 1.0$f / cos$f(u);"},
    {"delta_csc", "", "$r u", "return 1.0$f / sin$f(u);"},
    {"delta_cot", "", "$r u", "return 1.0$f / tan$f(u);"},
    {"delta_asec", "", "$r u", "return acos$f(1.0$f / u);"},
    {"delta_acsc", "", "$r u", "return asin$f(1.0$f / u);"},
    {"delta_acot", "", "$r u", "return atan$f(1.0$f / u);"},
    {"delta_sech", "", "$r u", "return 1.0$f / cosh$f(u);"},
    {"delta_csch", "", "$r u", "return 1.0$f / sinh$f(u);"},
    {"delta_coth", "", "$r u", "return 1.0$f / tanh$f(u);"},
    {"delta_asech", "", "$r u", "return acosh$f(1.0$f / u);"},
    {"delta_acsch", "", "$r u", "return asinh$f(1.0$f / u);"},
    {"delta_acoth", "", "$r u", "return atanh$f(1.0$f / u);"},
    /* 2/sqrt(pi) times the sum of u^(2n+1)/(n!(2n+1)): all terms have one sign */
    {"delta_erfi", "", "$r u",
     "$r term = u, sum = u;\n    int n;\n    for (n = 1; n < 2000 && fabs$f(term) > 1e-18$f * fabs$f(sum); n++) {\n        term *= u * u / ($r)n;\n"
     "        sum += term / ($r)(2 * n + 1);\n    }\n    return 1.1283791670955126$f * sum;"},
    /* recurrence upward to 10, then the asymptotic series (Abramowitz and Stegun 6.3.18); reflection for negative arguments (6.3.7) */
    {"delta_digamma", "", "$r u",
     "$r sum = 0.0$f, x = u, v;\n    if (u <= 0.0$f) {\n        if (u == floor$f(u))\n            return u - u + ($r)NAN;\n"
     "        sum = -3.1415926535897932$f / tan$f(3.1415926535897932$f * u);\n        x = 1.0$f - u;\n    }\n    for (; x < 10.0$f; x += 1.0$f)\n        sum "
     "-= 1.0$f / x;\n"
     "    v = 1.0$f / (x * x);\n"
     "    return sum + log$f(x) - 0.5$f / x - v * (1.0$f / 12.0$f - v * (1.0$f / 120.0$f - v * (1.0$f / 252.0$f - v * (1.0$f / 240.0$f - v * (1.0$f / "
     "132.0$f)))));"},
    /* order n >= 1: recurrence upward to 20, then the asymptotic series (Abramowitz and Stegun 6.4.11) */
    {"delta_polygamma", "", "$r order, $r u",
     "static const $r bernoulli[8] = {1.0$f / 6.0$f, -1.0$f / 30.0$f, 1.0$f / 42.0$f, -1.0$f / 30.0$f, 5.0$f / 66.0$f, -691.0$f / 2730.0$f, 7.0$f / 6.0$f, "
     "-3617.0$f / 510.0$f};\n"
     "    $r factorial = exp$f(lgamma$f(order + 1.0$f)), sum = 0.0$f, x = u, power, rising;\n    int k;\n    if (u <= 0.0$f && u == floor$f(u))\n        "
     "return ($r)NAN;\n"
     "    for (; x < 20.0$f; x += 1.0$f)\n        sum += factorial / pow$f(x, order + 1.0$f);\n    power = pow$f(x, order);\n"
     "    sum += factorial / order / power + 0.5$f * factorial / (power * x);\n    rising = factorial * (order + 1.0$f) / (2.0$f * power * x * x);\n"
     "    for (k = 0; k < 8; k++) {\n        sum += bernoulli[k] * rising;\n"
     "        rising *= (order + ($r)(2 * k) + 2.0$f) * (order + ($r)(2 * k) + 3.0$f) / (($r)(2 * k + 3) * ($r)(2 * k + 4) * x * x);\n    }\n"
     "    return fmod$f(order, 2.0$f) == 1.0$f ? sum : -sum;"},
    {"delta_sign", "", "$r u", "return u > 0.0$f ? 1.0$f : u < 0.0$f ? -1.0$f : u;"},
    {"delta_clip", "", "$r u, $r low, $r high", "return u < low ? low : u > high ? high : u;"},
    /* exp may overflow: 1/infinity is the right answer, but for what would lie below the smallest normal number. No choice to be guessed wrongly. */
    {"delta_sigmoid", "", "$r u", "return 1.0$f / (1.0$f + $e(-u));"},
    {"delta_logit", "", "$r u", "return log$f(u) - log1p$f(-u);"},
    {"delta_softplus", "", "$r u", "return (u > 0.0$f ? u : 0.0$f) + log1p$f($e(-fabs$f(u)));"},
    {"delta_logsigmoid", "", "$r u", "return (u < 0.0$f ? u : 0.0$f) - log1p$f($e(-fabs$f(u)));"},
    {"delta_relu", "", "$r u", "return u <= 0.0$f ? 0.0$f : u;"},
    {"delta_leaky_relu", "", "$r u, $r slope", "return u > 0.0$f ? u : slope * u;"},
    {"delta_elu", "", "$r u, $r alpha", "$r e = expm1$f(u > 0.0$f ? 0.0$f : u);\n    return u > 0.0$f ? u : alpha * e;"},
    {"delta_selu", "", "$r u", "$r e = expm1$f(u > 0.0$f ? 0.0$f : u);\n    return 1.0507009873554805$f * (u > 0.0$f ? u : 1.6732632423543772$f * e);"},
    {"delta_gelu", "", "$r u", "return 0.5$f * u * (1.0$f + erf$f(0.70710678118654752$f * u));"},
    {"delta_silu", "delta_sigmoid", "$r u", "return u * delta_sigmoid$o(u);"},
    {"delta_mish", "delta_softplus", "$r u", "return u * tanh$f(delta_softplus$o(u));"},
    {"delta_softsign", "", "$r u", "return u / (1.0$f + fabs$f(u));"},
    {"delta_hardtanh", "", "$r u", "return u < -1.0$f ? -1.0$f : u > 1.0$f ? 1.0$f : u;"},
    {"delta_hardsigmoid", "", "$r u", "return u < -3.0$f ? 0.0$f : u > 3.0$f ? 1.0$f : u / 6.0$f + 0.5$f;"},
    {"delta_stop", "", "$r u", "return u;"},
    {"delta_pi", "", "void", "return 3.1415926535897932$f;"},
    {"delta_e", "", "void", "return 2.7182818284590452$f;"},
    {"delta_euler_gamma", "", "void", "return 0.57721566490153286$f;"},
    {"delta_selu_alpha", "", "void", "return 1.6732632423543772$f;"},
    {"delta_selu_scale", "", "void", "return 1.0507009873554805$f;"},
};

int helper_count(void)
{
    return (int)(sizeof rows / sizeof *rows);
}

static bool has_twin(const helper_row *row)
{
    return strstr(row->body, "$e") || strstr(row->body, "$o");
}

static int find_row(const char *name)
{
    for (int i = 0; i < helper_count(); i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return -1;
}

const char *helper_use(emitter *e, const char *name, bool *one)
{
    int row = find_row(name);
    *one = e->unrolled && !e->suffix[0]; /* floats: expf is short */
    if (*one && strcmp(name, "exp") == 0)
        return "delta_exp";
    *one = *one && row >= 0 && has_twin(&rows[row]);
    if (row < 0)
        return NULL;
    bool needed;
    if (rows[row].needs[0])
        helper_use(e, rows[row].needs, &needed);
    *(*one ? &e->helper_one[row] : &e->helper[row]) = true;
    return *one ? arena_printf(e->memory, "%s_one", name) : name;
}

void helper_forget_one(emitter *e)
{
    memset(e->helper_one, 0, (size_t)helper_count() * sizeof *e->helper_one);
}

static void put_template(emitter *e, const char *text, bool one)
{
    bool inside = false; /* the argument list of a function that has a twin */
    int depth = 0;
    for (const char *c = text; *c; c++) {
        if (c[0] == '$' && c[1] == 'r')
            buffer_puts(e->out, e->real), c++;
        else if (c[0] == '$' && c[1] == 'f')
            buffer_puts(e->out, e->suffix), c++;
        else if (c[0] == '$' && c[1] == 'e')
            buffer_printf(e->out, "%s%s", one ? "delta_exp" : "exp", e->suffix), c++, inside = one, depth = 0;
        else if (c[0] == '$' && c[1] == 'o')
            buffer_puts(e->out, one ? "_one" : ""), c++, inside = one, depth = 0;
        else {
            depth += inside ? (*c == '(') - (*c == ')') : 0;
            if (inside && *c == ')' && depth == 0)
                buffer_puts(e->out, ", far"), inside = false;
            buffer_add(e->out, c, 1);
        }
    }
}

static void put_helper(emitter *e, const helper_row *row, bool one)
{
    buffer_printf(e->out, "static %s%s %s%s(", one ? "inline " : "", e->real, row->name, one ? "_one" : "");
    put_template(e, row->arguments, one);
    buffer_printf(e->out, "%s)\n{\n    ", one ? ", uint64_t *far" : "");
    put_template(e, row->body, one);
    buffer_puts(e->out, "\n}\n\n");
}

void put_helpers(emitter *e)
{
    for (int i = 0; i < helper_count(); i++) {
        if (e->helper[i])
            put_helper(e, &rows[i], false);
        if (e->helper_one[i])
            put_helper(e, &rows[i], true);
    }
}
