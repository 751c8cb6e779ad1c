/* CSV with a header. A column `x` is a scalar, columns `x[0]`, `x[1]` or `W[0,1]` make an array; all columns of one name become one tensor of doubles whose
 * first axis is the row. Quoted cells, CR LF, a byte order mark, and `;` or tab instead of the comma are understood. An empty cell becomes nan. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers.h"
#include "report.h"

typedef struct {
    char *text;
    int more; /* another cell follows in this row */
    int bad;  /* a quote is not closed */
} csv_cell;

typedef struct {
    const char *name;
    int64_t index[DELTA_MAX_RANK];
    int rank;
    int group;      /* -1: not read */
    size_t element; /* within a row of its group */
} csv_column;

typedef struct {
    delta_tensor tensor;
    size_t width, room; /* elements a row; rows there is memory for */
    char *seen;         /* per element: has a column */
} csv_group;

typedef struct {
    delta_pool *pool;
    const char *path;
    const delta_reading *reading;
    char *at, *end;
    char delimiter;
    int64_t line;
    csv_column *columns;
    int column_count;
    csv_group *groups;
    int group_count;
    int64_t *lines;
    size_t rows, line_room;
} csv_reader;

/* Takes the quotes off in place; `"` inside is doubled. Leaves *at behind the closing quote. */
static char *csv_unquote(csv_reader *csv, csv_cell *cell)
{
    char *from = csv->at + 1, *to = csv->at + 1;
    for (cell->text = to; from < csv->end; from++) {
        if (*from == '"' && from[1] != '"')
            break;
        if (*from == '"')
            from++;
        if (*from == '\n')
            csv->line++;
        *to++ = *from;
    }
    cell->bad = from >= csv->end;
    csv->at = cell->bad ? csv->end : from + 1;
    return to;
}

