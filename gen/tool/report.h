/* The report: one page of HTML that holds everything, without network and without scripts. */
#ifndef GEN_TOOL_REPORT_H
#define GEN_TOOL_REPORT_H
#include "gen/emit/derive_write.h"
#include "gen/tool/check.h"

typedef struct {
    page *page;
    const check_result *check;
    const page_options *options;
    arena *memory;
    const char *path;    /* of the page, as typed */
    const char *run;     /* of run.jsonl, or NULL */
    const char *weights; /* of a trained page, or NULL */
    const char **data;   /* [NAME=]FILE */
    int data_count;
    char *code_of_line;  /* by line: 1 when the generated C has a function for it */
    int line_count;
    int last_line;       /* of the row before */
    buffer *out;
} report;

/* --- text_command.c: the page's δ's that are adjoints of its first objective; returns their count --- */
int report_adjoint_names(const check_result *r, derive_name *out);

/* --- report_page.c --- */
void report_page(report *r);
void report_messages(report *r);
/* --- report_verdict.c: symbol and word; what can be said about it goes into <details> --- */
void report_verdict(report *r, const model_claim *c, const verdict *v);
void report_verdict_details(report *r, const model_claim *c, const verdict *v);
/* --- report_graph.c --- */
void report_graph(report *r);
/* --- report_code.c: emits C from `prepared`, a page of its own on which calculus_train may run --- */
typedef struct {
    buffer c, h;
    char *name;
    const char *problem; /* why there is none, or NULL */
} report_generated;
void report_generate(report *r, page *prepared, report_generated *g);
void report_code(report *r, const report_generated *g);
/* --- report_count.c --- */
void report_counts(report *r, page *prepared, const report_generated *g);
/* --- report_chart.c --- */
typedef struct {
    double x0, x1, y0, y1; /* ranges; logarithms of y when `log` */
    bool log;
} report_frame;
double report_chart_x(const report_frame *f, double x);
double report_chart_y(const report_frame *f, double y);
/* Room above and below. */
void report_chart_margin(report_frame *f);
void report_chart_open(buffer *out, const char *title, const char *id);
void report_chart_axes(buffer *out, const report_frame *f, const char *x_name);
/* --- report_learnt.c: 0, or a status after a message --- */
int report_learnt(report *r);
/* --- report_run.c: 0, or a status after a message --- */
int report_run(report *r, buffer *out);
/* --- report_style.c: ends with NULL --- */
extern const char *const report_style[];

void report_math(report *r, const box *b);
void report_text(report *r, const char *text);
void report_expression(report *r, const syn *s);

#endif
