/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paints commits on Bitbucket Cloud, one build status for each source stamp with a revision.
 * Format: "Commit statuses" of its REST API.
 */
#include "bitbucket-status.h"

#include <string.h>

#define MAX_KEY_CHARACTERS 40

static const BelfryForgeStates bitbucket_status_states = {
  .queued = "INPROGRESS",
  .dropped = "FAILED",
  .started = "INPROGRESS",
  .ended = { [BELFRY_RESULT_SUCCESS] = "SUCCESSFUL" },
  .other = "FAILED",
};

static const BelfryOption bitbucket_status_options[] = {
  BELFRY_SECRET (BitbucketStatus,
                 oauth_key,
                 "oauth-key",
                 .help = N_ ("key of an OAuth consumer that may write to repositories")),
  BELFRY_SECRET (BitbucketStatus, oauth_secret, "oauth-secret", .help = N_ ("and its secret")),
  BELFRY_SECRET (BitbucketStatus,
                 auth,
                 "auth",
                 .sample = "ci:",
                 .help = N_ ("LOGIN:APP-PASSWORD, in place of a consumer")),
  BELFRY_URL (BitbucketStatus,
              base_url,
              "base-url",
              .default_text = "https://api.bitbucket.org/2.0/repositories",
              .help = N_ ("root of the repositories' API")),
  BELFRY_URL (BitbucketStatus,
              oauth_url,
              "oauth-url",
              .default_text = "https://bitbucket.org/site/oauth2/access_token",
              .help = N_ ("where access tokens are had")),
  BELFRY_RENDERED (BitbucketStatus,
                   status_key,
                   "status-key",
                   .default_text = "%(prop:buildername)s",
                   .help = N_ ("tells the statuses of one commit apart")),
  BELFRY_RENDERED (BitbucketStatus,
                   status_name,
                   "status-name",
                   .default_text = "%(prop:buildername)s",
                   .help = N_ ("what is shown")),
  BELFRY_REPORTS_WIRE_OPTIONS (BitbucketStatus, http.wire),
  { NULL },
};

static void
bitbucket_status_check (gconstpointer self, const BelfryCheck *check)
{
  const BitbucketStatus *status = self;
  gboolean has_consumer = status->oauth_key != NULL || status->oauth_secret != NULL;

  belfry_reports_check_wire (&status->http.wire, check, "base-url", status->base_url);
  if (status->auth == NULL)
    belfry_reports_check_wire (&status->http.wire, check, "oauth-url", status->oauth_url);
  if (status->auth != NULL && has_consumer)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "auth",
                         "'auth' stands in place of 'oauth-key' and 'oauth-secret'; keep one way");
  else if (status->auth == NULL && (status->oauth_key == NULL || status->oauth_secret == NULL))
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section,
                         status->oauth_key == NULL ? "oauth-key" : "oauth-secret",
                         "'oauth-key' and 'oauth-secret' are required, or 'auth' in their place");
}

/* a repository may be given by its address in the API */
static const char *
skip_base (const char *repository, const char *base_url)
{
  const char *base_path = strstr (base_url, "://");
  const char *path = strstr (repository, "://");

  base_path = base_path != NULL ? strchr (base_path + 3, '/') : NULL;
  path = path != NULL ? strchr (path + 3, '/') : NULL;
  if (base_path == NULL || path == NULL || !g_str_has_prefix (path, base_path) ||
      path[strlen (base_path)] != '/')
    return NULL;
  return path + strlen (base_path) + 1;
}

static gboolean
find_repository (const BitbucketStatus *status, JsonObject *stamp, char **owner, char **name)
{
  const char *repository = belfry_forge_get_text (stamp, "repository");
  const char *rest = repository != NULL ? skip_base (repository, status->base_url) : NULL;
  g_autofree char *url = rest != NULL ? g_strconcat ("https://host/", rest, NULL) : NULL;

  /* exactly two parts: there are no subgroups here */
  return belfry_forge_parse_url (url != NULL ? url : repository, owner, name) &&
         strchr (*owner, '/') == NULL;
}

static char *
dup_key (const char *context)
{
  if (g_utf8_strlen (context, -1) <= MAX_KEY_CHARACTERS)
    return g_strdup (context);
  return belfry_digest_hex (G_CHECKSUM_SHA1, context, strlen (context));
}

typedef struct {
  const BitbucketStatus *status;
  char *name;
} Naming;

static void
add_stamp (const BelfryForgeStatus *said,
           gconstpointer reporter,
           JsonObject *stamp,
           const char *revision)
{
  const Naming *naming = reporter;
  g_autofree char *owner = NULL;
  g_autofree char *name = NULL;
  g_autofree char *key = dup_key (said->context);
  g_autofree char *path = NULL;
  g_autofree char *target = NULL;
  JsonObject *body = NULL;

  if (!find_repository (naming->status, stamp, &owner, &name)) {
    belfry_forge_status_skip (said, stamp, "its repository is not one of an owner and a name");
    return;
  }
  path = belfry_forge_dup_path (owner, name, "commit", revision, "statuses", "build", NULL);
  target = g_strconcat (owner, "/", name, NULL);
  body = json_object_new ();
  json_object_set_string_member (body, "state", said->state);
  json_object_set_string_member (body, "key", key);
  json_object_set_string_member (body, "name", naming->name);
  json_object_set_string_member (body, "url", said->build->url);
  belfry_forge_status_add (said, target, revision, path, body);
}

static gboolean
bitbucket_status_plan (gconstpointer self,
                       const BelfryReport *report,
                       BelfryTargets *targets,
                       GError **error)
{
  static const BelfryForgeWords no_words = { NULL };
  const BitbucketStatus *status = self;
  BelfryForgeBuild build;
  g_auto (BelfryForgeStatus) said = { .build = &build, .http = &status->http, .targets = targets };
  g_autofree char *name = NULL;
  Naming naming = { status, NULL };

  if (!belfry_forge_build_init (&build, report, 0))
    return TRUE;
  if (!belfry_forge_status_say (&said, &bitbucket_status_states, &no_words, status->status_key,
                                error))
    return FALSE;
  name = belfry_forge_render (status->status_name, &build, error);
  if (name == NULL)
    return FALSE;
  naming.name = name;
  belfry_forge_status_foreach (&said, add_stamp, &naming);
  return TRUE;
}

static void
bitbucket_status_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BitbucketStatus *status = self;

  belfry_forge_start (&status->http, instance, task);
}

static const BelfryRehearsal bitbucket_status_rehearsals[] = {
  { "POST", "/statuses/build", 201, "{}" },
  { "POST", "", 200, "{\"access_token\":\"example-access-token\",\"expires_in\":3600}" },
  { NULL },
};

BELFRY_DEFINE_REPORTER (
  .name          = "bitbucket-status",
  .summary       = N_("Shows builds as commit statuses on Bitbucket Cloud"),
  .family        = BELFRY_FAMILY_PAINTER,
  .options       = bitbucket_status_options,
  .instance_size = sizeof (BitbucketStatus),
  .check         = bitbucket_status_check,
  .start         = bitbucket_status_start,
  .plan          = bitbucket_status_plan,
  .deliver       = bitbucket_status_deliver,
  .rehearsals    = bitbucket_status_rehearsals,
);