static csv_cell csv_next(csv_reader *csv)
{
    csv_cell cell = {0};
    char *end;
    while (csv->at < csv->end && (*csv->at == ' ' || (*csv->at == '\t' && csv->delimiter != '\t')))
        csv->at++;
    cell.text = csv->at;
    if (csv->at < csv->end && *csv->at == '"') {
        end = csv_unquote(csv, &cell);
        while (csv->at < csv->end && *csv->at != csv->delimiter && *csv->at != '\n')
            csv->at++;
    } else {
        while (csv->at < csv->end && *csv->at != csv->delimiter && *csv->at != '\n')
            csv->at++;
        end = csv->at;
    }
    cell.more = csv->at < csv->end && *csv->at == csv->delimiter;
    if (csv->at < csv->end && *csv->at == '\n')
        csv->line++;
    while (end > cell.text && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\t'))
        end--;
    *end = 0;
    if (csv->at < csv->end)
        csv->at++;
    return cell;
}

static void csv_delimiter(csv_reader *csv)
{
    size_t length = (size_t)(csv->end - csv->at);
    char *newline = memchr(csv->at, '\n', length);
    size_t first = newline ? (size_t)(newline - csv->at) : length;
    csv->delimiter = ',';
    if (!memchr(csv->at, ',', first) || memchr(csv->at, ';', first))
        csv->delimiter = memchr(csv->at, ';', first) ? ';' : memchr(csv->at, '\t', first) ? '\t' : ',';
}

/* The number in a cell; 0 when it is none. An empty cell is nan. */
static int csv_number(const char *text, double *value)
{
    char *end;
    *value = NAN;
    if (!*text)
        return 1;
    if (strpbrk(text, "xXpP"))
        return 0;
    *value = strtod(text, &end);
    return *end == 0;
}

/* "W[0,1]" to name and indices; text without a bracket is a scalar's name. 0 when the bracket is not understood (then it is just a name). */
static void csv_header_name(delta_pool *pool, const char *text, csv_column *column)
{
    const char *bracket = strchr(text, '[');
    *column = (csv_column){.name = text, .group = -1};
    if (!bracket || bracket == text)
        return;
    const char *at = bracket + 1;
    int64_t index[DELTA_MAX_RANK];
    for (int rank = 0; rank < DELTA_MAX_RANK; rank++) {
        char *end;
        while (*at == ' ')
            at++;
        if (*at < '0' || *at > '9')
            return;
        index[rank] = strtoll(at, &end, 10);
        if (index[rank] > INT32_MAX)
            return;
        while (*end == ' ')
            end++;
        if (*end == ']' && end[1] == 0) {
            column->rank = rank + 1;
            memcpy(column->index, index, sizeof index);
            column->name = delta_pool_text(pool, text, (size_t)(bracket - text));
            return;
        }
        if (*end != ',')
            return;
        at = end + 1;
    }
}

static void csv_add_column(csv_reader *csv, char *text)
{
    size_t count = (size_t)csv->column_count;
    if ((count & (count - 1)) == 0)
        csv->columns = delta_pool_resize(csv->pool, csv->columns, (count ? 2 * count : 1) * sizeof *csv->columns);
    csv_header_name(csv->pool, text, &csv->columns[csv->column_count++]);
}

/* An unquoted W[0,1] was cut at its comma: join such cells again. */
static int csv_join(csv_reader *csv, char *text, char **pending)
{
    if (*pending) {
        size_t head = strlen(*pending), tail = strlen(text);
        char *both = delta_pool_get(csv->pool, head + tail + 2, 1);
        memcpy(both, *pending, head);
        both[head] = ',';
        memcpy(both + head + 1, text, tail);
        text = both;
        *pending = NULL;
    }
    if (strchr(text, '[') && !strchr(text, ']')) {
        *pending = text;
        return 0;
    }
    csv_add_column(csv, text);
    return 1;
}

static int csv_header(csv_reader *csv, int *numeric)
{
    char *pending = NULL;
    csv_cell cell;
    *numeric = 1;
    do {
        double value;
        cell = csv_next(csv);
        if (cell.bad)
            return delta_fail(DELTA_EXIT_UNUSABLE, csv->path, 1, "a quote is not closed");
        *numeric = *numeric && *cell.text && csv_number(cell.text, &value);
        csv_join(csv, cell.text, &pending);
    } while (cell.more);
    if (pending)
        csv_add_column(csv, pending);
    return 0;
}

static csv_group *csv_find_group(csv_reader *csv, const char *name, int rank)
{
    for (int g = 0; g < csv->group_count; g++)
        if (!strcmp(csv->groups[g].tensor.name, name))
            return &csv->groups[g];
    csv->groups = delta_pool_resize(csv->pool, csv->groups, (size_t)(csv->group_count + 1) * sizeof *csv->groups);
    csv_group *group = &csv->groups[csv->group_count++];
    *group = (csv_group){.tensor = {.name = name, .file = csv->path, .kind = 'f', .size = 8, .rank = rank + 1}};
    return group;
}

/* Columns first .. last (from 0) become array `name` by position. */
static int csv_take(csv_reader *csv, const char *name, int first, int last)
{
    csv_group *group = csv_find_group(csv, name, last > first);
    if (group->width)
        return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--columns names %s twice", name);
    group->width = (size_t)(last - first + 1);
    group->tensor.dims[1] = last - first + 1;
    for (int c = first; c <= last; c++) {
        if (csv->columns[c].group >= 0)
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--columns uses column %d twice", c + 1);
        csv->columns[c].group = (int)(group - csv->groups);
        csv->columns[c].element = (size_t)(c - first);
    }
    return 0;
}

static int csv_position(const csv_reader *csv, const char *text, size_t length)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text + length && number >= 1 && number <= csv->column_count)
        return (int)number - 1;
    for (int c = 0; c < csv->column_count; c++)
        if (strlen(csv->columns[c].name) == length && !strncmp(csv->columns[c].name, text, length))
            return c;
    return -1;
}

/* --columns x=1..4,y=5: positions from 1 or names of the header. */
static int csv_by_position(csv_reader *csv, const char *list)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        const char *equal = memchr(list, '=', length), *from = equal ? equal + 1 : list;
        size_t span = length - (size_t)(from - list), head = span;
        const char *dots = NULL;
        for (size_t i = 0; i + 1 < span && !dots; i++)
            if (from[i] == '.' && from[i + 1] == '.')
                dots = from + i;
        if (dots)
            head = (size_t)(dots - from);
        int first = csv_position(csv, from, head), last = dots ? csv_position(csv, dots + 2, span - head - 2) : first;
        if (!equal || first < 0 || last < first) {
            int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--columns: '%.*s' does not name columns of %s", (int)length, list, csv->path);
            delta_hint("the file has %d columns; write NAME=FIRST..LAST with positions from 1 or names of the header", csv->column_count);
            return status;
        }
        int status = csv_take(csv, delta_pool_text(csv->pool, list, (size_t)(equal - list)), first, last);
        if (status)
            return status;
        list += length + (list[length] == ',');
    }
    return 0;
}

