/* Freestanding programs: fixed sizes, random numbers and products of matrices in the text itself. */
#include <limits.h>
#include <string.h>

#include "gen/emit/c_private.h"

/* --- sizes --- */

long free_value(const emitter *e, node n)
{
    const dag *d = e->d;
    long result = dag_kind(d, n) == NODE_MUL;
    if (dag_kind(d, n) == NODE_NUMBER)
        return mpz_fits_sint_p(mpq_numref(*dag_value(d, n))) ? mpz_get_si(mpq_numref(*dag_value(d, n))) : -1;
    if (dag_kind(d, n) == NODE_SIZE) {
        const model_size *s = &e->m->size[dag_payload(d, n)];
        return s->population >= 0 ? e->samples : s->equals ? free_value(e, s->equals) : s->value > 0 ? s->value : -1;
    }
    for (int i = 0; i < dag_count(d, n); i++) {
        long part = free_value(e, dag_child(d, n, i));
        result = dag_kind(d, n) == NODE_MUL ? result * part : result + part;
        if (result > INT_MAX || result < -INT_MAX)
            return -1;
    }
    return result;
}

long free_entries(const emitter *e, const lower_var *v)
{
    long count = 1;
    for (int k = 0; k < v->axis_count; k++) {
        long size = free_value(e, v->size[k]);
        if (size <= 0 || count > INT_MAX / size)
            return -1;
        count *= size;
    }
    return count;
}

static bool is_stored(const lower_var *v)
{
    return v->place == LOWER_IN || v->place == LOWER_PARAMS || v->place == LOWER_STATE || v->place == LOWER_WORK;
}

bool free_is_fixed(emitter *e)
{
    span whole = {e->m->source, 0, 0};
    bool good = true;
    if (model_has_lbfgs(e->m)) {
        diagnostic *g = diag_add(e->m->diagnostics, DIAG_ERROR, e->m->optimize->at, "lbfgs needs all data at once, which --target freestanding does not have");
        diag_hint(g, "another optimizer works there: --optimizer 'adam(η = 1e-3)'");
        good = false;
    }
    for (int i = 0; i < e->m->size_count; i++) {
        const model_size *s = &e->m->size[i];
        if (s->population >= 0 || s->equals || s->value > 0 || s->role != SIZE_OF_PAGE)
            continue;
        diag_add(e->m->diagnostics, DIAG_ERROR, whole, "the size %s has no value: --target freestanding needs one on the page, as in `size %s = 4`",
                 intern_text(e->m->names, s->key), intern_text(e->m->names, s->key));
        good = false;
    }
    for (int i = 0; i < e->p->var_count && good; i++)
        if (is_stored(&e->p->var[i]) && free_entries(e, &e->p->var[i]) < 0) {
            diag_add(e->m->diagnostics, DIAG_ERROR, whole, "%s is too large for --target freestanding", lower_var_name(e->p, i));
            good = false;
        }
    return good;
}

/* --- random numbers: as in delta_random.h, so that both targets begin with the same parameters --- */

static const char *const random_bits =
    "/* Counter-based random numbers: splitmix64 (Steele, Lea, Flood, 2014) of the key, then of the counter. */\n"
    "static uint64_t delta_mix(uint64_t z)\n{\n    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);\n    z = (z ^ (z >> 27)) * "
    "UINT64_C(0x94d049bb133111eb);\n"
    "    return z ^ (z >> 31);\n}\n\n"
    "static uint64_t delta_bits(uint64_t seed, uint64_t stream, uint64_t counter)\n{\n"
    "    uint64_t key = delta_mix(delta_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ (stream * UINT64_C(0xd1342543de82ef95)));\n"
    "    return delta_mix(key + (counter + 1u) * UINT64_C(0x9e3779b97f4a7c15));\n}\n\n"
    "/* In (0, 1), never 0 or 1. */\n"
    "static double delta_uniform(uint64_t seed, uint64_t stream, uint64_t counter)\n{\n"
    "    return ((double)(delta_bits(seed, stream, counter) >> 12) + 0.5) * 0x1p-52;\n}\n\n";

