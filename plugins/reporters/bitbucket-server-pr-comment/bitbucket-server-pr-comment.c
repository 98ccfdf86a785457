/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comments on pull requests on Bitbucket Server and Data Center: the report's body, once for each
 * pull request among its builds. The address comes from a property, so only its path is used, and
 * only where that has the shape of a pull request's. Format: "Pull Request Comments" of its REST
 * API.
 */
#include <forge-status.h>

#include <string.h>

/* of a comment's text, as the service counts */
#define MAX_CHARACTERS 32768

typedef struct {
  BelfryForgeHttp http;
  char *base_url;
  BelfrySecret *user;
  BelfrySecret *password;
} PrComment;

static const BelfryForgeService pr_comment_service = {
  .success = { 201 },
  .sent = "Comment sent to {what}",
  .failure = "{code}: Unable to send a comment: {answer}",
  .needs = "a user who may read the repository",
};

static const BelfryOption pr_comment_options[] = {
  BELFRY_URL (PrComment,
              base_url,
              "base-url",
              .required = TRUE,
              .sample = "https://bitbucket.example.org",
              .help = N_ ("root of the service")),
  BELFRY_SECRET (PrComment, user, "user", .required = TRUE, .help = N_ ("user to log in as")),
  BELFRY_SECRET (PrComment,
                 password,
                 "password",
                 .required = TRUE,
                 .help = N_ ("password, or an access token of that user")),
  BELFRY_REPORTS_WIRE_OPTIONS (PrComment, http.wire),
  BELFRY_FORGE_VERBOSE_ROW (PrComment, http),
  { NULL },
};

static void
pr_comment_check (gconstpointer self, const BelfryCheck *check)
{
  const PrComment *comment = self;

  belfry_reports_check_wire (&comment->http.wire, check, "base-url", comment->base_url);
  if (belfry_section_find (check->section, "subject") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "subject",
                         "a comment has no subject");
}

/* `projects` or `users`, KEY, `repos`, REPOSITORY, `pull-requests`, NUMBER at the start */
static gboolean
is_pull_request (char **parts)
{
  gint64 number = 0;

  return g_strv_length (parts) >= 6 &&
         (g_str_equal (parts[0], "projects") || g_str_equal (parts[0], "users")) &&
         g_str_equal (parts[2], "repos") && g_str_equal (parts[4], "pull-requests") &&
         belfry_parse_integer (parts[5], 1, G_MAXINT64, &number, NULL);
}

/* whatever precedes it is the service's own prefix, which base-url has as well */
static char **
find_parts (const char *path)
{
  static const char *const roots[] = { "/projects/", "/users/" };

  for (gsize i = 0; i < G_N_ELEMENTS (roots); i++)
    for (const char *at = strstr (path, roots[i]); at != NULL; at = strstr (at + 1, roots[i])) {
      g_auto (GStrv) parts = g_strsplit (at + 1, "/", 8);

      if (is_pull_request (parts))
        return g_steal_pointer (&parts);
    }
  return NULL;
}

/* path of the comments of a pull request; NULL: not the address of one. (transfer full) */
static char *
dup_path (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_auto (GStrv) parts = uri != NULL ? find_parts (g_uri_get_path (uri)) : NULL;

  if (parts == NULL)
    return NULL;
  return belfry_forge_dup_path ("rest", "api", "1.0", parts[0], parts[1], "repos", parts[3],
                                "pull-requests", parts[5], "comments", NULL);
}

static gboolean
has_target (BelfryTargets *targets, const char *target)
{
  for (guint i = 0; i < belfry_targets_get_length (targets); i++)
    if (g_str_equal (belfry_targets_get_target (targets, i), target))
      return TRUE;
  return FALSE;
}

static void
add_comment (const PrComment *comment, BelfryTargets *targets, const char *url, const char *text)
{
  g_autofree char *path = dup_path (url);
  g_autoptr (JsonNode) payload = NULL;
  JsonObject *body = NULL;

  if (path == NULL) {
    belfry_forge_log (&comment->http, "Skipped '%s': that is no pull request of Bitbucket Server",
                      url);
    return;
  }
  if (has_target (targets, path))
    return;
  body = json_object_new ();
  json_object_set_string_member (body, "text", text);
  payload = belfry_forge_payload_new (path, body, url);
  belfry_targets_add (targets, path, "comment", payload);
}

static gboolean
pr_comment_plan (gconstpointer self,
                 const BelfryReport *report,
                 BelfryTargets *targets,
                 GError **error)
{
  const PrComment *comment = self;
  const char *body = belfry_report_get_body (report);
  g_autofree char *text = belfry_reports_cut (body != NULL ? body : "", MAX_CHARACTERS);
  BelfryForgeBuild build;

  if (text[strspn (text, " \t\r\n")] == '\0')
    return TRUE;
  for (guint i = 0; belfry_forge_build_init (&build, report, i); i++) {
    const char *url = belfry_forge_build_get_property (&build, "pullrequesturl");

    if (url != NULL)
      add_comment (comment, targets, url, text);
  }
  return TRUE;
}

static BelfryHttpRequest *
pr_comment_to_request (gconstpointer self, const BelfryItem *item, GError **error)
{
  const PrComment *comment = self;
  BelfryHttpRequest *request =
      belfry_forge_request_new (&comment->http, comment->base_url, item, error);

  if (request != NULL)
    belfry_http_request_set_basic (request, belfry_secret_get_value (comment->user),
                                   belfry_secret_get_value (comment->password));
  return request;
}

static BelfryOutcome *
pr_comment_from_answer (gconstpointer self, const BelfryItem *item, BelfryHttpAnswer *answer)
{
  const PrComment *comment = self;

  return belfry_forge_judge (&pr_comment_service, &comment->http, item, answer);
}

static void
pr_comment_start (gpointer self, BelfryInstance *instance, GTask *task)
{
  PrComment *comment = self;

  belfry_forge_start (&comment->http, instance, task);
}

BELFRY_DEFINE_HTTP_REPORTER (
  .name          = "bitbucket-server-pr-comment",
  .summary       = N_("Comments on pull requests on Bitbucket Server"),
  .family        = BELFRY_FAMILY_MESSAGE,
  .phases        = BELFRY_PHASE_FINISHED | BELFRY_PHASE_BUILDSET,
  .options       = pr_comment_options,
  .instance_size = sizeof (PrComment),
  .template_name = "default_mail.txt",
  .check         = pr_comment_check,
  .start         = pr_comment_start,
  .plan          = pr_comment_plan,
  .to_request    = pr_comment_to_request,
  .from_answer   = pr_comment_from_answer,
);
