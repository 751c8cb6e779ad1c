/* The page as its author wrote it, statement by statement, with a verdict beside each claim. */
#include <string.h>

#include "gen/tool/report.h"

void report_text(report *r, const char *text)
{
    write_html_text(r->out, text);
}

void report_math(report *r, const box *b)
{
    write_math(r->out, b);
}

static box *box_of_syntax(report *r, const syn *s)
{
    return box_of(r->memory, notation_of_syntax(r->page->model, r->memory, s));
}

void report_expression(report *r, const syn *s)
{
    report_math(r, box_of_syntax(r, s));
}

static const source *page_text(const report *r)
{
    return source_get(r->page->sources, r->page->source);
}

static void put_source(report *r, size_t begin, size_t end)
{
    buffer_puts(r->out, "<pre>");
    write_html_bytes(r->out, page_text(r)->text + begin, end - begin);
    buffer_puts(r->out, "</pre>");
}

/* --- what a statement shows --- */

typedef struct {
    box *list[64];
    int count;
} cells;

static void cell(cells *c, box *b)
{
    if (c->count < 64)
        c->list[c->count++] = b;
}

static box *cells_box(report *r, const cells *c)
{
    box *b = box_new(r->memory, BOX_ROW, c->count);
    for (int i = 0; i < c->count; i++)
        b->child[i] = c->list[i];
    return b;
}

/* ∈ ℝ^{h × n} */
static void put_axes(report *r, cells *c, const syn *axes, bool integer)
{
    arena *a = r->memory;
    cells power = {0};
    cell(c, box_text(a, BOX_SIGN, "∈"));
    box *set = box_text(a, BOX_WORD, integer ? "ℤ" : "ℝ");
    for (int i = 0; axes && i < axes->count; i++) {
        const syn *axis = axes->child[i];
        if (i)
            cell(&power, box_text(a, BOX_SIGN, "×"));
        cell(&power, box_of_syntax(r, axis->kind == SYN_PADDED ? axis->child[0] : axis));
    }
    if (!power.count) {
        cell(c, set);
        return;
    }
    box *script = box_new(a, BOX_SCRIPT, 3);
    script->child[0] = set;
    script->child[2] = cells_box(r, &power);
    cell(c, script);
}

/* The children of a DECL are [FAMILY], [AXES], [init]; text tells whether there is a value. */
static box *declared(report *r, const syn *d, bool space)
{
    cells c = {0};
    const syn *axes = NULL, *init = NULL;
    const model *m = r->page->model;
    bool family = d->count && d->child[0] && d->child[0]->kind == SYN_FAMILY;
    for (int i = 0; i < d->count; i++) {
        if (d->child[i] && d->child[i]->kind == SYN_AXES)
            axes = d->child[i];
        else if (d->child[i] && !(i == 0 && family))
            init = d->child[i];
    }
    cell(&c, family ? box_of_syntax(r, d->child[0]) : box_name(r->memory, intern_text(m->names, intern_spelling(m->names, d->name))));
    if (space && (axes || (d->flags & SYN_INT)))
        put_axes(r, &c, axes, d->flags & SYN_INT);
    if (init) {
        cell(&c, box_text(r->memory, BOX_SIGN, d->text && d->text[0] == '~' ? "∼" : "="));
        cell(&c, box_of_syntax(r, init));
    }
    return cells_box(r, &c);
}

static void put_declarations(report *r, const syn *s, const char *word)
{
    bool space = strcmp(word, "size") != 0;
    buffer_printf(r->out, "<span class=\"keyword\">%s</span>", word);
    for (int i = 0; i < s->count; i++) {
        buffer_puts(r->out, i ? ", " : "");
        report_math(r, declared(r, s->child[i], space));
    }
}

static void put_keyword(report *r, const syn *s, const char *word)
{
    buffer_printf(r->out, "<span class=\"keyword\">%s</span>", word);
    for (int i = 0; i < s->count; i++)
        if (s->child[i]) {
            buffer_puts(r->out, i ? ", " : "");
            report_expression(r, s->child[i]);
        }
}

