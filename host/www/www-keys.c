/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [www] and the keys of every [view]: their tables, and what no table can check. */
#include "www/www-keys.h"

#include "www/proxies.h"
#include "www/strports.h"

#include <string.h>

static const BelfryChoice themes[] = {
  { "auto", BELFRY_THEME_AUTO, N_ ("as the visitor's system") },
  { "light", BELFRY_THEME_LIGHT, N_ ("dark on light") },
  { "dark", BELFRY_THEME_DARK, N_ ("light on dark") },
  { NULL },
};

static const BelfryChoice metrics_doors[] = {
  { "none", BELFRY_METRICS_NONE, N_ ("nobody") },
  { "token", BELFRY_METRICS_TOKEN, N_ ("at every listener, whoever has metrics-token") },
  { "listener", BELFRY_METRICS_LISTENER,
    N_ ("at metrics-listen only, whoever reaches that, with metrics-token if there is one") },
  { NULL },
};

static const BelfryOption www_rows[] = {
  BELFRY_LIST (BelfryWwwKeys,
               listen,
               "listen",
               .alias = "http-port",
               .help = N_ ("where to listen, as tcp:PORT:interface=ADDRESS, unix:PATH, ssl: or "
                           "systemd:; absent: a socket in the runtime directory")),
  BELFRY_STRING (BelfryWwwKeys,
                 distrib_port,
                 "distrib-port",
                 .help = N_ ("one listener more, for a server in front: as in listen, or the path "
                             "of a socket")),
  BELFRY_BOOLEAN (BelfryWwwKeys,
                  is_public,
                  "public",
                  .default_text = "false",
                  .help = N_ ("listen on addresses that strangers reach")),
  BELFRY_STRING (BelfryWwwKeys, title, "title", .help = N_ ("name of the project, on every page")),
  BELFRY_URL (BelfryWwwKeys, title_url, "title-url", .help = N_ ("home page of the project")),
  BELFRY_URL (
      BelfryWwwKeys, url, "url", .help = N_ ("address under which people reach these pages")),
  BELFRY_PATH (BelfryWwwKeys,
               public_html,
               "public-html",
               .help = N_ ("folder of further files; absent: public_html in the state directory")),
  BELFRY_LIST (BelfryWwwKeys,
               template_dirs,
               "template-dirs",
               .help = N_ ("folders whose templates replace the built-in ones")),
  BELFRY_LIST (BelfryWwwKeys,
               change_hook_auth,
               "change-hook-auth",
               .help = N_ ("password files for all change hooks, as file:PATH")),
  BELFRY_LIST (BelfryWwwKeys,
               trusted_proxies,
               "trusted-proxies",
               .help = N_ ("addresses, networks or unix, whose word counts for who asks")),
  BELFRY_LIST (BelfryWwwKeys,
               allowed_origins,
               "allowed-origins",
               .help = N_ ("other sites whose scripts may read these pages")),
  BELFRY_LIST (BelfryWwwKeys,
               allowed_hosts,
               "allowed-hosts",
               .help = N_ ("further names under which these pages may be asked for")),
  BELFRY_STRING (
      BelfryWwwKeys, default_page, "default-page", .help = N_ ("page of ours to which / leads")),
  BELFRY_DURATION (BelfryWwwKeys,
                   cookie_expiration,
                   "cookie-expiration",
                   .default_text = "1d",
                   .minimum = 60000000,
                   .maximum = 31536000000000,
                   .help = N_ ("life of a session")),
  BELFRY_SIZE (BelfryWwwKeys,
               max_body,
               "max-body",
               .default_text = "1MiB",
               .minimum = 1024,
               .maximum = 1073741824,
               .help = N_ ("largest form")),
  BELFRY_INTEGER (BelfryWwwKeys,
                  max_connections,
                  "max-connections",
                  .default_text = "512",
                  .minimum = 1,
                  .maximum = 65536,
                  .help = N_ ("connections at a time, of each listener")),
  BELFRY_INTEGER (BelfryWwwKeys,
                  max_streams,
                  "max-streams",
                  .default_text = "500",
                  .minimum = 1,
                  .maximum = 65536,
                  .help = N_ ("event streams at a time")),
  BELFRY_DURATION (
      BelfryWwwKeys,
      request_timeout,
      "request-timeout",
      .default_text = "30s",
      .minimum = 100000,
      .maximum = 3600000000,
      .help = N_ ("longest time for a request to arrive, and for a connection to say nothing")),
  BELFRY_INTEGER (BelfryWwwKeys,
                  numbuilds,
                  "numbuilds",
                  .default_text = "20",
                  .minimum = 1,
                  .maximum = 1000,
                  .help = N_ ("length of lists of builds")),
  BELFRY_BOOLEAN (BelfryWwwKeys,
                  revlink_builtin,
                  "revlink-builtin",
                  .default_text = "true",
                  .help = N_ ("link revisions at well-known forges where no [revlink] answers")),
  BELFRY_STRING (BelfryWwwKeys,
                 log_file,
                 "log-file",
                 .default_text = "http.log",
                 .help = N_ ("file in the state directory that tells of each request; journal: "
                             "the host's own log; empty: none")),
  BELFRY_SIZE (BelfryWwwKeys,
               rotate_length,
               "rotate-length",
               .alias = "log-rotate-length",
               .default_text = "1000000B",
               .maximum = G_MAXINT64,
               .help = N_ ("length at which that file becomes FILE.1; 0: never")),
  BELFRY_INTEGER (BelfryWwwKeys,
                  max_rotated_files,
                  "max-rotated-files",
                  .default_text = "10",
                  .minimum = 0,
                  .maximum = 100000,
                  .help = N_ ("how many such files are kept; 0: all")),
  BELFRY_BOOLEAN (BelfryWwwKeys,
                  log_quote_address,
                  "log-quote-address",
                  .default_text = "true",
                  .help = N_ ("put the address in that file into quotes")),
  BELFRY_ENUM (BelfryWwwKeys,
               theme,
               "theme",
               .default_text = "auto",
               .choices = themes,
               .help = N_ ("colours of the pages")),
  BELFRY_ENUM (BelfryWwwKeys,
               metrics,
               "metrics",
               .default_text = "none",
               .choices = metrics_doors,
               .help = N_ ("who gets /metrics, numbers for Prometheus")),
  BELFRY_SECRET (BelfryWwwKeys,
                 metrics_token,
                 "metrics-token",
                 .help = N_ ("what whoever asks for /metrics sends as bearer token")),
  BELFRY_STRING (BelfryWwwKeys,
                 metrics_listen,
                 "metrics-listen",
                 .help = N_ ("one listener more, as in listen, that has /metrics and no pages")),
  { NULL },
};

