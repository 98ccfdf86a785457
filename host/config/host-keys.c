/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [host], [store] and the keys that every instance has: their tables, and those defaults that
 * depend on the machine, the environment or another section.
 */
#include "config/config-private.h"
#include "www/strports.h"
#include "www/www-keys.h"

#include <string.h>
#include <unistd.h>

/* indices of the daemon's table of levels */
static const BelfryChoice log_levels[] = {
  { "warning", 0, N_ ("what somebody should do something about") },
  { "message", 1, N_ ("what an operator wants to see") },
  { "info", 2, N_ ("each step") },
  { "debug", 3, N_ ("what a developer wants to see") },
  { NULL },
};

static const BelfryChoice isolations[] = {
  { "none", 0, N_ ("in the host's process, with all that is in it") },
  { "process", 1, N_ ("in a process of its own, with what its plugin needs and nothing else") },
  { NULL },
};

static const BelfryOption host_rows[] = {
  BELFRY_PATH (BelfryHostKeys,
               state_directory,
               "state-directory",
               .flags = BELFRY_OPTION_RESTART,
               .help = N_ ("where the store is; absent: $STATE_DIRECTORY, or what is usual")),
  BELFRY_PATH (BelfryHostKeys,
               runtime_directory,
               "runtime-directory",
               .flags = BELFRY_OPTION_RESTART,
               .help = N_ ("where sockets are; absent: $RUNTIME_DIRECTORY, or what is usual")),
  BELFRY_LIST (BelfryHostKeys,
               plugin_directories,
               "plugin-directories",
               .flags = BELFRY_OPTION_RESTART,
               .help = N_ ("folders with plugins, searched after BELFRY_PLUGIN_PATH; absent: the "
                           "installed one")),
  BELFRY_STRING (
      BelfryHostKeys, title, "title", .default_text = "Belfry", .help = N_ ("name of the project")),
  BELFRY_URL (BelfryHostKeys, title_url, "title-url", .help = N_ ("home page of the project")),
  BELFRY_URL (BelfryHostKeys,
              url,
              "url",
              .help =
                  N_ ("address under which people reach the pages; absent: the first listener's")),
  BELFRY_TIME_ZONE (BelfryHostKeys,
                    time_zone,
                    "time-zone",
                    .help = N_ ("zone of times that people read; absent: the machine's")),
  BELFRY_STRING (
      BelfryHostKeys, locale, "locale", .default_text = "en", .help = N_ ("language of reports")),
  BELFRY_REFERENCES (BelfryHostKeys,
                     alert,
                     "alert",
                     .reference = "reporter",
                     .help = N_ ("reporters that hear when something is wrong with the host")),
  BELFRY_DURATION (BelfryHostKeys,
                   late_reports,
                   "late-reports",
                   .default_text = "1h",
                   .help = N_ ("oldest build of a mirrored master that is still reported")),
  BELFRY_ENUM (BelfryHostKeys,
               log_level,
               "log-level",
               .default_text = "message",
               .choices = log_levels,
               .help = N_ ("least that is logged")),
  BELFRY_BOOLEAN (BelfryHostKeys,
                  strict_permissions,
                  "strict-permissions",
                  .default_text = "false",
                  .help = N_ ("refuse files with secrets that everybody may read")),
  { NULL },
};

static const BelfryOption store_rows[] = {
  BELFRY_DURATION (BelfryStoreKeys,
                   keep_builds,
                   "keep-builds",
                   .default_text = "180d",
                   .help = N_ ("age of builds")),
  BELFRY_DURATION (
      BelfryStoreKeys, keep_logs, "keep-logs", .default_text = "90d", .help = N_ ("age of logs")),
  BELFRY_DURATION (BelfryStoreKeys,
                   keep_artifacts,
                   "keep-artifacts",
                   .default_text = "30d",
                   .help = N_ ("age of uploaded files")),
  BELFRY_INTEGER (BelfryStoreKeys,
                  keep_last,
                  "keep-last",
                  .default_text = "20",
                  .minimum = 0,
                  .maximum = 1000000,
                  .help = N_ ("builds of each builder that stay whatever their age")),
  BELFRY_DURATION (BelfryStoreKeys,
                   keep_deliveries,
                   "keep-deliveries",
                   .default_text = "30d",
                   .help = N_ ("age of the log of hooks")),
  BELFRY_DURATION (BelfryStoreKeys,
                   keep_raw_requests,
                   "keep-raw-requests",
                   .default_text = "7d",
                   .help = N_ ("age of requests kept for replay")),
  BELFRY_DURATION (BelfryStoreKeys,
                   keep_reports,
                   "keep-reports",
                   .default_text = "30d",
                   .help = N_ ("age of delivered reports")),
  BELFRY_DURATION (BelfryStoreKeys,
                   keep_dead,
                   "keep-dead",
                   .default_text = "90d",
                   .help = N_ ("age of reports that could not be delivered")),
  BELFRY_DURATION (BelfryStoreKeys,
                   keep_events,
                   "keep-events",
                   .default_text = "14d",
                   .help = N_ ("age of events, from which others take up again")),
  BELFRY_SIZE (BelfryStoreKeys,
               max_size,
               "max-size",
               .help = N_ ("largest store, beyond which the oldest goes; absent: none")),
  BELFRY_SIZE (BelfryStoreKeys,
               min_free,
               "min-free",
               .default_text = "1GiB",
               .help = N_ ("space on the disk that is left to others")),
  { NULL },
};

