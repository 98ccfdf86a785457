/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be asked of values: truth, length, order, members. Python's answers, as in Jinja2:
 * numbers of all kinds compare, True is 1, texts are counted in characters. */
#include "render-private.h"
#include "text-private.h"

#include <string.h>

TplValue
tpl_value_from_node (JsonNode *node)
{
  GType type = G_TYPE_INVALID;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return tpl_none ();
  if (JSON_NODE_HOLDS_OBJECT (node))
    return (TplValue){ .kind = TPL_OBJECT, .object = json_node_get_object (node) };
  if (JSON_NODE_HOLDS_ARRAY (node))
    return (TplValue){ .kind = TPL_ARRAY, .array = json_node_get_array (node) };
  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING) {
    const char *text = json_node_get_string (node);

    return tpl_text (text, strlen (text));
  }
  if (type == G_TYPE_BOOLEAN)
    return tpl_boolean (json_node_get_boolean (node));
  if (type == G_TYPE_DOUBLE)
    return tpl_double (json_node_get_double (node));
  return tpl_integer (json_node_get_int (node));
}

/* for error messages */
const char *
tpl_value_describe (TplValue value)
{
  static const char *const names[TPL_N_KINDS] = {
    [TPL_ABSENT] = "nothing",   [TPL_UNDEFINED] = "an undefined value",
    [TPL_NONE] = "none",        [TPL_BOOLEAN] = "a boolean",
    [TPL_INTEGER] = "a number", [TPL_DOUBLE] = "a number",
    [TPL_TEXT] = "text",        [TPL_LIST] = "a list",
    [TPL_MAP] = "a map",        [TPL_ARRAY] = "a list",
    [TPL_OBJECT] = "a map",     [TPL_LOOP] = "a loop",
    [TPL_RECORDS] = "a list",   [TPL_RECORD] = "a record",
    [TPL_MACRO] = "a macro",    [TPL_MODULE] = "an imported template",
  };

  return names[value.kind];
}

static gsize
map_length (TplValue value)
{
  return value.kind == TPL_MAP ? value.map->keys.length : json_object_get_size (value.object);
}

static gsize
list_length (TplValue value)
{
  if (value.kind == TPL_LIST)
    return value.list->length;
  return value.kind == TPL_RECORDS ? value.records->len : json_array_get_length (value.array);
}

static TplValue
list_get (TplValue value, gsize index)
{
  if (value.kind == TPL_LIST)
    return value.list->items[index];
  if (value.kind == TPL_RECORDS)
    return (TplValue){ .kind = TPL_RECORD, .record = value.records->pdata[index] };
  return tpl_value_from_node (json_array_get_element (value.array, (guint)index));
}

gboolean
tpl_value_is_true (TplValue value)
{
  if (tpl_is_whole (value))
    return value.integer != 0;
  if (value.kind == TPL_DOUBLE)
    return value.number != 0;
  if (value.kind == TPL_TEXT)
    return value.length > 0;
  if (tpl_is_list (value))
    return list_length (value) > 0;
  if (tpl_is_map (value))
    return map_length (value) > 0;
  return value.kind > TPL_OBJECT;
}

gboolean
tpl_value_get_length (TplValue value, gint64 *length)
{
  if (value.kind == TPL_TEXT)
    *length = (gint64)tpl_utf8_count (value.text, value.length);
  else if (tpl_is_list (value))
    *length = (gint64)list_length (value);
  else if (tpl_is_map (value))
    *length = (gint64)map_length (value);
  else if (value.kind == TPL_UNDEFINED)
    *length = 0;
  else if (value.kind == TPL_LOOP)
    *length = value.loop->items->length;
  else
    return FALSE;
  return TRUE;
}

static gboolean
lists_equal (TplRender *render, TplValue a, TplValue b)
{
  gsize length = list_length (a);

  /* in Python a tuple never equals a list */
  if (length != list_length (b) || (a.flags & TPL_TUPLE) != (b.flags & TPL_TUPLE))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!tpl_value_equal (render, list_get (a, i), list_get (b, i)))
      return FALSE;
  return TRUE;
}

