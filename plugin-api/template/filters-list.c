/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of lists and maps. Sorting is stable; texts are told apart without regard to case unless
 * case_sensitive is given, as in Jinja2. */
#include "render-private.h"
#include "tables-private.h"
#include "text-private.h"

#include <string.h>

/* what an item is ordered by, beside the item */
typedef struct {
  TplValue key;
  TplValue item;
} Keyed;

static TplValue
filter_join (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  TplList *texts = tpl_list_new (render, items->length);
  TplValue separator =
      tpl_is_given (args[1]) ? tpl_value_to_text (render, args[1]) : tpl_text ("", 0);
  gboolean any_safe = FALSE;

  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    TplValue item = items->items[i];

    if (tpl_argument_is_set (args[2]))
      item = tpl_value_get_path (render, item, args[2]);
    any_safe = any_safe || tpl_is_safe (item);
    tpl_list_append (render, texts, item);
  }
  if (!render->escapes)
    separator.flags = 0;
  else if (any_safe)
    separator = tpl_value_to_safe (render, separator);
  return tpl_text_join (render, separator, texts);
}

static TplValue
filter_length (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  gint64 length = 0;

  if (!tpl_value_get_length (args[0], &length))
    tpl_render_fail (render, "%s has no length", tpl_value_describe (args[0]));
  return tpl_integer (length);
}

static TplValue
filter_first (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = NULL;

  if (tpl_is_list (args[0]) || args[0].kind == TPL_TEXT)
    return tpl_value_get_item (render, args[0], tpl_integer (0));
  items = tpl_value_iterate (render, args[0]);
  return items->length > 0 ? items->items[0] : tpl_undefined ("first item");
}

static TplValue
filter_last (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = NULL;

  if (tpl_is_list (args[0]) || args[0].kind == TPL_TEXT)
    return tpl_value_get_item (render, args[0], tpl_integer (-1));
  items = tpl_value_iterate (render, args[0]);
  return items->length > 0 ? items->items[items->length - 1] : tpl_undefined ("last item");
}

static TplValue
filter_list (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  return tpl_list (tpl_value_iterate (render, args[0]));
}

static TplValue
filter_reverse (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  TplList *reversed = tpl_list_new (render, items->length);
  TplValue text = tpl_none ();

  for (guint i = items->length; i > 0; i--)
    if (!tpl_list_append (render, reversed, items->items[i - 1]))
      break;
  if (args[0].kind != TPL_TEXT)
    return tpl_list (reversed);
  text = tpl_text_join (render, tpl_text ("", 0), reversed);
  text.flags = args[0].flags;
  return text;
}

static TplValue
fold_case (TplRender *render, TplValue key, gboolean case_sensitive)
{
  return key.kind == TPL_TEXT && !case_sensitive ? tpl_text_lower (render, key) : key;
}

/* attribute: several with commas make a list of keys */
static TplValue
sort_key (TplRender *render, TplValue item, TplValue attribute, gboolean case_sensitive)
{
  g_auto (GStrv) paths = NULL;
  TplList *keys = NULL;

  if (!tpl_argument_is_set (attribute))
    return fold_case (render, item, case_sensitive);
  if (attribute.kind != TPL_TEXT || strchr (attribute.text, ',') == NULL)
    return fold_case (render, tpl_value_get_path (render, item, attribute), case_sensitive);
  paths = g_strsplit (attribute.text, ",", -1);
  keys = tpl_list_new (render, 0);
  for (guint i = 0; paths[i] != NULL; i++) {
    TplValue path = tpl_text_copy (render, paths[i], strlen (paths[i]));
    TplValue key = tpl_value_get_path (render, item, path);

    tpl_list_append (render, keys, fold_case (render, key, case_sensitive));
  }
  return tpl_list (keys);
}

static int
compare_keyed (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Keyed *left = a;
  const Keyed *right = b;

  if (!tpl_render_charge (user_data, 1))
    return 0;
  return tpl_value_compare (user_data, left->key, right->key);
}

static int
compare_keyed_backwards (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return compare_keyed (b, a, user_data);
}

/* NULL: no memory; length is that of the items */
static Keyed *
make_keyed (TplRender *render, const TplList *items, TplValue attribute, gboolean case_sensitive)
{
  Keyed *keyed = tpl_render_alloc (render, MAX (items->length, 1) * sizeof (Keyed));

  for (guint i = 0; keyed != NULL && i < items->length && render->error == NULL; i++) {
    keyed[i].item = items->items[i];
    keyed[i].key = sort_key (render, items->items[i], attribute, case_sensitive);
  }
  return render->error == NULL ? keyed : NULL;
}

