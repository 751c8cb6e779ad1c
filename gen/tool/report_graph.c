/* The graph of equations: names with their shapes, forward arrows and the way of the δ's. Graphviz says where things go; the picture is drawn here. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/tool/report.h"

enum { MOST_NODES = 60 }; /* more names than this are drawn by form: all layers of a chain are one node */

typedef struct {
    int var;          /* the first name of this form */
    int last;         /* and the last; the same for one name */
    int names;
    bool back;        /* depends on a parameter and leads to the cost: the gradient passes here */
    double x, y, w, h;
} graph_node;

typedef struct {
    int from, to;
    int points;
    double *at;       /* x, y … as plain output has them */
} graph_edge;

typedef struct {
    report *r;
    const model *m;
    graph_node *node;
    int node_count;
    graph_edge *edge;
    int edge_count, edge_room;
    int *node_of;     /* by variable, −1 */
    bool by_form;
    double width, height;
} graph;

/* --- which nodes and edges --- */

static bool is_shown(const model_var *v)
{
    return v->role == ROLE_DEFINED || v->role == ROLE_PARAM || v->role == ROLE_INPUT || v->role == ROLE_TARGET || v->role == ROLE_GIVEN || v->role == ROLE_NOISE ||
           v->role == ROLE_STATE;
}

static char *form_of(const graph *g, int var)
{
    char *text = arena_printf(g->r->memory, "%s", model_var_name(g->m, var));
    size_t n = strlen(text);
    while (g->by_form && n > 0 && strchr("0123456789", text[n - 1]))
        text[--n] = 0;
    return text;
}

static int add_node(graph *g, int var)
{
    const char *form = form_of(g, var);
    for (int i = 0; g->by_form && i < g->node_count; i++)
        if (g->m->var[g->node[i].var].role == g->m->var[var].role && strcmp(form_of(g, g->node[i].var), form) == 0) {
            g->node[i].last = var;
            g->node[i].names++;
            return i;
        }
    g->node[g->node_count] = (graph_node){.var = var, .last = var, .names = 1};
    return g->node_count++;
}

static void add_edge(graph *g, int from, int to)
{
    for (int i = 0; i < g->edge_count; i++)
        if (g->edge[i].from == from && g->edge[i].to == to)
            return;
    if (g->edge_count == g->edge_room) {
        g->edge_room = g->edge_room ? 2 * g->edge_room : 32;
        graph_edge *list = arena_alloc(g->r->memory, (size_t)g->edge_room * sizeof *list);
        if (g->edge_count)
            memcpy(list, g->edge, (size_t)g->edge_count * sizeof *list);
        g->edge = list;
    }
    g->edge[g->edge_count++] = (graph_edge){.from = from, .to = to};
}

typedef struct {
    graph *g;
    int to;
} edge_context;

static bool edge_visit(void *context, node n)
{
    edge_context *c = context;
    const dag *d = c->g->m->dag;
    int var = dag_kind(d, n) == NODE_ENTRY ? dag_payload(d, n) : -1;
    if (var >= 0 && c->g->m->var[var].role == ROLE_ADJOINT && c->g->m->var[var].by >= 0)
        var = c->g->m->var[var].by; /* ∂u/∂t in an equation: it uses t */
    if (var >= 0 && c->g->node_of[var] >= 0 && c->g->node_of[var] != c->to)
        add_edge(c->g, c->g->node_of[var], c->to);
    return true;
}

static void find_edges(graph *g)
{
    for (int i = 0; i < g->m->order_count; i++) {
        int v = g->m->order[i], count;
        const int *list;
        if (g->m->var[v].role != ROLE_DEFINED || g->node_of[v] < 0)
            continue;
        count = model_equations_of(g->m, v, &list);
        for (int k = 0; k < count; k++)
            dag_visit(g->m->dag, g->m->equation[list[k]].rhs, edge_visit, &(edge_context){g, g->node_of[v]});
    }
}

/* δ's of the page have no place in the forward pass. */
static bool is_delta(const graph *g, int var)
{
    return g->m->var[var].role == ROLE_DEFINED && g->r->check->equals[var] >= 0;
}

