/* From blocks to items: chains over rows and blocks, labels under braces. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"
#include "grammar/parse.h"

/* What the next block may continue. */
typedef struct {
    syn *end; /* the last side of the last displayed chain */
    const char *trouble;
    int chain, step, item;
    bool dangling;
    bool fresh; /* nothing displayed stands between */
} chain_end;

typedef struct {
    notes *n;
    chain_end last;
    int chain;
    const document_block *block;
    int number;     /* of that block */
    syn *listed[8]; /* `w` of w, x ∈ ℝⁿ */
    int listed_count;
} item_reader;

void notes_announce(notes *n, const char *format, ...)
{
    char text[400];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    for (int i = 0; i < n->announce_count; i++)
        if (strcmp(n->announce[i], text) == 0)
            return;
    const char **more = arena_alloc(n->memory, ((size_t)n->announce_count + 1) * sizeof *more);
    if (n->announce_count)
        memcpy(more, n->announce, (size_t)n->announce_count * sizeof *more);
    n->announce = more;
    n->announce[n->announce_count++] = arena_printf(n->memory, "%s", text);
}

void notes_say(notes *n, note_item *i, const char *format, ...)
{
    char text[600];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    for (int k = 0; k < i->message_count; k++)
        if (strcmp(i->message[k], text) == 0)
            return;
    if (i->message_count < 8)
        i->message[i->message_count++] = arena_printf(n->memory, "%s", text);
}

static note_item *add_item(item_reader *r, note_role role, span at)
{
    notes *n = r->n;
    if (n->item_count == n->item_capacity) {
        int capacity = n->item_capacity ? 2 * n->item_capacity : 64;
        note_item *more = arena_alloc(n->memory, (size_t)capacity * sizeof *more);
        if (n->item_count)
            memcpy(more, n->item, (size_t)n->item_count * sizeof *more);
        n->item = more;
        n->item_capacity = capacity;
    }
    note_item *i = &n->item[n->item_count++];
    const source *s = source_get(n->sources, n->document.source);
    *i = (note_item){.role = role,
                     .at = at,
                     .inline_ = r->block->inline_,
                     .definition = -1,
                     .chain = r->chain,
                     .heading = r->block->heading,
                     .block = r->number,
                     .imported = r->number < n->imported};
    i->line = document_line(&n->document, n->sources, (size_t)at.begin, &i->cell);
    i->column = source_column(s, (size_t)at.begin);
    return i;
}

static note_role role_of(latex_relation relation)
{
    switch (relation) {
    case RELATION_EQUAL: return NOTE_CLAIM;
    case RELATION_DEFINE: return NOTE_DEFINITION;
    case RELATION_UPDATE: return NOTE_UPDATE;
    case RELATION_APPROX: return NOTE_APPROXIMATION;
    case RELATION_IN: return NOTE_SHAPE;
    default: return NOTE_INEQUALITY;
    }
}

static void take_trouble(note_item *i, const latex_side *side)
{
    if (!side->trouble || i->trouble)
        return;
    i->trouble = side->trouble;
    i->trouble_at = side->trouble_at;
    i->broken |= !side->tree;
}

static void read_piece(item_reader *r, const latex_piece *piece);

/* The label of a brace: `{= 1}`, a name, or an expression equal to the value. */
static void read_label(item_reader *r, const latex_piece *piece, const latex_label *label, const syn *around)
{
    const latex_piece *inside = label->label;
    int side = inside->opens ? 1 : 0;
    if (inside->side_count != side + 1 || !label->value)
        return;
    note_item *i = add_item(r, NOTE_CLAIM, inside->at);
    i->label = true;
    i->left = label->value->child[0];
    i->value = label->value;
    i->around = around;
    i->right = inside->side[side].tree;
    (void)piece;
    take_trouble(i, &inside->side[side]);
}

static bool holds_node(const syn *s, const syn *wanted)
{
    if (s == wanted)
        return true;
    for (int i = 0; s && i < s->count; i++)
        if (s->child[i] && holds_node(s->child[i], wanted))
            return true;
    return false;
}

static void read_labels(item_reader *r, const latex_piece *piece)
{
    for (int k = 0; k < piece->label_count; k++)
        for (int s = 0; s < piece->side_count; s++)
            if (piece->side[s].tree && holds_node(piece->side[s].tree, piece->label[k].value))
                read_label(r, piece, &piece->label[k], piece->side[s].tree);
}