static const char *const random_normal =
    "/* Mean 0, deviation 1: Box and Muller (1958), cosine branch, two uniforms a value. */\n"
    "static double delta_normal(uint64_t seed, uint64_t stream, uint64_t counter)\n{\n"
    "    double u = delta_uniform(seed, stream, 2u * counter);\n    double v = delta_uniform(seed, stream, 2u * counter + 1u);\n"
    "    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925286766559 * v);\n}\n\n";

void put_free_random(emitter *e, const char *text)
{
    bool normal = text && strstr(text, "delta_normal("), uniform = text && strstr(text, "delta_uniform(");
    if (normal || uniform)
        buffer_puts(e->out, random_bits);
    if (normal)
        buffer_puts(e->out, random_normal);
}

/* --- products --- */

static char *fresh(emitter *e, const char *stem)
{
    return scope_name(&e->scope, e->memory, stem, true);
}

static void put_start(emitter *e, const char *constant, const char *name, node entry, const char *margin)
{
    buffer_printf(e->out, "%s    %s%s *%s = &", margin, constant, e->real, name);
    put_place(e, entry);
    buffer_puts(e->out, ";\n");
}

static void put_loop(emitter *e, const char *margin, const char *index, node end, node times)
{
    buffer_printf(e->out, "%sfor (ptrdiff_t %s = 0; %s < ", margin, index, index);
    put_index(e, end, times ? STRENGTH_PRODUCT : STRENGTH_SUM);
    if (times) {
        buffer_puts(e->out, " * ");
        put_index(e, times, STRENGTH_UNARY);
    }
    buffer_printf(e->out, "; %s++) {\n", index);
}

/* "a[i * 3 + k]" */
static void put_cell(emitter *e, const char *array, const char *row, const char *column, node entry, int axis)
{
    buffer_printf(e->out, "%s[%s * ", array, row);
    put_row_step(e, entry, axis);
    buffer_printf(e->out, " + %s]", column);
}

void put_free_product(emitter *e, const lower_statement *s, int level)
{
    const lower_call *c = s->call;
    const char *margin = arena_printf(e->memory, "%*s", 4 * level, "");
    char *name[] = {fresh(e, "a"), fresh(e, "b"), fresh(e, "c"), fresh(e, "i"), fresh(e, "j"), fresh(e, "k"), fresh(e, "sum")};
    char *i = name[3], *j = name[4], *k = name[5];
    buffer_puts(e->out, "{\n");
    put_start(e, "const ", name[0], c->a, margin);
    put_start(e, "const ", name[1], c->b, margin);
    put_start(e, "", name[2], s->target, margin);
    put_loop(e, arena_printf(e->memory, "%s    ", margin), i, c->rows, c->rows_times);
    put_loop(e, arena_printf(e->memory, "%s        ", margin), j, c->columns, 0);
    buffer_printf(e->out, "%s            %s %s = 0.0%s;\n", margin, e->real, name[6], e->suffix);
    put_loop(e, arena_printf(e->memory, "%s            ", margin), k, c->inner, c->inner_times);
    buffer_printf(e->out, "%s                %s += ", margin, name[6]);
    put_cell(e, name[0], c->a_transposed ? k : i, c->a_transposed ? i : k, c->a, c->a_axis);
    buffer_puts(e->out, " * ");
    put_cell(e, name[1], c->b_transposed ? j : k, c->b_transposed ? k : j, c->b, c->b_axis);
    buffer_printf(e->out, ";\n%s            }\n%s            ", margin, margin);
    put_cell(e, name[2], i, j, s->target, c->c_axis);
    buffer_puts(e->out, s->how == LOWER_ADD ? " += " : " = ");
    if (c->factor) {
        put_real(e, c->factor, STRENGTH_UNARY);
        buffer_puts(e->out, " * ");
    }
    buffer_printf(e->out, "%s;\n%s        }\n%s    }\n%s}\n", name[6], margin, margin, margin);
    for (size_t at = 0; at < sizeof name / sizeof *name; at++)
        scope_release(&e->scope, name[at]);
}