static void find_nodes(graph *g)
{
    int shown = 0;
    for (int i = 0; i < g->m->var_count; i++)
        shown += is_shown(&g->m->var[i]);
    g->by_form = shown > MOST_NODES;
    g->node = arena_alloc(g->r->memory, (size_t)(g->m->var_count + 1) * sizeof *g->node);
    g->node_of = arena_alloc(g->r->memory, (size_t)(g->m->var_count + 1) * sizeof *g->node_of);
    for (int i = 0; i < g->m->var_count; i++)
        g->node_of[i] = is_shown(&g->m->var[i]) && g->m->var[i].at.source == g->m->source && !is_delta(g, i) ? add_node(g, i) : -1;
}

static bool is_cost(const graph *g, int i)
{
    const model *m = g->m;
    node cost = m->objective_count ? m->objective[0].cost : 0;
    return cost && dag_kind(m->dag, cost) == NODE_ENTRY && dag_payload(m->dag, cost) == g->node[i].var;
}

static void find_gradient_way(graph *g)
{
    bool *down = arena_alloc(g->r->memory, (size_t)g->node_count + 1), *up = arena_alloc(g->r->memory, (size_t)g->node_count + 1);
    for (int i = 0; i < g->node_count; i++) {
        down[i] = g->m->var[g->node[i].var].role == ROLE_PARAM;
        up[i] = is_cost(g, i);
    }
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < g->edge_count; i++) {
            const graph_edge *e = &g->edge[i];
            bool new_down = down[e->from] && !down[e->to], new_up = up[e->to] && !up[e->from];
            down[e->to] |= down[e->from];
            up[e->from] |= up[e->to];
            more |= new_down || new_up;
        }
    }
    for (int i = 0; i < g->node_count; i++)
        g->node[i].back = down[i] && up[i];
}

/* --- labels --- */

static char *name_label(const graph *g, const graph_node *n)
{
    if (n->names == 1)
        return arena_printf(g->r->memory, "%s", model_var_name(g->m, n->var));
    return arena_printf(g->r->memory, "%s … %s", model_var_name(g->m, n->var), model_var_name(g->m, n->last));
}

static char *shape_label(const graph *g, const graph_node *n)
{
    const model_var *v = &g->m->var[n->var];
    buffer b = {0};
    for (int k = v->sample; k < v->axis_count; k++) {
        buffer_puts(&b, k > v->sample ? " × " : "");
        model_print_index(g->m, &b, v->axis_size[k]);
    }
    char *text = arena_printf(g->r->memory, "%s", b.text ? b.text : "scalar");
    buffer_free(&b);
    return text;
}

/* What stands beside the node: the page's δ for it, if there is one. */
static const char *delta_label(const graph *g, const graph_node *n)
{
    for (int v = 0; v < g->m->var_count && n->names == 1; v++)
        if (g->m->var[v].role == ROLE_DEFINED && g->r->check->equals[v] == n->var)
            return model_var_name(g->m, v);
    return NULL;
}

/* --- dot --- */

static void write_dot(const graph *g, buffer *out)
{
    buffer_puts(out, "digraph G{rankdir=TB;nodesep=.35;ranksep=.45;node[shape=box,fixedsize=true];\n");
    for (int i = 0; i < g->node_count; i++) {
        const char *name = name_label(g, &g->node[i]), *shape = shape_label(g, &g->node[i]);
        int a = text_width(name, strlen(name)), b = text_width(shape, strlen(shape));
        double width = 0.35 + 0.115 * (a > b ? a : b);
        buffer_printf(out, "n%d[width=%.2f,height=.55];\n", i, width < 0.7 ? 0.7 : width);
    }
    for (int i = 0; i < g->edge_count; i++)
        buffer_printf(out, "n%d->n%d;\n", g->edge[i].from, g->edge[i].to);
    buffer_puts(out, "}\n");
}

/* Both pipes are served side by side, so neither can fill up. */
static bool talk(int to, int from, const buffer *text, buffer *answer)
{
    size_t sent = 0;
    char block[8192];
    struct pollfd p[2] = {{.fd = to, .events = POLLOUT}, {.fd = from, .events = POLLIN}};
    for (;;) {
        if (poll(p, 2, 10000) <= 0)
            return false;
        if (p[0].fd >= 0 && (p[0].revents & (POLLOUT | POLLERR))) {
            ssize_t n = write(to, text->text + sent, text->length - sent);
            sent += n > 0 ? (size_t)n : 0;
            if (n < 0 || sent == text->length) {
                close(to);
                p[0].fd = -1;
            }
        }
        if (p[1].revents & (POLLIN | POLLHUP)) {
            ssize_t n = read(from, block, sizeof block);
            if (n <= 0)
                break;
            buffer_add(answer, block, (size_t)n);
        }
    }
    if (p[0].fd >= 0)
        close(to);
    return answer->length > 0;
}

