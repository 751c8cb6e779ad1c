/* Inside gen/lower only: order.c and order_link.c. */
#ifndef GEN_LOWER_ORDER_H
#define GEN_LOWER_ORDER_H
#include "gen/lower/components.h"
#include "gen/lower/lower.h"

/* The units of components, by component, linked in an order in which each comes after those it depends on; rank: of a component, its first vertex. */
lower_unit *order_link(const components *c, lower_unit **unit, const int *rank);

#endif
