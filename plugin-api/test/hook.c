/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks: a request in, a translation out. */
#include "test-private.h"

#include <string.h>

static const BelfryHook *
get_hook (BelfryTest *self)
{
  return belfry_test_get_plugin_of (self, BELFRY_KIND_HOOK);
}

/**
 * belfry_test_request_new:
 * @method: "GET", "POST"…
 * @path_query: as sent
 * @headers: (nullable): lines of NAME: VALUE
 * @body: (nullable): as received
 *
 * Returns: (transfer full): a request, as the host hands it over
 * Since: 0.1
 */
BelfryRequest *
belfry_test_request_new (const char *method,
                         const char *path_query,
                         const char *headers,
                         GBytes *body)
{
  g_auto (GStrv) parts = g_strsplit (path_query, "?", 2);
  g_auto (GStrv) lines = g_strsplit (headers != NULL ? headers : "", "\n", -1);
  const BelfryRequestFields fields = {
    .size = sizeof fields,
    .method = method,
    .path = parts[0] != NULL ? parts[0] : "",
    .query = parts[0] != NULL ? parts[1] : NULL,
    .address = "192.0.2.7",
    .body = body,
  };
  BelfryRequest *request = belfry_request_new (&fields);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *colon = strstr (lines[i], ": ");

    if (colon == NULL)
      continue;
    *colon = '\0';
    belfry_request_add_header (request, lines[i], colon + strlen (": "));
  }
  return request;
}

/**
 * belfry_test_translate:
 * @self: a hook's test
 * @request: a request
 *
 * Signatures, methods and all else that the host looks at before are not looked at.
 *
 * Returns: (transfer full): what the hook makes of it
 * Since: 0.1
 */
BelfryTranslation *
belfry_test_translate (BelfryTest *self, BelfryRequest *request)
{
  BelfryTranslation *translation = get_hook (self)->translate (self->sections.state, request);

  if (translation == NULL)
    g_error ("the hook made nothing of a request, not even a refusal");
  return translation;
}

/**
 * belfry_test_settle:
 * @self: a hook's test
 * @request: a request
 * @error: %BELFRY_ERROR_RETRY: no answer came
 *
 * Translates, and asks the forge where the meaning is pending. Before that nothing may be asked.
 *
 * Returns: (transfer full) (nullable): what came of it
 * Since: 0.1
 */
BelfryTranslation *
belfry_test_settle (BelfryTest *self, BelfryRequest *request, GError **error)
{
  g_autoptr (BelfryTranslation) translation = belfry_test_translate (self, request);
  g_autoptr (GTask) task = NULL;

  if (translation->kind != BELFRY_TRANSLATION_PENDING)
    return g_steal_pointer (&translation);
  if (self->service != NULL)
    g_assert_cmpuint (belfry_test_get_asked (self)->len, ==, 0);
  task = belfry_test_task_new (self);
  get_hook (self)->complete (self->sections.state, translation->pending, g_object_ref (task));
  return g_task_propagate_pointer (belfry_test_wait (self, task), error);
}

/**
 * belfry_test_give_up:
 * @self: a hook's test
 * @pending: a translation that is pending
 *
 * Returns: (transfer full): what becomes of it where no answer ever came
 * Since: 0.1
 */
BelfryTranslation *
belfry_test_give_up (BelfryTest *self, BelfryTranslation *pending)
{
  g_assert_cmpint (pending->kind, ==, BELFRY_TRANSLATION_PENDING);
  return get_hook (self)->give_up (self->sections.state, pending->pending);
}

/**
 * belfry_test_only_change:
 * @translation: a translation
 *
 * Ends the program where it does not hold exactly one change.
 *
 * Returns: (transfer none): the change
 * Since: 0.1
 */
BelfryChange *
belfry_test_only_change (BelfryTranslation *translation)
{
  g_assert_nonnull (translation);
  if (translation->kind != BELFRY_TRANSLATION_CHANGES)
    g_error ("no change: %s", translation->reason);
  g_assert_cmpuint (translation->changes->len, ==, 1);
  return g_ptr_array_index (translation->changes, 0);
}