static int csv_grouping_failed(const csv_reader *csv, const csv_column *column, const char *what)
{
    return delta_fail(DELTA_EXIT_UNUSABLE, csv->path, 1, "the columns of %s %s", column->name, what);
}

/* Axes are as long as the largest index; every entry must have its column. */
static int csv_group_columns(csv_reader *csv)
{
    for (int c = 0; c < csv->column_count; c++) {
        csv_column *column = &csv->columns[c];
        if (!csv->reading->wanted(csv->reading->context, column->name))
            continue;
        csv_group *group = csv_find_group(csv, column->name, column->rank);
        if (group->tensor.rank != column->rank + 1)
            return csv_grouping_failed(csv, column, "have different numbers of indices");
        column->group = (int)(group - csv->groups);
        for (int i = 0; i < column->rank; i++)
            if (column->index[i] >= group->tensor.dims[i + 1])
                group->tensor.dims[i + 1] = column->index[i] + 1;
        group->width++;
    }
    for (int g = 0; g < csv->group_count; g++) {
        csv_group *group = &csv->groups[g];
        double product = 1;
        for (int i = 1; i < group->tensor.rank; i++)
            product *= (double)group->tensor.dims[i];
        csv_column about = {.name = group->tensor.name};
        if (product != (double)group->width)
            return csv_grouping_failed(csv, &about, "do not have every index once, counted from 0");
    }
    return 0;
}

static int csv_place_columns(csv_reader *csv)
{
    for (int c = 0; c < csv->column_count; c++) {
        csv_column *column = &csv->columns[c];
        size_t place = 0;
        if (column->group < 0)
            continue;
        csv_group *group = &csv->groups[column->group];
        if (!group->seen)
            group->seen = delta_pool_get(csv->pool, group->width, 1);
        for (int i = 0; i < column->rank; i++)
            place = place * (size_t)group->tensor.dims[i + 1] + (size_t)column->index[i];
        if (group->seen[place]++)
            return csv_grouping_failed(csv, column, "have an entry twice");
        column->element = place;
    }
    return 0;
}

static int csv_no_header(const csv_reader *csv)
{
    int status = delta_fail(DELTA_EXIT_UNUSABLE, csv->path, 1, "the first line is numbers, not the names of the columns");
    if (csv->column_count > 2)
        delta_hint("put a line such as x[0],x[1],y before it, or say --columns x=1..%d,y=%d", csv->column_count - 1, csv->column_count);
    else
        delta_hint("put a line such as x,y before it, or say --columns x=1,y=2");
    return status;
}

/* Without a header the columns are called by their positions. */
static void csv_number_columns(csv_reader *csv)
{
    for (int c = 0; c < csv->column_count; c++) {
        char text[24];
        int length = snprintf(text, sizeof text, "%d", c + 1);
        csv->columns[c] = (csv_column){.name = delta_pool_text(csv->pool, text, (size_t)length), .group = -1};
    }
}

/* Decides which columns are read. *numeric: there is no header, the first line is data. */
static int csv_choose(csv_reader *csv, int *numeric)
{
    const delta_reading *reading = csv->reading;
    int status = csv_header(csv, numeric);
    if (status)
        return status;
    if (*numeric)
        csv_number_columns(csv);
    if (reading->columns)
        return csv_by_position(csv, reading->columns);
    if (*numeric && !reading->only)
        return csv_no_header(csv);
    status = csv_group_columns(csv);
    if (!status)
        status = csv_place_columns(csv);
    if (!status && csv->group_count == 0 && reading->only)
        status = csv_take(csv, reading->only, 0, csv->column_count - 1);
    return status;
}

static void csv_add_row(csv_reader *csv)
{
    for (int g = 0; g < csv->group_count; g++) {
        csv_group *group = &csv->groups[g];
        if (csv->rows == group->room) {
            group->room = group->room ? 2 * group->room : 64;
            group->tensor.bytes = delta_pool_resize(csv->pool, group->tensor.bytes, group->room * group->width * sizeof(double));
        }
    }
    if (csv->rows == csv->line_room) {
        csv->line_room = csv->line_room ? 2 * csv->line_room : 64;
        csv->lines = delta_pool_resize(csv->pool, csv->lines, csv->line_room * sizeof *csv->lines);
    }
    csv->lines[csv->rows] = csv->line;
}

