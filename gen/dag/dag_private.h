/* Inside gen/dag only. */
#ifndef GEN_DAG_DAG_PRIVATE_H
#define GEN_DAG_DAG_PRIVATE_H
#include "gen/dag/dag.h"
#include "grammar/arena.h"
#include "grammar/map.h"

/* Where a node is looked for and by what it is told from others. Large tables do not fit into the cache: nodes that are made one after the other, with children
 * near each other, have places near each other. */
typedef struct {
    uint32_t place, hash;
} dag_key;

/* The hash stands beside the node, so that looking past other nodes does not touch them. */
typedef struct {
    uint32_t hash;
    node made; /* 0: empty */
} dag_slot;

/* What things cost, as parts of a step: measured, a microsecond. */
enum { DAG_VISITED = 1, DAG_MADE = 8, DAG_STEP = 64 };

struct dag {
    dag_nodes nodes; /* first: the short functions of dag.h read it */
    intern *names;
    int count, room;
    int child_count, child_room;
    sym *hint; /* of binders; parallel to list on purpose: most nodes have none, and it is not part of a node's identity */
    dag_slot *table;
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
    int_map seen; /* binder -> 1 + its place in inside: what dag_look_inside() returned */
    struct dag_inside {
        node body;
        int index;
    } *inside;
    int inside_count, inside_room;
    long work;    /* see dag_work */
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
