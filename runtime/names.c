/* Comparing names written in different ways. */
#include "names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Greek letters in UTF-8 and their English names; ε, θ, φ, µ and the subscript digits have several forms. */
static const char *const foldings[][2] = {
    {"α", "alpha"}, {"β", "beta"},  {"γ", "gamma"}, {"δ", "delta"},  {"ε", "epsilon"}, {"ϵ", "epsilon"}, {"ζ", "zeta"}, {"η", "eta"}, {"θ", "theta"},
    {"ϑ", "theta"}, {"ι", "iota"},  {"κ", "kappa"}, {"λ", "lambda"}, {"μ", "mu"},      {"µ", "mu"},      {"ν", "nu"},   {"ξ", "xi"},  {"ο", "omicron"},
    {"π", "pi"},    {"ρ", "rho"},   {"σ", "sigma"}, {"ς", "sigma"},  {"τ", "tau"},     {"υ", "upsilon"}, {"φ", "phi"},  {"ϕ", "phi"}, {"χ", "chi"},
    {"ψ", "psi"},   {"ω", "omega"}, {"Γ", "Gamma"}, {"Δ", "Delta"},  {"Θ", "Theta"},   {"Λ", "Lambda"},  {"Ξ", "Xi"},   {"Π", "Pi"},  {"Σ", "Sigma"},
    {"Φ", "Phi"},   {"Ψ", "Psi"},   {"Ω", "Omega"}, {"₀", "0"},      {"₁", "1"},       {"₂", "2"},       {"₃", "3"},    {"₄", "4"},   {"₅", "5"},
    {"₆", "6"},     {"₇", "7"},     {"₈", "8"},     {"₉", "9"},
};

static int name_digits_follow(const char *text)
{
    size_t count = strspn(text, "0123456789");
    return count > 0 && text[count] == 0;
}

/* The name in ASCII, with w_1 as w1; too long names are cut. */
static void name_fold(const char *text, char *to, size_t room)
{
    size_t used = 0;
    while (*text && used + 12 < room) {
        size_t taken = 0;
        for (size_t i = 0; i < sizeof foldings / sizeof *foldings && !taken; i++)
            if (!strncmp(text, foldings[i][0], strlen(foldings[i][0]))) {
                taken = strlen(foldings[i][0]);
                used += (size_t)snprintf(to + used, room - used, "%s", foldings[i][1]);
            }
        if (!taken && (*text != '_' || !name_digits_follow(text + 1)))
            to[used++] = *text;
        text += taken ? taken : 1;
    }
    to[used] = 0;
}

int delta_name_means(const char *text, const char *name, const char *spelling)
{
    char folded[256], other[256];
    if (!strcmp(text, name) || (spelling && !strcmp(text, spelling)))
        return 1;
    name_fold(text, folded, sizeof folded);
    name_fold(name, other, sizeof other);
    if (!strcmp(folded, other))
        return 1;
    if (!spelling)
        return 0;
    name_fold(spelling, other, sizeof other);
    return !strcmp(folded, other);
}

int delta_array_named(const delta_model *model, const char *text)
{
    for (int i = 0; i < model->array_count; i++)
        if (!strcmp(text, model->arrays[i].name))
            return i;
    for (int i = 0; i < model->array_count; i++)
        if (delta_name_means(text, model->arrays[i].name, model->arrays[i].spelling))
            return i;
    return -1;
}

int delta_size_named(const delta_model *model, const char *text)
{
    for (int i = 0; i < model->size_count; i++)
        if (delta_name_means(text, model->sizes[i].name, model->sizes[i].spelling))
            return i;
    return -1;
}

int delta_population_named(const delta_model *model, const char *text)
{
    for (int i = 1; i < model->population_count; i++)
        if (delta_name_means(text, model->populations[i], NULL))
            return i;
    return -1;
}

int delta_metric_named(const delta_model *model, const char *text)
{
    for (int i = 0; i < model->metric_count; i++)
        if (delta_name_means(text, model->metrics[i], NULL))
            return i;
    return -1;
}

const char *delta_names_list(const delta_model *model, unsigned roles, char *text, size_t room)
{
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < model->array_count && used < room; i++)
        if (roles >> model->arrays[i].role & 1)
            used += (size_t)snprintf(text + used, room - used, "%s%s", used ? ", " : "", model->arrays[i].spelling);
    return text;
}

int delta_number_read(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text)
        return 0;
    if (*end == '/') {
        const char *below = end + 1;
        double divisor = strtod(below, &end);
        if (end == below || divisor == 0)
            return 0;
        *value /= divisor;
    }
    while (*end == ' ')
        end++;
    return *end == 0 && isfinite(*value);
}
