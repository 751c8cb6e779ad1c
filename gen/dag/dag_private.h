/* Inside gen/dag only. */
#ifndef GEN_DAG_DAG_PRIVATE_H
#define GEN_DAG_DAG_PRIVATE_H
#include "gen/dag/dag.h"
#include "grammar/arena.h"
#include "grammar/map.h"

typedef struct {
    uint8_t kind;
    int32_t payload, first, count;
    int32_t height; /* binders below, bodies included */
    uint32_t hash, kinds; /* kinds: bit per node_kind below and here */
} dag_node;

struct dag {
    intern *names;
    dag_node *list;
    int count, room;
    node *children;
    int child_count, child_room;
    sym *hint; /* of binders; parallel to list on purpose: most nodes have none, and it is not part of a node's identity */
    int *table;
    int table_room;
    mpq_t *numbers;
    int number_count, number_room;
    node small[8]; /* −4..3, once made */
    dag_index_info *index;
    int index_count, index_room;
    int *shared_index; /* ids that dag_index() may return again */
    int shared_count, shared_room;
    dag_signature *signature;
    int signature_count, signature_room;
    int **hold; /* [0] count, then variables */
    int hold_count;
    long *size_min;
    int size_count;
    int *mark[8]; /* visit marks, one array per nesting of visits */
    int mark_room[8], mark_epoch[8], mark_depth;
};

node dag_make(dag *d, node_kind kind, int32_t payload, int count, const node *children);
node dag_make_binder(dag *d, node_kind kind, int32_t payload, int index, node lo, node hi, node at, node body);
/* Replaces loose BOUND(level) by `by`. */
node dag_replace_bound(dag *d, node n, int level, node by);

typedef struct {
    int count;
    node leaf[24];
    long coefficient[24];
    long constant;
} affine;
bool affine_read(dag *d, node n, affine *f);
node affine_node(dag *d, const affine *f);

#endif
