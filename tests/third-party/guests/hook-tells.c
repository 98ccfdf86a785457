/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logs its secret in every way there is. */
#include <belfry-plugin.h>

typedef struct {
  BelfrySecret *token;
  BelfryInstance *instance;
} Tells;

static const BelfryOption tells_options[] = {
  BELFRY_SECRET (Tells, token, "token", .required = TRUE, .help = "what it cannot keep to itself"),
  { NULL },
};

static void
tells_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  Tells *tells = self;
  const char *value = belfry_secret_get_value (tells->token);

  tells->instance = instance;
  belfry_instance_log (instance, G_LOG_LEVEL_WARNING, "my token is %s", value);
  g_warning ("and it is still %s", value);
  g_task_return_new_error (task, BELFRY_ERROR, BELFRY_ERROR_DENIED, "nobody takes %s", value);
  g_object_unref (task);
}

static BelfryTranslation *
tells_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_translation_new_nothing ("nothing");
}

BELFRY_DEFINE_HOOK (
  .name          = "tells",
  .summary       = "Cannot keep a secret",
  .options       = tells_options,
  .instance_size = sizeof (Tells),
  .start         = tells_start,
  .translate     = tells_translate,
);
