/* Strongly connected components of a small graph in adjacency lists. */
#ifndef GEN_LOWER_COMPONENTS_H
#define GEN_LOWER_COMPONENTS_H
#include <stdbool.h>

#include "grammar/map.h"

/* Vertices 0 .. count−1; the edges of v are edge.at[edge_first[v]] .. edge.at[edge_first[v+1]−1]. */
typedef struct {
    int count;
    int *edge_first;
    int_list edge;
    int *component; /* per vertex; a component has a lower number than those that lead to it */
    bool *self;     /* per vertex: has an edge to itself (the caller's note; it needs no entry in `edge`) */
    int components;
} components;

/* Room for `count` vertices; the caller fills edge_first and edge, then calls components_find. */
void components_begin(components *c, int count);
void components_find(components *c);
void components_free(components *c);

#endif
