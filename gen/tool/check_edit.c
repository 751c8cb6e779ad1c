#include "gen/tool/check_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TOKENS = 160, MOST_EDITS = 1500, MOST_TRIED = 500, MOST_NAMES = 12, MOST_PAGE = 20000 };

typedef enum { TOKEN_NAME, TOKEN_NUMBER, TOKEN_SIGN } token_kind;

typedef struct {
    token_kind kind;
    size_t begin, end;
} piece;

/* One edit: bytes begin … end of the claim become `text`. Lower ranks are tried first. */
typedef struct {
    size_t begin, end;
    const char *text;
    int rank;
    const char *diagnosis;
} edit;

typedef struct {
    const page *p;
    const char *claim;
    size_t equals; /* where the right side begins */
    piece token[MOST_TOKENS];
    int token_count;
    edit list[MOST_EDITS];
    int count;
} editor;

/* --- tokens --- */

static size_t width_of(const char *text)
{
    unsigned char c = (unsigned char)*text;
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static bool is_letter(const char *text)
{
    unsigned char c = (unsigned char)text[0], d = (unsigned char)text[1];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return (c == 0xC3 && d != 0x97 && d != 0xB7) || (c >= 0xC4 && c <= 0xC9) || c == 0xCE || c == 0xCF || strncmp(text, "ℓ", 3) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ₀ … ₉, accents that follow their letter, _ within a name */
static bool goes_on(const char *text)
{
    unsigned char c = (unsigned char)text[0], d = (unsigned char)text[1];
    return is_letter(text) || is_digit(*text) || (c == 0xCC) || (c == 0xE2 && d == 0x82) || (c == '_' && (is_letter(text + 1) || is_digit(text[1])));
}

static void read_tokens(editor *e)
{
    for (size_t at = 0; e->claim[at] && e->token_count < MOST_TOKENS;) {
        const char *text = e->claim + at;
        if (*text == ' ' || *text == '\n' || *text == '\t') {
            at++;
            continue;
        }
        piece t = {TOKEN_SIGN, at, at + width_of(text)};
        if (is_letter(text)) {
            t.kind = TOKEN_NAME;
            while (goes_on(e->claim + t.end))
                t.end += width_of(e->claim + t.end);
        } else if (is_digit(*text)) {
            t.kind = TOKEN_NUMBER;
            while (is_digit(e->claim[t.end]) || (e->claim[t.end] == '.' && is_digit(e->claim[t.end + 1])))
                t.end++;
            const char *e10 = e->claim + t.end;
            if (*e10 == 'e' && (is_digit(e10[1]) || (e10[1] == '-' && is_digit(e10[2]))))
                for (t.end += 2; is_digit(e->claim[t.end]);)
                    t.end++;
        }
        e->token[e->token_count++] = t;
        at = t.end;
    }
}

static bool is(const editor *e, int k, const char *text)
{
    size_t length = e->token[k].end - e->token[k].begin;
    return k >= 0 && k < e->token_count && strlen(text) == length && strncmp(e->claim + e->token[k].begin, text, length) == 0;
}

static const char *text_of(const editor *e, int k)
{
    return arena_strndup(e->p->memory, e->claim + e->token[k].begin, e->token[k].end - e->token[k].begin);
}

/* --- edits --- */

/* The right side first: that is what a person derived. */
static void add(editor *e, size_t begin, size_t end, const char *text, int rank, const char *diagnosis)
{
    if (e->count < MOST_EDITS)
        e->list[e->count++] = (edit){begin, end, text, 2 * rank + (begin < e->equals), diagnosis};
}

static void replace(editor *e, int k, const char *text, int rank)
{
    const char *old = text_of(e, k);
    if (strcmp(old, text) != 0)
        add(e, e->token[k].begin, e->token[k].end, text, rank, arena_printf(e->p->memory, "%s in place of %s", text, old));
}

static void leave_out(editor *e, int k, int rank)
{
    add(e, e->token[k].begin, e->token[k].end, " ", rank, arena_printf(e->p->memory, "%s is too much", text_of(e, k)));
}

static void put_in(editor *e, size_t at, const char *text, int rank)
{
    add(e, at, at, text, rank, arena_printf(e->p->memory, "%s is missing", text));
}

/* Words and signs that are taken for one another, both ways. */
static const char *const pairs[][2] = {{"+", "−"},
                                       {"²", "³"},
                                       {"½", "2"},
                                       {"sin", "cos"},
                                       {"tanh", "sigmoid"},
                                       {"log", "exp"},
                                       {"sinh", "cosh"},
                                       {"max", "min"},
                                       {"atan", "asin"},
                                       {"asin", "acos"},
                                       {"relu", "softplus"},
                                       {"<", ">"},
                                       {"/", "+"},
                                       {"/", "·"},
                                       {"⊙", "+"},
                                       {"floor", "ceil"},
                                       {"sqrt", "cbrt"},
                                       {"sign", "relu"},
                                       {"sign", "abs"},
                                       {"Σ", "Π"},
                                       {"−", "·"},
                                       {"+", "·"},
                                       {"erf", "erfc"},
                                       {"lgamma", "digamma"},
                                       {"tan", "tanh"},
                                       {"mean", "sum"},
                                       {"exp", "sigmoid"},
                                       {"/", "−"},
                                       {"⊙", "/"},
                                       {"⊙", "−"},
                                       {"½", "1"},
                                       {"½", "¼"},
                                       {"softplus", "sigmoid"},
                                       {"sech", "tanh"},
                                       {"softmax", "log_softmax"},
                                       {"′", "″"}};

static void edit_pairs(editor *e, int k)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (int way = 0; way < 2; way++)
            if (is(e, k, pairs[i][way]))
                replace(e, k, pairs[i][1 - way], e->token[k].kind == TOKEN_NAME ? 3 : i == 0 ? 0 : 2);
}

static void edit_number(editor *e, int k)
{
    static const char *const numbers[] = {"0", "1", "2", "3", "4", "5", "6", "8", "10", "½"};
    bool small = e->token[k].end - e->token[k].begin <= 2; /* nobody writes 2 for 0.001 by a slip of one key */
    for (size_t i = 0; small && i < sizeof numbers / sizeof *numbers; i++)
        replace(e, k, numbers[i], 2);
}

/* Names of the same number of axes, those that are defined last: most slips take a name for its neighbour. */
static void edit_name(editor *e, int k)
{
    const model *m = e->p->model;
    const char *text = text_of(e, k);
    int var = -1, tried = 0;
    for (int v = 0; v < m->var_count && var < 0; v++)
        if (m->var[v].key && m->var[v].role != ROLE_ADJOINT && m->var[v].role != ROLE_AUXILIARY && strcmp(model_var_name(m, v), text) == 0)
            var = v;
    for (int v = 0; v < m->var_count && var >= 0 && tried < MOST_NAMES; v++) {
        const model_var *a = &m->var[v], *b = &m->var[var];
        bool known = a->role >= ROLE_INPUT && a->role <= ROLE_DEFINED && a->key;
        if (v == var || !known || a->axis_count - a->sample != b->axis_count - b->sample)
            continue;
        const char *name = model_var_name(m, v);
        bool here = strstr(e->claim, name) != NULL;
        replace(e, k, name, here ? 0 : 1);
        tried++;
    }
    for (int f = 0; f < m->function_count && var < 0; f++) {
        const char *name = intern_text(m->names, intern_spelling(m->names, m->function[f].key));
        bool function = false;
        for (int g = 0; g < m->function_count; g++)
            function = function || strcmp(text, intern_text(m->names, intern_spelling(m->names, m->function[g].key))) == 0;
        if (function)
            replace(e, k, name, 1);
    }
}

/* One letter that is no name of the page: an index; the claim's other indices. */
static void edit_index(editor *e, int k)
{
    for (int j = 0; j < e->token_count; j++) {
        const char *other = text_of(e, j);
        bool letter = e->token[j].kind == TOKEN_NAME && strlen(other) == 1 && strlen(text_of(e, k)) == 1;
        if (letter && j != k)
            replace(e, k, other, 1);
    }
}

static bool ends_operand(const editor *e, int k)
{
    static const char *const signs[] = {")", "]", "ᵀ", "²", "³", "′", "½", "″"};
    if (e->token[k].kind != TOKEN_SIGN)
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (is(e, k, signs[i]))
            return true;
    return false;
}

static bool begins_operand(const editor *e, int k)
{
    return e->token[k].kind != TOKEN_SIGN || is(e, k, "(") || is(e, k, "∂") || is(e, k, "√") || is(e, k, "½");
}

static void edit_gaps(editor *e, int k)
{
    size_t after = e->token[k].end;
    bool operand = ends_operand(e, k);
    if (operand) {
        put_in(e, after, "²", 3);
        put_in(e, after, "ᵀ", 4);
        put_in(e, after, "³", 5);
    }
    if (e->token[k].kind == TOKEN_NAME)
        put_in(e, after, "′", 3);
    if (operand && k + 1 < e->token_count && begins_operand(e, k + 1)) {
        put_in(e, after, " − ", 2);
        put_in(e, after, " + ", 2);
        put_in(e, after, "/", 4);
    }
    if (begins_operand(e, k) && (k == 0 || !ends_operand(e, k - 1))) {
        put_in(e, e->token[k].begin, "−", 2);
        put_in(e, e->token[k].begin, "√", 5);
        put_in(e, e->token[k].begin, "2 ", 4);
        put_in(e, e->token[k].begin, "½ ", 4);
    }
}

static void make_edits(editor *e)
{
    static const char *const droppable[] = {"ᵀ", "′", "²", "³", "−", "√", "2", "½"};
    for (int k = 0; k < e->token_count; k++) {
        edit_pairs(e, k);
        if (e->token[k].kind == TOKEN_NUMBER)
            edit_number(e, k);
        if (e->token[k].kind == TOKEN_NAME) {
            edit_name(e, k);
            edit_index(e, k);
        }
        for (size_t i = 0; i < sizeof droppable / sizeof *droppable; i++)
            if (is(e, k, droppable[i]))
                leave_out(e, k, 2);
        edit_gaps(e, k);
    }
}

static int by_rank(const void *a, const void *b)
{
    const edit *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* --- the page once more, with edited claims --- */

/* Statements without the claims; blocks keep theirs, which stand before the edited ones. */
static void put_page(const page *p, buffer *out)
{
    const source *s = source_get(p->sources, p->source);
    const model *m = p->model;
    for (int i = 0; i < p->file->count; i++) {
        const syn *one = p->file->child[i];
        bool claim = false, other = one->kind == SYN_UPDATE || one->kind == SYN_METRIC || one->kind == SYN_OUTPUT || one->kind == SYN_OPTIMIZE;
        for (int k = 0; k < m->claim_count && one->kind == SYN_EQUATION; k++)
            claim = claim || (m->claim[k].at.source == one->at.source && m->claim[k].at.begin >= one->at.begin && m->claim[k].at.begin < one->at.end);
        if (claim || other || one->at.source != p->source || one->at.end <= one->at.begin)
            continue;
        buffer_add(out, s->text + one->at.begin, (size_t)(one->at.end - one->at.begin));
        buffer_puts(out, "\n");
    }
}

static const char *edited(const editor *e, const edit *one)
{
    buffer b = {0};
    buffer_add(&b, e->claim, one->begin);
    buffer_puts(&b, one->text);
    buffer_puts(&b, e->claim + one->end);
    const char *text = arena_printf(e->p->memory, "%s", b.text);
    buffer_free(&b);
    return text;
}

static int lines_of(const buffer *b)
{
    int lines = 0;
    for (size_t i = 0; i < b->length; i++)
        lines += b->text[i] == '\n';
    return lines;
}

/* Is the claim of the second page true, and does it say something? */
static bool holds(prover *p, dag *d, const model_claim *c)
{
    verdict v;
    if (c->shape_error || !c->left || !c->right || c->left == c->right)
        return false;
    if (dag_is_int(d, dag_simplify(d, c->left), 0) && dag_is_int(d, dag_simplify(d, c->right), 0))
        return false;
    prove_equal(p, c->left, c->right, c->index_count, c->index, &v);
    return v.kind == VERDICT_PROVED && !v.vacuous && !v.condition;
}

static void try_edits(editor *e, const page_options *o, verdict *out)
{
    buffer text = {0};
    put_page(e->p, &text);
    int before = lines_of(&text);
    bool small = text.length < MOST_PAGE;
    if (e->count > MOST_TRIED)
        e->count = MOST_TRIED;
    for (int i = 0; i < e->count; i++)
        buffer_printf(&text, "claim %s\n", edited(e, &e->list[i]));
    page again = {0};
    if (small && page_open_text(&again, "edited", text.text, text.length, o) == 0) {
        prover *p = prove_new(again.model, &(prove_options){.no_repair = true, .work_limit = 40000});
        for (int k = 0; k < again.model->claim_count; k++) {
            const model_claim *c = &again.model->claim[k];
            int which = c->line - 1 - before;
            if (which < 0 || which >= e->count || c->step != 1 || !holds(p, again.model->dag, c))
                continue;
            out->suggestion = edited(e, &e->list[which]);
            out->diagnosis = e->list[which].diagnosis;
            break;
        }
        prove_free(p);
    }
    if (again.memory)
        page_close(&again);
    buffer_free(&text);
}

void check_edit(const page *p, const page_options *o, int claim, verdict *out)
{
    const model_claim *c = &p->model->claim[claim];
    const char *equals = strstr(c->text, " = ");
    if (out->suggestion || out->diagnosis || !equals || strchr(c->text, '{') || strchr(c->text, '\n'))
        return;
    editor *e = xcalloc(1, sizeof *e);
    e->p = p;
    e->claim = c->text;
    e->equals = (size_t)(equals - c->text);
    read_tokens(e);
    make_edits(e);
    qsort(e->list, (size_t)e->count, sizeof *e->list, by_rank);
    try_edits(e, o, out);
    free(e);
}