static bool run_dot(const buffer *text, buffer *answer)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0)
        return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]), close(in[1]);
        return false;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        int null = open("/dev/null", O_WRONLY);
        if (null >= 0)
            dup2(null, STDERR_FILENO);
        execlp("dot", "dot", "-Tplain", (char *)NULL);
        _exit(127);
    }
    close(in[0]), close(out[1]);
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    bool good = child > 0 && talk(in[1], out[0], text, answer);
    signal(SIGPIPE, old);
    close(out[0]);
    int status = 1;
    if (child > 0)
        waitpid(child, &status, 0);
    return good && status == 0;
}

static void read_edge(graph *g, char *rest)
{
    int from, to, points, used;
    if (sscanf(rest, "n%d n%d %d%n", &from, &to, &points, &used) != 3 || points < 2 || points > 1000)
        return;
    for (int i = 0; i < g->edge_count; i++) {
        graph_edge *e = &g->edge[i];
        if (e->from != from || e->to != to)
            continue;
        e->at = arena_alloc(g->r->memory, (size_t)(2 * points) * sizeof *e->at);
        e->points = points;
        rest += used;
        for (int k = 0; k < 2 * points; k++)
            e->at[k] = strtod(rest, &rest);
    }
}

static void read_plain(graph *g, char *text)
{
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        int i;
        double x, y, w, h;
        if (sscanf(line, "graph %lf %lf %lf", &x, &w, &h) == 3) {
            g->width = w;
            g->height = h;
        } else if (sscanf(line, "node n%d %lf %lf %lf %lf", &i, &x, &y, &w, &h) == 5 && i >= 0 && i < g->node_count) {
            g->node[i].x = x, g->node[i].y = y, g->node[i].w = w, g->node[i].h = h;
        } else if (strncmp(line, "edge ", 5) == 0) {
            read_edge(g, line + 5);
        }
    }
}

/* --- drawing: 72 units an inch, y downwards --- */

static double px(double x)
{
    return 72 * x + 30;
}
static double py(const graph *g, double y)
{
    return 72 * (g->height - y) + 10;
}

static void draw_path(graph *g, const graph_edge *e, double shift, const char *attributes, bool reverse)
{
    buffer *out = g->r->out;
    buffer_puts(out, "<path d=\"");
    for (int k = 0; k < e->points; k++) {
        int i = reverse ? e->points - 1 - k : k;
        buffer_printf(out, "%s%.1f %.1f", k == 0 ? "M" : k == 1 ? "C" : " ", px(e->at[2 * i]) + shift, py(g, e->at[2 * i + 1]));
    }
    buffer_printf(out, "\" %s/>", attributes);
}

static void draw_edges(graph *g)
{
    for (int i = 0; i < g->edge_count; i++) {
        const graph_edge *e = &g->edge[i];
        if (!e->at)
            continue;
        draw_path(g, e, 0, "class=\"forward\" marker-end=\"url(#head)\"", false);
        if (g->node[e->from].back && g->node[e->to].back)
            draw_path(g, e, 7, "class=\"back\" marker-end=\"url(#backhead)\"", true);
    }
}

static void draw_node(graph *g, int i)
{
    buffer *out = g->r->out;
    const graph_node *n = &g->node[i];
    var_role role = g->m->var[n->var].role;
    bool data = role != ROLE_DEFINED && role != ROLE_PARAM;
    double x = px(n->x), y = py(g, n->y), w = 72 * n->w, h = 72 * n->h;
    buffer_printf(out, "<rect class=\"box%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\"/>", role == ROLE_PARAM ? " param" : data ? " data" : "",
                  is_cost(g, i) ? " cost" : "", x - w / 2, y - h / 2, w, h, role == ROLE_DEFINED ? 4 : role == ROLE_PARAM ? 19 : 0);
    buffer_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"14\">", x, y - 2);
    write_html_text(out, name_label(g, n));
    buffer_printf(out, "</text><text class=\"soft\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"11\">", x, y + 13);
    write_html_text(out, shape_label(g, n));
    buffer_puts(out, "</text>");
    const char *delta = delta_label(g, n);
    if (delta) {
        buffer_printf(out, "<text class=\"delta\" x=\"%.1f\" y=\"%.1f\" font-size=\"13\">", x + w / 2 + 4, y + 4);
        write_html_text(out, delta);
        buffer_puts(out, "</text>");
    }
    buffer_puts(out, "\n");
}