static int csv_not_number(const csv_reader *csv, const csv_column *column, const char *text)
{
    char index[64] = "";
    if (column->rank)
        delta_dims_text(column->index, column->rank, index, sizeof index);
    int status = delta_fail(DELTA_EXIT_UNUSABLE, csv->path, csv->lines[csv->rows], "row %zu, column %s%s: '%.40s' is not a number", csv->rows + 1, column->name,
                            index, text);
    if (!strncmp(text, "NA", 2) || !strcmp(text, "?") || !strcmp(text, "-"))
        delta_hint("leave the cell empty and declare `input %s missing` on the page", column->name);
    else if (strchr(text, ','))
        delta_hint("numbers are written with a point: 0.5");
    return status;
}

static int csv_store(csv_reader *csv, int number, const char *text)
{
    const csv_column *column = &csv->columns[number];
    double value;
    if (column->group < 0)
        return 0;
    if (!csv_number(text, &value))
        return csv_not_number(csv, column, text);
    csv_group *group = &csv->groups[column->group];
    memcpy(group->tensor.bytes + (csv->rows * group->width + column->element) * sizeof value, &value, sizeof value);
    return 0;
}

static int csv_row(csv_reader *csv)
{
    int number = 0, status = 0;
    csv_cell cell;
    csv_add_row(csv);
    do {
        cell = csv_next(csv);
        if (cell.bad)
            return delta_fail(DELTA_EXIT_UNUSABLE, csv->path, csv->lines[csv->rows], "row %zu: a quote is not closed", csv->rows + 1);
        if (number < csv->column_count)
            status = csv_store(csv, number, cell.text);
        number++;
    } while (cell.more && !status);
    if (!status && number != csv->column_count) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, csv->path, csv->lines[csv->rows], "row %zu has %d cell%s, the first line %d", csv->rows + 1, number,
                            number == 1 ? "" : "s", csv->column_count);
        delta_hint("is the last row cut short, or a comma inside a cell not quoted?");
    }
    csv->rows++;
    return status;
}

/* Skips an empty line; a single column's empty cell is one too and cannot be told from it. */
static int csv_skip_empty(csv_reader *csv)
{
    char *at = csv->at;
    while (at < csv->end && (*at == '\r' || *at == ' '))
        at++;
    if (at < csv->end && *at != '\n')
        return 0;
    csv->line += at < csv->end;
    csv->at = at < csv->end ? at + 1 : at;
    return 1;
}

static int csv_rows(csv_reader *csv)
{
    int status = 0;
    while (csv->at < csv->end && !status)
        if (!csv_skip_empty(csv))
            status = csv_row(csv);
    if (!status && csv->rows == 0)
        status = delta_fail(DELTA_EXIT_UNUSABLE, csv->path, 0, "has no rows after its first line");
    return status;
}

/* The caller will say what is missing; here is what there is. */
static void csv_wanted_nothing(const csv_reader *csv)
{
    char text[400];
    size_t used = 0;
    for (int c = 0; c < csv->column_count && used < sizeof text; c++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", c ? ", " : "", csv->columns[c].name);
    delta_notice("%s: no column has a name of the page; its columns: %s", csv->path, text);
}

int delta_csv_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors)
{
    csv_reader csv = {.pool = pool, .path = file->path, .reading = reading, .at = (char *)file->data, .end = (char *)file->data + file->size, .line = 1};
    int numeric = 0;
    if (memchr(file->data, 0, file->size))
        return delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "has zero bytes in it, so it is no csv file");
    if (file->size >= 3 && !memcmp(file->data, "\xef\xbb\xbf", 3))
        csv.at += 3;
    csv_delimiter(&csv);
    size_t first = strcspn(csv.at, "\n");
    char *kept = delta_pool_text(pool, csv.at, first), *start = csv.at;
    int status = csv_choose(&csv, &numeric);
    if (!status && numeric) { /* the first line is data: put it back */
        memcpy(start, kept, first);
        if (start + first < csv.end)
            start[first] = '\n';
        csv.at = start;
        csv.line = 1;
    }
    if (!status)
        status = csv_rows(&csv);
    if (!status && csv.group_count == 0)
        csv_wanted_nothing(&csv);
    for (int g = 0; g < csv.group_count && !status; g++) {
        csv.groups[g].tensor.dims[0] = (int64_t)csv.rows;
        csv.groups[g].tensor.lines = csv.lines;
        csv.groups[g].tensor.block = csv.groups[g].tensor.bytes;
        delta_tensors_add(pool, tensors, &csv.groups[g].tensor);
    }
    return status;
}
