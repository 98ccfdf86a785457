/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pollers, views, engines, bots and auth: one call in, what came of it out. */
#include "test-private.h"

#include <string.h>

/* pollers */

/**
 * belfry_test_poll:
 * @self: a poller's test
 * @state: (nullable): what it told last; %NULL: it never polled
 * @error: what the poller says
 *
 * Polls once. What it found is added to belfry_test_get_changes ().
 *
 * Returns: whether it went well
 * Since: 0.1
 */
gboolean
belfry_test_poll (BelfryTest *self, JsonNode *state, GError **error)
{
  const BelfryPoller *poller = belfry_test_get_plugin_of (self, BELFRY_KIND_POLLER);
  g_autoptr (JsonNode) none = json_node_new (JSON_NODE_NULL);
  g_autoptr (GTask) task = belfry_test_task_new (self);

  poller->poll (self->sections.state, state != NULL ? state : none, g_object_ref (task));
  return g_task_propagate_boolean (belfry_test_wait (self, task), error);
}

/**
 * belfry_test_get_changes:
 * @self: a poller's test
 *
 * Returns: (transfer none) (element-type BelfryChange): all that was found so far, in order
 * Since: 0.1
 */
GPtrArray *
belfry_test_get_changes (BelfryTest *self)
{
  return self->changes;
}

/**
 * belfry_test_get_poll_state:
 * @self: a poller's test
 *
 * Returns: (transfer none) (nullable): what the next poll is given
 * Since: 0.1
 */
JsonNode *
belfry_test_get_poll_state (BelfryTest *self)
{
  return self->poll_state;
}

/* views */

/* sets the parameters of a pattern's braces in @request; FALSE: the path is of another shape */
static gboolean
matches (const char *pattern, BelfryRequest *request)
{
  g_auto (GStrv) wanted = g_strsplit (pattern, "/", -1);
  g_auto (GStrv) parts = g_strsplit (belfry_request_get_path (request), "/", -1);

  if (g_strv_length (wanted) != g_strv_length (parts))
    return FALSE;
  for (guint i = 0; wanted[i] != NULL; i++) {
    gsize length = strlen (wanted[i]);

    if (*wanted[i] == '{') {
      g_autofree char *name = g_strndup (wanted[i] + 1, length - 2);
      g_autofree char *value = g_uri_unescape_string (parts[i], NULL);

      if (value == NULL || *value == '\0')
        return FALSE;
      belfry_request_set_parameter (request, name, value);
    } else if (!g_str_equal (wanted[i], parts[i]))
      return FALSE;
  }
  return TRUE;
}

static const BelfryRoute *
next_route (const BelfryView *view, const BelfryRoute *row)
{
  row = row == NULL ? view->routes
                    : (const BelfryRoute *)(gconstpointer)((const char *)row + view->route_size);
  return row != NULL && row->pattern != NULL ? row : NULL;
}

/**
 * belfry_test_draw:
 * @self: a view's test
 * @path_query: of a page, as a browser asks for it
 * @error: %BELFRY_ERROR_NOT_FOUND: no route leads there; else what the view says
 *
 * Draws a page from the records of belfry_test_get_store ().
 *
 * Returns: (transfer full) (nullable): the response
 * Since: 0.1
 */
BelfryResponse *
belfry_test_draw (BelfryTest *self, const char *path_query, GError **error)
{
  const BelfryView *view = belfry_test_get_plugin_of (self, BELFRY_KIND_VIEW);

  for (const BelfryRoute *row = next_route (view, NULL); row != NULL;
       row = next_route (view, row)) {
    g_autoptr (BelfryRequest) request = belfry_test_request_new ("GET", path_query, NULL, NULL);

    if (matches (row->pattern, request))
      return row->draw (self->sections.state, request,
                        belfry_test_store_get_reader (belfry_test_get_store (self)), error);
  }
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "no route of '%s' leads to '%s'",
               self->plugin->name, path_query);
  return NULL;
}

/* engines */

/**
 * belfry_test_give_change:
 * @self: an engine's test
 * @change: a record with an id
 *
 * Puts a change into the store and tells the engine, as the host does after its commit.
 *
 * Since: 0.1
 */
