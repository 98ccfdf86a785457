/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of the template language: sixteen bytes, passed by value. What they point to lives in the
 * arena of the rendering, in the parsed text, or in the JSON data given, which is never copied. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct _TplRender TplRender;
typedef struct _TplLoop TplLoop;
typedef struct _TplMacro TplMacro;
typedef struct _TplScope TplScope;

typedef enum {
  TPL_ABSENT, /* an argument that was not given */
  TPL_UNDEFINED,
  TPL_NONE,
  TPL_BOOLEAN,
  TPL_INTEGER,
  TPL_DOUBLE,
  TPL_TEXT,    /* UTF-8, always with a zero behind it */
  TPL_LIST,    /* made by the engine */
  TPL_MAP,     /* made by the engine, in order of insertion */
  TPL_ARRAY,   /* data */
  TPL_RECORDS, /* data */
  TPL_OBJECT,  /* data */
  TPL_RECORD,  /* data; has members, but is no map */
  TPL_LOOP,
  TPL_MACRO,
  TPL_MODULE,
  TPL_N_KINDS,
} TplKind;

typedef enum {
  TPL_SAFE = 1 << 0,  /* text: needs no escaping */
  TPL_TUPLE = 1 << 1, /* list: prints with round brackets */
  TPL_GROUP = 1 << 2, /* list: pair of groupby, with .grouper and .list */
} TplValueFlags;

typedef struct _TplList TplList;
typedef struct _TplMap TplMap;

typedef struct {
  TplKind kind : 8;
  guint flags : 8;
  guint32 length; /* text: bytes */
  union {
    gint64 integer; /* boolean too */
    double number;
    const char *text; /* undefined: its name */
    TplList *list;
    TplMap *map;
    JsonArray *array;
    JsonObject *object;
    GPtrArray *records;
    gconstpointer record;
    TplLoop *loop;
    TplMacro *macro;
    TplScope *module;
  };
} TplValue;

struct _TplList {
  guint length;
  guint capacity;
  TplValue *items;
};

struct _TplMap {
  TplList keys;
  TplList values;
};

static inline TplValue
tpl_absent (void)
{
  return (TplValue){ .kind = TPL_ABSENT };
}

static inline TplValue
tpl_undefined (const char *name)
{
  return (TplValue){ .kind = TPL_UNDEFINED, .text = name };
}

static inline TplValue
tpl_none (void)
{
  return (TplValue){ .kind = TPL_NONE };
}

static inline TplValue
tpl_boolean (gboolean value)
{
  return (TplValue){ .kind = TPL_BOOLEAN, .integer = value ? 1 : 0 };
}

static inline TplValue
tpl_integer (gint64 value)
{
  return (TplValue){ .kind = TPL_INTEGER, .integer = value };
}

static inline TplValue
tpl_double (double value)
{
  return (TplValue){ .kind = TPL_DOUBLE, .number = value };
}

static inline TplValue
tpl_text (const char *text, gsize length)
{
  return (TplValue){ .kind = TPL_TEXT, .length = (guint32)length, .text = text };
}

static inline TplValue
tpl_list (TplList *list)
{
  return (TplValue){ .kind = TPL_LIST, .list = list };
}

static inline gboolean
tpl_is_safe (TplValue value)
{
  return value.kind == TPL_TEXT && (value.flags & TPL_SAFE) != 0;
}

static inline gboolean
tpl_is_whole (TplValue value)
{
  return value.kind == TPL_INTEGER || value.kind == TPL_BOOLEAN;
}

static inline gboolean
tpl_is_number (TplValue value)
{
  return tpl_is_whole (value) || value.kind == TPL_DOUBLE;
}

static inline gboolean
tpl_is_given (TplValue value)
{
  return value.kind != TPL_ABSENT;
}

static inline gboolean
tpl_is_map (TplValue value)
{
  return value.kind == TPL_MAP || value.kind == TPL_OBJECT;
}

static inline gboolean
tpl_is_list (TplValue value)
{
  return value.kind == TPL_LIST || value.kind == TPL_ARRAY || value.kind == TPL_RECORDS;
}

static inline double
tpl_as_double (TplValue value)
{
  return value.kind == TPL_DOUBLE ? value.number : (double)value.integer;
}

TplValue tpl_value_from_node (JsonNode *node);
TplValue tpl_value_from_records (GPtrArray *records);
TplValue tpl_record_get (TplRender *render, gconstpointer record, const char *name);
const char *tpl_value_describe (TplValue value);
gboolean tpl_value_is_true (TplValue value);
gboolean tpl_value_get_length (TplValue value, gint64 *length);
gboolean tpl_value_equal (TplRender *render, TplValue a, TplValue b);
int tpl_value_compare (TplRender *render, TplValue a, TplValue b);
TplList *tpl_value_iterate (TplRender *render, TplValue value);
TplValue tpl_value_get_member (TplRender *render, TplValue value, const char *name);
TplValue tpl_value_get_item (TplRender *render, TplValue value, TplValue key);
TplValue tpl_value_get_path (TplRender *render, TplValue value, TplValue path);
gboolean tpl_value_contains (TplRender *render, TplValue container, TplValue item);

TplList *tpl_list_new (TplRender *render, gsize capacity);
gboolean tpl_list_append (TplRender *render, TplList *list, TplValue value);
TplValue tpl_pair_new (TplRender *render, TplValue first, TplValue second);
TplMap *tpl_map_new (TplRender *render);
void tpl_map_set (TplRender *render, TplMap *map, TplValue key, TplValue value);
gboolean tpl_map_find (TplRender *render, const TplMap *map, TplValue key, TplValue *value);
