#include "gen/tool/verdict_json.h"

json_t *json_text(const char *text)
{
    return text ? json_string_nocheck(text) : json_null();
}

static json_t *pairs(const verdict_pairs *p)
{
    json_t *object = json_object();
    for (int i = 0; i < p->count; i++)
        json_object_set_new(object, p->list[i].name, json_text(p->list[i].value));
    return object;
}

json_t *json_witness(const verdict_witness *w)
{
    if (!w->left)
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "point", pairs(&w->point));
    json_object_set_new(object, "functions", pairs(&w->functions));
    json_object_set_new(object, "sizes", pairs(&w->sizes));
    json_object_set_new(object, "instance", pairs(&w->instance));
    json_object_set_new(object, "left", json_text(w->left));
    json_object_set_new(object, "right", json_text(w->right));
    return object;
}