static void
sort_keyed (TplRender *render, Keyed *keyed, guint length, gboolean backwards)
{
  if (length > 1)
    g_qsort_with_data (keyed, (int)length, sizeof (Keyed),
                       backwards ? compare_keyed_backwards : compare_keyed, render);
}

static TplValue
list_of_keyed (TplRender *render, const Keyed *keyed, guint length)
{
  TplList *list = tpl_list_new (render, length);

  for (guint i = 0; i < length; i++)
    tpl_list_append (render, list, keyed[i].item);
  return tpl_list (list);
}

static TplValue
filter_sort (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  Keyed *keyed = make_keyed (render, items, args[3], tpl_value_is_true (args[2]));

  if (keyed == NULL)
    return tpl_none ();
  sort_keyed (render, keyed, items->length, tpl_value_is_true (args[1]));
  return list_of_keyed (render, keyed, items->length);
}

static TplValue
filter_items (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *keys = NULL;
  TplList *pairs = tpl_list_new (render, 0);

  if (!tpl_is_map (args[0]) && args[0].kind != TPL_UNDEFINED) {
    tpl_render_fail (render, "%s has no pairs", tpl_value_describe (args[0]));
    return tpl_none ();
  }
  keys = tpl_value_iterate (render, args[0]);
  for (guint i = 0; i < keys->length; i++) {
    TplValue value = tpl_value_get_item (render, args[0], keys->items[i]);

    if (!tpl_list_append (render, pairs, tpl_pair_new (render, keys->items[i], value)))
      break;
  }
  return tpl_list (pairs);
}

static TplValue
filter_dictsort (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  TplValue pairs = tpl_none ();
  gboolean by_value = args[2].kind == TPL_TEXT && strcmp (args[2].text, "value") == 0;
  Keyed *keyed = NULL;

  if (!tpl_is_map (args[0])) {
    tpl_render_fail (render, "%s has no pairs", tpl_value_describe (args[0]));
    return tpl_none ();
  }
  pairs = filter_items (render, args, 1);
  keyed =
      make_keyed (render, pairs.list, tpl_integer (by_value ? 1 : 0), tpl_value_is_true (args[1]));
  if (keyed == NULL)
    return tpl_none ();
  sort_keyed (render, keyed, pairs.list->length, tpl_value_is_true (args[3]));
  return list_of_keyed (render, keyed, pairs.list->length);
}

static gboolean
is_seen (TplRender *render, const TplList *seen, TplValue key)
{
  tpl_render_charge (render, seen->length / TPL_ITEMS_PER_STEP);
  for (guint i = 0; i < seen->length; i++)
    if (tpl_value_equal (render, seen->items[i], key))
      return TRUE;
  return FALSE;
}

static TplValue
filter_unique (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  TplList *seen = tpl_list_new (render, 0);
  TplList *unique = tpl_list_new (render, 0);

  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    TplValue key = sort_key (render, items->items[i], args[2], tpl_value_is_true (args[1]));

    if (is_seen (render, seen, key))
      continue;
    tpl_list_append (render, seen, key);
    tpl_list_append (render, unique, items->items[i]);
  }
  return tpl_list (unique);
}

static TplValue
get_path_or (TplRender *render, TplValue item, TplValue path, TplValue preset)
{
  TplValue found = tpl_value_get_path (render, item, path);

  return found.kind == TPL_UNDEFINED && tpl_argument_is_set (preset) ? preset : found;
}

/* a group shows its key as the first item has it */
static void
append_group (TplRender *render, TplList *groups, TplValue key, TplList *members)
{
  TplValue group = tpl_pair_new (render, key, tpl_list (members));

  group.flags |= TPL_GROUP;
  tpl_list_append (render, groups, group);
}

static TplValue
filter_groupby (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  Keyed *keyed = tpl_render_alloc (render, MAX (items->length, 1) * sizeof (Keyed));
  TplList *groups = tpl_list_new (render, 0);
  TplList *members = NULL;

  for (guint i = 0; keyed != NULL && i < items->length && render->error == NULL; i++) {
    keyed[i].item = items->items[i];
    keyed[i].key = fold_case (render, get_path_or (render, items->items[i], args[1], args[2]),
                              tpl_value_is_true (args[3]));
  }
  if (render->error != NULL)
    return tpl_none ();
  sort_keyed (render, keyed, items->length, FALSE);
  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    if (i == 0 || !tpl_value_equal (render, keyed[i - 1].key, keyed[i].key)) {
      members = tpl_list_new (render, 0);
      append_group (render, groups, get_path_or (render, keyed[i].item, args[1], args[2]), members);
    }
    tpl_list_append (render, members, keyed[i].item);
  }
  return tpl_list (groups);
}