static void draw(graph *g)
{
    buffer *out = g->r->out;
    int w = (int)(72 * g->width) + 60, h = (int)(72 * g->height) + 20;
    buffer_printf(out, "<div class=\"figure\"><svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-labelledby=\"graph-title\"><title id=\"graph-title\">", w, h, w, h);
    buffer_puts(out, "Graph of the equations; the list below says the same in words</title><defs>"
                     "<marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"1\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"forward-head\" d=\"M0 0L8 4L0 8z\"/></marker>"
                     "<marker id=\"backhead\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"back-head\" d=\"M0 0L8 4L0 8z\"/></marker>"
                     "</defs>\n");
    draw_edges(g);
    for (int i = 0; i < g->node_count; i++)
        draw_node(g, i);
    buffer_puts(out, "</svg></div>\n<ul class=\"legend\"><li><svg width=\"34\" height=\"12\" aria-hidden=\"true\"><path class=\"forward\" d=\"M0 6h26\"/><path class=\"forward-head\" d=\"M26 "
                     "2l8 4l-8 4z\"/></svg>forward: values</li><li><svg width=\"34\" height=\"12\" aria-hidden=\"true\"><path class=\"back\" d=\"M34 6h-26\"/><path class=\"back-head\" d=\"M8 "
                     "2l-8 4l8 4z\"/></svg>backward, dashed: derivatives (δ)</li><li>rounded: parameters; sharp corners: data</li></ul>\n");
}

static void put_words(graph *g)
{
    buffer *out = g->r->out;
    buffer_puts(out, "<details><summary>The graph in words</summary><ul>\n");
    for (int i = 0; i < g->node_count; i++) {
        bool any = false;
        for (int k = 0; k < g->edge_count; k++) {
            if (g->edge[k].to != i)
                continue;
            if (!any) {
                buffer_puts(out, "<li>");
                report_text(g->r, name_label(g, &g->node[i]));
                buffer_printf(out, " (%s) is computed from ", shape_label(g, &g->node[i]));
            }
            buffer_puts(out, any ? ", " : "");
            report_text(g->r, name_label(g, &g->node[g->edge[k].from]));
            any = true;
        }
        if (any)
            buffer_puts(out, "</li>\n");
    }
    buffer_puts(out, "</ul></details>\n");
}

/* Names that nothing uses and that use nothing are no part of the graph. */
static void drop_lonely(graph *g)
{
    int *to = arena_alloc(g->r->memory, (size_t)(g->node_count + 1) * sizeof *to), kept = 0;
    bool *used = arena_alloc(g->r->memory, (size_t)g->node_count + 1);
    for (int i = 0; i < g->edge_count; i++)
        used[g->edge[i].from] = used[g->edge[i].to] = true;
    for (int i = 0; i < g->node_count; i++) {
        to[i] = kept;
        if (used[i])
            g->node[kept++] = g->node[i];
    }
    g->node_count = kept;
    for (int i = 0; i < g->edge_count; i++) {
        g->edge[i].from = to[g->edge[i].from];
        g->edge[i].to = to[g->edge[i].to];
    }
}

void report_graph(report *r)
{
    graph g = {.r = r, .m = r->page->model};
    buffer text = {0}, answer = {0};
    find_nodes(&g);
    find_edges(&g);
    drop_lonely(&g);
    if (g.node_count == 0)
        return;
    find_gradient_way(&g);
    buffer_puts(r->out, "<section aria-labelledby=\"graph\"><h2 id=\"graph\">The graph</h2>\n");
    write_dot(&g, &text);
    if (run_dot(&text, &answer)) {
        read_plain(&g, answer.text);
        draw(&g);
    } else {
        buffer_puts(r->out, "<p class=\"note\">There is no picture: it is laid out by Graphviz, and the program <code>dot</code> did not run when this report was made.</p>\n");
        fprintf(stderr, "deltac: notice: no picture of the graph: Graphviz' `dot` did not run (apt-get install graphviz)\n");
    }
    put_words(&g);
    buffer_puts(r->out, "</section>\n");
    buffer_free(&text);
    buffer_free(&answer);
}