static gboolean
maps_equal (TplRender *render, TplValue a, TplValue b)
{
  TplList *keys = NULL;

  if (map_length (a) != map_length (b))
    return FALSE;
  keys = tpl_value_iterate (render, a);
  for (guint i = 0; i < keys->length; i++) {
    TplValue other = tpl_value_get_item (render, b, keys->items[i]);

    if (other.kind == TPL_UNDEFINED ||
        !tpl_value_equal (render, tpl_value_get_item (render, a, keys->items[i]), other))
      return FALSE;
  }
  return TRUE;
}

static gboolean
numbers_equal (TplValue a, TplValue b)
{
  if (tpl_is_whole (a) && tpl_is_whole (b))
    return a.integer == b.integer;
  return tpl_as_double (a) == tpl_as_double (b);
}

static gboolean
deep_equal (TplRender *render, TplValue a, TplValue b)
{
  gboolean equal = FALSE;

  if (!tpl_render_charge (render, 1))
    return FALSE;
  if (render->depth >= TPL_MAX_STACK_DEPTH) {
    tpl_render_fail (render, "data nested too deeply to compare");
    return FALSE;
  }
  render->depth++;
  equal = tpl_is_list (a) ? lists_equal (render, a, b) : maps_equal (render, a, b);
  render->depth--;
  return equal;
}

gboolean
tpl_value_equal (TplRender *render, TplValue a, TplValue b)
{
  if (a.kind == TPL_TEXT && b.kind == TPL_TEXT)
    return a.length == b.length && memcmp (a.text, b.text, a.length) == 0;
  if (tpl_is_number (a) && tpl_is_number (b))
    return numbers_equal (a, b);
  if ((tpl_is_list (a) && tpl_is_list (b)) || (tpl_is_map (a) && tpl_is_map (b)))
    return deep_equal (render, a, b);
  if (a.kind != b.kind)
    return FALSE;
  return a.kind == TPL_NONE || a.kind == TPL_UNDEFINED || a.integer == b.integer;
}

static int
compare_numbers (TplValue a, TplValue b)
{
  if (tpl_is_whole (a) && tpl_is_whole (b))
    return (a.integer > b.integer) - (a.integer < b.integer);
  return (tpl_as_double (a) > tpl_as_double (b)) - (tpl_as_double (a) < tpl_as_double (b));
}

