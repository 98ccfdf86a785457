/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One entry is one datagram: a line NAME=VALUE for each field, or, where the value has line breaks,
 * the name alone, the length as 64 bits little-endian, and the value
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL). It is kept well below what a datagram may hold.
 */
#include "journal.h"

#include <string.h>

#define MAX_FIELD_BYTES 8192
#define MAX_FIELDS      16
#define MAX_NAME_CHARS  64

/* priorities of syslog */
enum {
  CRITICAL = 2,
  ERROR = 3,
  WARNING = 4,
  NOTICE = 5,
  INFO = 6,
};

/* one id for each kind of message; they never change */
static const struct {
  const char *phase;
  const char *message_id;
  gint64 priority; /* where no result says it */
} phases[] = {
  { "started", "17e0bdc3bdd64add9380ec15d1072861", INFO },
  { "finished", "b8c5a6f100fb4e96b359d25f05365c63", INFO },
  { "buildset", "2e9b14c6db0e4bd0b46453ba474c9e9a", INFO },
  { "worker", "4e0c2784a082431991b04bf58814e90a", WARNING },
};

static const struct {
  gint64 result;
  gint64 priority;
} results[] = {
  { BELFRY_RESULT_SUCCESS, INFO },       { BELFRY_RESULT_WARNINGS, WARNING },
  { BELFRY_RESULT_FAILURE, ERROR },      { BELFRY_RESULT_SKIPPED, INFO },
  { BELFRY_RESULT_EXCEPTION, CRITICAL }, { BELFRY_RESULT_RETRY, NOTICE },
  { BELFRY_RESULT_CANCELLED, NOTICE },
};

/* variables of a build's templates as fields */
static const struct {
  const char *field;
  const char *variable;
} texts[] = {
  { "BELFRY_BUILDER", "buildername" },
  { "BELFRY_REVISION", "revision" },
  { "BELFRY_BRANCH", "branch" },
};

void
belfry_journal_check_fields (const BelfryMap *fields, const BelfryCheck *check)
{
  for (guint i = 0; fields != NULL && i < belfry_map_get_count (fields); i++) {
    const char *name = belfry_map_get_name (fields, i);
    gboolean good = g_ascii_isupper (*name) && strlen (name) <= MAX_NAME_CHARS;
    g_autofree char *key = g_strconcat ("fields.", name, NULL);

    for (const char *at = name; *at != '\0'; at++)
      good = good && (g_ascii_isupper (*at) || g_ascii_isdigit (*at) || *at == '_');
    if (!good)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "'%s' is no field of the journal: capitals, digits and '_' are wanted, "
                           "a capital first, at most 64",
                           name);
    else if (i == MAX_FIELDS)
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, key,
                           "at most 16 fields can be added");
  }
}

static void
set (JsonObject *entry, const char *name, const char *value)
{
  g_autofree char *cut = value != NULL ? belfry_text_cut (value, MAX_FIELD_BYTES) : NULL;

  if (cut != NULL && *cut != '\0')
    json_object_set_string_member (entry, name, cut);
}

static void
set_number (JsonObject *entry, const char *name, gint64 value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

  if (value != BELFRY_NONE)
    set (entry, name, text);
}

static gint64
get_priority (const BelfryJournal *self, const BelfryReport *report, gint64 of_phase)
{
  const gint64 *own = belfry_reports_look_up_mode (self->priorities, report);
  gint64 result = belfry_reports_get_result (report);

  if (own != NULL)
    return *own;
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    if (results[i].result == result)
      return results[i].priority;
  return of_phase;
}

static void
set_kind (const BelfryJournal *self, const BelfryReport *report, JsonObject *entry)
{
  gint64 of_phase = NOTICE;

  for (gsize i = 0; i < G_N_ELEMENTS (phases); i++)
    if (g_str_equal (phases[i].phase, belfry_report_get_phase (report))) {
      set (entry, "MESSAGE_ID", phases[i].message_id);
      of_phase = phases[i].priority;
    }
  set_number (entry, "PRIORITY", get_priority (self, report, of_phase));
}

static void
set_build (const BelfryReport *report, JsonObject *entry)
{
  JsonObject *build = belfry_report_get_build (report, 0);
  JsonObject *variables = belfry_report_get_variables (report, 0);

  if (belfry_report_get_n_builds (report) != 1)
    return;
  set_number (entry, "BELFRY_BUILD_NUMBER", belfry_json_get_integer (build, "number", BELFRY_NONE));
  set_number (entry, "BELFRY_BUILD_ID", belfry_json_get_integer (build, "buildid", BELFRY_NONE));
  for (gsize i = 0; variables != NULL && i < G_N_ELEMENTS (texts); i++)
    set (entry, texts[i].field, belfry_json_get_text (variables, texts[i].variable));
}

JsonNode *
belfry_journal_make_entry (const BelfryJournal *self, const BelfryReport *report, GError **error)
{
  gint64 result = belfry_reports_get_result (report);
  JsonObject *entry = json_object_new ();
  g_autoptr (JsonNode) node = belfry_reports_wrap (entry);

  set (entry, "MESSAGE", belfry_report_get_subject (report));
  set_kind (self, report, entry);
  set (entry, "SYSLOG_IDENTIFIER", "belfry");
  set (entry, "BELFRY_INSTANCE",
       belfry_json_get_text (belfry_report_get_data (report), "instance"));
  set_build (report, entry);
  if (result != BELFRY_NONE)
    set (entry, "BELFRY_RESULT", belfry_result_get_name (result));
  set (entry, "BELFRY_URL", belfry_reports_get_url (report));
  for (guint i = 0; self->fields != NULL && i < belfry_map_get_count (self->fields); i++) {
    BelfryTemplate *template = (BelfryTemplate *)belfry_map_get_value (self->fields, i);
    g_autofree char *text =
        belfry_template_render (template, belfry_report_get_variables (report, 0), NULL, 0, error);

    if (text == NULL)
      return NULL;
    set (entry, belfry_map_get_name (self->fields, i), text);
  }
  return g_steal_pointer (&node);
}

static void
append_field (GByteArray *out, const char *name, const char *value)
{
  gsize bytes = strlen (value);
  guint64 length = GUINT64_TO_LE ((guint64)bytes);
  gboolean is_line = strchr (value, '\n') == NULL;

  g_byte_array_append (out, (const guint8 *)name, (guint)strlen (name));
  g_byte_array_append (out, (const guint8 *)(is_line ? "=" : "\n"), 1);
  if (!is_line)
    g_byte_array_append (out, (const guint8 *)&length, sizeof length);
  g_byte_array_append (out, (const guint8 *)value, (guint)bytes);
  g_byte_array_append (out, (const guint8 *)"\n", 1);
}

GBytes *
belfry_journal_serialize (JsonObject *entry)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GList) names = json_object_get_members (entry);

  for (GList *link = names; link != NULL; link = link->next)
    append_field (out, link->data, belfry_json_get_text (entry, link->data));
  return g_byte_array_free_to_bytes (out);
}
