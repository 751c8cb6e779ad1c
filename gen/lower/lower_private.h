/* Inside gen/lower only. */
#ifndef GEN_LOWER_LOWER_PRIVATE_H
#define GEN_LOWER_LOWER_PRIVATE_H
#include "gen/lower/lower.h"

/* pad.c */
void lower_pad(lower_program *p);

/* onehot.c */
void lower_onehot(lower_program *p);

/* checkpoint.c: the equations of a recurrence and its adjoint in segments of their axis; p->checkpoint stays NULL where that is not possible */
void lower_segments(lower_program *p);
/* An axis as long as the segment at hand gets the room of the longest. */
void lower_widen(const lower_program *p, lower_var *v);
/* What later passes made of an equation of a sweep is of that sweep too. */
void lower_spread_sweeps(lower_program *p);

/* chain.c */
void lower_chain(lower_program *p);

/* turn.c */
void lower_turn(lower_program *p);

/* extract.c */
void lower_spread_events(lower_program *p, int first); /* after it: who reads one of its arrays reads what that is made of; `first` equation it made */
void lower_note_softmaxes(lower_program *p); /* before the first lower_extract */

/* value.c: a largest or smallest value of so few that they are written out */
bool lower_is_few(dag *d, node reduce);

/* tidy.c */
node lower_affine(lower_program *p, node n); /* normal form of an index expression; anything else comes back as it is */
node lower_tidy(lower_program *p, node n, int_map *memo);

/* fuse.c */
void lower_fuse(lower_program *p);

/* stream.c */
void lower_stream(lower_program *p);
/* Does this equation do without samples and their number? */
bool lower_stream_allows(const lower_program *p, const lower_equation *e);

/* lay.c; returns the units, new ones before them. */
lower_unit *lower_lay(lower_program *p, lower_unit *units);

/* merge.c */
int lower_merge(lower_program *p, lower_statement **block); /* how many loops joined another */
void lower_merge_inside(lower_program *p, lower_statement *block); /* the same in the loops of a function, but those over samples */
/* Functions that follow each other and run at the same events become one where their loops join, up to `limit` statements. */
void lower_merge_functions(lower_program *p, int limit);

/* block.c */
void lower_choose_blocks(lower_program *p);                     /* before extract.c: the range, if there is one */
bool lower_in_blocks(const lower_program *p, node lo, node hi); /* Is it the one that is run through block by block? */
bool lower_index_in_blocks(const lower_program *p, int index);
void lower_block(lower_program *p);
bool *lower_whole(const lower_program *p); /* per variable: are all its entries read when the functions have run? To be freed. */
node lower_new_size(lower_program *p, const char *name, model_size_role role);

/* drop.c */
void lower_drop(lower_program *p);

/* split.c */
void lower_split(lower_program *p);

/* when.c */
void lower_join_conditions(lower_program *p, lower_statement **block);

/* add.c */
void lower_add_up(lower_program *p, lower_statement *block);

/* rotate.c */
void lower_rotate(lower_program *p, lower_statement *block);

/* lend.c */
void lower_lend(lower_program *p);

/* flatten.c */
void lower_flatten(lower_program *p, lower_statement *block);

#endif