static int
compare_texts (TplValue a, TplValue b)
{
  int order = memcmp (a.text, b.text, MIN (a.length, b.length));

  return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int
compare_lists (TplRender *render, TplValue a, TplValue b)
{
  gsize length_a = list_length (a);
  gsize length_b = list_length (b);
  int order = 0;

  if (!tpl_render_charge (render, 1) || render->depth >= TPL_MAX_STACK_DEPTH)
    return 0;
  render->depth++;
  for (gsize i = 0; i < MIN (length_a, length_b) && order == 0; i++) {
    TplValue left = list_get (a, i);
    TplValue right = list_get (b, i);

    /* none equals none although it has no order */
    if (!tpl_value_equal (render, left, right))
      order = tpl_value_compare (render, left, right);
  }
  render->depth--;
  return order != 0 ? order : (length_a > length_b) - (length_a < length_b);
}

/* Values without a common order are an error. */
int
tpl_value_compare (TplRender *render, TplValue a, TplValue b)
{
  if (a.kind == TPL_TEXT && b.kind == TPL_TEXT)
    return compare_texts (a, b);
  if (tpl_is_number (a) && tpl_is_number (b))
    return compare_numbers (a, b);
  if (tpl_is_list (a) && tpl_is_list (b))
    return compare_lists (render, a, b);
  tpl_render_fail (render, "%s and %s have no order", tpl_value_describe (a),
                   tpl_value_describe (b));
  return 0;
}

static TplList *
iterate_text (TplRender *render, TplValue value)
{
  TplList *list = tpl_list_new (render, value.length);
  const char *end = value.text + value.length;

  for (const char *at = value.text; at < end; at += tpl_utf8_step (at, end)) {
    TplValue item = tpl_text_copy (render, at, tpl_utf8_step (at, end));

    item.flags = value.flags;
    if (!tpl_list_append (render, list, item))
      break;
  }
  return list;
}

static TplList *
iterate_object (TplRender *render, JsonObject *object)
{
  TplList *list = tpl_list_new (render, json_object_get_size (object));
  JsonObjectIter iter;
  const char *name = NULL;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    if (!tpl_list_append (render, list, tpl_text (name, strlen (name))))
      break;
  return list;
}

static TplList *
iterate_list (TplRender *render, TplValue value)
{
  gsize length = list_length (value);
  TplList *list = tpl_list_new (render, length);

  for (gsize i = 0; i < length; i++)
    if (!tpl_list_append (render, list, list_get (value, i)))
      break;
  return list;
}

/* The items of anything that can stand behind "in"; never NULL. Not to be changed. */
TplList *
tpl_value_iterate (TplRender *render, TplValue value)
{
  if (value.kind == TPL_LIST)
    return value.list;
  if (value.kind == TPL_ARRAY || value.kind == TPL_RECORDS)
    return iterate_list (render, value);
  if (value.kind == TPL_OBJECT)
    return iterate_object (render, value.object);
  if (value.kind == TPL_MAP)
    return &value.map->keys;
  if (value.kind == TPL_TEXT)
    return iterate_text (render, value);
  if (value.kind != TPL_UNDEFINED)
    tpl_render_fail (render, "%s has no items to go through", tpl_value_describe (value));
  return tpl_list_new (render, 0);
}

static TplValue
group_get (TplValue group, const char *name)
{
  if (strcmp (name, "grouper") == 0)
    return group.list->items[0];
  if (strcmp (name, "list") == 0)
    return group.list->items[1];
  return tpl_undefined (name);
}

/* name is kept in an undefined result, so it must live as long as the rendering */
TplValue
tpl_value_get_member (TplRender *render, TplValue value, const char *name)
{
  TplValue found = tpl_undefined (name);

  if (value.kind == TPL_OBJECT) {
    JsonNode *node = json_object_get_member (value.object, name);

    return node != NULL ? tpl_value_from_node (node) : found;
  }
  if (value.kind == TPL_RECORD)
    return tpl_record_get (render, value.record, name);
  if (value.kind == TPL_MAP)
    tpl_map_find (render, value.map, tpl_text (name, strlen (name)), &found);
  else if (value.kind == TPL_LOOP)
    found = tpl_loop_get (value.loop, name);
  else if (value.kind == TPL_MODULE)
    found = tpl_scope_get_own (value.module, name);
  else if (value.kind == TPL_LIST && (value.flags & TPL_GROUP) != 0)
    found = group_get (value, name);
  else if (value.kind == TPL_UNDEFINED)
    tpl_render_fail (render, "'%s' is undefined, so it has no '%s'", value.text, name);
  return found;
}

static TplValue
get_at (TplRender *render, TplValue value, gint64 index)
{
  gint64 length = 0;
  const char *at = NULL;
  TplValue item = tpl_undefined ("item");

  tpl_value_get_length (value, &length);
  if (index < 0)
    index += length;
  if (index < 0 || index >= length)
    return item;
  if (value.kind != TPL_TEXT)
    return list_get (value, (gsize)index);
  at = tpl_utf8_offset (value.text, value.length, (gsize)index);
  item = tpl_text_copy (render, at, tpl_utf8_step (at, value.text + value.length));
  item.flags = value.flags;
  return item;
}

TplValue
tpl_value_get_item (TplRender *render, TplValue value, TplValue key)
{
  TplValue found = tpl_undefined ("item");

  if (value.kind == TPL_MAP) {
    tpl_map_find (render, value.map, key, &found);
    return found;
  }
  if (key.kind == TPL_TEXT)
    return tpl_value_get_member (render, value, key.text);
  if ((tpl_is_list (value) || value.kind == TPL_TEXT) && tpl_is_whole (key))
    return get_at (render, value, key.integer);
  if (value.kind == TPL_UNDEFINED)
    tpl_render_fail (render, "'%s' is undefined, so it has no items", value.text);
  return found;
}

/* path: a number, or names parted by dots, as sort and map take them */
TplValue
tpl_value_get_path (TplRender *render, TplValue value, TplValue path)
{
  const char *at = path.text;

  if (path.kind != TPL_TEXT)
    return tpl_value_get_item (render, value, path);
  for (;;) {
    gsize length = strcspn (at, ".");
    TplValue name = tpl_text_copy (render, at, length);
    guint64 index = 0;

    if (g_ascii_string_to_unsigned (name.text, 10, 0, G_MAXINT32, &index, NULL))
      value = tpl_value_get_item (render, value, tpl_integer ((gint64)index));
    else
      value = tpl_value_get_member (render, value, name.text);
    if (at[length] == '\0')
      return value;
    at += length + 1;
  }
}

static gboolean
list_contains (TplRender *render, TplValue list, TplValue item)
{
  gsize length = list_length (list);

  tpl_render_charge (render, length / TPL_ITEMS_PER_STEP);
  for (gsize i = 0; i < length; i++)
    if (tpl_value_equal (render, list_get (list, i), item))
      return TRUE;
  return FALSE;
}

gboolean
tpl_value_contains (TplRender *render, TplValue container, TplValue item)
{
  TplValue found = tpl_none ();

  if (container.kind == TPL_TEXT && item.kind == TPL_TEXT) {
    tpl_render_charge (render, container.length / TPL_BYTES_PER_STEP);
    return memmem (container.text, container.length, item.text, item.length) != NULL;
  }
  if (container.kind == TPL_OBJECT)
    return item.kind == TPL_TEXT && json_object_has_member (container.object, item.text);
  if (container.kind == TPL_MAP)
    return tpl_map_find (render, container.map, item, &found);
  if (tpl_is_list (container))
    return list_contains (render, container, item);
  if (container.kind != TPL_UNDEFINED)
    tpl_render_fail (render, "%s cannot be looked for in %s", tpl_value_describe (item),
                     tpl_value_describe (container));
  return FALSE;
}

/* never NULL: without memory it is one that does not grow */
TplList *
tpl_list_new (TplRender *render, gsize capacity)
{
  TplList *list = tpl_render_alloc (render, sizeof (TplList));

  if (list == NULL)
    return &render->spare_list;
  if (capacity > 0 && capacity <= G_MAXUINT32 / sizeof (TplValue)) {
    list->items = tpl_render_alloc (render, capacity * sizeof (TplValue));
    list->capacity = list->items != NULL ? (guint)capacity : 0;
  }
  return list;
}

static gboolean
list_grow (TplRender *render, TplList *list)
{
  guint capacity = MAX (list->capacity * 2, 8);
  TplValue *items = NULL;

  if (list->capacity > G_MAXUINT32 / 4)
    return FALSE;
  items = tpl_render_alloc (render, capacity * sizeof (TplValue));
  if (items == NULL)
    return FALSE;
  if (list->length > 0)
    memcpy (items, list->items, list->length * sizeof (TplValue));
  list->items = items;
  list->capacity = capacity;
  return TRUE;
}

gboolean
tpl_list_append (TplRender *render, TplList *list, TplValue value)
{
  if (list->length % TPL_ITEMS_PER_STEP == 0 && !tpl_render_charge (render, 1))
    return FALSE;
  if (list->length == list->capacity && !list_grow (render, list))
    return FALSE;
  list->items[list->length++] = value;
  return TRUE;
}

TplValue
tpl_pair_new (TplRender *render, TplValue first, TplValue second)
{
  TplList *list = tpl_list_new (render, 2);
  TplValue pair = tpl_list (list);

  tpl_list_append (render, list, first);
  tpl_list_append (render, list, second);
  pair.flags = TPL_TUPLE;
  return pair;
}

TplMap *
tpl_map_new (TplRender *render)
{
  TplMap *map = tpl_render_alloc (render, sizeof (TplMap));

  return map != NULL ? map : &render->spare_map;
}

static gboolean
map_find_index (TplRender *render, const TplMap *map, TplValue key, guint *index)
{
  tpl_render_charge (render, map->keys.length / TPL_ITEMS_PER_STEP);
  for (guint i = 0; i < map->keys.length; i++)
    if (tpl_value_equal (render, map->keys.items[i], key)) {
      *index = i;
      return TRUE;
    }
  return FALSE;
}

void
tpl_map_set (TplRender *render, TplMap *map, TplValue key, TplValue value)
{
  guint index = 0;

  if (map_find_index (render, map, key, &index))
    map->values.items[index] = value;
  else if (tpl_list_append (render, &map->keys, key) &&
           !tpl_list_append (render, &map->values, value))
    map->keys.length--;
}

gboolean
tpl_map_find (TplRender *render, const TplMap *map, TplValue key, TplValue *value)
{
  guint index = 0;

  if (!map_find_index (render, map, key, &index))
    return FALSE;
  *value = map->values.items[index];
  return TRUE;
}