static const BelfryOption view_rows[] = {
  BELFRY_STRING (
      BelfryViewKeys, path, "path", .help = N_ ("where the view is, instead of its own place")),
  BELFRY_LIST (BelfryViewKeys,
               tags,
               "tags",
               .alias = "categories",
               .help = N_ ("show builders with one of these tags only")),
  BELFRY_REFERENCES (BelfryViewKeys,
                     builders,
                     "builders",
                     .reference = "builder",
                     .help = N_ ("show these builders only")),
  BELFRY_INTEGER (BelfryViewKeys,
                  numbuilds,
                  "numbuilds",
                  .minimum = 1,
                  .maximum = 1000,
                  .help = N_ ("length of lists of builds; absent: as in [www]")),
  { NULL },
};

const BelfryOptionTable belfry_www_keys_table = { www_rows, sizeof (BelfryOption) };
const BelfryOptionTable belfry_view_keys_table = { view_rows, sizeof (BelfryOption) };

static void
check_listener (const BelfryWwwKeys *keys,
                const BelfrySection *section,
                const char *key,
                const char *text,
                GHashTable *addresses,
                BelfryProblems *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryStrport) listener = belfry_strport_parse (text, &error);
  g_autofree char *address = NULL;

  if (listener == NULL) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key, "%s", error->message);
    return;
  }
  if (belfry_strport_is_public (listener) && !keys->is_public)
    belfry_problems_add (
        problems, BELFRY_SEVERITY_ERROR, section, key,
        "listener '%s': strangers reach this address; keep it to this machine "
        "(tcp:%s:interface=127.0.0.1, or unix:PATH) behind a reverse proxy, or say public=true",
        text, listener->port);
  address = belfry_strport_dup_address (listener);
  if (address != NULL && !g_hash_table_add (addresses, g_steal_pointer (&address)))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, key,
                         "listener '%s': another one has this address", text);
}

