/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paints commits on Bitbucket Server and Data Center, one build status for each source stamp with a
 * revision; the service knows commits without a repository. Format: "Updating build status for
 * commits" of its developer documentation.
 */
#include <forge-status.h>

/* of key and name; a description over it is cut by us instead of refused there */
#define MAX_CHARACTERS 255

typedef struct {
  BelfryForgeHttp http;
  BelfryForgeWords words;
  char *base_url;
  BelfrySecret *user;
  BelfrySecret *password;
  BelfryRendered *key;
  BelfryRendered *status_name; /* (nullable) */
} BitbucketServerStatus;

static const BelfryForgeStates bitbucket_server_states = {
  .queued = "INPROGRESS",
  .dropped = "FAILED",
  .started = "INPROGRESS",
  .ended = { [BELFRY_RESULT_SUCCESS] = "SUCCESSFUL" },
  .other = "FAILED",
};

static const BelfryForgeService bitbucket_server_service = {
  .success = { 204 },
  .sent = "Status {what}",
  .failure = "{code}: Unable to send Bitbucket Server status: {answer}",
  .needs = "a user who may read the repository",
};

static const BelfryOption bitbucket_server_options[] = {
  BELFRY_URL (BitbucketServerStatus,
              base_url,
              "base-url",
              .required = TRUE,
              .sample = "https://bitbucket.example.org",
              .help = N_ ("root of the service")),
  BELFRY_SECRET (
      BitbucketServerStatus, user, "user", .required = TRUE, .help = N_ ("user to log in as")),
  BELFRY_SECRET (BitbucketServerStatus,
                 password,
                 "password",
                 .required = TRUE,
                 .help = N_ ("password, or an access token of that user")),
  BELFRY_RENDERED (BitbucketServerStatus,
                   key,
                   "key",
                   .default_text = "%(prop:buildername)s",
                   .help = N_ ("tells the statuses of one commit apart")),
  BELFRY_RENDERED (BitbucketServerStatus,
                   status_name,
                   "status-name",
                   .help = N_ ("what is shown in place of the key")),
  BELFRY_FORGE_WORDS_ROWS (BitbucketServerStatus, words, "Build started."),
  BELFRY_REPORTS_WIRE_OPTIONS (BitbucketServerStatus, http.wire),
  BELFRY_FORGE_VERBOSE_ROW (BitbucketServerStatus, http),
  { NULL },
};

static void
bitbucket_server_check (gconstpointer self, const BelfryCheck *check)
{
  const BitbucketServerStatus *status = self;

  belfry_forge_words_check (&status->words, check);
  belfry_reports_check_wire (&status->http.wire, check, "base-url", status->base_url);
}

static void
set_cut (JsonObject *body, const char *member, const char *text)
{
  g_autofree char *cut = belfry_reports_cut (text, MAX_CHARACTERS);

  if (*cut != '\0')
    json_object_set_string_member (body, member, cut);
}

static void
add_stamp (const BelfryForgeStatus *said,
           gconstpointer reporter,
           JsonObject *stamp,
           const char *revision)
{
  const char *name = reporter;
  /* for people only, and without the login that an address may hold */
  g_autofree char *target =
      belfry_repository_normalize (belfry_forge_get_text (stamp, "repository"));
  g_autofree char *path =
      belfry_forge_dup_path ("rest", "build-status", "1.0", "commits", revision, NULL);
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "state", said->state);
  json_object_set_string_member (body, "url", said->build->url);
  set_cut (body, "key", said->context);
  set_cut (body, "description", said->description);
  set_cut (body, "name", name);
  belfry_forge_status_add (said, target, revision, path, body);
}

static gboolean
bitbucket_server_plan (gconstpointer self,
                       const BelfryReport *report,
                       BelfryTargets *targets,
                       GError **error)
{
  const BitbucketServerStatus *status = self;
  BelfryForgeBuild build;
  g_auto (BelfryForgeStatus) said = { .build = &build, .http = &status->http, .targets = targets };
  g_autofree char *name = NULL;

  if (!belfry_forge_build_init (&build, report, 0))
    return TRUE;
  if (!belfry_forge_status_say (&said, &bitbucket_server_states, &status->words, status->key,
                                error))
    return FALSE;
  name = belfry_forge_render (status->status_name, &build, error);
  if (name == NULL)
    return FALSE;
  belfry_forge_status_foreach (&said, add_stamp, name);
  return TRUE;
}

static BelfryHttpRequest *
bitbucket_server_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const BitbucketServerStatus *status = self;
  BelfryHttpRequest *request =
      belfry_forge_request_new (&status->http, status->base_url, item, error);

  if (request != NULL)
    belfry_http_request_set_basic (request, belfry_secret_get_value (status->user),
                                   belfry_secret_get_value (status->password));
  return request;
}

static BelfryOutcome *
bitbucket_server_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  const BitbucketServerStatus *status = self;

  return belfry_forge_judge (&bitbucket_server_service, &status->http, item, answer);
}

static void
bitbucket_server_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  BitbucketServerStatus *status = self;

  belfry_forge_start (&status->http, instance, task);
}

static char *
fit_description (const char *text)
{
  return belfry_reports_cut (text, MAX_CHARACTERS);
}

static const BelfryForgePost bitbucket_server_post = {
  .member = "description",
  .fit = fit_description,
  .to_request = bitbucket_server_to_request,
  .from_answer = bitbucket_server_from_answer,
};

static void
bitbucket_server_deliver (gpointer self, const BelfryItem *item, GTask *task)
{
  BitbucketServerStatus *status = self;

  belfry_forge_deliver (&bitbucket_server_post, self, &status->http, &status->words, item, task);
}

BELFRY_DEFINE_REPORTER (
  .name          = "bitbucket-server-status",
  .summary       = N_("Shows builds as commit statuses on Bitbucket Server"),
  .family        = BELFRY_FAMILY_PAINTER,
  .options       = bitbucket_server_options,
  .instance_size = sizeof (BitbucketServerStatus),
  .needs         = BELFRY_NEEDS_EXEC,
  .check         = bitbucket_server_check,
  .start         = bitbucket_server_start,
  .plan          = bitbucket_server_plan,
  .deliver       = bitbucket_server_deliver,
);
