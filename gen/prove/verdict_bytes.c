#include "gen/prove/verdict_bytes.h"

#include <string.h>

/* --- numbers, and texts with their lengths --- */

static void put_number(buffer *b, long value)
{
    buffer_add(b, (const char *)&value, sizeof value);
}

static void put_text(buffer *b, const char *text)
{
    put_number(b, text ? (long)strlen(text) : -1);
    if (text)
        buffer_puts(b, text);
}

static void put_pairs(buffer *b, const verdict_pairs *p)
{
    put_number(b, p->count);
    for (int i = 0; i < p->count; i++) {
        put_text(b, p->list[i].name);
        put_text(b, p->list[i].value);
    }
}

typedef struct {
    arena *memory;
    const char *bytes;
    size_t length, at;
    bool failed;
} reader;

static long get_number(reader *r)
{
    long value = 0;
    if (r->failed || r->length - r->at < sizeof value) {
        r->failed = true;
        return 0;
    }
    memcpy(&value, r->bytes + r->at, sizeof value);
    r->at += sizeof value;
    return value;
}

static const char *get_text(reader *r)
{
    long length = get_number(r);
    if (r->failed || length < 0)
        return NULL;
    if ((size_t)length > r->length - r->at) {
        r->failed = true;
        return NULL;
    }
    const char *text = arena_strndup(r->memory, r->bytes + r->at, (size_t)length);
    r->at += (size_t)length;
    return text;
}

static void get_pairs(reader *r, verdict_pairs *p)
{
    long count = get_number(r);
    if (count < 0 || (size_t)count > r->length)
        r->failed = true;
    if (r->failed || count == 0)
        return;
    p->list = arena_alloc(r->memory, (size_t)count * sizeof *p->list);
    for (p->count = 0; p->count < count; p->count++) {
        p->list[p->count].name = get_text(r);
        p->list[p->count].value = get_text(r);
    }
}

/* --- the fields, in one order for both directions --- */

enum { TEXTS = 11, PAIRS = 5 };

static void texts_of(verdict *v, const char ***list)
{
    const char **all[TEXTS] = {&v->condition, &v->method,       &v->reason,        &v->suggestion,         &v->diagnosis,
                               &v->left_is,   &v->witness.left, &v->witness.right, &v->witness.left_short, &v->witness.right_short,
                               &v->assumed};
    memcpy(list, all, sizeof all);
}

static void pairs_of(verdict *v, verdict_pairs **list)
{
    verdict_pairs *all[PAIRS] = {&v->witness.point, &v->witness.functions, &v->witness.sizes, &v->witness.instance, &v->why};
    memcpy(list, all, sizeof all);
}

void verdict_write(buffer *out, const verdict *v)
{
    verdict copy = *v;
    const char **text[TEXTS];
    verdict_pairs *pairs[PAIRS];
    texts_of(&copy, text);
    pairs_of(&copy, pairs);
    put_number(out, v->kind);
    put_number(out, v->vacuous);
    put_number(out, v->other_left);
    put_number(out, v->digits);
    put_number(out, v->points);
    put_number(out, v->steps);
    for (int i = 0; i < TEXTS; i++)
        put_text(out, *text[i]);
    for (int i = 0; i < PAIRS; i++)
        put_pairs(out, pairs[i]);
    put_number(out, TEXTS); /* the end: nothing was cut off */
}

bool verdict_read(arena *memory, const char *bytes, size_t length, verdict *v)
{
    reader r = {.memory = memory, .bytes = bytes, .length = length};
    const char **text[TEXTS];
    verdict_pairs *pairs[PAIRS];
    *v = (verdict){0};
    texts_of(v, text);
    pairs_of(v, pairs);
    long kind = get_number(&r);
    v->kind = (verdict_kind)kind;
    v->vacuous = get_number(&r) != 0;
    v->other_left = get_number(&r) != 0;
    v->digits = (int)get_number(&r);
    v->points = (int)get_number(&r);
    v->steps = get_number(&r);
    for (int i = 0; i < TEXTS; i++)
        *text[i] = get_text(&r);
    for (int i = 0; i < PAIRS; i++)
        get_pairs(&r, pairs[i]);
    return get_number(&r) == TEXTS && !r.failed && r.at == length && kind >= VERDICT_PROVED && kind <= VERDICT_NOT_UNDERSTOOD;
}