/* Numbers tell who builds what, and how much: not for everybody who can reach a port. */
static void
check_metrics (const BelfryWwwKeys *keys,
               const BelfrySection *section,
               GHashTable *addresses,
               BelfryProblems *problems)
{
  g_autoptr (BelfryStrport) own =
      keys->metrics_listen != NULL ? belfry_strport_parse (keys->metrics_listen, NULL) : NULL;

  if (keys->metrics_listen != NULL)
    check_listener (keys, section, "metrics-listen", keys->metrics_listen, addresses, problems);
  if (keys->metrics == BELFRY_METRICS_TOKEN && keys->metrics_token == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "metrics",
                         "token needs metrics-token=");
  if (keys->metrics == BELFRY_METRICS_LISTENER && keys->metrics_listen == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "metrics",
                         "listener needs metrics-listen=, as in listen=");
  if (keys->metrics == BELFRY_METRICS_NONE && keys->metrics_listen != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "metrics-listen",
                         "without effect while metrics=none");
  if (keys->metrics == BELFRY_METRICS_NONE && keys->metrics_token != NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "metrics-token",
                         "without effect while metrics=none");
  if (keys->metrics == BELFRY_METRICS_LISTENER && keys->metrics_token == NULL && own != NULL &&
      belfry_strport_is_public (own))
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "metrics-listen",
                         "strangers who reach '%s' read all numbers; give it metrics-token= or "
                         "interface=127.0.0.1",
                         keys->metrics_listen);
}

/* A path of ours: nothing that a browser could take for another site. */
static gboolean
is_local_path (const char *path)
{
  return path[0] == '/' && path[1] != '/' && strpbrk (path, "\\\r\n\t") == NULL;
}

static void
check_proxies (const BelfryWwwKeys *keys, const BelfrySection *section, BelfryProblems *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryProxies) proxies = belfry_proxies_new (keys->trusted_proxies, &error);

  if (proxies == NULL)
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "trusted-proxies", "%s",
                         error->message);
}

void
belfry_www_keys_check (const BelfryWwwKeys *keys,
                       const BelfrySection *section,
                       BelfryProblems *problems)
{
  g_autoptr (GHashTable) addresses = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (char **text = keys->listen; text != NULL && *text != NULL; text++)
    check_listener (keys, section, "listen", *text, addresses, problems);
  if (keys->distrib_port != NULL) {
    g_autofree char *door = belfry_strport_dup_door (keys->distrib_port);

    check_listener (keys, section, "distrib-port", door, addresses, problems);
  }
  check_metrics (keys, section, addresses, problems);
  check_proxies (keys, section, problems);
  if (keys->default_page != NULL && !is_local_path (keys->default_page))
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "default-page",
                         "'%s' is no path of ours: it begins with one slash and has no scheme",
                         keys->default_page);
  if (keys->is_public)
    belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "public",
                         "strangers may reach this host without a reverse proxy before it");
  for (char **origin = keys->allowed_origins; origin != NULL && *origin != NULL; origin++) {
    if (g_str_equal (*origin, "*"))
      belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "allowed-origins",
                           "scripts of any site may read these pages");
  }
}
