/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records as values: a field is a member, read when it is asked for, as record-json.c writes it. */
#include "belfry-text.h"
#include "render-private.h"

#include <string.h>

/* of records that are not there */
static TplList no_items;

TplValue
tpl_value_from_records (GPtrArray *records)
{
  return records != NULL ? (TplValue){ .kind = TPL_RECORDS, .records = records }
                         : (TplValue){ .kind = TPL_LIST, .list = &no_items };
}

static TplValue
value_from_number (const BelfryField *field, gint64 number)
{
  if (number == BELFRY_NONE)
    return tpl_none ();
  return tpl_integer (field->type == BELFRY_FIELD_TIME ? belfry_time_to_seconds (number) : number);
}

static TplValue
value_from_text (const BelfryField *field, const char *text)
{
  if (text == NULL)
    return (field->flags & BELFRY_FIELD_NULLABLE) != 0 ? tpl_none () : tpl_text ("", 0);
  return tpl_text (text, strlen (text));
}

static TplValue
value_from_list (TplRender *render, char **texts)
{
  guint length = texts != NULL ? g_strv_length (texts) : 0;
  TplList *list = tpl_list_new (render, length);

  for (guint i = 0; i < length; i++)
    if (!tpl_list_append (render, list, tpl_text (texts[i], strlen (texts[i]))))
      break;
  return tpl_list (list);
}

/* properties by their names */
static TplValue
value_from_properties (TplRender *render, const BelfryProperties *properties)
{
  guint count = properties != NULL ? belfry_properties_get_count (properties) : 0;
  TplMap *map = tpl_map_new (render);

  for (guint i = 0; i < count && tpl_render_charge (render, 1); i++) {
    const char *name = belfry_properties_get_name (properties, i);

    tpl_map_set (render, map, tpl_text (name, strlen (name)),
                 tpl_value_from_node (belfry_properties_get_value (properties, name)));
  }
  return (TplValue){ .kind = TPL_MAP, .map = map };
}

static TplValue
value_from_field (TplRender *render, const BelfryField *field, gconstpointer record)
{
  gconstpointer member = G_STRUCT_MEMBER_P (record, field->offset);
  TplValue value = tpl_none ();

  switch (field->type) {
  case BELFRY_FIELD_INTEGER:
  case BELFRY_FIELD_TIME:
  case BELFRY_FIELD_RESULT:
    value = value_from_number (field, *(const gint64 *)member);
    break;
  case BELFRY_FIELD_BOOLEAN:
    value = tpl_boolean (*(const gboolean *)member);
    break;
  case BELFRY_FIELD_TEXT:
  case BELFRY_FIELD_LENT:
  case BELFRY_FIELD_JSON_TEXT:
    value = value_from_text (field, *(const char *const *)member);
    break;
  case BELFRY_FIELD_TEXT_LIST:
    value = value_from_list (render, *(char **const *)member);
    break;
  case BELFRY_FIELD_JSON:
    value = tpl_value_from_node (*(JsonNode *const *)member);
    break;
  case BELFRY_FIELD_PROPERTIES:
    value = value_from_properties (render, *(BelfryProperties *const *)member);
    break;
  case BELFRY_FIELD_RECORD:
    if (*(gconstpointer const *)member != NULL)
      value = (TplValue){ .kind = TPL_RECORD, .record = *(gconstpointer const *)member };
    break;
  case BELFRY_FIELD_RECORDS:
    value = tpl_value_from_records (*(GPtrArray *const *)member);
    break;
  }
  return value;
}

TplValue
tpl_record_get (TplRender *render, gconstpointer record, const char *name)
{
  const BelfryRecordType *type = ((const BelfryRecord *)record)->type;

  for (guint i = 0; i < type->n_fields; i++) {
    const BelfryField *field = &type->fields[i];

    if (*field->name == *name && strcmp (field->name, name) == 0 &&
        (field->flags & BELFRY_FIELD_HIDDEN) == 0)
      return value_from_field (render, field, record);
  }
  return tpl_undefined (name);
}