/* A bare expression: nothing is claimed, but a dangling `=` before it is completed. */
static void read_expression(item_reader *r, const latex_piece *piece)
{
    const latex_side *side = &piece->side[0];
    if (r->block->inline_ && !piece->label_count)
        return;
    if (r->last.dangling && !r->block->inline_ && !piece->parenthesised) {
        note_item *i = add_item(r, NOTE_CLAIM, side->at);
        i->chain = r->last.chain;
        i->step = r->last.step + 1;
        i->left = r->last.end;
        i->right = side->tree;
        i->joined = true;
        take_trouble(i, side);
        note_item *before = &r->n->item[r->last.item];
        if (before->dangling && !before->right) { /* it was complete after all */
            before->dangling = false;
            before->trouble = NULL;
            before->role = NOTE_EXPRESSION;
        }
        r->last = (chain_end){.end = side->tree, .trouble = side->trouble, .chain = i->chain, .step = i->step, .fresh = true};
        read_labels(r, piece);
        return;
    }
    r->chain++;
    note_item *i = add_item(r, NOTE_EXPRESSION, side->at);
    i->left = side->tree;
    take_trouble(i, side);
    if (!r->block->inline_)
        r->last = (chain_end){.end = side->tree, .trouble = side->trouble, .chain = r->chain, .fresh = true, .item = r->n->item_count - 1};
    read_labels(r, piece);
}

/* `+ …` at the start of a row continues the term before it. */
static bool continue_term(item_reader *r, const latex_piece *piece)
{
    notes *n = r->n;
    if (!piece->operator_first || piece->row == 0 || !r->last.end || n->item_count == 0 || !piece->side[0].tree)
        return false;
    note_item *i = &n->item[n->item_count - 1];
    while (i->label && i > n->item)
        i--;
    syn **place = i->right ? &i->right : &i->left, *sum = syn_new(n->memory, SYN_SUM, span_join((*place)->at, piece->side[0].at), 2);
    sum->text = "++";
    sum->child[0] = *place;
    sum->child[1] = piece->side[0].tree;
    *place = sum;
    r->last.end = sum;
    take_trouble(i, &piece->side[0]);
    return piece->side_count == 1;
}

static void read_chain(item_reader *r, const latex_piece *piece, bool continued)
{
    int first = piece->opens ? 1 : 0, sides = piece->side_count - (piece->closes ? 1 : 0);
    syn *left = piece->opens || continued ? r->last.end : piece->side[0].tree;
    const char *trouble = piece->opens ? r->last.trouble : NULL;
    int step = piece->opens || continued ? r->last.step : 0;
    if (piece->opens || continued)
        r->chain = r->last.chain;
    else
        r->chain++;
    int chain = r->chain, items_before = r->n->item_count;
    for (int k = first ? 1 : 1; k < sides; k++) {
        const latex_side *side = &piece->side[k];
        note_item *i = add_item(r, role_of(piece->relation[k - 1]), k == 1 && !piece->opens ? span_join(piece->side[0].at, side->at) : side->at);
        i->chain = chain;
        i->step = ++step;
        i->left = left;
        i->right = side->tree;
        i->parenthesised = piece->parenthesised;
        i->joined = piece->opens && k == 1;
        if (k == 1 && !piece->opens)
            take_trouble(i, &piece->side[0]);
        if (trouble && !i->trouble)
            i->trouble = "the side before it was not understood", i->trouble_at = side->at;
        if (!left && !i->trouble)
            i->trouble = "nothing stands before this relation", i->trouble_at = side->at, i->broken = true;
        take_trouble(i, side);
        left = side->tree;
        trouble = side->trouble;
    }
    if (piece->closes) {
        const latex_side *side = &piece->side[sides - 1];
        note_item *i = sides > 1 && items_before < r->n->item_count ? &r->n->item[r->n->item_count - 1] : add_item(r, NOTE_CLAIM, side->at);
        if (sides == 1) {
            i->left = side->tree;
            take_trouble(i, side);
            i->trouble = "it ends with \"=\" and nothing follows";
            i->trouble_at = i->at;
            i->dangling = true;
        }
        left = side->tree;
        trouble = side->trouble;
    }
    if (!r->block->inline_ && !piece->parenthesised)
        r->last =
            (chain_end){.end = left, .trouble = trouble, .chain = chain, .step = step, .item = r->n->item_count - 1, .dangling = piece->closes, .fresh = true};
    else if (piece->parenthesised)
        r->last.dangling = false;
    read_labels(r, piece);
}

/* w, x ∈ ℝⁿ: every name of the list has the shape. */
static void read_list(item_reader *r, const latex_piece *piece)
{
    bool name = piece->side_count == 1 && piece->side[0].tree && (piece->side[0].tree->kind == SYN_NAME || piece->side[0].tree->kind == SYN_FAMILY);
    bool shape = piece->side_count == 2 && piece->relation[0] == RELATION_IN && piece->side[1].tree;
    for (int i = 0; i < r->listed_count && shape; i++) {
        note_item *item = add_item(r, NOTE_SHAPE, piece->at);
        item->left = r->listed[i];
        item->right = piece->side[1].tree;
        item->step = 1;
    }
    if (!name)
        r->listed_count = 0;
    else if (r->listed_count < 8)
        r->listed[r->listed_count++] = piece->side[0].tree;
}

static void read_piece(item_reader *r, const latex_piece *piece)
{
    if (piece->words)
        return;
    read_list(r, piece);
    if (piece->side_count == 1 && continue_term(r, piece))
        return;
    if (piece->side_count == 1) {
        read_expression(r, piece);
        return;
    }
    if (r->block->inline_ && piece->opens)
        return; /* `$= 0$` in a sentence */
    bool continued = piece->operator_first && piece->row > 0 && continue_term(r, piece);
    read_chain(r, piece, continued);
}