static const BelfryOption instance_rows[] = {
  BELFRY_STRING (BelfryInstanceKeys,
                 plugin,
                 "plugin",
                 .help = N_ ("plugin; absent: that of the section's name")),
  BELFRY_BOOLEAN (BelfryInstanceKeys,
                  enabled,
                  "enabled",
                  .default_text = "true",
                  .help = N_ ("whether it is started")),
  BELFRY_ENUM (BelfryInstanceKeys,
               isolation,
               "isolation",
               .default_text = "none",
               .choices = isolations,
               .help = N_ ("where a hook or reporter runs")),
  BELFRY_SIZE (BelfryInstanceKeys,
               memory_max,
               "memory-max",
               .help = N_ ("most memory of a process of its own, from 32MiB; absent: no limit")),
  BELFRY_ENUM (BelfryInstanceKeys,
               log_level,
               "log-level",
               .default_text = "message",
               .choices = log_levels,
               .help = N_ ("least that is logged of it")),
  BELFRY_STRING (BelfryInstanceKeys,
                 locale,
                 "locale",
                 .help = N_ ("language of its texts; absent: the host's")),
  { NULL },
};

const BelfryOptionTable belfry_host_keys_table = { host_rows, sizeof (BelfryOption) };
const BelfryOptionTable belfry_store_keys_table = { store_rows, sizeof (BelfryOption) };
const BelfryOptionTable belfry_instance_keys_table = { instance_rows, sizeof (BelfryOption) };

/* the first of what systemd may give as a list, else root's, else the user's own */
static char *
dup_folder (const char *variable, const char *roots, const char *users)
{
  const char *given = g_getenv (variable);

  if (given != NULL && given[0] != '\0')
    return g_strndup (given, strcspn (given, ":"));
  return geteuid () == 0 ? g_strdup (roots) : g_build_filename (users, "belfry", NULL);
}

static gboolean
is_everywhere (const char *interface)
{
  return interface == NULL || strcmp (interface, "0.0.0.0") == 0 || strcmp (interface, "::") == 0;
}

/* a listener as an address for this machine, or NULL */
static char *
dup_listener_url (const char *text)
{
  g_autoptr (BelfryStrport) listener = belfry_strport_parse (text, NULL);
  const char *scheme = NULL;
  const char *host = NULL;
  guint port = 0;

  if (listener == NULL ||
      (listener->kind != BELFRY_LISTENER_TCP && listener->kind != BELFRY_LISTENER_SSL))
    return NULL;
  port = belfry_strport_get_number (listener->port, 0);
  if (port == 0)
    return NULL;
  scheme = listener->kind == BELFRY_LISTENER_SSL ? "https" : "http";
  host = listener->interface;
  if (is_everywhere (host))
    host = listener->is_ipv6 ? "::1" : "127.0.0.1";
  return g_strdup_printf (strchr (host, ':') != NULL ? "%s://[%s]:%u/" : "%s://%s:%u/", scheme,
                          host, port);
}

/* the key stood in [www] before there was a [host] */
static void
take_from_www (BelfryConfigDraft *self, const char *key, char **member, const char *www_value)
{
  const BelfrySection *host = NULL;
  const BelfrySection *www = NULL;

  for (guint i = 0; i < self->config.sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (self->config.sections, i);

    host = strcmp (section->kind, "host") == 0 ? section : host;
    www = strcmp (section->kind, "www") == 0 ? section : www;
  }
  if (host != NULL && www != NULL && belfry_section_find (host, key) != NULL &&
      belfry_section_find (www, key) != NULL)
    belfry_problems_add (self->problems, BELFRY_SEVERITY_ERROR, www, key,
                         "is set in [host] too, line %u of %s, remove one of them",
                         belfry_section_find (host, key)->line,
                         belfry_section_find (host, key)->file);
  if (www_value != NULL) {
    g_free (*member);
    *member = g_strdup (www_value);
  }
}

static void
complete_url (BelfryHostKeys *host, const BelfryWwwKeys *www)
{
  char *slashed = host->url != NULL ? g_strconcat (host->url, "/", NULL) : NULL;

  for (guint i = 0; slashed == NULL && www != NULL && www->listen != NULL && www->listen[i] != NULL;
       i++)
    slashed = dup_listener_url (www->listen[i]);
  g_free (host->url);
  host->url = slashed;
}

/* relative folders are the configuration's, as all paths in it are */
static void
complete_folders (const char *directory, char **folders)
{
  for (guint i = 0; folders != NULL && folders[i] != NULL; i++) {
    char *absolute = g_canonicalize_filename (folders[i], directory);

    g_free (folders[i]);
    folders[i] = absolute;
  }
}

void
belfry_host_keys_complete (BelfryConfigDraft *self)
{
  BelfryHostKeys *host = &self->config.host;
  const BelfryWwwKeys *www = self->config.www;
  g_autofree char *state =
      dup_folder ("STATE_DIRECTORY", "/var/lib/belfry", g_get_user_state_dir ());
  g_autofree char *runtime =
      dup_folder ("RUNTIME_DIRECTORY", BELFRY_SYSTEM_RUNTIME_DIRECTORY, g_get_user_runtime_dir ());

  take_from_www (self, "title", &host->title, www != NULL ? www->title : NULL);
  take_from_www (self, "title-url", &host->title_url, www != NULL ? www->title_url : NULL);
  take_from_www (self, "url", &host->url, www != NULL ? www->url : NULL);
  complete_url (host, www);
  complete_folders (self->config.directory, host->plugin_directories);
  if (host->state_directory == NULL)
    host->state_directory = g_steal_pointer (&state);
  if (host->runtime_directory == NULL)
    host->runtime_directory = g_steal_pointer (&runtime);
  if (host->time_zone == NULL)
    host->time_zone = g_time_zone_new_local ();
  host->time_zone_name = g_strdup (g_time_zone_get_identifier (host->time_zone));
}