static TplValue
filter_batch (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  gint64 size = tpl_argument_get_integer (render, args[1], 0);
  TplList *batches = tpl_list_new (render, 0);
  TplList *batch = NULL;

  if (size < 1) {
    tpl_render_fail (render, "batches of fewer than 1");
    return tpl_none ();
  }
  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    if (i % size == 0) {
      batch = tpl_list_new (render, 0);
      tpl_list_append (render, batches, tpl_list (batch));
    }
    tpl_list_append (render, batch, items->items[i]);
  }
  while (batch != NULL && tpl_argument_is_set (args[2]) && batch->length < size)
    if (!tpl_list_append (render, batch, args[2]))
      break;
  return tpl_list (batches);
}

/* map ("NAME", arguments of that filter) */
static TplValue
filter_map (TplRender *render, const TplValue *args, guint n_args)
{
  const TplFilter *filter = args[1].kind == TPL_TEXT ? tpl_filter_find (args[1].text) : NULL;
  const TplList *items = tpl_value_iterate (render, args[0]);
  TplList *mapped = tpl_list_new (render, items->length);
  TplValue inner[8];

  if (filter == NULL || filter->apply == filter_map || n_args - 2 < filter->required ||
      n_args > G_N_ELEMENTS (inner)) {
    tpl_render_fail (render, "map with no filter that takes so many arguments");
    return tpl_none ();
  }
  for (guint i = 0; i < G_N_ELEMENTS (inner); i++)
    inner[i] = i > 0 && i + 1 < n_args ? args[i + 1] : tpl_absent ();
  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    inner[0] = items->items[i];
    tpl_list_append (render, mapped, filter->apply (render, inner, MAX (n_args - 1, 1)));
  }
  return tpl_list (mapped);
}

static TplValue
filter_map_attribute (TplRender *render, const TplValue *args, guint n_args G_GNUC_UNUSED)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  TplList *mapped = tpl_list_new (render, items->length);

  for (guint i = 0; i < items->length && render->error == NULL; i++)
    tpl_list_append (render, mapped, get_path_or (render, items->items[i], args[1], args[2]));
  return tpl_list (mapped);
}

/* selectattr ("NAME"), or with a test of that attribute and its argument */
static TplValue
filter_selectattr (TplRender *render, const TplValue *args, guint n_args)
{
  const TplList *items = tpl_value_iterate (render, args[0]);
  TplList *selected = tpl_list_new (render, 0);
  gboolean has_test = n_args > 2 && tpl_is_given (args[2]);
  const TplTest *test = has_test && args[2].kind == TPL_TEXT ? tpl_test_find (args[2].text) : NULL;
  TplValue argument = n_args > 3 ? args[3] : tpl_absent ();

  if (has_test && (test == NULL || n_args != 3 + test->n_arguments)) {
    tpl_render_fail (render, "selectattr with no test that takes so many arguments");
    return tpl_none ();
  }
  for (guint i = 0; i < items->length && render->error == NULL; i++) {
    TplValue value = tpl_value_get_path (render, items->items[i], args[1]);
    gboolean holds =
        test != NULL ? test->holds (render, value, argument) : tpl_value_is_true (value);

    if (holds)
      tpl_list_append (render, selected, items->items[i]);
  }
  return tpl_list (selected);
}

const TplFilter tpl_filters_list[] = {
  { "join", filter_join, 0, "d attribute", NULL },
  { "length", filter_length, 0, "", NULL },
  { "count", filter_length, 0, "", NULL },
  { "first", filter_first, 0, "", NULL },
  { "last", filter_last, 0, "", NULL },
  { "list", filter_list, 0, "", NULL },
  { "reverse", filter_reverse, 0, "", NULL },
  { "sort", filter_sort, 0, "reverse case_sensitive attribute", NULL },
  { "items", filter_items, 0, "", NULL },
  { "dictsort", filter_dictsort, 0, "case_sensitive by reverse", NULL },
  { "unique", filter_unique, 0, "case_sensitive attribute", NULL },
  { "groupby", filter_groupby, 1, "attribute default case_sensitive", NULL },
  { "batch", filter_batch, 1, "linecount fill_with", NULL },
  { "map", filter_map, 1, "filter *", "map by attribute" },
  { "map by attribute", filter_map_attribute, 1, "attribute default", NULL },
  { "selectattr", filter_selectattr, 1, "attribute test *", NULL },
  { NULL, NULL, 0, NULL, NULL },
};
