/* Parameters and state as bytes: the hash of the model, every member in order, a CRC-32 of all that; little-endian on every machine. */
#include "gen/emit/c_private.h"

static bool is_kept(const lower_var *v)
{
    return v->place == LOWER_PARAMS || v->place == LOWER_STATE;
}

static long stored_bytes(const emitter *e)
{
    long bytes = 12; /* hash and check */
    for (int i = 0; i < e->p->var_count; i++)
        if (is_kept(&e->p->var[i]))
            bytes += free_entries(e, &e->p->var[i]) * (e->p->var[i].integer || e->suffix[0] ? 4 : 8);
    return bytes;
}

void put_store_macros(emitter *e, uint64_t hash)
{
    const char *u = e->upper;
    buffer_printf(e->out, "#define %s_BATCH %ld /* samples of a call */\n", u, e->o->batch);
    buffer_printf(e->out, "#define %s_PARAMS_BYTES sizeof(%s_params)\n#define %s_STATE_BYTES sizeof(%s_state)\n#define %s_WORK_BYTES sizeof(%s_work)\n", u,
                  e->name, u, e->name, u, e->name);
    if (e->p->streams)
        buffer_printf(e->out, "#define %s_TOTALS_BYTES sizeof(%s_totals)\n", u, e->name);
    buffer_printf(e->out, "#define %s_STORED_BYTES %ldu /* what %s_write writes */\n", u, stored_bytes(e), e->name);
    buffer_printf(e->out, "#define %s_MODEL_HASH UINT64_C(0x%016llx)\n\n", u, (unsigned long long)hash);
}

void put_store_prototypes(emitter *e)
{
    const char *n = e->name;
    buffer_printf(
        e->out,
        "/* Parameters and state to and from a buffer of at least %s_STORED_BYTES, the same bytes on every machine. %s_E_FORMAT: too small, of another\n"
        " * model, or damaged; then nothing is changed. */\n",
        e->upper, e->upper);
    buffer_printf(e->out, "int %s_write(const %s_params *params, const %s_state *state, uint8_t *buffer, size_t size);\n", n, n, n);
    buffer_printf(e->out, "int %s_read(%s_params *params, %s_state *state, const uint8_t *buffer, size_t size);\n", n, n, n);
}

static const char *const words_text =
    "static uint32_t $n_check(const uint8_t *bytes, size_t count)\n{\n    uint32_t rest = UINT32_C(0xffffffff);\n    for (size_t i = 0; i < count; i++) {\n"
    "        rest ^= bytes[i];\n        for (int bit = 0; bit < 8; bit++)\n            rest = (rest >> 1) ^ ((rest & 1u) != 0u ? UINT32_C(0xedb88320) : 0u);\n "
    "   }\n"
    "    return rest ^ UINT32_C(0xffffffff);\n}\n\n"
    "static size_t $n_put_word(uint8_t *to, size_t at, uint64_t word, size_t bytes)\n{\n"
    "    for (size_t i = 0; i < bytes; i++)\n        to[at + i] = (uint8_t)((word >> (8u * i)) & 0xffu);\n    return at + bytes;\n}\n\n"
    "static uint64_t $n_get_word(const uint8_t *from, size_t at, size_t bytes)\n{\n    uint64_t word = 0;\n"
    "    for (size_t i = 0; i < bytes; i++)\n        word |= (uint64_t)from[at + i] << (8u * i);\n    return word;\n}\n\n";

static const char *const reals_text =
    "typedef union {\n    $r value;\n    $u word;\n} $n_bits;\n\n"
    "static size_t $n_put(uint8_t *to, size_t at, const $r *x, size_t count)\n{\n    for (size_t i = 0; i < count; i++) {\n        $n_bits bits;\n"
    "        bits.value = x[i];\n        at = $n_put_word(to, at, bits.word, sizeof bits.word);\n    }\n    return at;\n}\n\n"
    "static size_t $n_get(const uint8_t *from, size_t at, $r *x, size_t count)\n{\n    for (size_t i = 0; i < count; i++) {\n        $n_bits bits;\n"
    "        bits.word = ($u)$n_get_word(from, at, sizeof bits.word);\n        x[i] = bits.value;\n        at += sizeof bits.word;\n    }\n    return "
    "at;\n}\n\n";