static void put_function(report *r, const syn *s)
{
    const model *m = r->page->model;
    cells c = {0};
    const syn *params = s->count > 0 ? s->child[0] : NULL, *body = s->count > 2 ? s->child[2] : NULL;
    if (body && body->kind == SYN_BLOCK) {
        put_source(r, (size_t)s->at.begin, (size_t)s->at.end);
        return;
    }
    cell(&c, box_name(r->memory, intern_text(m->names, intern_spelling(m->names, s->name))));
    if (params) {
        box *fence = box_new(r->memory, BOX_FENCE, 1);
        cells list = {0};
        for (int i = 0; i < params->count; i++) {
            if (i)
                cell(&list, box_text(r->memory, BOX_COMMA, ","));
            cell(&list, declared(r, params->child[i], true));
        }
        fence->text = "(";
        fence->close = ")";
        fence->child[0] = cells_box(r, &list);
        cell(&c, fence);
    }
    if (body) {
        cell(&c, box_text(r->memory, BOX_SIGN, "="));
        cell(&c, box_of_syntax(r, body));
    }
    buffer_printf(r->out, "<span class=\"keyword\">%s</span>", body ? "function" : "any function");
    report_math(r, cells_box(r, &c));
}

static void put_metric(report *r, const syn *s)
{
    const model *m = r->page->model;
    cells c = {0};
    buffer_puts(r->out, "<span class=\"keyword\">metric</span>");
    cell(&c, box_text(r->memory, BOX_WORD, intern_text(m->names, intern_spelling(m->names, s->name))));
    cell(&c, box_text(r->memory, BOX_SIGN, "="));
    notation *value = notation_of_syntax(m, r->memory, s->child[s->count - 1]);
    bool condition = value->kind == NOTATION_COMPARE || value->kind == NOTATION_LOGIC; /* counted as 0 or 1 */
    cell(&c, box_of(r->memory, condition ? notation_one(r->memory, NOTATION_IVERSON, value) : value));
    report_math(r, cells_box(r, &c));
}

static void put_update(report *r, const syn *s)
{
    cells c = {0};
    cell(&c, box_of_syntax(r, s->child[0]));
    cell(&c, box_text(r->memory, BOX_SIGN, "←"));
    cell(&c, box_of_syntax(r, s->child[1]));
    report_math(r, cells_box(r, &c));
}

static void put_body(report *r, const syn *s)
{
    switch (s->kind) {
    case SYN_DECLARE: put_declarations(r, s, s->text); break;
    case SYN_FUNCTION: put_function(r, s); break;
    case SYN_UPDATE: put_update(r, s); break;
    case SYN_MINIMIZE: put_keyword(r, s, "minimize"); break;
    case SYN_ASSUME: put_keyword(r, s, "assume"); break;
    case SYN_OUTPUT: put_keyword(r, s, "output"); break;
    case SYN_METRIC: put_metric(r, s); break;
    default: put_source(r, (size_t)s->at.begin, (size_t)s->at.end);
    }
}

/* --- one row --- */

static int line_of(const report *r, size_t offset)
{
    return source_line(page_text(r), offset);
}

static bool inside(span inner, span outer)
{
    return inner.source == outer.source && inner.begin >= outer.begin && inner.begin < outer.end;
}

static int claim_at(const report *r, const syn *s, int step)
{
    const model *m = r->page->model;
    for (int i = 0; i < m->claim_count; i++)
        if (r->check->decided[i] && m->claim[i].step == step && inside(m->claim[i].at, s->at))
            return i;
    return -1;
}

static bool statement_fails(const report *r, const syn *s)
{
    const diag_list *d = &r->page->diagnostics;
    for (int i = 0; i < d->count; i++)
        if (d->list[i].level == DIAG_ERROR && inside(d->list[i].at, s->at))
            return true;
    return false;
}

static void put_number(report *r, int line, bool first)
{
    bool code = first && line < r->line_count && r->code_of_line[line];
    if (code)
        buffer_printf(r->out, "<a class=\"number\" href=\"#code-%d\" aria-label=\"line %d, to its C\">%d</a>", line, line, line);
    else
        buffer_printf(r->out, "<span class=\"number\">%d</span>", line);
}

static void put_delta(report *r, const syn *s)
{
    const model *m = r->page->model;
    for (int v = 0; v < m->var_count && m->objective_count; v++)
        if (m->var[v].role == ROLE_DEFINED && r->check->equals[v] >= 0 && inside(m->var[v].at, s->at)) {
            node cost = m->objective[0].cost;
            const char *of = dag_kind(m->dag, cost) == NODE_ENTRY ? model_var_name(m, dag_payload(m->dag, cost)) : "cost";
            buffer_puts(r->out, "<span class=\"verdict proved\"><span aria-hidden=\"true\">✓</span> is ");
            report_text(r, arena_printf(r->memory, "∂%s/∂%s", of, model_var_name(m, r->check->equals[v])));
            buffer_puts(r->out, "</span>");
            return;
        }
}

