/* Finds the mathematics in .tex, .md, .ipynb and plain text with $$. Positions are those of the original file; in a notebook, of its cells. */
#ifndef GRAMMAR_DOCUMENT_H
#define GRAMMAR_DOCUMENT_H
#include "arena.h"
#include "source.h"

typedef enum { DOCUMENT_TEX, DOCUMENT_MARKDOWN, DOCUMENT_NOTEBOOK, DOCUMENT_TEXT } document_kind;

typedef struct {
    size_t begin, end; /* inside of the delimiters, bytes of the source */
    bool inline_;
    bool closed; /* false: the end of the text came first */
    bool prose;  /* words stand between this block and the one before */
    int heading; /* how many headings stand before it */
    int chapter; /* how many of them are of the highest kind */
} document_block;

typedef struct {
    size_t begin;   /* byte of the joined text */
    int line, cell; /* first line of the joined text that belongs to this cell, and the cell's number from 1 */
} document_cell;

typedef struct {
    document_kind kind;
    int source;
    document_block *block;
    int block_count, block_capacity;
    document_cell *cell;
    int cell_count, cell_capacity;
    const char **header; /* `deltac:` lines, statements of the language */
    int header_count;
    const char *problem; /* the file is not what its name says, or NULL */
} document;

/* By the file's ending, or the word of --lang ("tex", "md", "ipynb", "txt", "delta"); -1: not a document. */
int document_kind_of(const char *path, const char *lang);
/* Reads a file into the source set and finds its blocks. false when it cannot be read (errno). */
bool document_read(document *d, arena *a, source_set *sources, const char *path, document_kind kind);
/* The line to show, and the cell (0 if it is no notebook). */
int document_line(const document *d, const source_set *sources, size_t offset, int *cell);

#endif