static void parse_header(notes *n, const char *name, const char *text, size_t length)
{
    diag_list d = {0};
    int number = source_add(n->sources, name, text, length);
    const syn *more = parse_delta(n->memory, n->names, n->sources, number, &d);
    int before = n->header ? n->header->count : 0;
    syn *both = syn_new(n->memory, SYN_FILE_, more->at, before + more->count);
    for (int i = 0; i < before; i++)
        both->child[i] = n->header->child[i];
    memcpy(both->child + before, more->child, (size_t)more->count * sizeof *more->child);
    n->header = both;
    diag_print(&d, n->sources, stderr, false);
    n->problems += d.errors;
    diag_free(&d);
}

/* `deltac:` lines of the document, and the page of --with. */
static void read_header(notes *n, const char *with)
{
    buffer b = {0};
    for (int i = 0; i < n->document.header_count; i++) {
        buffer_puts(&b, n->document.header[i]);
        buffer_puts(&b, "\n");
    }
    if (b.length)
        parse_header(n, "deltac:", b.text, b.length);
    buffer_free(&b);
    if (!with)
        return;
    int number = source_read(n->sources, with);
    if (number < 0) {
        fprintf(stderr, "deltac: cannot read `%s`\n", with);
        n->problems++;
        return;
    }
    const source *s = source_get(n->sources, number);
    parse_header(n, with, s->text, s->length);
}

static void read_macros(notes *n, const notes_file *f, int before)
{
    if (f->document.block_count)
        latex_macros(n->reading, 0, f->document.block[0].begin);
    for (int i = 0; i < f->macro_count && f->macro[i] < before; i++)
        latex_macros(n->reading, f->document.block[f->macro[i]].begin, f->document.block[f->macro[i]].end);
}

static void read_blocks(notes *n)
{
    item_reader r = {.n = n};
    for (int i = 0; i < n->document.block_count; i++)
        latex_survey(n->reading, n->document.block[i].begin, n->document.block[i].end);
    for (int i = 0; i < n->document.block_count; i++) {
        r.block = &n->document.block[i];
        r.number = i;
        r.listed_count = 0;
        if (i == n->imported)
            r.last = (chain_end){0};
        const latex_piece *piece = latex_parse(n->reading, r.block->begin, r.block->end, r.block->inline_);
        for (; piece; piece = piece->next)
            read_piece(&r, piece);
        if (!r.block->closed) {
            note_item *open = add_item(&r, NOTE_EXPRESSION, (span){n->document.source, (int32_t)r.block->begin, (int32_t)r.block->begin});
            open->trouble = "this mathematics is not closed: the end of the text came first";
            open->trouble_at = open->at;
            open->broken = true;
        }
    }
    n->reading_bold = latex_has_bold(n->reading);
}

bool notes_open_part(notes *n, const notes_file *f, const int *block, int count, int imported)
{
    *n = (notes){.memory = arena_new(),
                 .names = intern_new(),
                 .sources = f->sources,
                 .path = f->path,
                 .borrowed = true,
                 .document = f->document,
                 .imported = imported,
                 .seconds = f->seconds,
                 .megabytes = f->megabytes,
                 .jobs = f->jobs,
                 .timed = -1};
    n->document.block = arena_alloc(n->memory, ((size_t)count + 1) * sizeof *n->document.block);
    n->document.block_count = count;
    n->block_number = arena_alloc(n->memory, ((size_t)count + 1) * sizeof *n->block_number);
    for (int i = 0; i < count; i++) {
        n->document.block[i] = f->document.block[block[i]];
        n->block_number[i] = block[i];
    }
    n->reading = latex_reading_new(n->memory, n->names, n->sources, n->document.source);
    read_header(n, f->with);
    read_macros(n, f, count ? block[count - 1] + 1 : 0);
    read_blocks(n);
    return true;
}

bool notes_open(notes *n, const char *path, document_kind kind)
{
    notes_file f;
    if (!notes_file_open(&f, path, kind)) {
        notes_file_close(&f);
        *n = (notes){.memory = arena_new(), .names = intern_new(), .sources = source_set_new(), .path = path};
        return false;
    }
    int count = f.document.block_count, *all = xmalloc(((size_t)count + 1) * sizeof *all);
    for (int i = 0; i < count; i++)
        all[i] = i;
    notes_open_part(n, &f, all, count, 0);
    if (f.document.problem) {
        fprintf(stderr, "%s: error: %s\n", path, f.document.problem);
        n->problems++;
    }
    free(all);
    n->borrowed = false;
    f.sources = NULL;
    n->file_memory = f.memory; /* headers and cells live there */
    f.memory = NULL;
    notes_file_close(&f);
    return true;
}

void notes_close(notes *n)
{
    free(n->first);
    free(n->last);
    free(n->rank);
    if (!n->borrowed)
        source_set_free(n->sources);
    if (n->file_memory)
        arena_free(n->file_memory);
    intern_free(n->names);
    arena_free(n->memory);
    *n = (notes){0};
}
