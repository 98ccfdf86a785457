/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trail.h"

#include "store/audit.h"

#define MAX_RANGES_SHOWN 10
#define MAX_TARGET_BYTES 500

typedef struct {
  BelfryHost *host;
  GTask *task;
  char *action;
  char *target;
  char *who;
} Trail;

static void
trail_free (Trail *self)
{
  g_free (self->action);
  g_free (self->target);
  g_free (self->who);
  g_free (self);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Trail *self = user_data;
  g_autoptr (GTask) task = self->task;
  g_autoptr (GError) local = NULL;
  JsonNode *node = g_task_propagate_pointer (G_TASK (result), &local);
  gboolean done =
      node != NULL && belfry_json_get_boolean (json_node_get_object (node), "ok", FALSE);
  BelfryAudit audit = { self->who, "socket", self->action, self->target,
                        done ? "done" : "not done" };

  if (self->host->store != NULL)
    belfry_audit_write (self->host->store, &audit);
  if (node != NULL)
    g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
  else
    g_task_return_error (task, g_steal_pointer (&local));
  trail_free (self);
}

/* `12`, `12-20` */
static void
append_ranges (GString *text, JsonArray *ids)
{
  guint count = json_array_get_length (ids);

  g_string_append (text, "reports");
  for (guint i = 0; i < count && i < MAX_RANGES_SHOWN; i++) {
    JsonNode *node = json_array_get_element (ids, i);
    JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

    if (pair != NULL && json_array_get_length (pair) == 2)
      g_string_append_printf (text, " %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                              json_array_get_int_element (pair, 0),
                              json_array_get_int_element (pair, 1));
  }
  if (count > MAX_RANGES_SHOWN)
    g_string_append (text, " …");
}

/* What an action's id is one of. */
static const char *
find_thing (JsonObject *arguments)
{
  static const struct {
    const char *action;
    const char *thing;
  } things[] = {
    { "cancel", "request" },
    { "rebuild", "build" },
    { "stop", "build" },
    { "stop-change", "change" },
  };
  const char *action = belfry_json_get_text (arguments, "action");

  for (guint i = 0; action != NULL && i < G_N_ELEMENTS (things); i++) {
    if (g_str_equal (things[i].action, action))
      return things[i].thing;
  }
  return "host";
}

static char *
dup_target (JsonObject *arguments)
{
  static const char *const members[] = { "kind", "builder", "worker", "scheduler", "name" };
  JsonArray *ids = belfry_json_get_array (arguments, "ids");
  JsonArray *names = belfry_json_get_array (arguments, "names");
  gint64 id = belfry_json_get_integer (arguments, "id", BELFRY_NONE);
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++) {
    const char *value = belfry_json_get_text (arguments, members[i]);

    if (value != NULL)
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", value);
  }
  for (guint i = 0; names != NULL && i < json_array_get_length (names); i++)
    g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "",
                            json_array_get_string_element (names, i));
  if (ids != NULL)
    append_ranges (text, ids);
  if (text->len == 0)
    g_string_append (text, id != BELFRY_NONE ? find_thing (arguments) : "host");
  if (id != BELFRY_NONE)
    g_string_append_printf (text, " %" G_GINT64_FORMAT, id);
  return belfry_text_make_printable (text->str, (gssize)text->len, MAX_TARGET_BYTES);
}

GTask *
belfry_trail_begin (
    BelfryHost *host, JsonObject *arguments, const char *action, const char *who, GTask *task)
{
  Trail *self = g_new0 (Trail, 1);
  const char *asked = action != NULL ? action : belfry_json_get_text (arguments, "action");

  self->host = host;
  self->task = task;
  self->action = belfry_text_make_printable (asked != NULL ? asked : "nothing", -1, 100);
  self->target = dup_target (arguments);
  self->who = g_strdup (who);
  return g_task_new (NULL, g_task_get_cancellable (task), on_ended, self);
}