void
belfry_test_give_change (BelfryTest *self, BelfryChange *change)
{
  const BelfryEngine *engine = belfry_test_get_plugin_of (self, BELFRY_KIND_ENGINE);

  belfry_test_store_add (belfry_test_get_store (self), belfry_record_ref (change));
  engine->change_added (self->sections.state, change);
}

/**
 * belfry_test_control:
 * @self: an engine's test
 * @control: what somebody asks; its size is filled in
 * @error: what the engine says
 *
 * Returns: (transfer full) (nullable): how the engine answers
 * Since: 0.1
 */
BelfryControlAnswer *
belfry_test_control (BelfryTest *self, BelfryControl *control, GError **error)
{
  const BelfryEngine *engine = belfry_test_get_plugin_of (self, BELFRY_KIND_ENGINE);
  g_autoptr (GTask) task = belfry_test_task_new (self);

  control->size = sizeof *control;
  engine->control (self->sections.state, control, g_object_ref (task));
  return g_task_propagate_pointer (belfry_test_wait (self, task), error);
}

/**
 * belfry_test_get_said:
 * @self: an engine's test
 *
 * Returns: (transfer none) (element-type utf8): what the engine's transactions said, in order: a
 * verb as it is spelt in #BelfryVerb, in lower case with dashes, and the record's JSON, the event's
 * or key's name, or the id
 * Since: 0.1
 */
GPtrArray *
belfry_test_get_said (BelfryTest *self)
{
  return self->said;
}

/* bots */

/**
 * belfry_test_say:
 * @self: a bot's test
 * @channel: where
 * @reply: what
 * @error: what the bot says
 *
 * Returns: whether it was said
 * Since: 0.1
 */
gboolean
belfry_test_say (BelfryTest *self, const char *channel, JsonObject *reply, GError **error)
{
  const BelfryBot *bot = belfry_test_get_plugin_of (self, BELFRY_KIND_BOT);
  g_autoptr (GTask) task = belfry_test_task_new (self);

  bot->say (self->sections.state, channel, reply, g_object_ref (task));
  return g_task_propagate_boolean (belfry_test_wait (self, task), error);
}

/**
 * belfry_test_get_heard:
 * @self: a bot's test
 *
 * Returns: (transfer none) (element-type JsonObject): what the bot handed to the interpreter
 * Since: 0.1
 */
GPtrArray *
belfry_test_get_heard (BelfryTest *self)
{
  return self->heard;
}

/* auth */

/**
 * belfry_test_authenticate:
 * @self: an auth plugin's test
 * @user: a name
 * @password: what was typed
 * @error: why it could not be found out
 *
 * Returns: (transfer full) (nullable): who it is; %NULL without @error: nobody
 * Since: 0.1
 */
JsonObject *
belfry_test_authenticate (BelfryTest *self, const char *user, const char *password, GError **error)
{
  const BelfryAuth *auth = belfry_test_get_plugin_of (self, BELFRY_KIND_AUTH);
  g_autoptr (GTask) task = belfry_test_task_new (self);

  auth->authenticate (self->sections.state, user, password, "192.0.2.7", g_object_ref (task));
  return g_task_propagate_pointer (belfry_test_wait (self, task), error);
}

/**
 * belfry_test_may:
 * @self: an auth plugin's test
 * @action: of the action table
 * @user: (nullable): who asks; %NULL: nobody that is known
 * @record: (nullable): what it is about
 * @error: why it could not be found out
 *
 * Returns: the plugin's answer; no opinion where it has none or an error
 * Since: 0.1
 */
BelfryAuthAnswer
belfry_test_may (
    BelfryTest *self, const char *action, const char *user, JsonObject *record, GError **error)
{
  const BelfryAuth *auth = belfry_test_get_plugin_of (self, BELFRY_KIND_AUTH);
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) local = NULL;
  gssize answer = BELFRY_AUTH_NO_OPINION;

  if (auth->may == NULL)
    return BELFRY_AUTH_NO_OPINION;
  task = belfry_test_task_new (self);
  auth->may (self->sections.state, action, user, record, g_object_ref (task));
  answer = g_task_propagate_int (belfry_test_wait (self, task), &local);
  if (local == NULL)
    return (BelfryAuthAnswer)answer;
  g_propagate_error (error, g_steal_pointer (&local));
  return BELFRY_AUTH_NO_OPINION;
}
