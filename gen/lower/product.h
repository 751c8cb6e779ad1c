/* Inside gen/lower only: equations whose right side is a product of matrices. */
#ifndef GEN_LOWER_PRODUCT_H
#define GEN_LOWER_PRODUCT_H
#include "gen/lower/lower.h"

enum { PRODUCT_TERMS = 8 };

/* factor · Σ_inner A[row, inner]·B[inner, column], for each value of the loops' indices one to be added. */
typedef struct {
    node a, b, factor;                    /* entries; factor 0: 1 */
    int row, column, inner;               /* indices */
    int joined_row;                       /* a further index of the target, which together with `row` runs evenly through it and A; −1: none */
    int joined;                           /* one more summed index, which together with `inner` runs evenly through both operands; −1: none */
    int loop[MODEL_MAX_AXES], loop_count; /* further summed indices */
    bool a_transposed, b_transposed;      /* A lies [inner, row] in memory */
    int a_axis, b_axis, c_axis;           /* the axis over whose steps rows lie apart */
} product_term;

typedef struct {
    product_term term[PRODUCT_TERMS];
    int count;
    node rest; /* what is added to them; 0: nothing */
} product_form;

/* About how many values an index takes; unknown sizes count as 64. */
double product_extent(const lower_program *p, int index);
bool product_is_worth(double rows, double columns, double inner);
int product_axis(dag *d, node entry, int index);
/* False: the right side is not such a sum over arrays that lie well. */
bool product_parse(lower_program *p, const lower_equation *e, product_form *out);
lower_statement *product_statement(lower_program *p, const lower_equation *e, const product_term *x, bool accumulate);

/* At work in contract.c, take_over.c and share.c. */
typedef struct {
    lower_program *p;
    dag *d;
    int owner;      /* equation being rewritten */
    int first;      /* equations from here on are new */
    node guard;     /* the condition under which what is rewritten stands; 0: none */
    int_map memo;   /* node -> rewritten */
    int_map arrays; /* key -> 1 + equation */
} contraction;

bool contract_is_sample(const contraction *x, int index);
/* Equal for equal values, whatever their indices are called. */
node contract_key(contraction *x, node value, int count, const int *index);
/* An entry of the array that holds `value` for all values of the indices, in this order of axes; made when there is none for this key. */
node contract_array(contraction *x, node key, node value, int count, const int *index);
/* take_over.c: marks equations that are products; where one only adds something to new ones, those are written into it. */
void contract_mark_products(contraction *x);
/* share.c: what stands in several equations, or would be computed again in a loop it does not depend on, gets an array. */
void lower_share(contraction *x);

/* contract.c: gives products equations of their own, and arrays to operands that are expressions. */
void lower_contract(lower_program *p);

#endif