static void put_update_relation(report *r, const syn *s)
{
    const model *m = r->page->model;
    for (int i = 0; i < m->update_count; i++)
        if (r->check->update && inside(m->update[i].at, s->at)) {
            if (r->check->update[i] == UPDATE_ALONG)
                buffer_puts(r->out, "<span class=\"verdict proved\"><span aria-hidden=\"true\">✓</span> along the gradient</span>");
            else if (r->check->update[i] == UPDATE_AGAINST)
                buffer_puts(r->out, "<span class=\"verdict open\"><span aria-hidden=\"true\">!</span> not along the gradient</span>");
            return;
        }
}

/* The remark behind a statement, from # to the end of its line. */
static void put_comment(report *r, size_t end)
{
    const char *text = page_text(r)->text + end, *stop = strchr(text, '\n');
    const char *mark = memchr(text, '#', stop ? (size_t)(stop - text) : strlen(text));
    if (!mark || strncmp(mark, "#=", 2) == 0 || strspn(text, " \t;") < (size_t)(mark - text)) /* or another statement stands between */
        return;
    size_t n = stop ? (size_t)(stop - mark) : strlen(mark), blanks = 1 + strspn(mark + 1, " ");
    buffer_puts(r->out, "<span class=\"note\">");
    if (n > blanks)
        write_html_bytes(r->out, mark + blanks, n - blanks);
    buffer_puts(r->out, "</span>");
}

/* One step of e0 = e1 = e2. */
static void put_step(report *r, const syn *s, int step)
{
    cells c = {0};
    bool broken = claim_at(r, s, step) < 0 && statement_fails(r, s);
    int line = line_of(r, (size_t)s->child[step == 1 ? 0 : step]->at.begin), claim = claim_at(r, s, step);
    buffer_puts(r->out, "<div class=\"entry\">");
    put_number(r, line, step == 1);
    box *left = box_of_syntax(r, s->child[0]);
    if (step == 1) {
        cell(&c, left);
    } else {
        box *indent = box_text(r->memory, BOX_SPACE, "");
        for (int i = 0; i < 6; i++)
            cell(&c, indent);
    }
    cell(&c, box_text(r->memory, BOX_SIGN, "="));
    box *right = box_of_syntax(r, s->child[step]);
    cell(&c, right);
    buffer_printf(r->out, "<div class=\"body\"%s>", left->width + right->width > 20 ? " tabindex=\"0\"" : "");
    report_math(r, cells_box(r, &c));
    buffer_puts(r->out, "</div><div class=\"side\">");
    if (step == s->count - 1)
        put_comment(r, (size_t)s->at.end);
    if (claim >= 0)
        report_verdict(r, &r->page->model->claim[claim], &r->check->claim[claim]);
    else if (broken)
        buffer_puts(r->out, "<span class=\"verdict refuted\"><span aria-hidden=\"true\">!</span> error</span>");
    else if (step == 1)
        put_delta(r, s);
    buffer_puts(r->out, "</div></div>\n");
    if (claim >= 0)
        report_verdict_details(r, &r->page->model->claim[claim], &r->check->claim[claim]);
}

static void put_other(report *r, const syn *s)
{
    const model *m = r->page->model;
    buffer_puts(r->out, "<div class=\"entry\">");
    put_number(r, line_of(r, (size_t)s->at.begin), true);
    buffer_puts(r->out, "<div class=\"body\" tabindex=\"0\">");
    put_body(r, s);
    buffer_puts(r->out, "</div><div class=\"side\">");
    put_comment(r, (size_t)s->at.end);
    if (s->kind == SYN_UPDATE)
        put_update_relation(r, s);
    if (statement_fails(r, s))
        buffer_puts(r->out, "<span class=\"verdict refuted\"><span aria-hidden=\"true\">!</span> error</span>");
    buffer_puts(r->out, "</div></div>\n");
    for (int i = 0; s->kind != SYN_EQUATION && i < m->claim_count; i++) /* claims of a block */
        if (r->check->decided[i] && inside(m->claim[i].at, s->at)) {
            buffer_printf(r->out, "<div class=\"entry\"><span class=\"number\">%d</span><div class=\"body\"><code>", m->claim[i].line);
            report_text(r, m->claim[i].text);
            buffer_puts(r->out, "</code></div><div class=\"side\">");
            report_verdict(r, &m->claim[i], &r->check->claim[i]);
            buffer_puts(r->out, "</div></div>\n");
            report_verdict_details(r, &m->claim[i], &r->check->claim[i]);
        }
}

