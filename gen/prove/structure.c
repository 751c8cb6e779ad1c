/* Choices that must not depend on the names of bound indices. */
#include "gen/prove/normal.h"

#include <stdlib.h>

static uint64_t index_hash(const normal *c, int index, int self)
{
    const dag_index_info *x = dag_index_get(c->d, index);
    return index == self ? 1 : prove_mix(((uint64_t)(uint32_t)x->lo << 32 | (uint32_t)x->hi) + (x->sample ? 5 : 3));
}

uint64_t normal_structure(const normal *c, node n, int self)
{
    node_kind kind = dag_kind(c->d, n);
    if (kind == NODE_INDEX)
        return index_hash(c, dag_payload(c->d, n), self);
    if (kind == NODE_NUMBER)
        return prove_mix((uint64_t)n);
    bool commutes = kind == NODE_ADD || kind == NODE_MUL || (kind == NODE_COMPARE && dag_payload(c->d, n) == COMPARE_EQUAL);
    uint64_t h = prove_mix((uint64_t)kind * 1000003u + (uint64_t)(uint32_t)dag_payload(c->d, n));
    const name_fact *fact = kind == NODE_ENTRY && session_is_fact(c->s, dag_payload(c->d, n)) ? &c->s->fact[dag_payload(c->d, n)] : NULL;
    uint64_t pair = 0; /* two axes of a symmetric name */
    for (int i = 0; i < dag_count(c->d, n); i++) {
        uint64_t t = normal_structure(c, dag_child(c->d, n, i), self);
        if (fact && (i == fact->swap_a || i == fact->swap_b)) {
            pair += prove_mix(t);
            continue;
        }
        h = commutes ? h + prove_mix(t) : prove_mix(h ^ t);
    }
    return prove_mix(h + pair);
}

/* Of one monomial. */
static uint64_t monomial_hash(normal *c, const uint64_t *atom, const slong *exponent)
{
    uint64_t h = 0;
    for (slong g = 0; g < c->plan->atoms; g++)
        if (exponent[g])
            h += prove_mix(atom[g] ^ (uint64_t)exponent[g]);
    return h;
}

bool normal_negative(normal *c, const fmpz_mpoly_struct *p)
{
    slong count = fmpz_mpoly_length(p, c->ring), atoms = c->plan->atoms;
    uint64_t best = 0, *atom = xcalloc((size_t)atoms, sizeof *atom);
    slong *exponent = xmalloc((size_t)atoms * sizeof *exponent);
    int sign = 1;
    fmpz_t z;
    fmpz_init(z);
    for (slong g = 0; g < atoms; g++)
        if (normal_generator_node(c, g) && fmpz_mpoly_degree_si(p, g, c->ring) > 0)
            atom[g] = normal_structure(c, normal_generator_node(c, g), -1);
    for (slong i = 0; i < count; i++) {
        fmpz_mpoly_get_term_exp_si(exponent, p, i, c->ring);
        uint64_t h = monomial_hash(c, atom, exponent);
        if (i == 0 || h > best) {
            best = h;
            fmpz_mpoly_get_term_coeff_fmpz(z, p, i, c->ring);
            sign = fmpz_sgn(z);
        }
    }
    fmpz_clear(z);
    free(atom);
    free(exponent);
    return sign < 0;
}

bool normal_is_turned(normal *c, const fmpz_mpoly_struct *p)
{
    bool indexed = false;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms && !indexed; g++)
        indexed = fmpz_mpoly_degree_si(p, g, c->ring) > 0 && dag_has_kind(c->d, normal_generator_node(c, g), NODE_INDEX);
    return indexed && fmpz_mpoly_length(p, c->ring) > 1 && normal_negative(c, p);
}
