/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin says of itself. That it can be opened, and of which ABI it is, the loader saw. */
#include "test-plugin-private.h"

#include "config/config.h"
#include "loader/loader.h"

#include <string.h>

static void
check_opens (BelfrySubject *subject)
{
  /* the child did */
}

static void
check_name (BelfrySubject *subject)
{
  BelfryKind kind = BELFRY_N_KINDS;
  g_autofree char *name = NULL;

  if (!belfry_loader_parse_file_name (subject->path, &kind, &name))
    belfry_conformance_fail ("the file is not named KIND-NAME.so, so no section can name it");
  if (strcmp (name, subject->plugin->name) != 0)
    belfry_conformance_fail ("it calls itself '%s', and its file %s-%s.so", subject->plugin->name,
                             belfry_kind_get_name (kind), name);
  if (strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen (name))
    belfry_conformance_fail ("its name '%s' is not of lower-case letters, digits and dashes", name);
}

static void
check_sentence (const char *what, const char *text)
{
  if (text == NULL || *text == '\0')
    belfry_conformance_fail ("%s is missing", what);
  belfry_exercise_check_text (what, text);
  if (g_str_has_suffix (text, "."))
    belfry_conformance_fail ("%s ends in a full stop: '%s'", what, text);
}

static void
check_summary (BelfrySubject *subject)
{
  check_sentence ("its summary", subject->plugin->summary);
}

static void
check_version (BelfrySubject *subject)
{
  check_sentence ("its version", subject->plugin->version);
  check_sentence ("its licence", subject->plugin->licence);
}

/* a kind's functions without which a host can do nothing with it */
static gboolean
is_whole (const BelfryPlugin *plugin)
{
  switch (plugin->kind) {
  case BELFRY_KIND_HOOK:
    return ((const BelfryHook *)plugin)->translate != NULL;
  case BELFRY_KIND_POLLER:
    return ((const BelfryPoller *)plugin)->poll != NULL ||
           ((const BelfryPoller *)plugin)->stream != NULL;
  case BELFRY_KIND_ENGINE:
    return ((const BelfryEngine *)plugin)->change_added != NULL &&
           ((const BelfryEngine *)plugin)->control != NULL;
  case BELFRY_KIND_REPORTER: {
    const BelfryReporter *reporter = (const BelfryReporter *)plugin;

    if (reporter->family == BELFRY_FAMILY_STREAM)
      return reporter->to_items != NULL && reporter->deliver_batch != NULL;
    return reporter->plan != NULL && (reporter->deliver != NULL || reporter->to_request != NULL);
  }
  case BELFRY_KIND_BOT:
    return ((const BelfryBot *)plugin)->say != NULL;
  case BELFRY_KIND_VIEW:
    return ((const BelfryView *)plugin)->routes != NULL;
  case BELFRY_KIND_AUTH: {
    const BelfryAuth *auth = (const BelfryAuth *)plugin;

    return auth->authenticate != NULL || auth->identify != NULL || auth->may != NULL;
  }
  case BELFRY_N_KINDS:
    break;
  }
  return FALSE;
}

static void
check_functions (BelfrySubject *subject)
{
  const char *kind = belfry_kind_get_name (subject->plugin->kind);

  if (!is_whole (subject->plugin))
    belfry_conformance_fail ("a function is missing without which a host can do nothing with a "
                             "plugin of kind %s",
                             kind);
  if (subject->plugin->instance_size > 1024 * 1024)
    belfry_conformance_fail ("an instance of %" G_GSIZE_FORMAT " bytes is no instance",
                             subject->plugin->instance_size);
}

static void
check_reserved (BelfrySubject *subject)
{
  const char *reserved = belfry_plugin_find_reserved (subject->plugin);

  if (reserved != NULL)
    belfry_conformance_fail ("it declares the key '%s', which is the host's", reserved);
}

const BelfryConformanceCheck belfry_checks_of_metadata[] = {
  { "metadata/opens", check_opens },
  { "metadata/name", check_name },
  { "metadata/summary", check_summary },
  { "metadata/version", check_version },
  { "metadata/functions", check_functions },
  { "metadata/reserved-keys", check_reserved },
  { NULL, NULL },
};