static const char *const integers_text =
    "static size_t $n_put_integers(uint8_t *to, size_t at, const int32_t *x, size_t count)\n{\n    for (size_t i = 0; i < count; i++)\n"
    "        at = $n_put_word(to, at, (uint32_t)x[i], 4u);\n    return at;\n}\n\n"
    "static size_t $n_get_integers(const uint8_t *from, size_t at, int32_t *x, size_t count)\n{\n    for (size_t i = 0; i < count; i++) {\n"
    "        x[i] = (int32_t)(uint32_t)$n_get_word(from, at, 4u);\n        at += 4u;\n    }\n    return at;\n}\n\n";

static void put_template(emitter *e, const char *text)
{
    for (const char *c = text; *c; c++) {
        const char *by = c[0] != '$' ? NULL : c[1] == 'n' ? e->name : c[1] == 'r' ? e->real : e->suffix[0] ? "uint32_t" : "uint64_t";
        if (by)
            buffer_puts(e->out, by), c++;
        else
            buffer_add(e->out, c, 1);
    }
}

static int count_kept(const emitter *e, bool integer)
{
    int count = 0;
    for (int i = 0; i < e->p->var_count; i++)
        count += is_kept(&e->p->var[i]) && e->p->var[i].integer == integer;
    return count;
}

/* One line a member: `how` is "put" or "get". */
static void put_members(emitter *e, const char *how)
{
    buffer_puts(e->out, "    (void)params;\n    (void)state;\n");
    for (int i = 0; i < e->p->var_count; i++) {
        const lower_var *v = &e->p->var[i];
        if (is_kept(v))
            buffer_printf(e->out, "    at = %s_%s%s(buffer, at, %s%s->%s, %ld);\n", e->name, how, v->integer ? "_integers" : "", v->axis_count ? "" : "&",
                          struct_of(v->place), e->member[i], free_entries(e, v));
    }
}

void put_store(emitter *e)
{
    const char *n = e->name, *u = e->upper;
    put_template(e, words_text);
    if (count_kept(e, false))
        put_template(e, reals_text);
    if (count_kept(e, true))
        put_template(e, integers_text);
    buffer_printf(e->out, "int %s_write(const %s_params *params, const %s_state *state, uint8_t *buffer, size_t size)\n{\n    size_t at;\n", n, n, n);
    buffer_printf(e->out, "    if (size < %s_STORED_BYTES)\n        return %s_E_FORMAT;\n    at = %s_put_word(buffer, 0, %s_MODEL_HASH, 8u);\n", u, u, n, u);
    put_members(e, "put");
    buffer_printf(e->out, "    (void)%s_put_word(buffer, at, %s_check(buffer, at), 4u);\n    return %s_OK;\n}\n\n", n, n, u);
    buffer_printf(e->out,
                  "int %s_read(%s_params *params, %s_state *state, const uint8_t *buffer, size_t size)\n{\n    const size_t end = %s_STORED_BYTES - 4u;\n    "
                  "size_t at = 8;\n",
                  n, n, n, u);
    buffer_printf(e->out,
                  "    if (size < %s_STORED_BYTES || %s_get_word(buffer, 0, 8u) != %s_MODEL_HASH || %s_get_word(buffer, end, 4u) != %s_check(buffer, end))\n"
                  "        return %s_E_FORMAT;\n",
                  u, n, u, n, n, u);
    put_members(e, "get");
    buffer_printf(e->out, "    (void)at;\n    return %s_OK;\n}\n", u);
}