static const char *row_class(const report *r, const syn *s)
{
    const model *m = r->page->model;
    bool wrong = statement_fails(r, s), unsure = false;
    for (int i = 0; i < m->claim_count; i++)
        if (r->check->decided[i] && inside(m->claim[i].at, s->at)) {
            wrong |= r->check->claim[i].kind == VERDICT_REFUTED;
            unsure |= r->check->claim[i].kind > VERDICT_REFUTED;
        }
    return wrong ? " class=\"wrong\"" : unsure ? " class=\"unsure\"" : "";
}

/* Two statements may stand on one line: the first has its id. */
static void open_row(report *r, int line, const char *attributes)
{
    buffer_puts(r->out, "<li");
    if (line != r->last_line)
        buffer_printf(r->out, " id=\"line-%d\"", line);
    r->last_line = line;
    buffer_printf(r->out, "%s>", attributes);
}

/* The further lines of a statement, as a block has them: what is said elsewhere of a line leads there. */
static void put_anchors(report *r, const syn *s)
{
    for (int last = line_of(r, (size_t)s->at.end); r->last_line < last; buffer_printf(r->out, "<span id=\"line-%d\"></span>", r->last_line))
        r->last_line++;
}

static void put_statement(report *r, const syn *s)
{
    open_row(r, line_of(r, (size_t)s->at.begin), row_class(r, s));
    put_anchors(r, s);
    if (s->kind == SYN_EQUATION)
        for (int i = 1; i < s->count; i++)
            put_step(r, s, i);
    else
        put_other(r, s);
    buffer_puts(r->out, "</li>\n");
}

/* Lines of their own that begin with #, between two statements. */
static void put_remarks(report *r, size_t from, size_t to)
{
    const char *text = page_text(r)->text;
    bool at_start = from == 0;
    for (size_t i = from; i < to; i++) {
        if (text[i] == '\n') {
            at_start = true;
        } else if (at_start && text[i] == '#') {
            size_t end = i, begin = i;
            while (end < to && text[end] != '\n')
                end++;
            while (begin < end && (text[begin] == '#' || text[begin] == ' '))
                begin++;
            open_row(r, line_of(r, i), "");
            buffer_puts(r->out, "<div class=\"remark\">");
            write_html_bytes(r->out, text + begin, end - begin);
            buffer_puts(r->out, "</div></li>\n");
            i = end - 1;
        } else if (text[i] != ' ' && text[i] != '\t') {
            at_start = false;
        }
    }
}

void report_page(report *r)
{
    const syn *file = r->page->file;
    size_t at = 0;
    buffer_puts(r->out, "<ol class=\"page\">\n");
    for (int i = 0; i < file->count; i++) {
        const syn *s = file->child[i];
        if (s->at.source != r->page->source || (size_t)s->at.begin < at)
            continue;
        put_remarks(r, at, (size_t)s->at.begin);
        put_statement(r, s);
        at = (size_t)s->at.end;
    }
    put_remarks(r, at, page_text(r)->length);
    buffer_puts(r->out, "</ol>\n");
}

void report_messages(report *r)
{
    const diag_list *d = &r->page->diagnostics;
    static const char *const words[] = {"error", "warning", "notice"}, *const classes[] = {"refuted", "open", "plain"};
    if (d->count == 0)
        return;
    buffer_puts(r->out, "<section aria-labelledby=\"messages\"><h2 id=\"messages\">Messages</h2><ul>\n");
    for (int i = 0; i < d->count; i++) {
        const diagnostic *g = &d->list[i];
        const source *s = g->at.source >= 0 ? source_get(r->page->sources, g->at.source) : NULL;
        int line = s ? source_line(s, (size_t)g->at.begin) : 0;
        buffer_printf(r->out, "<li><span class=\"verdict %s\">%s</span> ", classes[g->level], words[g->level]);
        if (s && g->at.source == r->page->source)
            buffer_printf(r->out, "<a href=\"#line-%d\">line %d</a>: ", line, line);
        report_text(r, g->message);
        if (g->hint) {
            buffer_puts(r->out, "<br><span class=\"note\">");
            report_text(r, g->hint);
            buffer_puts(r->out, "</span>");
        }
        buffer_puts(r->out, "</li>\n");
    }
    buffer_puts(r->out, "</ul></section>\n");
}
