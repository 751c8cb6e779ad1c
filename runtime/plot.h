/* Curves of a run: as SVG, and in a terminal. */
#ifndef DELTA_PLOT_H
#define DELTA_PLOT_H
#include "file.h"
#include "history.h"

/* One panel for the loss (when the page has one) and one for each metric; training and validation in one panel. */
int delta_plot_svg(const delta_model *model, const delta_history *history, delta_output *output);
/* The same on standard output, drawn with dots of Braille. */
void delta_plot_terminal(const delta_model *model, const delta_history *history);

#endif
